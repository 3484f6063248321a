/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "config/conf_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/conf.h>
#include <openssl/err.h>

#include "base/memory.h"
#include "config/conf_lookup.h"

#define PROVIDER "pinning"

/* The names of new sections, and the lines that lead to the first one. */
struct names {
  const char *start, *providers, *fallback, *pinning;
  const char *way;
  const char *way_with_dollars; /* the same where "$" is a part of names */
};

#define OPENSSL_WAY "[default]\n" OPENSSL_START " = pinning_init\n"

/*
 * nodejs 14 and 16 have OpenSSL 1.1.1, which has no providers, and would not start. OpenSSL 1.1.1 also
 * ignores the pragma, so for it the name is a variable, which leads to an empty section. The pragma also
 * affects a file that includes this one, so it is set back.
 */
#define NODEJS_WAY                                                                                           \
  "[default]\n"                                                                                              \
  "pinning_nodejs = pinning_nodejs_none\n"                                                                   \
  ".pragma = dollarid:true\n" NODEJS_START " = $pinning_nodejs\n"
#define NODEJS_NONE "[pinning_nodejs_none]\n"

static const struct names openssl_names = {.start = "pinning_init",
                                           .providers = "pinning_providers",
                                           .fallback = "pinning_default",
                                           .pinning = "pinning_sect",
                                           .way = OPENSSL_WAY,
                                           .way_with_dollars = OPENSSL_WAY};
static const struct names nodejs_names = {.start = "\\$pinning_nodejs",
                                          .providers = "pinning_nodejs_providers",
                                          .fallback = "pinning_nodejs_default",
                                          .pinning = "pinning_nodejs_sect",
                                          .way = NODEJS_WAY ".pragma = dollarid:false\n" NODEJS_NONE,
                                          .way_with_dollars = NODEJS_WAY NODEJS_NONE};

/* The addition for programs that start to read at one setting. */
struct addition {
  const struct names *names;
  const struct openssl_found *found;
  bool fallback; /* name and activate default */
  bool dollars;  /* "$" is a part of names */
};

/* Characters that may be special for OpenSSL's parser get a backslash. */
char *openssl_setting_line(const char *name, const char *value) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@%:,=~";
  char *escaped = must_alloc(2 * strlen(value) + 1, 1);
  char *to = escaped;
  for (; *value != '\0'; value++) {
    if ((*value & 0x80) == 0 && strchr(plain, *value) == NULL)
      *to++ = '\\';
    *to++ = *value;
  }
  char *line = must_format("%s = %s", name, escaped);
  free(escaped);
  return line;
}

static void write_setting(FILE *out, const char *name, const char *value) {
  AUTO_TEXT line = value == NULL ? NULL : openssl_setting_line(name, value);
  if (line != NULL)
    fprintf(out, "%s\n", line);
}

static void write_way_to_providers(FILE *out, const struct addition *addition) {
  const struct names *names = addition->names;
  const char *start = addition->found->start;
  if (start == NULL)
    fputs(addition->dollars ? names->way_with_dollars : names->way, out);
  if (addition->found->providers == NULL)
    fprintf(out, "[%s]\nproviders = %s\n", start == NULL ? names->start : start, names->providers);
}

/*
 * Any activated provider ends the implicit loading of "default", so if it was implicit it has to be
 * activated. An activated provider may be missing (soft_load), so the test counts more than the text.
 */
static bool needs_default(const struct openssl_found *found, bool was_seen, bool is_unknown) {
  bool others = is_unknown ? found->any_active : found->any_named;
  return !found->fallback_active && (was_seen || !others);
}

/* Names the providers in their section. */
static void name_providers(FILE *out, const struct addition *addition) {
  const struct openssl_found *found = addition->found;
  bool name_default = addition->fallback && found->fallback == NULL;
  if (name_default || found->pinning == NULL)
    fprintf(out, "[%s]\n", found->providers == NULL ? addition->names->providers : found->providers);
  if (name_default)
    fprintf(out, "default = %s\n", addition->names->fallback);
  if (found->pinning == NULL)
    fprintf(out, PROVIDER " = %s\n", addition->names->pinning);
}

static void activate_default(FILE *out, const struct addition *addition) {
  const char *section = addition->found->fallback;
  if (addition->fallback)
    fprintf(out, "[%s]\nactivate = 1\n", section == NULL ? addition->names->fallback : section);
}

static void activate_pinning(FILE *out, const struct addition *addition,
                             const struct openssl_settings *settings) {
  const char *section = addition->found->pinning;
  fprintf(out, "[%s]\n", section == NULL ? addition->names->pinning : section);
  write_setting(out, "module", settings->module);
  fputs("activate = 1\n", out);
  write_setting(out, "policy", settings->policy);
  write_setting(out, "on_policy_error", settings->on_policy_error);
}

