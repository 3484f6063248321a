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

static atomic_bool ever_read;
/* The compiled form that was found damaged last; changed by the one whose turn it is. */
static struct pin_file_identity damaged_form;
/* In milliseconds of a clock that never goes back. */
static _Atomic int64_t next_check;

static int64_t milliseconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- For the one whose turn it is to read ---- */

static void put_in_force(int slot, const struct loaded *loaded, const char *path) {
  const struct pin_policy *policy = &loaded->compiled.policy;

  TRACE_POLICY_LOAD(path, policy->entry_count, policy->generation);
  /* The first one is no news: every process would tell it. */
  if (slot_put_in_force(slot, loaded) >= 0)
    news_of_change(path, policy);
}

/* holds_policy: what is in force can be read, and stays so if there is nothing better. */
static void read_policy(bool holds_policy) {
  const char *path = settings_policy_path();
  int64_t began = milliseconds();
  bool quiet = !news_are_due(began);
  struct loaded loaded;
  enum load_result result;
  int slot;

  slots_free_unused();
  slot = slot_find_free();
  if (slot < 0)
    return;
  result = policy_load(path, &damaged_form, quiet || !news_of_mistakes_are_due(began), &loaded);
  /* What is in force came from a later text than the compiled form, or from that form itself. */
  if (result == LOAD_LAST_GOOD && holds_policy)
    policy_unload(&loaded);
  else if (result != LOAD_FAILED)
    put_in_force(slot, &loaded, path);
  news_of_look(path, result, holds_policy, quiet, began);
  /* A large broken policy must not cost its whole reading time at every look. */
  if (result != LOAD_CURRENT)
    atomic_store(&next_check, milliseconds() + CHECK_INTERVAL_MS + 10 * (milliseconds() - began));
}

static bool in_force_is_fresh(void) {
  int slot = slot_in_force();
  const struct loaded *loaded;

  if (slot < 0)
    return false;
  loaded = slot_loaded(slot);
  /* A configuration read meanwhile may have named another policy. */
  return loaded->path != NULL && strcmp(loaded->path, settings_policy_path()) == 0 &&
         pin_policy_is_fresh(&loaded->compiled.policy);
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
  if (!reading_wait(&cancel_state))
    return false;
  if (!slot_is_outdated(policy))
    replace_damaged(slot_in_force());
  replaced = slot_is_outdated(policy);
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
