/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Cases of certificate verification, as run.py writes them: a keyword and a value on each line, and a PEM
 * block after each keyword that stands for one.
 *
 *   case ID            begins a case
 *   for server|client  what the peer wants to be
 *   time SECONDS       since 1970
 *   depth NUMBER       optional
 *   host|ip|email NAME that the peer must have; at most one
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
  const char *purpose; /* as X509_STORE_CTX_set_default wants it */
  X509_STORE *store;
  STACK_OF(X509) * untrusted;
  X509 *peer; /* NULL: none that OpenSSL can read */
  X509_VERIFY_PARAM *param;
  bool unusable; /* OpenSSL cannot read a certificate or a name of it */
};

enum case_status { CASE_READ, CASE_END_OF_FILE, CASE_MALFORMED };

/* *ret_case is to be cleared with case_clear whatever is returned. */
enum case_status case_read(FILE *file, struct verify_case *ret_case);
void case_clear(struct verify_case *test);

#endif
