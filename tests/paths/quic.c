/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * QUIC, with client and server of OpenSSL itself. The server exists since 3.5; if either is missing, the
 * cases do not apply. Functions are looked up at run time, so that one build works with every release.
 */
#include "kit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define CA_PINNED .sni = "ca.test.example", .host = "ca.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"

static struct {
  const SSL_METHOD *(*client_method)(void);
  const SSL_METHOD *(*server_method)(void);
  SSL *(*new_listener)(SSL_CTX *context, uint64_t flags);
  int (*listen)(SSL *ssl);
  SSL *(*accept_connection)(SSL *ssl, uint64_t flags);
  int (*set_blocking_mode)(SSL *ssl, int blocking);
  int (*set1_initial_peer_addr)(SSL *ssl, const BIO_ADDR *address);
  int (*handle_events)(SSL *ssl);
} quic;

static bool look_up(void *ret_function, const char *name) {
  void *symbol = optional_symbol(name);

  memcpy(ret_function, &symbol, sizeof symbol);
  return symbol != NULL;
}

static bool have_quic(void) {
  return look_up(&quic.client_method, "OSSL_QUIC_client_method") &&
         look_up(&quic.server_method, "OSSL_QUIC_server_method") &&
         look_up(&quic.new_listener, "SSL_new_listener") && look_up(&quic.listen, "SSL_listen") &&
         look_up(&quic.accept_connection, "SSL_accept_connection") &&
         look_up(&quic.set_blocking_mode, "SSL_set_blocking_mode") &&
         look_up(&quic.set1_initial_peer_addr, "SSL_set1_initial_peer_addr") &&
         look_up(&quic.handle_events, "SSL_handle_events");
}

static const unsigned char protocol[] = {5, 'p', 'a', 't', 'h', 's'};

