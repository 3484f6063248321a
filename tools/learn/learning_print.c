/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "learn/learning.h"

#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/listing.h"
#include "cli/output.h"

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

static json_object *key_json(const struct candidates *candidates, const struct seen_key *key) {
  json_object *json = json_object_new_object();
  json_object_object_add(json, "pin", json_digest(&key->key));
  json_object_object_add(json, "first_seen", json_time(key->first));
  json_object_object_add(json, "last_seen", json_time(key->last));
  json_object_object_add(json, "times", json_object_new_int64((int64_t)key->times));
  json_object_object_add(json, "shown", json_object_new_boolean(key->shown));
  json_object_object_add(json, "stable", json_object_new_boolean(seen_key_is_stable(candidates, key)));
  return json;
}

static json_object *keys_json(const struct candidates *candidates, const struct candidate *candidate) {
  json_object *keys = json_object_new_array();
  for (size_t i = 0; i < candidate->key_count; i++)
    json_object_array_add(keys, key_json(candidates, &candidate->keys[i]));
  return keys;
}

static void add_row(const struct candidates *candidates, const struct candidate *candidate,
                    struct listing *listing) {
  size_t times;
  int64_t since = known_since(candidate, &times);
  AUTO_TEXT name = host_and_port_format(candidate->host, candidate->port);
  AUTO_TEXT day = since == 0 ? must_copy("") : timestamp_local(since);
  AUTO_TEXT what = candidate->why != NULL
                       ? must_copy(candidate->why)
                       : must_format("%s %s", pin_choice_word(candidates->choice), candidate->subject);
  day[strcspn(day, " ")] = '\0';
  listing_text(listing, "HOST", NULL, name);
  listing_text(listing, NULL, "host", candidate->host);
  listing_number(listing, NULL, "port", candidate->port);
  listing_text(listing, "STATE", "state", candidate_state_word(candidate->state));
  listing_text(listing, "KEY SINCE", NULL, day);
  listing_text(listing, "KEY, OR WHY NOT", NULL, what);
  listing_text(listing, NULL, "why", candidate->why);
  listing_text(listing, NULL, "list", pin_list_name(pin_choice_list(candidates->choice)));
  listing_text(listing, NULL, "subject", candidate->subject);
  listing_member(listing, "keys", keys_json(candidates, candidate));
  listing_row(listing);
}

void learning_print(const struct candidates *candidates, bool as_json) {
  static const char *const headings[] = {"HOST", "STATE", "KEY SINCE", "KEY, OR WHY NOT", NULL};
  static const struct table_form form = {.headings = headings, .wrapping = 1U << 0, .below = true};
  struct listing *listing = listing_new(as_json ? NULL : &form, NULL);
  for (size_t i = 0; i < candidates->count; i++)
    add_row(candidates, &candidates->items[i], listing);
  listing_end(listing);
}
