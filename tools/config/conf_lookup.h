/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What an OpenSSL configuration says about providers, as far as pinning is concerned. */
#ifndef PINCTL_CONFIG_CONF_LOOKUP_H
#define PINCTL_CONFIG_CONF_LOOKUP_H

#include <stdbool.h>

#include <openssl/conf.h>

/* Reads a text by OpenSSL's own parser, includes and all. For NCONF_free, or NULL with the reason in *ret_why
 * (for free(3)). */
CONF *openssl_text_parse(const char *text, char **ret_why);

/* A setting of a section (NULL: the default one); NULL where there is none. */
const char *openssl_text_setting(const CONF *conf, const char *section, const char *name);

/* The settings at which programs start to read: nearly all, and nodejs, which reads nothing else then. */
#define OPENSSL_START "openssl_conf"
#define NODEJS_START "nodejs_conf"

/* The texts belong to the configuration. */
struct openssl_found {
  const char *start;          /* the section that is named to start with; NULL: none */
  const char *providers;      /* the (first) section of providers; NULL: none */
  const char *pinning;        /* the section of pinning, of several the first active one; NULL: not named */
  const char *fallback;       /* the section of default; NULL: not named */
  bool any_named, any_active; /* `activate` is there; it is not "0" or the like */
  bool pinning_active, fallback_active;
};

/* start: one of the settings above. */
struct openssl_found openssl_look(const CONF *conf, const char *start);

/*
 * OpenSSL's own parser does not tell where something stands: where lines written by hand activate the
 * provider pinning: "file:line" of its section, which may be in a file that this one includes, or the file
 * alone where it is not found. For free(3); NULL: nothing activates it. text: of the file `path`.
 */
char *conf_place_of_pinning(const char *path, const char *text);

#endif
