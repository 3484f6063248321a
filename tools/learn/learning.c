/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "learn/learning.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "edit/existing_entry.h"
#include "monitor/watch_targets.h"
#include "probe/probe_options.h"
#include "view/entry_text.h"

/* The time since which the keys shown now are known: the latest of them. 0: none is shown. */
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

#define USUAL_PORT 443

static char *comment_for(const struct candidates *candidates, const struct candidate *candidate) {
  int64_t since = candidates->now;
  for (size_t i = 0; i < candidate->key_count; i++)
    if (candidate->keys[i].shown && candidate->keys[i].first < since)
      since = candidate->keys[i].first;
  AUTO_TEXT today = expiry_text(candidates->now);
  AUTO_TEXT first = expiry_text(since);
  return must_format("learned on %.10s, seen since %.10s", today, first);
}

/* Whether the host was seen on one port only. Candidates of one host are neighbours. */
static bool has_one_port(const struct candidates *candidates, size_t at) {
  const char *host = candidates->items[at].host;
  return (at == 0 || strcmp(candidates->items[at - 1].host, host) != 0) &&
         (at + 1 == candidates->count || strcmp(candidates->items[at + 1].host, host) != 0);
}

/* The entry is for every port if no other port was seen, since a proxy would hide the port. */
static struct dropin *entry_for(const struct candidates *candidates, size_t at, const char *mode) {
  const struct candidate *candidate = &candidates->items[at];
  struct dropin *dropin = dropin_new(candidate->host, &candidate->port, has_one_port(candidates, at) ? 0 : 1);
  for (size_t i = 0; i < candidate->key_count; i++) {
    char digest[PIN_DIGEST_TEXT_SIZE];
    if (!candidate->keys[i].shown)
      continue;
    pin_digest_format(&candidate->keys[i].key, digest);
    text_list_add(&dropin->lists[pin_choice_list(candidates->choice)], must_copy(digest));
  }
  dropin->settings[DROPIN_MODE] = mode == NULL ? NULL : must_copy(mode);
  dropin->settings[DROPIN_COMMENT] = comment_for(candidates, candidate);
  return dropin;
}

static int stage_all(struct change *change, const struct candidates *candidates, const char *mode) {
  int status = EXIT_DONE;
  for (size_t i = 0; i < candidates->count && status == EXIT_DONE; i++) {
    if (candidates->items[i].state != CANDIDATE_PROPOSED)
      continue;
    struct dropin *dropin = entry_for(candidates, i, mode);
    status = stage_new_entry(change, dropin);
    dropin_free(dropin);
  }
  return status;
}

int learning_write(const struct candidates *candidates, const char *policy, const char *mode, bool dry_run) {
  struct change *change = change_new(policy, dry_run);
  if (change == NULL)
    return EXIT_FAILED;
  int status = stage_all(change, candidates, mode);
  if (status == EXIT_DONE)
    status = change_commit(change);
  change_free(change);
  return status;
}

/* ---- The list of hosts ---- */

/* Adds the host of a line, without its comment and surrounding blanks. False: the line names no host. */
static bool read_host(char *line, struct candidates *candidates) {
  static const char blanks[] = " \t\r";
  AUTO_TEXT host = NULL;
  uint16_t port = 0;
  line[strcspn(line, "#")] = '\0';
  line += strspn(line, blanks);
  size_t length = strlen(line);
  while (length > 0 && strchr(blanks, line[length - 1]) != NULL)
    line[--length] = '\0';
  if (length == 0)
    return true;
  if (!host_and_port_read(line, &host, &port) || !host_can_be_asked(host))
    return false;
  candidates_get(candidates, host, port == 0 ? USUAL_PORT : port);
  return true;
}

int learning_read_hosts(const char *path, struct candidates *candidates) {
  AUTO_TEXT text = NULL;
  size_t length = 0;
  int error = file_read(path, &text, &length);
  if (error != 0)
    return say_failure("%s: %s", path, strerror(error));
  int status = EXIT_DONE;
  unsigned number = 1;
  for (char *line = text; line < text + length; number++) {
    size_t line_length = strcspn(line, "\n");
    bool is_text = line + line_length == text + length || line[line_length] == '\n';
    line[line_length] = '\0';
    AUTO_TEXT shown = must_copy(line);
    if (!is_text || !read_host(line, candidates)) {
      say_error("%s:%u: \"%s\": expected HOST or HOST:PORT", path, number, shown);
      status = EXIT_FAILED;
    }
    line += line_length + 1;
  }
  return status;
}

