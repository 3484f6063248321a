/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * client PORT ROOT NAME VERSION THREADS COUNT [MODE]: makes full handshakes with a server on the loopback for
 * the host NAME, COUNT of them in each thread. Prints the wall-clock seconds for all, the seconds of
 * processor time that this process used for them, and its private memory in KiB afterwards; exits when its
 * standard input ends. With THREADS 0, the first thread does everything, and a MODE is possible: with
 * `resume`, all handshakes except the first resume the session of the first; with `whole`, each waits until
 * the server has finished; `resume-whole` does both. Exits with 1 at any refusal.
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
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "fixed_random.h"
#include "memory.h"

#define MAX_THREADS 64

static SSL_CTX *context;
static const char *name;
static uint16_t port;
static unsigned long count;
static bool resuming, waiting;
static SSL_SESSION *first_session; /* NULL: none yet */

static int connect_to_server(void) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
    return fd;
  perror("connect");
  exit(3);
}

/* SSL_set_tlsext_host_name casts const away, and clang warns of that. */
static bool set_server_name(SSL *ssl) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)name) == 1;
}

/* With TLS 1.3, the session comes after the handshake, before the first byte of an answer. */
static bool ask(SSL *ssl) {
  char byte;

  return SSL_write(ssl, "?", 1) == 1 && SSL_read(ssl, &byte, 1) == 1;
}

/* The server closes its socket after it has freed the connection. */
static void wait_for_end(SSL *ssl, int fd) {
  char bytes[4096];

  while (SSL_read(ssl, bytes, sizeof bytes) > 0)
    continue;
  while (read(fd, bytes, sizeof bytes) > 0)
    continue;
}

static bool go_on(SSL *ssl, int fd) {
  bool first = resuming && first_session == NULL;

  if (resuming && !first && SSL_session_reused(ssl) != 1)
    return false;
  if ((first || waiting) && !ask(ssl))
    return false;
  if (first)
    first_session = SSL_get1_session(ssl);
  if (waiting)
    wait_for_end(ssl, fd);
  /* OpenSSL does not use the session of a connection that was cut off. */
  if (resuming)
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  return true;
}

static bool shake_hands(void) {
  int fd = connect_to_server();
  SSL *ssl = SSL_new(context);
  bool ok = ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_set1_host(ssl, name) == 1 &&
            set_server_name(ssl) && (first_session == NULL || SSL_set_session(ssl, first_session) == 1) &&
            SSL_connect(ssl) == 1 && go_on(ssl, fd);

  SSL_free(ssl);
  close(fd);
  return ok;
}

static void *work(void *arg) {
  for (unsigned long i = 0; i < count; i++) {
    fixed_random_begin(~i);
    if (!shake_hands()) {
      fputs("client: the handshake failed\n", stderr);
      exit(1);
    }
  }
  return arg;
}

static double seconds(clockid_t clock) {
  struct timespec now;

  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool run_threads(unsigned long threads) {
  pthread_t started[MAX_THREADS];

  for (unsigned long i = 0; i < threads; i++) {
    if (pthread_create(&started[i], NULL, work, NULL) != 0)
      return false;
  }
  for (unsigned long i = 0; i < threads; i++)
    pthread_join(started[i], NULL);
  return true;
}

static bool set_up(const char *root, const char *version) {
  int number = strcmp(version, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;

  context = SSL_CTX_new(TLS_client_method());
  if (context == NULL || SSL_CTX_load_verify_file(context, root) != 1 ||
      SSL_CTX_set_min_proto_version(context, number) != 1 ||
      SSL_CTX_set_max_proto_version(context, number) != 1)
    return false;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  return true;
}

/* Returns the exit status. */
static int measure(unsigned long threads) {
  double wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);

  if (threads == 0)
    work(NULL);
  else if (!run_threads(threads))
    return 3;
  wall = seconds(CLOCK_MONOTONIC) - wall;
  processor = seconds(CLOCK_PROCESS_CPUTIME_ID) - processor;
  printf("{\"wall\": %.6f, \"processor\": %.6f, \"private_kib\": %ld}\n", wall, processor, private_memory());
  stay_until_end_of_input();
  return 0;
}

int main(int argc, char **argv) {
  unsigned long threads;
  int status;

  if (argc != 7 && argc != 8) {
    fputs("usage: client PORT ROOT NAME VERSION THREADS COUNT [MODE]\n", stderr);
    return 2;
  }
  port = (uint16_t)strtoul(argv[1], NULL, 10);
  name = argv[3];
  threads = strtoul(argv[5], NULL, 10);
  count = strtoul(argv[6], NULL, 10);
  resuming = argc == 8 && strncmp(argv[7], "resume", 6) == 0;
  waiting = argc == 8 && strstr(argv[7], "whole") != NULL;
  signal(SIGPIPE, SIG_IGN);
  if (threads > MAX_THREADS || (threads == 0 && !fixed_random_install()) || !set_up(argv[2], argv[4]))
    return 3;
  status = measure(threads);
  SSL_SESSION_free(first_session);
  SSL_CTX_free(context);
  return status;
}
