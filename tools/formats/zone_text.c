/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/zone_text.h"

#include <ctype.h>
#include <string.h>

#include "formats/words.h"

static bool is_absolute(const char *name) {
  return *name != '\0' && name[strlen(name) - 1] == '.';
}

char *zone_text_absolute(const struct zone_text *zone, const char *name) {
  if (strcmp(name, "@") == 0)
    return must_copy(zone->origin);
  if (is_absolute(name))
    return must_copy_bytes(name, strlen(name) - 1);
  return *zone->origin == '\0' ? must_copy(name) : must_format("%s.%s", name, zone->origin);
}

void zone_text_open(struct conversion *conversion, struct zone_text *ret_zone) {
  static char nothing[1];
  *ret_zone = (struct zone_text){.conversion = conversion,
                                 .at = conversion->text,
                                 .line = 1,
                                 .origin = nothing,
                                 .origin_is_open = conversion->origin == NULL,
                                 .owner = must_copy("")};
  ret_zone->origin = zone_text_absolute(ret_zone, conversion->origin == NULL ? "" : conversion->origin);
}

void zone_text_close(struct zone_text *zone) {
  free(zone->origin);
  free(zone->owner);
  text_list_clear(&zone->words);
}

/* Cuts off a word, without its quotes; what a backslash escapes belongs to it (RFC 1035, 5.1). */
static void take_word(struct zone_text *zone) {
  bool quoted = *zone->at == '"';
  const char *start = zone->at + (quoted ? 1 : 0);
  const char *ends = quoted ? "\"\n" : " \t\n;()\"";
  size_t length = 0;
  while (start[length] != '\0' && strchr(ends, start[length]) == NULL)
    length += start[length] == '\\' && start[length + 1] != '\0' && start[length + 1] != '\n' ? 2 : 1;
  text_list_add(&zone->words, must_copy_bytes(start, length));
  zone->at = start + length + (quoted && start[length] == '"' ? 1 : 0);
}

/* Collects the words up to the end of the line, or of the lines that parentheses join. Returns false at
 * the end of the text. */
static bool take_words(struct zone_text *zone, unsigned *ret_line) {
  unsigned depth = 0;
  text_list_clear(&zone->words);
  *ret_line = zone->line;
  if (*zone->at == '\0')
    return false;
  for (; *zone->at != '\0' && (depth > 0 || *zone->at != '\n');) {
    if (*zone->at == ';') {
      zone->at += strcspn(zone->at, "\n");
    } else if (*zone->at == '(' || *zone->at == ')') {
      bool opens = *zone->at++ == '(';
      if (!opens && depth == 0)
        convert_loss(zone->conversion, zone->line, "\")\" closes nothing");
      depth += opens ? 1 : 0;
      depth -= !opens && depth > 0 ? 1 : 0;
    } else if (isspace((unsigned char)*zone->at)) {
      zone->line += *zone->at++ == '\n' ? 1 : 0;
    } else {
      take_word(zone);
    }
  }
  if (depth > 0)
    convert_loss(zone->conversion, *ret_line, "\"(\" is never closed; expected \")\"");
  if (*zone->at == '\n') {
    zone->at++;
    zone->line++;
  }
  return true;
}

/* $GENERATE RANGE OWNER [TTL] [CLASS] TYPE DATA: of the types other than TLSA only aliases of services
 * matter, since they may lead to pins. */
static void pass_generate(struct zone_text *zone, unsigned line) {
  const char *owner = zone->words.count > 2 ? zone->words.items[2] : "";
  bool is_service = *owner == '_' || *owner == '*';
  for (size_t i = 3; i < zone->words.count; i++)
    if (is_one_of_caseless(zone->words.items[i], is_service ? "TLSA TYPE52 CNAME DNAME" : "TLSA TYPE52"))
      convert_loss(zone->conversion, line, "$GENERATE makes %s records, which are not read; left out",
                   zone->words.items[i]);
}

/* Longer than any name, whatever its escapes (RFC 1035, 2.3.4). */
#define LONGEST_NAME 1024

/* Makes relative names invalid. */
#define NO_NAME "?"

