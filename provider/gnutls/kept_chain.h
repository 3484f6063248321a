/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Remembers what servers showed whose sessions the program stores. A resumed session shows nothing, in TLS
 * 1.3 not even afterwards, and a session that a program reads from a file may belong to any server. So the
 * certificates of allowed connections are remembered under the digest of the session's data, and only such a
 * session is offered.
 */
#ifndef PIN_GNUTLS_KEPT_CHAIN_H
#define PIN_GNUTLS_KEPT_CHAIN_H

#include "path.h"

/* A copy of what a peer showed. */
struct kept_chain;

/* Remembers a copy of the evidence for a session. If there are too many, the oldest is forgotten. Without
 * memory nothing is remembered. Any thread. */
void kept_chain_remember(const struct library *library, const void *session, size_t size,
                         const struct evidence *evidence);

/* A copy of what is remembered for the session, to be freed by kept_chain_free. NULL: nothing is
 * remembered, or no memory. Any thread. */
struct kept_chain *kept_chain_find(const struct library *library, const void *session, size_t size);

/* What the peer showed. Valid as long as the copy. */
struct evidence kept_chain_evidence(const struct kept_chain *kept);

/* kept: may be NULL. */
void kept_chain_free(struct kept_chain *kept);

#endif
