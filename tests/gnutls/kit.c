/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "kit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/dtls.h>
#include <gnutls/x509.h>

static const char text[] = "application data";

static gnutls_datum_t ticket_key;
static gnutls_anti_replay_t anti_replay;
static unsigned char shared_bytes[] = "0123456789abcdef";
static const gnutls_datum_t shared_key = {shared_bytes, 16};

void broken(const char *format, ...) {
  va_list arguments;

  va_start(arguments, format);
  printf("outcome: broken\n");
  vprintf(format, arguments);
  printf("\n");
  va_end(arguments);
  exit(1);
}

static void check(int result, const char *what) {
  if (result < 0)
    broken("%s: %s", what, gnutls_strerror(result));
}

const char *pki(const char *kind, const char *name, const char *suffix) {
  static char paths[4][512];
  static unsigned next;
  char *path = paths[next++ % 4];

  snprintf(path, sizeof paths[0], "%s/%s-%s%s", getenv("PATHS_PKI"), kind, name, suffix);
  return path;
}

static void pause_everything(void) {
  char path[600];
  FILE *file;

  snprintf(path, sizeof path, "%s.pause", getenv("PATHS_POLICY"));
  file = fopen(path, "w");
  if (file == NULL)
    broken("%s: %s", path, strerror(errno));
  fprintf(file, "pinning-pause 1\n%lld %lld *\nend\n", (long long)time(NULL) - 10,
          (long long)time(NULL) + 3600);
  fclose(file);
}

void use_policy(const char *name) {
  char command[1200];

  if (strcmp(name, "paused") == 0) {
    pause_everything();
    name = "good";
  }

  snprintf(command, sizeof command, "cp '%s' '%s.new' && mv '%s.new' '%s'", pki("policy", name, ".cfg"),
           getenv("PATHS_POLICY"), getenv("PATHS_POLICY"), getenv("PATHS_POLICY"));
  if (strcmp(name, "missing") == 0)
    snprintf(command, sizeof command, "rm '%s'", getenv("PATHS_POLICY"));
  if (system(command) != 0)
    broken("%s", command);
  nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100000000}, NULL);
}

/* Early data counts once for each ClientHello; the same may come again within a test. */
static int remember_nothing(void *arg, time_t expires, const gnutls_datum_t *key,
                            const gnutls_datum_t *data) {
  (void)arg;
  (void)expires;
  (void)key;
  (void)data;
  return 0;
}

void kit_begin(void) {
  signal(SIGPIPE, SIG_IGN);
  check(gnutls_session_ticket_key_generate(&ticket_key), "ticket key");
  check(gnutls_anti_replay_init(&anti_replay), "anti-replay");
  gnutls_anti_replay_set_add_function(anti_replay, remember_nothing);
}

/* ---- The server ---- */

struct server {
  const struct setup *setup;
  int socket;
  gnutls_session_t session;
  struct result *result;
};

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

