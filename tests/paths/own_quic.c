/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Programs that implement QUIC themselves and use OpenSSL only for the handshake (SSL_set_quic_tls_cbs(3),
 * since 3.5), as curl with ngtcp2 does: OpenSSL passes its messages and the keys to the program, and uses no
 * BIO. Functions are looked up at run time, so that one build works with every release.
 */
#include "shared_key.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/err.h>

#define PINNED .sni = "pinned.test.example"
#define OTHER .sni = "other.test.example"

/* From <openssl/core_dispatch.h> and <openssl/ssl.h> of 3.5. */
enum { CRYPTO_SEND = 2001, CRYPTO_RECEIVE, CRYPTO_RELEASE, YIELD_SECRET, GOT_PARAMETERS, ALERT };
enum { LEVELS = 4, LEVEL_APPLICATION = 3 };

typedef int set_callbacks_fn(SSL *ssl, const OSSL_DISPATCH *callbacks, void *arg);
typedef int set_parameters_fn(SSL *ssl, const unsigned char *parameters, size_t size);

static set_callbacks_fn *set_callbacks;
static set_parameters_fn *set_parameters;

/* Messages on their way to one end, by protection level. */
struct mail {
  unsigned char bytes[LEVELS][32768];
  size_t written[LEVELS], read[LEVELS];
};

struct end {
  struct mail *out, *in;
  uint32_t send_level, receive_level;
  bool may_send; /* it has the key for application data */
};

static int send_message(SSL *ssl, const unsigned char *bytes, size_t size, size_t *ret_taken, void *arg) {
  struct end *end = arg;
  struct mail *mail = end->out;
  size_t *written = &mail->written[end->send_level];

  (void)ssl;
  if (size > sizeof mail->bytes[0] - *written)
    return 0;
  memcpy(mail->bytes[end->send_level] + *written, bytes, size);
  *written += size;
  *ret_taken = size;
  return 1;
}

static int receive_message(SSL *ssl, const unsigned char **ret_bytes, size_t *ret_size, void *arg) {
  struct end *end = arg;
  uint32_t level = end->receive_level;

  (void)ssl;
  *ret_bytes = end->in->bytes[level] + end->in->read[level];
  *ret_size = end->in->written[level] - end->in->read[level];
  return 1;
}

static int release_message(SSL *ssl, size_t size, void *arg) {
  struct end *end = arg;

  (void)ssl;
  end->in->read[end->receive_level] += size;
  return 1;
}

static int take_secret(SSL *ssl, uint32_t level, int direction, const unsigned char *secret, size_t size,
                       void *arg) {
  struct end *end = arg;

  (void)ssl, (void)secret, (void)size;
  if (level >= LEVELS)
    return 0;
  if (direction == 0) {
    end->receive_level = level;
  } else {
    end->send_level = level;
    end->may_send = end->may_send || level == LEVEL_APPLICATION;
  }
  return 1;
}

static int take_parameters(SSL *ssl, const unsigned char *parameters, size_t size, void *arg) {
  (void)ssl, (void)parameters, (void)size, (void)arg;
  return 1;
}

static int take_alert(SSL *ssl, unsigned char code, void *arg) {
  (void)ssl, (void)code, (void)arg;
  return 1;
}

static const OSSL_DISPATCH callbacks[] = {{CRYPTO_SEND, (void (*)(void))send_message},
                                          {CRYPTO_RECEIVE, (void (*)(void))receive_message},
                                          {CRYPTO_RELEASE, (void (*)(void))release_message},
                                          {YIELD_SECRET, (void (*)(void))take_secret},
                                          {GOT_PARAMETERS, (void (*)(void))take_parameters},
                                          {ALERT, (void (*)(void))take_alert},
                                          {0, NULL}};

static bool have_functions(void) {
  void *symbols[] = {optional_symbol("SSL_set_quic_tls_cbs"),
                     optional_symbol("SSL_set_quic_tls_transport_params")};

  memcpy(&set_callbacks, &symbols[0], sizeof set_callbacks);
  memcpy(&set_parameters, &symbols[1], sizeof set_parameters);
  return symbols[0] != NULL && symbols[1] != NULL;
}

static const unsigned char protocol[] = {5, 'p', 'a', 't', 'h', 's'};
static const unsigned char parameters[] = {4, 1, 63}; /* RFC 9000, 18.2: initial_max_data */

