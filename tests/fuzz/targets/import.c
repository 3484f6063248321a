/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A file in a foreign format (FUZZ_FORMAT); if the format has two files, the second follows a line "#----". A
 * file that is read without a mistake must give entries that a policy can contain.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "formats/import.h"

#define FORMAT_OF(name) format_##name
#define FORMAT_NAMED(name) FORMAT_OF(name)
#define FORMAT FORMAT_NAMED(FUZZ_FORMAT)

static void check_item(const struct conversion_item *item) {
  const struct pin_entry *entry = &item->entry;
  char *canonical = NULL;
  const char *why;
  uint32_t pins = 0;
  MUST(pin_name_canonical(entry->name, &canonical, &why) == PIN_OK);
  MUST(strcmp(canonical, entry->name) == 0);
  free(canonical);
  for (uint32_t i = 1; i < entry->port_count; i++)
    MUST(entry->ports[i - 1] < entry->ports[i]);
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    pins += entry->lists[list].count;
  MUST(pins > 0 || entry->mode == PIN_MODE_OFF);
  MUST(!entry->include_subdomains || entry->kind == PIN_NAME_HOST);
}

static void read_text(struct conversion *conversion, const char *text, const char *companion) {
  *conversion = (struct conversion){.path = fuzz_path("input.xml"),
                                    .text = text,
                                    .length = strlen(text),
                                    .host = (FORMAT.holds & HOLDS_HOSTS) != 0 ? NULL : "a.example",
                                    .companion = companion,
                                    .now = 1700000000};
  import_read(conversion, &FORMAT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *second;
  size_t second_size, first_size = fuzz_cut(data, size, &second, &second_size);
  char *text = fuzz_text(data, first_size);
  struct conversion conversion;
  if (FORMAT.has_companion)
    fuzz_write("second", second, second_size);
  /* The verb has checked that there is no NUL inside. */
  if (strlen(text) == first_size) {
    read_text(&conversion, text, FORMAT.has_companion ? fuzz_path("second") : NULL);
    for (size_t i = 0; conversion.findings[FINDING_ERROR] == 0 && i < conversion.count; i++)
      check_item(&conversion.items[i]);
    conversion_clear(&conversion);
  }
  free(text);
  return 0;
}
