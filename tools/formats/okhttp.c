/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads and writes OkHttp's CertificatePinner: the calls add("PATTERN", "sha256/...") in Java or Kotlin,
 * with constants of the same file in place of either, or a plain list of lines PATTERN -> sha256/...
 */
#include <string.h>

#include "base/memory.h"
#include "formats/constants.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/words.h"

/* Reads a pattern. "**.": the name and all below it; "*.": exactly one label. */
static void read_pattern(const char *pattern, struct draft *draft) {
  draft->include_subdomains = strncmp(pattern, "**.", 3) == 0;
  draft->name = draft->include_subdomains ? pattern + 3 : pattern;
}

static void read_pin(struct conversion *conversion, const char *text, unsigned line, struct draft *draft) {
  if (strncmp(text, "sha1/", 5) == 0)
    convert_loss(conversion, line, "\"%s\": only SHA-256 can be held", text);
  else if (strncmp(text, "sha256/", 7) == 0)
    convert_pin(conversion, draft, text + 7, line, "pin");
  else
    convert_loss(conversion, line, "\"%s\": expected sha256/BASE64", text);
}

/* ---- Sources ---- */

/* The builder that a call belongs to. NEAR: another builder stands before it, and may be the one. */
enum builder { BUILDER_NONE = 0, BUILDER_PINNER, BUILDER_NEAR, BUILDER_OTHER };

/* "Add" is C#. */
#define CALLS "add Add Pin"
/* Limit on calls before a call, and on blocks around it. */
#define LONGEST_CHAIN 64

struct reading {
  struct conversion *conversion;
  struct tokens tokens;
  enum builder *builders; /* by token: the nearest builder before it; for a call, its own builder if known */
  struct names variables; /* variables that hold builders; the number is an index into `owners` */
  enum builder *owners;
  size_t variable_count;
  struct names aliases; /* other names of the pinner and its builder, from imports */
  struct constants constants;
};

struct argument {
  char *text;    /* NULL: not written out */
  unsigned line; /* line of its last part */
};

/*
 * Returns the text of an argument ("a" + NAME ...). *index moves to the comma or bracket behind it. The
 * text is for free(3).
 */
static struct argument take_argument(const struct reading *reading, size_t *index) {
  const struct tokens *tokens = &reading->tokens;
  struct argument argument = {.line = token_at(tokens, *index)->line};
  size_t size = 0;
  FILE *stream = memory_open(&argument.text, &size);
  bool known = true;
  /* Kotlin's "pattern = ..." */
  if (token_at(tokens, *index)->kind == TOKEN_WORD && token_is(tokens, *index + 1, "="))
    *index += 2;
  while (*index < tokens->count && !token_is(tokens, *index, ",") && !token_is(tokens, *index, ")")) {
    /* "as String" does not change the text */
    if (token_is(tokens, *index, "as") && token_at(tokens, *index + 1)->kind == TOKEN_WORD) {
      *index += 2;
      continue;
    }
    const struct token *token = token_at(tokens, *index), *part = NULL;
    bool qualifies = token->kind == TOKEN_WORD && token_is(tokens, *index + 1, ".");
    if (token->kind == TOKEN_STRING && !token->is_open)
      part = token;
    else if (token->kind == TOKEN_WORD && !qualifies)
      part = constants_find(&reading->constants, tokens, *index);
    if (part != NULL) {
      fputs(part->text, stream);
      argument.line = *part->text == '\0' ? argument.line : part->line;
    } else if (!qualifies && (token->kind != TOKEN_SIGN || strchr("+.@", *token->text) == NULL))
      known = false;
    *index = tokens_next(tokens, *index);
  }
  memory_close(stream);
  if (!known)
    free(text_take(&argument.text));
  return argument;
}

static bool is_pin(const char *text) {
  return strncmp(text, "sha256/", 7) == 0 || strncmp(text, "sha1/", 5) == 0;
}

/* ---- Whose call it is ---- */

/* Returns the token before a ".", skipping "?" and "!!". TOKEN_NONE: there is no ".". */
static size_t before_dot(const struct tokens *tokens, size_t at) {
  if (at < 2 || !token_is(tokens, at - 1, "."))
    return TOKEN_NONE;
  for (at -= 2; at > 0 && (token_is(tokens, at, "?") || token_is(tokens, at, "!"));)
    at--;
  return at;
}

static bool names_pinner(const struct reading *reading, size_t at) {
  const char *name = token_at(&reading->tokens, at)->text;
  return strcasecmp(name, "CertificatePinner") == 0 || names_find(&reading->aliases, name) != NAMES_NONE;
}

