/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "diagnostic.h"
#include "reader.h"
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCEPTED_FORMS                                                                                       \
  "\"sha256/BASE64\", \"sha256//BASE64\", \"pin-sha256=\\\"BASE64\\\"\", 64 hexadecimal digits or "          \
  "\"AB:CD:...\""

struct pinset {
  const char *file;
  unsigned line;
  struct pin_digests digests;
  char name[];
};

struct pin_digest_list pin_digests_view(const struct pin_digests *digests) {
  return (struct pin_digest_list){.digests = digests->digests, .count = digests->count};
}

/* False: no memory. */
static bool append(struct pin_digests *digests, const struct pin_digest *more, uint32_t count) {
  if (count > digests->capacity - digests->count) {
    uint32_t capacity = digests->capacity;
    while (count > capacity - digests->count) {
      if (capacity > UINT32_MAX / 2)
        return false;
      capacity = capacity == 0 ? 8 : 2 * capacity;
    }
    struct pin_digest *grown = reallocarray(digests->digests, capacity, sizeof(struct pin_digest));
    if (grown == NULL)
      return false;
    digests->digests = grown;
    digests->capacity = capacity;
  }
  if (count > 0) {
    memcpy(digests->digests + digests->count, more, count * sizeof more[0]);
    digests->count += count;
  }
  return true;
}

/* Whether the name occurs in a part of some text that could not be read. Then it is not certain that it is
 * undefined. */
static bool may_be_defined(const struct pin_reader *reader, const char *name) {
  for (size_t i = 0; i < reader->document_count; i++) {
    const struct pin_document *document = &reader->documents[i];
    const struct pin_source *source = document->source;
    const char *text = source->original != NULL ? source->original : source->text;
    size_t broken_at = document->sections.broken_at;
    if (memmem(text + broken_at, source->size - broken_at, name, strlen(name)) != NULL)
      return true;
  }
  return false;
}

static void append_pinset(struct pin_reader *reader, const struct pin_setting *element, const char *name,
                          struct pin_digests *digests) {
  const struct pinset *pinset = pin_table_find(&reader->pinsets, name, strlen(name));
  if (pinset != NULL) {
    if (!append(digests, pinset->digests.digests, pinset->digests.count))
      reader->diagnostics->no_memory = true;
    return;
  }
  if (name[0] == '\0' || !may_be_defined(reader, name)) {
    pin_diagnose(reader->diagnostics, PIN_ERROR, element->source, &element->place,
                 "unknown pin set %s; expected \"@\" and a name that pinsets defines",
                 pin_quote(name, strlen(name)).text);
  }
}

/* Explains a text that contains a complete digest in a wrong form. NULL: it does not. */
static const char *digest_slip(const char *text) {
  static const char prefix[] = "sha256/";
  const char *base64 = text + strlen(prefix);
  struct pin_digest digest;
  char whole[PIN_DIGEST_TEXT_SIZE];
  if (strncmp(text, prefix, strlen(prefix)) != 0) {
    snprintf(whole, sizeof whole, "%s%.44s", prefix, text);
    return strlen(text) == 44 && pin_digest_parse(whole, strlen(whole), &digest)
               ? "\"sha256/\" is missing in front"
               : NULL;
  }
  snprintf(whole, sizeof whole, "%.50s=", text);
  if (strlen(base64) == 43 && pin_digest_parse(whole, strlen(whole), &digest))
    return "its padding \"=\" is missing";
  return strpbrk(base64, "-_") != NULL ? "\"-\" and \"_\" are of base64url; write \"+\" and \"/\"" : NULL;
}

static void append_digest(struct pin_reader *reader, const struct pin_setting *element, const char *text,
                          struct pin_digests *digests) {
  struct pin_digest digest;
  if (!pin_digest_parse(text, strlen(text), &digest)) {
    const char *slip = digest_slip(text);
    pin_diagnose(reader->diagnostics, PIN_ERROR, element->source, &element->place,
                 "bad digest %s in %s%s%s; expected %s", pin_quote(text, strlen(text)).text, element->name,
                 slip != NULL ? ": " : "", slip != NULL ? slip : "", ACCEPTED_FORMS);
    return;
  }
  if (!append(digests, &digest, 1))
    reader->diagnostics->no_memory = true;
}

/* in_pinset: the list may not name pin sets. */
static void read_list(struct pin_reader *reader, const struct pin_setting *setting, bool in_pinset,
                      struct pin_digests *digests) {
  if (!pin_setting_is_filled_list(setting, "digests", reader->diagnostics))
    return;
  struct pin_children elements = pin_setting_elements(setting);
  struct pin_setting element;
  while (pin_children_next(&elements, &element)) {
    const char *text = pin_setting_string(&element, reader->diagnostics);
    if (text == NULL)
      continue;
    if (text[0] != '@') {
      append_digest(reader, &element, text, digests);
    } else if (!in_pinset) {
      append_pinset(reader, &element, text + 1, digests);
    } else {
      pin_diagnose(reader->diagnostics, PIN_ERROR, element.source, &element.place,
                   "a pin set cannot hold the pin set %s; expected digests only",
                   pin_quote(text + 1, strlen(text + 1)).text);
    }
  }
}

