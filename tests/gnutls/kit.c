/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of kit.h: makes the client, connects it and records the result. */
#include "server.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
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

#include <gnutls/dtls.h>
#include <gnutls/socket.h>
#include <gnutls/x509.h>

static const char text[] = "application data";

static unsigned char shared_bytes[] = "0123456789abcdef";
const gnutls_datum_t shared_key = {shared_bytes, 16};

void broken(const char *format, ...) {
  va_list arguments;

  va_start(arguments, format);
  printf("outcome: broken\n");
  vprintf(format, arguments);
  printf("\n");
  va_end(arguments);
  exit(1);
}

void check(int result, const char *what) {
  if (result < 0)
    broken("%s: %s", what, gnutls_strerror(result));
}

const char *pki(const char *kind, const char *name, const char *suffix) {
  static _Thread_local char paths[4][512];
  static _Thread_local unsigned next;
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
void kit_begin(void) {
  signal(SIGPIPE, SIG_IGN);
  server_keys_begin();
}

/* ---- Both sides ---- */

const char *priority(const struct setup *setup) {
  /* The minimum for OpenSSL's DTLS from before the standard, without a certificate. */
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
int handshake(gnutls_session_t session) {
  int result;

  do
    result = gnutls_handshake(session);
  while (result < 0 && gnutls_error_is_fatal(result) == 0);
  return result;
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

/* The same if the program gives GnuTLS a number. */
static const int *numbered_transport;

static ssize_t push_numbered(gnutls_transport_ptr_t transport, const void *data, size_t size) {
  (void)transport;
  return send(*numbered_transport, data, size, MSG_NOSIGNAL);
}

static ssize_t pull_numbered(gnutls_transport_ptr_t transport, void *data, size_t size) {
  (void)transport;
  return recv(*numbered_transport, data, size, 0);
}

static int pull_timeout_numbered(gnutls_transport_ptr_t transport, unsigned milliseconds) {
  (void)transport;
  return pull_timeout((gnutls_transport_ptr_t)(size_t)numbered_transport, milliseconds);
}

/* The address for a socket that is not connected yet. */
static struct sockaddr_in fast_address;

static void set_transport(gnutls_session_t session, const struct setup *setup, int *socket) {
  if (setup->number != NO_NUMBER) {
    numbered_transport = socket;
    /* The first number is below any limit of descriptors that may be set, but no descriptor is open there. */
    gnutls_transport_set_int(session, setup->number == OF_NOTHING ? 0xfff00 : open("/dev/null", O_RDWR));
    gnutls_transport_set_push_function(session, push_numbered);
    gnutls_transport_set_pull_function(session, pull_numbered);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout_numbered);
  } else if (setup->own_transport) {
    gnutls_transport_set_ptr(session, socket);
    gnutls_transport_set_push_function(session, push);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout);
  } else if (setup->fast_open) {
    gnutls_transport_set_fastopen(session, *socket, (struct sockaddr *)&fast_address, sizeof fast_address, 0);
  } else {
    gnutls_transport_set_int(session, *socket);
  }
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

static void other_credentials(gnutls_session_t session, enum authentication authentication) {
  gnutls_anon_client_credentials_t anonymous;
  gnutls_psk_client_credentials_t shared;

  if (authentication == ANONYMOUS) {
    check(gnutls_anon_allocate_client_credentials(&anonymous), "anonymous");
    check(gnutls_credentials_set(session, GNUTLS_CRD_ANON, anonymous), "anonymous");
  } else if (authentication == PRE_SHARED) {
    check(gnutls_psk_allocate_client_credentials(&shared), "shared key");
    check(gnutls_psk_set_client_credentials(shared, "somebody", &shared_key, GNUTLS_PSK_KEY_RAW),
          "shared key");
    check(gnutls_credentials_set(session, GNUTLS_CRD_PSK, shared), "shared key");
  }
}

static void client_credentials(gnutls_session_t session, const struct setup *setup) {
  gnutls_certificate_credentials_t credentials;

  check(gnutls_certificate_allocate_credentials(&credentials), "client's credentials");
  client_verification(session, credentials, setup);
  if (setup->client_certificate || setup->asked_later)
    check(gnutls_certificate_set_x509_key_file(credentials, pki("chain", "client", ".pem"),
                                               pki("key", "client", ".pem"), GNUTLS_X509_FMT_PEM),
          "client's certificate");
  check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), "client's credentials");
  other_credentials(session, setup->authentication);
}

