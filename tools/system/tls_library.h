/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The TLS libraries of programs, by file name. */
#ifndef PINCTL_SYSTEM_TLS_LIBRARY_H
#define PINCTL_SYSTEM_TLS_LIBRARY_H

#include <json-c/json.h>

/* Bits of a set. */
enum tls_library {
  TLS_OPENSSL = 1,     /* libssl of OpenSSL 3 or later */
  TLS_OLD_OPENSSL = 2, /* libssl of an OpenSSL without providers */
  TLS_OWN_OPENSSL = 4, /* built into the program */
  TLS_GNUTLS = 8,
  TLS_NSS = 16,
  TLS_GO = 32,
  TLS_JAVA = 64,
  TLS_OTHER = 128 /* mbed TLS, wolfSSL, rustls-ffi */
};

/* The library with this file name, or 0. " (deleted)" behind the name is ignored. */
unsigned tls_library_of(const char *name);

/* "openssl, gnutls"; "" for none. For free(3). */
char *tls_libraries_text(unsigned libraries);
/* An array of their words. */
json_object *tls_libraries_json(unsigned libraries);

/* The word for one bit. */
const char *tls_library_word(enum tls_library library);
#define TLS_LIBRARY_COUNT 8

#endif
