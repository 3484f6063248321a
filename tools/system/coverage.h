/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Classifies installed programs, from their files: can pins be enforced in them? */
#ifndef PINCTL_SYSTEM_COVERAGE_H
#define PINCTL_SYSTEM_COVERAGE_H

#include <stdbool.h>

#include "base/must_use.h"
#include "system/known_program.h"
#include "system/tls_library.h"

enum coverage_class {
  COVERAGE_ENFORCEABLE, /* it uses the libssl of OpenSSL 3, GnuTLS, or an own OpenSSL that can be bound */
  COVERAGE_MIXED,       /* the same, and a TLS library in which pinning does not work */
  COVERAGE_AT_RUN_TIME, /* it is or has an interpreter, so its modules decide too */
  COVERAGE_UNREACHABLE, /* it uses only TLS libraries in which pinning does not work */
  COVERAGE_UNKNOWN,     /* not all of it could be read */
  COVERAGE_NO_TLS,
  COVERAGE_NO_PROGRAM, /* neither an ELF file nor a script with a known interpreter */
  COVERAGE_CLASSES
};

struct covered {
  enum coverage_class kind;
  enum program_note note;
  unsigned libraries;          /* of enum tls_library */
  bool by_configuration;       /* openssl.cnf reaches some TLS in it */
  char *by[TLS_LIBRARY_COUNT]; /* owned; for each library the file that brings it; NULL: not used */
  char *interpreter;           /* owned; of a script; NULL: not a script */
};

struct coverage;
struct coverage *coverage_new(void);
/* Takes NULL. */
void coverage_free(struct coverage *coverage);

/* Classifies a program. False: the file cannot be read. *ret_covered is to be cleared in any case. Remembers
 * the files that it has read. */
MUST_USE bool coverage_look(struct coverage *coverage, const char *path, struct covered *ret_covered);
void covered_clear(struct covered *covered);

/* "enforceable", "at-run-time", ... */
const char *coverage_class_word(enum coverage_class kind);

#endif
