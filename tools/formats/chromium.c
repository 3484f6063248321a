/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Chromium's static pins: JSON with comments (net/http/transport_security_state_static.json, and
 * ..._static_pins.json), which names keys that a second file (.pins) holds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/chromium_pins.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/pin_groups.h"
#include "formats/tree.h"

/* What Chromium's own generator takes at most. */
#define MOST_PINSETS 16

#define KNOWN_OF_ENTRY                                                                                       \
  "name policy mode pins include_subdomains include_subdomains_for_pinning expect_ct expect_ct_report_uri "  \
  "expect_staple expect_staple_report_uri include_subdomains_for_expect_staple snionly"

struct pinset {
  const char *name; /* of the JSON value */
  unsigned line;
  struct draft pins; /* only its list of pins is used */
  size_t forbidden;
};

struct reading {
  struct conversion *conversion;
  struct named_keys keys;
  struct pinset *pinsets;
  size_t pinset_count;
  struct names names; /* of the pinsets */
};

/* FILE.json has its keys in FILE.pins. */
static char *companion_of(const struct conversion *conversion) {
  if (conversion->companion != NULL)
    return must_copy(conversion->companion);
  size_t length = strlen(conversion->path);
  bool is_json = length > 5 && strcmp(conversion->path + length - 5, ".json") == 0;
  return must_format("%.*s.pins", (int)(is_json ? length - 5 : length), conversion->path);
}

static void read_key_name(struct reading *reading, struct pinset *pinset, json_object *element) {
  const char *name = json_object_is_type(element, json_type_string) ? json_object_get_string(element) : NULL;
  const struct named_key *key = name == NULL ? NULL : named_keys_find(&reading->keys, name);
  if (key != NULL)
    draft_take(&pinset->pins, PIN_LIST_PINS, &key->digest);
  else
    convert_loss(reading->conversion, reading->conversion->path, pinset->line,
                 "pinset \"%s\": no key is named \"%s\"", pinset->name, name == NULL ? "" : name);
}

/* Chromium's generator takes no other members: one of these may be pins that somebody misspelled. */
static void name_unknown(struct conversion *conversion, json_object *value, const char *known,
                         unsigned line) {
  json_object_object_foreach(value, name, member) {
    (void)member;
    if (!is_one_of(name, known))
      convert_loss(conversion, conversion->path, line,
                   "\"%s\": Chromium has no member of this name; left out", name);
  }
}

static void read_pinset(struct reading *reading, json_object *value, struct pinset *pinset) {
  struct conversion *conversion = reading->conversion;
  pinset->line = tree_line(value, 0);
  pinset->name = tree_text(conversion, value, "name");
  if (pinset->name == NULL) {
    convert_loss(conversion, conversion->path, pinset->line, "a pinset without a name");
    pinset->name = "";
    return;
  }
  name_unknown(conversion, value, "name static_spki_hashes bad_static_spki_hashes report_uri", pinset->line);
  json_object *good = tree_list(conversion, value, "static_spki_hashes");
  json_object *bad = tree_list(conversion, value, "bad_static_spki_hashes");
  for (size_t i = 0; i < tree_length(good); i++)
    read_key_name(reading, pinset, json_object_array_get_idx(good, i));
  pinset->forbidden = tree_length(bad);
}

static void read_pinsets(struct reading *reading, json_object *list) {
  size_t count = json_object_array_length(list);
  struct conversion *conversion = reading->conversion;
  reading->pinsets = must_alloc(count, sizeof *reading->pinsets);
  reading->pinset_count = count;
  for (size_t i = 0; i < count; i++) {
    struct pinset *pinset = &reading->pinsets[i];
    read_pinset(reading, json_object_array_get_idx(list, i), pinset);
    if (*pinset->name != '\0' && !names_add(&reading->names, pinset->name, i))
      convert_loss(conversion, conversion->path, pinset->line,
                   "pinset \"%s\" is defined a second time, first in line %u; left out", pinset->name,
                   reading->pinsets[names_find(&reading->names, pinset->name)].line);
  }
}

/* Chains with a forbidden key are accepted by an entry all the same: the policy blocks keys for every host
 * only. */
