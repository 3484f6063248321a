/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/starttls.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/memory.h"
#include "probe/ldap.h"
#include "probe/old_ssl.h"

#define ANSWER_IS_NONE "the answer is none that this protocol gives"

enum state { STATE_ASK = 0, STATE_ANSWER, STATE_HANDSHAKE };

/* What is said in clear. */
struct dialect {
  enum probe_question question;
  enum probe_protocol protocol;
  const unsigned char *message; /* NULL: it is made for each request */
  size_t length;
  /* How many bytes of the answer are still to be read; 0: it is complete; -1: it is none. */
  int (*missing)(const unsigned char *answer, size_t have);
  /* NULL: now the handshake, or all that was asked is known; else why not, static. */
  const char *(*refusal)(const unsigned char *answer, size_t length);
};

struct request {
  const struct dialect *dialect;
  unsigned char *hello; /* a message of this request alone; NULL: the dialect's */
  size_t hello_length;
  int socket;
  enum state state;
  size_t sent;
  short event;
  struct capture *capture;
  unsigned char answer[LDAP_MOST_BYTES];
  size_t answered;
  SSL_CTX *context;
  SSL *ssl;
};

/* Length 8 and the code 80877103, both in network byte order (PostgreSQL's protocol, "SSLRequest"). */
static const unsigned char ssl_request[8] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f};

/* One byte and no more: what follows "S" must come encrypted (CVE-2021-23222). */
static int postgres_missing(const unsigned char *answer, size_t have) {
  (void)answer;
  return have == 0 ? 1 : 0;
}

static const char *postgres_refusal(const unsigned char *answer, size_t length) {
  (void)length;
  if (answer[0] == 'S')
    return NULL;
  return answer[0] == 'N' ? "the PostgreSQL server does not offer TLS"
                          : "the answer to SSLRequest is none that PostgreSQL gives";
}

static const struct dialect dialects[] = {
    {PROBE_HANDSHAKE, PROBE_POSTGRES, ssl_request, sizeof ssl_request, postgres_missing, postgres_refusal},
    {PROBE_HANDSHAKE, PROBE_LDAP, ldap_start_tls, sizeof ldap_start_tls, ldap_missing, ldap_refusal},
    {PROBE_SSL3, PROBE_TLS, ssl3_hello, SSL3_HELLO_SIZE, ssl3_missing, ssl3_refusal},
    {PROBE_SSL2, PROBE_TLS, ssl2_hello, SSL2_HELLO_SIZE, ssl2_missing, ssl2_refusal},
    {PROBE_SUITES, PROBE_TLS, NULL, 0, suites_missing, suites_refusal},
};

static const struct dialect *dialect_of(const struct probe_target *target) {
  for (size_t i = 0; i < COUNT_OF(dialects); i++)
    if (dialects[i].question == target->question && dialects[i].protocol == target->protocol)
      return &dialects[i];
  return NULL;
}

bool request_is_for(const struct probe_target *target) {
  return dialect_of(target) != NULL;
}

/* OpenSSL's macro would drop the const in a way that compilers warn of; the name is only copied. */
static bool set_server_name(SSL *ssl, const char *host) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host) == 1;
}

struct request *request_new(const struct probe_target *target, int socket, const char *host,
                            struct capture *capture) {
  struct request *request = must_alloc(1, sizeof *request);
  request->dialect = dialect_of(target);
  request->socket = socket;
  request->capture = capture;
  if (target->question == PROBE_SUITES)
    request->hello = suites_hello(host, target->suites, target->suite_count, &request->hello_length);
  if (target->question != PROBE_HANDSHAKE)
    return request;
  request->context = SSL_CTX_new(TLS_client_method());
  if (request->context != NULL && capture_arm(request->context, capture))
    request->ssl = SSL_new(request->context);
  if (request->ssl != NULL && SSL_set_fd(request->ssl, socket) == 1 &&
      (host == NULL || set_server_name(request->ssl, host))) {
    SSL_set_connect_state(request->ssl);
    return request;
  }
  request_free(request);
  return NULL;
}

void request_free(struct request *request) {
  if (request == NULL)
    return;
  SSL_free(request->ssl);
  SSL_CTX_free(request->context);
  free(request->hello);
  free(request);
}

short request_event(const struct request *request) {
  return request->event;
}

static enum request_progress fail(const char *why, const char **ret_error) {
  *ret_error = why;
  return REQUEST_FAILED;
}

static enum request_progress wait_for(struct request *request, short event) {
  request->event = event;
  return REQUEST_WAITS;
}

static bool would_block(void) {
  return errno == EAGAIN || errno == EINTR;
}

static enum request_progress ask(struct request *request, const char **ret_error) {
  bool own = request->hello != NULL;
  const unsigned char *message = own ? request->hello : request->dialect->message;
  size_t length = own ? request->hello_length : request->dialect->length;
  ssize_t sent = send(request->socket, message + request->sent, length - request->sent, MSG_NOSIGNAL);
  if (sent < 0)
    return would_block() ? wait_for(request, POLLOUT) : fail("the connection was closed", ret_error);
  request->sent += (size_t)sent;
  if (request->sent == length)
    request->state = STATE_ANSWER;
  return wait_for(request, request->state == STATE_ANSWER ? POLLIN : POLLOUT);
}

/* Reads no further than the answer goes: what follows must come encrypted. */
static enum request_progress answer(struct request *request, const char **ret_error) {
  const struct dialect *dialect = request->dialect;
  int missing = 0;
  while ((missing = dialect->missing(request->answer, request->answered)) > 0) {
    ssize_t got = recv(request->socket, request->answer + request->answered, (size_t)missing, 0);
    if (got < 0 && would_block())
      return wait_for(request, POLLIN);
    if (got <= 0)
      return fail("the connection was closed", ret_error);
    request->answered += (size_t)got;
  }
  const char *why = missing < 0 ? ANSWER_IS_NONE : dialect->refusal(request->answer, request->answered);
  request->capture->alerted = why != NULL && dialect->question == PROBE_SUITES;
  if (why != NULL)
    return fail(why, ret_error);
  struct probe_answer *seen = &request->capture->answer;
  if (dialect->question == PROBE_SUITES)
    suites_chosen(request->answer, &seen->version, &seen->suite);
  else if (dialect->question != PROBE_HANDSHAKE)
    seen->version = dialect->question == PROBE_SSL3 ? SSL3_VERSION : SSL2_VERSION;
  if (dialect->question != PROBE_HANDSHAKE)
    return REQUEST_DONE;
  request->state = STATE_HANDSHAKE;
  return wait_for(request, POLLOUT);
}

static enum request_progress handshake(struct request *request, const char **ret_error) {
  ERR_clear_error();
  int value = SSL_do_handshake(request->ssl);
  if (value == 1)
    return REQUEST_DONE;
  int error = SSL_get_error(request->ssl, value);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
    return wait_for(request, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
  const char *reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  *ret_error = reason == NULL ? "the connection was closed" : reason;
  return REQUEST_NO_HANDSHAKE;
}

enum request_progress request_step(struct request *request, const char **ret_error) {
  switch (request->state) {
  case STATE_ASK:
    return ask(request, ret_error);
  case STATE_ANSWER:
    return answer(request, ret_error);
  default:
    return handshake(request, ret_error);
  }
}
