/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Which installed programs can be brought under enforcement, from their files alone. */
#ifndef PINCTL_SYSTEM_COVERAGE_H
#define PINCTL_SYSTEM_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "system/known_program.h"

enum coverage_class {
  COVERAGE_ENFORCEABLE, /* it needs the libssl of OpenSSL 3, or GnuTLS, or holds an OpenSSL that can be bound
                         */
  COVERAGE_MIXED,       /* the same, and a TLS library besides that pinning cannot act in */
  COVERAGE_AT_RUN_TIME, /* the TLS library of a module, a plug-in or a helper decides, if there is any */
  COVERAGE_UNREACHABLE, /* only TLS libraries that pinning cannot act in */
  COVERAGE_NO_TLS,
  COVERAGE_NO_PROGRAM, /* neither an ELF file nor a script with a known interpreter */
  COVERAGE_CLASSES
};

struct covered {
  enum coverage_class kind;
  enum program_note note;
  unsigned libraries;    /* of enum tls_library */
  bool by_configuration; /* openssl.cnf reaches something in it */
  char *interpreter;     /* of a script, or NULL */
};

struct coverage;
struct coverage *coverage_new(void);
/* Takes NULL. */
void coverage_free(struct coverage *coverage);

/* False where the file cannot be read. Clear *ret_covered in any case. Remembers the libraries it has read.
 */
bool coverage_look(struct coverage *coverage, const char *path, struct covered *ret_covered);
void covered_clear(struct covered *covered);

/* "enforceable", "at-run-time", ... */
const char *coverage_class_word(enum coverage_class kind);

#endif
