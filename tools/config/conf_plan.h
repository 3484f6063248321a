/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What has to be added to an OpenSSL configuration so that it activates pinning, and nothing else changes. */
#ifndef PINCTL_CONFIG_CONF_PLAN_H
#define PINCTL_CONFIG_CONF_PLAN_H

#include <stdbool.h>

/* The settings of the provider's section; NULL: not set. */
struct openssl_settings {
  const char *module; /* a whole path, see module_path_for_all */
  const char *policy;
  const char *on_policy_error; /* "refuse" or "allow" */
  bool default_is_active;      /* it was seen to be, without these settings */
  bool nodejs_has_default;     /* the same, for what nodejs reads */
  bool default_is_unknown;     /* nobody could look: the configuration of an image */
};

struct openssl_plan {
  bool by_hand;       /* somebody has activated it already; nothing is to be added */
  bool nodejs_shares; /* the lines of `body` act on nodejs too */
  char *body;         /* the lines to add; NULL: nothing, or it cannot be done */
  char *nodejs;       /* and those that only nodejs needs; NULL: none */
  char *why;          /* why it cannot be done; NULL: it can */
  char *nodejs_why;   /* why only nodejs cannot be reached; NULL: it can, or is already */
};

/*
 * Reads a configuration (text, "" for a missing one) as OpenSSL does, with its includes. The lines to add
 * only open sections and add settings; a provider `default` that is active only because no other is becomes
 * explicit. To be cleared.
 */
void openssl_plan_make(const char *text, const struct openssl_settings *settings,
                       struct openssl_plan *ret_plan);
/* All lines to add, for free(3). The plan has to have some. */
char *openssl_plan_lines(const struct openssl_plan *plan);
void openssl_plan_clear(struct openssl_plan *plan);

/*
 * Whether new_text says to OpenSSL exactly what old_text and then `added` say, section by section; of what
 * old_text says only an `activate` may be overruled. Returns NULL, or what differs (for free(3)).
 */
char *openssl_difference(const char *old_text, const char *added, const char *new_text);

/* "NAME = VALUE" as a line of openssl.cnf, without its end; for free(3). */
char *openssl_setting_line(const char *name, const char *value);

/* A setting of pinning's section of a configuration; for free(3). NULL: not set, or no such configuration. */
char *openssl_setting(const char *text, const char *name);

#endif
