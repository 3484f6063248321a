/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/tokens.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

struct scan {
  const char *text, *at;
  const char *behind; /* of the token taken last */
  unsigned line;
  enum token_style style;
  bool nests; /* comments may stand in comments */
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

bool source_nests_comments(const char *text) {
  return strstr(text, "fun ") != NULL || strstr(text, "val ") != NULL || strstr(text, "let ") != NULL;
}

const char *source_behind_comment(const char *at, bool nests) {
  size_t depth = 0;
  do {
    bool begins_one = at[0] == '/' && at[1] == '*' && (depth == 0 || nests);
    bool ends_one = at[0] == '*' && at[1] == '/';
    depth += begins_one ? 1 : 0;
    depth -= ends_one ? 1 : 0;
    at += begins_one || ends_one ? 2 : 1;
  } while (depth > 0 && *at != '\0');
  return at;
}

/* --[[ ... ]], --[==[ ... ]==]; false: a comment that ends with its line. */
static bool skip_lua_block(struct scan *scan) {
  size_t level = scan->at[2] == '[' ? strspn(scan->at + 3, "=") : 0;
  if (scan->at[2] != '[' || scan->at[3 + level] != '[')
    return false;
  AUTO_TEXT end = must_format("]%.*s]", (int)level, scan->at + 3);
  step_to(scan, end);
  step(scan, strlen(end));
  return true;
}

/* "#if", "#import": of a preprocessor, at the start of a line. */
static bool at_directive(const struct scan *scan) {
  const char *start = scan->at;
  while (start > scan->text && (start[-1] == ' ' || start[-1] == '\t'))
    start--;
  return scan->style == TOKENS_OF_SOURCE && *scan->at == '#' && isalpha((unsigned char)scan->at[1]) &&
         (start == scan->text || start[-1] == '\n');
}

static bool skip_comment(struct scan *scan) {
  bool c_like = scan->style == TOKENS_OF_SOURCE || scan->style == TOKENS_OF_PHP;
  bool is_lua = scan->style == TOKENS_OF_LUA && begins(scan, "--");
  if (is_lua && skip_lua_block(scan))
    return true;
  if (is_lua || (c_like && begins(scan, "//")) || (is_configuration(scan) && begins(scan, "#")) ||
      at_directive(scan))
    step_to(scan, "\n");
  else if (c_like && begins(scan, "/*"))
    step(scan, (size_t)(source_behind_comment(scan->at, scan->nests) - scan->at));
  else
    return false;
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

/* Takes over the text; `start`: where it begins. */
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

/* What a backslash protects, at scan->at. Characters by number are ASCII, or, as an escape that is not known
 * here, make the string one that is not written out. */
static char unescaped(struct scan *scan, bool *is_open) {
  static const char escapes[] = "n\nt\tr\r\"\"''\\\\//$$";
  bool is_source = scan->style == TOKENS_OF_SOURCE;
  unsigned point = 0;
  bool is_number = strspn(scan->at + (*scan->at == 'u' ? 1 : 0), "0123456789abcdefABCDEF") >= 4;
  if (is_source && is_number && sscanf(scan->at, "u%4x", &point) == 1 && point > 0 && point < 0x80) {
    step(scan, 4);
    return (char)point;
  }
  for (const char *at = escapes; *at != '\0'; at += 2)
    if (*at == *scan->at)
      return at[1];
  *is_open = *is_open || is_source;
  return *scan->at;
}

/* A configuration knows no templates, and neither do Java and C, where "$" and "\(" are rare in a pin. */
static bool begins_template(const struct scan *scan) {
  return scan->style == TOKENS_OF_SOURCE &&
         ((*scan->at == '$' && (isalpha((unsigned char)scan->at[1]) || scan->at[1] == '{')) ||
          begins(scan, "\\("));
}

/* Where a string ends whose first byte this is: before its quote, at the end of a line, or of the text. */
static const char *end_of_string(const char *at, const char *quote, bool one_line) {
  bool escapes = strlen(quote) == 1 && *quote != '`';
  while (*at != '\0' && strncmp(at, quote, strlen(quote)) != 0 && !(one_line && *at == '\n'))
    at += escapes && *at == '\\' && at[1] != '\0' ? 2 : 1;
  return at;
}

/* `quote` begins here and ends the string. Strings of configurations, and long ones, go over several lines.
 */
static void take_string(struct scan *scan, const char *quote) {
  const char *start = scan->at;
  bool escapes = strlen(quote) == 1 && *quote != '`', is_open = false;
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
      text[length++] = unescaped(scan, &is_open);
  }
  if (begins(scan, quote))
    step(scan, strlen(quote));
  add(scan, TOKEN_STRING, text, start, is_open);
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
  const char *start = scan->at, *end = end_of_word(scan);
  char *text = must_alloc((size_t)(end - scan->at) + 1, 1);
  for (size_t length = 0; scan->at < end; step(scan, 1)) {
    if (is_configuration(scan) && *scan->at == '\\' && scan->at[1] != '\0')
      step(scan, 1);
    text[length++] = *scan->at;
  }
  add(scan, TOKEN_WORD, text, start, false);
}

/* All brackets in one walk; of those that are not closed nothing is behind. */
static void match_brackets(struct tokens *tokens) {
  size_t *open = must_alloc(tokens->count + 1, sizeof *open);
  size_t depth = 0;
  tokens->behind = must_alloc(tokens->count + 1, sizeof *tokens->behind);
  for (size_t i = 0; i < tokens->count; i++) {
    const struct token *token = &tokens->items[i];
    tokens->behind[i] = tokens->count;
    if (token_opens(tokens, i))
      open[depth++] = i;
    else if (token->kind == TOKEN_SIGN && strchr(")]}", *token->text) != NULL && depth > 0)
      tokens->behind[open[--depth]] = i + 1;
  }
  free(open);
}

struct tokens tokens_read(const char *text, enum token_style style) {
  static const char *const quotes[] = {"\"\"\"", "\"", "'", "`"};
  struct scan scan = {.text = text, .at = text, .line = 1, .style = style};
  scan.nests = source_nests_comments(text);
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

bool token_opens(const struct tokens *tokens, size_t index) {
  const struct token *token = token_at(tokens, index);
  return token->kind == TOKEN_SIGN && strchr("([{", *token->text) != NULL;
}

size_t tokens_behind(const struct tokens *tokens, size_t index) {
  return index < tokens->count && token_opens(tokens, index) ? tokens->behind[index] : tokens->count;
}
