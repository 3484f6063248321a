/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "diagnostic.h"
#include "reader.h"
#include "source.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

/*
 * Known limitation: libconfig cannot handle allocation failure. 1.5 writes through a null pointer, later
 * versions abort, and the generated scanner of all versions exits. So it gets one small section at a time,
 * for which it needs little memory, and only when that memory is free (setting.c). Our own allocations are
 * checked.
 */

static bool are_hosts_alone(const struct pin_sections *sections) {
  for (size_t i = 0; i < sections->count; i++)
    if (sections->items[i].kind == PIN_SECTION_PINSET || sections->items[i].kind == PIN_SECTION_SETTING)
      return false;
  return true;
}

/* The documents of the sources that were read. NULL: no memory, which is noted. */
static struct pin_document *new_documents(const struct pin_source_set *set, bool has_main,
                                          struct pin_diagnostics *diagnostics, size_t *ret_count) {
  struct pin_document *documents = calloc(set->count > 0 ? set->count : 1, sizeof documents[0]);
  *ret_count = 0;
  if (documents == NULL) {
    diagnostics->no_memory = true;
    return NULL;
  }
  for (size_t i = 0; i < set->count; i++) {
    if (set->sources[i]->text != NULL && !pin_diagnostics_are_enough(diagnostics)) {
      struct pin_document *document = &documents[(*ret_count)++];
      document->source = set->sources[i];
      document->is_main = has_main && i == 0;
      pin_sections_read(set->sources[i], diagnostics, &document->sections);
      set->sources[i]->holds_hosts_alone = are_hosts_alone(&document->sections);
    }
  }
  return documents;
}

static void free_documents(struct pin_document *documents, size_t count) {
  for (size_t i = 0; i < count; i++)
    pin_sections_free(&documents[i].sections);
  free(documents);
}

typedef void read_section_fn(struct pin_reader *reader, const struct pin_document *document,
                             const struct pin_section *section);

/* Reads all sections of a kind, in the order of the text. */
static void read_sections(struct pin_reader *reader, enum pin_section_kind kind, read_section_fn *read) {
  for (size_t i = 0; i < reader->document_count; i++) {
    const struct pin_document *document = &reader->documents[i];
    for (size_t j = 0; j < document->sections.count && !pin_diagnostics_are_enough(reader->diagnostics); j++)
      if (document->sections.items[j].kind == kind)
        read(reader, document, &document->sections.items[j]);
  }
}

/* Takes what the files say that are not read. */
static void take_older(struct pin_reader *reader, uint8_t **ret_pinsets) {
  struct pin_older *older = reader->older;
  size_t size;
  reader->mode = older->policy->mode;
  enum pin_status status = pin_image_read_pinsets(older->change->old, ret_pinsets, &size);
  older->damaged =
      status != PIN_OK || (*ret_pinsets != NULL && !pin_pinsets_take(reader, *ret_pinsets, size));
}

/* Pin sets come first, because any list may name them; then the settings, because entries take their mode
 * from them. */
static void read_documents(struct pin_reader *reader) {
  read_sections(reader, PIN_SECTION_PINSET, pin_read_pinset);
  if (reader->older == NULL)
    pin_pinsets_keep(reader);
  for (size_t i = 0; i < reader->document_count && !pin_diagnostics_are_enough(reader->diagnostics); i++)
    pin_read_settings(reader, &reader->documents[i]);
  if (!pin_image_builder_set_defaults(reader->builder, reader->mode, pin_digests_view(&reader->blocked_keys),
                                      pin_digests_view(&reader->exempt_anchors)))
    reader->diagnostics->no_memory = true;
  read_sections(reader, PIN_SECTION_HOST, pin_read_entry);
}

static void clear_reader(struct pin_reader *reader) {
  pin_pinsets_clear(&reader->pinsets);
  pin_names_clear(&reader->names);
  free(reader->blocked_keys.digests);
  free(reader->exempt_anchors.digests);
  for (unsigned i = 0; i < PIN_LIST_COUNT; i++)
    free(reader->lists[i].digests);
  free(reader->ports);
  config_destroy(&reader->config);
}