/* "CertificatePinner.Builder", or "Builder" alone if an import says so. */
static enum builder builder_named(const struct reading *reading, size_t builder) {
  size_t of = before_dot(&reading->tokens, builder);
  if (names_pinner(reading, of == TOKEN_NONE ? builder : of))
    return BUILDER_PINNER;
  return of == TOKEN_NONE ? BUILDER_NEAR : BUILDER_OTHER;
}

static enum builder builder_of_variable(const struct reading *reading, size_t at) {
  size_t variable = names_find(&reading->variables, token_at(&reading->tokens, at)->text);
  return variable == NAMES_NONE ? BUILDER_NONE : reading->owners[variable];
}

/* Returns the builder that a member is called on, by the calls and the variable before it. */
static enum builder builder_of_receiver(const struct reading *reading, size_t member) {
  const struct tokens *tokens = &reading->tokens;
  size_t at = before_dot(tokens, member);
  for (int i = 0; i < LONGEST_CHAIN && at != TOKEN_NONE; i++, at = before_dot(tokens, at)) {
    /* step back over brackets and block of the call before, to its name */
    while (at != TOKEN_NONE && at > 0 && (token_is(tokens, at, ")") || token_is(tokens, at, "}")))
      at = token_at(tokens, at)->inside == TOKEN_NONE ? TOKEN_NONE : token_at(tokens, at)->inside - 1;
    if (at == TOKEN_NONE)
      return BUILDER_NONE;
    if (token_is(tokens, at, "Builder"))
      return builder_named(reading, at);
    if (is_one_of(token_at(tokens, at)->text, CALLS) && at < member)
      return reading->builders[at];
    if (builder_of_variable(reading, at) != BUILDER_NONE)
      return builder_of_variable(reading, at);
  }
  return BUILDER_NONE;
}

/* Returns the builder of a call without ".", by the "apply {" around it. */
static enum builder builder_of_scope(const struct reading *reading, size_t call) {
  const struct tokens *tokens = &reading->tokens;
  size_t block = token_at(tokens, call)->inside;
  for (int i = 0; i < LONGEST_CHAIN && block != TOKEN_NONE && block > 0; i++) {
    size_t open = token_at(tokens, block - 1)->inside; /* the "(" of "with(NAME) {" */
    size_t scope = token_is(tokens, block - 1, ")") && open != TOKEN_NONE ? open - 1 : block - 1;
    if (token_is(tokens, block, "{") && is_one_of(token_at(tokens, scope)->text, "apply run"))
      return builder_of_receiver(reading, scope);
    if (token_is(tokens, block, "{") && token_is(tokens, scope, "with"))
      return builder_of_variable(reading, scope + 2);
    block = token_at(tokens, block)->inside;
  }
  return BUILDER_NONE;
}

/* Returns the first part of "okhttp3.CertificatePinner.Builder". */
static size_t path_start(const struct tokens *tokens, size_t at) {
  size_t of;
  for (int i = 0; i < LONGEST_CHAIN && (of = before_dot(tokens, at)) != TOKEN_NONE; i++)
    at = of;
  return at;
}

/* Records a variable: "NAME = new A.Builder(", "NAME: A.Builder", "A.Builder NAME". A later variable of
 * the same name replaces it from there on. */
static void read_variable(struct reading *reading, size_t builder) {
  const struct tokens *tokens = &reading->tokens;
  size_t first = path_start(tokens, builder);
  first -= first > 0 && token_is(tokens, first - 1, "new") ? 1 : 0;
  bool is_assigned = first > 1 && (token_is(tokens, first - 1, "=") || token_is(tokens, first - 1, ":"));
  const struct token *name = token_at(tokens, is_assigned ? first - 2 : builder + 1);
  if (name->kind != TOKEN_WORD || (!is_assigned && name->line != token_at(tokens, builder)->line))
    return;
  size_t number = names_find(&reading->variables, name->text);
  if (number == NAMES_NONE) {
    number = reading->variable_count++;
    names_add(&reading->variables, name->text, number);
    reading->owners = must_room(reading->owners, number, sizeof *reading->owners);
  }
  reading->owners[number] = builder_named(reading, builder);
}

/* "import okhttp3.CertificatePinner.Builder", "import okhttp3.CertificatePinner as Pinner". */
static void read_import(struct reading *reading, size_t at) {
  const struct tokens *tokens = &reading->tokens;
  size_t first = path_start(tokens, at);
  if (first == 0 || !is_one_of(token_at(tokens, first - 1)->text, "import static"))
    return;
  for (int i = 0; i < LONGEST_CHAIN && (token_is(tokens, at + 1, ".") || token_is(tokens, at + 1, "as")); i++)
    at += 2;
  names_add(&reading->aliases, token_at(tokens, at)->text, 0);
}

