/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What a program that uses OpenSSL would meet under a configuration that is not in place yet: tried in a new
 * process, which OpenSSL itself configures at its start, as in any other program.
 */
#ifndef PINCTL_CONFIG_CONFIG_TRIAL_H
#define PINCTL_CONFIG_CONFIG_TRIAL_H

#include <stdbool.h>

#include "base/memory.h"

/* The name, argv[0], under which pinctl is such a process. */
#define TRIAL_NAME "pinctl-trial"
/* It leaves with this where the configuration may only dislike the kind of key that it was told to use. */
#define TRIAL_OTHER_KEY 2

struct trial {
  const char *configuration; /* the text of openssl.cnf */
  bool nodejs;               /* read it as nodejs does, and demand what nodejs demands */
  const char *preload;       /* a library for LD_PRELOAD, or NULL */
  bool handshakes;           /* also connect to a server of its own: pinned, swapped and not covered */
};

/* Kinds of keys, the most likely first: a configuration may demand stronger ones, or RSA. */
#define TRIAL_KEYS 4

/*
 * Returns true when everything went as it should, with the names of the active providers; both are to be
 * cleared or freed in any case. *ret_why: what went wrong, or NULL, so that the result may be passed over.
 * Does not wait longer than 30 seconds.
 */
bool trial_run(const struct trial *trial, struct text_list *ret_providers, char **ret_why);

/* The other side. Returns its exit status. */
int trial_main(int argc, char **argv);

#endif
