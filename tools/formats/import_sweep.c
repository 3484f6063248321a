/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/import.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "formats/tokens.h"

/* ---- Comments ---- */

static bool begins(const char *at, const char *word) {
  return strncmp(at, word, strlen(word)) == 0;
}

struct comment_mark {
  const char *begin, *end; /* "\n": the end of the line, which is no part of it */
  bool at_start;           /* only at the start of a line */
  bool behind_blank;
};

/* The marks of each style; the longer one of two that begin alike first. */
#define MOST_MARKS 5
static const struct comment_mark marks[][MOST_MARKS] = {
    [COMMENTS_C] = {{"//", "\n", false, false}},
    [COMMENTS_PHP] = {{"//", "\n", false, true}, {"#", "\n", false, true}},
    [COMMENTS_LUA] = {{"--[[", "]]", false, false}, {"--", "\n", false, false}},
    [COMMENTS_XML] = {{"<!--", "-->", false, false}},
    [COMMENTS_SERVER] = {{"<!--", "-->", false, false},
                         {"//", "\n", true, false},
                         {"/*", "*/", true, false},
                         {"--", "\n", true, false},
                         {"#", "\n", false, true}},
    [COMMENTS_HASH] = {{"#", "\n", false, true}},
    [COMMENTS_HASH_LINE] = {{"#", "\n", true, false}},
    [COMMENTS_INI] = {{"#", "\n", false, true}, {";", "\n", false, true}},
};

/* Where the comment ends that begins at `at`; `at` itself: none does. */
static const char *end_of_comment(const char *at, bool at_start, enum comment_style style) {
  for (size_t i = 0; i < MOST_MARKS && marks[style][i].begin != NULL; i++) {
    const struct comment_mark *mark = &marks[style][i];
    bool in_place = at_start || (!mark->at_start && (!mark->behind_blank || isspace((unsigned char)at[-1])));
    if (!in_place || !begins(at, mark->begin))
      continue;
    const char *found = strstr(at + strlen(mark->begin), mark->end);
    bool is_line = *mark->end == '\n';
    return found == NULL ? at + strlen(at) : found + (is_line ? 0 : strlen(mark->end));
  }
  return at;
}

static void blank(char *from, const char *to) {
  for (; from < to; from++)
    *from = *from == '\n' ? '\n' : ' ';
}

char *import_blank_comments(const char *text, enum comment_style style) {
  char *copy = must_copy(text);
  bool at_start = true, nests = source_nests_comments(text);
  char quote = '\0';
  for (char *at = copy; *at != '\0';) {
    const char *end = quote == '\0' ? end_of_comment(at, at_start, style) : at;
    if (quote == '\0' && (style == COMMENTS_C || style == COMMENTS_PHP) && begins(at, "/*"))
      end = source_behind_comment(at, nests);
    if (end > at) {
      blank(at, end);
      at += end - at;
      continue;
    }
    if (*at == '\n')
      quote = '\0';
    else if (*at == '\\' && quote != '\0' && at[1] != '\0' && at[1] != '\n')
      at++;
    else if (quote == '\0' && *at == '"' && style != COMMENTS_XML)
      quote = '"';
    else if (*at == quote)
      quote = '\0';
    at_start = *at == '\n' || (at_start && isspace((unsigned char)*at));
    at++;
  }
  return copy;
}

/* ---- Pins ---- */

/* Of 43 characters and their padding; of hexadecimal digits. */
#define BASE64_LENGTH 44
#define HEX_DIGITS 64

struct sweep {
  struct conversion *conversion;
  const struct format *format;
  bool only_marks; /* instead of naming them */
  const char *at;
  size_t before; /* of its prefix */
  unsigned line;
};

static bool is_base64(char byte) {
  return isalnum((unsigned char)byte) || byte == '+' || byte == '/' || byte == '-' || byte == '_';
}

