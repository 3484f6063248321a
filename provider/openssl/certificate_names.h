/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Reads the host names and addresses out of a certificate. */
#ifndef PIN_CERTIFICATE_NAMES_H
#define PIN_CERTIFICATE_NAMES_H

#include "common/module.h"
#include "openssl.h"

/* A certificate with more names than this is not read. */
#define CERTIFICATE_NAMES_MAX 10000

/*
 * Calls visit for every dNSName of subjectAltName. If there is none, calls it for every common name (RFC
 * 6125, 6.4.4). A name that contains a NUL is cut there. addresses: also visit the iPAddresses. visit may end
 * the walk by returning false. Returns false if the certificate has too many names, its names cannot be read,
 * or memory runs out; visit may have been called by then.
 */
bool certificate_names_visit(const struct libcrypto *crypto, X509 *certificate, bool addresses,
                             pinning_visit_name_fn *visit, void *arg);

#endif
