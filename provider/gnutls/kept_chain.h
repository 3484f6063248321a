/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * What servers showed whose sessions the program keeps. A session that is resumed shows nothing, in TLS 1.3
 * not even afterwards; and what a program brings from a file may be anybody's. So the certificates of allowed
 * connections are remembered, under the digest of the session's data, and only such a session is offered.
 */
#ifndef PIN_GNUTLS_KEPT_CHAIN_H
#define PIN_GNUTLS_KEPT_CHAIN_H

#include "path.h"

/* A copy of what a peer showed. */
struct kept_chain;

/* Remembers the evidence for a session; the oldest of many is forgotten. Any thread. */
void kept_chain_remember(const struct library *library, const void *session, size_t size,
                         const struct evidence *evidence);

/* A copy for kept_chain_free; NULL: nothing is remembered of that session, or no memory. Any thread. */
struct kept_chain *kept_chain_find(const struct library *library, const void *session, size_t size);

/* Lasts as long as the copy. */
struct evidence kept_chain_evidence(const struct kept_chain *kept);

/* Takes NULL. */
void kept_chain_free(struct kept_chain *kept);

#endif
