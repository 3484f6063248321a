/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* DTLS over UDP sockets of the loopback. */
#include "kit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
};

static int udp_socket(union address *ret_address) {
  union address address = {.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address.v4;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || bind(fd, &address.any, size) != 0 || getsockname(fd, &address.any, &size) != 0)
    broken("no socket");
  fcntl(fd, F_SETFL, O_NONBLOCK);
  *ret_address = address;
  return fd;
}

static void attach(SSL *ssl, int fd, union address *peer) {
  BIO *bio = BIO_new_dgram(fd, BIO_NOCLOSE);

  if (connect(fd, &peer->any, sizeof peer->v4) != 0)
    broken("no peer");
  BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, peer);
  SSL_set_bio(ssl, bio, bio);
}

static SSL_CTX *datagram_client(const struct setup *setup) {
  SSL_CTX *context = SSL_CTX_new(DTLS_client_method());

  SSL_CTX_set_verify(context, setup->unverified ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
  if (!setup->untrusting && SSL_CTX_load_verify_file(context, pki("cert-", "root", ".pem")) != 1)
    broken("no root");
  return context;
}

static SSL_CTX *datagram_server(const struct setup *setup) {
  SSL_CTX *context = SSL_CTX_new(DTLS_server_method());

  SSL_CTX_set_session_id_context(context, (const unsigned char *)"paths", 5);
  load_chain(context, setup->chain);
  return context;
}

static enum outcome connect_datagrams(const struct setup *setup, SSL_CTX *client, SSL_CTX *server,
                                      SSL_SESSION **session) {
  struct link link;
  union address client_address, server_address;
  enum outcome outcome;
  int client_fd = udp_socket(&client_address), server_fd = udp_socket(&server_address);

  link_open(&link, setup, client, server);
  attach(link.client, client_fd, &server_address);
  attach(link.server, server_fd, &client_address);
  if (*session != NULL)
    SSL_set_session(link.client, *session);
  outcome = link_run(&link);
  if (*session == NULL)
    *session = SSL_get1_session(link.client);
  link_close(&link);
  close(client_fd);
  close(server_fd);
  return outcome;
}

static enum outcome once(const struct setup *setup) {
  SSL_CTX *client = datagram_client(setup), *server = datagram_server(setup);
  SSL_SESSION *session = NULL;
  enum outcome outcome = connect_datagrams(setup, client, server, &session);

  SSL_SESSION_free(session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome resumed_under(const struct setup *setup, const char *policy) {
  SSL_CTX *client = datagram_client(setup), *server = datagram_server(setup);
  SSL_SESSION *session = NULL;
  enum outcome outcome;

  if (connect_datagrams(setup, client, server, &session) != ACCEPTED)
    broken("no first connection");
  use_policy(policy);
  outcome = connect_datagrams(setup, client, server, &session);
  SSL_SESSION_free(session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome resumed(const struct setup *setup) {
  return resumed_under(setup, "good");
}

static enum outcome resumed_changed(const struct setup *setup) {
  return resumed_under(setup, "changed");
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"dtls/right-key", once, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"dtls/wrong-key", once, {.chain = "bad", PINNED}, WE_REFUSE},
  {"dtls/right-key-none", once, {.chain = "good", PINNED, .unverified = true, .untrusting = true}, ALL_ACCEPT},
  {"dtls/wrong-key-none", once, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"dtls/wrong-key-none-untrusted", once, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, WE_REFUSE},
  {"dtls/ca-beside-path", once, {.chain = "stuffed", .sni = "ca.test.example"}, WE_REFUSE},
  {"dtls/nameless-wrong", once, {.chain = "bad"}, WE_REFUSE},
  {"dtls/uncovered", once, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"dtls/resumed/unchanged", resumed, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"dtls/resumed/changed", resumed_changed, {.chain = "good", PINNED}, WE_REFUSE},
  {"dtls/resumed/changed-none", resumed_changed, {.chain = "good", PINNED, .unverified = true}, WE_REFUSE},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
