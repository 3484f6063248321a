/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of server.h: a GnuTLS server in a thread, which counts what it receives. */
#include "server.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

static gnutls_datum_t ticket_key;
static gnutls_anti_replay_t anti_replay;

/* Early data counts once for each ClientHello; a test may send the same data again. */
static int remember_nothing(void *arg, time_t expires, const gnutls_datum_t *key,
                            const gnutls_datum_t *data) {
  (void)arg;
  (void)expires;
  (void)key;
  (void)data;
  return 0;
}
void server_keys_begin(void) {
  check(gnutls_session_ticket_key_generate(&ticket_key), "ticket key");
  check(gnutls_anti_replay_init(&anti_replay), "anti-replay");
  gnutls_anti_replay_set_add_function(anti_replay, remember_nothing);
}

/* ---- The server's certificates ---- */

static gnutls_datum_t load(const char *path) {
  gnutls_datum_t data;

  check(gnutls_load_file(path, &data), path);
  return data;
}

static gnutls_x509_crt_t appended(const char *name) {
  gnutls_datum_t pem = load(pki("cert", name, ".pem"));
  gnutls_x509_crt_t certificate;

  check(gnutls_x509_crt_init(&certificate), "certificate");
  check(gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM), "certificate");
  return certificate;
}

/* The chain as the setup describes it. */
static void set_chain(gnutls_certificate_credentials_t credentials, const struct setup *setup) {
  const char *key_name = strcmp(setup->chain, "stuffed") == 0 ? "bad" : setup->chain; /* the leaf's key */
  gnutls_datum_t pem = load(pki("chain", setup->chain, ".pem")), key_pem = load(pki("key", key_name, ".pem"));
  gnutls_x509_crt_t *list, sent[100];
  gnutls_x509_privkey_t key;
  unsigned count, total = 0;

  check(gnutls_x509_crt_list_import2(&list, &count, &pem, GNUTLS_X509_FMT_PEM, 0), "chain");
  sent[total++] = list[0];
  if (setup->appended != NULL && setup->reversed)
    sent[total++] = appended(setup->appended);
  for (unsigned i = 1; i < count; i++)
    sent[total++] = setup->reversed ? list[count - i] : list[i];
  if (setup->appended != NULL && !setup->reversed)
    sent[total++] = appended(setup->appended);
  check(gnutls_x509_privkey_init(&key), "key");
  check(gnutls_x509_privkey_import2(key, &key_pem, GNUTLS_X509_FMT_PEM, NULL, 0), "key");
  gnutls_certificate_set_flags(credentials, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
  check(gnutls_certificate_set_x509_key(credentials, sent, (int)total, key), "server's key");
}

static int count_certificates(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                              const gnutls_datum_t *message) {
  struct server *server = gnutls_session_get_ptr(session);

  (void)when;
  /* A client without a certificate sends an empty message, in TLS 1.3 of four bytes. */
  if (incoming != 0 && (type == GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY ||
                        (type == GNUTLS_HANDSHAKE_CERTIFICATE_PKT && message->size > 4)))
    server->result->certificates++;
  if (incoming != 0 && type == GNUTLS_HANDSHAKE_CLIENT_HELLO)
    server->result->hellos++;
  return 0;
}

static int find_key(gnutls_session_t session, const char *name, gnutls_datum_t *ret_key) {
  (void)session;
  (void)name;
  ret_key->data = gnutls_malloc(shared_key.size);
  memcpy(ret_key->data, shared_key.data, shared_key.size);
  ret_key->size = shared_key.size;
  return 0;
}
static void set_raw_key(gnutls_certificate_credentials_t credentials, const char *name) {
  gnutls_datum_t certificate = load(pki("cert", name, ".pem")), key = load(pki("key", name, ".pem")), spki;
  gnutls_x509_crt_t x509;
  gnutls_pubkey_t public;

  check(gnutls_x509_crt_init(&x509), "certificate");
  check(gnutls_x509_crt_import(x509, &certificate, GNUTLS_X509_FMT_PEM), "certificate");
  check(gnutls_pubkey_init(&public), "public key");
  check(gnutls_pubkey_import_x509(public, x509, 0), "public key");
  check(gnutls_pubkey_export2(public, GNUTLS_X509_FMT_PEM, &spki), "public key");
  check(gnutls_certificate_set_rawpk_key_mem(credentials, &spki, &key, GNUTLS_X509_FMT_PEM, NULL, 0, NULL, 0,
                                             0),
        "raw key");
}

/* ---- A server's cache, of one session ---- */

static gnutls_datum_t cached_key, cached;

static gnutls_datum_t copy_of(gnutls_datum_t datum) {
  gnutls_datum_t copy = {gnutls_malloc(datum.size), datum.size};

  if (copy.data == NULL)
    broken("no memory");
  memcpy(copy.data, datum.data, datum.size);
  return copy;
}

static int cache(void *arg, gnutls_datum_t key, gnutls_datum_t session) {
  (void)arg;
  gnutls_free(cached_key.data);
  gnutls_free(cached.data);
  cached_key = copy_of(key);
  cached = copy_of(session);
  return 0;
}

static gnutls_datum_t look_up(void *arg, gnutls_datum_t key) {
  (void)arg;
  if (key.size != cached_key.size || memcmp(key.data, cached_key.data, key.size) != 0)
    return (gnutls_datum_t){NULL, 0};
  return copy_of(cached);
}

static int forget(void *arg, gnutls_datum_t key) {
  (void)arg;
  (void)key;
  return 0;
}

static void keep_sessions(gnutls_session_t session) {
  gnutls_db_set_store_function(session, cache);
  gnutls_db_set_retrieve_function(session, look_up);
  gnutls_db_set_remove_function(session, forget);
  gnutls_db_set_ptr(session, &cached);
}

/* ---- The server ---- */

static void other_credentials(gnutls_session_t session, enum authentication authentication) {
  gnutls_anon_server_credentials_t anonymous;
  gnutls_psk_server_credentials_t shared;

  if (authentication == ANONYMOUS) {
    check(gnutls_anon_allocate_server_credentials(&anonymous), "anonymous");
    check(gnutls_credentials_set(session, GNUTLS_CRD_ANON, anonymous), "anonymous");
  } else if (authentication == PRE_SHARED) {
    check(gnutls_psk_allocate_server_credentials(&shared), "shared key");
    gnutls_psk_set_server_credentials_function(shared, find_key);
    check(gnutls_credentials_set(session, GNUTLS_CRD_PSK, shared), "shared key");
  }
}

void server_begin(struct server *server) {
  const struct setup *setup = server->setup;
  unsigned flags = GNUTLS_SERVER | (setup->datagram ? GNUTLS_DATAGRAM : 0) | GNUTLS_ENABLE_RAWPK |
                   (setup->early_data != NULL ? GNUTLS_ENABLE_EARLY_DATA : 0) |
                   (setup->asked_later ? GNUTLS_POST_HANDSHAKE_AUTH : 0) |
                   (setup->second != NULL ? GNUTLS_ALLOW_ID_CHANGE : 0);
  gnutls_certificate_credentials_t credentials;

  check(gnutls_init(&server->session, flags), "server");
  gnutls_session_set_ptr(server->session, server);
  check(gnutls_certificate_allocate_credentials(&credentials), "server's credentials");
  if (setup->authentication == RAW_KEY)
    set_raw_key(credentials, setup->chain);
  else
    set_chain(credentials, setup);
  check(gnutls_credentials_set(server->session, GNUTLS_CRD_CERTIFICATE, credentials), "server's credentials");
  other_credentials(server->session, setup->authentication);
  check(gnutls_priority_set_direct(server->session, priority(setup), NULL), "server's priorities");
  if (setup->forgetful)
    check(gnutls_session_ticket_key_generate(&ticket_key), "ticket key");
  if (setup->cached)
    keep_sessions(server->session);
  else
    check(gnutls_session_ticket_enable_server(server->session, &ticket_key), "tickets");
  if (setup->early_data != NULL) {
    gnutls_anti_replay_enable(server->session, anti_replay);
    check(gnutls_record_set_max_early_data_size(server->session, EARLY_DATA_ROOM), "early data");
  }
  if (setup->client_certificate)
    gnutls_certificate_server_set_request(server->session, GNUTLS_CERT_REQUEST);
  gnutls_handshake_set_hook_function(server->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_POST,
                                     count_certificates);
  gnutls_handshake_set_timeout(server->session, 20000);
  if (setup->media)
    check(gnutls_srtp_set_profile_direct(server->session, MEDIA_KEYS, NULL), "media");
  gnutls_transport_set_int(server->session, server->socket);
}
/* Counts from there again. */
static int second_handshake(struct server *server) {
  struct setup setup = {
      .chain = server->setup->second, .authentication = server->setup->second_authentication, .old = true};
  gnutls_certificate_credentials_t credentials;

  check(gnutls_certificate_allocate_credentials(&credentials), "server's second credentials");
  set_chain(credentials, &setup);
  check(gnutls_credentials_set(server->session, GNUTLS_CRD_CERTIFICATE, credentials),
        "server's second credentials");
  other_credentials(server->session, setup.authentication);
  check(gnutls_priority_set_direct(server->session, priority(&setup), NULL), "server's second priorities");
  server->result->server_received = 0;
  if (server->setup->second_asked)
    check(gnutls_rehandshake(server->session), "the server's wish for a second handshake");
  return handshake(server->session);
}

static void ask_for_certificate(struct server *server) {
  int result;

  gnutls_certificate_server_set_request(server->session, GNUTLS_CERT_REQUIRE);
  do
    result = gnutls_reauth(server->session, 0);
  while (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED);
  check(result, "authentication after the handshake");
}

void *serve(void *arg) {
  struct server *server = arg;
  struct result *result = server->result;
  bool had_second = false;
  char data[256];
  ssize_t size;
  int done;

  if (server->listener >= 0) {
    if (server->setup->pending)
      close(accept(server->listener, NULL, NULL));
    server->socket = accept(server->listener, NULL, NULL);
    if (server->socket < 0) {
      /* No client comes any more. */
      result->server_error = GNUTLS_E_PREMATURE_TERMINATION;
      return NULL;
    }
    gnutls_transport_set_int(server->session, server->socket);
  }
  done = handshake(server->session);
  result->server_error = done < 0 ? done : 0;
  if (done == GNUTLS_E_FATAL_ALERT_RECEIVED)
    result->alert = (int)gnutls_alert_get(server->session);
  if (server->setup->early_data != NULL) {
    size = gnutls_record_recv_early_data(server->session, data, sizeof data);
    result->early_received = size > 0 ? (size_t)size : 0;
  }
  while (done >= 0) {
    size = gnutls_record_recv(server->session, data, sizeof data);
    if (size == GNUTLS_E_AGAIN || size == GNUTLS_E_INTERRUPTED)
      continue;
    if (size == GNUTLS_E_FATAL_ALERT_RECEIVED)
      result->alert = (int)gnutls_alert_get(server->session);
    if (size <= 0)
      break;
    result->server_received += (size_t)size;
    if (server->setup->asked_later)
      ask_for_certificate(server);
    if (gnutls_record_send(server->session, data, (size_t)size) < 0)
      break;
    if (server->setup->second != NULL && !had_second) {
      had_second = true;
      done = second_handshake(server);
      if (done == GNUTLS_E_FATAL_ALERT_RECEIVED)
        result->alert = (int)gnutls_alert_get(server->session);
    }
  }
  /* Data that the client still sends is not read, and the client must not wait for an answer. */
  shutdown(server->socket, SHUT_WR);
  return NULL;
}
