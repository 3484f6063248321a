/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "learn/learning.h"

#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/json_stream.h"
#include "cli/output.h"
#include "cli/table.h"

/* Since when the keys shown now are known: the latest of them. 0: none is shown. */
static int64_t known_since(const struct candidate *candidate, size_t *ret_times) {
  int64_t since = 0;
  *ret_times = 0;
  for (size_t i = 0; i < candidate->key_count; i++) {
    const struct seen_key *key = &candidate->keys[i];
    if (!key->shown)
      continue;
    since = key->first > since ? key->first : since;
    *ret_times += key->times;
  }
  return since;
}

static void add_row(const struct candidates *candidates, const struct candidate *candidate,
                    struct table *table) {
  size_t times;
  int64_t since = known_since(candidate, &times);
  AUTO_TEXT host = host_and_port_format(candidate->host, candidate->port);
  AUTO_TEXT day = since == 0 ? must_copy("") : timestamp_local(since);
  AUTO_TEXT what = candidate->why != NULL
                       ? must_copy(candidate->why)
                       : must_format("%s %s", pin_choice_word(candidates->choice), candidate->subject);
  day[strcspn(day, " ")] = '\0';
  const char *const texts[] = {host, candidate_state_word(candidate->state), day, what};
  table_add(table, texts);
}

void learning_print(const struct candidates *candidates) {
  static const char *const headings[] = {"HOST", "STATE", "KEY SINCE", "KEY, OR WHY NOT", NULL};
  static const struct table_form form = {.headings = headings, .wrapping = 1U << 0, .below = true};
  struct table *table = table_new(&form);
  for (size_t i = 0; i < candidates->count; i++)
    add_row(candidates, &candidates->items[i], table);
  table_print(table);
}

static json_object *key_json(const struct candidates *candidates, const struct seen_key *key) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  AUTO_TEXT first = timestamp_utc(key->first);
  AUTO_TEXT last = timestamp_utc(key->last);
  json_object *json = json_object_new_object();
  pin_digest_format(&key->key, digest);
  json_object_object_add(json, "pin", json_text(digest));
  json_object_object_add(json, "first_seen", json_text(first));
  json_object_object_add(json, "last_seen", json_text(last));
  json_object_object_add(json, "times", json_object_new_int64((int64_t)key->times));
  json_object_object_add(json, "shown", json_object_new_boolean(key->shown));
  json_object_object_add(json, "stable", json_object_new_boolean(seen_key_is_stable(candidates, key)));
  return json;
}

void learning_print_json(const struct candidates *candidates) {
  struct json_stream stream = {0};
  json_stream_open(&stream, NULL, '[');
  for (size_t i = 0; i < candidates->count; i++) {
    const struct candidate *candidate = &candidates->items[i];
    json_object *json = json_object_new_object();
    json_object *keys = json_object_new_array();
    for (size_t j = 0; j < candidate->key_count; j++)
      json_object_array_add(keys, key_json(candidates, &candidate->keys[j]));
    json_object_object_add(json, "host", json_text(candidate->host));
    json_object_object_add(json, "port", json_object_new_int(candidate->port));
    json_object_object_add(json, "state", json_text(candidate_state_word(candidate->state)));
    json_object_object_add(json, "why", json_text_or_null(candidate->why));
    json_object_object_add(json, "list", json_text(pin_list_name(pin_choice_list(candidates->choice))));
    json_object_object_add(json, "subject", json_text(candidate->subject));
    json_object_object_add(json, "keys", keys);
    json_stream_add(&stream, NULL, json);
  }
  json_stream_close(&stream);
}
