/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "policy_store.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "policy_load.h"
#include "policy_news.h"
#include "policy_slot.h"
#include "reading_turn.h"
#include "settings.h"
#include "trace.h"

#define CHECK_INTERVAL_MS 500
/* A compiled form follows a changed text within milliseconds where pinctl wrote both. */
#define FORM_FOLLOWS_MS 500
/* So long pinctl may take to compile a large text that was changed by hand, before it is told. */
#define COMPILING_MS 15000

static atomic_bool ever_read;
/* The compiled form that was found damaged last; changed by the one whose turn it is. */
static struct pin_file_identity damaged_form;
/* What the last look at the sources saw, and which of them the next one sees. For the one whose turn it is.
 */
static struct pin_look look;
/* In milliseconds of a clock that never goes back. */
static _Atomic int64_t next_check;
/* When what cannot be read is next tried to be replaced: in vain that costs as much as reading a policy. */
static _Atomic int64_t next_repair;

static int64_t milliseconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds since something of the policy changed, by the clock of its files; no clock, or none of our
 * time: long ago. */
static int64_t age_of_change(void) {
  struct timespec now;
  int64_t age;

  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  age = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - look.changed_at;
  return look.changed_at == 0 || age < -CHECK_INTERVAL_MS ? INT64_MAX : age;
}

/* ---- For the one whose turn it is to read ---- */

static void put_in_force(int slot, const struct loaded *loaded, const char *path) {
  const struct pin_policy *policy = &loaded->compiled.policy;
  uint64_t generation = policy->generation;
  int before = slot_in_force();
  bool is_news = before >= 0 && slot_loaded(before)->compiled.policy.generation != generation;

  TRACE_POLICY_LOAD(path, policy->entry_count, generation);
  slot_put_in_force(slot, loaded);
  /* The first one is no news: every process would tell it. */
  if (is_news)
    news_of_change(path, policy);
}

static bool is_of(const struct loaded *loaded, const char *path) {
  return loaded->path != NULL && strcmp(loaded->path, path) == 0;
}

/*
 * holds_policy: what is in force can be read, and stays so if there is nothing better. look: what was seen of
 * its sources.
 */
static void read_policy(bool holds_policy) {
  const char *path = settings_policy_path();
  const struct loaded *in_force = holds_policy ? slot_loaded(slot_in_force()) : NULL;
  int64_t began = milliseconds(), age = age_of_change();
  bool quiet = !news_are_due(began);
  struct loading loading = {.damaged = &damaged_form, .quiet = quiet, .look = &look};
  struct loaded loaded;
  enum load_result result;
  int slot;

  slots_free_unused();
  slot = slot_find_free();
  if (slot < 0)
    return;
  /* A configuration read meanwhile may have named another policy. */
  loading.in_force = in_force != NULL && is_of(in_force, path) ? in_force : NULL;
  loading.text_is_early = loading.in_force != NULL && age < FORM_FOLLOWS_MS;
  loading.form_may_be_made = loading.in_force != NULL && age < COMPILING_MS;
  loading.quiet_of_mistakes = !quiet && !news_of_mistakes_are_due(began);
  result = policy_load(path, &loading, &loaded);
  if (result == LOAD_CURRENT || result == LOAD_LAST_GOOD)
    put_in_force(slot, &loaded, path);
  if (result != LOAD_TOO_EARLY)
    news_of_look(path, result, holds_policy, quiet, began);
  /* A large broken policy must not cost its whole reading time at every look. */
  if (result != LOAD_CURRENT)
    atomic_store(&next_check, milliseconds() + CHECK_INTERVAL_MS + 10 * (milliseconds() - began));
}

/* Whether there is a compiled form that was not there when the text was read: it takes less memory. */
static bool form_has_followed(const struct loaded *loaded) {
  static struct pin_file_identity seen;
  struct pin_file_identity now;

  if (loaded->is_form || !pin_compiled_look(loaded->path, &now) || memcmp(&now, &seen, sizeof now) == 0)
    return false;
  seen = now;
  return true;
}

static bool in_force_is_fresh(void) {
  int slot = slot_in_force();
  const struct loaded *loaded;

  look.changed_at = 0;
  if (slot < 0)
    return false;
  loaded = slot_loaded(slot);
  /* A configuration read meanwhile may have named another policy. */
  return is_of(loaded, settings_policy_path()) && pin_policy_seems_fresh(&loaded->compiled.policy, &look) &&
         !form_has_followed(loaded);
}

static void end_turn(int cancel_state) {
  atomic_store(&ever_read, true);
  reading_end(cancel_state);
}

/* ---- For everybody ---- */

void policy_prepare(void) {
  int cancel_state;

  if (atomic_load(&ever_read))
    return;
  if (!reading_wait(&cancel_state))
    return;
  if (!atomic_load(&ever_read)) {
    atomic_store(&next_check, milliseconds() + CHECK_INTERVAL_MS);
    read_policy(false);
  }
  end_turn(cancel_state);
}

static void look_for_changes(void) {
  int64_t now = milliseconds();
  int64_t due = atomic_load(&next_check);
  int cancel_state;

  if (now < due || !atomic_compare_exchange_strong(&next_check, &due, now + CHECK_INTERVAL_MS))
    return;
  if (!reading_begin(&cancel_state))
    return;
  if (in_force_is_fresh())
    slots_free_unused();
  else
    read_policy(slot_in_force() >= 0);
  end_turn(cancel_state);
}

/* What is in force cannot be read. */
static void replace_damaged(int slot) {
  const struct loaded *loaded = slot_loaded(slot);
  enum slot_repair repair;

  if (!loaded->is_form)
    return;
  repair = slot_repair(slot);
  if (repair == SLOT_REOPENED)
    return;
  if (repair == SLOT_DAMAGED) {
    damaged_form = loaded->compiled.identity;
    policy_log_damage(settings_policy_path());
  }
  read_policy(false);
}

bool policy_is_replaced_after_damage(const struct pin_policy *policy) {
  int cancel_state;
  bool replaced;

  /* There was no memory to read it with. */
  if (policy->image == NULL && policy->blocks == NULL)
    return false;
  if (milliseconds() < atomic_load(&next_repair))
    return slot_is_outdated(policy);
  if (!reading_wait(&cancel_state))
    return false;
  if (!slot_is_outdated(policy) && milliseconds() >= atomic_load(&next_repair))
    replace_damaged(slot_in_force());
  replaced = slot_is_outdated(policy);
  if (!replaced)
    atomic_store(&next_repair, milliseconds() + CHECK_INTERVAL_MS);
  end_turn(cancel_state);
  return replaced;
}

const struct pin_policy *policy_acquire(void) {
  policy_prepare();
  look_for_changes();
  return slot_acquire();
}

void policy_release(const struct pin_policy *policy) {
  if (policy != NULL)
    slot_release(policy);
}
