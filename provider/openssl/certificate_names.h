/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The names for which a certificate speaks. */
#ifndef PIN_CERTIFICATE_NAMES_H
#define PIN_CERTIFICATE_NAMES_H

#include "common/module.h"
#include "openssl.h"

/* A certificate with more names than this is not looked through. */
#define CERTIFICATE_NAMES_MAX 10000

/*
 * Visits every dNSName of subjectAltName, and where there is none every common name (RFC 6125, 6.4.4); of a
 * name with a NUL what stands before it. addresses: the iPAddresses too. False: there are more names than are
 * looked through, or no memory, or they cannot be read.
 */
bool certificate_names_visit(const struct libcrypto *crypto, X509 *certificate, bool addresses,
                             pinning_visit_name_fn *visit, void *arg);

#endif