/* ---- An extension of the program's ---- */

#define EXTENSION 0xff60

static unsigned extensions_received;

static int receive_extension(gnutls_session_t session, const unsigned char *data, size_t size) {
  if (size != 1 || *data != 'x')
    broken("another extension");
  extensions_received++;
  gnutls_ext_set_data(session, EXTENSION, &extensions_received);
  return 0;
}

static int send_extension(gnutls_session_t session, gnutls_buffer_t buffer) {
  (void)session;
  check(gnutls_buffer_append_data(buffer, "x", 1), "extension");
  return 1;
}

static void register_extension(void) {
  static bool registered;

  if (!registered)
    check(gnutls_ext_register("test", EXTENSION, GNUTLS_EXT_TLS, receive_extension, send_extension, NULL,
                              NULL, NULL),
          "extension");
  registered = true;
  extensions_received = 0;
}

/* ---- Sessions ---- */

/* Looked up in libgnutls itself, so that the shim's functions are passed over. */
static void *look_up(const char *name) {
  void *library = dlopen("libgnutls.so.30", RTLD_LAZY | RTLD_NOLOAD),
       *symbol = library != NULL ? dlsym(library, name) : NULL;

  if (symbol == NULL)
    broken("there is no %s", name);
  return symbol;
}

static void offer_session(gnutls_session_t session, const struct setup *setup, struct result *result) {
  if (setup->session == NULL)
    return;
  __typeof__(gnutls_session_set_data) *set_data = gnutls_session_set_data;
  if (setup->looked_up)
    *(void **)&set_data = look_up("gnutls_session_set_data");
  check(set_data(session, setup->session->data, setup->session->size), "session");
  result->early_room = gnutls_record_get_max_early_data_size(session);
}

static void rename_host(gnutls_session_t session, const char *name) {
  __typeof__(gnutls_server_name_set) *set_name;

  *(void **)&set_name = look_up("gnutls_server_name_set");
  check(set_name(session, GNUTLS_NAME_DNS, name, strlen(name)), "another name");
}

/* Without priorities, no ClientHello can be made. */
static void fail_first(gnutls_session_t session, const struct setup *setup) {
  const char *name = setup->name_before != NULL ? setup->name_before : setup->name;

  if (setup->session_before == NULL)
    return;
  check(gnutls_server_name_set(session, GNUTLS_NAME_DNS, name, strlen(name)), "name");
  check(gnutls_session_set_data(session, setup->session_before->data, setup->session_before->size),
        "session");
  if (gnutls_handshake(session) != GNUTLS_E_NO_PRIORITIES_WERE_SET)
    broken("a handshake without priorities");
}

