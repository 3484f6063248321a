/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads Firefox's built-in pins from StaticHPKPins.h: digests by name, sets of these names, and a table of
 * hosts. PreloadedHPKPins.json, from which Firefox generates that file, names keys by certificates of its
 * trust store and holds no digests.
 */
#include <string.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/tokens.h"
#include "formats/words.h"

/* NAME[] = "BASE64"; or NAME[] = { MEMBER, ... }; or NAME = { ..., MEMBER }; */
struct definition {
  const char *name;
  const struct token *digest; /* NULL: a list */
  size_t first, behind;       /* the tokens between the braces of a list */
  unsigned line;
  struct draft pins; /* the pins of a list, once a host needs them */
  bool is_read;
  const struct definition *taken_by; /* the last list that took this list as a member */
};

struct definitions {
  struct definition *items;
  size_t count;
  struct names names;
};

static struct definition *find_definition(const struct definitions *definitions, const char *name) {
  size_t number = names_find(&definitions->names, name);
  return number == NAMES_NONE ? NULL : &definitions->items[number];
}

/* Adds a definition. If the name is there already, the first one stays, and one that concerns pins is
 * reported. */
static void add_definition(struct conversion *conversion, struct definitions *found,
                           const struct definition *next) {
  if (names_add(&found->names, next->name, found->count)) {
    found->items = must_room(found->items, found->count, sizeof *found->items);
    found->items[found->count++] = *next;
  } else if (next->digest != NULL || next->first < next->behind) {
    convert_loss(conversion, next->line, "\"%s\" is defined a second time, first in line %u", next->name,
                 found->items[names_find(&found->names, next->name)].line);
  }
}

static struct definitions find_definitions(struct conversion *conversion, const struct tokens *tokens) {
  struct definitions found = {0};
  for (size_t i = 1; i < tokens->count; i++) {
    if (!token_is(tokens, i, "="))
      continue;
    size_t name = token_is(tokens, i - 1, "]") && i >= 3 ? i - 3 : i - 1;
    struct definition definition = {.name = token_at(tokens, name)->text,
                                    .line = token_at(tokens, name)->line};
    if (token_at(tokens, i + 1)->kind == TOKEN_STRING)
      definition.digest = token_at(tokens, i + 1);
    /* a digest in no set pins nothing, and is not reported */
    if (definition.digest != NULL)
      import_pass(conversion, definition.digest->text, definition.digest->line);
    definition.first = i + 2;
    definition.behind = token_is(tokens, i + 1, "{") ? tokens_behind(tokens, i + 1) - 1 : i + 2;
    add_definition(conversion, &found, &definition);
  }
  return found;
}

/* Collects the digests of a set. Its members are digests, or one list of digests. */
static void take_set(struct conversion *conversion, const struct tokens *tokens,
                     const struct definitions *definitions, struct definition *set, struct draft *draft) {
  for (size_t i = set->first; i < set->behind; i++) {
    const struct token *token = token_at(tokens, i);
    struct definition *member = token->kind == TOKEN_WORD ? find_definition(definitions, token->text) : NULL;
    if (member != NULL && member->digest != NULL)
      convert_pin(conversion, draft, member->digest->text, member->digest->line, "fingerprint");
    else if (member != NULL && member != set && strstr(member->name, "_Data") != NULL &&
             strstr(set->name, "_Data") == NULL) {
      if (member->taken_by != set)
        take_set(conversion, tokens, definitions, member, draft);
      member->taken_by = set;
    } else if (token->kind == TOKEN_WORD && token->text[0] == 'k' && strstr(token->text, "_Data") == NULL)
      convert_loss(conversion, token->line, "\"%s\" is defined nowhere in this file", token->text);
  }
}

/* Reads "true" or "false". */
static bool read_boolean(struct conversion *conversion, const struct tokens *tokens, size_t index) {
  bool is_true = token_is(tokens, index, "true");
  if (!is_true && !token_is(tokens, index, "false"))
    convert_loss(conversion, token_at(tokens, index)->line, "\"%s\": expected true or false",
                 token_at(tokens, index)->text);
  return is_true;
}

