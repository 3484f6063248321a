/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The processes that run now, and which of them are under enforcement. */
#ifndef PINCTL_SYSTEM_PROCESSES_H
#define PINCTL_SYSTEM_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum process_class {
  PROCESS_ENFORCED, /* pinning.so, or the shim that loads it at the first use of TLS, is mapped */
  PROCESS_LACKING,  /* the same, but its OpenSSL lacks a function: it refuses every connection */
  PROCESS_PARTLY,   /* its OpenSSL is enforced, its GnuTLS is not: that needs the shim, or is bound past it */
  PROCESS_OLD, /* OpenSSL or GnuTLS is, without pinning.so, and it started before the configuration changed */
  PROCESS_NOT_LOADED,  /* the same, but a restart would not help: it started later, and its OpenSSL reads
                          another configuration, or none yet; or it has another root directory */
  PROCESS_UNREACHABLE, /* only libraries are in it that pinning cannot act in */
  PROCESS_UNKNOWN,     /* its maps may not be read, or are larger than what is read of one process */
  PROCESS_NO_TLS,
  PROCESS_CLASSES
};

/* Why pinning is not in a process that OpenSSL or GnuTLS is in, as far as can be told. */
enum process_reason {
  REASON_NONE,
  REASON_OTHER_ROOT,          /* a container: what is installed and configured here means nothing there */
  REASON_FOREIGN,             /* another architecture, which needs a module of its own */
  REASON_OTHER_CONFIGURATION, /* OPENSSL_CONF leads to another file */
  REASON_OTHER_MODULES,       /* OPENSSL_MODULES leads away from a module that is named without a path */
  REASON_POSTFIX,             /* started by a program that gives those it starts an environment of its own */
  REASON_DOVECOT,
  REASON_CLEARED,
  REASON_SHIM_ONLY,    /* GnuTLS reads no configuration that could name pinning */
  REASON_BOUND_DEEPLY, /* the shim is there, and GnuTLS came with a module that is bound past it */
  REASON_NOT_READ      /* it does not read openssl.cnf, or has not used TLS yet */
};

struct process {
  int pid;
  char *name; /* of its program */
  char *program;
  enum process_class kind;
  enum process_reason reason;
  const char *lacks;  /* the function that its OpenSSL lacks, static; NULL: none */
  unsigned libraries; /* of enum tls_library */
  bool by_shim;       /* what is enforced in it is enforced by the shim, else by openssl.cnf */
  unsigned enforced;  /* those of the libraries that are enforced */
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
  bool by_path;              /* it names the module by a whole path */
};

/* To be cleared. */
void processes_read(const struct process_loading *loading, struct processes *ret_processes);
void processes_clear(struct processes *processes);

/* "other-modules", ...; NULL for none. Static. */
const char *process_reason_word(enum process_reason reason);

/* What it means and what helps, as a sentence without its end; NULL for none. Static. */
const char *process_reason_text(enum process_reason reason);

/* "enforced", "old-configuration", ... */
const char *process_class_word(enum process_class kind);

/* The end of the line in the text of "status"; static. */
const char *process_class_meaning(enum process_class kind);

#endif
