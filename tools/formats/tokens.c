/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/tokens.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

struct scan {
  const char *text, *at;
  const char *behind; /* end of the last token */
  unsigned line;
  enum comment_style style;
  struct tokens tokens;
};

static bool is_configuration(const struct scan *scan) {
  return scan->style == COMMENTS_SERVER || scan->style == COMMENTS_SOURCE;
}

static bool begins(const struct scan *scan, const char *text) {
  return strncmp(scan->at, text, strlen(text)) == 0;
}

static void step(struct scan *scan, size_t count) {
  for (; count > 0 && *scan->at != '\0'; count--, scan->at++)
    scan->line += *scan->at == '\n' ? 1 : 0;
}

/* Whether a line for a preprocessor begins here ("#if", "#import"). */
static bool at_directive(const struct scan *scan) {
  const char *start = scan->at;
  while (start > scan->text && (start[-1] == ' ' || start[-1] == '\t'))
    start--;
  return scan->style == COMMENTS_C && *scan->at == '#' && isalpha((unsigned char)scan->at[1]) &&
         (start == scan->text || start[-1] == '\n');
}

static void skip_blanks(struct scan *scan) {
  for (;;) {
    if (isspace((unsigned char)*scan->at))
      step(scan, 1);
    else if (begins(scan, "\\\n"))
      step(scan, 2);
    else if (at_directive(scan))
      step(scan, strcspn(scan->at, "\n"));
    else
      return;
  }
}

/* Adds a token. Takes over its text; `start` is where it begins. */
static void add(struct scan *scan, enum token_kind kind, char *text, const char *start, bool is_open) {
  struct tokens *tokens = &scan->tokens;
  tokens->items = must_room(tokens->items, tokens->count, sizeof *tokens->items);
  unsigned line = scan->line;
  for (const char *at = start; at < scan->at; at++)
    line -= *at == '\n' ? 1 : 0;
  tokens->items[tokens->count++] = (struct token){
      .kind = kind, .text = text, .line = line, .is_open = is_open, .is_joined = start == scan->behind};
  scan->behind = scan->at;
}

/* Returns the character that is escaped at scan->at. An escape by number is read for ASCII only. In a
 * source, an unknown escape sets *is_open. */
static char unescaped(struct scan *scan, bool *is_open) {
  static const char escapes[] = "n\nt\tr\r\"\"''\\\\//$$";
  bool is_source = scan->style == COMMENTS_C;
  char digits[] = "....";
  if (*scan->at == 'u' && strspn(scan->at + 1, "0123456789abcdefABCDEF") >= strlen(digits)) {
    unsigned long point = strtoul(memcpy(digits, scan->at + 1, strlen(digits)), NULL, 16);
    if (point > 0 && point < 0x80) {
      step(scan, strlen(digits));
      return (char)point;
    }
  }
  for (const char *at = escapes; *at != '\0'; at += 2)
    if (*at == *scan->at)
      return at[1];
  *is_open = *is_open || is_source;
  return *scan->at;
}

/* Whether a template begins. Configurations have none. Java and C have none either, but "$" and "\(" are
 * rare in their pins. */
static bool begins_template(const struct scan *scan) {
  bool is_name = isalpha((unsigned char)scan->at[1]) || scan->at[1] == '_';
  return scan->style == COMMENTS_C &&
         ((*scan->at == '$' && (is_name || scan->at[1] == '{')) || begins(scan, "\\("));
}

/* Returns the end of the string that begins at `at`: its closing quote, the end of the line, or of the
 * text. */
static const char *end_of_string(const char *at, const char *quote, bool one_line) {
  bool escapes = strlen(quote) == 1 && *quote != '`';
  while (*at != '\0' && strncmp(at, quote, strlen(quote)) != 0 && !(one_line && *at == '\n'))
    at += escapes && *at == '\\' && at[1] != '\0' ? 2 : 1;
  return at;
}

