/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Reads cases of certificate verification as run.py writes them: a keyword and a value on each line, and a
 * PEM block after each keyword that announces one.
 *
 *   case ID            begins a case
 *   for server|client  the peer's role
 *   time SECONDS       since 1970
 *   depth NUMBER       optional
 *   host|ip|email NAME a name that the peer must have; at most one
 *   trusted, untrusted, peer, crl, each followed by PEM
 *   end                ends it
 */
#ifndef IDENTITY_CASE_FILE_H
#define IDENTITY_CASE_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include <openssl/x509_vfy.h>

struct verify_case {
  char *id;
  const char *purpose; /* a name for X509_STORE_CTX_set_default */
  X509_STORE *store;
  STACK_OF(X509) * untrusted;
  X509 *peer; /* NULL: none that OpenSSL can read */
  X509_VERIFY_PARAM *param;
  bool unusable; /* OpenSSL cannot read a certificate or a name of it */
};

enum case_status { CASE_READ, CASE_END_OF_FILE, CASE_MALFORMED };

/* Clear *ret_case with case_clear, whatever is returned. */
enum case_status case_read(FILE *file, struct verify_case *ret_case);
void case_clear(struct verify_case *test);

#endif
