/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/tokens.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

struct scan {
  const char *at;
  unsigned line;
  enum token_style style;
  struct tokens tokens;
};

static bool is_configuration(const struct scan *scan) {
  return scan->style == TOKENS_OF_CONFIGURATION || scan->style == TOKENS_OF_PHP;
}

static bool begins(const struct scan *scan, const char *text) {
  return strncmp(scan->at, text, strlen(text)) == 0;
}

static void step(struct scan *scan, size_t count) {
  for (; count > 0 && *scan->at != '\0'; count--, scan->at++)
    scan->line += *scan->at == '\n' ? 1 : 0;
}

static void step_to(struct scan *scan, const char *end) {
  const char *found = strstr(scan->at, end);
  step(scan, found == NULL ? strlen(scan->at) : (size_t)(found - scan->at));
}

static bool skip_comment(struct scan *scan) {
  bool c_like = scan->style == TOKENS_OF_SOURCE || scan->style == TOKENS_OF_PHP;
  bool to_end_of_line = (c_like && begins(scan, "//")) || (is_configuration(scan) && begins(scan, "#")) ||
                        (scan->style == TOKENS_OF_LUA && begins(scan, "--"));
  if (to_end_of_line) {
    step_to(scan, "\n");
  } else if (c_like && begins(scan, "/*")) {
    step_to(scan, "*/");
    step(scan, 2);
  } else {
    return false;
  }
  return true;
}

static void skip_blanks(struct scan *scan) {
  for (;;) {
    if (isspace((unsigned char)*scan->at))
      step(scan, 1);
    else if (begins(scan, "\\\n"))
      step(scan, 2);
    else if (!skip_comment(scan))
      return;
  }
}

/* Takes over the text. */
static void add(struct scan *scan, enum token_kind kind, char *text, unsigned line, bool is_open) {
  struct tokens *tokens = &scan->tokens;
  if ((tokens->count & (tokens->count - 1)) == 0)
    tokens->items =
        must_grow(tokens->items, tokens->count == 0 ? 1 : 2 * tokens->count, sizeof *tokens->items);
  tokens->items[tokens->count++] =
      (struct token){.kind = kind, .text = text, .line = line, .is_open = is_open};
}

static char unescaped(char byte) {
  return byte == 'n' ? '\n' : byte == 't' ? '\t' : byte == 'r' ? '\r' : byte;
}

/* A configuration knows no templates, and neither do Java and C, where "$" and "\(" are rare in a pin. */
static bool begins_template(const struct scan *scan) {
  return scan->style == TOKENS_OF_SOURCE &&
         ((*scan->at == '$' && (isalpha((unsigned char)scan->at[1]) || scan->at[1] == '{')) ||
          begins(scan, "\\("));
}

/* Where a string ends whose first byte this is: before its quote, at the end of a line, or of the text. */
static const char *end_of_string(const char *at, const char *quote, bool one_line) {
  bool escapes = strlen(quote) == 1;
  while (*at != '\0' && strncmp(at, quote, strlen(quote)) != 0 && !(one_line && *at == '\n'))
    at += escapes && *at == '\\' && at[1] != '\0' ? 2 : 1;
  return at;
}

/* `quote` begins here and ends the string. Strings of configurations, and long ones, go over several lines.
 */
static void take_string(struct scan *scan, const char *quote) {
  unsigned line = scan->line;
  bool escapes = strlen(quote) == 1, is_open = false;
  step(scan, strlen(quote));
  const char *end = end_of_string(scan->at, quote, escapes && !is_configuration(scan));
  char *text = must_alloc((size_t)(end - scan->at) + 1, 1);
  for (size_t length = 0; scan->at < end; step(scan, 1)) {
    is_open = is_open || begins_template(scan);
    if (!escapes || *scan->at != '\\') {
      text[length++] = *scan->at;
      continue;
    }
    step(scan, 1);
    if (*scan->at != '\n')
      text[length++] = unescaped(*scan->at);
  }
  if (begins(scan, quote))
    step(scan, strlen(quote));
  add(scan, TOKEN_STRING, text, line, is_open);
}

static bool is_word(const struct scan *scan, const char *at) {
  unsigned char byte = (unsigned char)*at;
  if (is_configuration(scan))
    return byte != '\0' && !isspace(byte) && byte != '"' && byte != '\'';
  return isalnum(byte) || byte == '_' || byte >= 0x80;
}

static const char *end_of_word(const struct scan *scan) {
  const char *at = scan->at;
  while (is_word(scan, at))
    at += is_configuration(scan) && *at == '\\' && at[1] != '\0' ? 2 : 1;
  return at;
}

static void take_word(struct scan *scan) {
  unsigned line = scan->line;
  const char *end = end_of_word(scan);
  char *text = must_alloc((size_t)(end - scan->at) + 1, 1);
  for (size_t length = 0; scan->at < end; step(scan, 1)) {
    if (is_configuration(scan) && *scan->at == '\\' && scan->at[1] != '\0')
      step(scan, 1);
    text[length++] = *scan->at;
  }
  add(scan, TOKEN_WORD, text, line, false);
}

struct tokens tokens_read(const char *text, enum token_style style) {
  struct scan scan = {.at = text, .line = 1, .style = style};
  for (;;) {
    skip_blanks(&scan);
    if (*scan.at == '\0')
      return scan.tokens;
    if (begins(&scan, "\"\"\""))
      take_string(&scan, "\"\"\"");
    else if (*scan.at == '"' || *scan.at == '\'')
      take_string(&scan, *scan.at == '"' ? "\"" : "'");
    else if (is_word(&scan, scan.at))
      take_word(&scan);
    else {
      add(&scan, TOKEN_SIGN, must_copy_bytes(scan.at, 1), scan.line, false);
      step(&scan, 1);
    }
  }
}

void tokens_clear(struct tokens *tokens) {
  for (size_t i = 0; i < tokens->count; i++)
    free(tokens->items[i].text);
  free(tokens->items);
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

size_t tokens_behind(const struct tokens *tokens, size_t index) {
  size_t depth = 0;
  for (; index < tokens->count; index++) {
    const struct token *token = &tokens->items[index];
    if (token->kind != TOKEN_SIGN)
      continue;
    if (strchr("([{", *token->text) != NULL)
      depth++;
    else if (strchr(")]}", *token->text) != NULL && --depth == 0)
      return index + 1;
  }
  return tokens->count;
}
