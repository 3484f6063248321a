/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Tests whether a server accepts SSL 3, SSL 2, and suites that today's OpenSSL lacks: by a ClientHello of our
 * own and the first bytes of the answer.
 */
#ifndef PINCTL_PROBE_OLD_SSL_H
#define PINCTL_PROBE_OLD_SSL_H

#include "base/must_use.h"

#include <stddef.h>
#include <stdint.h>

#define SSL3_HELLO_SIZE 138
#define SSL2_HELLO_SIZE 51

extern const unsigned char ssl3_hello[SSL3_HELLO_SIZE], ssl2_hello[SSL2_HELLO_SIZE];

/* How many bytes of the answer are still to be read; 0: none. */
int ssl3_missing(const unsigned char *answer, size_t have);
int ssl2_missing(const unsigned char *answer, size_t have);

/* NULL: the server accepts this version; else why not, static. */
MUST_USE const char *ssl3_refusal(const unsigned char *answer, size_t length);
MUST_USE const char *ssl2_refusal(const unsigned char *answer, size_t length);

/* A ClientHello of TLS 1.2 with these suites. host NULL: without SNI. For free(3). */
unsigned char *suites_hello(const char *host, const uint16_t *suites, size_t count, size_t *ret_length);
int suites_missing(const unsigned char *answer, size_t have);
MUST_USE const char *suites_refusal(const unsigned char *answer, size_t length);
/* The choice in an answer that is no refusal. */
void suites_chosen(const unsigned char *answer, uint16_t *ret_version, uint16_t *ret_suite);

#endif
