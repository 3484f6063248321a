/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/starttls.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include <openssl/asn1.h>
#include <openssl/err.h>

#include "base/memory.h"
#include "base/must_use.h"
#include "probe/old_ssl.h"

/* ---- LDAP: StartTLS (RFC 4511, 4.14) ---- */

/* An LDAPMessage with the ExtendedRequest StartTLS. */
#define LDAP_START_TLS_SIZE 31

/* A longer answer is an error. */
#define LDAP_MOST_BYTES 4096

#define MESSAGE_ID 1

/* RFC 4511: the application tag of an ExtendedResponse, and two result codes. */
#define EXTENDED_RESPONSE 24
#define RESULT_SUCCESS 0
#define RESULT_PROTOCOL_ERROR 2

static const unsigned char ldap_start_tls[LDAP_START_TLS_SIZE] = {
    0x30, 29,                  /* LDAPMessage */
    0x02, 1,   MESSAGE_ID,     /* messageID */
    0x77, 24,  0x80,       22, /* ExtendedRequest, its requestName */
    '1',  '.', '3',        '.', '6', '.', '1', '.', '4', '.', '1',
    '.',  '1', '4',        '6', '6', '.', '2', '0', '0', '3', '7'};

/* Active Directory writes every length in four bytes. */
#define MOST_LENGTH_BYTES 4

/*
 * How many bytes of the answer are still to be read, as far as the `have` bytes so far tell; 0: it is
 * complete; -1: it is not LDAP. Nothing behind the answer is read, since that must come encrypted.
 */
static int ldap_missing(const unsigned char *answer, size_t have) {
  if (have > 0 && answer[0] != (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED))
    return -1;
  if (have < 2)
    return (int)(2 - have);
  size_t length_bytes = (answer[1] & 0x80) != 0 ? answer[1] & 0x7fu : 0;
  if (length_bytes > MOST_LENGTH_BYTES)
    return -1;
  size_t head = 2 + length_bytes;
  if (have < head)
    return (int)(head - have);
  size_t length = length_bytes == 0 ? answer[1] : 0;
  for (size_t i = 0; i < length_bytes; i++)
    length = length << 8 | answer[2 + i];
  if (length == 0 || length > LDAP_MOST_BYTES - head)
    return -1;
  return (int)(head + length - have);
}

/* Moves to the content of an object with this tag. False: the tag is another one. */
static bool take(const unsigned char **at, const unsigned char *end, int tag, int tag_class,
                 long *ret_length) {
  int found_tag = 0;
  int found_class = 0;
  int flags = ASN1_get_object(at, ret_length, &found_tag, &found_class, end - *at);
  return (flags & 0x80) == 0 && found_tag == tag && found_class == tag_class;
}

/* The value of a number of one byte; -1: there is no such number. */
static int take_number(const unsigned char **at, const unsigned char *end, int tag) {
  long length = 0;
  if (!take(at, end, tag, V_ASN1_UNIVERSAL, &length) || length != 1)
    return -1;
  return *(*at)++;
}

/* NULL: the server begins TLS; else why not, static. answer: complete. */
static const char *ldap_refusal(const unsigned char *answer, size_t length) {
  const unsigned char *at = answer;
  const unsigned char *end = answer + length;
  long inner = 0;
  if (!take(&at, end, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, &inner) ||
      take_number(&at, end, V_ASN1_INTEGER) != MESSAGE_ID ||
      !take(&at, end, EXTENDED_RESPONSE, V_ASN1_APPLICATION, &inner))
    return "the answer to StartTLS is not valid LDAP";
  switch (take_number(&at, end, V_ASN1_ENUMERATED)) {
  case RESULT_SUCCESS:
    return NULL;
  case RESULT_PROTOCOL_ERROR:
    return "the LDAP server does not offer TLS";
  default:
    return "the LDAP server refuses StartTLS";
  }
}

/* ---- All protocols ---- */

#define ANSWER_IS_INVALID "the answer is not valid in this protocol"

enum state { STATE_ASK = 0, STATE_ANSWER, STATE_HANDSHAKE };

/* The messages in clear, before TLS. */
struct dialect {
  enum probe_question question;
  enum probe_protocol protocol;
  const unsigned char *message; /* static; NULL: each request makes its own */
  size_t length;
  /* How many bytes of the answer are still to be read; 0: it is complete; -1: it is invalid. */
  int (*missing)(const unsigned char *answer, size_t have);
  /* NULL: the server agrees; else why not, static. */
  const char *(*refusal)(const unsigned char *answer, size_t length);
};

struct request {
  const struct dialect *dialect;
  unsigned char *hello; /* owned; the message of this request; NULL: that of the dialect */
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
                          : "the answer to SSLRequest is not valid PostgreSQL";
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

/* Without OpenSSL's macro, whose cast makes compilers warn; the name is only copied. */
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

static enum request_progress send_message(struct request *request, const char **ret_error) {
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

/* Reads the answer and nothing behind it: the rest must come encrypted. */
static enum request_progress read_answer(struct request *request, const char **ret_error) {
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
  const char *why = missing < 0 ? ANSWER_IS_INVALID : dialect->refusal(request->answer, request->answered);
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
    return send_message(request, ret_error);
  case STATE_ANSWER:
    return read_answer(request, ret_error);
  default:
    return handshake(request, ret_error);
  }
}
