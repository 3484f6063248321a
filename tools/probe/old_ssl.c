/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/old_ssl.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

#define REFUSED "the server refuses this version"

/* No secret is needed: no handshake goes beyond the first answer. */
#define RANDOM_16                                                                                            \
  0x70, 0x69, 0x6e, 0x63, 0x74, 0x6c, 0x20, 0x73, 0x63, 0x61, 0x6e, 0x20, 0x6f, 0x6c, 0x64, 0x20

/*
 * RFC 6101, 5.2.1 and 5.6.1.2: all suites of SSL 3, those with AES, Camellia, SEED and ECDHE that servers
 * later allowed in it, and the signalling suite of RFC 5746.
 */
const unsigned char ssl3_hello[SSL3_HELLO_SIZE] = {
    0x16, 0x03, 0x00,      0,         133, /* handshake, SSL 3, its length */
    0x01, 0,    0,         129,            /* ClientHello, its length */
    0x03, 0x00, RANDOM_16, RANDOM_16, 0,   /* version, random, no session */
    0,    90,                              /* suites, in bytes */
    0,    0x01, 0,         0x02,      0,    0x03, 0,    0x04, 0, 0x05, 0, 0x06, 0,    0x07, 0,    0x08,
    0,    0x09, 0,         0x0a,      0,    0x0b, 0,    0x0c, 0, 0x0d, 0, 0x0e, 0,    0x0f, 0,    0x10,
    0,    0x11, 0,         0x12,      0,    0x13, 0,    0x14, 0, 0x15, 0, 0x16, 0,    0x17, 0,    0x18,
    0,    0x19, 0,         0x1a,      0,    0x1b, 0,    0x2f, 0, 0x32, 0, 0x33, 0,    0x34, 0,    0x35,
    0,    0x38, 0,         0x39,      0,    0x3a, 0,    0x41, 0, 0x84, 0, 0x96, 0xc0, 0x07, 0xc0, 0x0a,
    0xc0, 0x11, 0xc0,      0x12,      0xc0, 0x13, 0xc0, 0x14, 0, 0xff, 1, 0 /* no compression */
};

/* "The SSL Protocol", draft 02 of 1995, CLIENT-HELLO: all its ciphers. */
const unsigned char ssl2_hello[SSL2_HELLO_SIZE] = {
    0x80,     49, 0x01, 0x00, 0x02, 0,    24,   0, 0,    0,    16, /* its length, version, three lengths */
    0x01,     0,  0x80, 0x02, 0,    0x80, 0x03, 0, 0x80, 0x04, 0,
    0x80, /* RC4, RC2 */
    0x05,     0,  0x80, 0x06, 0,    0x40, 0x07, 0, 0xc0, 0x08, 0,
    0x80, /* IDEA, DES, 3DES, RC4 with 64 bits */
    RANDOM_16};

/* Size of a record's header, and of the message's type, length and version. */
#define SSL3_ANSWER 11

int ssl3_missing(const unsigned char *answer, size_t have) {
  size_t wanted = have > 0 && answer[0] != 0x16 ? 1 : SSL3_ANSWER;
  return have >= wanted ? 0 : (int)(wanted - have);
}

const char *ssl3_refusal(const unsigned char *answer, size_t length) {
  bool accepted = length >= SSL3_ANSWER && answer[0] == 0x16 && answer[1] == 3 && answer[5] == 2 &&
                  answer[9] == 3 && answer[10] == 0;
  return accepted ? NULL : REFUSED;
}

/* Size of length, type, session, certificate type, version, and the lengths of certificate and cipher list.
 */
#define SSL2_ANSWER 11

int ssl2_missing(const unsigned char *answer, size_t have) {
  size_t wanted = have > 0 && (answer[0] & 0x80) == 0 ? 1 : have > 2 && answer[2] != 4 ? 3 : SSL2_ANSWER;
  return have >= wanted ? 0 : (int)(wanted - have);
}

/* A server that knows SSL 2 but none of its ciphers accepts no handshake. */
const char *ssl2_refusal(const unsigned char *answer, size_t length) {
  bool accepted = length >= SSL2_ANSWER && (answer[0] & 0x80) != 0 && answer[2] == 4 && answer[5] == 0 &&
                  answer[6] == 2 && (answer[9] != 0 || answer[10] != 0);
  return accepted ? NULL : REFUSED;
}

/* ---- Suites ---- */

/* A message that is being written, in network byte order. */
struct writer {
  unsigned char *bytes;
  size_t length;
};

static void put(struct writer *writer, const unsigned char *bytes, size_t length) {
  writer->bytes = must_grow(writer->bytes, writer->length + length, 1);
  memcpy(writer->bytes + writer->length, bytes, length);
  writer->length += length;
}