/* Whether a digest in base64 begins here; its padding is what tells it from any other long word. */
static bool at_base64(const char *at, struct pin_digest *ret_digest, size_t *ret_length) {
  size_t length = 0;
  bool stray = false;
  while (length < BASE64_LENGTH && is_base64(at[length]))
    length++;
  if (length != BASE64_LENGTH - 1 || at[length] != '=' || is_base64(at[length + 1]) || at[length + 1] == '=')
    return false;
  AUTO_TEXT text = must_copy_bytes(at, BASE64_LENGTH);
  *ret_length = BASE64_LENGTH;
  return convert_decode(text, ret_digest, &stray);
}

static bool at_hex(const char *at, struct pin_digest *ret_digest, size_t *ret_length) {
  size_t length = 0, digits = 0;
  for (; digits <= HEX_DIGITS && (isxdigit((unsigned char)at[length]) || at[length] == ':'); length++)
    digits += at[length] == ':' ? 0 : 1;
  *ret_length = length;
  return digits == HEX_DIGITS && pin_digest_parse(at, length, ret_digest);
}

static int compare(const void *a, const void *b) {
  return memcmp(a, b, sizeof(struct pin_digest));
}

static void meet(const struct sweep *sweep, const struct pin_digest *digest, size_t length) {
  struct conversion *conversion = sweep->conversion;
  if (sweep->only_marks)
    convert_know(conversion, digest);
  else if (conversion->known_count == 0 || bsearch(digest, conversion->known, conversion->known_count,
                                                   sizeof *conversion->known, compare) == NULL)
    convert_loss(conversion, conversion->path, sweep->line,
                 "\"%.*s\" stands where %s was not expected to have a pin; left out",
                 (int)(sweep->before + length), sweep->at - sweep->before, sweep->format->name);
}

/* Steps over a word that begins here. Words of base64 hold slashes: what is before a digest is not part of
 * it. */
static void step(struct sweep *sweep, const char *text) {
  struct pin_digest digest;
  size_t length = 1;
  bool hex = sweep->format->spelled_in_hex;
  const char *prefix = sweep->format->pin_prefix == NULL ? "" : sweep->format->pin_prefix;
  size_t before = sweep->before = strlen(prefix);
  bool prefixed =
      (size_t)(sweep->at - text) >= before && strncasecmp(sweep->at - before, prefix, before) == 0;
  bool starts = before > 0 ? prefixed : sweep->at == text || !is_base64(sweep->at[-1]);
  if (starts && (hex ? at_hex(sweep->at, &digest, &length) : at_base64(sweep->at, &digest, &length)))
    meet(sweep, &digest, length);
  else
    length = 1;
  for (; length > 0; length--)
    sweep->line += *sweep->at++ == '\n' ? 1 : 0;
}

static void sweep_text(struct sweep *sweep, const char *text) {
  for (sweep->at = text; *sweep->at != '\0';)
    step(sweep, text);
}

void import_pass(struct conversion *conversion, const struct format *format, const char *part) {
  struct sweep sweep = {.conversion = conversion, .format = format, .only_marks = true};
  sweep_text(&sweep, part);
}

enum comment_style import_comments_of(const struct conversion *conversion, const struct format *format) {
  const char *text = conversion->text;
  if (format->comments == COMMENTS_C && text[strspn(text, " \t\n")] == '<')
    return COMMENTS_XML;
  bool is_php = strstr(text, "<?php") != NULL || strstr(text, "<?=") != NULL || strstr(text, "<? ") != NULL;
  return is_php && format->comments == COMMENTS_SERVER ? COMMENTS_PHP : format->comments;
}

void import_sweep(struct conversion *conversion, const struct format *format) {
  struct sweep sweep = {.conversion = conversion, .format = format, .line = 1};
  if (format->comments == COMMENTS_UNKNOWN)
    return;
  AUTO_TEXT text = import_blank_comments(conversion->text, import_comments_of(conversion, format));
  if (conversion->known_count > 1)
    qsort(conversion->known, conversion->known_count, sizeof *conversion->known, compare);
  sweep_text(&sweep, text);
}

void import_read(struct conversion *conversion, const struct format *format) {
  conversion->adds_up = format->adds_up;
  conversion->reads_off = format->reads_off;
  format->read(conversion);
  if (conversion->errors > 0)
    return;
  import_sweep(conversion, format);
  conversion_finish(conversion);
}