static void tell_forbidden(struct conversion *conversion, struct pinset *pinset) {
  if (pinset->forbidden == 0)
    return;
  convert_loss(
      conversion, conversion->path, pinset->line,
      "pinset \"%s\" forbids %zu keys (bad_static_spki_hashes); a policy can only block keys for every "
      "host (blocked_keys)",
      pinset->name, pinset->forbidden);
  pinset->forbidden = 0;
}

/* include_subdomains without force-https in sight concerns pins as well. */
static void read_entry(struct reading *reading, json_object *value) {
  struct conversion *conversion = reading->conversion;
  const char *name = tree_text(conversion, value, "name");
  struct draft draft = DRAFT_AT(name, tree_line(value, 0));
  if (name == NULL) {
    convert_loss(conversion, conversion->path, draft.line, "an entry without a name");
    return;
  }
  draft.include_subdomains = tree_flag(conversion, value, "include_subdomains") ||
                             tree_flag(conversion, value, "include_subdomains_for_pinning");
  name_unknown(conversion, value, KNOWN_OF_ENTRY, draft.line);
  const char *pins = tree_text(conversion, value, "pins");
  size_t number = pins == NULL ? NAMES_NONE : names_find(&reading->names, pins);
  struct pinset *pinset = number == NAMES_NONE ? NULL : &reading->pinsets[number];
  if (pins != NULL && pinset == NULL) {
    convert_loss(conversion, conversion->path, draft.line, "\"%s\": no pinset is named \"%s\"", name, pins);
    return;
  }
  if (pinset == NULL) {
    draft.mode = PIN_MODE_OFF;
  } else {
    tell_forbidden(conversion, pinset);
    draft.lists[PIN_LIST_PINS] = pinset->pins.lists[PIN_LIST_PINS];
    draft.counts[PIN_LIST_PINS] = pinset->pins.counts[PIN_LIST_PINS];
  }
  conversion_add(conversion, &draft);
}

static void read_all(struct reading *reading, json_object *root) {
  struct conversion *conversion = reading->conversion;
  json_object *pinsets = tree_list(conversion, root, "pinsets");
  json_object *entries = tree_list(conversion, root, "entries");
  if (entries == NULL) {
    convert_error(conversion, conversion->path, 1, "expected an object with \"pinsets\" and \"entries\"");
    return;
  }
  if (tree_length(pinsets) > 0) {
    AUTO_TEXT companion = companion_of(conversion);
    named_keys_read(conversion, companion, &reading->keys);
    if (conversion->errors == 0)
      read_pinsets(reading, pinsets);
  }
  for (size_t i = 0; conversion->errors == 0 && i < tree_length(entries); i++)
    read_entry(reading, json_object_array_get_idx(entries, i));
}

static void read_chromium(struct conversion *conversion) {
  /* PreloadedHPKPins.json looks the same. */
  if (strstr(conversion->text, "\"sha256_hashes\"") != NULL &&
      strstr(conversion->text, "\"static_spki_hashes\"") == NULL) {
    format_firefox.read(conversion);
    return;
  }
  /* JSON is YAML, but for its comments. */
  const char *text = conversion->text;
  AUTO_TEXT bare = import_blank_comments(text, COMMENTS_C);
  conversion->text = bare;
  json_object *root = tree_from_yaml(conversion);
  conversion->text = text;
  if (root == NULL)
    return;
  struct reading reading = {.conversion = conversion};
  read_all(&reading, json_object_array_get_idx(root, 0));
  for (size_t i = 0; i < reading.pinset_count; i++)
    draft_clear(&reading.pinsets[i].pins);
  free(reading.pinsets);
  names_clear(&reading.names);
  named_keys_clear(&reading.keys);
  json_object_put(root);
}

static int compare_digests(const void *a, const void *b) {
  return memcmp(a, b, sizeof(struct pin_digest));
}

/* Every key once, in ascending order. */
static struct pin_digest *all_keys(const struct grouping *grouping, size_t *ret_count) {
  size_t count = 0;
  for (size_t i = 0; i < grouping->count; i++)
    count += grouping->groups[i].list->count;
  struct pin_digest *keys = must_alloc(count, sizeof *keys);
  count = 0;
  for (size_t i = 0; i < grouping->count; i++)
    for (uint32_t j = 0; j < grouping->groups[i].list->count; j++)
      keys[count++] = grouping->groups[i].list->digests[j];
  if (count > 1)
    qsort(keys, count, sizeof *keys, compare_digests);
  *ret_count = 0;
  for (size_t i = 0; i < count; i++)
    if (*ret_count == 0 || compare_digests(&keys[*ret_count - 1], &keys[i]) != 0)
      keys[(*ret_count)++] = keys[i];
  return keys;
}

