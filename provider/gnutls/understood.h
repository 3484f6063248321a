/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Whether a certificate says nothing that has to be understood and is not (RFC 5280, 4.2). */
#ifndef PIN_GNUTLS_UNDERSTOOD_H
#define PIN_GNUTLS_UNDERSTOOD_H

#include "library.h"

/*
 * Whether each of its critical extensions is one that OpenSSL knows, so that one certificate is the same to
 * both modules: GnuTLS itself knows fewer of them, and some others.
 */
bool is_understood(const struct library *library, gnutls_x509_crt_t certificate);

#endif
