/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads and writes Chromium's static pins: JSON with comments
 * (net/http/transport_security_state_static.json, and ..._static_pins.json), and a second file (.pins)
 * with the keys that the JSON names.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/tree.h"
#include "formats/words.h"
#include "keys/key_decode.h"
#include "view/digest_set.h"

/* The most that Chromium's own generator accepts. */
#define MOST_PINSETS 16

#define KNOWN_OF_ENTRY                                                                                       \
  "name policy mode pins include_subdomains include_subdomains_for_pinning expect_ct expect_ct_report_uri "  \
  "expect_staple expect_staple_report_uri include_subdomains_for_expect_staple snionly"

/* How long Chromium uses a list. */
#define LONGEST_AGE ((int64_t)70 * SECONDS_PER_DAY)

/* A key or a set of keys, with its name. */
struct named_pins {
  const char *name; /* part of the JSON value, or of the file of keys */
  unsigned line;
  struct draft pins; /* only its list of pins is used */
  size_t forbidden;
};

struct named_list {
  struct named_pins *items;
  size_t count;
  struct names names;
};

struct reading {
  struct conversion *conversion;
  char *path; /* of the file of keys */
  struct lines lines;
  bool has_no_end; /* the rest of the file has no end of PEM */
  struct named_list keys, sets;
};

/* Returns NULL if there is none of this name. */
static struct named_pins *named_find(const struct named_list *list, const char *name) {
  size_t number = name == NULL ? NAMES_NONE : names_find(&list->names, name);
  return number == NAMES_NONE ? NULL : &list->items[number];
}

/* Takes over the pins. If the name is there already, the first one stays. */
static void named_add(struct conversion *conversion, struct named_list *list, const char *path,
                      struct named_pins named) {
  if (names_add(&list->names, named.name, list->count)) {
    list->items = must_room(list->items, list->count, sizeof *list->items);
    list->items[list->count++] = named;
    return;
  }
  convert_say(conversion, FINDING_LOSS, path, named.line,
              "\"%s\" is defined a second time, first in line %u; left out", named.name,
              list->items[names_find(&list->names, named.name)].line);
  draft_clear(&named.pins);
}

static void named_clear(struct named_list *list) {
  for (size_t i = 0; i < list->count; i++)
    draft_clear(&list->items[i].pins);
  free(list->items);
  names_clear(&list->names);
}

/* ---- The file of keys: a name on one line, its key on the next ---- */

/* Stands in place of a name; the next line is a number of seconds. */
#define TIMESTAMP "PinsListTimestamp"

static void note_age(struct conversion *conversion, const char *path, const char *seconds) {
  int64_t made = seconds == NULL ? 0 : strtoll(seconds, NULL, 10);
  AUTO_TEXT date = date_format(made);
  if (made > 0 && conversion->now - made > LONGEST_AGE)
    convert_say(conversion, FINDING_NOTE, path, 0,
                "the list is of %s; Chromium looks at one for 70 days, the entries never expire", date);
}

static bool key_of_pem(const char *pem, size_t length, struct pin_digest *ret_digest) {
  BIO *bio = BIO_new_mem_buf(pem, (int)length);
  struct object object = {0};
  X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
  bool good = certificate != NULL ? object_from_certificate(certificate, &object)
                                  : object_from_public_pem(pem, length, &object);
  *ret_digest = object.key;
  object_clear(&object);
  BIO_free(bio);
  ERR_clear_error();
  return good;
}

/* Reads PEM from the line "-----BEGIN ...", just taken, to its end. The text behind that line is not cut
 * yet. */
static bool read_pem(struct reading *reading, char *begin, struct pin_digest *ret_digest) {
  static const char mark[] = "-----END ";
  struct lines *lines = &reading->lines;
  const char *end = lines->rest == NULL || reading->has_no_end ? NULL : strstr(lines->rest, mark);
  reading->has_no_end = end == NULL;
  if (end == NULL)
    return false;
  begin[strlen(begin)] = '\n';
  bool good = key_of_pem(begin, (size_t)(end - begin) + strcspn(end, "\n"), ret_digest);
  for (const char *line = ""; line != NULL && strncmp(line, mark, strlen(mark)) != 0;)
    line = lines_next(lines);
  return good;
}

static void read_key(struct reading *reading, const char *name) {
  struct named_pins key = {.name = name, .line = reading->lines.number};
  struct pin_digest digest;
  char *line = lines_next(&reading->lines);
  unsigned number = reading->lines.number;
  bool is_pem = line != NULL && strncmp(line, "-----BEGIN ", 11) == 0;
  bool is_pin = line != NULL && strncmp(line, "sha256/", 7) == 0;
  if (is_pem ? read_pem(reading, line, &digest) : is_pin && pin_digest_parse(line, strlen(line), &digest)) {
    draft_take(&key.pins, PIN_LIST_PINS, &digest);
    named_add(reading->conversion, &reading->keys, reading->path, key);
    return;
  }
  convert_say(reading->conversion, FINDING_LOSS, reading->path, number,
              "bad key for \"%s\"; expected sha256/BASE64, or a certificate or public key in PEM; left out",
              name);
}

static void read_keys(struct reading *reading) {
  size_t length = 0;
  AUTO_TEXT text = NULL;
  int error = file_read(reading->path, &text, &length);
  bool good = error == 0 && import_text_decode(&text, &length);
  if (!good || strlen(text) != length) {
    convert_say(reading->conversion, FINDING_ERROR, reading->path, 0,
                "%s; expected the file of named keys (--pins FILE)",
                error != 0 ? strerror(error) : "holds a NUL");
    return;
  }
  reading->lines = lines_of(text);
  for (const char *name; (name = lines_next(&reading->lines)) != NULL;) {
    if (strcmp(name, TIMESTAMP) == 0)
      note_age(reading->conversion, reading->path, lines_next(&reading->lines));
    else
      read_key(reading, name);
  }
}

