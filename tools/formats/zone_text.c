/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/zone_text.h"

#include <ctype.h>
#include <string.h>

void zone_text_open(struct conversion *conversion, struct zone_text *ret_zone) {
  *ret_zone = (struct zone_text){.conversion = conversion,
                                 .at = conversion->text,
                                 .line = 1,
                                 .origin = must_copy(""),
                                 .owner = must_copy("")};
}

void zone_text_close(struct zone_text *zone) {
  free(zone->origin);
  free(zone->owner);
  text_list_clear(&zone->words);
}

static void skip_comment(struct zone_text *zone) {
  zone->at += strcspn(zone->at, "\n");
}

/* Takes a word off; its quotes do not belong to it. */
static void take_word(struct zone_text *zone) {
  bool quoted = *zone->at == '"';
  const char *start = zone->at + (quoted ? 1 : 0);
  size_t length = strcspn(start, quoted ? "\"\n" : " \t\r\n;()\"");
  text_list_add(&zone->words, must_copy_bytes(start, length));
  zone->at = start + length + (quoted && start[length] == '"' ? 1 : 0);
}

/* The words up to the end of the line, or of the lines that parentheses join. False: the text is at its end.
 */
static bool take_words(struct zone_text *zone, unsigned *ret_line) {
  bool open = false;
  text_list_clear(&zone->words);
  *ret_line = zone->line;
  if (*zone->at == '\0')
    return false;
  for (; *zone->at != '\0' && (open || *zone->at != '\n');) {
    if (*zone->at == ';') {
      skip_comment(zone);
    } else if (*zone->at == '(' || *zone->at == ')') {
      open = *zone->at++ == '(';
    } else if (isspace((unsigned char)*zone->at)) {
      zone->line += *zone->at++ == '\n' ? 1 : 0;
    } else {
      take_word(zone);
    }
  }
  if (open)
    convert_error(zone->conversion, zone->conversion->path, *ret_line,
                  "\"(\" is never closed; expected \")\"");
  if (*zone->at == '\n') {
    zone->at++;
    zone->line++;
  }
  return true;
}

static char *absolute(const struct zone_text *zone, const char *name) {
  size_t length = strlen(name);
  if (strcmp(name, "@") == 0)
    return must_copy(zone->origin);
  if (length > 0 && name[length - 1] == '.')
    return must_copy_bytes(name, length - 1);
  return *zone->origin == '\0' ? must_copy(name) : must_format("%s.%s", name, zone->origin);
}

/* Whether the words are a directive, which was then obeyed. */
static bool obey(struct zone_text *zone, unsigned line) {
  const struct text_list *words = &zone->words;
  if (words->items[0][0] != '$')
    return false;
  if (strcasecmp(words->items[0], "$ORIGIN") == 0 && words->count == 2) {
    char *origin = absolute(zone, words->items[1]);
    free(zone->origin);
    zone->origin = origin;
  } else if (strcasecmp(words->items[0], "$INCLUDE") == 0) {
    convert_loss(zone->conversion, zone->conversion->path, line, "$INCLUDE: other files are not read");
  } else if (strcasecmp(words->items[0], "$TTL") != 0) {
    convert_error(zone->conversion, zone->conversion->path, line, "\"%s\": expected $ORIGIN NAME or $TTL",
                  words->items[0]);
  }
  return true;
}

static bool is_ttl_or_class(const char *word) {
  static const char *const classes[] = {"IN", "CH", "HS"};
  for (size_t i = 0; i < 3; i++)
    if (strcasecmp(word, classes[i]) == 0)
      return true;
  return isdigit((unsigned char)*word) && strspn(word, "0123456789smhdwSMHDW") == strlen(word);
}

/* Divides the words into owner, type and data. False: there is no type among them. */
static bool divide(struct zone_text *zone, bool has_owner, struct zone_record *ret_record) {
  const struct text_list *words = &zone->words;
  size_t at = 0;
  if (has_owner) {
    char *owner = absolute(zone, words->items[at++]);
    free(zone->owner);
    zone->owner = owner;
  }
  while (at < words->count && is_ttl_or_class(words->items[at]))
    at++;
  if (at == words->count)
    return false;
  ret_record->owner = zone->owner;
  ret_record->type = words->items[at];
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
    convert_error(zone->conversion, zone->conversion->path, ret_record->line,
                  "expected NAME, and a type and data of a record");
  }
}
