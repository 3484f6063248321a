/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/import.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "view/digest_set.h"

/* In base64 with its padding; in hexadecimal digits. */
#define BASE64_LENGTH 44
#define HEX_DIGITS 64
/* With colons between them, and one character more, to see that it goes on. */
#define HEX_LONGEST (2 * HEX_DIGITS)

/* A place in the text that is spelled like a pin. */
struct place {
  struct known_digest what;
  const char *start; /* including its prefix */
  size_t length;
};

struct sweep {
  struct conversion *conversion;
  bool only_marks; /* mark pins as known, do not collect them */
  const char *at;
  size_t before; /* length of its prefix */
  unsigned line;
  struct place *places;
  size_t count;
};

static bool is_base64(char byte) {
  return isalnum((unsigned char)byte) || byte == '+' || byte == '/' || byte == '-' || byte == '_';
}

/* Whether a digest in base64 begins here. Without a prefix, only its padding distinguishes it from another
 * long word. */
static bool at_base64(const char *at, bool prefixed, struct pin_digest *ret_digest, size_t *ret_length) {
  size_t length = 0;
  bool stray = false;
  while (length < BASE64_LENGTH && is_base64(at[length]))
    length++;
  bool padded = at[length] == '=' && !is_base64(at[length + 1]) && at[length + 1] != '=';
  if (length != BASE64_LENGTH - 1 || !(padded || (prefixed && at[length] != '=')))
    return false;
  *ret_length = length + (padded ? 1 : 0);
  AUTO_TEXT text = must_copy_bytes(at, *ret_length);
  return convert_decode(text, ret_digest, &stray);
}

static bool at_hex(const char *at, struct pin_digest *ret_digest, size_t *ret_length) {
  size_t length = 0, digits = 0;
  for (; digits <= HEX_DIGITS && length < HEX_LONGEST &&
         (isxdigit((unsigned char)at[length]) || at[length] == ':');
       length++)
    digits += at[length] == ':' ? 0 : 1;
  *ret_length = length;
  return digits == HEX_DIGITS && pin_digest_parse(at, length, ret_digest);
}

static void found_pin(struct sweep *sweep, const struct pin_digest *digest, size_t length) {
  if (sweep->only_marks) {
    convert_know(sweep->conversion, digest, sweep->line);
    return;
  }
  sweep->places = must_room(sweep->places, sweep->count, sizeof *sweep->places);
  sweep->places[sweep->count++] = (struct place){
      .what = {*digest, sweep->line}, .start = sweep->at - sweep->before, .length = sweep->before + length};
}

/* Steps over a digest, or one character. Words of base64 contain slashes: what stands before a digest is
 * not part of it. */
static void step(struct sweep *sweep, const char *text) {
  const struct format *format = sweep->conversion->format;
  struct pin_digest digest;
  size_t length = 1;
  bool hex = format->spelling != SPELLED_IN_BASE64, base64 = format->spelling != SPELLED_IN_HEX;
  const char *prefix = format->pin_prefix == NULL ? "sha256/" : format->pin_prefix;
  size_t before = strlen(prefix);
  bool prefixed =
      (size_t)(sweep->at - text) >= before && strncasecmp(sweep->at - before, prefix, before) == 0;
  bool alone = format->pin_prefix == NULL && (sweep->at == text || !is_base64(sweep->at[-1]));
  sweep->before = prefixed ? before : 0;
  if ((prefixed || alone) && ((hex && at_hex(sweep->at, &digest, &length)) ||
                              (base64 && at_base64(sweep->at, prefixed, &digest, &length))))
    found_pin(sweep, &digest, length);
  else
    length = 1;
  for (; length > 0; length--)
    sweep->line += *sweep->at++ == '\n' ? 1 : 0;
}

