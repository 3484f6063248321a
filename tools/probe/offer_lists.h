/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Lists for a ClientHello. OpenSSL's macros for them take text that is not const,
 * though nobody writes to it. */
#ifndef PINCTL_PROBE_OFFER_LISTS_H
#define PINCTL_PROBE_OFFER_LISTS_H

#include "base/must_use.h"

#include <stdbool.h>

#include <openssl/ssl.h>

/* As of SSL_CTX_set1_groups_list(3) and SSL_CTX_set1_sigalgs_list(3): whether OpenSSL knows all that is
 * listed. */
MUST_USE bool offer_groups(SSL_CTX *context, const char *list);
MUST_USE bool offer_signatures(SSL_CTX *context, const char *list);

#endif