static bool is_same(const char *a, const char *b) {
  return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* other: an addition that is written too; its lines are not repeated. NULL: none. */
static char *write_addition(const struct addition *addition, const struct addition *other,
                            const struct openssl_settings *settings) {
  char *body = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&body, &length);
  if (out == NULL)
    return must_copy("");
  write_way_to_providers(out, addition);
  name_providers(out, addition);
  if (other == NULL || !other->fallback || !is_same(addition->found->fallback, other->found->fallback))
    activate_default(out, addition);
  if (other == NULL || !is_same(addition->found->pinning, other->found->pinning))
    activate_pinning(out, addition, settings);
  fclose(out);
  return body;
}

static char *why_not(const struct openssl_found *found, const char *setting) {
  const char *empty = NULL;
  if (found->start != NULL && *found->start == '\0')
    empty = setting;
  else if (found->providers != NULL && *found->providers == '\0')
    empty = "providers";
  return empty == NULL ? NULL : must_format("%s is empty; remove that line, or name a section", empty);
}

/* Whether both read the same list of providers, or will: then no second one is needed. */
static bool has_same_list(const struct openssl_found *found, const struct openssl_found *of_nodejs) {
  const char *start = found->start == NULL ? openssl_names.start : found->start;
  const char *providers = found->providers == NULL ? openssl_names.providers : found->providers;
  return is_same(start, of_nodejs->start) || is_same(providers, of_nodejs->providers);
}

/* Whether ".pragma = dollarid:true" is in effect at the end: else this names an undefined variable. */
static bool ends_with_dollars(const char *text) {
  AUTO_TEXT trial_text = must_format("%s\n[pinning_probe]\nname = $pinning_probe\n", text);
  AUTO_TEXT why = NULL;
  CONF *conf = openssl_text_parse(trial_text, &why);
  NCONF_free(conf);
  return conf != NULL;
}

static void plan(const CONF *conf, const char *text, const struct openssl_settings *settings,
                 struct openssl_plan *plan) {
  struct openssl_found found = openssl_look(conf, OPENSSL_START);
  struct openssl_found of_nodejs = openssl_look(conf, NODEJS_START);
  plan->why = why_not(&found, OPENSSL_START);
  plan->by_hand = plan->why == NULL && found.pinning_active;
  if (plan->by_hand && !of_nodejs.pinning_active)
    plan->nodejs_why =
        must_copy("the provider was activated by hand, and " NODEJS_START " does not lead to it");
  if (plan->why != NULL || plan->by_hand)
    return;
  bool same_list = has_same_list(&found, &of_nodejs);
  plan->nodejs_shares = same_list || is_same(found.pinning, of_nodejs.pinning);
  bool unknown = settings->default_is_unknown;
  struct addition nodejs = {.names = &nodejs_names,
                            .found = &of_nodejs,
                            .fallback = needs_default(&of_nodejs, settings->nodejs_has_default, unknown),
                            .dollars = ends_with_dollars(text)};
  struct addition most = {.names = &openssl_names,
                          .found = &found,
                          .fallback = needs_default(&found, settings->default_is_active, unknown)};
  plan->body = write_addition(&most, NULL, settings);
  plan->nodejs_why = why_not(&of_nodejs, NODEJS_START);
  if (plan->nodejs_why == NULL && !same_list && !of_nodejs.pinning_active)
    plan->nodejs = write_addition(&nodejs, &most, settings);
}

void openssl_plan_make(const char *text, const struct openssl_settings *settings,
                       struct openssl_plan *ret_plan) {
  *ret_plan = (struct openssl_plan){0};
  CONF *conf = openssl_text_parse(text, &ret_plan->why);
  if (conf != NULL)
    plan(conf, text, settings, ret_plan);
  NCONF_free(conf);
  ERR_clear_error();
}

char *openssl_plan_lines(const struct openssl_plan *plan) {
  return must_format("%s%s", plan->body, plan->nodejs == NULL ? "" : plan->nodejs);
}

void openssl_plan_clear(struct openssl_plan *plan) {
  free(plan->body);
  free(plan->nodejs);
  free(plan->nodejs_why);
  free(plan->why);
  *plan = (struct openssl_plan){0};
}

char *openssl_setting(const char *text, const char *name) {
  AUTO_TEXT why = NULL;
  CONF *conf = openssl_text_parse(text, &why);
  struct openssl_found found = {0};
  if (conf != NULL)
    found = openssl_look(conf, OPENSSL_START);
  const char *value = found.pinning == NULL ? NULL : openssl_text_setting(conf, found.pinning, name);
  char *copy = value == NULL ? NULL : must_copy(value);
  NCONF_free(conf);
  ERR_clear_error();
  return copy;
}
