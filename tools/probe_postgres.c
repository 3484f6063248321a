/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe_postgres.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "memory.h"

enum state { STATE_ASK = 0, STATE_ANSWER, STATE_HANDSHAKE };

struct postgres {
  int socket;
  enum state state;
  size_t sent;
  short event;
  SSL_CTX *context;
  SSL *ssl;
};

/* Length 8 and the code 80877103, both in network byte order (PostgreSQL's protocol, "SSLRequest"). */
static const unsigned char ssl_request[8] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f};

/* OpenSSL's macro would drop the const in a way that compilers warn of; the name is only copied. */
static bool set_server_name(SSL *ssl, const char *host) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host) == 1;
}

struct postgres *postgres_new(int socket, const char *host, struct capture *capture) {
  struct postgres *postgres = must_alloc(1, sizeof *postgres);
  postgres->socket = socket;
  postgres->context = SSL_CTX_new(TLS_client_method());
  if (postgres->context != NULL && capture_arm(postgres->context, capture))
    postgres->ssl = SSL_new(postgres->context);
  if (postgres->ssl != NULL && SSL_set_fd(postgres->ssl, socket) == 1 &&
      (host == NULL || set_server_name(postgres->ssl, host))) {
    SSL_set_connect_state(postgres->ssl);
    return postgres;
  }
  postgres_free(postgres);
  return NULL;
}

void postgres_free(struct postgres *postgres) {
  if (postgres == NULL)
    return;
  SSL_free(postgres->ssl);
  SSL_CTX_free(postgres->context);
  free(postgres);
}

short postgres_event(const struct postgres *postgres) {
  return postgres->event;
}

static enum postgres_progress fail(const char *why, const char **ret_error) {
  *ret_error = why;
  return POSTGRES_FAILED;
}

static enum postgres_progress wait_for(struct postgres *postgres, short event) {
  postgres->event = event;
  return POSTGRES_WAITS;
}

static bool would_block(void) {
  return errno == EAGAIN || errno == EINTR;
}

static enum postgres_progress ask(struct postgres *postgres, const char **ret_error) {
  ssize_t sent =
      send(postgres->socket, ssl_request + postgres->sent, sizeof ssl_request - postgres->sent, MSG_NOSIGNAL);
  if (sent < 0)
    return would_block() ? wait_for(postgres, POLLOUT) : fail("the connection was closed", ret_error);
  postgres->sent += (size_t)sent;
  if (postgres->sent == sizeof ssl_request)
    postgres->state = STATE_ANSWER;
  return wait_for(postgres, postgres->state == STATE_ANSWER ? POLLIN : POLLOUT);
}

/* One byte and no more: what follows "S" must come encrypted (CVE-2021-23222). */
static enum postgres_progress answer(struct postgres *postgres, const char **ret_error) {
  char byte = 0;
  ssize_t got = recv(postgres->socket, &byte, 1, 0);
  if (got < 0)
    return would_block() ? wait_for(postgres, POLLIN) : fail("the connection was closed", ret_error);
  if (got == 0)
    return fail("the connection was closed", ret_error);
  if (byte == 'N')
    return fail("the PostgreSQL server does not offer TLS", ret_error);
  if (byte != 'S')
    return fail("the answer to SSLRequest is none that PostgreSQL gives", ret_error);
  postgres->state = STATE_HANDSHAKE;
  return wait_for(postgres, POLLOUT);
}

static enum postgres_progress handshake(struct postgres *postgres, const char **ret_error) {
  ERR_clear_error();
  int value = SSL_do_handshake(postgres->ssl);
  if (value == 1)
    return POSTGRES_DONE;
  int error = SSL_get_error(postgres->ssl, value);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
    return wait_for(postgres, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
  const char *reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return fail(reason == NULL ? "the connection was closed during the TLS handshake" : reason, ret_error);
}

enum postgres_progress postgres_step(struct postgres *postgres, const char **ret_error) {
  switch (postgres->state) {
  case STATE_ASK:
    return ask(postgres, ret_error);
  case STATE_ANSWER:
    return answer(postgres, ret_error);
  default:
    return handshake(postgres, ret_error);
  }
}
