/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What an OpenSSL configuration says about providers, as far as pinning is concerned. */
#ifndef PINCTL_CONFIG_CONF_LOOKUP_H
#define PINCTL_CONFIG_CONF_LOOKUP_H

#include <stdbool.h>

#include <openssl/conf.h>

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

#endif
