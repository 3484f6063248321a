/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Plans the lines that make an OpenSSL configuration activate pinning, and change nothing else. */
#ifndef PINCTL_CONFIG_CONF_PLAN_H
#define PINCTL_CONFIG_CONF_PLAN_H

#include <stdbool.h>

/* The settings of the provider's section; NULL: not set. */
struct openssl_settings {
  const char *module; /* an absolute path, see module_path_for_all */
  const char *policy;
  const char *on_policy_error; /* "refuse" or "allow" */
  bool default_is_active;      /* a test found it active without these settings */
  bool nodejs_has_default;     /* the same, for nodejs */
  bool default_is_unknown;     /* no test was possible: the configuration of an image */
};

struct openssl_plan {
  bool by_hand;       /* it was activated by hand; nothing is to be added */
  bool nodejs_shares; /* the lines of `body` affect nodejs too */
  char *body;         /* owned; the lines to add; NULL: none, or it is not possible */
  char *nodejs;       /* owned; further lines that only nodejs needs; NULL: none */
  char *why;          /* owned; why it is not possible; NULL: it is */
  char *nodejs_why;   /* owned; why nodejs cannot be reached; NULL: it can, or is already */
};

/*
 * Reads a configuration as OpenSSL does, with its includes, and plans the lines. They only open sections and
 * add settings; a provider "default" that is active only because no other is gets activated. text: "" for a
 * missing file. To be cleared.
 */
void openssl_plan_make(const char *text, const struct openssl_settings *settings,
                       struct openssl_plan *ret_plan);
/* All lines to add, for free(3). plan->body must not be NULL. */
char *openssl_plan_lines(const struct openssl_plan *plan);
void openssl_plan_clear(struct openssl_plan *plan);

/*
 * Checks that new_text means to OpenSSL exactly what old_text and then `added` mean, section by section; only
 * an `activate` of old_text may be replaced. Returns NULL, or what differs (for free(3)).
 */
char *openssl_difference(const char *old_text, const char *added, const char *new_text);

/* "NAME = VALUE" as a line of openssl.cnf, without the newline; for free(3). */
char *openssl_setting_line(const char *name, const char *value);

/* A setting in the section of pinning; for free(3). NULL: not set, or there is no such section. */
char *openssl_setting(const char *text, const char *name);

#endif
