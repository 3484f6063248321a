/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What is known while the sources of one policy are read. */
#ifndef PIN_READER_H
#define PIN_READER_H

#include "image_builder.h"
#include "image_merge.h"
#include "sections.h"
#include "setting.h"
#include "table.h"

/* A growing list of digests. All zero is an empty one. */
struct pin_digests {
  struct pin_digest *digests;
  uint32_t count, capacity;
};

/* One source that could be read. */
struct pin_document {
  const struct pin_source *source;
  struct pin_sections sections;
  bool is_main;
};

/* Where only some files of a policy are read: what stands in the others, in compiled form. */
struct pin_older {
  const struct pin_policy *policy;
  const struct pin_image_change *change; /* whose files are read */
  bool damaged;                          /* set where a part of it cannot be read */
};

struct pin_reader {
  struct pin_diagnostics *diagnostics;
  struct pin_image_builder *builder;
  config_t config; /* the section being read */
  const struct pin_document *documents;
  size_t document_count;
  struct pin_table pinsets; /* by name: digest_list.c */
  struct pin_table names;   /* of entries, canonical: duplicate_entries.c */
  struct pin_older *older;  /* NULL: all files are read */
  enum pin_mode mode;       /* the policy's */
  struct pin_digests blocked_keys;
  struct pin_digests exempt_anchors;
  struct pin_digests lists[PIN_LIST_COUNT]; /* of the entry being read */
  uint16_t *ports;                          /* of the entry being read */
  size_t port_capacity;
};

/* ---- Digests and pin sets: digest_list.c ---- */

/* Reads the member of `pinsets` that is a section. */
void pin_read_pinset(struct pin_reader *reader, const struct pin_document *document,
                     const struct pin_section *section);
/* Makes those pin sets known that an image keeps (pin_image_read_pinsets). false: damaged, or out of memory,
 * which was noted. */
bool pin_pinsets_take(struct pin_reader *reader, const uint8_t *bytes, size_t size);
/* Gives all pin sets to the builder, for the next change. */
void pin_pinsets_keep(struct pin_reader *reader);
/* Appends the digests of a list, with the pin sets that it names. Every mistake in it is reported. */
void pin_read_digests(struct pin_reader *reader, const struct pin_setting *setting,
                      struct pin_digests *digests);
struct pin_digest_list pin_digests_view(const struct pin_digests *digests);
void pin_pinsets_clear(struct pin_table *pinsets);

/* ---- Settings of the top level: document.c ---- */

/* Reads the settings other than pin sets and hosts. Pin sets must be known. */
void pin_read_settings(struct pin_reader *reader, const struct pin_document *document);

struct pin_source_set;

/* ---- Entries: entry.c, duplicate_entries.c ---- */

/* Reads an element of `hosts` and, if nothing is wrong with it, hands it to the builder. Settings must be
 * known. */
void pin_read_entry(struct pin_reader *reader, const struct pin_document *document,
                    const struct pin_section *section);
/* Feeds the builder with all that the sources say; older: NULL, or what else there is. Mistakes are in
 * `diagnostics` afterwards. */
void pin_read_policy(const struct pin_source_set *set, struct pin_older *older,
                     struct pin_diagnostics *diagnostics, struct pin_image_builder *builder);
/* The same for what the sources are. */
void pin_note_sources(const struct pin_source_set *set, size_t first_dropin,
                      struct pin_diagnostics *diagnostics, struct pin_image_builder *builder);

/* Reports an entry whose name and ports another one has already, and remembers it. Ports ascend. */
void pin_check_duplicate(struct pin_reader *reader, const struct pin_entry *entry,
                         const struct pin_setting *name);
void pin_names_clear(struct pin_table *names);

/* The words of `mode`, in the order of enum pin_mode; ends in NULL. */
extern const char *const pin_mode_words[];
#define PIN_MODE_EXPECTED "\"enforce\", \"audit\" or \"off\""

#endif
