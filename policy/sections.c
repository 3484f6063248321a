/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "sections.h"

#include "diagnostic.h"
#include "parser.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

struct section_reader {
  struct pin_parser parser;
  struct pin_sections *sections;
};

/* Begins a section at the next word. NULL: no memory. */
static struct pin_section *start_section(struct section_reader *reader, enum pin_section_kind kind) {
  struct pin_sections *sections = reader->sections;
  struct pin_parser *parser = &reader->parser;
  if (sections->count == sections->capacity) {
    size_t capacity = sections->capacity == 0 ? 16 : 2 * sections->capacity;
    struct pin_section *items = reallocarray(sections->items, capacity, sizeof items[0]);
    if (items == NULL) {
      parser->diagnostics->no_memory = true;
      return NULL;
    }
    sections->items = items;
    sections->capacity = capacity;
  }
  /* If reading went back because a string was given up, the sections behind this place are found again. */
  while (sections->count > 0 && sections->items[sections->count - 1].start >= parser->token.place.offset)
    sections->count--;
  parser->value_is_bad = false;
  parser->member_start = parser->token.place.offset;
  struct pin_section *section = &sections->items[sections->count];
  *section = (struct pin_section){.kind = kind,
                                  .line = parser->token.place.line,
                                  .line_start = parser->token.place.line_start,
                                  .start = parser->token.place.offset};
  return section;
}

static void end_section(struct section_reader *reader, struct pin_section *section) {
  section->end = reader->parser.previous_end;
  section->readable = !reader->parser.value_is_bad;
  /* If reading went back to before its beginning, there is no such section. */
  if (section->end > section->start)
    reader->sections->count++;
}

/* Reads an element, which is the next word. Returns whether it was read, perhaps with mistakes. */
static bool parse_host(struct section_reader *reader) {
  struct pin_parser *parser = &reader->parser;
  struct pin_section *section = start_section(reader, PIN_SECTION_HOST);
  if (section == NULL)
    return false;
  size_t skipped_before = parser->skipped_count;
  if (parser->token.kind != PIN_TOKEN_GROUP_START) {
    if (!pin_parser_value(parser, 2))
      return false;
    end_section(reader, section);
    return true;
  }
  section->unclosed = !pin_parser_group(parser, 2);
  parser->value_is_bad = parser->limit_reached;
  end_section(reader, section);
  section->doubtful = section->unclosed || parser->skipped_count > skipped_before;
  return true;
}

static bool place_is(const struct pin_parser *parser, const struct pin_place *place, const char *word) {
  size_t length = strlen(word);
  return place->width == length && memcmp(parser->source->text + place->offset, word, length) == 0;
}

/* Whether the next words can only be a setting at the top level. */
static bool at_known_setting(const struct pin_parser *parser) {
  static const char *const names[] = {"version",           "mode",     "blocked_keys", "exempt_anchors",
                                      "certificate_names", "unlisted", "pinsets",      "hosts"};
  if (!pin_parser_at_setting(parser))
    return false;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (place_is(parser, &parser->token.place, names[i]))
      return true;
  return false;
}

/* After a mistake between the entries of `hosts`: moves to the next entry or the ")". Returns false if the
 * list seems to end without ")". */
static bool resync_hosts(struct pin_parser *parser) {
  size_t start = parser->token.place.offset;
  pin_parser_note_resync(parser, start);
  for (;;) {
    enum pin_token_kind next = pin_lexer_peek(&parser->lexer).kind;
    switch (parser->token.kind) {
    case PIN_TOKEN_END:
    case PIN_TOKEN_GROUP_START:
    case PIN_TOKEN_LIST_END:
      return true;
    case PIN_TOKEN_SEMICOLON:
      if (next != PIN_TOKEN_GROUP_START && next != PIN_TOKEN_LIST_END)
        return false;
      break;
    default:
      if (at_known_setting(parser))
        return false;
      break;
    }
    pin_parser_advance(parser);
  }
}

/* Reads what follows an entry. Returns whether the list goes on. */
static bool parse_separator(struct section_reader *reader) {
  struct pin_parser *parser = &reader->parser;
  const struct pin_sections *sections = reader->sections;
  enum pin_token_kind kind = parser->token.kind;
  if (kind == PIN_TOKEN_COMMA) {
    pin_parser_advance(parser);
    return parser->token.kind != PIN_TOKEN_LIST_END || pin_parser_expected(parser, "a value") ||
           resync_hosts(parser);
  }
  if (kind == PIN_TOKEN_LIST_END ||
      (kind == PIN_TOKEN_GROUP_START && sections->count > 0 && sections->items[sections->count - 1].unclosed))
    return true;
  return pin_parser_expected(parser, "\",\" or \")\" after an entry of hosts") || resync_hosts(parser);
}

