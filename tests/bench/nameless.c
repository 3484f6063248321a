/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * nameless PORT ROOT SOCKETS COUNT: makes COUNT full handshakes with a server on the loopback, naming no host
 * and using memory BIOs, so that OpenSSL knows neither a name nor a socket. Meanwhile the process has SOCKETS
 * other sockets that are connected and idle. Prints the nanoseconds of processor time, with the kernel's, of
 * the fastest handshake. Exits with 1 at any refusal.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "fixed_random.h"

#define ROOM 16384

static SSL_CTX *context;

static _Noreturn void give_up(const char *what) {
  perror(what);
  exit(3);
}

/* ---- Sockets ---- */

static int connect_to(uint16_t port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
    give_up("connect");
  return fd;
}

/* Both ends of a connection are sockets of this process. */
static void open_idle_sockets(unsigned long count) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    give_up("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    give_up("setrlimit");
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 8) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) != 0)
    give_up("listen");
  for (unsigned long i = 0; i < count / 2; i++) {
    connect_to(ntohs(address.sin_port));
    if (accept(listener, NULL, NULL) < 0)
      give_up("accept");
  }
  /* With an open listener the process would be a server, whose sockets lead to no host that it talks to. */
  close(listener);
}

/* ---- Handshakes ---- */

static void send_out(BIO *out, int fd) {
  char bytes[ROOM];
  int size;

  while ((size = BIO_read(out, bytes, sizeof bytes)) > 0) {
    if (write(fd, bytes, (size_t)size) != size)
      give_up("write");
  }
}

static bool take_in(BIO *in, int fd) {
  char bytes[ROOM];
  ssize_t size = read(fd, bytes, sizeof bytes);

  return size > 0 && BIO_write(in, bytes, (int)size) == (int)size;
}

static bool shake_hands(int fd) {
  SSL *ssl = SSL_new(context);
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  int result = 0;

  if (ssl == NULL || in == NULL || out == NULL)
    give_up("SSL_new");
  BIO_set_mem_eof_return(in, -1);
  SSL_set_bio(ssl, in, out);
  for (;;) {
    result = SSL_connect(ssl);
    send_out(out, fd);
    if (result == 1 || SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ || !take_in(in, fd))
      break;
  }
  SSL_free(ssl);
  return result == 1;
}

static double nanoseconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Returns the exit status. */
static int measure(uint16_t port, unsigned long count) {
  double fastest = -1;

  for (unsigned long i = 0; i < count; i++) {
    int fd = connect_to(port);
    double began = nanoseconds(), took;

    fixed_random_begin(~i);
    if (!shake_hands(fd)) {
      fputs("nameless: the handshake failed\n", stderr);
      return 1;
    }
    took = nanoseconds() - began;
    if (fastest < 0 || took < fastest)
      fastest = took;
    close(fd);
  }
  printf("%.1f\n", fastest);
  return 0;
}

static bool set_up(const char *root) {
  context = SSL_CTX_new(TLS_client_method());
  if (context == NULL || SSL_CTX_load_verify_file(context, root) != 1)
    return false;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  return true;
}

int main(int argc, char **argv) {
  int status;

  if (argc != 5) {
    fputs("usage: nameless PORT ROOT SOCKETS COUNT\n", stderr);
    return 2;
  }
  if (!fixed_random_install() || !set_up(argv[2]))
    return 3;
  open_idle_sockets(strtoul(argv[3], NULL, 10));
  status = measure((uint16_t)strtoul(argv[1], NULL, 10), strtoul(argv[4], NULL, 10));
  SSL_CTX_free(context);
  return status;
}
