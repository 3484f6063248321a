/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/dropin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libconfig.h>
#include <openssl/evp.h>

#include "base/checksummed_text.h"
#include "base/memory.h"

static void write_digests(FILE *stream, const char *indent, const char *name,
                          const struct pin_digest_list *list) {
  if (list->count == 0)
    return;
  fprintf(stream, "%s%s = [\n", indent, name);
  for (uint32_t i = 0; i < list->count; i++) {
    char text[PIN_DIGEST_TEXT_SIZE];
    pin_digest_format(&list->digests[i], text);
    fprintf(stream, "%s  \"%s\"%s\n", indent, text, i + 1 < list->count ? "," : "");
  }
  fprintf(stream, "%s];\n", indent);
}

/* Writes the setting `ports` on its own line; nothing where there are no ports. */
static void write_ports(FILE *stream, const uint16_t *ports, uint32_t count) {
  if (count == 0)
    return;
  fputs("    ports = [ ", stream);
  for (uint32_t i = 0; i < count; i++)
    fprintf(stream, "%s%u", i == 0 ? "" : ", ", (unsigned)ports[i]);
  fputs(" ];\n", stream);
}

static void write_entry(FILE *stream, const struct pin_entry *entry) {
  fputs("  { name = ", stream);
  config_string_write(stream, entry->name);
  fputs(";\n", stream);
  write_ports(stream, entry->ports, entry->port_count);
  if (entry->include_subdomains)
    fputs("    include_subdomains = true;\n", stream);
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    write_digests(stream, "    ", pin_list_name((enum pin_list)list), &entry->lists[list]);
  if (entry->require == PIN_REQUIRE_ALL)
    fputs("    require = \"all\";\n", stream);
  if (!entry->mode_is_default)
    fprintf(stream, "    mode = \"%s\";\n", mode_word(entry->mode));
  if (entry->expires != PIN_NEVER) {
    AUTO_TEXT expires = expiry_text(entry->expires);
    fprintf(stream, "    expires = \"%s\";\n", expires);
  }
  if (entry->on_expiry == PIN_ON_EXPIRY_ENFORCE)
    fputs("    on_expiry = \"enforce\";\n", stream);
  if (*entry->comment != '\0') {
    fputs("    comment = ", stream);
    config_string_write(stream, entry->comment);
    fputs(";\n", stream);
  }
  fputs("  }", stream);
}

char *policy_text(const struct pin_policy *policy, const struct entries *entries) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  fputs("# Restored from the compiled form: see pinning-policy(5).\nversion = 1;\n", stream);
  fprintf(stream, "mode = \"%s\";\n", mode_word(policy->mode));
  if (policy->ignores_certificate_names)
    fputs("certificate_names = \"ignore\";\n", stream);
  if (policy->unlisted != PIN_UNLISTED_IGNORE)
    fprintf(stream, "unlisted = \"%s\";\n", unlisted_word(policy->unlisted));
  write_digests(stream, "", "blocked_keys", &policy->blocked_keys);
  write_digests(stream, "", "exempt_anchors", &policy->exempt_anchors);
  if (entries->count > 0)
    fputs("hosts = (\n", stream);
  for (size_t i = 0; i < entries->count; i++) {
    write_entry(stream, &entries->items[i]);
    fputs(i + 1 < entries->count ? ",\n" : "\n);\n", stream);
  }
  memory_close(stream);
  return text;
}

/* With prefix and suffix a longer name could exceed the 255 bytes of a file name. */
#define LONGEST_PLAIN_NAME 200

static char *escape_host(const char *host) {
  char *name = must_alloc(4 * strlen(host) + 1, 1);
  char *to = name;
  bool is_address = strchr(host, ':') != NULL;
  for (; *host != '\0'; host++) {
    if (*host == '*')
      to = stpcpy(to, "_any");
    else if (*host == '_')
      to = stpcpy(to, "__");
    else
      *to++ = is_address && *host == ':' ? '-' : *host;
  }
  return name;
}

/* Replaces a name that is too long by its digest. */
static void shorten(char *name) {
  unsigned char digest[EVP_MAX_MD_SIZE] = {0};
  if (strlen(name) <= LONGEST_PLAIN_NAME)
    return;
  EVP_Digest(name, strlen(name), digest, NULL, EVP_sha256(), NULL);
  char *to = name + sprintf(name, "_x");
  for (size_t i = 0; i < 32; i++)
    to += sprintf(to, "%02x", digest[i]);
}