void pin_read_policy(const struct pin_source_set *set, struct pin_older *older,
                     struct pin_diagnostics *diagnostics, struct pin_image_builder *builder) {
  struct pin_reader reader = {.diagnostics = diagnostics, .builder = builder, .older = older};
  uint8_t *pinsets = NULL;
  struct pin_document *documents = new_documents(set, older == NULL, diagnostics, &reader.document_count);
  if (documents == NULL)
    return;
  if (older != NULL)
    take_older(&reader, &pinsets);
  /* libconfig 1.5 resets this thread's locale to the global one, whatever it was before. */
  locale_t locale = uselocale((locale_t)0);
  reader.documents = documents;
  config_init(&reader.config);
  if (older == NULL || !older->damaged)
    read_documents(&reader);
  clear_reader(&reader);
  uselocale(locale);
  free(pinsets);
  free_documents(documents, reader.document_count);
}

/* Whether pinctl wrote the file: it says so in the first line, and nothing else does. */
static bool is_own(const struct pin_source *source) {
  static const char beginning[] = "# Written by pinctl";
  return source->text != NULL && strncmp(source->text, beginning, sizeof beginning - 1) == 0;
}

void pin_note_sources(const struct pin_source_set *set, size_t first_dropin,
                      struct pin_diagnostics *diagnostics, struct pin_image_builder *builder) {
  for (size_t i = 0; i < set->count; i++) {
    struct pin_source_identity identity = set->sources[i]->identity;
    identity.is_dropin = i >= first_dropin;
    identity.is_own = is_own(set->sources[i]);
    identity.hosts_alone = set->sources[i]->holds_hosts_alone;
    if (!pin_image_builder_add_source(builder, &identity))
      diagnostics->no_memory = true;
  }
}

static void compile(const struct pin_source_set *set, struct pin_diagnostics *diagnostics, void **ret_image,
                    size_t *ret_size) {
  struct pin_image_builder *builder = pin_image_builder_new(NULL);
  if (builder == NULL) {
    diagnostics->no_memory = true;
    return;
  }
  pin_read_policy(set, NULL, diagnostics, builder);
  /* 2: the main file and policy.d come first. */
  pin_note_sources(set, 2, diagnostics, builder);
  if (pin_diagnostics_status(diagnostics) == PIN_OK &&
      pin_image_builder_finish(builder, ret_image, ret_size) != PIN_OK)
    diagnostics->no_memory = true;
  pin_image_builder_free(builder);
}

/* Reports the mistakes, and frees both. */
static enum pin_status conclude(struct pin_diagnostics *diagnostics, struct pin_source_set *set,
                                pin_diagnostic_fn *report, void *arg) {
  if (report != NULL)
    pin_diagnostics_report(diagnostics, report, arg);
  enum pin_status status = pin_diagnostics_status(diagnostics);
  pin_diagnostics_clear(diagnostics);
  pin_source_set_free(set);
  return status;
}

static enum pin_status compile_reading(const char *path, const struct pin_reading *reading,
                                       size_t most_mistakes, pin_diagnostic_fn *report, void *arg,
                                       void **ret_image, size_t *ret_size) {
  struct pin_source_set set;
  struct pin_diagnostics diagnostics = {.limit = most_mistakes};
  *ret_image = NULL;
  *ret_size = 0;
  pin_source_set_read(path, reading, &diagnostics, &set);
  bool too_large = set.too_large;
  if (!diagnostics.no_memory && !too_large)
    compile(&set, &diagnostics, ret_image, ret_size);
  enum pin_status status = conclude(&diagnostics, &set, report, arg);
  return too_large && status == PIN_OK ? PIN_TOO_LARGE : status;
}

enum pin_status pin_text_compile(const char *path, pin_diagnostic_fn *report, void *arg, void **ret_image,
                                 size_t *ret_size) {
  return pin_text_compile_staged(path, NULL, 0, report, arg, ret_image, ret_size);
}

enum pin_status pin_text_compile_staged(const char *path, const struct pin_staged_file *files, size_t count,
                                        pin_diagnostic_fn *report, void *arg, void **ret_image,
                                        size_t *ret_size) {
  struct pin_reading reading = {.staged = files, .staged_count = count};
  return compile_reading(path, &reading, 0, report, arg, ret_image, ret_size);
}

enum pin_status pin_text_compile_small(const char *path, size_t most_mistakes, pin_diagnostic_fn *report,
                                       void *arg, void **ret_image, size_t *ret_size) {
  struct pin_reading reading = {.small = true};
  return compile_reading(path, &reading, most_mistakes, report, arg, ret_image, ret_size);
}

enum pin_status pin_text_judge_folders(const char *path, pin_diagnostic_fn *report, void *arg) {
  struct pin_source_set set;
  struct pin_diagnostics diagnostics = {0};
  pin_source_set_judge(path, &diagnostics, &set);
  return conclude(&diagnostics, &set, report, arg);
}
