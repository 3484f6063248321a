/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Tells which hosts a certificate is for. */
#ifndef PINCTL_KEYS_CERTIFICATE_NAMES_H
#define PINCTL_KEYS_CERTIFICATE_NAMES_H

#include <stdbool.h>

#include <openssl/x509.h>

/* Whether a client that asks for this name or address accepts the certificate. */
bool certificate_is_for(X509 *certificate, const char *host);

/*
 * Whether the certificate is for some host that an entry with this canonical name covers, possibly a
 * wildcard. True for a certificate without names.
 */
bool certificate_fits_entry(X509 *certificate, const char *name, bool include_subdomains);

/* The names and addresses of a certificate, or else its common name: "a.example, b.example and 3 more"; ""
 * if there are none. For free(3). */
char *certificate_names_text(X509 *certificate);

#endif