static bool is_word(const struct scan *scan, const char *at);

/* Adds "A.NAME" as the tokens that it is in a source. */
static void add_qualified(struct scan *scan, const char *name, const char *start) {
  for (const char *dot; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
    add(scan, TOKEN_WORD, must_copy_bytes(name, (size_t)(dot - name)), start, false);
    add(scan, TOKEN_SIGN, must_copy("."), start, false);
  }
  add(scan, TOKEN_WORD, must_copy(name), start, false);
}

/*
 * Reads "$NAME", "${A.NAME}" or "\(NAME)" in a string that ends at `end`, and adds the name. For any other
 * expression the name "" is added, and the rest of the string is skipped.
 */
static void take_template(struct scan *scan, const char *end, const char *start) {
  bool is_bracketed = scan->at[1] == '{' || scan->at[1] == '(';
  step(scan, is_bracketed ? 2 : 1);
  const char *name = scan->at;
  while (is_word(scan, scan->at) || (is_bracketed && *scan->at == '.'))
    step(scan, 1);
  if (is_bracketed && (scan->at >= end || strchr("})", *scan->at) == NULL)) {
    step(scan, (size_t)(end > scan->at ? end - scan->at : 0));
    add(scan, TOKEN_WORD, must_copy(""), start, false);
    return;
  }
  AUTO_TEXT text = must_copy_bytes(name, (size_t)(scan->at - name));
  step(scan, is_bracketed ? 1 : 0);
  add_qualified(scan, text, start);
}

/* Reads a string, which begins and ends with `quote`. In configurations, and with long quotes, it may have
 * several lines. */
static void take_string(struct scan *scan, const char *quote) {
  const char *start = scan->at;
  bool escapes = strlen(quote) == 1 && *quote != '`', is_open = false;
  step(scan, strlen(quote));
  const char *end = end_of_string(scan->at, quote, escapes && !is_configuration(scan));
  AUTO_TEXT text = must_alloc((size_t)(end - scan->at) + 1, 1);
  for (size_t length = 0;; length = 0) {
    for (; scan->at < end && !begins_template(scan); step(scan, 1)) {
      bool is_escape = escapes && *scan->at == '\\';
      step(scan, is_escape ? 1 : 0);
      if (!is_escape || *scan->at != '\n')
        text[length++] = is_escape ? unescaped(scan, &is_open) : *scan->at;
    }
    bool is_last = scan->at >= end;
    if (is_last && begins(scan, quote))
      step(scan, strlen(quote));
    add(scan, TOKEN_STRING, must_copy_bytes(text, length), start, is_open);
    if (is_last)
      return;
    start = scan->at;
    add(scan, TOKEN_SIGN, must_copy("+"), start, false);
    take_template(scan, end, start);
    start = scan->at;
    add(scan, TOKEN_SIGN, must_copy("+"), start, false);
  }
}

/* Whether the quote is within a word ("it's"), so that no string begins. b'...' and others in a source are
 * strings. */
static bool is_apostrophe(const struct scan *scan, const char *at) {
  return at >= scan->text + 2 && isalnum((unsigned char)at[-1]) && isalnum((unsigned char)at[-2]) &&
         isalnum((unsigned char)at[1]);
}

static bool is_word(const struct scan *scan, const char *at) {
  unsigned char byte = (unsigned char)*at;
  if (is_configuration(scan))
    return byte != '\0' && !isspace(byte) && byte != '"' && (byte != '\'' || is_apostrophe(scan, at));
  return isalnum(byte) || byte == '_' || byte >= 0x80;
}

static const char *end_of_word(const struct scan *scan) {
  const char *at = scan->at;
  while (is_word(scan, at))
    at += is_configuration(scan) && *at == '\\' && at[1] != '\0' ? 2 : 1;
  return at;
}