static int choose_protocol(SSL *ssl, const unsigned char **ret_chosen, unsigned char *ret_length,
                           const unsigned char *offered, unsigned int length, void *arg) {
  (void)ssl, (void)offered, (void)length, (void)arg;
  *ret_chosen = protocol + 1;
  *ret_length = 5;
  return SSL_TLSEXT_ERR_OK;
}

static SSL *open_end(SSL_CTX *context, struct end *end) {
  SSL *ssl = SSL_new(context);

  if (ssl == NULL || set_callbacks(ssl, callbacks, end) != 1 ||
      set_parameters(ssl, parameters, sizeof parameters) != 1)
    broken("no connection without a BIO");
  return ssl;
}

/* True: the handshake continues. */
static bool may_go_on(SSL *ssl, int result) {
  int error = SSL_get_error(ssl, result);

  return result == 1 || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

/* Tries the handshake once more after a failure, as a program that ignores the failure might do. */
static enum outcome run(const struct setup *setup, SSL_CTX *client, SSL_CTX *server) {
  struct mail *mail = calloc(2, sizeof *mail);
  struct end ends[2] = {{.out = &mail[0], .in = &mail[1]}, {.out = &mail[1], .in = &mail[0]}};
  struct link link = {.client = open_end(client, &ends[0]), .server = open_end(server, &ends[1])};
  enum outcome outcome;

  SSL_set_connect_state(link.client);
  SSL_set_accept_state(link.server);
  set_server_name(link.client, setup->sni);
  for (int turn = 0; turn < 20; turn++) {
    int result = SSL_do_handshake(link.client);

    if (!may_go_on(link.client, result) && !link.client_failed)
      link_note_failure(&link);
    ERR_clear_error();
    (void)SSL_do_handshake(link.server);
    ERR_clear_error();
  }
  /* From then on neither OpenSSL nor pinning is between the program and the server. */
  if (ends[0].may_send)
    link.server_received = 1;
  outcome = link_outcome(&link);
  SSL_free(link.client);
  SSL_free(link.server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  free(mail);
  return outcome;
}

static SSL_CTX *client_of(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_alpn_protos(client, protocol, sizeof protocol);
  return client;
}

static SSL_CTX *server_of(const struct setup *setup) {
  SSL_CTX *server = server_context(setup);

  SSL_CTX_set_alpn_select_cb(server, choose_protocol, NULL);
  return server;
}

static enum outcome once(const struct setup *setup) {
  return have_functions() ? run(setup, client_of(setup), server_of(setup)) : NOT_APPLICABLE;
}

static int say_yes(X509_STORE_CTX *ctx, void *arg) {
  (void)ctx, (void)arg;
  return 1;
}

static enum outcome overridden(const struct setup *setup) {
  SSL_CTX *client;

  if (!have_functions())
    return NOT_APPLICABLE;
  client = client_of(setup);
  SSL_CTX_set_cert_verify_callback(client, say_yes, NULL);
  return run(setup, client, server_of(setup));
}

static enum outcome shared_key(const struct setup *setup) {
  SSL_CTX *client, *server;

  if (!have_functions())
    return NOT_APPLICABLE;
  client = client_of(setup);
  server = server_of(setup);
  use_suite_of_shared_session(client, server);
  use_shared_session(client, server, 0);
  return run(setup, client, server);
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"carried/right-key", once, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"carried/wrong-key", once, {.chain = "bad", PINNED}, WE_REFUSE},
  {"carried/right-key-none", once, {.chain = "good", PINNED, .unverified = true}, ALL_ACCEPT},
  {"carried/wrong-key-none", once, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"carried/wrong-key-none-untrusted", once, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, WE_REFUSE},
  {"carried/overridden/right-key", overridden, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"carried/overridden/wrong-key", overridden, {.chain = "bad", PINNED}, WE_REFUSE},
  {"carried/overridden/wrong-key-none", overridden, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"carried/overridden/uncovered", overridden, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"carried/psk/pinned", shared_key, {PINNED}, WE_REFUSE},
  {"carried/psk/uncovered", shared_key, {OTHER}, ALL_ACCEPT},
  {"carried/uncovered", once, {.chain = "bad", OTHER}, ALL_ACCEPT},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