/* A relative $ORIGIN is appended to the one before. Names below an invalid origin belong to no host. */
static void set_origin(struct zone_text *zone, unsigned line) {
  const char *name = zone->words.count > 1 ? zone->words.items[1] : NO_NAME ".";
  char *origin = zone_text_absolute(zone, name);
  bool is_long = strlen(origin) > LONGEST_NAME;
  if (is_long || zone->words.count != 2)
    convert_loss(zone->conversion, line, "$ORIGIN: %s",
                 is_long ? "longer than any name" : "expected one name");
  zone->origin_is_open = zone->origin_is_open && !is_absolute(name);
  free(zone->origin);
  zone->origin = is_long ? must_copy(NO_NAME) : origin;
  if (is_long)
    free(origin);
}

/* Obeys a directive. Returns false if the words are none. */
static bool obey(struct zone_text *zone, unsigned line) {
  const struct text_list *words = &zone->words;
  if (words->items[0][0] != '$')
    return false;
  if (strcasecmp(words->items[0], "$ORIGIN") == 0) {
    set_origin(zone, line);
  } else if (strcasecmp(words->items[0], "$INCLUDE") == 0) {
    convert_loss(zone->conversion, line, "$INCLUDE %s: other files are not read",
                 words->count > 1 ? words->items[1] : "");
  } else if (strcasecmp(words->items[0], "$GENERATE") == 0) {
    pass_generate(zone, line);
  } else if (strcasecmp(words->items[0], "$TTL") != 0) {
    convert_loss(zone->conversion, line, "\"%s\": expected $ORIGIN NAME or $TTL; left out", words->items[0]);
  }
  return true;
}

/* *is_other becomes true for a class other than IN (RFC 3597, 5: also CLASS and its number). */
static bool is_ttl_or_class(const char *word, bool *is_other) {
  bool is_numbered = strncasecmp(word, "CLASS", 5) == 0 && word[5] != '\0' &&
                     word[5 + strspn(word + 5, "0123456789")] == '\0';
  if (is_numbered || is_one_of_caseless(word, "IN CH HS")) {
    *is_other = *is_other || !is_one_of_caseless(word, "IN CLASS1");
    return true;
  }
  return isdigit((unsigned char)*word) && strspn(word, "0123456789smhdwSMHDW") == strlen(word);
}

/* Also as a number, TYPE52. */
static bool is_tlsa(const char *type) {
  return strcasecmp(type, "TLSA") == 0 ||
         (strncasecmp(type, "TYPE", 4) == 0 && strcmp(type + 4 + strspn(type + 4, "0"), "52") == 0);
}

/* Divides the words into owner, type and data. Returns false if there is no type. */
static bool divide(struct zone_text *zone, bool has_owner, struct zone_record *ret_record) {
  const struct text_list *words = &zone->words;
  size_t at = 0;
  if (has_owner) {
    const char *spelled = words->items[at++];
    char *owner = zone_text_absolute(zone, spelled);
    free(zone->owner);
    zone->owner = owner;
    owner[strlen(owner) > LONGEST_NAME ? LONGEST_NAME : strlen(owner)] = '\0';
    zone->owner_is_relative = zone->origin_is_open && !is_absolute(spelled);
  }
  ret_record->is_other_class = false;
  while (at < words->count && is_ttl_or_class(words->items[at], &ret_record->is_other_class))
    at++;
  if (at == words->count)
    return false;
  ret_record->owner = zone->owner;
  ret_record->is_relative = zone->owner_is_relative;
  ret_record->type = is_tlsa(words->items[at]) ? "TLSA" : words->items[at];
  ret_record->data = words->items + at + 1;
  ret_record->data_count = words->count - at - 1;
  return true;
}

bool zone_text_next(struct zone_text *zone, struct zone_record *ret_record) {
  for (;;) {
    bool has_owner = *zone->at != ' ' && *zone->at != '\t';
    if (!take_words(zone, &ret_record->line))
      return false;
    if (zone->words.count == 0 || obey(zone, ret_record->line))
      continue;
    if (divide(zone, has_owner, ret_record))
      return true;
    convert_loss(zone->conversion, ret_record->line,
                 "expected NAME, and a type and data of a record; left out");
  }
}
