/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * server CHAIN KEY THREADS [tickets]: serves TLS on a free port of the loopback, prints the port, and answers
 * every request with an empty page until its standard input ends. Sends session tickets only with `tickets`,
 * so that otherwise nothing follows the handshake.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "fixed_random.h"

#define MAX_THREADS 64

static SSL_CTX *context;
static int listener;

static void serve(int fd) {
  static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n";
  SSL *ssl = SSL_new(context);
  char request[4096];

  if (ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1 &&
      SSL_read(ssl, request, sizeof request) > 0) {
    SSL_write(ssl, answer, sizeof answer - 1);
    SSL_shutdown(ssl);
  }
  SSL_free(ssl);
  close(fd);
}

static void *work(void *arg) {
  for (uint64_t number = 0;; number++) {
    int fd = accept(listener, NULL, NULL);

    fixed_random_begin(number);
    if (fd >= 0)
      serve(fd);
  }
  return arg;
}

/* Returns the port; 0: there is none. */
static unsigned listen_on_loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;

  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 128) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) != 0)
    return 0;
  return ntohs(address.sin_port);
}

static bool load(const char *chain, const char *key, bool with_tickets) {
  context = SSL_CTX_new(TLS_server_method());
  return context != NULL && SSL_CTX_use_certificate_chain_file(context, chain) == 1 &&
         SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 &&
         (with_tickets || SSL_CTX_set_num_tickets(context, 0) == 1);
}

static void start_threads(unsigned long threads) {
  pthread_t thread;

  for (unsigned long i = 0; i < threads; i++) {
    if (pthread_create(&thread, NULL, work, NULL) == 0)
      pthread_detach(thread);
  }
}

int main(int argc, char **argv) {
  unsigned long threads = argc == 4 || argc == 5 ? strtoul(argv[3], NULL, 10) : MAX_THREADS + 1;
  unsigned port;
  char byte;

  if (threads > MAX_THREADS || (threads == 0 && !fixed_random_install()) ||
      !load(argv[1], argv[2], argc == 5)) {
    fputs("usage: server CHAIN KEY THREADS [tickets]\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  port = listen_on_loopback();
  if (port == 0) {
    perror("server");
    return 3;
  }
  start_threads(threads > 0 ? threads : 1);
  printf("%u\n", port);
  fflush(stdout);
  while (read(STDIN_FILENO, &byte, 1) > 0)
    continue;
  /* Nothing is freed, because threads may still be using it for a connection. */
  _exit(0);
}
