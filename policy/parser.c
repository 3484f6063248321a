/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "parser.h"

#include "diagnostic.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

/* An entry's list is at depth 3. Deeper nesting is a mistake, and recursion needs a limit. */
#define MAX_DEPTH 8

void pin_parser_advance(struct pin_parser *parser) {
  parser->previous_end = parser->token.end;
  parser->token = pin_lexer_next(&parser->lexer);
  if (parser->token.kind == PIN_TOKEN_STRING && parser->lexer.line != parser->token.place.line) {
    parser->open_string = parser->token;
    parser->open_string_last = parser->lexer.line;
    parser->open_string_member = parser->member_start;
  }
}

static struct pin_quoted quote_place(const struct pin_parser *parser, const struct pin_place *place) {
  return pin_quote(parser->source->text + place->offset, place->width);
}

void pin_parser_note_resync(struct pin_parser *parser, size_t offset) {
  if (offset < parser->resync_at)
    parser->resync_at = offset;
}

/* Notes bytes that are skipped: no message explains them, and libconfig does not see them. */
static void skip_bytes(struct pin_parser *parser, size_t start, size_t end) {
  if (start >= end)
    return;
  if (parser->skipped_count == parser->skipped_capacity) {
    size_t capacity = parser->skipped_capacity == 0 ? 8 : 2 * parser->skipped_capacity;
    struct pin_skipped *skipped = reallocarray(parser->skipped, capacity, sizeof skipped[0]);
    if (skipped == NULL) {
      parser->diagnostics->no_memory = true;
      return;
    }
    parser->skipped = skipped;
    parser->skipped_capacity = capacity;
  }
  parser->skipped[parser->skipped_count++] = (struct pin_skipped){.start = start, .end = end};
}

/* Ends skipped parts at the place where reading goes on, because everything from there is read again. */
static void cut_skipped(const struct pin_parser *parser, size_t offset) {
  for (size_t i = 0; i < parser->skipped_count; i++) {
    struct pin_skipped *skipped = &parser->skipped[i];
    if (skipped->end > offset)
      skipped->end = offset;
    if (skipped->start > offset)
      skipped->start = offset;
  }
}

/* Goes on at the line after the one in which a string begins: the string was not meant to be one. */
static void abandon_string(struct pin_parser *parser, const struct pin_place *string) {
  const char *text = parser->source->text;
  const char *newline = memchr(text + string->offset, '\n', parser->source->size - string->offset);
  size_t next = newline != NULL ? (size_t)(newline - text) + 1 : parser->source->size;
  pin_parser_note_resync(parser, string->offset);
  cut_skipped(parser, next);
  parser->lexer.offset = next;
  parser->lexer.line_start = next;
  parser->lexer.line = string->line + 1;
  parser->open_string.end = 0;
  parser->end_is_known = parser->end_is_known || next == parser->source->size;
  pin_parser_advance(parser);
  parser->previous_end = next;
}

/* Whether a string ends where another was meant to begin, so that text follows directly and no mark. */
static bool ends_in_text(const struct pin_parser *parser, const struct pin_token *string) {
  return string->end != 0 && string->end < parser->source->size &&
         strchr(" \t\r\n\f;,])}#/", parser->source->text[string->end]) == NULL;
}

/* Strings may have several lines. But a mistake in the line where one ends means that this was not
 * intended: its closing quote is missing, and every quote since has been taken for the opposite one. */
static bool blame_open_string(struct pin_parser *parser) {
  const struct pin_token *string = &parser->open_string;
  if (!ends_in_text(parser, string) || parser->token.place.line != parser->open_string_last)
    return false;
  struct pin_place place = string->place;
  pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, &place,
               "the string goes on in the next line; expected a closing \" in this one");
  size_t member = parser->open_string_member;
  abandon_string(parser, &place);
  skip_bytes(parser, member, parser->lexer.line_start);
  return true;
}

static void report_bad_token(struct pin_parser *parser) {
  struct pin_token bad = parser->token;
  pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, &bad.place, "%s", bad.problem);
  if (bad.end < parser->source->size)
    return;
  if (parser->source->text[bad.place.offset] == '"')
    abandon_string(parser, &bad.place);
  else
    parser->end_is_known = true;
}

