/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* An OpenSSL configuration given as text, read by OpenSSL's own parser, includes and all. */
#ifndef PINCTL_CONFIG_CONF_TEXT_H
#define PINCTL_CONFIG_CONF_TEXT_H

#include <openssl/conf.h>

/* For NCONF_free, or NULL with the reason in *ret_why (for free(3)). */
CONF *openssl_text_parse(const char *text, char **ret_why);

/* The settings of a section, or one of them (section NULL: the default one); NULL where there is none. */
STACK_OF(CONF_VALUE) * openssl_text_section(const CONF *conf, const char *section);
const char *openssl_text_setting(const CONF *conf, const char *section, const char *name);

#endif