/* { "HOST", INCLUDE_SUBDOMAINS, TEST_MODE, IS_MOZ, ID, &SET } */
static void read_host(struct conversion *conversion, const struct tokens *tokens,
                      const struct definitions *definitions, size_t open) {
  const struct token *host = token_at(tokens, open + 1);
  size_t behind = tokens_behind(tokens, open);
  struct definition *set = find_definition(definitions, token_at(tokens, behind - 2)->text);
  struct draft draft = DRAFT_AT(host->text, host->line);
  if (set == NULL) {
    convert_loss(conversion, host->line, "\"%s\": its set is defined nowhere in this file", host->text);
    return;
  }
  if (!set->is_read)
    take_set(conversion, tokens, definitions, set, &set->pins);
  set->is_read = true;
  draft.lists[PIN_LIST_PINS] = set->pins.lists[PIN_LIST_PINS];
  draft.counts[PIN_LIST_PINS] = set->pins.counts[PIN_LIST_PINS];
  draft.include_subdomains = read_boolean(conversion, tokens, open + 3);
  /* if it is not known whether this is a test, it is one */
  bool is_test = read_boolean(conversion, tokens, open + 5) || !token_is(tokens, open + 5, "false");
  draft.mode = is_test ? PIN_MODE_AUDIT : PIN_MODE_ENFORCE;
  conversion_add(conversion, &draft);
}

/* Notes when the list expires: kPreloadPKPinsExpirationTime = INT64_C(MICROSECONDS), after which Firefox
 * ignores it. */
static void note_expiry(struct conversion *conversion, const struct tokens *tokens) {
  int64_t seconds = 0;
  for (size_t i = 0; i < tokens->count; i++)
    if (token_is(tokens, i, "kPreloadPKPinsExpirationTime") && token_is(tokens, i + 2, "INT64_C"))
      seconds = strtoll(token_at(tokens, i + 4)->text, NULL, 10) / 1000000;
  AUTO_TEXT date = date_format(seconds);
  if (seconds != 0 && seconds < conversion->now)
    convert_note(conversion, 0, "the list has expired on %s for Firefox; the entries never expire", date);
  else
    convert_note(conversion, 0, "the entries never expire; Firefox gives its list some weeks");
}

static void read_header(struct conversion *conversion) {
  struct tokens tokens = tokens_read(conversion->text, COMMENTS_C);
  struct definitions definitions = find_definitions(conversion, &tokens);
  const struct definition *list = find_definition(&definitions, "kPublicKeyPinningPreloadList");
  for (size_t i = 0; i < tokens.count && list != NULL; i++) {
    bool is_host = token_is(&tokens, i, "{") && token_at(&tokens, i + 1)->kind == TOKEN_STRING &&
                   (token_is(&tokens, i + 3, "true") || token_is(&tokens, i + 3, "false"));
    bool is_listed = i >= list->first && i < list->behind;
    if (is_listed && token_is(&tokens, i, "{"))
      read_host(conversion, &tokens, &definitions, i);
    else if (is_host && !is_listed)
      convert_loss(conversion, token_at(&tokens, i)->line,
                   "\"%s\" stands outside of kPublicKeyPinningPreloadList; left out",
                   token_at(&tokens, i + 1)->text);
  }
  if (list == NULL)
    convert_error(conversion, 0, "expected kPublicKeyPinningPreloadList, as StaticHPKPins.h has it");
  else
    note_expiry(conversion, &tokens);
  for (size_t i = 0; i < definitions.count; i++)
    draft_clear(&definitions.items[i].pins);
  free(definitions.items);
  names_clear(&definitions.names);
  tokens_clear(&tokens);
}

static void read_firefox(struct conversion *conversion) {
  if (strstr(conversion->text, "sha256_hashes") != NULL)
    convert_error(conversion, 0,
                  "names keys by certificates of Firefox's trust store, and holds no digests; expected "
                  "StaticHPKPins.h, which is made from it");
  else
    read_header(conversion);
}

const struct format format_firefox = {
    .name = "firefox",
    .comments = COMMENTS_C,
    .title = "Firefox's StaticHPKPins.h",
    .mark = "kPublicKeyPinningPreloadList\tsha256_hashes",
    .holds = HOLDS_HOSTS | HOLDS_SUBDOMAINS | HOLDS_EVERY_PORT | HOLDS_AUDIT | HOLDS_CA_KEYS,
    .read = read_firefox,
};
