/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The two messages with which TLS begins in LDAP (RFC 4511, 4.14). */
#ifndef PINCTL_PROBE_LDAP_H
#define PINCTL_PROBE_LDAP_H

#include "base/must_use.h"

#include <stdbool.h>
#include <stddef.h>

/* An LDAPMessage with an ExtendedRequest of StartTLS. */
#define LDAP_START_TLS_SIZE 31
extern const unsigned char ldap_start_tls[LDAP_START_TLS_SIZE];

/* A longer answer is none. */
#define LDAP_MOST_BYTES 4096

/*
 * How many bytes of the answer are still to be read, as far as the `have` bytes read so far tell; 0: it is
 * complete; -1: it is no LDAP. So nothing behind it is read, which has to come encrypted.
 */
int ldap_missing(const unsigned char *answer, size_t have);

/* NULL: the server begins with TLS; else why it does not, static. answer: complete. */
MUST_USE const char *ldap_refusal(const unsigned char *answer, size_t length);

#endif
