/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The HTTP header Public-Key-Pins, RFC 7469. */
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "formats/formats.h"

#define HEADER "Public-Key-Pins:"
#define HEADER_REPORT_ONLY "Public-Key-Pins-Report-Only:"

/* What browsers made of a longer time at most (RFC 7469, 4.1): 60 days. */
#define LONGEST_MAX_AGE ((int64_t)60 * SECONDS_PER_DAY)

struct directive {
  char *name;
  char *value; /* NULL: none; without quotes */
};

static char *trim(char *text) {
  text += strspn(text, " \t\r");
  size_t length = strlen(text);
  while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
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

static void read_max_age(struct conversion *conversion, const char *value, struct draft *draft) {
  size_t digits = value == NULL ? 0 : strspn(value, "0123456789");
  if (digits == 0 || value[digits] != '\0')
    convert_error(conversion, conversion->path, draft->line, "max-age: expected a number of seconds");
  else if (digits > 9 || atol(value) > 0)
    draft->expires = conversion->now + (digits > 9 ? 999999999 : atol(value));
  else
    convert_error(conversion, conversion->path, draft->line, "max-age=0 takes pins back; expected pins");
}

static void read_pin(struct conversion *conversion, const struct directive *directive, struct draft *draft) {
  struct pin_digest digest;
  if (strcasecmp(directive->name, "pin-sha256") != 0)
    convert_loss(conversion, conversion->path, draft->line, "%s: only SHA-256 can be held", directive->name);
  else if (directive->value != NULL && digest_from_base64(directive->value, &digest))
    draft_take(draft, PIN_LIST_PINS, &digest);
  else
    convert_error(conversion, conversion->path, draft->line, "pin-sha256=\"%s\": expected 32 bytes in base64",
                  directive->value == NULL ? "" : directive->value);
}

static void read_directive(struct conversion *conversion, const struct directive *directive,
                           struct draft *draft) {
  if (strncasecmp(directive->name, "pin-", 4) == 0)
    read_pin(conversion, directive, draft);
  else if (strcasecmp(directive->name, "max-age") == 0)
    read_max_age(conversion, directive->value, draft);
  else if (strcasecmp(directive->name, "includeSubDomains") == 0)
    draft->include_subdomains = true;
  else if (*directive->name != '\0')
    convert_note(conversion, conversion->path, draft->line, "%s; left out", directive->name);
}

/* What follows the name of the header, or a line of directives alone; NULL: another line. */
static char *header_value(char *line, bool *ret_report_only) {
  line = trim(line);
  *ret_report_only = strncasecmp(line, HEADER_REPORT_ONLY, strlen(HEADER_REPORT_ONLY)) == 0;
  if (*ret_report_only)
    return line + strlen(HEADER_REPORT_ONLY);
  if (strncasecmp(line, HEADER, strlen(HEADER)) == 0)
    return line + strlen(HEADER);
  return strncasecmp(line, "pin-", 4) == 0 || strncasecmp(line, "max-age", 7) == 0 ? line : NULL;
}

static void read_header(struct conversion *conversion, char *value, struct draft *draft) {
  struct directive directive;
  while (next_directive(&value, &directive))
    read_directive(conversion, &directive, draft);
  if (draft->expires == PIN_NEVER && draft->mode == PIN_MODE_ENFORCE && conversion->errors == 0)
    convert_error(conversion, conversion->path, draft->line, "max-age is missing (RFC 7469, 2.1.2)");
  conversion_add(conversion, draft);
}

/* Of several headers the first one counts (RFC 7469, 2.3.1). */
static void read_hpkp(struct conversion *conversion) {
  AUTO_TEXT text = must_copy(conversion->text);
  char *rest = text;
  bool found = false;
  bool report_only = false;
  unsigned number = 0;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
    number++;
    char *value = header_value(line, &report_only);
    if (value == NULL)
      continue;
    struct draft draft = DRAFT_AT(conversion->host, number);
    draft.mode = report_only ? PIN_MODE_AUDIT : PIN_MODE_ENFORCE;
    if (found)
      convert_note(conversion, conversion->path, number, "a second header; left out");
    else
      read_header(conversion, value, &draft);
    found = true;
    draft_clear(&draft);
  }
  if (!found)
    convert_error(conversion, conversion->path, 0, "expected a header " HEADER);
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
    .title = "the HTTP header Public-Key-Pins (RFC 7469)",
    .mark = "pin-sha256=\nmax-age",
    .holds = HOLDS_SUBDOMAINS | HOLDS_EVERY_PORT | HOLDS_EXPIRY_TIME | HOLDS_AUDIT | HOLDS_CA_KEYS,
    .least_pins = 2,
    .read = read_hpkp,
    .write = write_hpkp,
};
