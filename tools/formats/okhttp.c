/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * OkHttp's CertificatePinner: the calls add("PATTERN", "sha256/...") of a source in Java or Kotlin, with
 * constants of the same file in place of either, or a plain list of lines PATTERN -> sha256/...
 */
#include <string.h>

#include "base/memory.h"
#include "formats/constants.h"
#include "formats/formats.h"
#include "formats/import.h"

/* "**.": the name and all below it; "*.": exactly one label. */
static void read_pattern(const char *pattern, struct draft *draft) {
  draft->include_subdomains = strncmp(pattern, "**.", 3) == 0;
  draft->name = draft->include_subdomains ? pattern + 3 : pattern;
}

static void read_pin(struct conversion *conversion, const char *text, unsigned line, struct draft *draft) {
  if (strncmp(text, "sha1/", 5) == 0)
    convert_loss(conversion, conversion->path, line, "\"%s\": only SHA-256 can be held", text);
  else if (strncmp(text, "sha256/", 7) == 0)
    convert_pin(conversion, draft, text + 7, line, "pin");
  else
    convert_loss(conversion, conversion->path, line, "\"%s\": expected sha256/BASE64", text);
}

/* ---- Sources ---- */

enum builder { BUILDER_NONE = 0, BUILDER_PINNER, BUILDER_OTHER };

struct reading {
  struct conversion *conversion;
  struct tokens tokens;
  enum builder *builders; /* by token: the builder nearest before it */
  struct constants constants;
};

/*
 * The text of an argument, "a" + NAME and so on, up to the comma or bracket behind it; NULL: it is not
 * written out here. *index moves to that comma or bracket. For free(3).
 */
static char *take_argument(const struct reading *reading, size_t *index) {
  const struct tokens *tokens = &reading->tokens;
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  bool known = true;
  /* "pattern = ..." of Kotlin. */
  if (token_at(tokens, *index)->kind == TOKEN_WORD && token_is(tokens, *index + 1, "="))
    *index += 2;
  while (*index < tokens->count && !token_is(tokens, *index, ",") && !token_is(tokens, *index, ")")) {
    const struct token *token = token_at(tokens, *index);
    const char *part = token->kind == TOKEN_STRING && !token->is_open ? token->text : NULL;
    bool qualifies = token->kind == TOKEN_WORD && token_is(tokens, *index + 1, ".");
    if (token->kind == TOKEN_WORD && !qualifies)
      part = constants_find(&reading->constants, token->text);
    if (part != NULL)
      fputs(part, stream);
    else if (!qualifies && !token_is(tokens, *index, "+") && !token_is(tokens, *index, "."))
      known = false;
    *index = token_opens(tokens, *index) ? tokens_behind(tokens, *index) : *index + 1;
  }
  memory_close(stream);
  if (known)
    return text;
  free(text);
  return NULL;
}

static bool is_pin(const char *text) {
  return strncmp(text, "sha256/", 7) == 0 || strncmp(text, "sha1/", 5) == 0;
}

static void find_builders(struct reading *reading) {
  enum builder nearest = BUILDER_NONE;
  reading->builders = must_alloc(reading->tokens.count + 1, sizeof *reading->builders);
  for (size_t i = 0; i < reading->tokens.count; i++) {
    const char *text = token_at(&reading->tokens, i)->text;
    reading->builders[i] = nearest;
    bool of_pinner = i >= 2 && strcasecmp(token_at(&reading->tokens, i - 2)->text, "CertificatePinner") == 0;
    if (strcasecmp(text, "CertificatePinner") == 0)
      nearest = BUILDER_PINNER;
    else if (strcmp(text, "Builder") == 0 && !of_pinner)
      nearest = BUILDER_OTHER;
  }
}

/* Whether a call is a pinner's, as far as names before it tell; without any, a host's name does. */
static bool is_of_pinner(const struct reading *reading, size_t call, const char *pattern) {
  enum builder builder = reading->builders[call];
  return builder == BUILDER_PINNER ||
         (builder == BUILDER_NONE && pattern != NULL && strchr(pattern, '.') != NULL);
}

/* The arguments of a call, "(" at *index, which moves behind it. What is not written out here is NULL. */
static struct text_list take_arguments(const struct reading *reading, size_t *index) {
  struct text_list arguments = {0};
  size_t end = tokens_behind(&reading->tokens, *index);
  for (++*index; *index + 1 < end; ++*index)
    text_list_add(&arguments, take_argument(reading, index));
  *index = end;
  return arguments;
}

