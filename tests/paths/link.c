/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Two ends of a connection in one thread. */
#include "kit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

/* A handshake that still wants more after this many turns of both ends has stalled. */
#define TURNS 200

/* ---- Transports ---- */

static void join_by_pair(struct link *link) {
  BIO *client_bio, *server_bio;

  if (BIO_new_bio_pair(&client_bio, 65536, &server_bio, 65536) != 1)
    broken("no BIO pair");
  SSL_set_bio(link->client, client_bio, client_bio);
  SSL_set_bio(link->server, server_bio, server_bio);
}

static BIO *new_memory(void) {
  BIO *bio = BIO_new(BIO_s_mem());

  if (bio == NULL)
    broken("no memory BIO");
  BIO_set_mem_eof_return(bio, -1);
  return bio;
}

/* As in programs with an event loop: bare pointers to BIOs that belong to the connection. */
static void join_by_memory(struct link *link) {
  link->to_server = new_memory();
  link->to_client = new_memory();
  /* Both connections and the link hold a reference to each. */
  for (int connections = 0; connections < 2; connections++) {
    BIO_up_ref(link->to_server);
    BIO_up_ref(link->to_client);
  }
  SSL_set_bio(link->client, link->to_client, link->to_server);
  SSL_set_bio(link->server, link->to_server, link->to_client);
}

static void make_nonblocking(int fd) {
  int on = 1;

  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
    broken("no non-blocking socket");
  setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
}

static int connect_mapped(in_port_t port) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = port};
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

  inet_pton(AF_INET6, "::ffff:127.0.0.1", &address.sin6_addr);
  if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
    not_applicable("no IPv6 here");
  return fd;
}

static int connect_plain(const struct sockaddr_in *address) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0)
    broken("no sockets");
  return fd;
}

int listen_at(const char *text, struct sockaddr_in *ret_address) {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
  } address = {.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(text)}};
  socklen_t size = sizeof address.v4;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (bind(listener, &address.any, size) != 0 || listen(listener, 4096) != 0 ||
      getsockname(listener, &address.any, &size) != 0)
    broken("no sockets");
  *ret_address = address.v4;
  return listener;
}

int udp_socket(struct sockaddr_in *ret_address) {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
  } address = {.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address.v4;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0 || bind(fd, &address.any, size) != 0 || getsockname(fd, &address.any, &size) != 0)
    broken("no UDP socket");
  *ret_address = address.v4;
  return fd;
}

void connect_at(const char *text) {
  struct sockaddr_in address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);

  (void)listen_at(text, &address);
  if (connect(fd, (const struct sockaddr *)(const void *)&address, sizeof address) != 0)
    broken("no connection");
}

int listen_on_loopback(char ret_port[8]) {
  struct sockaddr_in address;
  int listener = listen_at("127.0.0.1", &address);

  snprintf(ret_port, 8, "%u", ntohs(address.sin_port));
  return listener;
}

void link_accept(struct link *link, int listener) {
  link->server_socket = accept(listener, NULL, NULL);
  close(listener);
  make_nonblocking(link->server_socket);
  if (SSL_set_fd(link->server, link->server_socket) != 1)
    broken("no descriptor");
}

void link_join_by_sockets(struct link *link, bool mapped) {
  struct sockaddr_in address;
  int listener = listen_at("127.0.0.1", &address);

  link->client_socket = mapped ? connect_mapped(address.sin_port) : connect_plain(&address);
  make_nonblocking(link->client_socket);
  if (SSL_set_fd(link->client, link->client_socket) != 1)
    broken("no descriptors");
  link_accept(link, listener);
}

void set_server_name(SSL *ssl, const char *name) {
  char copy[256]; /* because the macro of the headers casts const away */

  snprintf(copy, sizeof copy, "%s", name);
  if (SSL_set_tlsext_host_name(ssl, copy) != 1)
    broken("no server name");
}

static void (*change_of_hello)(const SSL *ssl, int where, int result);

static int change_when_asked(const SSL *ssl, const SSL_CTX *context, int operation, int bits, int nid,
                             void *other, void *ex) {
  (void)context, (void)operation, (void)bits, (void)nid, (void)other, (void)ex;
  if (ssl != NULL && SSL_get_state(ssl) == TLS_ST_CW_CLNT_HELLO)
    change_of_hello(ssl, SSL_CB_HANDSHAKE_START, 1);
  return 1;
}

void change_at_hello(SSL *ssl, void (*change)(const SSL *ssl, int where, int result)) {
  change_of_hello = change;
  SSL_set_security_callback(ssl, change_when_asked);
}

void link_open_nameless(struct link *link, const struct setup *setup, SSL_CTX *client, SSL_CTX *server) {
  memset(link, 0, sizeof *link);
  link->client_socket = link->server_socket = -1;
  link->client = SSL_new(client);
  link->server = SSL_new(server);
  if (link->client == NULL || link->server == NULL)
    broken("no connection");
  SSL_set_connect_state(link->client);
  SSL_set_accept_state(link->server);
  if (setup->transport == SOCKET || setup->transport == MAPPED)
    link_join_by_sockets(link, setup->transport == MAPPED);
  else if (setup->transport == MEMORY)
    join_by_memory(link);
  else
    join_by_pair(link);
}

void link_open(struct link *link, const struct setup *setup, SSL_CTX *client, SSL_CTX *server) {
  link_open_nameless(link, setup, client, server);
  if (setup->sni != NULL)
    set_server_name(link->client, setup->sni);
  /* Releases differ in the names that they accept: 4.0 rejects a trailing dot. */
  if (setup->host != NULL && SSL_set1_host(link->client, setup->host) != 1)
    not_applicable("this OpenSSL does not take the name");
}