static void take_word(struct scan *scan) {
  const char *start = scan->at, *end = end_of_word(scan);
  char *text = must_alloc((size_t)(end - scan->at) + 1, 1);
  for (size_t length = 0; scan->at < end; step(scan, 1)) {
    if (is_configuration(scan) && *scan->at == '\\' && scan->at[1] != '\0')
      step(scan, 1);
    text[length++] = *scan->at;
  }
  add(scan, TOKEN_WORD, text, start, false);
}

/* Matches all brackets in one pass. For an unclosed one, `behind` is the number of tokens. */
static void match_brackets(struct tokens *tokens) {
  size_t *open = must_alloc(tokens->count + 1, sizeof *open);
  size_t depth = 0;
  tokens->behind = must_alloc(tokens->count + 1, sizeof *tokens->behind);
  for (size_t i = 0; i < tokens->count; i++) {
    struct token *token = &tokens->items[i];
    tokens->behind[i] = tokens->count;
    token->inside = depth == 0 ? TOKEN_NONE : open[depth - 1];
    if (token_opens(tokens, i))
      open[depth++] = i;
    else if (token->kind == TOKEN_SIGN && strchr(")]}", *token->text) != NULL && depth > 0)
      tokens->behind[open[--depth]] = i + 1;
  }
  free(open);
}

struct tokens tokens_read(const char *text, enum comment_style style) {
  static const char *const quotes[] = {"\"\"\"", "\"", "'", "`"};
  AUTO_TEXT bare = comments_blank(text, style);
  struct scan scan = {.text = bare, .at = bare, .line = 1, .style = style};
  for (;;) {
    skip_blanks(&scan);
    if (*scan.at == '\0')
      break;
    size_t quote = 0;
    while (quote < 4 && !begins(&scan, quotes[quote]))
      quote++;
    if (quote < 3 || (quote == 3 && is_configuration(&scan)))
      take_string(&scan, quotes[quote]);
    else if (is_word(&scan, scan.at))
      take_word(&scan);
    else {
      step(&scan, 1);
      add(&scan, TOKEN_SIGN, must_copy_bytes(scan.at - 1, 1), scan.at - 1, false);
    }
  }
  match_brackets(&scan.tokens);
  return scan.tokens;
}

void tokens_clear(struct tokens *tokens) {
  for (size_t i = 0; i < tokens->count; i++)
    free(tokens->items[i].text);
  free(tokens->items);
  free(tokens->behind);
  *tokens = (struct tokens){0};
}

const struct token *token_at(const struct tokens *tokens, size_t index) {
  static char nothing[1];
  static const struct token end = {.text = nothing};
  return index < tokens->count ? &tokens->items[index] : &end;
}

bool token_is(const struct tokens *tokens, size_t index, const char *text) {
  const struct token *token = token_at(tokens, index);
  return (token->kind == TOKEN_WORD || token->kind == TOKEN_SIGN) && strcmp(token->text, text) == 0;
}

char token_within(const struct tokens *tokens, size_t index) {
  size_t inside = index < tokens->count ? tokens->items[index].inside : TOKEN_NONE;
  return inside == TOKEN_NONE ? '\0' : *tokens->items[inside].text;
}

bool token_has_constants(const char *text) {
  size_t length = strcspn(text, ".");
  bool is_own = length == 4 && (strncmp(text, "this", 4) == 0 || strncmp(text, "self", 4) == 0);
  return isupper((unsigned char)*text) || is_own;
}

bool token_opens(const struct tokens *tokens, size_t index) {
  const struct token *token = token_at(tokens, index);
  return token->kind == TOKEN_SIGN && strchr("([{", *token->text) != NULL;
}

size_t tokens_behind(const struct tokens *tokens, size_t index) {
  return index < tokens->count && token_opens(tokens, index) ? tokens->behind[index] : tokens->count;
}

size_t tokens_next(const struct tokens *tokens, size_t index) {
  return token_opens(tokens, index) ? tokens_behind(tokens, index) : index + 1;
}