static int choose_protocol(SSL *ssl, const unsigned char **ret_chosen, unsigned char *ret_length,
                           const unsigned char *offered, unsigned int length, void *arg) {
  (void)ssl, (void)offered, (void)length, (void)arg;
  *ret_chosen = protocol + 1;
  *ret_length = 5;
  return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *quic_client(const struct setup *setup) {
  SSL_CTX *context = SSL_CTX_new(quic.client_method());

  if (context == NULL)
    broken("no QUIC client");
  SSL_CTX_set_verify(context, setup->unverified ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
  if (!setup->untrusting && SSL_CTX_load_verify_file(context, pki("cert-", "root", ".pem")) != 1)
    broken("no root");
  SSL_CTX_set_alpn_protos(context, protocol, sizeof protocol);
  return context;
}

static SSL *start_listener(SSL_CTX *context, int fd) {
  SSL *listener = quic.new_listener(context, 0);

  if (listener == NULL || SSL_set_fd(listener, fd) != 1 || quic.set_blocking_mode(listener, 0) != 1 ||
      quic.listen(listener) != 1)
    broken("no QUIC listener");
  return listener;
}

static SSL *start_client(const struct setup *setup, SSL_CTX *context, int fd,
                         const struct sockaddr_in *server) {
  SSL *client = SSL_new(context);
  BIO_ADDR *address = BIO_ADDR_new();

  BIO_ADDR_rawmake(address, AF_INET, &server->sin_addr, sizeof server->sin_addr, server->sin_port);
  if (client == NULL || SSL_set_fd(client, fd) != 1 || quic.set1_initial_peer_addr(client, address) != 1 ||
      quic.set_blocking_mode(client, 0) != 1)
    broken("no QUIC connection");
  BIO_ADDR_free(address);
  if (setup->sni != NULL)
    set_server_name(client, setup->sni);
  if (setup->host != NULL)
    SSL_set1_host(client, setup->host);
  return client;
}

/* The client's part of a turn. True: it is done, with or without success. */
static bool client_turn(struct link *link, bool *connected) {
  char buffer[16];
  int result;

  ERR_clear_error();
  if (!*connected) {
    result = SSL_connect(link->client);
    *connected = result == 1;
    if (*connected)
      (void)SSL_write(link->client, "ping", 4);
  } else {
    result = SSL_read(link->client, buffer, sizeof buffer);
    if (result > 0)
      return true;
  }
  if (result <= 0 && SSL_get_error(link->client, result) != SSL_ERROR_WANT_READ &&
      SSL_get_error(link->client, result) != SSL_ERROR_WANT_WRITE)
    link_note_failure(link);
  return link->client_failed;
}

static void server_turn(struct link *link, SSL *listener) {
  char buffer[16];
  int result;

  ERR_clear_error();
  (void)quic.handle_events(listener);
  if (link->server == NULL)
    link->server = quic.accept_connection(listener, 0);
  if (link->server == NULL)
    return;
  quic.set_blocking_mode(link->server, 0);
  result = SSL_read(link->server, buffer, sizeof buffer);
  if (result > 0) {
    link->server_received += (size_t)result;
    (void)SSL_write(link->server, "pong", 4);
  }
  ERR_clear_error();
}

static enum outcome run_quic(const struct setup *setup, SSL_CTX *client, SSL_CTX *server) {
  struct link link = {.client_socket = -1, .server_socket = -1};
  struct sockaddr_in server_address, client_address;
  SSL *listener;
  bool connected = false;
  enum outcome outcome;

  link.server_socket = udp_socket(&server_address);
  link.client_socket = udp_socket(&client_address);
  listener = start_listener(server, link.server_socket);
  link.client = start_client(setup, client, link.client_socket, &server_address);
  for (int turn = 0; turn < 3000 && !client_turn(&link, &connected); turn++) {
    server_turn(&link, listener);
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  for (int turn = 0; turn < 20; turn++)
    server_turn(&link, listener);
  outcome = link_outcome(&link);
  link_close(&link);
  SSL_free(listener);
  return outcome;
}

typedef int verify_fn(X509_STORE_CTX *ctx, void *arg);

static enum outcome once_verifying(const struct setup *setup, verify_fn *verify) {
  SSL_CTX *client, *server;
  enum outcome outcome;

  if (!have_quic())
    return NOT_APPLICABLE;
  client = quic_client(setup);
  if (verify != NULL)
    SSL_CTX_set_cert_verify_callback(client, verify, NULL);
  server = SSL_CTX_new(quic.server_method());
  if (server == NULL)
    broken("no QUIC server");
  load_chain(server, setup->chain);
  SSL_CTX_set_alpn_select_cb(server, choose_protocol, NULL);
  outcome = run_quic(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome once(const struct setup *setup) {
  return once_verifying(setup, NULL);
}

static int say_yes(X509_STORE_CTX *ctx, void *arg) {
  (void)ctx;
  (void)arg;
  return 1;
}

static enum outcome overridden(const struct setup *setup) {
  return once_verifying(setup, say_yes);
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"quic/right-key", once, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"quic/wrong-key", once, {.chain = "bad", PINNED}, WE_REFUSE},
  {"quic/right-key-none", once, {.chain = "good", PINNED, .unverified = true, .untrusting = true}, ALL_ACCEPT},
  {"quic/wrong-key-none", once, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"quic/wrong-key-none-untrusted", once, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, WE_REFUSE},
  {"quic/right-ca", once, {.chain = "good", CA_PINNED}, ALL_ACCEPT},
  {"quic/ca-beside-path", once, {.chain = "stuffed", CA_PINNED}, WE_REFUSE},
  {"quic/forged-link", once, {.chain = "forged", CA_PINNED, .unverified = true}, WE_REFUSE},
  {"quic/overridden/right-key", overridden, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"quic/overridden/wrong-key", overridden, {.chain = "bad", PINNED}, WE_REFUSE},
  {"quic/overridden/wrong-key-none", overridden, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"quic/overridden/uncovered", overridden, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"quic/uncovered", once, {.chain = "bad", OTHER}, ALL_ACCEPT},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
