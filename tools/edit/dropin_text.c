/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The text of a drop-in: written, and read back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libconfig.h>

#include "base/checksummed_text.h"
#include "edit/dropin.h"
#include "edit/policy_text.h"

#define HEAD                                                                                                 \
  "# Written by pinctl; change it with \"pinctl add\" and \"pinctl remove\".\n"                              \
  "# Edited by hand it is yours: pinctl then leaves it alone.\n"                                             \
  "# pinctl: "

static const char *const setting_names[DROPIN_SETTING_COUNT] = {"mode", "require", "expires", "on_expiry",
                                                                "comment"};

static void write_list(FILE *stream, const char *name, const struct text_list *list) {
  if (list->count == 0)
    return;
  fprintf(stream, "    %s = [\n", name);
  for (size_t i = 0; i < list->count; i++)
    fprintf(stream, "      \"%s\"%s\n", list->items[i], i + 1 < list->count ? "," : "");
  fputs("    ];\n", stream);
}

static void write_body(FILE *stream, const struct dropin *dropin) {
  fputs("hosts = (\n  { name = ", stream);
  sealed_string(stream, dropin->host);
  fputs(";\n", stream);
  policy_text_ports(stream, dropin->ports, dropin->port_count);
  if (dropin->include_subdomains)
    fputs("    include_subdomains = true;\n", stream);
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    write_list(stream, pin_list_name((enum pin_list)i), &dropin->lists[i]);
  for (int i = 0; i < DROPIN_SETTING_COUNT; i++) {
    if (dropin->settings[i] == NULL)
      continue;
    fprintf(stream, "    %s = ", setting_names[i]);
    sealed_string(stream, dropin->settings[i]);
    fputs(";\n", stream);
  }
  fputs("  }\n);\n", stream);
}

char *dropin_render(const struct dropin *dropin) {
  char *body = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&body, &size);
  write_body(stream, dropin);
  memory_close(stream);
  char *text = sealed_text(HEAD, body);
  free(body);
  return text;
}

static bool take_list(const config_setting_t *setting, struct text_list *list) {
  for (int i = 0; i < config_setting_length(setting); i++) {
    const char *text = config_setting_get_string_elem(setting, i);
    if (text == NULL)
      return false;
    text_list_add(list, must_copy(text));
  }
  return true;
}

static bool take_ports(const config_setting_t *setting, struct dropin *dropin) {
  int count = config_setting_length(setting);
  dropin->ports = must_grow(dropin->ports, (size_t)count, sizeof *dropin->ports);
  for (int i = 0; i < count; i++)
    dropin->ports[dropin->port_count++] = (uint16_t)config_setting_get_int_elem(setting, i);
  return true;
}

static bool take_named(const config_setting_t *setting, const char *name, struct dropin *dropin) {
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    if (strcmp(name, pin_list_name((enum pin_list)i)) == 0)
      return take_list(setting, &dropin->lists[i]);
  for (int i = 0; i < DROPIN_SETTING_COUNT; i++) {
    if (strcmp(name, setting_names[i]) != 0)
      continue;
    const char *text = config_setting_get_string(setting);
    dropin->settings[i] = text == NULL ? NULL : must_copy(text);
    return text != NULL;
  }
  return false;
}

/* A setting that this pinctl does not know, from a later one, must not be lost: then it is not ours. */
static bool take_setting(const config_setting_t *setting, struct dropin *dropin) {
  const char *name = config_setting_name(setting);
  if (strcmp(name, "name") == 0)
    return true;
  if (strcmp(name, "ports") == 0)
    return take_ports(setting, dropin);
  if (strcmp(name, "include_subdomains") == 0) {
    dropin->include_subdomains = config_setting_get_bool(setting) != 0;
    return true;
  }
  return take_named(setting, name, dropin);
}

static struct dropin *take_entry(const config_setting_t *entry) {
  const char *host = NULL;
  if (config_setting_lookup_string(entry, "name", &host) != CONFIG_TRUE)
    return NULL;
  struct dropin *dropin = dropin_new(host, NULL, 0);
  for (unsigned i = 0; i < (unsigned)config_setting_length(entry); i++) {
    if (!take_setting(config_setting_get_elem(entry, i), dropin)) {
      dropin_free(dropin);
      return NULL;
    }
  }
  return dropin;
}

struct dropin *dropin_parse(const char *text) {
  const char *body = sealed_body(HEAD, text);
  if (body == NULL)
    return NULL;
  config_t config;
  config_init(&config);
  struct dropin *dropin = NULL;
  if (config_read_string(&config, body) == CONFIG_TRUE) {
    const config_setting_t *hosts = config_lookup(&config, "hosts");
    if (hosts != NULL && config_setting_length(hosts) == 1 &&
        config_setting_length(config_root_setting(&config)) == 1)
      dropin = take_entry(config_setting_get_elem(hosts, 0));
  }
  config_destroy(&config);
  return dropin;
}

char *dropin_reseal(const char *text) {
  size_t head = strlen(HEAD);
  if (strncmp(text, HEAD, head) != 0)
    return NULL;
  const char *body = strchr(text + head, '\n');
  AUTO_TEXT sealed = body == NULL ? NULL : sealed_text(HEAD, body + 1);
  struct dropin *dropin = sealed == NULL ? NULL : dropin_parse(sealed);
  char *rendered = dropin == NULL ? NULL : dropin_render(dropin);
  dropin_free(dropin);
  /* A comment, or an order of one's own, would be lost the next time. */
  if (rendered != NULL && strcmp(rendered, sealed) == 0)
    return rendered;
  free(rendered);
  return NULL;
}