/* ---- The JSON ---- */

/* The file of keys: --pins, or FILE.pins for FILE.json. */
static char *companion_of(const struct conversion *conversion) {
  if (conversion->companion != NULL)
    return must_copy(conversion->companion);
  size_t ending = ends_in(conversion->path, ".json") ? strlen(".json") : 0;
  return must_format("%.*s.pins", (int)(strlen(conversion->path) - ending), conversion->path);
}

static void read_set(struct reading *reading, json_object *value) {
  struct conversion *conversion = reading->conversion;
  struct named_pins set = {.name = tree_text(conversion, value, "name"), .line = tree_line(value, 0)};
  json_object *good = tree_list(conversion, value, "static_spki_hashes");
  if (set.name == NULL) {
    convert_loss(conversion, set.line, "a pinset without a name");
    return;
  }
  tree_name_unknown(conversion, value, "name static_spki_hashes bad_static_spki_hashes report_uri",
                    "Chromium");
  for (size_t i = 0; i < tree_length(good); i++) {
    json_object *element = json_object_array_get_idx(good, i);
    bool is_text = json_object_is_type(element, json_type_string);
    const struct named_pins *key =
        named_find(&reading->keys, is_text ? json_object_get_string(element) : NULL);
    if (key != NULL)
      draft_take(&set.pins, PIN_LIST_PINS, key->pins.lists[PIN_LIST_PINS]);
    else
      convert_loss(conversion, set.line, "pinset \"%s\": no key is named \"%s\"", set.name,
                   is_text ? json_object_get_string(element) : "");
  }
  set.forbidden = tree_length(tree_list(conversion, value, "bad_static_spki_hashes"));
  named_add(conversion, &reading->sets, conversion->path, set);
}

/* Reports forbidden keys: an entry accepts chains with them, since a policy blocks keys for every host
 * only. */
static void report_forbidden(struct conversion *conversion, struct named_pins *pinset) {
  if (pinset->forbidden == 0)
    return;
  convert_loss(
      conversion, pinset->line,
      "pinset \"%s\" forbids %zu keys (bad_static_spki_hashes); a policy can only block keys for every "
      "host (blocked_keys)",
      pinset->name, pinset->forbidden);
  pinset->forbidden = 0;
}

/* include_subdomains concerns pins too, not only force-https. */
static void read_entry(struct reading *reading, json_object *value) {
  struct conversion *conversion = reading->conversion;
  const char *name = tree_text(conversion, value, "name");
  struct draft draft = DRAFT_AT(name, tree_line(value, 0));
  if (name == NULL) {
    convert_loss(conversion, draft.line, "an entry without a name");
    return;
  }
  draft.include_subdomains = tree_flag(conversion, value, "include_subdomains") ||
                             tree_flag(conversion, value, "include_subdomains_for_pinning");
  tree_name_unknown(conversion, value, KNOWN_OF_ENTRY, "Chromium");
  const char *pins = tree_text(conversion, value, "pins");
  struct named_pins *pinset = named_find(&reading->sets, pins);
  if (pins != NULL && pinset == NULL) {
    convert_loss(conversion, draft.line, "\"%s\": no pinset is named \"%s\"", name, pins);
    return;
  }
  if (pinset == NULL) {
    draft.mode = PIN_MODE_OFF;
  } else {
    report_forbidden(conversion, pinset);
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
    convert_error(conversion, 1, "expected an object with \"pinsets\" and \"entries\"");
    return;
  }
  tree_name_unknown(conversion, root, "pinsets entries", "Chromium");
  reading->path = companion_of(conversion);
  if (tree_length(pinsets) > 0)
    read_keys(reading);
  if (conversion->findings[FINDING_ERROR] > 0)
    return;
  for (size_t i = 0; i < tree_length(pinsets); i++)
    read_set(reading, json_object_array_get_idx(pinsets, i));
  for (size_t i = 0; i < tree_length(entries); i++)
    read_entry(reading, json_object_array_get_idx(entries, i));
}

static void read_chromium(struct conversion *conversion) {
  /* PreloadedHPKPins.json of Firefox looks the same. */
  if (strstr(conversion->text, "\"sha256_hashes\"") != NULL &&
      strstr(conversion->text, "\"static_spki_hashes\"") == NULL) {
    format_firefox.read(conversion);
    return;
  }
  /* JSON is YAML, except for comments. */
  const char *text = conversion->text;
  AUTO_TEXT bare = comments_blank(text, COMMENTS_C);
  conversion->text = bare;
  json_object *root = tree_from_yaml(conversion);
  conversion->text = text;
  if (root == NULL)
    return;
  struct reading reading = {.conversion = conversion};
  read_all(&reading, json_object_array_get_idx(root, 0));
  named_clear(&reading.sets);
  named_clear(&reading.keys);
  lines_clear(&reading.lines);
  free(reading.path);
  json_object_put(root);
}

/* All keys, each once, in ascending order. */
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
    qsort(keys, count, sizeof *keys, digests_compare);
  *ret_count = 0;
  for (size_t i = 0; i < count; i++)
    if (*ret_count == 0 || digests_compare(&keys[*ret_count - 1], &keys[i]) != 0)
      keys[(*ret_count)++] = keys[i];
  return keys;
}

/* Writes an object of an array on a line of its own. */
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
    const struct pin_digest *key = bsearch(&list->digests[i], keys, key_count, sizeof *keys, digests_compare);
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
    convert_note(conversion, 0, "%zu pinsets; Chromium itself takes at most %d", grouping.count,
                 MOST_PINSETS);
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
