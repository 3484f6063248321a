/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "view/pauses.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "view/compiled_form.h"

char *pauses_path(const char *policy) {
  AUTO_TEXT named = form_policy(policy);
  char path[PATH_MAX];
  if (pin_pause_path(named, path, sizeof path))
    return must_copy(path);
  say_error("%s: %s", policy, strerror(ENAMETOOLONG));
  return NULL;
}

void pauses_add(struct pauses *pauses, const struct pin_pause *pause) {
  pauses->items = must_grow(pauses->items, pauses->count + 1, sizeof *pauses->items);
  pauses->items[pauses->count] = *pause;
  pauses->items[pauses->count++].name = arena_text(&pauses->texts, pause->name);
}

struct reading {
  struct pauses *pauses;
  int64_t now;
};

static bool keep(const struct pin_pause *pause, void *arg) {
  struct reading *reading = arg;
  struct pauses *pauses = reading->pauses;
  if (reading->now < pause->since || reading->now >= pause->until)
    return true;
  pauses_add(pauses, pause);
  return true;
}

void pauses_read(const char *path, int64_t now, struct pauses *ret_pauses) {
  *ret_pauses = (struct pauses){0};
  struct reading reading = {.pauses = ret_pauses, .now = now};
  enum pin_status status = pin_pause_visit(path, keep, &reading);
  bool is_default = strcmp(path, PIN_DEFAULT_PAUSE) == 0;
  bool absent = status == PIN_UNREADABLE && access(path, F_OK) != 0 &&
                !(is_default && access(PIN_DISKLESS_PAUSE, F_OK) == 0);
  ret_pauses->status = absent ? PIN_OK : status;
}

void pauses_of(const char *policy, int64_t now, struct pauses *ret_pauses) {
  AUTO_TEXT path = pauses_path(policy);
  *ret_pauses = (struct pauses){0};
  if (path != NULL)
    pauses_read(path, now, ret_pauses);
}

void pauses_clear(struct pauses *pauses) {
  free(pauses->items);
  arena_clear(&pauses->texts);
  *pauses = (struct pauses){0};
}

int64_t pauses_until(const struct pauses *pauses, const char *name) {
  int64_t until = 0;
  for (size_t i = 0; i < pauses->count; i++) {
    const struct pin_pause *pause = &pauses->items[i];
    if (pause->until > until && pin_pause_covers(pause, name))
      until = pause->until;
  }
  return until;
}

char *pause_subject(const struct pin_pause *pause) {
  if (strcmp(pause->name, PIN_PAUSE_ALL) == 0)
    return must_copy("the whole machine");
  return must_format("%s%s", pause->name, pause->include_subdomains ? " and all below it" : "");
}

char *pause_rest(int64_t until, int64_t now) {
  AUTO_TEXT end = timestamp_local(until);
  int64_t left = until - now;
  int64_t unit = left >= 2 * SECONDS_PER_DAY ? SECONDS_PER_DAY : left >= 7200 ? 3600 : left >= 120 ? 60 : 1;
  const char *word = unit == SECONDS_PER_DAY ? "day"
                     : unit == 3600          ? "hour"
                     : unit == 60            ? "minute"
                                             : "second";
  int64_t count = (left + unit - 1) / unit;
  return must_format("until %s (%lld %s%s more)", end, (long long)count, word, count == 1 ? "" : "s");
}

void pauses_tell(const struct pauses *pauses, int64_t now) {
  if (pauses->status != PIN_OK)
    say_warning("the file of pauses is damaged, cannot be read, or is not to be trusted; pinctl ignores it");
  for (size_t i = 0; i < pauses->count; i++) {
    AUTO_TEXT subject = pause_subject(&pauses->items[i]);
    AUTO_TEXT rest = pause_rest(pauses->items[i].until, now);
    say_note("paused: %s %s: only logged, not refused", subject, rest);
  }
}

json_object *pauses_json(const struct pauses *pauses) {
  json_object *array = json_object_new_array();
  for (size_t i = 0; i < pauses->count; i++) {
    const struct pin_pause *pause = &pauses->items[i];
    bool all = strcmp(pause->name, PIN_PAUSE_ALL) == 0;
    json_object *json = json_object_new_object();
    json_object_object_add(json, "host", all ? NULL : json_text(pause->name));
    json_object_object_add(json, "include_subdomains", json_object_new_boolean(pause->include_subdomains));
    json_object_object_add(json, "since", json_time(pause->since));
    json_object_object_add(json, "until", json_time(pause->until));
    json_object_array_add(array, json);
  }
  return array;
}

void pauses_apply(const char *policy, struct pin_verdict *verdict) {
  AUTO_TEXT path = pauses_path(policy);
  if (path != NULL)
    pin_pause_apply(path, verdict);
}