void pin_read_digests(struct pin_reader *reader, const struct pin_setting *setting,
                      struct pin_digests *digests) {
  read_list(reader, setting, false, digests);
}

static void free_pinset(void *value) {
  struct pinset *pinset = value;
  free(pinset->digests.digests);
  free(pinset);
}

void pin_pinsets_clear(struct pin_table *pinsets) {
  pin_table_clear(pinsets, free_pinset);
}

void pin_pinsets_keep(struct pin_reader *reader) {
  const struct pin_table *table = &reader->pinsets;
  for (size_t i = 0; i < table->capacity; i++) {
    const struct pinset *pinset = table->slots[i].key != NULL ? table->slots[i].value : NULL;
    if (pinset != NULL &&
        !pin_image_builder_add_pinset(
            reader->builder, &(struct pin_pinset_text){.name = pinset->name,
                                                       .file = pinset->file,
                                                       .line = pinset->line,
                                                       .digests = pin_digests_view(&pinset->digests)}))
      reader->diagnostics->no_memory = true;
  }
}

/* file: must live longer than the pin set. NULL: no memory. */
static struct pinset *new_pinset(const char *file, unsigned line, const char *name, size_t length) {
  struct pinset *pinset = calloc(1, sizeof *pinset + length + 1);
  if (pinset != NULL) {
    pinset->file = file;
    pinset->line = line;
    memcpy(pinset->name, name, length);
  }
  return pinset;
}

/* Reads the fixed part of a pin set in an image. Returns the size of the whole; 0: it does not fit. */
static size_t read_kept(const uint8_t *at, size_t left, struct pin_image_pinset *ret_fixed) {
  if (left < sizeof *ret_fixed)
    return 0;
  memcpy(ret_fixed, at, sizeof *ret_fixed);
  const uint64_t texts = pin_image_round_up(sizeof *ret_fixed + (uint64_t)ret_fixed->name_length + 1 +
                                            (uint64_t)ret_fixed->file_length + 1);
  const uint64_t size = texts + (uint64_t)ret_fixed->digest_count * sizeof(struct pin_digest);
  const uint8_t *name = at + sizeof *ret_fixed;
  if (size > left || name[ret_fixed->name_length] != '\0' ||
      name[(size_t)ret_fixed->name_length + 1 + ret_fixed->file_length] != '\0')
    return 0;
  return (size_t)size;
}

bool pin_pinsets_take(struct pin_reader *reader, const uint8_t *bytes, size_t size) {
  struct pin_image_pinset fixed;
  for (size_t at = sizeof(uint64_t), step; at < size; at += step) {
    step = read_kept(bytes + at, size - at, &fixed);
    if (step == 0)
      return false;
    const char *name = (const char *)bytes + at + sizeof fixed;
    const uint8_t *digests = bytes + at + step - fixed.digest_count * sizeof(struct pin_digest);
    struct pinset *pinset = new_pinset(name + fixed.name_length + 1, fixed.line, name, strlen(name));
    void **value = pinset != NULL ? pin_table_put(&reader->pinsets, pinset->name) : NULL;
    if (value == NULL || *value != NULL ||
        !append(&pinset->digests, (const struct pin_digest *)digests, fixed.digest_count)) {
      if (value != NULL && *value == NULL)
        *value = pinset;
      else
        free(pinset);
      reader->diagnostics->no_memory = true;
      return false;
    }
    *value = pinset;
  }
  return true;
}

/* Defines a pin set under the name at a place, even if its value has a mistake, so that uses of it are not
 * reported too. NULL: the name is defined already, or no memory; either was noted. */
static struct pinset *define(struct pin_reader *reader, const struct pin_source *source,
                             const struct pin_place *name) {
  const struct pinset *earlier = pin_table_find(&reader->pinsets, source->text + name->offset, name->width);
  if (earlier != NULL) {
    pin_diagnose(reader->diagnostics, PIN_ERROR, source, name,
                 "pin set \"%s\" is defined a second time; the first time is at %s:%u", earlier->name,
                 earlier->file, earlier->line);
    return NULL;
  }
  struct pinset *pinset = new_pinset(source->path, name->line, source->text + name->offset, name->width);
  void **value = pinset != NULL ? pin_table_put(&reader->pinsets, pinset->name) : NULL;
  if (value == NULL) {
    free(pinset);
    reader->diagnostics->no_memory = true;
    return NULL;
  }
  *value = pinset;
  return pinset;
}

void pin_read_pinset(struct pin_reader *reader, const struct pin_document *document,
                     const struct pin_section *section) {
  struct pin_lexer lexer = pin_section_lexer(document->source, section);
  struct pin_token name = pin_lexer_peek(&lexer);
  /* The name itself was a mistake, which was reported and blanked out. */
  if (name.kind != PIN_TOKEN_NAME)
    return;
  struct pinset *pinset = define(reader, document->source, &name.place);
  struct pin_digests unnamed = {0};
  struct pin_children members;
  struct pin_setting setting;
  if (section->readable &&
      pin_section_load(&reader->config, document->source, section, reader->diagnostics, &members) &&
      pin_children_next(&members, &setting))
    read_list(reader, &setting, true, pinset != NULL ? &pinset->digests : &unnamed);
  free(unnamed.digests);
}