/* add(PATTERN, PIN...), or Pin(PATTERN, PIN). Calls without a pin belong to something else: false. */
static bool read_call(struct reading *reading, size_t call, size_t *index) {
  struct conversion *conversion = reading->conversion;
  unsigned line = token_at(&reading->tokens, call)->line;
  struct text_list arguments = take_arguments(reading, index);
  size_t pins = 0, unknown = 0;
  for (size_t i = 1; i < arguments.count; i++) {
    import_pass(conversion, &format_okhttp, arguments.items[i] == NULL ? "" : arguments.items[i]);
    unknown += arguments.items[i] == NULL ? 1 : 0;
    pins += arguments.items[i] != NULL && is_pin(arguments.items[i]) ? 1 : 0;
  }
  const char *pattern = arguments.count > 0 ? arguments.items[0] : NULL;
  bool ours = pins > 0 || (arguments.count > 1 && is_of_pinner(reading, call, pattern));
  if (ours && (pattern == NULL || unknown > 0))
    convert_loss(conversion, conversion->path, line,
                 "%s(%s, ...): %s is not written out in this file; left out",
                 token_at(&reading->tokens, call)->text, pattern == NULL ? "HOST" : pattern,
                 pattern == NULL ? "the host" : "a pin");
  else if (ours) {
    struct draft draft = DRAFT_AT(NULL, line);
    read_pattern(pattern, &draft);
    for (size_t i = 1; i < arguments.count; i++)
      read_pin(conversion, arguments.items[i], line, &draft);
    conversion_add(conversion, &draft);
    draft_clear(&draft);
  }
  text_list_clear(&arguments);
  return ours;
}

static void read_source(struct conversion *conversion) {
  struct reading reading = {.conversion = conversion,
                            .tokens = tokens_read(conversion->text, TOKENS_OF_SOURCE)};
  reading.constants = constants_read(&reading.tokens);
  find_builders(&reading);
  for (size_t i = 0; i + 1 < reading.tokens.count;) {
    size_t next = i + 1;
    bool is_call = (token_is(&reading.tokens, i, "add") || token_is(&reading.tokens, i, "Pin")) &&
                   token_is(&reading.tokens, i + 1, "(");
    /* What is in the brackets of another call may be one of ours. */
    i = is_call && read_call(&reading, i, &next) ? next : i + 1;
  }
  free(reading.builders);
  constants_clear(&reading.constants);
  tokens_clear(&reading.tokens);
}

/* ---- Lists ---- */

static void read_line(struct conversion *conversion, char *line, unsigned number) {
  static const char separators[] = " \t\r,;";
  char *arrow = strstr(line, "->");
  char *start = line + strspn(line, separators);
  if (*start == '\0' || *start == '#' || strncmp(start, "//", 2) == 0)
    return;
  if (arrow == NULL) {
    convert_loss(conversion, conversion->path, number, "\"%s\": expected PATTERN -> sha256/...", start);
    return;
  }
  *arrow = '\0';
  start[strcspn(start, separators)] = '\0';
  struct draft draft = DRAFT_AT(NULL, number);
  read_pattern(start, &draft);
  char *rest = NULL;
  for (const char *pin = strtok_r(arrow + 2, separators, &rest); pin != NULL;
       pin = strtok_r(NULL, separators, &rest))
    read_pin(conversion, pin, number, &draft);
  conversion_add(conversion, &draft);
  draft_clear(&draft);
}

static void read_okhttp(struct conversion *conversion) {
  if (strstr(conversion->text, "add(") != NULL || strcasestr(conversion->text, "CertificatePinner") != NULL) {
    read_source(conversion);
    return;
  }
  AUTO_TEXT text = must_copy(conversion->text);
  char *rest = text;
  unsigned number = 0;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;)
    read_line(conversion, line, ++number);
}

static void write_okhttp(struct conversion *conversion) {
  fputs("CertificatePinner certificatePinner = new CertificatePinner.Builder()\n", conversion->out);
  for (size_t i = 0; i < conversion->count; i++) {
    const struct pin_entry *entry = &conversion->items[i].entry;
    const struct pin_digest_list *pins = &entry->lists[PIN_LIST_PINS];
    fprintf(conversion->out, "    .add(\"%s%s\"", entry->include_subdomains ? "**." : "", entry->name);
    for (uint32_t pin = 0; pin < pins->count; pin++) {
      char text[PIN_DIGEST_TEXT_SIZE];
      pin_digest_format(&pins->digests[pin], text);
      fprintf(conversion->out, ",\n        \"%s\"", text);
    }
    fputs(")\n", conversion->out);
  }
  fputs("    .build();\n", conversion->out);
}

const struct format format_okhttp = {
    .name = "okhttp",
    .comments = COMMENTS_C,
    .pin_prefix = "sha256/",
    .title = "OkHttp's CertificatePinner (source, or a list)",
    .mark = "sha256/\nadd(",
    .holds =
        HOLDS_HOSTS | HOLDS_SUBDOMAINS | HOLDS_WILDCARDS | HOLDS_ADDRESSES | HOLDS_EVERY_PORT | HOLDS_CA_KEYS,
    .least_pins = 1,
    .adds_up = true,
    .read = read_okhttp,
    .write = write_okhttp,
};
