/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The state while the sources of one policy are read. Shared by compile.c, document.c, digest_list.c,
 * entry.c and duplicate_entries.c. */
#ifndef PIN_READER_H
#define PIN_READER_H

#include "image_builder.h"
#include "image_merge.h"
#include "sections.h"
#include "setting.h"
#include "table.h"

/* A growing list of digests. All zero is an empty one; `digests` is for free(3). */
struct pin_digests {
  struct pin_digest *digests;
  uint32_t count, capacity;
};

/* A source that was read. */
struct pin_document {
  const struct pin_source *source;
  struct pin_sections sections;
  bool is_main;
};

/* If only some files of a policy are read: the compiled form with the rest. */
struct pin_older {
  const struct pin_policy *policy;
  const struct pin_image_change *change; /* names the files that are read */
  bool damaged;                          /* set if a part of it cannot be read */
};

/* See above. */
struct pin_reader {
  struct pin_diagnostics *diagnostics;
  struct pin_image_builder *builder;
  config_t config; /* the section that is being read */
  const struct pin_document *documents;
  size_t document_count;
  struct pin_table pinsets; /* pin sets by name, see digest_list.c */
  struct pin_table names;   /* entries by canonical name, see duplicate_entries.c */
  struct pin_older *older;  /* NULL: all files are read */
  enum pin_mode mode;       /* mode of the policy */
  struct pin_digests blocked_keys;
  struct pin_digests exempt_anchors;
  struct pin_digests lists[PIN_LIST_COUNT]; /* of the entry that is being read */
  uint16_t *ports;                          /* of the entry that is being read; owned */
  size_t port_capacity;
};

/* ---- Digests and pin sets: digest_list.c ---- */

/* Reads a section that is a member of `pinsets`. */
void pin_read_pinset(struct pin_reader *reader, const struct pin_document *document,
                     const struct pin_section *section);
/* Makes the pin sets known that an image keeps (pin_image_read_pinsets). False: they are damaged, or no
 * memory, which is noted. */
bool pin_pinsets_take(struct pin_reader *reader, const uint8_t *bytes, size_t size);
/* Passes all pin sets to the builder, for the next change. */
void pin_pinsets_keep(struct pin_reader *reader);
/* Appends the digests of a list, and those of the pin sets that it names. Reports every mistake in it. */
void pin_read_digests(struct pin_reader *reader, const struct pin_setting *setting,
                      struct pin_digests *digests);
struct pin_digest_list pin_digests_view(const struct pin_digests *digests);
void pin_pinsets_clear(struct pin_table *pinsets);

/* ---- Settings of the top level: document.c ---- */

/* Reads all settings but pin sets and hosts. Pin sets must be known already. */
void pin_read_settings(struct pin_reader *reader, const struct pin_document *document);

struct pin_source_set;

/* ---- Entries: entry.c, duplicate_entries.c ---- */

/* Reads an element of `hosts` and passes it to the builder if it has no mistake. The other settings must
 * be known already. */
void pin_read_entry(struct pin_reader *reader, const struct pin_document *document,
                    const struct pin_section *section);
/* Passes everything that the sources say to the builder. older: the rest of the policy; NULL: there is
 * none. Mistakes are in `diagnostics` afterwards. */
void pin_read_policy(const struct pin_source_set *set, struct pin_older *older,
                     struct pin_diagnostics *diagnostics, struct pin_image_builder *builder);
/* Passes the identities of the sources to the builder. */
void pin_note_sources(const struct pin_source_set *set, size_t first_dropin,
                      struct pin_diagnostics *diagnostics, struct pin_image_builder *builder);

/* Reports an entry whose name and ports another entry has already, and remembers it. Ports must be
 * ascending. */
void pin_check_duplicate(struct pin_reader *reader, const struct pin_entry *entry,
                         const struct pin_setting *name);
void pin_names_clear(struct pin_table *names);

/* The values of `mode`, in the order of enum pin_mode; ends in NULL. */
extern const char *const pin_mode_words[];
#define PIN_MODE_EXPECTED "\"enforce\", \"audit\" or \"off\""

#endif
