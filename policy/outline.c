/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "outline.h"

#include "diagnostic.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

/* An entry's list is at depth 3. What is deeper is a mistake anyway, and recursion needs a bound. */
#define MAX_DEPTH 8

/* An entry has 13 settings. Only `pinsets` may hold more, and its members are not counted here. */
#define MAX_MEMBERS 64

struct parser {
  const struct pin_source *source;
  struct pin_diagnostics *diagnostics;
  struct pin_outline *outline;
  struct pin_lexer lexer; /* after `token` */
  struct pin_token token; /* the one to be looked at */
  size_t previous_end;    /* of the token before */
  bool section_is_broken; /* a mistake that concerns this section alone */
};

/* The names of one group, to find repeated ones. */
struct members {
  struct pin_place places[MAX_MEMBERS];
  size_t count;
};

static void advance(struct parser *parser) {
  parser->previous_end = parser->token.end;
  parser->token = pin_lexer_next(&parser->lexer);
}

static struct pin_quoted quote_place(const struct parser *parser, const struct pin_place *place) {
  return pin_quote(parser->source->text + place->offset, place->width);
}

/* Reports that something else was expected here. Always false: the grammar ends here. */
static bool expected(struct parser *parser, const char *what) {
  const struct pin_token *token = &parser->token;
  if (token->kind == PIN_TOKEN_BAD) {
    pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, &token->place, "%s", token->problem);
  } else if (token->kind == PIN_TOKEN_END) {
    pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, &token->place,
                 "expected %s, not the end of the file", what);
  } else {
    pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, &token->place, "expected %s, not %s", what,
                 quote_place(parser, &token->place).text);
  }
  return false;
}

static bool is_scalar(enum pin_token_kind kind) {
  return kind == PIN_TOKEN_STRING || kind == PIN_TOKEN_INTEGER || kind == PIN_TOKEN_FLOAT ||
         kind == PIN_TOKEN_BOOLEAN;
}

/* A scalar; adjacent strings are one. */
static void skip_scalar(struct parser *parser) {
  bool string = parser->token.kind == PIN_TOKEN_STRING;
  advance(parser);
  while (string && parser->token.kind == PIN_TOKEN_STRING)
    advance(parser);
}

static bool opens_aggregate(enum pin_token_kind kind) {
  return kind == PIN_TOKEN_ARRAY_START || kind == PIN_TOKEN_LIST_START || kind == PIN_TOKEN_GROUP_START;
}

/* A value of an array whose first value is of the kind `first`. */
static bool parse_element(struct parser *parser, enum pin_token_kind first) {
  if (opens_aggregate(parser->token.kind)) {
    pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, &parser->token.place,
                 "an array [ ] holds no groups, lists or arrays; expected a list ( ) for those");
    return false;
  }
  if (!is_scalar(parser->token.kind))
    return expected(parser, "a value");
  if (parser->token.kind != first) {
    parser->section_is_broken = true;
    pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, &parser->token.place,
                 "an array [ ] holds values of one type; expected the type of its first value");
  }
  skip_scalar(parser);
  return true;
}

static bool parse_array(struct parser *parser) {
  advance(parser);
  enum pin_token_kind first = parser->token.kind;
  while (first != PIN_TOKEN_ARRAY_END) {
    if (!parse_element(parser, first))
      return false;
    if (parser->token.kind == PIN_TOKEN_ARRAY_END)
      break;
    if (parser->token.kind != PIN_TOKEN_COMMA)
      return expected(parser, "\",\" or \"]\" after a value of an array");
    advance(parser);
  }
  advance(parser);
  return true;
}

static bool parse_value(struct parser *parser, unsigned depth);

