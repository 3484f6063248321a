/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The HTTP header Public-Key-Pins, RFC 7469. */
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/names.h"
#include "formats/tokens.h"

#define HEADER "Public-Key-Pins:"
#define HEADER_REPORT_ONLY "Public-Key-Pins-Report-Only:"

/* What browsers made of a longer time at most (RFC 7469, 4.1): 60 days. */
#define LONGEST_MAX_AGE ((int64_t)60 * SECONDS_PER_DAY)

struct directive {
  char *name;
  char *value; /* NULL: none; without quotes */
};

static char *trim(char *text) {
  text += strspn(text, " \t\n");
  size_t length = strlen(text);
  while (length > 0 && strchr(" \t\n", text[length - 1]) != NULL)
    text[--length] = '\0';
  return text;
}

/* Takes one directive off *rest, which is cut up. False: no more. */
static bool next_directive(char **rest, struct directive *ret_directive) {
  if (*rest == NULL || **rest == '\0')
    return false;
  char *start = *rest;
  bool quoted = false;
  char *end = start;
  for (; *end != '\0' && (quoted || *end != ';'); end++)
    quoted = *end == '"' ? !quoted : quoted;
  *rest = *end == '\0' ? end : end + 1;
  *end = '\0';
  char *equals = strchr(start, '=');
  if (equals != NULL)
    *equals = '\0';
  *ret_directive = (struct directive){.name = trim(start), .value = equals == NULL ? NULL : trim(equals + 1)};
  char *value = ret_directive->value;
  size_t length = value == NULL ? 0 : strlen(value);
  if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
    value[length - 1] = '\0';
    ret_directive->value = value + 1;
  }
  return true;
}

/* Pins that are taken back leave the draft without any. */
static void read_max_age(struct conversion *conversion, const char *value, struct draft *draft) {
  size_t digits = value == NULL ? 0 : strspn(value, "0123456789");
  if (digits == 0 || value[digits] != '\0')
    convert_loss(conversion, conversion->path, draft->line, "max-age: expected a number of seconds");
  else if (digits > 9 || atol(value) > 0)
    draft->expires = conversion->now + (digits > 9 ? 999999999 : atol(value));
  else
    draft->expires = 0;
}

static void read_pin(struct conversion *conversion, const struct directive *directive, struct draft *draft) {
  if (strcasecmp(directive->name, "pin-sha256") != 0)
    convert_loss(conversion, conversion->path, draft->line, "%s: only SHA-256 can be held", directive->name);
  else
    convert_pin(conversion, draft, directive->value == NULL ? "" : directive->value, draft->line,
                "pin-sha256");
}

/* A header that has a directive twice is no good one (RFC 7469, 2.1), and browsers ignore it. */
static void name_repeated(struct conversion *conversion, const struct directive *directive, bool is_repeated,
                          const struct draft *draft) {
  if (is_repeated)
    convert_loss(conversion, conversion->path, draft->line, "%s stands there twice", directive->name);
}

static void read_directive(struct conversion *conversion, const struct directive *directive,
                           struct draft *draft) {
  if (strcasecmp(directive->name, "max-age") == 0)
    name_repeated(conversion, directive, draft->expires != PIN_NEVER, draft);
  else if (strcasecmp(directive->name, "includeSubDomains") == 0)
    name_repeated(conversion, directive, draft->include_subdomains, draft);
  if (strncasecmp(directive->name, "pin-", 4) == 0)
    read_pin(conversion, directive, draft);
  else if (strcasecmp(directive->name, "max-age") == 0)
    read_max_age(conversion, directive->value, draft);
  else if (strcasecmp(directive->name, "includeSubDomains") == 0)
    draft->include_subdomains = true;
  else if (*directive->name != '\0')
    convert_note(conversion, conversion->path, draft->line, "%s; left out", directive->name);
}

static bool read_header(struct conversion *conversion, char *value, struct draft *draft) {
  struct directive directive;
  while (next_directive(&value, &directive))
    read_directive(conversion, &directive, draft);
  if (draft->expires == 0) {
    convert_loss(conversion, conversion->path, draft->line, "max-age=0 takes the pins back; left out");
    return false;
  }
  if (draft->expires == PIN_NEVER && draft->mode == PIN_MODE_ENFORCE && draft->counts[PIN_LIST_PINS] > 0)
    convert_loss(conversion, conversion->path, draft->line,
                 "max-age is missing (RFC 7469, 2.1.2): browsers ignore the header; the entry never expires");
  return true;
}

/* ---- Where the header stands ---- */

#define NAME "Public-Key-Pins"
#define NAME_REPORT_ONLY "Public-Key-Pins-Report-Only"

struct header {
  char *value;
  unsigned line;
  bool report_only;
};

struct headers {
  struct header *items;
  size_t count;
};

static void headers_add(struct headers *headers, bool report_only, char *value, unsigned line) {
  headers->items = must_grow(headers->items, headers->count + 1, sizeof *headers->items);
  headers->items[headers->count++] =
      (struct header){.value = value, .line = line, .report_only = report_only};
}

