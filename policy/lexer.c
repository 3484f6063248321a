/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "lexer.h"

#include <string.h>

/* <ctype.h> depends on the locale of the host process, but the text must mean the same in every locale. */
static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name_byte(char c) {
  return is_letter(c) || is_digit(c) || c == '*' || c == '_' || c == '-';
}

static char byte_at(const struct pin_lexer *lexer, size_t offset) {
  return offset < lexer->size ? lexer->text[offset] : '\0';
}

struct pin_lexer pin_lexer_at_start(const char *text, size_t size) {
  return (struct pin_lexer){.text = text, .size = size, .line = 1};
}

static void start_line_after(struct pin_lexer *lexer, size_t newline) {
  lexer->line++;
  lexer->line_start = newline + 1;
}

static struct pin_place place_here(const struct pin_lexer *lexer) {
  return (struct pin_place){.offset = lexer->offset, .line_start = lexer->line_start, .line = lexer->line};
}

/* The number of bytes from `from` to `to`, but only up to the end of the line of `from`. */
static unsigned width_in_line(const struct pin_lexer *lexer, size_t from, size_t to) {
  const char *newline = memchr(lexer->text + from, '\n', to - from);
  return (unsigned)(newline != NULL ? (size_t)(newline - lexer->text) - from : to - from);
}

static void skip_line_comment(struct pin_lexer *lexer) {
  const char *newline = memchr(lexer->text + lexer->offset, '\n', lexer->size - lexer->offset);
  lexer->offset = newline != NULL ? (size_t)(newline - lexer->text) : lexer->size;
}

/* Returns whether the comment ends; if not, the lexer stays at its beginning. */
static bool skip_block_comment(struct pin_lexer *lexer) {
  struct pin_lexer inside = *lexer;
  for (inside.offset += 2; inside.offset < inside.size; inside.offset++) {
    if (inside.text[inside.offset] == '\n') {
      start_line_after(&inside, inside.offset);
    } else if (inside.text[inside.offset] == '*' && byte_at(&inside, inside.offset + 1) == '/') {
      inside.offset += 2;
      *lexer = inside;
      return true;
    }
  }
  return false;
}

/* Stops at a word, at the end, or at a comment without end. */
static void skip_space_and_comments(struct pin_lexer *lexer) {
  while (lexer->offset < lexer->size) {
    char c = lexer->text[lexer->offset];
    char next = byte_at(lexer, lexer->offset + 1);
    if (c == '\n')
      start_line_after(lexer, lexer->offset++);
    else if (c == ' ' || c == '\t' || c == '\r' || c == '\f')
      lexer->offset++;
    else if (c == '#' || (c == '/' && next == '/'))
      skip_line_comment(lexer);
    else if (c != '/' || next != '*' || !skip_block_comment(lexer))
      return;
  }
}

/* Makes a word that is within one line. */
static struct pin_token token_to(struct pin_lexer *lexer, enum pin_token_kind kind, size_t end) {
  struct pin_token token = {.kind = kind, .place = place_here(lexer), .end = end};
  token.place.width = (unsigned)(end - lexer->offset);
  lexer->offset = end;
  return token;
}

static struct pin_token bad_to(struct pin_lexer *lexer, size_t end, const char *problem) {
  struct pin_token token = token_to(lexer, PIN_TOKEN_BAD, end);
  token.place.width = width_in_line(lexer, token.place.offset, end);
  token.problem = problem;
  /* A word without end may cover several lines, and the end of the text is in the last of them. */
  for (size_t at = token.place.offset; at < end; at++)
    if (lexer->text[at] == '\n')
      start_line_after(lexer, at);
  return token;
}

/* The length of the escape that begins with the backslash at `offset`; 0: it is not a known one. */
static size_t escape_length(const struct pin_lexer *lexer, size_t offset) {
  char c = byte_at(lexer, offset + 1);
  if (c != '\0' && strchr("\\\"nrtf", c) != NULL)
    return 2;
  if (c != 'x' && c != 'X')
    return 0;
  char high = byte_at(lexer, offset + 2);
  char low = byte_at(lexer, offset + 3);
  /* libconfig would read \x00 as nothing. */
  return is_hex_digit(high) && is_hex_digit(low) && (high != '0' || low != '0') ? 4 : 0;
}

static struct pin_token bad_escape(struct pin_lexer *lexer, size_t offset) {
  lexer->offset = offset;
  return bad_to(lexer, offset + 1,
                "unknown escape; expected one of \\\\ \\\" \\n \\r \\t \\f or \\x01 to \\xFF");
}

static struct pin_token next_string(struct pin_lexer *lexer) {
  struct pin_lexer inside = *lexer;
  for (inside.offset++; inside.offset < inside.size; inside.offset++) {
    char c = inside.text[inside.offset];
    if (c == '"') {
      struct pin_token token = token_to(lexer, PIN_TOKEN_STRING, inside.offset + 1);
      if (inside.line != token.place.line)
        token.place.width = width_in_line(lexer, token.place.offset, token.end);
      lexer->line = inside.line;
      lexer->line_start = inside.line_start;
      return token;
    }
    if (c == '\n') {
      start_line_after(&inside, inside.offset);
    } else if (c == '\\') {
      size_t length = escape_length(&inside, inside.offset);
      if (length == 0) {
        *lexer = inside;
        return bad_escape(lexer, inside.offset);
      }
      inside.offset += length - 1;
    }
  }
  return bad_to(lexer, lexer->size, "the string has no end; expected a closing \"");
}

static size_t skip_digits(const struct pin_lexer *lexer, size_t offset) {
  while (is_digit(byte_at(lexer, offset)))
    offset++;
  return offset;
}