char *host_file_name(const char *host) {
  char *name = escape_host(host);
  shorten(name);
  return name;
}

/*
 * File names of different entries differ. "_" begins every escape: "__" is the underscore itself, "_any" the
 * star, "_" and digits a port. IPv6 addresses have another prefix, and hyphens only in place of colons.
 */
char *dropin_file_name(const char *host, const uint16_t *ports, uint32_t port_count) {
  const char *prefix = strchr(host, ':') == NULL ? "host" : "address";
  AUTO_TEXT escaped = escape_host(host);
  char *name = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&name, &size);
  fputs(escaped, stream);
  for (uint32_t i = 0; i < port_count; i++)
    fprintf(stream, "_%u", (unsigned)ports[i]);
  memory_close(stream);
  shorten(name);
  char *file = must_format("%s-%s.cfg", prefix, name);
  free(name);
  return file;
}

struct dropin *dropin_new(const char *host, const uint16_t *ports, uint32_t port_count) {
  struct dropin *dropin = must_alloc(1, sizeof *dropin);
  dropin->host = must_copy(host);
  dropin->ports = must_alloc(port_count, sizeof *ports);
  if (port_count > 0)
    memcpy(dropin->ports, ports, port_count * sizeof *ports);
  dropin->port_count = port_count;
  return dropin;
}

void dropin_free(struct dropin *dropin) {
  if (dropin == NULL)
    return;
  free(dropin->host);
  free(dropin->ports);
  for (int i = 0; i < DROPIN_SETTING_COUNT; i++)
    free(dropin->settings[i]);
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    text_list_clear(&dropin->lists[i]);
  free(dropin);
}

bool dropin_drop_pin(struct dropin *dropin, enum pin_list list, const char *pin) {
  struct text_list *pins = &dropin->lists[list];
  size_t at = text_list_find(pins, pin);
  if (at == pins->count)
    return false;
  text_list_remove(pins, at);
  return true;
}

void dropin_put_pin(struct dropin *dropin, enum pin_list list, const char *pin) {
  struct text_list *pins = &dropin->lists[list];
  if (list == PIN_LIST_PINS)
    dropin_drop_pin(dropin, PIN_LIST_BACKUP_PINS, pin);
  if (list == PIN_LIST_BACKUP_PINS)
    dropin_drop_pin(dropin, PIN_LIST_PINS, pin);
  if (text_list_find(pins, pin) == pins->count)
    text_list_add(pins, must_copy(pin));
}

size_t dropin_pin_count(const struct dropin *dropin) {
  size_t count = 0;
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    count += dropin->lists[i].count;
  return count;
}

/* ---- The text of a drop-in: writing and parsing it ---- */

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
  config_string_write(stream, dropin->host);
  fputs(";\n", stream);
  write_ports(stream, dropin->ports, dropin->port_count);
  if (dropin->include_subdomains)
    fputs("    include_subdomains = true;\n", stream);
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    write_list(stream, pin_list_name((enum pin_list)i), &dropin->lists[i]);
  for (int i = 0; i < DROPIN_SETTING_COUNT; i++) {
    if (dropin->settings[i] == NULL)
      continue;
    fprintf(stream, "    %s = ", setting_names[i]);
    config_string_write(stream, dropin->settings[i]);
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
  char *text = checksummed_text(HEAD, body);
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

/* False: the setting is unknown, perhaps from a later version. It must not be lost, so the file then counts
 * as written by hand. */
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
  const char *body = checksummed_body(HEAD, text);
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

char *dropin_update_digest(const char *text) {
  size_t head = strlen(HEAD);
  if (strncmp(text, HEAD, head) != 0)
    return NULL;
  const char *body = strchr(text + head, '\n');
  AUTO_TEXT updated = body == NULL ? NULL : checksummed_text(HEAD, body + 1);
  struct dropin *dropin = updated == NULL ? NULL : dropin_parse(updated);
  char *rendered = dropin == NULL ? NULL : dropin_render(dropin);
  dropin_free(dropin);
  /* Comments and another order of settings would be lost when pinctl writes the file the next time. */
  if (rendered != NULL && strcmp(rendered, updated) == 0)
    return rendered;
  free(rendered);
  return NULL;
}