/* The chain as the setup wants it. */
static void set_chain(gnutls_certificate_credentials_t credentials, const struct setup *setup) {
  const char *key_name = strcmp(setup->chain, "stuffed") == 0 ? "bad" : setup->chain; /* whose the leaf is */
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
  /* A client that has none sends an empty one, in TLS 1.3 of four bytes. */
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

static const char *priority(const struct setup *setup) {
  /* What OpenSSL spoke before there was a standard, without a certificate: the least that it takes. */
  if (setup->datagram && setup->authentication == ANONYMOUS)
    return "NONE:+VERS-DTLS0.9:+COMP-NULL:+AES-128-CBC:+SHA1:+ANON-ECDH:+GROUP-ALL:+SIGN-ALL";
  if (setup->datagram)
    return "NORMAL:-VERS-ALL:+VERS-DTLS1.2";
  switch (setup->authentication) {
  case ANONYMOUS:
    return "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH";
  case PRE_SHARED:
    return setup->old ? "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK"
                      : "NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK:+PSK";
  case RAW_KEY:
    return setup->old ? "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CTYPE-ALL:+CTYPE-SRV-RAWPK:+CTYPE-CLI-X509"
                      : "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CTYPE-ALL:+CTYPE-SRV-RAWPK:+CTYPE-CLI-X509";
  case CERTIFICATES:
    break;
  }
  return setup->old ? "NORMAL:-VERS-ALL:+VERS-TLS1.2" : "NORMAL:-VERS-ALL:+VERS-TLS1.3";
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

static void server_begin(struct server *server) {
  const struct setup *setup = server->setup;
  unsigned flags = GNUTLS_SERVER | (setup->datagram ? GNUTLS_DATAGRAM : 0) | GNUTLS_ENABLE_RAWPK |
                   (setup->early_data != NULL ? GNUTLS_ENABLE_EARLY_DATA : 0);
  gnutls_certificate_credentials_t credentials;
  gnutls_anon_server_credentials_t anonymous;
  gnutls_psk_server_credentials_t shared;

  check(gnutls_init(&server->session, flags), "server");
  gnutls_session_set_ptr(server->session, server);
  check(gnutls_certificate_allocate_credentials(&credentials), "server's credentials");
  if (setup->authentication == RAW_KEY)
    set_raw_key(credentials, setup->chain);
  else
    set_chain(credentials, setup);
  check(gnutls_credentials_set(server->session, GNUTLS_CRD_CERTIFICATE, credentials), "server's credentials");
  if (setup->authentication == ANONYMOUS) {
    check(gnutls_anon_allocate_server_credentials(&anonymous), "anonymous");
    check(gnutls_credentials_set(server->session, GNUTLS_CRD_ANON, anonymous), "anonymous");
  } else if (setup->authentication == PRE_SHARED) {
    check(gnutls_psk_allocate_server_credentials(&shared), "shared key");
    gnutls_psk_set_server_credentials_function(shared, find_key);
    check(gnutls_credentials_set(server->session, GNUTLS_CRD_PSK, shared), "shared key");
  }
  check(gnutls_priority_set_direct(server->session, priority(setup), NULL), "server's priorities");
  if (setup->cached)
    keep_sessions(server->session);
  else
    check(gnutls_session_ticket_enable_server(server->session, &ticket_key), "tickets");
  if (setup->early_data != NULL) {
    gnutls_anti_replay_enable(server->session, anti_replay);
    check(gnutls_record_set_max_early_data_size(server->session, 1024), "early data");
  }
  if (setup->client_certificate)
    gnutls_certificate_server_set_request(server->session, GNUTLS_CERT_REQUEST);
  gnutls_handshake_set_hook_function(server->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_POST,
                                     count_certificates);
  gnutls_handshake_set_timeout(server->session, 20000);
  gnutls_transport_set_int(server->session, server->socket);
}

static int handshake(gnutls_session_t session) {
  int result;

  do
    result = gnutls_handshake(session);
  while (result < 0 && gnutls_error_is_fatal(result) == 0);
  return result;
}

static void *serve(void *arg) {
  struct server *server = arg;
  struct result *result = server->result;
  char data[256];
  ssize_t size;
  int done = handshake(server->session);

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
    if (gnutls_record_send(server->session, data, (size_t)size) < 0)
      break;
  }
  /* What the client would still send finds nobody; it must not wait for an answer. */
  shutdown(server->socket, SHUT_WR);
  return NULL;
}

/* ---- The client ---- */

static int say_yes(gnutls_session_t session) {
  (void)session;
  return 0;
}

static int client_hook(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                       const gnutls_datum_t *message) {
  struct result *result = gnutls_session_get_ptr(session);

  (void)type;
  (void)when;
  (void)incoming;
  (void)message;
  result->hook_calls++;
  return 0;
}

static int failing_hook(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                        const gnutls_datum_t *message) {
  (void)client_hook(session, type, when, incoming, message);
  return incoming != 0 ? GNUTLS_E_APPLICATION_ERROR_MIN : 0;
}

static ssize_t push(gnutls_transport_ptr_t transport, const void *data, size_t size) {
  return send(*(const int *)transport, data, size, MSG_NOSIGNAL);
}

static ssize_t pull(gnutls_transport_ptr_t transport, void *data, size_t size) {
  return recv(*(const int *)transport, data, size, 0);
}

static int pull_timeout(gnutls_transport_ptr_t transport, unsigned milliseconds) {
  struct pollfd poller = {.fd = *(const int *)transport, .events = POLLIN};

  return poll(&poller, 1, milliseconds == GNUTLS_INDEFINITE_TIMEOUT ? -1 : (int)milliseconds);
}

static void client_verification(gnutls_session_t session, gnutls_certificate_credentials_t credentials,
                                const struct setup *setup) {
  static gnutls_typed_vdata_st typed;

  if (!setup->untrusting)
    check(
        gnutls_certificate_set_x509_trust_file(credentials, pki("cert", "root", ".pem"), GNUTLS_X509_FMT_PEM),
        "trust");
  if (setup->trusted != NULL)
    check(gnutls_certificate_set_x509_trust_file(credentials, pki("cert", setup->trusted, ".pem"),
                                                 GNUTLS_X509_FMT_PEM),
          "trust");
  switch (setup->verification) {
  case CREDENTIALS_YES:
    gnutls_certificate_set_verify_function(credentials, say_yes);
    break;
  case SESSION_YES:
    gnutls_session_set_verify_function(session, say_yes);
    break;
  case BY_LIBRARY:
    gnutls_session_set_verify_cert(session, setup->name, 0);
    break;
  case BY_LIBRARY_TYPED:
    typed = (gnutls_typed_vdata_st){GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)(size_t)setup->name, 0};
    gnutls_session_set_verify_cert2(session, &typed, 1, 0);
    break;
  default:
    break;
  }
}

