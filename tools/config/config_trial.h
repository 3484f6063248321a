/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Tests a configuration before it is in place: in a new process, which OpenSSL configures at its start as it
 * does any program.
 */
#ifndef PINCTL_CONFIG_CONFIG_TRIAL_H
#define PINCTL_CONFIG_CONFIG_TRIAL_H

#include <stdbool.h>

#include "base/memory.h"

/* The argv[0] with which pinctl runs as such a process. */
#define TRIAL_NAME "pinctl-trial"
/* Its exit status if the configuration may only refuse the kind of key: try another one. */
#define TRIAL_OTHER_KEY 2

struct trial {
  const char *configuration; /* the text of openssl.cnf */
  bool nodejs;               /* start as nodejs does, which fails on any error */
  const char *preload;       /* a library for LD_PRELOAD, or NULL */
  bool handshakes; /* also connect to a local server: with a pinned key, a wrong key, and no entry */
};

/* Kinds of keys, the most likely first: a configuration may require stronger ones, or RSA. */
#define TRIAL_KEYS 4

/*
 * Runs a trial, for 30 seconds for each kind of key at the most. True: all went well. *ret_providers: the
 * names of the active providers, to be cleared in any case. *ret_why: what went wrong, for free(3); NULL:
 * nothing did.
 */
bool trial_run(const struct trial *trial, struct text_list *ret_providers, char **ret_why);

/* The main function of the process. Returns its exit status. */
int trial_main(int argc, char **argv);

#endif
