/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Which installed programs can be brought under enforcement, from their files alone. */
#ifndef PINCTL_SYSTEM_COVERAGE_H
#define PINCTL_SYSTEM_COVERAGE_H

#include <stdbool.h>

#include "base/must_use.h"
#include "system/known_program.h"
#include "system/tls_library.h"

enum coverage_class {
  COVERAGE_ENFORCEABLE, /* it needs the libssl of OpenSSL 3, or GnuTLS, or holds an OpenSSL that can be bound
                         */
  COVERAGE_MIXED,       /* the same, and a TLS library besides that pinning cannot act in */
  COVERAGE_AT_RUN_TIME, /* it is or holds an interpreter, whose modules decide besides what it needs */
  COVERAGE_UNREACHABLE, /* only TLS libraries that pinning cannot act in */
  COVERAGE_UNKNOWN,     /* not all of it could be looked at */
  COVERAGE_NO_TLS,
  COVERAGE_NO_PROGRAM, /* neither an ELF file nor a script with a known interpreter */
  COVERAGE_CLASSES
};

struct covered {
  enum coverage_class kind;
  enum program_note note;
  unsigned libraries;          /* of enum tls_library */
  bool by_configuration;       /* openssl.cnf reaches something in it */
  char *by[TLS_LIBRARY_COUNT]; /* for each library the file that brings it, or NULL */
  char *interpreter;           /* of a script, or NULL */
};

struct coverage;
struct coverage *coverage_new(void);
/* Takes NULL. */
void coverage_free(struct coverage *coverage);

/* False where the file cannot be read. Clear *ret_covered in any case.
 * Remembers the libraries it has read. */
MUST_USE bool coverage_look(struct coverage *coverage, const char *path, struct covered *ret_covered);
void covered_clear(struct covered *covered);

/* "enforceable", "at-run-time", ... */
const char *coverage_class_word(enum coverage_class kind);

#endif