/* At most nine decimal or seven hexadecimal digits: libconfig 1.5 reduces larger numbers, so that port
 * 4294967739 would be 443, and later versions give them another type. */
static bool is_integer(const struct pin_lexer *lexer, size_t start, size_t end) {
  size_t digits = start;
  if (byte_at(lexer, start) == '0' && (byte_at(lexer, start + 1) | 0x20) == 'x') {
    for (digits = start + 2; digits < end && is_hex_digit(lexer->text[digits]); digits++) {
    }
    return digits == end && end - start > 2 && end - start <= 9;
  }
  if (lexer->text[start] == '-' || lexer->text[start] == '+')
    start++;
  digits = skip_digits(lexer, start);
  return digits == end && digits > start && digits - start <= 9;
}

static bool is_float(const struct pin_lexer *lexer, size_t start, size_t end) {
  if (lexer->text[start] == '-' || lexer->text[start] == '+')
    start++;
  size_t whole = skip_digits(lexer, start);
  if (whole == start || byte_at(lexer, whole) != '.')
    return false;
  size_t fraction = skip_digits(lexer, whole + 1);
  return fraction == end && fraction > whole + 1;
}

static struct pin_token next_number(struct pin_lexer *lexer) {
  size_t end = lexer->offset + 1;
  while (is_letter(byte_at(lexer, end)) || is_digit(byte_at(lexer, end)) || byte_at(lexer, end) == '.')
    end++;
  if (is_integer(lexer, lexer->offset, end))
    return token_to(lexer, PIN_TOKEN_INTEGER, end);
  if (is_float(lexer, lexer->offset, end))
    return token_to(lexer, PIN_TOKEN_FLOAT, end);
  return bad_to(lexer, end, "malformed number; expected digits alone, at most nine");
}

static bool matches_word(const struct pin_lexer *lexer, size_t end, const char *word) {
  size_t length = strlen(word);
  if (end - lexer->offset != length)
    return false;
  for (size_t i = 0; i < length; i++)
    if ((lexer->text[lexer->offset + i] | 0x20) != word[i])
      return false;
  return true;
}

static struct pin_token next_name(struct pin_lexer *lexer) {
  size_t end = lexer->offset + 1;
  while (is_name_byte(byte_at(lexer, end)))
    end++;
  bool boolean = matches_word(lexer, end, "true") || matches_word(lexer, end, "false");
  return token_to(lexer, boolean ? PIN_TOKEN_BOOLEAN : PIN_TOKEN_NAME, end);
}

static struct pin_token bad_byte(struct pin_lexer *lexer) {
  static const char include[] = "@include";
  size_t left = lexer->size - lexer->offset;
  if (left >= sizeof include - 1 && memcmp(lexer->text + lexer->offset, include, sizeof include - 1) == 0) {
    return bad_to(lexer, lexer->offset + sizeof include - 1,
                  "@include is not supported; use policy.d, whose files are read after the main file");
  }
  if (byte_at(lexer, lexer->offset) == '/' && byte_at(lexer, lexer->offset + 1) == '*')
    return bad_to(lexer, lexer->size, "the comment has no end; expected a closing */");
  static const char byte_order_mark[] = "\xef\xbb\xbf";
  if (lexer->offset == 0 && left >= 3 && memcmp(lexer->text, byte_order_mark, 3) == 0)
    return bad_to(lexer, 3, "a byte order mark; expected plain text, saved without one");
  return bad_to(lexer, lexer->offset + 1,
                "unexpected character; expected strings in double quotes and comments after #");
}

struct pin_token pin_lexer_next(struct pin_lexer *lexer) {
  static const char marks[] = "=:,;[](){}";
  static const enum pin_token_kind kinds[] = {
      PIN_TOKEN_EQUALS,      PIN_TOKEN_EQUALS,    PIN_TOKEN_COMMA,      PIN_TOKEN_SEMICOLON,
      PIN_TOKEN_ARRAY_START, PIN_TOKEN_ARRAY_END, PIN_TOKEN_LIST_START, PIN_TOKEN_LIST_END,
      PIN_TOKEN_GROUP_START, PIN_TOKEN_GROUP_END};

  skip_space_and_comments(lexer);
  if (lexer->offset >= lexer->size)
    return token_to(lexer, PIN_TOKEN_END, lexer->size);
  char c = lexer->text[lexer->offset];
  const char *mark = strchr(marks, c);
  if (c != '\0' && mark != NULL)
    return token_to(lexer, kinds[mark - marks], lexer->offset + 1);
  if (c == '"')
    return next_string(lexer);
  if (is_letter(c) || c == '*')
    return next_name(lexer);
  if (is_digit(c) || c == '-' || c == '+' || c == '.')
    return next_number(lexer);
  return bad_byte(lexer);
}

int pin_token_nesting(enum pin_token_kind kind) {
  switch (kind) {
  case PIN_TOKEN_ARRAY_START:
  case PIN_TOKEN_LIST_START:
  case PIN_TOKEN_GROUP_START:
    return 1;
  case PIN_TOKEN_ARRAY_END:
  case PIN_TOKEN_LIST_END:
  case PIN_TOKEN_GROUP_END:
    return -1;
  default:
    return 0;
  }
}

struct pin_token pin_lexer_peek(const struct pin_lexer *lexer) {
  struct pin_lexer ahead = *lexer;
  return pin_lexer_next(&ahead);
}

struct pin_place pin_place_join(const struct pin_lexer *lexer, const struct pin_token *first,
                                const struct pin_token *last) {
  struct pin_place place = first->place;
  place.width = width_in_line(lexer, place.offset, last->end);
  return place;
}
