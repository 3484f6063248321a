/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "policy_store.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "policy_load.h"
#include "settings.h"
#include "trace.h"

/* Policies that are in force or still have readers. More than this many cannot pile up: one a second at most.
 */
#define SLOTS 64
#define CHECK_INTERVAL_MS 500
/*
 * A policy may stay broken for long, or out of sight: a process in a chroot may look twice a second all its
 * life. The log is told of so many looks in a row, then of one in so many milliseconds.
 */
#define FAILURES_TOLD_AT_ONCE 10
#define FAILURE_INTERVAL_MS 10000

struct slot {
  struct loaded loaded;
  bool used;
  atomic_uint readers;
};

static struct slot slots[SLOTS];
static int used_slots; /* those that were ever used are the first so many */
/* Looks in a row that found no policy to use, and when the log was told last; changed by the one reader. */
static unsigned failures;
static int64_t failure_told;
/* The slot in force; -1: none. */
static atomic_int current = -1;
/* The process that is reading a policy; 0: none. A pid and no lock: a child forked meanwhile must not wait
   for a thread it does not have. */
static atomic_int reading_pid;
static atomic_bool ever_read;
/* A compiled form was found damaged. */
static atomic_bool without_compiled;
/* In milliseconds of a clock that never goes back. */
static _Atomic int64_t next_check;

static int64_t milliseconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Slots. Only the one reader of a moment (reading_pid) changes them. ---- */

static void free_unused(void) {
  int in_force = atomic_load(&current);

  for (int i = 0; i < used_slots; i++) {
    if (i == in_force || !slots[i].used || atomic_load(&slots[i].readers) != 0)
      continue;
    /* A late reader may count itself in now, but sees that the slot is not in force and leaves the policy
     * alone. */
    policy_unload(&slots[i].loaded);
    slots[i].used = false;
  }
}

static int free_slot(void) {
  for (int i = 0; i < SLOTS; i++) {
    if (!slots[i].used && atomic_load(&slots[i].readers) == 0)
      return i;
  }
  return -1;
}

/* ---- Reading ---- */

static void log_change(const char *path, const struct pin_policy *policy) {
  char text[PATH_MAX + 128];

  snprintf(text, sizeof text, "event=policy-loaded policy=\"%s\" hosts=%u generation=%016llx", path,
           policy->entry_count, (unsigned long long)policy->generation);
  log_line(LOG_INFO, text);
}

static void log_failure(const char *path, bool has_policy) {
  char text[PATH_MAX + 128];
  const char *consequence = "every host is refused";

  if (has_policy)
    consequence = "the last good policy stays in force";
  else if (settings_allow_without_policy())
    consequence = "nothing is enforced";
  snprintf(text, sizeof text, "event=policy-unusable policy=\"%s\" consequence=\"%s\"", path, consequence);
  log_line(LOG_CRIT, text);
}

static bool is_told(int64_t now) {
  return failures >= FAILURES_TOLD_AT_ONCE && now - failure_told < FAILURE_INTERVAL_MS;
}

static void put_in_force(int slot, const struct loaded *loaded, const char *path) {
  const struct pin_policy *policy = &slots[slot].loaded.compiled.policy;

  slots[slot].loaded = *loaded;
  slots[slot].used = true;
  if (slot >= used_slots)
    used_slots = slot + 1;
  TRACE_POLICY_LOAD(path, policy->entry_count, policy->generation);
  /* The first one is no news: every process would tell it. */
  if (atomic_exchange(&current, slot) >= 0)
    log_change(path, policy);
}

