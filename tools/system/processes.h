/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The processes that run now, and which of them are under enforcement. */
#ifndef PINCTL_SYSTEM_PROCESSES_H
#define PINCTL_SYSTEM_PROCESSES_H

#include <stddef.h>
#include <time.h>

enum process_class {
  PROCESS_ENFORCED,    /* pinning.so, or the shim that loads it at the first use of TLS, is mapped */
  PROCESS_OLD,         /* OpenSSL is, without pinning.so, and it started before the configuration changed */
  PROCESS_NOT_LOADED,  /* the same, but a restart would not help: it started later, and its OpenSSL reads
                          another configuration, or none yet; or it has another root directory */
  PROCESS_UNREACHABLE, /* only libraries are in it that pinning cannot act in */
  PROCESS_UNKNOWN,     /* its maps may not be read */
  PROCESS_NO_TLS,
  PROCESS_CLASSES
};

struct process {
  int pid;
  char *name; /* of its program */
  char *program;
  enum process_class class;
  unsigned libraries; /* of enum tls_library */
};

struct processes {
  struct process *items; /* by pid; those without TLS are only counted */
  size_t count;
  size_t counts[PROCESS_CLASSES];
};

/* What loads pinning.so into programs that start now. */
struct process_loading {
  const char *configuration; /* the real path of openssl.cnf */
  time_t configured;         /* when that came to be what it is; 0: it does not name pinning */
  time_t preloaded;          /* the same of ld.so.preload */
};

/* To be cleared. */
void processes_read(const struct process_loading *loading, struct processes *ret_processes);
void processes_clear(struct processes *processes);

/* "enforced", "old-configuration", ... */
const char *process_class_word(enum process_class class);

/* The end of the line in the text of "status"; static. */
const char *process_class_meaning(enum process_class class);

#endif
