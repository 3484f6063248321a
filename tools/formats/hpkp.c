/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads and writes the HTTP header Public-Key-Pins (RFC 7469): as it is sent, in configurations and
 * sources of servers, and as options of helmet for Node.js. */
#include <string.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "formats/formats.h"
#include "formats/hpkp.h"
#include "formats/import.h"
#include "formats/tokens.h"
#include "formats/words.h"

#define NAME "Public-Key-Pins"
#define NAME_REPORT_ONLY "Public-Key-Pins-Report-Only"

/* The longest time that browsers use (RFC 7469, 4.1): 60 days. */
#define LONGEST_MAX_AGE ((int64_t)60 * SECONDS_PER_DAY)

struct directive {
  char *name;
  char *value; /* without quotes; NULL: there is none */
};

/* Cuts the next directive off *rest. Returns false at the end. */
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

/* max-age=0 withdraws the pins: the draft then expires at 0. */
static void read_max_age(struct conversion *conversion, const char *value, struct draft *draft) {
  size_t digits = value == NULL ? 0 : strspn(value, "0123456789");
  if (digits == 0 || value[digits] != '\0')
    convert_loss(conversion, draft->line, "max-age: expected a number of seconds");
  else if (digits > 9 || atol(value) > 0)
    draft->expires = conversion->now + (digits > 9 ? 999999999 : atol(value));
  else
    draft->expires = 0;
}

static void read_pin(struct conversion *conversion, const struct directive *directive, struct draft *draft) {
  if (strcasecmp(directive->name, "pin-sha256") != 0)
    convert_loss(conversion, draft->line, "%s: only SHA-256 can be held", directive->name);
  else
    convert_pin(conversion, draft, directive->value == NULL ? "" : directive->value, draft->line,
                "pin-sha256");
}

/* Browsers ignore a header that has a directive twice (RFC 7469, 2.1). */
static void read_directive(struct conversion *conversion, const struct directive *directive,
                           struct draft *draft) {
  bool is_age = strcasecmp(directive->name, "max-age") == 0;
  bool is_below = strcasecmp(directive->name, "includeSubDomains") == 0;
  if ((is_age && draft->expires != PIN_NEVER) || (is_below && draft->include_subdomains))
    convert_loss(conversion, draft->line, "%s stands there twice", directive->name);
  if (strncasecmp(directive->name, "pin-", 4) == 0) {
    read_pin(conversion, directive, draft);
  } else if (is_age) {
    read_max_age(conversion, directive->value, draft);
  } else if (is_below) {
    if (directive->value != NULL)
      convert_loss(conversion, draft->line, "%s=%s: it has no value (RFC 7469, 2.1.3)", directive->name,
                   directive->value);
    draft->include_subdomains = true;
  } else if (strpbrk(directive->name, EXPRESSION) != NULL) {
    convert_loss(conversion, draft->line, "\"%s\" is not written out in this file; left out",
                 directive->name);
  } else if (strcasestr(directive->name, "pin") != NULL) {
    convert_loss(conversion, draft->line, "%s: browsers know no such directive; left out", directive->name);
  } else if (*directive->name != '\0') {
    convert_note(conversion, draft->line, "%s; left out", directive->name);
  }
}

static bool read_header(struct conversion *conversion, char *value, struct draft *draft) {
  struct directive directive;
  while (next_directive(&value, &directive))
    read_directive(conversion, &directive, draft);
  if (draft->expires == 0) {
    convert_loss(conversion, draft->line, "max-age=0 withdraws the pins; left out");
    return false;
  }
  if (draft->expires == PIN_NEVER && draft->mode == PIN_MODE_ENFORCE && draft->counts[PIN_LIST_PINS] > 0)
    convert_loss(conversion, draft->line,
                 "max-age is missing (RFC 7469, 2.1.2): browsers ignore the header; the entry never expires");
  return true;
}

/* ---- Where the header stands ---- */

#define TRAEFIK "publicKey"

static void headers_add(struct headers *headers, bool report_only, char *value, unsigned line) {
  headers->items = must_room(headers->items, headers->count, sizeof *headers->items);
  headers->items[headers->count++] =
      (struct header){.value = value, .line = line, .report_only = report_only};
}

static void headers_clear(struct headers *headers) {
  for (size_t i = 0; i < headers->count; i++)
    free(headers->items[i].value);
  free(headers->items);
}

/* Returns what follows the name of the header and a colon. NULL: another header. */
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

/* Returns what follows Traefik's key for the header: "publicKey:",
 * "traefik.http.middlewares.a.headers.publickey=". */
