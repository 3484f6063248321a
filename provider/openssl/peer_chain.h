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

/* Whether it was kept that this is a client's certificate. */
bool peer_chain_is_client(struct hook *hook, const X509 *certificate);

/* The evidence of a certificate; where nothing was kept, it stands alone. Lasts as long as the certificate.
 */
struct evidence peer_chain_evidence(struct hook *hook, X509 *certificate);

#endif
