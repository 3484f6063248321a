/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * What a connection's verification found, kept with its peer's certificate: a program that gives OpenSSL no
 * name may ask afterwards whether the certificate is for one (checked_name.h). Only under the preload shim,
 * which sees that question.
 */
#ifndef PIN_PEER_CHAIN_H
#define PIN_PEER_CHAIN_H

#include "hook.h"
#include "path.h"

/* Makes room for it in every certificate. Once is enough, from any thread. */
void peer_chain_install(struct hook *hook);

/*
 * Keeps what proves the path of a peer's certificate: a chain that begins with it, or else, on sent, what
 * came along. Does nothing without peer_chain_install or without memory. For a certificate that no other
 * thread has yet.
 */
void peer_chain_keep(struct hook *hook, X509 *peer, const struct evidence *evidence);

/* The same for the certificate of a client, as its server sees it. */
void peer_chain_keep_client(struct hook *hook, X509 *client);

/* Whether anything of this is done: under the shim. */
bool peer_chain_is_kept(struct hook *hook);

/*
 * A certificate that came out of a stored session: keeps the path that the session does (kept_path.h), for as
 * long as the certificate is there. Any thread. False: it is not kept, for want of memory, or since there is
 * no place: there are 512, of which each certificate can take one of 16.
 */
bool peer_chain_keep_from_session(struct hook *hook, const X509 *peer, const unsigned char *path,
                                  size_t size);
/* That path; NULL: there is none. Lasts as long as the certificate. */
const unsigned char *peer_chain_from_session(struct hook *hook, const X509 *certificate, size_t *ret_size);

/* Whether more is known of it than its own key. */
bool peer_chain_is_known(struct hook *hook, const X509 *certificate);

/* Whether it was kept that this is a client's certificate. */
bool peer_chain_is_client(struct hook *hook, const X509 *certificate);

/* The evidence of a certificate; where nothing was kept, it stands alone.
 * Lasts as long as the certificate. */
struct evidence peer_chain_evidence(struct hook *hook, X509 *certificate);

#endif