/* "builder::add" */
static bool is_reference(const struct tokens *tokens, size_t at) {
  return at > 2 && token_is(tokens, at - 1, ":") && token_is(tokens, at - 2, ":");
}

static void find_builders(struct reading *reading) {
  const struct tokens *tokens = &reading->tokens;
  enum builder nearest = BUILDER_NONE;
  reading->builders = must_alloc(tokens->count + 1, sizeof *reading->builders);
  for (size_t i = 0; i < tokens->count; i++) {
    const char *text = token_at(tokens, i)->text;
    reading->builders[i] = nearest;
    if (token_at(tokens, i)->kind != TOKEN_WORD)
      continue;
    if (strcasecmp(text, "CertificatePinner") == 0) {
      nearest = BUILDER_PINNER;
      read_import(reading, i);
    } else if (strcmp(text, "Builder") == 0) {
      nearest = builder_named(reading, i) == BUILDER_PINNER ? BUILDER_PINNER : BUILDER_NEAR;
      read_variable(reading, i);
    } else if (strcmp(text, "Pin") == 0) {
      size_t of = before_dot(tokens, i);
      reading->builders[i] =
          names_pinner(reading, of == TOKEN_NONE ? i : of) ? BUILDER_PINNER : BUILDER_OTHER;
    } else if (is_one_of(text, CALLS)) {
      enum builder own = is_reference(tokens, i)               ? builder_of_variable(reading, i - 3)
                         : before_dot(tokens, i) == TOKEN_NONE ? builder_of_scope(reading, i)
                                                               : builder_of_receiver(reading, i);
      reading->builders[i] = own == BUILDER_NONE ? nearest : own;
    }
  }
}

/* Whether a call belongs to a pinner. If no name before it tells, a pattern that is a host name does. */
static bool is_of_pinner(const struct reading *reading, size_t call, const char *pattern) {
  enum builder builder = reading->builders[call];
  return builder == BUILDER_PINNER ||
         (builder == BUILDER_NONE && pattern != NULL && strchr(pattern, '.') != NULL);
}

struct arguments {
  struct argument *items;
  size_t count;
};

/* Reads the arguments of a call; *index is at "(" and moves behind ")". Needs clearing. */
static struct arguments take_arguments(const struct reading *reading, size_t *index) {
  struct arguments arguments = {0};
  size_t end = tokens_behind(&reading->tokens, *index);
  for (++*index; *index + 1 < end; ++*index) {
    arguments.items = must_room(arguments.items, arguments.count, sizeof *arguments.items);
    arguments.items[arguments.count++] = take_argument(reading, index);
  }
  *index = end;
  return arguments;
}

static void arguments_clear(struct arguments *arguments) {
  for (size_t i = 0; i < arguments->count; i++)
    free(arguments->items[i].text);
  free(arguments->items);
}

/* Reports a call in which the host or a pin is not written out. */
static void report_call(struct conversion *conversion, const struct token *call,
                        const struct arguments *arguments) {
  const char *pattern = arguments->items[0].text;
  for (size_t i = 1; i < arguments->count; i++)
    if (arguments->items[i].text != NULL)
      import_pass(conversion, arguments->items[i].text, arguments->items[i].line);
  convert_loss(conversion, call->line, "%s(%s, ...): %s is not written out in this file; left out",
               call->text, pattern == NULL ? "HOST" : pattern, pattern == NULL ? "the host" : "a pin");
}

/* Reads add(PATTERN, PIN...) or Pin(PATTERN, PIN). Returns false for a call that is not about pins. */
static bool read_call(struct reading *reading, size_t call, size_t *index) {
  struct conversion *conversion = reading->conversion;
  struct arguments arguments = take_arguments(reading, index);
  size_t pins = 0, unknown = 0;
  for (size_t i = 1; i < arguments.count; i++) {
    unknown += arguments.items[i].text == NULL ? 1 : 0;
    pins += arguments.items[i].text != NULL && is_pin(arguments.items[i].text) ? 1 : 0;
  }
  const char *pattern = arguments.count > 0 ? arguments.items[0].text : NULL;
  bool ours = (pins > 0 && reading->builders[call] != BUILDER_OTHER) ||
              (arguments.count > 1 && is_of_pinner(reading, call, pattern));
  if (ours && (pattern == NULL || unknown > 0))
    report_call(conversion, token_at(&reading->tokens, call), &arguments);
  else if (ours) {
    AUTO_DRAFT draft = DRAFT_AT(NULL, token_at(&reading->tokens, call)->line);
    read_pattern(pattern, &draft);
    for (size_t i = 1; i < arguments.count; i++)
      read_pin(conversion, arguments.items[i].text, arguments.items[i].line, &draft);
    conversion_add(conversion, &draft);
  }
  arguments_clear(&arguments);
  return ours;
}

