/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Which hosts a certificate is for. */
#ifndef PINCTL_KEYS_CERTIFICATE_NAMES_H
#define PINCTL_KEYS_CERTIFICATE_NAMES_H

#include <stdbool.h>

#include <openssl/x509.h>

/* Whether a client that asks for this name or address accepts the certificate for it. */
bool certificate_is_for(X509 *certificate, const char *host);

/*
 * Whether it is for some host that an entry of this (canonical) name covers, also where that is a wildcard.
 * True of a certificate without names.
 */
bool certificate_fits_entry(X509 *certificate, const char *name, bool include_subdomains);

/* Its names and addresses, else its common name: "a.example, b.example and 3 more"; "" for none.
 * For free(3). */
char *certificate_names_text(X509 *certificate);

#endif