static const char *behind_key(const char *text) {
  const char *behind;
  for (const char *key = text; (key = strcasestr(key, TRAEFIK)) != NULL; key = behind) {
    behind = key + strlen(TRAEFIK);
    if ((key == text || key[-1] == '.') && (*behind == ':' || *behind == '='))
      return behind + 1;
  }
  return NULL;
}

/* Returns the value of a sent header or, in a text that does not name the header, directives alone. NULL:
 * another line. */
static char *raw_value(char *line, bool named, bool *ret_report_only) {
  const char *value = behind_name(line, ret_report_only);
  if (value != NULL || named)
    return value == NULL ? NULL : line + (value - line);
  *ret_report_only = false;
  return strncasecmp(line, "pin-", 4) == 0 || strncasecmp(line, "max-age", 7) == 0 ? line : NULL;
}

/* Removes what YAML puts around a value: quotes, with the backslash escapes inside, or the mark of a block
 * ("|", ">-"). */
static char *unquoted(char *value) {
  value = trim(value);
  value += *value == '|' || *value == '>' ? strspn(value, "|>+-") : 0;
  size_t length = strlen(value);
  if (length < 2 || strchr("'\"", *value) == NULL || value[length - 1] != *value)
    return value;
  value[length - 1] = '\0';
  char *to = value + 1;
  for (const char *at = value + 1; *value == '"' && *at != '\0'; at++)
    if (*at != '\\' || *++at != '\0')
      *to++ = *at;
  if (*value == '"')
    *to = '\0';
  return value + 1;
}

/* Finds headers as they are sent. curl -v puts "< " before each line. */
static void find_raw(const char *source, struct headers *headers) {
  struct lines lines = lines_of(source);
  bool named = strcasestr(source, NAME) != NULL, report_only = false;
  for (char *line; (line = lines_next(&lines)) != NULL;) {
    size_t indent = lines.indent;
    line += strncmp(line, "< ", 2) == 0 ? 2 : 0;
    char *value = raw_value(line, named, &report_only);
    if (value == NULL)
      continue;
    /* A line that begins with a blank continues the header above (RFC 7230, 3.2.4). If the header itself
     * is indented, as some programs print it, the line needs more blanks. */
    lines_fold(&lines, indent, false);
    headers->are_sent = true;
    headers_add(headers, report_only, must_copy(unquoted(value)), lines.number);
  }
  lines_clear(&lines);
}

/* Turns entities of XML into quotes. */
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

/* Whether a word is an operation on the string before it: "% MORE", ".format(MORE)". Ruby's ".freeze"
 * changes nothing. */
static bool is_operation(const struct token *token) {
  return token->kind == TOKEN_WORD && strchr(".%", *token->text) != NULL &&
         strcmp(token->text, ".freeze") != 0;
}

/*
 * Returns the value at a token, joined with what belongs to it. To a string: another string behind "."
 * (PHP) or "+", or an expression, which is marked by "$". To a word: what follows without a blank. To a
 * name with its colon: the rest of the line. *at moves to the last token. For free(3).
 */