static bool parse_list(struct parser *parser, unsigned depth) {
  advance(parser);
  if (parser->token.kind == PIN_TOKEN_LIST_END) {
    advance(parser);
    return true;
  }
  while (parse_value(parser, depth + 1)) {
    if (parser->token.kind == PIN_TOKEN_LIST_END) {
      advance(parser);
      return true;
    }
    if (parser->token.kind != PIN_TOKEN_COMMA)
      return expected(parser, "\",\" or \")\" after a value of a list");
    advance(parser);
  }
  return false;
}

/* Notes the name that is the next word. Returns false, and has said why, where there are too many. */
static bool note_member(struct parser *parser, struct members *members) {
  const struct pin_place *place = &parser->token.place;
  const char *text = parser->source->text;
  for (size_t i = 0; i < members->count; i++) {
    const struct pin_place *earlier = &members->places[i];
    if (earlier->width == place->width &&
        memcmp(text + earlier->offset, text + place->offset, place->width) == 0) {
      parser->section_is_broken = true;
      pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, place,
                   "%s is set a second time; the first time is in line %u", quote_place(parser, place).text,
                   earlier->line);
      return true;
    }
  }
  if (members->count == MAX_MEMBERS) {
    pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, place,
                 "too many settings in one group; expected at most %d", MAX_MEMBERS);
    return false;
  }
  members->places[members->count++] = *place;
  return true;
}

/* The name is the next word. Goes on to the first word of the value. */
static bool parse_name(struct parser *parser) {
  advance(parser);
  if (parser->token.kind != PIN_TOKEN_EQUALS)
    return expected(parser, "\"=\" after the name of a setting");
  advance(parser);
  return true;
}

static void skip_terminator(struct parser *parser) {
  if (parser->token.kind == PIN_TOKEN_SEMICOLON || parser->token.kind == PIN_TOKEN_COMMA)
    advance(parser);
}

static bool parse_group(struct parser *parser, unsigned depth) {
  struct members members = {.count = 0};
  advance(parser);
  while (parser->token.kind == PIN_TOKEN_NAME) {
    if (!note_member(parser, &members) || !parse_name(parser) || !parse_value(parser, depth + 1))
      return false;
    skip_terminator(parser);
  }
  if (parser->token.kind != PIN_TOKEN_GROUP_END)
    return expected(parser, "the name of a setting or \"}\"");
  advance(parser);
  return true;
}

static bool parse_value(struct parser *parser, unsigned depth) {
  if (is_scalar(parser->token.kind)) {
    skip_scalar(parser);
    return true;
  }
  if (depth > MAX_DEPTH)
    return expected(parser, "a value that is nested less deeply");
  switch (parser->token.kind) {
  case PIN_TOKEN_ARRAY_START:
    return parse_array(parser);
  case PIN_TOKEN_LIST_START:
    return parse_list(parser, depth);
  case PIN_TOKEN_GROUP_START:
    return parse_group(parser, depth);
  default:
    return expected(parser, "a value");
  }
}

/* Starts a section at the next word. NULL: out of memory. */
static struct pin_section *start_section(struct parser *parser, enum pin_section_kind kind) {
  struct pin_outline *outline = parser->outline;
  if (outline->count == outline->capacity) {
    size_t capacity = outline->capacity == 0 ? 16 : 2 * outline->capacity;
    struct pin_section *sections = reallocarray(outline->sections, capacity, sizeof(struct pin_section));
    if (sections == NULL) {
      parser->diagnostics->no_memory = true;
      return NULL;
    }
    outline->sections = sections;
    outline->capacity = capacity;
  }
  parser->section_is_broken = false;
  struct pin_section *section = &outline->sections[outline->count];
  *section = (struct pin_section){.kind = kind,
                                  .line = parser->token.place.line,
                                  .line_start = parser->token.place.line_start,
                                  .start = parser->token.place.offset};
  return section;
}

/* The section becomes part of the outline only when its grammar is sound. */
static void end_section(struct parser *parser, struct pin_section *section) {
  section->end = parser->previous_end;
  section->readable = !parser->section_is_broken;
  parser->outline->count++;
}

