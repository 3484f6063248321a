/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/policy_text.h"

#include <stdio.h>
#include <stdlib.h>

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

void policy_text_ports(FILE *stream, const uint16_t *ports, uint32_t count) {
  if (count == 0)
    return;
  fputs("    ports = [ ", stream);
  for (uint32_t i = 0; i < count; i++)
    fprintf(stream, "%s%u", i == 0 ? "" : ", ", (unsigned)ports[i]);
  fputs(" ];\n", stream);
}

static void write_entry(FILE *stream, const struct pin_entry *entry) {
  fputs("  { name = ", stream);
  sealed_string(stream, entry->name);
  fputs(";\n", stream);
  policy_text_ports(stream, entry->ports, entry->port_count);
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
    sealed_string(stream, entry->comment);
    fputs(";\n", stream);
  }
  fputs("  }", stream);
}

char *policy_text(const struct pin_policy *policy, const struct entries *entries) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  fputs("# Had back from the compiled form: see pinning-policy(5).\nversion = 1;\n", stream);
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