/* Reads from the "(" after `hosts =`. False: reading must end. */
static bool parse_hosts(struct section_reader *reader) {
  struct pin_parser *parser = &reader->parser;
  pin_parser_advance(parser);
  while (parser->token.kind != PIN_TOKEN_LIST_END) {
    size_t count = reader->sections->count;
    bool goes_on = parse_host(reader) ? parse_separator(reader) : resync_hosts(parser);
    if (pin_diagnostics_are_enough(parser->diagnostics))
      return false;
    if (!goes_on || (parser->token.kind == PIN_TOKEN_END && count == reader->sections->count))
      return true;
  }
  pin_parser_advance(parser);
  return true;
}

static bool parse_pinset(struct section_reader *reader) {
  struct pin_parser *parser = &reader->parser;
  if (parser->token.kind != PIN_TOKEN_NAME)
    return pin_parser_expected(parser, "the name of a pin set or \"}\"");
  struct pin_section *section = start_section(reader, PIN_SECTION_PINSET);
  if (section == NULL)
    return false;
  bool sound = pin_parser_name(parser) && pin_parser_value(parser, 2);
  parser->value_is_bad = parser->value_is_bad || !sound;
  end_section(reader, section);
  if (sound)
    pin_parser_terminator(parser);
  return sound;
}

/* Reads from the "{" after `pinsets =`. */
static void parse_pinsets(struct section_reader *reader) {
  struct pin_parser *parser = &reader->parser;
  pin_parser_advance(parser);
  while (parser->token.kind != PIN_TOKEN_GROUP_END && !pin_diagnostics_are_enough(parser->diagnostics)) {
    size_t start = parser->token.place.offset;
    if (parser->token.kind == PIN_TOKEN_END) {
      pin_parser_expected(parser, "the name of a pin set or \"}\"");
      return;
    }
    if (parse_pinset(reader))
      continue;
    size_t skipped_before = parser->skipped_count;
    bool goes_on = pin_parser_resync(parser, start);
    /* Only its name is read, so that uses of it are not reported. */
    parser->skipped_count = skipped_before;
    if (!goes_on)
      return;
  }
  pin_parser_advance(parser);
}

/* Reads a setting, whose name is the next word. False: there is no name, or no valid value after it. */
static bool parse_setting(struct section_reader *reader) {
  struct pin_parser *parser = &reader->parser;
  struct pin_place name = parser->token.place;
  if (parser->token.kind != PIN_TOKEN_NAME)
    return pin_parser_expected(parser, "the name of a setting");
  struct pin_section *section = start_section(reader, PIN_SECTION_SETTING);
  if (section == NULL || !pin_parser_name(parser))
    return false;
  bool hosts = parser->token.kind == PIN_TOKEN_LIST_START && place_is(parser, &name, "hosts");
  bool pinsets = parser->token.kind == PIN_TOKEN_GROUP_START && place_is(parser, &name, "pinsets");
  if (hosts || pinsets) {
    section->kind = PIN_SECTION_PARENT;
    end_section(reader, section);
    if (pinsets)
      parse_pinsets(reader);
    return pinsets || parse_hosts(reader);
  }
  size_t skipped_before = parser->skipped_count;
  if (!pin_parser_value(parser, 1))
    return false;
  parser->value_is_bad = parser->value_is_bad || parser->skipped_count > skipped_before;
  end_section(reader, section);
  return true;
}

/* After a mistake at the top level, in what began at `start`: moves to the next setting. */
static void resync_settings(struct pin_parser *parser, size_t start) {
  pin_parser_note_resync(parser, start);
  struct pin_lexer lexer = {
      .text = parser->source->text, .size = parser->token.place.offset, .offset = start};
  int depth = 0;
  for (struct pin_token token = pin_lexer_next(&lexer); token.kind != PIN_TOKEN_END;
       token = pin_lexer_next(&lexer))
    depth += pin_token_nesting(token.kind);
  for (bool passed = false; parser->token.kind != PIN_TOKEN_END; passed = true) {
    if (at_known_setting(parser) && (passed || parser->token.place.offset != start))
      return;
    enum pin_token_kind kind = parser->token.kind;
    depth += pin_token_nesting(kind);
    pin_parser_advance(parser);
    if (kind == PIN_TOKEN_SEMICOLON && depth <= 0)
      return;
  }
}

static void parse_text(struct section_reader *reader) {
  struct pin_parser *parser = &reader->parser;
  pin_parser_advance(parser);
  while (parser->token.kind != PIN_TOKEN_END && !pin_diagnostics_are_enough(parser->diagnostics)) {
    size_t start = parser->token.place.offset;
    if (parse_setting(reader))
      pin_parser_terminator(parser);
    else
      resync_settings(parser, start);
  }
}

/* Whether skipped bytes touch a section and reach beyond it, so that the section is not complete. */
static bool cuts(const struct pin_skipped *skipped, const struct pin_section *section) {
  return skipped->start < section->end && skipped->end > section->start &&
         (skipped->start <= section->start || skipped->end > section->end);
}