/* How often a server with several keys at once is asked: one of two keys is missed once in a thousand
 * runs. */
#define REPETITIONS 10

/* The answers of one round. */
struct round {
  struct watch watch;
  const struct pin_policy *policy;
  size_t *candidates; /* the candidate of each watch host */
};

static void add(struct round *round, const struct candidate *candidate, size_t index,
                enum probe_protocol protocol) {
  round->candidates = must_room(round->candidates, round->watch.count, sizeof *round->candidates);
  round->candidates[round->watch.count] = index;
  watch_add(&round->watch, candidate->host, candidate->port, protocol);
}

static void round_clear(struct round *round) {
  watch_clear(&round->watch);
  free(round->candidates);
}

/* ---- The history ---- */

/* Warns if a default history cannot be used: the findings matter more than it. */
static int use_history(const struct learning_history *how, struct candidates *candidates,
                       struct round *round) {
  if (how->path == NULL || (!how->keep && access(how->path, F_OK) != 0))
    return EXIT_DONE;
  struct history *history = history_open(how->path, !how->keep);
  bool good = history != NULL;
  /* read the history before adding to it */
  for (size_t i = 0; good && i < candidates->count; i++)
    if (candidates->items[i].state == CANDIDATE_OPEN)
      good = candidate_take_history(candidates, history, &candidates->items[i]);
  good = good && (!how->keep || history_record(history, &round->watch));
  history_close(history);
  if (!good && how->is_default)
    say_warning("no history was used; --history FILE has it elsewhere, --no-history uses none");
  return good || how->is_default ? EXIT_DONE : EXIT_FAILED;
}

/* ---- Asking ---- */

static int first_round(struct candidates *candidates, const struct probe_settings *settings,
                       const struct learning_history *history, struct round *round) {
  if (round->watch.count > 0 && !targets_look(&round->watch, round->policy, settings))
    return EXIT_FAILED;
  for (size_t i = 0; i < round->watch.count; i++)
    candidate_take_answer(candidates, round->policy, &round->watch.hosts[i],
                          &candidates->items[round->candidates[i]]);
  int status = use_history(history, candidates, round);
  for (size_t i = 0; i < candidates->count; i++)
    candidate_settle(candidates, &candidates->items[i]);
  return status;
}

/* Servers behind one name may have different keys: only those shown now are proposed. */
static int second_round(struct candidates *candidates, const struct probe_settings *settings,
                        struct round *round) {
  if (round->watch.count > 0 && !targets_look(&round->watch, round->policy, settings))
    return EXIT_FAILED;
  for (size_t i = 0; i < round->watch.count; i++)
    candidate_take_repetition(candidates, &round->watch.hosts[i], &candidates->items[round->candidates[i]]);
  for (size_t i = 0; i < candidates->count; i++)
    candidate_settle(candidates, &candidates->items[i]);
  return EXIT_DONE;
}

int learning_ask(struct candidates *candidates, const struct pin_policy *policy,
                 const struct probe_settings *settings, const struct learning_history *history,
                 learning_protocol_fn *protocol_of, const void *arg) {
  struct round first = {.policy = policy, .watch = {.now = candidates->now}};
  struct round second = {.policy = policy, .watch = {.now = candidates->now}};
  for (size_t i = 0; i < candidates->count; i++)
    if (candidates->items[i].state == CANDIDATE_OPEN)
      add(&first, &candidates->items[i], i, protocol_of(candidates->items[i].port, arg));
  int status = first_round(candidates, settings, history, &first);
  round_clear(&first);
  for (size_t i = 0; i < REPETITIONS * candidates->count; i++)
    if (candidates->items[i / REPETITIONS].state == CANDIDATE_ALTERNATING)
      add(&second, &candidates->items[i / REPETITIONS], i / REPETITIONS,
          protocol_of(candidates->items[i / REPETITIONS].port, arg));
  if (status == EXIT_DONE)
    status = second_round(candidates, settings, &second);
  round_clear(&second);
  return status;
}

size_t learning_count(const struct candidates *candidates, enum candidate_state state) {
  size_t count = 0;
  for (size_t i = 0; i < candidates->count; i++)
    count += candidates->items[i].state == state ? 1 : 0;
  return count;
}