static char *joined_value(const struct tokens *tokens, size_t *at, const char *first) {
  size_t index = *at;
  const struct token *start = token_at(tokens, index), *next;
  char *value = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&value, &size);
  fputs(first, stream);
  while ((next = token_at(tokens, index + 1))->kind != TOKEN_END) {
    bool joins = token_is(tokens, index + 1, ".") || token_is(tokens, index + 1, "+");
    if (start->kind == TOKEN_STRING && next->kind == TOKEN_STRING && hpkp_has_directives(next->text)) {
      fputs(next->text, stream);
      index++;
    } else if (joins && token_at(tokens, index + 2)->kind == TOKEN_STRING) {
      fputs(token_at(tokens, index + 2)->text, stream);
      index += 2;
    } else if (start->kind == TOKEN_STRING && (joins || is_operation(next))) {
      index += joins ? 2 : 1;
      fprintf(stream, "$%s", token_at(tokens, index)->text);
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
  *at = index;
  return value;
}

/* Whether a token may stand between the name of a header and its value: "=>" of lighttpd, "value=" of XML,
 * "]=" of a dictionary. */
static bool is_between(const struct token *token) {
  bool is_text = token->kind == TOKEN_STRING || token->kind == TOKEN_END;
  return (!is_text && token->text[strspn(token->text, "->=,:[](")] == '\0') ||
         is_one_of_caseless(token->text, "value= content= value value:");
}

/* Returns a name, or its part behind the last dot ("resp.http.Public-Key-Pins"). */
static const char *last_name(const char *text) {
  const char *dot = strrchr(text, '.');
  const char *last = dot == NULL ? text : dot + 1;
  return last + strspn(last, "+?>"); /* Caddy's signs: add, set if missing, set at the end */
}

/* Whether the text is exactly a name of the header. */
static bool is_name(const char *last, bool *ret_report_only) {
  *ret_report_only = strcasecmp(last, NAME_REPORT_ONLY) == 0;
  return *ret_report_only || strcasecmp(last, NAME) == 0 || strcasecmp(last, TRAEFIK) == 0;
}

/* Whether a token is the prefix of a string: f"...", b'...' of Python, @"..." of C#, ["..."]. */
static bool is_prefix(const struct tokens *tokens, size_t at) {
  const struct token *next = token_at(tokens, at + 1);
  return token_at(tokens, at)->kind == TOKEN_WORD && next->kind == TOKEN_STRING && next->is_joined &&
         is_one_of_caseless(token_at(tokens, at)->text, "f b r u rb br fr rf @ $ $@ @$ [ [[");
}

/* Returns the token of the value for a name: behind the name or, in XML, before it (value="..."
 * name="..."). */
static size_t value_of_name(const struct tokens *tokens, size_t at) {
  const char *next = token_at(tokens, at + 1)->text;
  if (at >= 3 && token_is(tokens, at - 3, "value=") && (*next == '/' || *next == '>'))
    return at - 2;
  do
    at++;
  while (is_between(token_at(tokens, at)) || is_prefix(tokens, at));
  return at;
}

/* Turns Varnish's {"..."} and Lua's [[...]], which have plain quotes inside, into '...' if they hold a
 * value. */
static void requote(char *text) {
  static const char *const ends[][2] = {{"{\"", "\"}"}, {"[[", "]]"}};
  for (size_t i = 0; i < COUNT_OF(ends); i++)
    for (char *open = text, *close; (open = strstr(open, ends[i][0])) != NULL; open = close) {
      close = open + 2;
      if (strncasecmp(close, "pin-sha256=", 11) != 0 && strncasecmp(close, "max-age=", 8) != 0)
        continue;
      close = strstr(close, ends[i][1]);
      if (close == NULL)
        break;
      memcpy(open, " '", 2);
      memcpy(close, "' ", 2);
    }
}

/* Finds directives of servers that set the header: its name, then its value, each a word or a string.
 * Traefik's key is only taken with pins, because other software has a key of that name. */
static void find_configured(const char *source, enum comment_style style, struct headers *headers) {
  struct tokens tokens = tokens_read(source, style);
  for (size_t i = 0; i < tokens.count; i++) {
    const struct token *token = token_at(&tokens, i);
    bool report_only = false;
    const char *last = last_name(token->text);
    bool is_alone = is_name(last, &report_only);
    size_t at = is_alone ? value_of_name(&tokens, i) : i;
    const char *value = is_alone ? token_at(&tokens, at)->text : behind_name(token->text, &report_only);
    bool is_traefik = value == NULL || (is_alone && strcasecmp(last, TRAEFIK) == 0);
    if (value == NULL && (value = behind_key(token->text)) == NULL)
      continue;
    size_t last_at = at;
    char *joined = joined_value(&tokens, &last_at, value);
    if (!is_traefik || hpkp_has_pins(joined))
      headers_add(headers, report_only && !is_traefik, joined, token->line);
    else
      free(joined);
    /* Skip the parts of a joined value; what stands in place of a value may name another header. */
    i = last_at > at && last_at > i ? last_at : i;
  }
  tokens_clear(&tokens);
}

/* ---- helmet.hpkp({maxAge: 5184000, sha256s: ["...", "..."], includeSubDomains: true}) of Node.js, or
 * that object alone ---- */

static bool ends_member(const struct tokens *tokens, size_t at) {
  return token_is(tokens, at, ",") || token_is(tokens, at, "}");
}

/* Returns the index behind the member of a list or object that begins at `at`, and behind its ",". */
static size_t behind_part(const struct tokens *tokens, size_t at, size_t end) {
  while (at + 1 < end && !token_is(tokens, at, ","))
    at = tokens_next(tokens, at);
  return at + 1;
}

/* Writes the strings of a list as directives. An expression becomes an invalid pin. A type may follow the
 * list ("as string[]"), but nothing that changes it (".concat(MORE)"). */
static void write_strings(FILE *out, const struct tokens *tokens, size_t at) {
  size_t end = tokens_behind(tokens, at), next;
  for (at++; at + 1 < end; at = next) {
    next = behind_part(tokens, at, end);
    bool is_typed_string = token_is(tokens, at + 1, "as") && at + 4 >= next;
    bool is_plain = at + 2 == end || token_is(tokens, at + 1, ",") || is_typed_string;
    while (!is_plain && at + 1 < next && token_at(tokens, at)->kind == TOKEN_SIGN)
      at++;
    fprintf(out, "pin-sha256=\"%s%s\"; ", is_plain ? "" : "...", token_at(tokens, at)->text);
  }
  bool is_typed = token_is(tokens, end, "as");
  size_t behind = end + (is_typed ? 2 : 0);
  behind += is_typed && token_is(tokens, behind, "[") && token_is(tokens, behind + 1, "]") ? 2 : 0;
  if (!ends_member(tokens, behind))
    fputs("pin-sha256=\"?\"; ", out);
}

/* Whether the member of this name is true; `otherwise`, with a report, if that is not written out. */
static bool is_set(struct conversion *conversion, const struct tokens *tokens, size_t name, bool otherwise) {
  bool is_true = token_is(tokens, name + 2, "true");
  bool is_written = token_is(tokens, name + 1, ":") && (is_true || token_is(tokens, name + 2, "false")) &&
                    ends_member(tokens, name + 3);
  if (!is_written)
    convert_loss(conversion, token_at(tokens, name)->line, "%s: expected true or false; taken for %s",
                 token_at(tokens, name)->text, otherwise ? "true" : "false");
  return is_written ? is_true : otherwise;
}

/* Adds an object of helmet as the header that it makes. `open`: its "{". If a member is computed or comes
 * from a getter, or if the call has another argument, the result may only report. */
static void take_helmet(struct conversion *conversion, const struct tokens *tokens, size_t open,
                        struct headers *headers) {
  char *value = NULL;
  size_t size = 0, end = tokens_behind(tokens, open);
  FILE *out = memory_open(&value, &size);
  bool report_only = false, is_unknown = token_within(tokens, open) == '(' &&
                                         (token_is(tokens, open - 1, ",") || token_is(tokens, end, ","));
  for (size_t i = open + 1; i + 1 < end; i = behind_part(tokens, i, end)) {
    size_t at = i + 2;
    const char *name = token_at(tokens, i)->text;
    if (strcmp(name, "sha256s") == 0 && token_is(tokens, at, "["))
      write_strings(out, tokens, at);
    else if (strcasecmp(name, "maxAge") == 0)
      fprintf(out, "max-age=%s; ", ends_member(tokens, at + 1) ? token_at(tokens, at)->text : "?");
    else if (strcasecmp(name, "includeSubDomains") == 0)
      fputs(is_set(conversion, tokens, i, false) ? "includeSubDomains; " : "", out);
    else if (strcasecmp(name, "reportOnly") == 0)
      report_only = is_set(conversion, tokens, i, true);
    else
      is_unknown = is_unknown || token_is(tokens, i, ".") || token_is(tokens, i, "[") ||
                   token_at(tokens, i + 1)->kind == TOKEN_WORD;
  }
  if (is_unknown)
    convert_loss(conversion, token_at(tokens, open)->line,
                 "hpkp: a member that is not written out in this file; left out, and the entry only logs");
  memory_close(out);
  headers_add(headers, report_only || is_unknown, value, token_at(tokens, open)->line);
}

/* "options.reportOnly", "options['sha256s']": a member is used outside of the object, and may be changed
 * there. */
static bool is_used_outside(const struct tokens *tokens, size_t at) {
  return at > 0 && (token_is(tokens, at - 1, ".") || token_is(tokens, at - 1, "[")) &&
         is_one_of(token_at(tokens, at)->text, "reportOnly sha256s");
}

/* Returns the "{" of the object to which a call or a member belongs, or TOKEN_NONE. */
static size_t helmet_object(const struct tokens *tokens, size_t at) {
  size_t inside = token_at(tokens, at)->inside;
  if (token_is(tokens, at, "hpkp") && token_is(tokens, at + 1, "(") && token_is(tokens, at + 2, "{"))
    return at + 2;
  bool is_member = strcmp(token_at(tokens, at)->text, "sha256s") == 0 && token_is(tokens, at + 1, ":");
  return is_member && inside != TOKEN_NONE && token_is(tokens, inside, "{") ? inside : TOKEN_NONE;
}

static void find_helmet(struct conversion *conversion, struct headers *headers) {
  struct tokens tokens = tokens_read(conversion->text, COMMENTS_C);
  size_t changed = TOKEN_NONE;
  for (size_t i = 0; i < tokens.count; i++) {
    size_t open = helmet_object(&tokens, i);
    changed = is_used_outside(&tokens, i) ? i : changed;
    if (open == TOKEN_NONE)
      continue;
    take_helmet(conversion, &tokens, open, headers);
    i = tokens_behind(&tokens, open) - 1;
  }
  if (headers->count > 0 && changed != TOKEN_NONE)
    convert_loss(conversion, token_at(&tokens, changed)->line,
                 "%s stands outside of the object, too; left out, and the entry only logs",
                 token_at(&tokens, changed)->text);
  for (size_t i = 0; i < headers->count && changed != TOKEN_NONE; i++)
    headers->items[i].report_only = true;
  if (headers->count > 0)
    conversion->comments = COMMENTS_C;
  tokens_clear(&tokens);
}

/* Reports a header other than the chosen one. */
static void report_other(struct conversion *conversion, const struct header *header,
                         const struct header *chosen) {
  const char *name = header->report_only ? NAME_REPORT_ONLY : NAME;
  if (header != chosen)
    import_pass(conversion, header->value, header->line);
  if (hpkp_is_same(header, chosen))
    return;
  if (hpkp_may_have_pins(header))
    convert_loss(conversion, header->line, "another header %s beside that of line %u; left out", name,
                 chosen->line);
  else
    convert_note(conversion, header->line, "%s without a pin, beside that of line %u; left out", name,
                 chosen->line);
}

static void read_hpkp(struct conversion *conversion) {
  struct headers headers = {0};
  AUTO_TEXT text = comments_blank(conversion->text, conversion->comments);
  find_raw(text, &headers);
  requote(text);
  if (headers.count == 0)
    find_configured(text, conversion->comments, &headers);
  if (headers.count == 0)
    find_helmet(conversion, &headers);
  hpkp_find_servers(text, conversion->host, &headers);
  bool is_open = false;
  const struct header *chosen = hpkp_find_own(&headers, &is_open);
  for (size_t i = 0; i < headers.count; i++)
    report_other(conversion, &headers.items[i], chosen);
  if (chosen == NULL) {
    convert_error(conversion, 0, "expected a header " NAME ":");
  } else if (is_open) {
    import_pass(conversion, chosen->value, chosen->line);
    convert_loss(conversion, chosen->line,
                 "headers differ, and nothing here says which is that of %s; none is taken",
                 conversion->host);
  } else {
    AUTO_DRAFT draft = DRAFT_AT(conversion->host, chosen->line);
    draft.mode = chosen->report_only ? PIN_MODE_AUDIT : PIN_MODE_ENFORCE;
    if (read_header(conversion, chosen->value, &draft))
      conversion_add(conversion, &draft);
  }
  headers_clear(&headers);
}

static void write_hpkp(struct conversion *conversion) {
  const struct pin_entry *entry = &conversion->items[0].entry;
  const struct pin_digest_list *pins = &entry->lists[PIN_LIST_PINS];
  int64_t max_age = entry->expires == PIN_NEVER ? LONGEST_MAX_AGE : entry->expires - conversion->now;
  fputs(entry->mode == PIN_MODE_AUDIT ? NAME_REPORT_ONLY ":" : NAME ":", conversion->out);
  digests_write(conversion->out, pins, " pin-sha256=\"", "\";", "");
  fprintf(conversion->out, " max-age=%lld%s\n", (long long)(max_age < 1 ? 1 : max_age),
          entry->include_subdomains ? "; includeSubDomains" : "");
  if (entry->expires == PIN_NEVER)
    convert_say(conversion, FINDING_NOTE, entry->file, entry->line,
                "\"%s\" never expires; the header says 60 days", entry->name);
}

const struct format format_hpkp = {
    .name = "hpkp",
    .comments = COMMENTS_SERVER,
    .title = "the HTTP header Public-Key-Pins (RFC 7469)",
    .mark = "pin-sha256=\tsha256s\nmax-age\tmaxAge\tPublic-Key-Pins",
    .holds = HOLDS_SUBDOMAINS | HOLDS_EVERY_PORT | HOLDS_EXPIRY_TIME | HOLDS_AUDIT | HOLDS_CA_KEYS,
    .least_pins = 2,
    .read = read_hpkp,
    .write = write_hpkp,
};