/* Undoes escapes of JSON: "\/", and characters by number. */
static void unescape_json(char *text) {
  char *to = text;
  for (const char *at = text; *at != '\0'; at++) {
    char digits[] = "..";
    bool is_number =
        strncasecmp(at, "\\u00", 4) == 0 && strspn(at + 4, "0123456789abcdefABCDEF") >= strlen(digits);
    int byte = is_number ? (int)strtol(memcpy(digits, at + 4, strlen(digits)), NULL, 16) : 0;
    at += isgraph(byte) ? 5 : at[0] == '\\' && at[1] == '/' ? 1 : 0;
    *to++ = isgraph(byte) ? (char)byte : *at;
  }
  *to = '\0';
}

static void sweep_text(struct sweep *sweep, const char *text) {
  for (sweep->at = text; *sweep->at != '\0';)
    step(sweep, text);
}

void import_pass(struct conversion *conversion, const char *part, unsigned line) {
  struct sweep sweep = {.conversion = conversion, .only_marks = true, .line = line};
  sweep_text(&sweep, part);
}

/* Whether the text sets the word as an option or key ("--WORD", "x.WORD", "WORD ="). Parts of other words,
 * names of variables, and sentences do not count. */
static bool speaks_of(const char *text, const char *word) {
  for (const char *at = text; (at = strcasestr(at, word)) != NULL; at++) {
    const char *behind = at + strlen(word);
    char before = at == text ? ' ' : at[-1];
    bool is_part = isalnum((unsigned char)before) || strchr("_${", before) != NULL ||
                   isalnum((unsigned char)*behind) || *behind == '_' || *behind == '-';
    char sign = behind[strspn(behind, "\"' \t")];
    if (!is_part && (before == '-' || before == '.' || sign == '=' || sign == ':'))
      return true;
  }
  return false;
}

void import_name_unread(struct conversion *conversion, const char *part, unsigned line, const char *word) {
  size_t known = conversion->known_count;
  if (!speaks_of(part, word))
    return;
  import_pass(conversion, part, line);
  if (conversion->known_count == known)
    convert_loss(conversion, line, "\"%s\": %s is not read here; left out", part, word);
  conversion->known_count = known;
}

/* A comment may be the whole value. */
static bool begins_comment(const char *text, const char *at) {
  bool is_mark = *at == '#' || *at == ';' || (at[0] == '/' && at[1] == '/');
  return is_mark && (at == text || isspace((unsigned char)at[-1]));
}

void import_cut_comment(struct conversion *conversion, char *text, unsigned line) {
  static const size_t most_said = 120;
  char *at = text;
  while (*at != '\0' && !begins_comment(text, at))
    at++;
  if (*at == '\0')
    return;
  bool is_long = strlen(at) > most_said;
  convert_loss(conversion, line, "\"%.*s%s\": %s knows no comments behind a value; left out",
               (int)(is_long ? most_said : strlen(at)), at, is_long ? "..." : "", conversion->format->name);
  import_pass(conversion, at, line);
  while (at > text && isspace((unsigned char)at[-1]))
    at--;
  *at = '\0';
}

/* knot-resolver's YAML; its comments may mention the Lua that it replaced. */
static bool is_yaml(const char *text) {
  AUTO_TEXT bare = comments_blank(text, COMMENTS_HASH);
  return strstr(text, "pin-sha256") != NULL && strstr(bare, "TLS_FORWARD") == NULL;
}

/* How the text writes comments: a format may be written in several languages. */
static enum comment_style comments_of(const struct conversion *conversion) {
  const struct format *format = conversion->format;
  const char *text = conversion->text;
  if (format->comments == COMMENTS_C && text[strspn(text, " \t\n")] == '<')
    return COMMENTS_XML;
  if (format->comments == COMMENTS_LUA && is_yaml(text))
    return COMMENTS_HASH;
  /* PHP, or a call in another language: "set('Public-Key-Pins', ...)". */
  static const char *const marks[] = {"<?php", "<?=", "<? ", "('public-key-pins", "(\"public-key-pins"};
  bool is_source = false;
  for (size_t i = 0; i < COUNT_OF(marks); i++)
    is_source = is_source || strcasestr(text, marks[i]) != NULL;
  return is_source && format->comments == COMMENTS_SERVER ? COMMENTS_SOURCE : format->comments;
}

