/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Keeps, with the peer's certificate, what its verification found. A program that gives OpenSSL no name may
 * ask after the handshake whether the certificate is for a name (checked_name.h), and the policy is asked
 * then. Only under the preload shim, which sees that question.
 */
#ifndef PIN_PEER_CHAIN_H
#define PIN_PEER_CHAIN_H

#include "hook.h"
#include "path.h"

/* Asks for the index under which certificates hold our data. Further calls do nothing. Any thread. On
 * failure nothing is ever kept. */
void peer_chain_install(struct hook *hook);

/*
 * Keeps what proves the path of a peer's certificate: a chain that begins with the certificate, or else the
 * certificates that were sent with it. Does nothing before peer_chain_install, or without memory. The
 * certificate must not be in use by another thread yet (openssl-internals V12).
 */
void peer_chain_keep(struct hook *hook, X509 *peer, const struct evidence *evidence);

/* Keeps with a client's certificate, seen by its server, that it is a client's. The same conditions hold. */
void peer_chain_keep_client(struct hook *hook, X509 *client);

/* Whether anything is kept: only under the shim. */
bool peer_chain_is_kept(struct hook *hook);

/*
 * For a certificate out of a stored session: copies the path that the session keeps (kept_path.h), for as
 * long as the certificate lives. Does nothing if more is known already. Any thread. False: not copied,
 * because memory or places ran out. There are 512 places, and each certificate can use only 16 of them.
 */
bool peer_chain_keep_from_session(struct hook *hook, const X509 *peer, const unsigned char *path,
                                  size_t size);
/* That path, `*ret_size` bytes, valid as long as the certificate; NULL, with a size of 0: there is none. */
const unsigned char *peer_chain_from_session(struct hook *hook, const X509 *certificate, size_t *ret_size);

/* Whether anything was kept with the certificate. */
bool peer_chain_is_known(struct hook *hook, const X509 *certificate);

/* Whether the certificate is known to be a client's. */
bool peer_chain_is_client(struct hook *hook, const X509 *certificate);

/* The evidence for a certificate; if nothing was kept, the certificate alone. Valid as long as the
 * certificate. */
struct evidence peer_chain_evidence(struct hook *hook, X509 *certificate);

#endif
