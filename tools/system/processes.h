/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Finds which of the running processes are under enforcement. */
#ifndef PINCTL_SYSTEM_PROCESSES_H
#define PINCTL_SYSTEM_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum process_class {
  PROCESS_ENFORCED, /* pinning.so is mapped, or the shim, which loads it at the first use of TLS */
  PROCESS_LACKING,  /* the same, but its OpenSSL lacks a function: it refuses every connection */
  PROCESS_PARTLY,   /* its OpenSSL is enforced, its GnuTLS is not: that needs the shim, or is bound past it */
  PROCESS_OLD, /* OpenSSL or GnuTLS is, without pinning.so, and it started before the configuration changed */
  PROCESS_NOT_LOADED,  /* the same, but a restart would not help: it started later, and its OpenSSL reads
                          another configuration, or none yet; or it has another root directory */
  PROCESS_UNREACHABLE, /* it has only TLS libraries in which pinning does not work */
  PROCESS_UNKNOWN,     /* its maps cannot be read, or exceed the limit */
  PROCESS_NO_TLS,
  PROCESS_CLASSES
};

/* Why a process with OpenSSL or GnuTLS has no pinning, as far as can be found. */
enum process_reason {
  REASON_NONE,
  REASON_OTHER_ROOT,          /* e.g. a container: files here have no effect there */
  REASON_FOREIGN,             /* another architecture, which needs its own module */
  REASON_OTHER_CONFIGURATION, /* OPENSSL_CONF names another file */
  REASON_OTHER_MODULES,       /* OPENSSL_MODULES hides a module that is named without a path */
  REASON_POSTFIX,             /* Postfix clears the environment of the processes that it starts */
  REASON_DOVECOT,             /* so does Dovecot */
  REASON_CLEARED,             /* so does another program that started it */
  REASON_SHIM_ONLY,           /* it has GnuTLS, which only the shim reaches */
  REASON_BOUND_DEEPLY,        /* it has the shim, but a module binds GnuTLS past it */
  REASON_NOT_READ             /* it does not read openssl.cnf, or has not used TLS yet */
};

struct process {
  int pid;
  char *name;    /* owned; the last part of `program` */
  char *program; /* owned; path */
  enum process_class kind;
  enum process_reason reason;
  const char *lacks;  /* static; the function that its OpenSSL lacks; NULL: none */
  unsigned libraries; /* of enum tls_library */
  bool by_shim;       /* pinning came by the shim; false: by openssl.cnf */
  unsigned enforced;  /* those of the libraries that are enforced */
};

struct processes {
  struct process *items; /* owned; by pid; those without TLS or unknown are only counted */
  size_t count;
  size_t counts[PROCESS_CLASSES];
};

/* How programs that start now get pinning.so. */
struct process_loading {
  const char *configuration; /* real path of openssl.cnf */
  time_t configured;         /* when that file was changed; 0: it does not name pinning */
  time_t preloaded;          /* the same for ld.so.preload */
  bool by_path;              /* openssl.cnf has the whole path of the module */
};

/* To be cleared. */
void processes_read(const struct process_loading *loading, struct processes *ret_processes);
void processes_clear(struct processes *processes);

/* "other-modules", ...; NULL for none. Static. */
const char *process_reason_word(enum process_reason reason);

/* What the reason means and what helps: a sentence without a full stop; NULL for none. Static. */
const char *process_reason_text(enum process_reason reason);

/* "enforced", "old-configuration", ... */
const char *process_class_word(enum process_class kind);

/* The words for "status": "under enforcement", ... Static. */
const char *process_class_meaning(enum process_class kind);

#endif
