/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The processes that run now, and which of them are under enforcement. */
#ifndef PINCTL_PROCESSES_H
#define PINCTL_PROCESSES_H

#include <stddef.h>
#include <time.h>

enum process_class {
  PROCESS_ENFORCED,    /* pinning.so, or the shim that loads it at the first use of TLS, is mapped */
  PROCESS_OLD,         /* OpenSSL is, without pinning.so, and it started before the configuration changed */
  PROCESS_NOT_LOADED,  /* the same, but it started later: its OpenSSL reads another configuration, or none yet
                        */
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

/* changed: when the configuration came to be what it is. To be cleared. */
void processes_read(time_t changed, struct processes *ret_processes);
void processes_clear(struct processes *processes);

/* "enforced", "old-configuration", ... */
const char *process_class_word(enum process_class class);

/* The end of the line in the text of "status"; static. */
const char *process_class_meaning(enum process_class class);

#endif