bool pin_parser_expected(struct pin_parser *parser, const char *what) {
  const struct pin_token *token = &parser->token;
  if (blame_open_string(parser))
    return false;
  if (token->kind == PIN_TOKEN_BAD) {
    report_bad_token(parser);
  } else if (token->kind == PIN_TOKEN_END) {
    if (!parser->end_is_known)
      pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, &token->place,
                   "expected %s, not the end of the file", what);
    parser->end_is_known = true;
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

/* Skips a scalar; adjacent strings are one. */
static void skip_scalar(struct pin_parser *parser) {
  bool string = parser->token.kind == PIN_TOKEN_STRING;
  pin_parser_advance(parser);
  while (string && parser->token.kind == PIN_TOKEN_STRING)
    pin_parser_advance(parser);
}

/* Reads a value of an array whose first value has the kind `first`. */
static bool parse_element(struct pin_parser *parser, enum pin_token_kind first) {
  if (pin_token_nesting(parser->token.kind) > 0) {
    pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, &parser->token.place,
                 "an array [ ] holds no groups, lists or arrays; expected a list ( ) for those");
    return false;
  }
  if (!is_scalar(parser->token.kind))
    return pin_parser_expected(parser, "a value");
  if (parser->token.kind != first) {
    parser->value_is_bad = true;
    pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, &parser->token.place,
                 "an array [ ] holds values of one type; expected the type of its first value");
  }
  skip_scalar(parser);
  return true;
}

static bool parse_array(struct pin_parser *parser) {
  pin_parser_advance(parser);
  enum pin_token_kind first = parser->token.kind;
  while (first != PIN_TOKEN_ARRAY_END) {
    if (!parse_element(parser, first))
      return false;
    if (parser->token.kind == PIN_TOKEN_ARRAY_END)
      break;
    if (parser->token.kind != PIN_TOKEN_COMMA)
      return pin_parser_expected(parser, "\",\" or \"]\" after a value of an array");
    pin_parser_advance(parser);
  }
  pin_parser_advance(parser);
  return true;
}

static bool parse_list(struct pin_parser *parser, unsigned depth) {
  pin_parser_advance(parser);
  if (parser->token.kind == PIN_TOKEN_LIST_END) {
    pin_parser_advance(parser);
    return true;
  }
  while (pin_parser_value(parser, depth + 1)) {
    if (parser->token.kind == PIN_TOKEN_LIST_END) {
      pin_parser_advance(parser);
      return true;
    }
    if (parser->token.kind != PIN_TOKEN_COMMA)
      return pin_parser_expected(parser, "\",\" or \")\" after a value of a list");
    pin_parser_advance(parser);
  }
  return false;
}

bool pin_parser_value(struct pin_parser *parser, unsigned depth) {
  if (is_scalar(parser->token.kind)) {
    skip_scalar(parser);
    return true;
  }
  if (depth > MAX_DEPTH)
    return pin_parser_expected(parser, "a value that is nested less deeply");
  switch (parser->token.kind) {
  case PIN_TOKEN_ARRAY_START:
    return parse_array(parser);
  case PIN_TOKEN_LIST_START:
    return parse_list(parser, depth);
  case PIN_TOKEN_GROUP_START:
    return pin_parser_group(parser, depth);
  default:
    return pin_parser_expected(parser, "a value");
  }
}

bool pin_parser_name(struct pin_parser *parser) {
  pin_parser_advance(parser);
  if (parser->token.kind != PIN_TOKEN_EQUALS)
    return pin_parser_expected(parser, "\"=\" after the name of a setting");
  pin_parser_advance(parser);
  return true;
}

void pin_parser_terminator(struct pin_parser *parser) {
  if (parser->token.kind == PIN_TOKEN_SEMICOLON || parser->token.kind == PIN_TOKEN_COMMA)
    pin_parser_advance(parser);
}

bool pin_parser_at_setting(const struct pin_parser *parser) {
  return parser->token.kind == PIN_TOKEN_NAME && pin_lexer_peek(&parser->lexer).kind == PIN_TOKEN_EQUALS;
}

/* How many lists are opened and not closed between two places. */
static size_t open_lists(const struct pin_parser *parser, size_t start, size_t end) {
  struct pin_lexer lexer = {.text = parser->source->text, .size = end, .offset = start, .line = 1};
  size_t open = 0;
  for (struct pin_token token = pin_lexer_next(&lexer); token.kind != PIN_TOKEN_END;
       token = pin_lexer_next(&lexer)) {
    if (token.kind == PIN_TOKEN_LIST_START)
      open++;
    else if (token.kind == PIN_TOKEN_LIST_END && open > 0)
      open--;
  }
  return open;
}

