/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/dropin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

/* A longer name, with prefix and suffix, could pass the 255 bytes of a file name. */
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

/* A name that is too long becomes its digest. */
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
 * "_" begins every escape and is itself "__"; after it "any" is the star and digits are a port. IPv6
 * addresses have a prefix of their own, and no hyphens but those that stand for colons. So names never meet.
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