/* Code behind a condition is read as if the condition held. *until: the end of the last such code. */
static void note_condition(const struct tokens *tokens, size_t at, size_t *until) {
  if (!is_one_of(token_at(tokens, at)->text, "if else when switch") ||
      token_at(tokens, at)->kind != TOKEN_WORD)
    return;
  size_t behind = token_is(tokens, at + 1, "(") ? tokens_behind(tokens, at + 1) : at + 1;
  behind = token_is(tokens, behind, "{") ? tokens_behind(tokens, behind) : behind + 4;
  *until = behind > *until ? behind : *until;
}

static void read_source(struct conversion *conversion) {
  struct reading reading = {.conversion = conversion, .tokens = tokens_read(conversion->text, COMMENTS_C)};
  reading.constants = constants_read(&reading.tokens);
  convert_note_branches(conversion);
  find_builders(&reading);
  for (size_t i = 0, until = 0; i + 1 < reading.tokens.count;) {
    size_t next = i + 1;
    unsigned line = token_at(&reading.tokens, i)->line;
    note_condition(&reading.tokens, i, &until);
    bool is_name =
        reading.tokens.items[i].kind == TOKEN_WORD && is_one_of(reading.tokens.items[i].text, CALLS);
    bool is_call = is_name && token_is(&reading.tokens, i + 1, "(");
    if (is_name && is_reference(&reading.tokens, i) && reading.builders[i] == BUILDER_PINNER)
      convert_loss(conversion, line, "::%s: what is added is not written out in this file; left out",
                   reading.tokens.items[i].text);
    size_t before = conversion->count;
    /* the arguments of another call may contain such a call */
    bool is_read = is_call && read_call(&reading, i, &next);
    if (conversion->count > before && i < until)
      convert_note(conversion, line, "stands behind a condition, which the entry ignores");
    i = is_read ? next : i + 1;
  }
  free(reading.builders);
  free(reading.owners);
  names_clear(&reading.variables);
  names_clear(&reading.aliases);
  constants_clear(&reading.constants);
  tokens_clear(&reading.tokens);
}

/* ---- Lists ---- */

static void read_line(struct conversion *conversion, char *line, unsigned number) {
  static const char separators[] = " \t\r,;";
  char *arrow = strstr(line, "->");
  char *start = line + strspn(line, separators);
  if (*start == '\0' || strncmp(start, "//", 2) == 0)
    return;
  if (arrow == NULL) {
    convert_loss(conversion, number, "\"%s\": expected PATTERN -> sha256/...", start);
    return;
  }
  import_cut_comment(conversion, arrow, number);
  *arrow = '\0';
  start[strcspn(start, separators)] = '\0';
  AUTO_DRAFT draft = DRAFT_AT(NULL, number);
  read_pattern(start, &draft);
  char *rest = arrow + 2;
  for (const char *pin; (pin = next_word(&rest, separators)) != NULL;)
    read_pin(conversion, pin, number, &draft);
  conversion_add(conversion, &draft);
}

static void read_okhttp(struct conversion *conversion) {
  if (strstr(conversion->text, "add(") != NULL || strcasestr(conversion->text, "CertificatePinner") != NULL) {
    read_source(conversion);
    return;
  }
  conversion->comments = COMMENTS_SCRIPT;
  struct lines lines = lines_of(conversion->text);
  for (char *line; (line = lines_next(&lines)) != NULL;)
    read_line(conversion, line, lines.number);
  lines_clear(&lines);
}

static void write_okhttp(struct conversion *conversion) {
  fputs("CertificatePinner certificatePinner = new CertificatePinner.Builder()\n", conversion->out);
  for (size_t i = 0; i < conversion->count; i++) {
    const struct pin_entry *entry = &conversion->items[i].entry;
    const struct pin_digest_list *pins = &entry->lists[PIN_LIST_PINS];
    fprintf(conversion->out, "    .add(\"%s%s\"", entry->include_subdomains ? "**." : "", entry->name);
    digests_write(conversion->out, pins, ",\n        \"sha256/", "\"", "");
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