static gnutls_session_t client_begin(const struct setup *setup, int *socket, struct result *result) {
  unsigned flags = GNUTLS_CLIENT | (setup->datagram ? GNUTLS_DATAGRAM : 0) | GNUTLS_ENABLE_RAWPK |
                   (setup->false_start ? GNUTLS_ENABLE_FALSE_START : 0) |
                   (setup->early_data != NULL ? GNUTLS_ENABLE_EARLY_DATA : 0) |
                   (setup->asked_later ? GNUTLS_POST_HANDSHAKE_AUTH : 0) |
                   (setup->second != NULL ? GNUTLS_ALLOW_ID_CHANGE : 0);
  gnutls_session_t session;

  check(gnutls_init(&session, flags), "client");
  gnutls_session_set_ptr(session, result);
  if (setup->extension_late)
    register_extension();
  client_credentials(session, setup);
  if (setup->session_first)
    offer_session(session, setup, result);
  fail_first(session, setup);
  check(gnutls_priority_set_direct(session, priority(setup), NULL), "client's priorities");
  if (setup->names == SEND_NAME)
    check(gnutls_server_name_set(session, GNUTLS_NAME_DNS, setup->name, strlen(setup->name)), "name");
  if (setup->program_hook || setup->hook_fails)
    gnutls_handshake_set_hook_function(session,
                                       setup->hook_type != 0 ? setup->hook_type : GNUTLS_HANDSHAKE_ANY,
                                       setup->hook_type != 0 ? setup->hook_when : GNUTLS_HOOK_BOTH,
                                       setup->hook_fails ? failing_hook : client_hook);
  if (!setup->session_first)
    offer_session(session, setup, result);
  if (setup->renamed != NULL)
    rename_host(session, setup->renamed);
  gnutls_handshake_set_timeout(session, 20000);
  if (setup->media)
    check(gnutls_srtp_set_profile_direct(session, MEDIA_KEYS, NULL), "media");
  set_transport(session, setup, socket);
  return session;
}

static bool is_verified_afterwards(gnutls_session_t session, const struct setup *setup) {
  unsigned status;

  return setup->verification != AFTERWARDS ||
         (gnutls_certificate_verify_peers3(session, setup->name, &status) >= 0 && status == 0);
}

static void exchange(gnutls_session_t session, const struct setup *setup, struct result *result) {
  char data[sizeof text];
  ssize_t size;

  if (setup->key_update)
    check(gnutls_session_key_update(session, GNUTLS_KU_PEER), "new keys");
  result->sent = (int)gnutls_record_send(session, text, sizeof text);
  if (result->sent < 0)
    return;
  do {
    size = gnutls_record_recv(session, data, sizeof data);
    if (size == GNUTLS_E_REAUTH_REQUEST)
      check(gnutls_reauth(session, 0), "the client's certificate after the handshake");
  } while (size == GNUTLS_E_AGAIN || size == GNUTLS_E_INTERRUPTED || size == GNUTLS_E_REAUTH_REQUEST);
  result->echoed = size == sizeof text && memcmp(data, text, sizeof text) == 0;
}

static void prepare_second(gnutls_session_t session, const struct setup *setup) {
  struct setup second = {.old = true, .authentication = setup->second_authentication};
  char data[1];

  other_credentials(session, second.authentication);
  check(gnutls_priority_set_direct(session, priority(&second), NULL), "priorities of the second handshake");
  if (setup->second_asked && gnutls_record_recv(session, data, sizeof data) != GNUTLS_E_REHANDSHAKE)
    broken("the server does not ask for a second handshake");
}

static void run_client(gnutls_session_t session, const struct setup *setup, struct result *result) {
  __typeof__(gnutls_record_send_early_data) *send_early = gnutls_record_send_early_data;

  if (setup->looked_up)
    *(void **)&send_early = look_up("gnutls_record_send_early_data");
  if (setup->early_data != NULL)
    (void)send_early(session, setup->early_data, strlen(setup->early_data));
  result->error = handshake(session);
  if (result->error >= 0 && !is_verified_afterwards(session, setup))
    result->error = GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
  if (result->error >= 0 || setup->stubborn)
    exchange(session, setup, result);
  if (result->error >= 0 && setup->second != NULL) {
    result->echoed = false;
    prepare_second(session, setup);
    result->error = handshake(session);
    if (result->error >= 0 || setup->stubborn)
      exchange(session, setup, result);
  }
  result->resumed = result->error >= 0 && gnutls_session_is_resumed(session) != 0;
  if (result->error >= 0 && result->echoed)
    (void)gnutls_session_get_data2(session, &result->session);
}