static void put_number(struct writer *writer, size_t number) {
  const unsigned char bytes[2] = {(unsigned char)(number >> 8), (unsigned char)(number & 0xff)};
  put(writer, bytes, sizeof bytes);
}

/* Writes the length of all bytes from `start` on into the two bytes before. */
static void end_list(struct writer *writer, size_t start) {
  size_t length = writer->length - start;
  writer->bytes[start - 2] = (unsigned char)(length >> 8);
  writer->bytes[start - 1] = (unsigned char)(length & 0xff);
}

/* RFC 6066, 3. */
static void put_server_name(struct writer *writer, const char *host) {
  size_t length = strlen(host);
  const unsigned char is_host = 0;
  put_number(writer, 0);
  put_number(writer, length + 5);
  put_number(writer, length + 3);
  put(writer, &is_host, 1);
  put_number(writer, length);
  put(writer, (const unsigned char *)host, length);
}

/* RFC 8422, 5.1, and RFC 5246, 7.4.1.4.1: curves and signatures that servers with such suites have. */
static const unsigned char other_extensions[] = {
    0, 10, 0, 8,  0, 6,  0, 23, 0, 24, 0, 25,                                    /* P-256, P-384, P-521 */
    0, 11, 0, 2,  1, 0,                                                          /* uncompressed points */
    0, 13, 0, 20, 0, 18, 4, 1,  5, 1,  6, 1,  2, 1, 4, 3, 5, 3, 6, 3, 2, 3, 2, 2 /* RSA, ECDSA, DSA */
};

unsigned char *suites_hello(const char *host, const uint16_t *suites, size_t count, size_t *ret_length) {
  static const unsigned char head[] = {0x16, 0x03, 0x01, 0,    0,         0x01,      0,
                                       0,    0,    0x03, 0x03, RANDOM_16, RANDOM_16, 0};
  static const unsigned char no_compression[] = {1, 0};
  struct writer writer = {0};
  put(&writer, head, sizeof head);
  put_number(&writer, 2 * count + 2);
  for (size_t i = 0; i < count; i++)
    put_number(&writer, suites[i]);
  put_number(&writer, 0x00ff); /* the signalling suite of RFC 5746 */
  put(&writer, no_compression, sizeof no_compression);
  put_number(&writer, 0);
  size_t extensions = writer.length;
  if (host != NULL)
    put_server_name(&writer, host);
  put(&writer, other_extensions, sizeof other_extensions);
  end_list(&writer, extensions);
  end_list(&writer, 5);
  end_list(&writer, 9);
  *ret_length = writer.length;
  return writer.bytes;
}

/* Offset of the length of the session ID: behind the headers of record and message, version and random. */
#define SUITES_SESSION 43

#define ALERT_SIZE 7

/* Size of a leading warning that the server does not know the name (RFC 6066, 3); the answer follows it. 0:
 * there is none. */
static size_t warning_size(const unsigned char *answer, size_t have) {
  static const unsigned char unrecognized_name[] = {0, 2, 1, 112};
  bool is_one = have >= ALERT_SIZE && answer[0] == 0x15 &&
                memcmp(answer + 3, unrecognized_name, sizeof unrecognized_name) == 0;
  return is_one ? ALERT_SIZE : 0;
}

int suites_missing(const unsigned char *answer, size_t have) {
  size_t before = warning_size(answer, have);
  answer += before;
  have -= before;
  size_t wanted = SUITES_SESSION + 1;
  if (have > 0 && answer[0] != 0x16)
    wanted = answer[0] == 0x15 && before == 0 ? ALERT_SIZE : 1;
  else if (have > SUITES_SESSION)
    wanted += (size_t)answer[SUITES_SESSION] + 2;
  return have >= wanted ? 0 : (int)(wanted - have);
}

const char *suites_refusal(const unsigned char *answer, size_t length) {
  size_t before = warning_size(answer, length);
  answer += before;
  length -= before;
  bool accepted = length > SUITES_SESSION && answer[0] == 0x16 && answer[1] == 3 && answer[5] == 2 &&
                  answer[9] == 3 && answer[10] >= 1 && answer[10] <= 3 && answer[SUITES_SESSION] <= 32;
  return accepted ? NULL : "the server refuses these suites";
}

void suites_chosen(const unsigned char *answer, uint16_t *ret_version, uint16_t *ret_suite) {
  answer += warning_size(answer, ALERT_SIZE);
  const unsigned char *suite = answer + SUITES_SESSION + 1 + answer[SUITES_SESSION];
  *ret_version = (uint16_t)(answer[9] << 8 | answer[10]);
  *ret_suite = (uint16_t)(suite[0] << 8 | suite[1]);
}