static void client_credentials(gnutls_session_t session, const struct setup *setup) {
  gnutls_certificate_credentials_t credentials;
  gnutls_anon_client_credentials_t anonymous;
  gnutls_psk_client_credentials_t shared;

  check(gnutls_certificate_allocate_credentials(&credentials), "client's credentials");
  client_verification(session, credentials, setup);
  if (setup->client_certificate)
    check(gnutls_certificate_set_x509_key_file(credentials, pki("chain", "client", ".pem"),
                                               pki("key", "client", ".pem"), GNUTLS_X509_FMT_PEM),
          "client's certificate");
  check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), "client's credentials");
  if (setup->authentication == ANONYMOUS) {
    check(gnutls_anon_allocate_client_credentials(&anonymous), "anonymous");
    check(gnutls_credentials_set(session, GNUTLS_CRD_ANON, anonymous), "anonymous");
  } else if (setup->authentication == PRE_SHARED) {
    check(gnutls_psk_allocate_client_credentials(&shared), "shared key");
    check(gnutls_psk_set_client_credentials(shared, "somebody", &shared_key, GNUTLS_PSK_KEY_RAW),
          "shared key");
    check(gnutls_credentials_set(session, GNUTLS_CRD_PSK, shared), "shared key");
  }
}

static gnutls_session_t client_begin(const struct setup *setup, int *socket, struct result *result) {
  unsigned flags = GNUTLS_CLIENT | (setup->datagram ? GNUTLS_DATAGRAM : 0) | GNUTLS_ENABLE_RAWPK |
                   (setup->false_start ? GNUTLS_ENABLE_FALSE_START : 0) |
                   (setup->early_data != NULL ? GNUTLS_ENABLE_EARLY_DATA : 0);
  gnutls_session_t session;

  check(gnutls_init(&session, flags), "client");
  gnutls_session_set_ptr(session, result);
  client_credentials(session, setup);
  check(gnutls_priority_set_direct(session, priority(setup), NULL), "client's priorities");
  if (setup->names == SEND_NAME)
    check(gnutls_server_name_set(session, GNUTLS_NAME_DNS, setup->name, strlen(setup->name)), "name");
  if (setup->program_hook || setup->hook_fails)
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH,
                                       setup->hook_fails ? failing_hook : client_hook);
  if (setup->session != NULL)
    check(gnutls_session_set_data(session, setup->session->data, setup->session->size), "session");
  gnutls_handshake_set_timeout(session, 20000);
  if (setup->own_transport) {
    gnutls_transport_set_ptr(session, socket);
    gnutls_transport_set_push_function(session, push);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout);
  } else {
    gnutls_transport_set_int(session, *socket);
  }
  return session;
}

static bool is_verified_afterwards(gnutls_session_t session, const struct setup *setup) {
  unsigned status;

  return setup->verification != AFTERWARDS ||
         (gnutls_certificate_verify_peers3(session, setup->name, &status) >= 0 && status == 0);
}

static void exchange(gnutls_session_t session, struct result *result) {
  char data[sizeof text];
  ssize_t size;

  result->sent = (int)gnutls_record_send(session, text, sizeof text);
  if (result->sent < 0)
    return;
  do
    size = gnutls_record_recv(session, data, sizeof data);
  while (size == GNUTLS_E_AGAIN || size == GNUTLS_E_INTERRUPTED);
  result->echoed = size == sizeof text && memcmp(data, text, sizeof text) == 0;
}

static void run_client(gnutls_session_t session, const struct setup *setup, struct result *result) {
  if (setup->early_data != NULL)
    (void)gnutls_record_send_early_data(session, setup->early_data, strlen(setup->early_data));
  result->error = handshake(session);
  if (result->error >= 0 && !is_verified_afterwards(session, setup))
    result->error = GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
  if (result->error >= 0 || setup->stubborn)
    exchange(session, result);
  result->resumed = result->error >= 0 && gnutls_session_is_resumed(session) != 0;
  if (result->error >= 0 && result->echoed)
    (void)gnutls_session_get_data2(session, &result->session);
}

/* ---- A connection ---- */

static void connect_loopback(const struct setup *setup, int *ret_client, int *ret_server) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);

  if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) != 0)
    broken("listening: %s", strerror(errno));
  if (setup->names == RESOLVE_ONLY) {
    if (getaddrinfo(setup->name, NULL, &hints, &found) != 0)
      broken("%s does not resolve", setup->name);
    freeaddrinfo(found);
  }
  *ret_client = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(*ret_client, (struct sockaddr *)&address, size) != 0)
    broken("connecting: %s", strerror(errno));
  *ret_server = accept(listener, NULL, NULL);
  close(listener);
}

struct result connection(const struct setup *setup) {
  struct result result = {.alert = -1};
  struct server server = {.setup = setup, .result = &result};
  int sockets[2];
  gnutls_session_t client;
  pthread_t thread;

  if (!setup->datagram)
    connect_loopback(setup, &sockets[0], &sockets[1]);
  else if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets) != 0)
    broken("socketpair: %s", strerror(errno));
  server.socket = sockets[1];
  server_begin(&server);
  client = client_begin(setup, &sockets[0], &result);
  if (pthread_create(&thread, NULL, serve, &server) != 0)
    broken("no thread");
  run_client(client, setup, &result);
  if (result.error >= 0)
    (void)gnutls_bye(client, GNUTLS_SHUT_WR);
  shutdown(sockets[0], SHUT_RDWR);
  close(sockets[0]);
  pthread_join(thread, NULL);
  gnutls_deinit(client);
  gnutls_deinit(server.session);
  close(sockets[1]);
  return result;
}
