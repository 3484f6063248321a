/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads the OpenSSL configuration of this system: what its files say, and what OpenSSL makes of it. */
#ifndef PINCTL_CONFIG_CONF_STATE_H
#define PINCTL_CONFIG_CONF_STATE_H

#include <stdbool.h>
#include <stddef.h>

/* A nodejs with its own OpenSSL looks for modules elsewhere, and ignores those that it does not find. */
enum nodejs_reach {
  NODEJS_NOT_REACHED,
  NODEJS_OF_SYSTEM, /* only a nodejs with the system's OpenSSL: the module has no absolute path */
  NODEJS_REACHED,
};

struct openssl_state {
  /* From the file. */
  char *configuration;   /* owned; the path */
  char *unreadable;      /* owned; why it cannot be read; NULL: it can */
  bool named;            /* some providers section names pinning */
  bool activated;        /* and its section has `activate` */
  char *policy;          /* owned; a setting of that section; NULL: not set */
  char *on_policy_error; /* likewise */
  char *module;          /* owned; the file that would be loaded */
  bool module_present;
  bool module_by_path;      /* the setting has an absolute path, so OPENSSL_MODULES has no effect */
  enum nodejs_reach nodejs; /* whether nodejs gets pinning */

  /* From OpenSSL, in a process of its own. */
  bool tried;  /* the child process gave an answer */
  bool active; /* the provider pinning is active */
  bool hooked; /* and found the functions that it needs */
  bool default_active;
  bool has_digests; /* some provider has SHA2-256, without which there is no TLS */
  char *version;    /* owned; of the provider; NULL: not active */
  char *generation; /* owned; of the provider's policy; NULL: not active */
  char *load_error; /* owned; why pinning is not active; NULL: it is, or no reason is known */
};

/* Reads the file of OPENSSL_CONF, or the default one. To be cleared. */
void openssl_state_read(struct openssl_state *ret_state);
void openssl_state_clear(struct openssl_state *state);

#endif
