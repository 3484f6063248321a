/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "policy_store.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "policy_load.h"
#include "policy_news.h"
#include "policy_slot.h"
#include "reading_turn.h"
#include "settings.h"
#include "trace.h"

#define CHECK_INTERVAL_MS 500
/* If pinctl wrote both, a compiled form follows a changed text within milliseconds. */
#define FORM_FOLLOWS_MS 500
/* How long pinctl may take to compile a large text that was changed by hand, before that is logged. */
#define COMPILING_MS 15000

/* Why a policy is read. */
enum occasion {
  LOADING,   /* pinning was just loaded: most processes never ask for a policy */
  PREPARING, /* TLS is set up: nobody asks yet, but the file may soon be out of sight */
  ASKING
};

/* Paths, as settings_policy_path returned them: of the policy that was last read, and of the one in force.
 * A configuration that is read later may name another policy. NULL: none yet. */
static _Atomic(const char *) read_at, in_force_at;
/* The path where there was no policy when TLS was set up; NULL: not looked for yet. It is not looked for
 * again before next_check. */
static _Atomic(const char *) missing_at;
/* The compiled form that was last found damaged. Only for the thread that has the turn. */
static struct pin_file_identity damaged_form;
/* What the last look at the sources found, and which of them to look at next. Only for the thread that has
 * the turn. */
static struct pin_look look;
/* In milliseconds, of a clock that never goes back. */
static _Atomic int64_t next_check;
/* Until then a damaged policy is not replaced again: trying in vain costs as much as reading a policy. */
static _Atomic int64_t next_repair;

static int64_t milliseconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds since something of the policy changed, by the clock of its files. INT64_MAX if that is not
 * known or lies in the future. */
static int64_t age_of_change(void) {
  int64_t age;

  if (look.changed_at == 0)
    return INT64_MAX;
  age = clock_milliseconds() - look.changed_at;
  return age < -CHECK_INTERVAL_MS ? INT64_MAX : age;
}

/* ---- For the thread that has the turn to read ---- */

/* Whether the policy in force is the one at `path`; a configuration read meanwhile may have named another. */
static bool holds_policy(const char *path) {
  return slot_in_force() >= 0 && atomic_load(&in_force_at) == path;
}

static void put_in_force(int slot, const struct loaded *loaded, const char *path) {
  const struct pin_policy *policy = &loaded->compiled.policy;
  uint64_t generation = policy->generation;
  bool is_news = holds_policy(path) && slot_loaded(slot_in_force())->compiled.policy.generation != generation;

  TRACE_POLICY_LOAD(path, policy->entry_count, generation);
  atomic_store(&in_force_at, path);
  slot_put_in_force(slot, loaded);
  /* The first policy is not logged: every process would log it. */
  if (is_news)
    news_of_change(path, policy);
}

/*
 * Reads the policy. in_force_is_sound: the policy in force can be read, and stays if there is nothing better.
 * Returns false if there is no policy and nobody asked for one: it must be looked for again, and a failure
 * logged then.
 */
static bool read_policy(bool in_force_is_sound, enum occasion occasion) {
  const char *path = settings_policy_path();
  bool keeps = in_force_is_sound && holds_policy(path);
  int64_t began = milliseconds(), age = age_of_change();
  bool quiet = occasion == LOADING || !news_are_due(began);
  struct loading loading = {.damaged = &damaged_form,
                            .quiet = quiet,
                            .nobody_asks = occasion != ASKING,
                            .form_only = occasion == LOADING,
                            .look = &look};
  struct loaded loaded;
  enum load_result result;
  int slot;

  slots_free_unused();
  slot = slot_find_free();
  if (slot < 0)
    return true;
  if (!keeps)
    look = (struct pin_look){0};
  loading.in_force = keeps ? slot_loaded(slot_in_force()) : NULL;
  loading.text_is_early = keeps && age < FORM_FOLLOWS_MS;
  loading.form_may_be_made = keeps && age < COMPILING_MS;
  loading.quiet_of_mistakes = !quiet && !news_of_mistakes_are_due(began);
  result = policy_load(path, &loading, &loaded);
  if (result == LOAD_CURRENT || result == LOAD_LAST_GOOD)
    put_in_force(slot, &loaded, path);
  /* A large broken policy must not be read in full at every look. */
  if (result != LOAD_CURRENT)
    atomic_store(&next_check, milliseconds() + CHECK_INTERVAL_MS + 10 * (milliseconds() - began));
  if (occasion != ASKING && result == LOAD_TOO_EARLY)
    return false;
  atomic_store(&read_at, path);
  if (result != LOAD_TOO_EARLY)
    news_of_look(path, result, keeps, quiet, began);
  return true;
}

/* Whether there is a new compiled form since the text was read; it takes less memory. */
static bool form_has_followed(const struct loaded *loaded, const char *path) {
  static struct pin_file_identity seen;
  struct pin_file_identity now;

  if (loaded->is_form || !pin_compiled_look(path, &now) || memcmp(&now, &seen, sizeof now) == 0)
    return false;
  seen = now;
  return true;
}

static bool in_force_is_fresh(void) {
  const char *path = settings_policy_path();
  const struct loaded *loaded;

  look.changed_at = 0;
  if (!holds_policy(path))
    return false;
  loaded = slot_loaded(slot_in_force());
  return pin_policy_seems_fresh(&loaded->compiled.policy, &look) && !form_has_followed(loaded, path);
}

/* ---- For any thread ---- */

/* Whether no policy was found at this path a moment ago. A configuration read meanwhile may have named
 * another. */
static bool is_missing(void) {
  const char *path = atomic_load(&missing_at);

  return path != NULL && milliseconds() < atomic_load(&next_check) && path == settings_policy_path();
}

static bool is_read(void) {
  return atomic_load(&read_at) == settings_policy_path();
}

static void read_first(enum occasion occasion) {
  int cancel_state;

  if (is_read() || (occasion == PREPARING && is_missing()))
    return;
  /* Waits only if somebody asks for the policy. */
  if (occasion == ASKING ? !reading_wait(&cancel_state) : !reading_begin(&cancel_state))
    return;
  if (!is_read()) {
    atomic_store(&next_check, milliseconds() + CHECK_INTERVAL_MS);
    if (!read_policy(true, occasion) && occasion == PREPARING)
      atomic_store(&missing_at, settings_policy_path());
  }
  reading_end(cancel_state);
}

void policy_take_form(void) {
  read_first(LOADING);
}

void policy_prepare(void) {
  read_first(PREPARING);
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
    (void)read_policy(true, ASKING);
  reading_end(cancel_state);
}

/* For a policy in force that cannot be read. */
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
  (void)read_policy(false, ASKING);
}

static bool is_replaced_after_damage(const struct pin_policy *policy) {
  int cancel_state;
  bool replaced;

  /* It was memory that was missing, so the policy may be sound. */
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
  reading_end(cancel_state);
  return replaced;
}

const struct pin_policy *policy_acquire(void) {
  read_first(ASKING);
  look_for_changes();
  return holds_policy(settings_policy_path()) ? slot_acquire() : NULL;
}

void policy_release(const struct pin_policy *policy) {
  if (policy != NULL)
    slot_release(policy);
}

bool policy_acquire_after_damage(const struct pin_policy **policy) {
  const struct pin_policy *damaged = *policy;

  if (!is_replaced_after_damage(damaged))
    return false;
  *policy = policy_acquire();
  policy_release(damaged);
  return true;
}
