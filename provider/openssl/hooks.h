/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Where OpenSSL is made to ask us. CRYPTO_get_ex_new_index(3) callbacks see every X509_STORE_CTX, SSL_CTX and
 * SSL of the process as it is set up, whoever creates it.
 */
#ifndef PIN_HOOKS_H
#define PIN_HOOKS_H

#include "hook.h"

/*
 * Puts the hooks into the OpenSSL that holds `address`, a function or object of its libcrypto. Once is
 * enough, and any further call does nothing; they stay until the process ends. False: that OpenSSL cannot be
 * bound, or there are more of them than anybody has; the caller says so in the log.
 */
bool hooks_install(const void *address);

/* The same, and keeps with each peer's certificate what a name that is checked later needs (peer_chain.h). */
bool hooks_install_for_checks(const void *address);

/* The hook in the OpenSSL whose X509_check_host(3) this is; NULL: there is none. */
struct hook *hooks_find(const void *check_host);

#endif
