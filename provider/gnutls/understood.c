/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "understood.h"

#include <string.h>

/* A certificate with more extensions counts as not understood: reading each one walks over those before
 * it. */
#define MAX_EXTENSIONS 256
/* GnuTLS' own limit. */
#define OID_SIZE 128

/* The extensions of X509_supported_extension(3). */
static const char *const known[] = {
    "2.5.29.15",             /* key usage */
    "2.5.29.17",             /* alternative names */
    "2.5.29.19",             /* basic constraints */
    "2.5.29.30",             /* name constraints */
    "2.5.29.31",             /* where its revocation lists are */
    "2.5.29.32",             /* policies */
    "2.5.29.33",             /* policies that are equal */
    "2.5.29.36",             /* policies that are needed */
    "2.5.29.37",             /* extended key usage */
    "2.5.29.54",             /* any policy no more */
    "1.3.6.1.5.5.7.1.7",     /* blocks of addresses (RFC 3779) */
    "1.3.6.1.5.5.7.1.8",     /* autonomous systems (RFC 3779) */
    "1.3.6.1.5.5.7.1.14",    /* proxy certificates (RFC 3820) */
    "1.3.6.1.5.5.7.48.1.5",  /* no OCSP for this one (RFC 6960) */
    "2.16.840.1.113730.1.1", /* Netscape's type */
};

static bool is_known(const char *oid) {
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strcmp(known[i], oid) == 0)
      return true;
  }
  return false;
}

bool is_understood(const struct library *library, gnutls_x509_crt_t certificate) {
  for (unsigned i = 0; i < MAX_EXTENSIONS; i++) {
    char oid[OID_SIZE] = "";
    size_t size = sizeof oid;
    unsigned critical = 0;
    int result = library->gnutls_x509_crt_get_extension_info(certificate, i, oid, &size, &critical);

    if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
      return true;
    if (result < 0 || (critical != 0 && !is_known(oid)))
      return false;
  }
  return false;
}
