/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "openssl_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/conf.h>
#include <openssl/err.h>

#include "memory.h"
#include "openssl_text.h"

#define PROVIDER "pinning"
#define SECTION "pinning_sect"
#define NEW_START "pinning_init"
#define NEW_PROVIDERS "pinning_providers"
#define NEW_DEFAULT "pinning_default"

/* What a configuration says about providers; the texts belong to it. */
struct found {
  const char *start;          /* the section that openssl_conf names; NULL: none */
  const char *providers;      /* the (first) section of providers; NULL: none */
  const char *pinning;        /* the section of pinning; NULL: not named */
  const char *fallback;       /* the section of default; NULL: not named */
  bool any_named, any_active; /* `activate` is there; it is not "0" or the like */
  bool pinning_active, fallback_active;
};

/* OpenSSL takes "providers.2" for "providers" too: what follows the last dot only tells lines apart. */
static bool is_providers(const char *name) {
  const char *dot = strrchr(name, '.');
  size_t length = dot == NULL ? strlen(name) : (size_t)(dot - name);
  return length == strlen("providers") && strncmp(name, "providers", length) == 0;
}

/* Up to 3.1 the mere presence of `activate` activates, whatever its value; since then these do not. */
static bool is_denial(const char *value) {
  static const char *const words[] = {"0", "no", "off", "false"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcasecmp(value, words[i]) == 0)
      return true;
  return false;
}

static void look_at_provider(const CONF *conf, const CONF_VALUE *value, struct found *found) {
  const char *identity = openssl_text_setting(conf, value->value, "identity");
  const char *activate = openssl_text_setting(conf, value->value, "activate");
  const char *name = identity == NULL ? value->name : identity;
  bool active = activate != NULL && !is_denial(activate);
  found->any_named |= activate != NULL;
  found->any_active |= active;
  if (strcmp(name, PROVIDER) == 0) {
    found->pinning = value->value;
    found->pinning_active |= active;
  } else if (strcmp(name, "default") == 0) {
    found->fallback = value->value;
    found->fallback_active |= active;
  }
}

static void look_at_providers(const CONF *conf, const char *section, struct found *found) {
  STACK_OF(CONF_VALUE) *values = openssl_text_section(conf, section);
  if (found->providers == NULL)
    found->providers = section;
  for (int i = 0; i < sk_CONF_VALUE_num(values); i++)
    look_at_provider(conf, sk_CONF_VALUE_value(values, i), found);
}

static struct found look(const CONF *conf) {
  struct found found = {.start = openssl_text_setting(conf, NULL, "openssl_conf")};
  STACK_OF(CONF_VALUE) *values = found.start == NULL ? NULL : openssl_text_section(conf, found.start);
  for (int i = 0; i < sk_CONF_VALUE_num(values); i++) {
    const CONF_VALUE *value = sk_CONF_VALUE_value(values, i);
    if (is_providers(value->name))
      look_at_providers(conf, value->value, &found);
  }
  return found;
}

/* Everything that could mean something to OpenSSL's parser goes behind a backslash. */
static void write_setting(FILE *out, const char *name, const char *value) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@%:,=~";
  if (value == NULL)
    return;
  fprintf(out, "%s = ", name);
  for (; *value != '\0'; value++)
    fprintf(out, "%s%c", (*value & 0x80) != 0 || strchr(plain, *value) != NULL ? "" : "\\", *value);
  fputc('\n', out);
}

static void write_way_to_providers(FILE *out, const struct found *found) {
  const char *start = found->start == NULL ? NEW_START : found->start;
  if (found->start == NULL)
    fprintf(out, "[default]\nopenssl_conf = " NEW_START "\n");
  if (found->providers == NULL)
    fprintf(out, "[%s]\nproviders = " NEW_PROVIDERS "\n", start);
}

/*
 * Any activated provider ends the implicit loading of default, so where it was implicit it is activated. An
 * activated one may be missing (soft_load): what was seen counts more than what is written.
 */
static bool needs_default(const struct found *found, const struct openssl_settings *settings) {
  bool others = settings->default_is_unknown ? found->any_active : found->any_named;
  return !found->fallback_active && (settings->default_is_active || !others);
}

/* In the section of providers. */
static void name_providers(FILE *out, const struct found *found, bool add_default) {
  bool name_default = add_default && found->fallback == NULL;
  if (name_default || found->pinning == NULL)
    fprintf(out, "[%s]\n", found->providers == NULL ? NEW_PROVIDERS : found->providers);
  if (name_default)
    fputs("default = " NEW_DEFAULT "\n", out);
  if (found->pinning == NULL)
    fputs(PROVIDER " = " SECTION "\n", out);
}

static char *write_body(const struct found *found, const struct openssl_settings *settings) {
  char *body = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&body, &length);
  if (out == NULL)
    return must_copy("");
  bool add_default = needs_default(found, settings);
  write_way_to_providers(out, found);
  name_providers(out, found, add_default);
  if (add_default)
    fprintf(out, "[%s]\nactivate = 1\n", found->fallback == NULL ? NEW_DEFAULT : found->fallback);
  fprintf(out, "[%s]\n", found->pinning == NULL ? SECTION : found->pinning);
  write_setting(out, "module", settings->module);
  fputs("activate = 1\n", out);
  write_setting(out, "policy", settings->policy);
  write_setting(out, "on_policy_error", settings->on_policy_error);
  fclose(out);
  return body;
}

static void plan(const CONF *conf, const struct openssl_settings *settings, struct openssl_plan *plan) {
  struct found found = look(conf);
  if (found.start != NULL && *found.start == '\0')
    plan->why = must_copy("openssl_conf is set to nothing; remove that line, or name a section");
  else if (found.providers != NULL && *found.providers == '\0')
    plan->why = must_copy("providers is set to nothing; remove that line, or name a section");
  else if (found.pinning_active)
    plan->by_hand = true;
  else
    plan->body = write_body(&found, settings);
}

void openssl_plan_make(const char *text, const struct openssl_settings *settings,
                       struct openssl_plan *ret_plan) {
  *ret_plan = (struct openssl_plan){0};
  CONF *conf = openssl_text_parse(text, &ret_plan->why);
  if (conf != NULL)
    plan(conf, settings, ret_plan);
  NCONF_free(conf);
  ERR_clear_error();
}

void openssl_plan_clear(struct openssl_plan *plan) {
  free(plan->body);
  free(plan->why);
  *plan = (struct openssl_plan){0};
}

char *openssl_setting(const char *text, const char *name) {
  AUTO_TEXT why = NULL;
  CONF *conf = openssl_text_parse(text, &why);
  struct found found = {0};
  if (conf != NULL)
    found = look(conf);
  const char *value = found.pinning == NULL ? NULL : openssl_text_setting(conf, found.pinning, name);
  char *copy = value == NULL ? NULL : must_copy(value);
  NCONF_free(conf);
  ERR_clear_error();
  return copy;
}
