/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The OpenSSL configuration of this system, as its files say it and as OpenSSL itself takes it. */
#ifndef PINCTL_CONFIG_CONF_STATE_H
#define PINCTL_CONFIG_CONF_STATE_H

#include <stdbool.h>
#include <stddef.h>

/* A nodejs with OpenSSL linked in looks for modules elsewhere, and goes on without those it does not find. */
enum nodejs_reach {
  NODEJS_NOT_REACHED,
  NODEJS_OF_SYSTEM, /* only one that uses the system's OpenSSL: the whole path of the module is not given */
  NODEJS_REACHED,
};

struct openssl_state {
  /* From the file. */
  char *configuration; /* its path */
  char *unreadable;    /* why it cannot be read; NULL: it can */
  bool named;          /* some providers section names pinning */
  bool activated;      /* and its section has `activate` */
  char *policy;        /* the settings of that section; NULL: not set */
  char *on_policy_error;
  char *module; /* the file that would be loaded */
  bool module_present;
  bool module_by_path;      /* named by a whole path, so that OPENSSL_MODULES does not matter */
  enum nodejs_reach nodejs; /* where what nodejs reads activates pinning as well */

  /* From OpenSSL, in a process of its own. */
  bool tried;  /* it came back with an answer */
  bool active; /* the provider pinning is */
  bool hooked; /* and it found the functions it needs */
  bool default_active;
  bool has_digests; /* some provider has SHA2-256, without which there is no TLS */
  char *version;    /* of the provider; NULL: not active */
  char *generation; /* of the policy it has; NULL: not active */
  char *load_error; /* what OpenSSL said while loading the configuration; NULL: nothing */
};

/* Looks at OPENSSL_CONF or the default configuration. To be cleared. */
void openssl_state_read(struct openssl_state *ret_state);
void openssl_state_clear(struct openssl_state *state);

#endif
