/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads what an OpenSSL configuration says about the provider pinning. */
#ifndef PINCTL_CONFIG_CONF_LOOKUP_H
#define PINCTL_CONFIG_CONF_LOOKUP_H

#include <stdbool.h>

#include <openssl/conf.h>

/* The first error in OpenSSL's queue, "reason: data", for free(3); "unknown error" if it has no reason. NULL:
 * the queue is empty. */
char *openssl_error_text(void);

/* Reads a text with OpenSSL's own parser, with its includes. For NCONF_free; NULL, with the reason in
 * *ret_why (for free(3)). */
CONF *openssl_text_parse(const char *text, char **ret_why);

/* A setting of a section (NULL: the default one); NULL: it is not set. */
const char *openssl_text_setting(const CONF *conf, const char *section, const char *name);

/* The settings at which programs start to read: OPENSSL_START for nearly all, NODEJS_START for nodejs only.
 */
#define OPENSSL_START "openssl_conf"
#define NODEJS_START "nodejs_conf"

/* The texts belong to the configuration. */
struct openssl_found {
  const char *start;          /* the first section to read; NULL: none */
  const char *providers;      /* the (first) section of providers; NULL: none */
  const char *pinning;        /* the section of pinning, the first active one of several; NULL: not named */
  const char *fallback;       /* the section of the provider "default"; NULL: not named */
  bool any_named, any_active; /* some provider has `activate`; with a value that activates */
  bool pinning_active, fallback_active;
};

/* Looks for the providers. start: one of the settings above. */
struct openssl_found openssl_look(const CONF *conf, const char *start);

/*
 * Where lines written by hand activate the provider pinning, since OpenSSL's parser does not tell:
 * "file:line" of its section, maybe in an included file, or the file alone if the line is not found. For
 * free(3); NULL: nothing activates it. text: of the file `path`.
 */
char *conf_place_of_pinning(const char *path, const char *text);

#endif
