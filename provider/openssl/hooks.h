/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Installs our callbacks in an OpenSSL. CRYPTO_get_ex_new_index(3) makes OpenSSL call us for every
 * X509_STORE_CTX, SSL_CTX and SSL of the process as it is created, whoever creates it. */
#ifndef PIN_HOOKS_H
#define PIN_HOOKS_H

#include "hook.h"

/*
 * Installs the hooks in the OpenSSL whose libcrypto contains `address`, the address of a function or object.
 * Further calls for the same OpenSSL do nothing. The hooks stay until the process ends. False: this OpenSSL
 * cannot be bound, or the process has more than MAX_HOOKS of them; the caller logs that. Any thread; errno is
 * kept.
 */
bool hooks_install(const void *address);

/* The same, and also keeps with each peer's certificate what a later check of a name needs (peer_chain.h). */
bool hooks_install_for_checks(const void *address);

/* The hook of the OpenSSL that this X509_check_host(3) belongs to; NULL: none. */
struct hook *hooks_find(const void *check_host);

#endif