static void headers_clear(struct headers *headers) {
  for (size_t i = 0; i < headers->count; i++)
    free(headers->items[i].value);
  free(headers->items);
}

/* What follows the header's name and a colon; NULL: another header. */
static const char *behind_name(const char *text, bool *ret_report_only) {
  static const char *const names[] = {NAME, NAME_REPORT_ONLY};
  for (int i = 0; i < 2; i++) {
    size_t length = strlen(names[i]);
    const char *colon =
        text + length + (strncasecmp(text, names[i], length) == 0 ? strspn(text + length, " ") : 0);
    *ret_report_only = i == 1;
    if (strncasecmp(text, names[i], length) == 0 && *colon == ':')
      return colon + 1;
  }
  return NULL;
}

/* A header as it is sent, or, where no text names it, its directives alone; NULL: the line is another. */
static char *raw_value(char *line, bool named, bool *ret_report_only) {
  const char *value = behind_name(line, ret_report_only);
  if (value != NULL || named)
    return value == NULL ? NULL : line + (value - line);
  *ret_report_only = false;
  return strncasecmp(line, "pin-", 4) == 0 || strncasecmp(line, "max-age", 7) == 0 ? line : NULL;
}

/* Takes the quotes off that YAML puts around a value. */
static char *unquoted(char *value) {
  value = trim(value);
  size_t length = strlen(value);
  if (length < 2 || strchr("'\"", *value) == NULL || value[length - 1] != *value)
    return value;
  value[length - 1] = '\0';
  return value + 1;
}

/* Lines that begin with a blank continue the header above (RFC 7230, 3.2.4). */
static void unfold(char **rest, unsigned *number) {
  while (*rest != NULL && (**rest == ' ' || **rest == '\t')) {
    (*rest)[-1] = ' ';
    strsep(rest, "\n");
    ++*number;
  }
}

/* "< " is what curl -v puts before each line. */
static void find_raw(const char *source, struct headers *headers) {
  AUTO_TEXT text = must_copy(source);
  char *rest = text;
  unsigned number = 0;
  bool named = strcasestr(source, NAME) != NULL, report_only = false;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
    unsigned first = ++number;
    line += strspn(line, " \t");
    line += strncmp(line, "< ", 2) == 0 ? 2 : 0;
    char *value = raw_value(line, named, &report_only);
    if (value == NULL)
      continue;
    unfold(&rest, &number);
    headers_add(headers, report_only, must_copy(unquoted(value)), first);
  }
}

/* Quotes in attributes of XML. */
static void read_entities(char *value) {
  static const char *const entities[] = {"&quot;", "&#34;", "&#x22;"};
  char *to = value;
  while (*value != '\0') {
    size_t length = 0;
    for (size_t i = 0; i < 3 && length == 0; i++)
      length = strncasecmp(value, entities[i], strlen(entities[i])) == 0 ? strlen(entities[i]) : 0;
    *to++ = length > 0 ? '"' : *value;
    value += length > 0 ? length : 1;
  }
  *to = '\0';
}

/*
 * The value that begins at a token, with what belongs to it: behind "." (PHP) or "+" another string, behind a
 * word what no blank separates from it, and behind a name with its colon alone the rest of the line. For
 * free(3).
 */
static char *joined_value(const struct tokens *tokens, size_t index, const char *first) {
  const struct token *start = token_at(tokens, index), *next;
  char *value = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&value, &size);
  fputs(first, stream);
  while ((next = token_at(tokens, index + 1))->kind != TOKEN_END) {
    bool joins = token_is(tokens, index + 1, ".") || token_is(tokens, index + 1, "+");
    if (joins && token_at(tokens, index + 2)->kind == TOKEN_STRING) {
      fputs(token_at(tokens, index + 2)->text, stream);
      index += 2;
    } else if (start->kind == TOKEN_WORD &&
               (next->is_joined || (*first == '\0' && next->line == start->line))) {
      fprintf(stream, "%s%s", next->is_joined ? "" : " ", next->text);
      index++;
    } else {
      break;
    }
  }
  memory_close(stream);
  read_entities(value);
  return value;
}

/* Between the name of a header and its value: "=>" of lighttpd, "value=" of XML, "]=" of a dictionary. */
static bool is_between(const struct token *token) {
  return is_one_of_caseless(token->text, "=> = , : ] ]= value= content= value");
}

/* Whether a token is the name alone, or ends in it behind a dot, as in "resp.http.Public-Key-Pins". */
static bool is_name(const char *text, bool *ret_report_only) {
  const char *dot = strrchr(text, '.');
  const char *last = dot == NULL ? text : dot + 1;
  *ret_report_only = strcasecmp(last, NAME_REPORT_ONLY) == 0;
  return *ret_report_only || strcasecmp(last, NAME) == 0;
}

/* The token of the value that belongs to a name: behind it, or, in XML, before it (value="..." name="...").
 */
