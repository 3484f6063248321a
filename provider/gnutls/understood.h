/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Checks a certificate for critical extensions that are not understood (RFC 5280, 4.2). */
#ifndef PIN_GNUTLS_UNDERSTOOD_H
#define PIN_GNUTLS_UNDERSTOOD_H

#include "library.h"

/* Whether OpenSSL knows each critical extension of the certificate. Both modules use OpenSSL's list, so
 * that they treat a certificate alike: GnuTLS itself knows fewer of them, and some others. */
bool is_understood(const struct library *library, gnutls_x509_crt_t certificate);

#endif