/* Whether the next word cannot be part of a group, but ends or follows the surrounding one. */
static bool is_outside_group(const struct pin_parser *parser, size_t lists) {
  switch (parser->token.kind) {
  case PIN_TOKEN_GROUP_START:
    return true;
  case PIN_TOKEN_COMMA:
    return pin_lexer_peek(&parser->lexer).kind == PIN_TOKEN_GROUP_START;
  case PIN_TOKEN_LIST_END:
    return lists == 0;
  default:
    return false;
  }
}

bool pin_parser_resync(struct pin_parser *parser, size_t start) {
  const size_t failed_at = start;
  /* Reading went back to before it, because a string was given up. */
  if (parser->token.place.offset < start)
    start = parser->previous_end;
  size_t lists = open_lists(parser, start, parser->token.place.offset);
  bool closed = false;
  while (parser->token.kind != PIN_TOKEN_END && parser->token.kind != PIN_TOKEN_GROUP_END &&
         !(pin_parser_at_setting(parser) && parser->token.place.offset != failed_at)) {
    closed = is_outside_group(parser, lists);
    if (closed)
      break;
    enum pin_token_kind passed = parser->token.kind;
    if (passed == PIN_TOKEN_LIST_START)
      lists++;
    if (passed == PIN_TOKEN_LIST_END)
      lists--;
    pin_parser_advance(parser);
    if (passed == PIN_TOKEN_SEMICOLON)
      break;
  }
  skip_bytes(parser, start, parser->token.place.offset);
  if (closed)
    pin_parser_note_resync(parser, start);
  return !closed;
}

/* Notes the name that is the next word. A repeated name is a mistake of its setting. Returns false if
 * there are too many names, which it reports. */
static bool note_member(struct pin_parser *parser, struct pin_members *members) {
  const struct pin_place *place = &parser->token.place;
  const char *text = parser->source->text;
  for (size_t i = 0; i < members->count; i++) {
    const struct pin_place *earlier = &members->places[i];
    if (earlier->width == place->width &&
        memcmp(text + earlier->offset, text + place->offset, place->width) == 0) {
      parser->value_is_bad = true;
      pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, place,
                   "%s is set a second time; the first time is in line %u", quote_place(parser, place).text,
                   earlier->line);
      return true;
    }
  }
  if (members->count == PIN_MAX_MEMBERS) {
    pin_diagnose(parser->diagnostics, PIN_ERROR, parser->source, place,
                 "too many settings in one group; expected at most %d", PIN_MAX_MEMBERS);
    return false;
  }
  members->places[members->count++] = *place;
  return true;
}

static bool parse_member(struct pin_parser *parser, struct pin_members *members, unsigned depth) {
  size_t start = parser->token.place.offset;
  parser->member_start = start;
  parser->value_is_bad = false;
  if (parser->token.kind != PIN_TOKEN_NAME)
    return pin_parser_expected(parser, "the name of a setting or \"}\"");
  if (!note_member(parser, members)) {
    pin_parser_note_resync(parser, start);
    parser->limit_reached = true;
    parser->end_is_known = true;
    parser->lexer.offset = parser->lexer.size;
    return false;
  }
  if (!pin_parser_name(parser) || !pin_parser_value(parser, depth + 1))
    return false;
  pin_parser_terminator(parser);
  /* With its terminator, because libconfig accepts no second one. */
  if (parser->value_is_bad)
    skip_bytes(parser, start, parser->token.place.offset);
  parser->value_is_bad = false;
  return true;
}

bool pin_parser_members(struct pin_parser *parser, unsigned depth, enum pin_token_kind end) {
  struct pin_members members = {.count = 0};
  while (parser->token.kind != end) {
    size_t start = parser->token.place.offset;
    /* Neither word is ever skipped, so reading cannot go on there. */
    if (parser->token.kind == PIN_TOKEN_END || parser->token.kind == PIN_TOKEN_GROUP_END)
      return pin_parser_expected(parser, "the name of a setting or \"}\"");
    if (!parse_member(parser, &members, depth) && !pin_parser_resync(parser, start))
      return false;
  }
  return true;
}

bool pin_parser_group(struct pin_parser *parser, unsigned depth) {
  pin_parser_advance(parser);
  if (!pin_parser_members(parser, depth, PIN_TOKEN_GROUP_END))
    return false;
  pin_parser_advance(parser);
  return true;
}
