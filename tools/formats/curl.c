/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What curl(1) takes for --pinnedpubkey: keys of the server itself, for whatever host it is asked for. */
#include <string.h>

#include "base/memory.h"
#include "formats/formats.h"

/* Before the value, as a command line or .curlrc has it. */
static const char *value_in(const char *text) {
  const char *option = strstr(text, "pinnedpubkey");
  const char *value = option == NULL ? text : option + strlen("pinnedpubkey");
  return value + strspn(value, " \t\r\n=:\"'");
}

static void read_curl(struct conversion *conversion) {
  AUTO_TEXT value = must_copy(value_in(conversion->text));
  value[strcspn(value, " \t\r\n\"'")] = '\0';
  struct draft draft = DRAFT_AT(conversion->host, 1);
  char *rest = NULL;
  for (const char *pin = strtok_r(value, ";", &rest); pin != NULL; pin = strtok_r(NULL, ";", &rest)) {
    struct pin_digest digest;
    if (strncmp(pin, "sha256//", 8) == 0 && pin_digest_parse(pin, strlen(pin), &digest))
      draft_take(&draft, PIN_LIST_PINS, &digest);
    else
      convert_error(conversion, conversion->path, 1,
                    "\"%s\": expected sha256//BASE64, and \";\" between several (of a key in a file, "
                    "\"pinctl add\" takes the pin)",
                    pin);
  }
  conversion_add(conversion, &draft);
  draft_clear(&draft);
}

static void write_curl(struct conversion *conversion) {
  const struct pin_digest_list *pins = &conversion->items[0].entry.lists[PIN_LIST_PINS];
  for (uint32_t i = 0; i < pins->count; i++) {
    AUTO_TEXT text = digest_base64(&pins->digests[i]);
    fprintf(conversion->out, "%ssha256//%s", i == 0 ? "" : ";", text);
  }
  fputc('\n', conversion->out);
}

const struct format format_curl = {
    .name = "curl",
    .title = "the value of curl's --pinnedpubkey",
    .mark = "sha256//",
    .holds = HOLDS_ADDRESSES | HOLDS_EVERY_PORT,
    .least_pins = 1,
    .read = read_curl,
    .write = write_curl,
};