/* One object of an array, on a line of its own. */
static void put_line(FILE *stream, json_object *value, bool *first) {
  fprintf(stream, "%s    %s", *first ? "" : ",\n",
          json_object_to_json_string_ext(value, JSON_C_TO_STRING_SPACED));
  *first = false;
  json_object_put(value);
}

static json_object *pinset_json(const struct grouping *grouping, size_t index, const struct pin_digest *keys,
                                size_t key_count) {
  const struct pin_digest_list *list = grouping->groups[index].list;
  AUTO_TEXT name = must_format("set%zu", index + 1);
  json_object *value = json_object_new_object();
  json_object *names = json_object_new_array();
  for (uint32_t i = 0; i < list->count; i++) {
    const struct pin_digest *key = bsearch(&list->digests[i], keys, key_count, sizeof *keys, compare_digests);
    AUTO_TEXT key_name = must_format("Key%zu", (size_t)(key - keys) + 1);
    json_object_array_add(names, json_object_new_string(key_name));
  }
  json_object_object_add(value, "name", json_object_new_string(name));
  json_object_object_add(value, "static_spki_hashes", names);
  return value;
}

static json_object *chromium_entry_json(const struct conversion *conversion, const struct grouping *grouping,
                                        size_t index) {
  const struct pin_entry *entry = &conversion->items[index].entry;
  json_object *value = json_object_new_object();
  json_object_object_add(value, "name", json_object_new_string(entry->name));
  json_object_object_add(value, "policy", json_object_new_string("custom"));
  if (entry->include_subdomains)
    json_object_object_add(value, "include_subdomains_for_pinning", json_object_new_boolean(true));
  if (entry->mode != PIN_MODE_OFF) {
    AUTO_TEXT name = must_format("set%zu", grouping->group_of[index] + 1);
    json_object_object_add(value, "pins", json_object_new_string(name));
  }
  return value;
}

static void write_keys(FILE *stream, const struct pin_digest *keys, size_t count) {
  fputs("# The keys that the pinsets name.\n", stream);
  for (size_t i = 0; i < count; i++) {
    char text[PIN_DIGEST_TEXT_SIZE];
    pin_digest_format(&keys[i], text);
    fprintf(stream, "\nKey%zu\n%s\n", i + 1, text);
  }
}

static void write_chromium(struct conversion *conversion) {
  struct grouping grouping = grouping_new(conversion);
  size_t key_count = 0;
  struct pin_digest *keys = all_keys(&grouping, &key_count);
  if (grouping.count > MOST_PINSETS)
    convert_note(conversion, conversion->path, 0, "%zu pinsets; Chromium itself takes at most %d",
                 grouping.count, MOST_PINSETS);
  fputs("{\n  \"pinsets\": [\n", conversion->out);
  bool first = true;
  for (size_t i = 0; i < grouping.count; i++)
    if (grouping.groups[i].list->count > 0)
      put_line(conversion->out, pinset_json(&grouping, i, keys, key_count), &first);
  fputs("\n  ],\n  \"entries\": [\n", conversion->out);
  first = true;
  for (size_t i = 0; i < conversion->count; i++)
    put_line(conversion->out, chromium_entry_json(conversion, &grouping, i), &first);
  fputs("\n  ]\n}\n", conversion->out);
  write_keys(conversion->companion_out, keys, key_count);
  free(keys);
  grouping_clear(&grouping);
}

const struct format format_chromium = {
    .name = "chromium",
    .title = "Chromium's static pins (JSON and .pins)",
    .mark = "\"entries\"\n\"name\"\n\"pinsets\"",
    .holds = HOLDS_HOSTS | HOLDS_SUBDOMAINS | HOLDS_EVERY_PORT | HOLDS_OFF | HOLDS_CA_KEYS,
    .least_pins = 1,
    .reads_off = true,
    .has_companion = true,
    .read = read_chromium,
    .write = write_chromium,
};