static void read_policy(void) {
  const char *path = settings_policy_path();
  int64_t began = milliseconds();
  bool has_policy = atomic_load(&current) >= 0, quiet = is_told(began);
  struct loaded loaded;
  enum load_result result;
  int slot;

  free_unused();
  slot = free_slot();
  if (slot < 0)
    return;
  result = policy_load(path, !atomic_load(&without_compiled), quiet, &loaded);
  /* What is in force came from a later text than the compiled form, or from that form itself. */
  if (result == LOAD_LAST_GOOD && has_policy)
    policy_unload(&loaded);
  else if (result != LOAD_FAILED)
    put_in_force(slot, &loaded, path);
  failures = result == LOAD_CURRENT ? 0 : failures + 1;
  if (result == LOAD_CURRENT)
    return;
  if (!quiet) {
    failure_told = began;
    log_failure(path, has_policy || result == LOAD_LAST_GOOD);
  }
  /* A large broken policy must not cost its whole reading time at every look. */
  atomic_store(&next_check, milliseconds() + CHECK_INTERVAL_MS + 10 * (milliseconds() - began));
}

/* ---- Who reads, and when ---- */

static bool take_reading(void) {
  int idle = 0, self = (int)getpid();
  int owner = atomic_load(&reading_pid);

  if (owner != 0 && owner != self) /* left over by the parent of this process */
    return atomic_compare_exchange_strong(&reading_pid, &owner, self);
  return atomic_compare_exchange_strong(&reading_pid, &idle, self);
}

/* A thread that is cancelled while it opens a file would be the one that reads for ever. */
static bool begin_reading(int *ret_cancel_state) {
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, ret_cancel_state);
  if (take_reading())
    return true;
  pthread_setcancelstate(*ret_cancel_state, NULL);
  return false;
}

static void end_reading(int cancel_state) {
  atomic_store(&ever_read, true);
  atomic_store(&reading_pid, 0);
  pthread_setcancelstate(cancel_state, NULL);
}

static void wait_for_reading(int *ret_cancel_state) {
  static const struct timespec moment = {.tv_nsec = 1000000};

  while (!begin_reading(ret_cancel_state))
    nanosleep(&moment, NULL);
}

void policy_prepare(void) {
  int cancel_state;

  if (atomic_load(&ever_read))
    return;
  wait_for_reading(&cancel_state);
  if (!atomic_load(&ever_read)) {
    atomic_store(&next_check, milliseconds() + CHECK_INTERVAL_MS);
    read_policy();
  }
  end_reading(cancel_state);
}

static bool in_force_is_fresh(void) {
  int slot = atomic_load(&current);
  const struct loaded *loaded;

  if (slot < 0)
    return false;
  loaded = &slots[slot].loaded;
  /* A configuration read meanwhile may have named another policy. */
  return loaded->path != NULL && strcmp(loaded->path, settings_policy_path()) == 0 &&
         pin_policy_is_fresh(&loaded->compiled.policy);
}

static void look_for_changes(void) {
  int64_t now = milliseconds();
  int64_t due = atomic_load(&next_check);
  int cancel_state;

  if (now < due || !atomic_compare_exchange_strong(&next_check, &due, now + CHECK_INTERVAL_MS))
    return;
  if (!begin_reading(&cancel_state))
    return;
  if (in_force_is_fresh())
    free_unused();
  else
    read_policy();
  end_reading(cancel_state);
}

bool policy_is_replaced_after_damage(const struct pin_policy *policy) {
  int slot, cancel_state;

  atomic_store(&without_compiled, true);
  wait_for_reading(&cancel_state);
  slot = atomic_load(&current);
  if (slot >= 0 && slots[slot].loaded.is_mapped) {
    policy_log_damage(settings_policy_path());
    read_policy();
  }
  slot = atomic_load(&current);
  end_reading(cancel_state);
  return slot >= 0 && &slots[slot].loaded.compiled.policy != policy;
}

const struct pin_policy *policy_acquire(void) {
  policy_prepare();
  look_for_changes();
  for (;;) {
    int slot = atomic_load(&current);

    if (slot < 0)
      return NULL;
    atomic_fetch_add(&slots[slot].readers, 1);
    if (atomic_load(&current) == slot)
      return &slots[slot].loaded.compiled.policy;
    atomic_fetch_sub(&slots[slot].readers, 1);
  }
}

void policy_release(const struct pin_policy *policy) {
  size_t slot;

  if (policy == NULL)
    return;
  slot = ((size_t)((const char *)policy - (const char *)slots) / sizeof slots[0]);
  atomic_fetch_sub(&slots[slot].readers, 1);
}