/* Without this, its sessions and the server's would count as broken off and not be resumed. */
static void finish(SSL *ssl) {
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void link_close(struct link *link) {
  if (!link->client_failed) {
    finish(link->client);
    finish(link->server);
  }
  SSL_free(link->client);
  SSL_free(link->server);
  BIO_free(link->to_server);
  BIO_free(link->to_client);
  if (link->client_socket >= 0)
    close(link->client_socket);
  if (link->server_socket >= 0)
    close(link->server_socket);
}

/* ---- Turns ---- */

static bool wants_more(SSL *ssl, int result) {
  switch (SSL_get_error(ssl, result)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE:
  case SSL_ERROR_WANT_RETRY_VERIFY:
  case SSL_ERROR_WANT_X509_LOOKUP:
    return true;
  default:
    return false;
  }
}

static bool is_ours(unsigned long code) {
  const char *library = ERR_lib_error_string(code);

  return library != NULL && strcmp(library, "pinning") == 0;
}

void link_note_failure(struct link *link) {
  unsigned long code;
  const char *data;
  int flags;

  link->client_failed = true;
  link->verify_result = SSL_get_verify_result(link->client);
  while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
    if (link->first_error == 0)
      link->first_error = code;
    if (!is_ours(code))
      continue;
    link->ours = true;
    if ((flags & ERR_TXT_STRING) != 0 && strstr(data, "verdict=refused") != NULL)
      link->names_host = strstr(data, "host=") != NULL;
  }
}

/* Whether the client's turn is over, with or without success. */
static bool client_did(struct link *link, int result) {
  if (result > 0) {
    link->queue_dirty = link->queue_dirty || ERR_peek_error() != 0;
    return true;
  }
  if (!wants_more(link->client, result))
    link_note_failure(link);
  ERR_clear_error();
  return false;
}

static bool server_did(struct link *link, int result) {
  if (result > 0)
    return true;
  if (!wants_more(link->server, result))
    link->server_failed = true;
  ERR_clear_error();
  return false;
}

void link_handshake(struct link *link) {
  bool client_done = false, server_done = false;

  for (int turn = 0; turn < TURNS && !link->client_failed && !(client_done && server_done); turn++) {
    ERR_clear_error();
    if (!client_done)
      client_done = client_did(link, SSL_do_handshake(link->client));
    ERR_clear_error();
    if (!server_done && !link->server_failed)
      server_done = server_did(link, SSL_do_handshake(link->server));
  }
}

void link_serve(struct link *link) {
  char buffer[256];
  int result;

  ERR_clear_error();
  for (int turn = 0; turn < 4; turn++) {
    result = SSL_read(link->server, buffer, sizeof buffer);
    if (result > 0)
      link->server_received += (size_t)result;
    else
      ERR_clear_error();
  }
}

void link_send(struct link *link, const char *data) {
  size_t before = link->server_received;

  for (int turn = 0; turn < TURNS && !link->client_failed; turn++) {
    ERR_clear_error();
    if (client_did(link, SSL_write(link->client, data, (int)strlen(data))))
      break;
    link_serve(link);
  }
  for (int turn = 0; turn < TURNS && link->server_received == before; turn++)
    link_serve(link);
}

static void receive(struct link *link) {
  char buffer[256];

  for (int turn = 0; turn < TURNS && !link->client_failed; turn++) {
    ERR_clear_error();
    if (client_did(link, SSL_read(link->client, buffer, sizeof buffer)))
      return;
  }
}

void link_exchange(struct link *link) {
  if (link->client_failed)
    return;
  link_send(link, "ping");
  if (link->server_received == 4)
    (void)SSL_write(link->server, "pong", 4);
  receive(link);
}

enum outcome link_outcome(const struct link *link) {
  if (link->queue_dirty)
    broken("a call that succeeded left errors in the queue");
  if (!link->client_failed) {
    if (link->server_received == 0)
      broken("nothing failed, but nothing arrived");
    return ACCEPTED;
  }
  if (link->server_received != 0)
    broken("refused, but the server has received plaintext");
  if (link->ours)
    return REFUSED;
  printf("first error: %s\n", ERR_error_string(link->first_error, NULL));
  return REJECTED;
}

enum outcome link_run(struct link *link) {
  link_handshake(link);
  link_exchange(link);
  return link_outcome(link);
}

enum outcome connect_with(const struct setup *setup, SSL_CTX *client, SSL_CTX *server) {
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  outcome = link_run(&link);
  link_close(&link);
  return outcome;
}

void link_free(struct link *link, SSL_CTX *client, SSL_CTX *server) {
  link_close(link);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
}

enum outcome link_end(struct link *link, SSL_CTX *client, SSL_CTX *server) {
  enum outcome outcome = link_outcome(link);

  link_free(link, client, server);
  return outcome;
}

enum outcome link_finish(struct link *link, SSL_CTX *client, SSL_CTX *server) {
  enum outcome outcome = link_run(link);

  link_free(link, client, server);
  return outcome;
}

enum outcome connect_from(const struct setup *setup, SSL_CTX *client) {
  SSL_CTX *server = server_context(setup);
  struct link link;

  link_open(&link, setup, client, server);
  return link_finish(&link, client, server);
}

enum outcome connect_verifying(const struct setup *setup, int (*callback)(X509_STORE_CTX *, void *)) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_cert_verify_callback(client, callback, NULL);
  return connect_from(setup, client);
}

enum outcome connect_once(const struct setup *setup) {
  return connect_from(setup, client_context(setup));
}
