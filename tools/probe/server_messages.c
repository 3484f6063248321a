/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/server_messages.h"

#include <stdbool.h>

/* Numbers of IANA's registry of TLS extensions. */
#define EXTENSION_SUPPORTED_VERSIONS 43
#define EXTENSION_KEY_SHARE 51
#define EXTENSION_RENEGOTIATION_INFO 0xff01

/* ECCurveType of a curve that is named (RFC 8422, 5.4). */
#define NAMED_CURVE 3

/* The bytes that are left to read. Once something was missing, all later reads fail. */
struct bytes {
  const unsigned char *at;
  size_t left;
  bool good;
};

static const unsigned char *take(struct bytes *bytes, size_t count) {
  const unsigned char *at = bytes->at;
  if (!bytes->good || bytes->left < count) {
    bytes->good = false;
    return NULL;
  }
  bytes->at += count;
  bytes->left -= count;
  return at;
}

static unsigned number(struct bytes *bytes, size_t size) {
  const unsigned char *at = take(bytes, size);
  unsigned value = 0;
  for (size_t i = 0; at != NULL && i < size; i++)
    value = value << 8 | at[i];
  return value;
}

/* The bytes that follow their own length. */
static struct bytes counted(struct bytes *bytes, size_t size_of_length) {
  size_t length = number(bytes, size_of_length);
  const unsigned char *at = take(bytes, length);
  return (struct bytes){.at = at, .left = at == NULL ? 0 : length, .good = bytes->good};
}

static void read_extensions(struct bytes extensions, struct probe_answer *answer) {
  while (extensions.good && extensions.left > 0) {
    unsigned type = number(&extensions, 2);
    struct bytes body = counted(&extensions, 2);
    if (!extensions.good)
      return;
    if (type == EXTENSION_SUPPORTED_VERSIONS)
      answer->version = (uint16_t)number(&body, 2);
    else if (type == EXTENSION_KEY_SHARE)
      answer->group = (uint16_t)number(&body, 2);
    else if (type == EXTENSION_RENEGOTIATION_INFO)
      answer->renegotiation_info = true;
  }
}

static void read_hello(struct bytes body, struct probe_answer *answer) {
  struct probe_answer read = {.version = (uint16_t)number(&body, 2)};
  (void)take(&body, 32);
  (void)counted(&body, 1);
  read.suite = (uint16_t)number(&body, 2);
  read.compressed = number(&body, 1) != 0;
  if (!body.good)
    return;
  if (body.left > 0)
    read_extensions(counted(&body, 2), &read);
  *answer = read;
}

static void read_signature(struct bytes body, struct probe_answer *answer) {
  unsigned algorithm = number(&body, 2);
  if (body.good && answer->version >= TLS1_2_VERSION)
    answer->signature = (uint16_t)algorithm;
}

static int bits_of(struct bytes prime) {
  while (prime.left > 0 && *prime.at == 0)
    (void)take(&prime, 1);
  int bits = (int)prime.left * 8;
  for (int top = prime.left > 0 ? 0x80 : 0; top != 0 && (*prime.at & top) == 0; top >>= 1)
    bits--;
  return bits;
}

/* The suite alone determines the form of this message. */
static void read_key_exchange(struct bytes body, SSL *ssl, struct probe_answer *answer) {
  const unsigned char number_of_suite[2] = {(unsigned char)(answer->suite >> 8),
                                            (unsigned char)(answer->suite & 0xff)};
  const SSL_CIPHER *suite = ssl == NULL ? NULL : SSL_CIPHER_find(ssl, number_of_suite);
  int exchange = suite == NULL ? NID_undef : SSL_CIPHER_get_kx_nid(suite);
  if (exchange == NID_kx_ecdhe && number(&body, 1) == NAMED_CURVE) {
    answer->group = (uint16_t)number(&body, 2);
    (void)counted(&body, 1);
  } else if (exchange == NID_kx_dhe) {
    struct bytes prime = counted(&body, 2);
    (void)counted(&body, 2);
    (void)counted(&body, 2);
    answer->dh_bits = body.good ? bits_of(prime) : 0;
  } else {
    return;
  }
  if (body.good && SSL_CIPHER_get_auth_nid(suite) != NID_auth_null)
    read_signature(body, answer);
}

void server_message_read(const unsigned char *message, size_t length, SSL *ssl, struct probe_answer *answer) {
  struct bytes bytes = {.at = message, .left = length, .good = true};
  unsigned type = number(&bytes, 1);
  struct bytes body = counted(&bytes, 3);
  if (!body.good)
    return;
  if (type == SSL3_MT_SERVER_HELLO)
    read_hello(body, answer);
  else if (type == SSL3_MT_SERVER_KEY_EXCHANGE)
    read_key_exchange(body, ssl, answer);
  else if (type == SSL3_MT_CERTIFICATE_VERIFY)
    read_signature(body, answer);
}
