/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * gnutls-client PORT ROOT NAME VERSION COUNT: makes COUNT full handshakes of GnuTLS with a server on the
 * loopback for the host NAME, each with a request and an answer. Exits with 1 at any refusal. Without
 * arguments it only loads GnuTLS.
 *
 * Its random numbers are the same in every run: GnuTLS takes them from getrandom(2), which this program
 * exports.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

static gnutls_certificate_credentials_t credentials;
static gnutls_priority_t priorities;

/* Always gives one seed, from which GnuTLS makes a stream. */
ssize_t getrandom(void *bytes, size_t size, unsigned flags) {
  (void)flags;
  memset(bytes, 1, size);
  return (ssize_t)size;
}

static int connect_to_server(const char *port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
    return fd;
  perror("connect");
  exit(3);
}

static bool ask(gnutls_session_t session) {
  char bytes[256];

  return gnutls_record_send(session, "?", 1) == 1 && gnutls_record_recv(session, bytes, sizeof bytes) > 0;
}

static bool connection(const char *port, const char *name) {
  int fd = connect_to_server(port), result;
  gnutls_session_t session;
  bool answered;

  if (gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL) < 0)
    exit(3);
  gnutls_priority_set(session, priorities);
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
  gnutls_server_name_set(session, GNUTLS_NAME_DNS, name, strlen(name));
  gnutls_session_set_verify_cert(session, name, 0);
  gnutls_transport_set_int(session, fd);
  do
    result = gnutls_handshake(session);
  while (result < 0 && gnutls_error_is_fatal(result) == 0);
  if (result < 0)
    fprintf(stderr, "%s\n", gnutls_strerror(result));
  answered = result >= 0 && ask(session);
  gnutls_deinit(session);
  close(fd);
  return answered;
}

int main(int argc, char **argv) {
  char priority[64];

  if (argc == 1)
    return 0;
  if (argc != 6)
    return 2;
  signal(SIGPIPE, SIG_IGN);
  snprintf(priority, sizeof priority, "NORMAL:-VERS-ALL:+VERS-TLS%s", argv[4]);
  if (gnutls_priority_init(&priorities, priority, NULL) < 0 ||
      gnutls_certificate_allocate_credentials(&credentials) < 0 ||
      gnutls_certificate_set_x509_trust_file(credentials, argv[2], GNUTLS_X509_FMT_PEM) < 1)
    return 3;
  for (unsigned long i = strtoul(argv[5], NULL, 10); i > 0; i--) {
    if (!connection(argv[1], argv[3]))
      return 1;
  }
  gnutls_certificate_free_credentials(credentials);
  gnutls_priority_deinit(priorities);
  return 0;
}