/* The first section that ends behind this place; sections are in order. */
static size_t first_section_behind(const struct pin_sections *sections, size_t offset) {
  size_t low = 0, high = sections->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (sections->items[middle].end > offset)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/* Marks sections as unreadable if they turned out to be part of a string without end. */
static void distrust_sections(const struct pin_parser *parser, struct pin_sections *sections) {
  for (size_t h = 0; h < parser->skipped_count; h++) {
    const struct pin_skipped *skipped = &parser->skipped[h];
    for (size_t i = first_section_behind(sections, skipped->start);
         i < sections->count && sections->items[i].start < skipped->end; i++)
      if (cuts(skipped, &sections->items[i]))
        sections->items[i].readable = false;
  }
}

/* Overwrites with blanks what could not be understood. The original is kept for messages. */
static void blank_skipped(const struct pin_parser *parser, struct pin_source *source) {
  if (parser->skipped_count == 0)
    return;
  source->original = malloc(source->size + 1);
  if (source->original == NULL) {
    parser->diagnostics->no_memory = true;
    return;
  }
  memcpy(source->original, source->text, source->size + 1);
  for (size_t i = 0; i < parser->skipped_count; i++)
    for (size_t at = parser->skipped[i].start; at < parser->skipped[i].end; at++)
      if (source->text[at] != '\n')
        source->text[at] = ' ';
}

struct pin_lexer pin_section_lexer(const struct pin_source *source, const struct pin_section *section) {
  return (struct pin_lexer){.text = source->text,
                            .size = section->end,
                            .offset = section->start,
                            .line_start = section->line_start,
                            .line = section->line};
}

/* Whether our grammar accepts every word of the section as it is now, up to its end. The end becomes that
 * of its last word, because libconfig does not accept a comment that is cut off by the end of the text. */
static bool is_sound(const struct pin_source *source, struct pin_section *section,
                     struct pin_diagnostics *diagnostics) {
  struct pin_source piece = {.path = source->path, .text = source->text, .size = section->end};
  struct pin_diagnostics mistakes = {.limit = 1};
  struct pin_parser parser = {.source = &piece,
                              .diagnostics = &mistakes,
                              .resync_at = piece.size,
                              .lexer = pin_section_lexer(source, section)};
  bool sound;
  pin_parser_advance(&parser);
  if (section->kind != PIN_SECTION_HOST) {
    sound = pin_parser_name(&parser) && pin_parser_value(&parser, 2);
  } else if (section->unclosed) {
    pin_parser_advance(&parser);
    sound = pin_parser_members(&parser, 2, PIN_TOKEN_END);
  } else {
    sound = pin_parser_value(&parser, 2);
  }
  sound = sound && parser.token.kind == PIN_TOKEN_END && mistakes.count == 0 && !mistakes.no_memory;
  section->end = parser.previous_end;
  diagnostics->no_memory = diagnostics->no_memory || mistakes.no_memory;
  pin_diagnostics_clear(&mistakes);
  free(parser.skipped);
  return sound;
}

/*
 * libconfig must never see a mistake: 1.5 leaks the string at which it stops, and a process reads a broken
 * policy again and again. In a text with mistakes, sections are cut by guessing, and parts of them are blank
 * by now. So each is checked once more.
 */
static void distrust_pieces(struct pin_sections *sections, const struct pin_source *source,
                            struct pin_diagnostics *diagnostics) {
  for (size_t i = 0; i < sections->count && !diagnostics->no_memory; i++) {
    struct pin_section *section = &sections->items[i];
    if (section->readable && section->kind != PIN_SECTION_PARENT)
      section->readable = is_sound(source, section, diagnostics);
  }
}

/* libconfig takes a NUL for the end of the text. What follows it must not be ignored silently. */
static bool has_nul(const struct pin_source *source, struct pin_diagnostics *diagnostics) {
  const char *nul = memchr(source->text, '\0', source->size);
  if (nul == NULL)
    return false;
  struct pin_place place = {.offset = (size_t)(nul - source->text), .line = 1};
  for (size_t i = 0; i < place.offset; i++) {
    if (source->text[i] == '\n') {
      place.line++;
      place.line_start = i + 1;
    }
  }
  pin_diagnose(diagnostics, PIN_ERROR, source, &place, "a NUL byte; expected text");
  return true;
}

void pin_sections_read(struct pin_source *source, struct pin_diagnostics *diagnostics,
                       struct pin_sections *ret_sections) {
  *ret_sections = (struct pin_sections){.broken_at = source->size};
  const size_t earlier_mistakes = diagnostics->count;
  if (has_nul(source, diagnostics)) {
    ret_sections->broken_at = 0;
    return;
  }
  struct section_reader reader = {.sections = ret_sections,
                                  .parser = {.source = source,
                                             .diagnostics = diagnostics,
                                             .resync_at = source->size,
                                             .lexer = pin_lexer_at_start(source->text, source->size)}};
  parse_text(&reader);
  ret_sections->broken_at = reader.parser.resync_at;
  if (reader.parser.resync_at < source->size)
    distrust_sections(&reader.parser, ret_sections);
  blank_skipped(&reader.parser, source);
  if (diagnostics->count > earlier_mistakes)
    distrust_pieces(ret_sections, source, diagnostics);
  free(reader.parser.skipped);
}

void pin_sections_free(struct pin_sections *sections) {
  free(sections->items);
  *sections = (struct pin_sections){0};
}