static size_t value_of_name(const struct tokens *tokens, size_t at) {
  if (at >= 3 && token_is(tokens, at - 3, "value=") && strchr("/>", *token_at(tokens, at + 1)->text) != NULL)
    return at - 2;
  do
    at++;
  while (is_between(token_at(tokens, at)));
  return at;
}

/* A directive of a server that sets the header: its name, then its value, each a word or a string. */
static void find_configured(const char *source, bool is_php, struct headers *headers) {
  struct tokens tokens = tokens_read(source, is_php ? TOKENS_OF_PHP : TOKENS_OF_CONFIGURATION);
  for (size_t i = 0; i < tokens.count; i++) {
    const struct token *token = token_at(&tokens, i);
    bool report_only = false;
    bool is_alone = is_name(token->text, &report_only);
    size_t at = is_alone ? value_of_name(&tokens, i) : i;
    const char *value = is_alone ? token_at(&tokens, at)->text : behind_name(token->text, &report_only);
    if (value != NULL)
      headers_add(headers, report_only, joined_value(&tokens, at, value), token->line);
  }
  tokens_clear(&tokens);
}

static bool has_pins(const struct header *header) {
  return strcasestr(header->value, "pin-") != NULL;
}

/* The header that counts: of several the first (RFC 7469, 2.3.1), one with pins before one that a server
 * takes away or hides, and one that enforces before one that reports. */
static size_t choose(const struct headers *headers) {
  size_t best = 0, best_rank = 4;
  for (size_t i = 0; i < headers->count; i++) {
    size_t rank = (has_pins(&headers->items[i]) ? 0U : 2U) + (headers->items[i].report_only ? 1U : 0U);
    best = rank < best_rank ? i : best;
    best_rank = rank < best_rank ? rank : best_rank;
  }
  return best;
}

/* A header beside the one that counts. */
static void name_other(struct conversion *conversion, const struct header *header,
                       const struct header *chosen) {
  const char *name = header->report_only ? NAME_REPORT_ONLY : NAME;
  bool is_known = has_pins(header) || strpbrk(header->value, "$%") != NULL;
  if (header->report_only == chosen->report_only && strcmp(header->value, chosen->value) == 0)
    return;
  import_pass(conversion, &format_hpkp, header->value);
  if (is_known)
    convert_loss(conversion, conversion->path, header->line,
                 "another header %s beside that of line %u; left out", name, chosen->line);
  else
    convert_note(conversion, conversion->path, header->line,
                 "%s without a pin, beside that of line %u; left out", name, chosen->line);
}

static void read_hpkp(struct conversion *conversion) {
  struct headers headers = {0};
  enum comment_style style = import_comments_of(conversion, &format_hpkp);
  AUTO_TEXT text = import_blank_comments(conversion->text, style);
  find_raw(text, &headers);
  if (headers.count == 0)
    find_configured(text, style == COMMENTS_PHP, &headers);
  size_t chosen = choose(&headers);
  for (size_t i = 0; i < headers.count; i++)
    name_other(conversion, &headers.items[i], &headers.items[chosen]);
  if (headers.count == 0) {
    convert_error(conversion, conversion->path, 0, "expected a header " HEADER);
  } else {
    struct draft draft = DRAFT_AT(conversion->host, headers.items[chosen].line);
    draft.mode = headers.items[chosen].report_only ? PIN_MODE_AUDIT : PIN_MODE_ENFORCE;
    if (read_header(conversion, headers.items[chosen].value, &draft))
      conversion_add(conversion, &draft);
    draft_clear(&draft);
  }
  headers_clear(&headers);
}

static void write_hpkp(struct conversion *conversion) {
  const struct pin_entry *entry = &conversion->items[0].entry;
  const struct pin_digest_list *pins = &entry->lists[PIN_LIST_PINS];
  int64_t max_age = entry->expires == PIN_NEVER ? LONGEST_MAX_AGE : entry->expires - conversion->now;
  fputs(entry->mode == PIN_MODE_AUDIT ? HEADER_REPORT_ONLY : HEADER, conversion->out);
  for (uint32_t i = 0; i < pins->count; i++) {
    AUTO_TEXT text = digest_base64(&pins->digests[i]);
    fprintf(conversion->out, " pin-sha256=\"%s\";", text);
  }
  fprintf(conversion->out, " max-age=%lld%s\n", (long long)(max_age < 1 ? 1 : max_age),
          entry->include_subdomains ? "; includeSubDomains" : "");
  if (entry->expires == PIN_NEVER)
    convert_note(conversion, entry->file, entry->line, "\"%s\" never expires; the header says 60 days",
                 entry->name);
}

const struct format format_hpkp = {
    .name = "hpkp",
    .comments = COMMENTS_SERVER,
    .title = "the HTTP header Public-Key-Pins (RFC 7469)",
    .mark = "pin-sha256=\nmax-age",
    .holds = HOLDS_SUBDOMAINS | HOLDS_EVERY_PORT | HOLDS_EXPIRY_TIME | HOLDS_AUDIT | HOLDS_CA_KEYS,
    .least_pins = 2,
    .read = read_hpkp,
    .write = write_hpkp,
};
