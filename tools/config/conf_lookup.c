/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "config/conf_lookup.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "config/conf_text.h"

#define PROVIDER "pinning"

/* OpenSSL takes "providers.2" for "providers" too: what follows the last dot only tells lines apart. */
static bool is_providers(const char *name) {
  const char *dot = strrchr(name, '.');
  size_t length = dot == NULL ? strlen(name) : (size_t)(dot - name);
  return length == strlen("providers") && strncmp(name, "providers", length) == 0;
}

/* Up to 3.1 the mere presence of `activate` activates, whatever its value; since then these do not. */
static bool is_denial(const char *value) {
  static const char *const words[] = {"0", "no", "off", "false"};
  for (size_t i = 0; i < COUNT_OF(words); i++)
    if (strcasecmp(value, words[i]) == 0)
      return true;
  return false;
}

static void look_at_provider(const CONF *conf, const CONF_VALUE *value, struct openssl_found *found) {
  const char *identity = openssl_text_setting(conf, value->value, "identity");
  const char *activate = openssl_text_setting(conf, value->value, "activate");
  const char *name = identity == NULL ? value->name : identity;
  bool active = activate != NULL && !is_denial(activate);
  found->any_named |= activate != NULL;
  found->any_active |= active;
  if (strcmp(name, PROVIDER) == 0) {
    if (!found->pinning_active)
      found->pinning = value->value;
    found->pinning_active |= active;
  } else if (strcmp(name, "default") == 0) {
    found->fallback = value->value;
    found->fallback_active |= active;
  }
}

static void look_at_providers(const CONF *conf, const char *section, struct openssl_found *found) {
  STACK_OF(CONF_VALUE) *values = openssl_text_section(conf, section);
  if (found->providers == NULL)
    found->providers = section;
  for (int i = 0; i < sk_CONF_VALUE_num(values); i++)
    look_at_provider(conf, sk_CONF_VALUE_value(values, i), found);
}

struct openssl_found openssl_look(const CONF *conf, const char *start) {
  struct openssl_found found = {.start = openssl_text_setting(conf, NULL, start)};
  STACK_OF(CONF_VALUE) *values = found.start == NULL ? NULL : openssl_text_section(conf, found.start);
  for (int i = 0; i < sk_CONF_VALUE_num(values); i++) {
    const CONF_VALUE *value = sk_CONF_VALUE_value(values, i);
    if (is_providers(value->name))
      look_at_providers(conf, value->value, &found);
  }
  return found;
}