/* Also forgets the extensions that were registered for all sessions. */
static void set_up_again(void) {
  gnutls_session_t session;

  check(gnutls_init(&session, GNUTLS_CLIENT), "a session before");
  gnutls_deinit(session);
  gnutls_global_deinit();
  check(gnutls_global_init(), "GnuTLS");
}

/* ---- A connection ---- */

/* Fills the listener's queue with another connection, which is given up:
 * the next try comes a second later. */
static void begin_connecting(int client, const struct sockaddr_in *address) {
  int filling = socket(AF_INET, SOCK_STREAM, 0), flags = fcntl(client, F_GETFL);

  if (connect(filling, (const struct sockaddr *)address, sizeof *address) != 0)
    broken("filling the queue: %s", strerror(errno));
  close(filling);
  fcntl(client, F_SETFL, flags | O_NONBLOCK);
  if (connect(client, (const struct sockaddr *)address, sizeof *address) == 0 || errno != EINPROGRESS)
    broken("the connection does not wait");
  fcntl(client, F_SETFL, flags);
}

static void connect_loopback(const struct setup *setup, int *ret_client, int *ret_server) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);

  if (bind(listener, (struct sockaddr *)&address, size) != 0 ||
      listen(listener, setup->pending ? 0 : 1) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) != 0)
    broken("listening: %s", strerror(errno));
  if (setup->names == RESOLVE_ONLY) {
    if (getaddrinfo(setup->name, NULL, &hints, &found) != 0)
      broken("%s does not resolve", setup->name);
    freeaddrinfo(found);
  }
  *ret_client = socket(AF_INET, SOCK_STREAM, 0);
  if (setup->fast_open) {
    fast_address = address;
    *ret_server = listener;
    return;
  }
  if (setup->pending) {
    begin_connecting(*ret_client, &address);
    *ret_server = listener;
    return;
  }
  if (connect(*ret_client, (struct sockaddr *)&address, size) != 0)
    broken("connecting: %s", strerror(errno));
  *ret_server = accept(listener, NULL, NULL);
  close(listener);
}

struct result connection(const struct setup *setup) {
  struct result result = {.alert = -1};
  struct server server = {.setup = setup, .listener = -1, .result = &result};
  int sockets[2];
  gnutls_ext_priv_data_t kept;
  gnutls_session_t client;
  pthread_t thread;

  if (setup->set_up_again)
    set_up_again();
  if (setup->extension && !setup->extension_late)
    register_extension();

  if (!setup->datagram)
    connect_loopback(setup, &sockets[0], &sockets[1]);
  else if (setup->beside)
    connect_loopback(setup, &(int){-1}, &(int){-1});
  if (setup->datagram && socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets) != 0)
    broken("socketpair: %s", strerror(errno));
  server.socket = sockets[1];
  if (setup->fast_open || setup->pending)
    server.listener = sockets[1];
  server_begin(&server);
  client = client_begin(setup, &sockets[0], &result);
  if (pthread_create(&thread, NULL, serve, &server) != 0)
    broken("no thread");
  run_client(client, setup, &result);
  if (result.error >= 0)
    (void)gnutls_bye(client, GNUTLS_SHUT_WR);
  shutdown(sockets[0], SHUT_RDWR);
  close(sockets[0]);
  if (server.listener >= 0)
    shutdown(server.listener, SHUT_RDWR);
  pthread_join(thread, NULL);
  result.extensions = extensions_received;
  if (setup->extension && result.error >= 0 &&
      (gnutls_ext_get_data(client, EXTENSION, &kept) < 0 || kept != &extensions_received))
    broken("the extension's data are not kept");
  gnutls_deinit(client);
  gnutls_deinit(server.session);
  close(sockets[1]);
  if (server.listener >= 0)
    close(server.socket);
  return result;
}