/* The element is the next word. */
static bool parse_host(struct parser *parser) {
  struct pin_section *section = start_section(parser, PIN_SECTION_HOST);
  if (section == NULL || !parse_value(parser, 2))
    return false;
  end_section(parser, section);
  return true;
}

/* From the "(" after `hosts =`. */
static bool parse_hosts(struct parser *parser) {
  advance(parser);
  if (parser->token.kind == PIN_TOKEN_LIST_END) {
    advance(parser);
    return true;
  }
  while (parse_host(parser)) {
    if (parser->token.kind == PIN_TOKEN_LIST_END) {
      advance(parser);
      return true;
    }
    if (parser->token.kind != PIN_TOKEN_COMMA)
      return expected(parser, "\",\" or \")\" after an entry of hosts");
    advance(parser);
  }
  return false;
}

/* From the "{" after `pinsets =`. */
static bool parse_pinsets(struct parser *parser) {
  advance(parser);
  while (parser->token.kind == PIN_TOKEN_NAME) {
    struct pin_section *section = start_section(parser, PIN_SECTION_PINSET);
    if (section == NULL || !parse_name(parser) || !parse_value(parser, 2))
      return false;
    end_section(parser, section);
    skip_terminator(parser);
  }
  if (parser->token.kind != PIN_TOKEN_GROUP_END)
    return expected(parser, "the name of a pin set or \"}\"");
  advance(parser);
  return true;
}

static bool place_is(const struct parser *parser, const struct pin_place *place, const char *word) {
  size_t length = strlen(word);
  return place->width == length && memcmp(parser->source->text + place->offset, word, length) == 0;
}

/* `hosts = (` and `pinsets = {`: each member becomes a section. */
static bool parse_parent(struct parser *parser, struct pin_section *section) {
  section->kind = PIN_SECTION_PARENT;
  end_section(parser, section);
  return parser->token.kind == PIN_TOKEN_LIST_START ? parse_hosts(parser) : parse_pinsets(parser);
}

/* The name is the next word. */
static bool parse_setting(struct parser *parser) {
  struct pin_place name = parser->token.place;
  struct pin_section *section = start_section(parser, PIN_SECTION_SETTING);
  if (section == NULL || !parse_name(parser))
    return false;
  bool hosts = parser->token.kind == PIN_TOKEN_LIST_START && place_is(parser, &name, "hosts");
  bool pinsets = parser->token.kind == PIN_TOKEN_GROUP_START && place_is(parser, &name, "pinsets");
  if (hosts || pinsets)
    return parse_parent(parser, section);
  if (!parse_value(parser, 1))
    return false;
  end_section(parser, section);
  return true;
}

static bool parse_text(struct parser *parser) {
  advance(parser);
  while (parser->token.kind == PIN_TOKEN_NAME) {
    if (!parse_setting(parser))
      return false;
    skip_terminator(parser);
  }
  return parser->token.kind == PIN_TOKEN_END || expected(parser, "the name of a setting");
}

/* libconfig takes a NUL for the end of the text; what comes after it must not be lost in silence. */
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

void pin_outline_read(const struct pin_source *source, struct pin_diagnostics *diagnostics,
                      struct pin_outline *ret_outline) {
  *ret_outline = (struct pin_outline){.broken_at = source->size};
  if (has_nul(source, diagnostics)) {
    ret_outline->broken_at = 0;
    return;
  }
  struct parser parser = {.source = source,
                          .diagnostics = diagnostics,
                          .outline = ret_outline,
                          .lexer = pin_lexer_at_start(source->text, source->size)};
  if (!parse_text(&parser)) {
    size_t count = ret_outline->count;
    ret_outline->broken_at = count > 0 ? ret_outline->sections[count - 1].end : 0;
  }
}

void pin_outline_free(struct pin_outline *outline) {
  free(outline->sections);
  *outline = (struct pin_outline){0};
}