/* Orders by digest, then by line. struct place begins with a struct known_digest, so this compares places
 * too. */
static int compare_known(const void *a, const void *b) {
  const struct known_digest *left = a, *right = b;
  int order = digests_compare(&left->digest, &right->digest);
  return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

static int compare_places(const void *a, const void *b) {
  const struct place *left = a, *right = b;
  return (left->start > right->start) - (left->start < right->start);
}

/*
 * Moves those of the places of one digest that no reader knows to `unknown`, and returns their number. A
 * reader's line is often that of the statement around the digest. So a known digest in a line without the
 * digest counts for the next place that is not known otherwise.
 */
static size_t take_unknown(const struct place *places, size_t count, const struct known_digest *known,
                           size_t known_count, struct place *unknown) {
  size_t left = 0, before = 0, at = 0;
  unsigned line_before = 0;
  for (size_t i = 0; i < count; i++) {
    unsigned line = places[i].what.line;
    for (; at < known_count && known[at].line < line; at++)
      before += known[at].line != line_before || line_before == 0 ? 1 : 0;
    bool is_known = at < known_count && known[at].line == line;
    at += is_known ? 1 : 0;
    line_before = line;
    if (!is_known && before == 0)
      unknown[left++] = places[i];
    else if (!is_known)
      before--;
  }
  return left;
}

/* Counts the members from `at` on that have the same digest. */
static size_t run_of(const void *array, size_t size, size_t at, size_t count) {
  const char *first = (const char *)array + at * size;
  size_t length = at < count ? 1 : 0;
  while (at + length < count && digests_compare(first, first + length * size) == 0)
    length++;
  return length;
}

/* Keeps the places that no reader knows, in the order of the text. */
static void keep_unknown(struct sweep *sweep) {
  const struct conversion *conversion = sweep->conversion;
  struct place *places = sweep->places;
  size_t kept = 0, at = 0;
  for (size_t i = 0, run; i < sweep->count; i += run) {
    run = run_of(places, sizeof *places, i, sweep->count);
    while (at < conversion->known_count &&
           digests_compare(&conversion->known[at].digest, &places[i].what.digest) < 0)
      at++;
    bool is_known = at < conversion->known_count &&
                    digests_compare(&conversion->known[at].digest, &places[i].what.digest) == 0;
    size_t known =
        is_known ? run_of(conversion->known, sizeof *conversion->known, at, conversion->known_count) : 0;
    kept += take_unknown(places + i, run, known == 0 ? NULL : &conversion->known[at], known, places + kept);
  }
  sweep->count = kept;
  if (kept > 1)
    qsort(places, kept, sizeof *places, compare_places);
}

/* Reports each pin outside of comments that no reader took or reported as a loss. */
static void import_sweep(struct conversion *conversion) {
  struct sweep sweep = {.conversion = conversion, .line = 1};
  if (conversion->comments == COMMENTS_UNKNOWN)
    return;
  AUTO_TEXT text = comments_blank_sure(conversion->text, conversion->comments);
  unescape_json(text);
  sweep_text(&sweep, text);
  if (conversion->known_count > 1)
    qsort(conversion->known, conversion->known_count, sizeof *conversion->known, compare_known);
  if (sweep.count > 1)
    qsort(sweep.places, sweep.count, sizeof *sweep.places, compare_known);
  keep_unknown(&sweep);
  for (size_t i = 0; i < sweep.count; i++)
    convert_loss(conversion, sweep.places[i].what.line,
                 "\"%.*s\" stands where %s was not expected to have a pin; left out",
                 (int)sweep.places[i].length, sweep.places[i].start, conversion->format->name);
  free(sweep.places);
}

void import_read(struct conversion *conversion, const struct format *format) {
  conversion->format = format;
  conversion->comments = comments_of(conversion);
  format->read(conversion);
  if (conversion->findings[FINDING_ERROR] > 0)
    return;
  import_sweep(conversion);
  conversion_finish(conversion);
}
