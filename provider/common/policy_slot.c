/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "policy_slot.h"

#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "blocks.h"

/* How many policies may be in force or have readers. At most one a second is added, so more than this
 * cannot gather. */
#define SLOTS 64
/* How many views are kept for the next readers of a large policy. With more readers at once, some read it
 * again. */
#define SPARES 4

/* A policy in force, or one that still has readers. */
struct slot {
  struct loaded loaded;
  /* What readers get. For an image in a file it has no blocks, so it can only be read through a view. */
  struct pin_policy policy;
  atomic_int fd;       /* of an image in a file, or PIN_COMPILED_MAPPED; -1: the image is in memory */
  atomic_uint opening; /* changes whenever the slot is filled or its file is opened again */
  atomic_bool used;
  atomic_uint readers;
};

/* The policy in force as one reader uses it, if the image is in a file. */
struct view {
  struct pin_policy policy; /* must be the first member: slot_release gets its address */
  int slot;
  unsigned opening;
};

static struct slot slots[SLOTS];
static int used_slots; /* slots from this index on were never used */
static atomic_int current = -1;
static atomic_uint openings;
static _Atomic(struct view *) spares[SPARES];

int slot_in_force(void) {
  return atomic_load(&current);
}

const struct loaded *slot_loaded(int slot) {
  return &slots[slot].loaded;
}

/* ---- Views ---- */

static void free_view(struct view *view) {
  pin_blocks_free(view->policy.blocks);
  free(view);
}

static struct view *take_spare(int slot, unsigned opening) {
  for (int i = 0; i < SPARES; i++) {
    struct view *view = atomic_load(&spares[i]) != NULL ? atomic_exchange(&spares[i], NULL) : NULL;

    if (view != NULL && view->slot == slot && view->opening == opening)
      return view;
    if (view != NULL)
      free_view(view);
  }
  return NULL;
}

/* A view of the slot, from the spares if possible. NULL: no memory. */
static struct view *view_of(int slot) {
  unsigned opening = atomic_load(&slots[slot].opening);
  struct view *view = take_spare(slot, opening);

  if (view != NULL)
    return view;
  view = malloc(sizeof *view);
  if (view == NULL)
    return NULL;
  view->policy = slots[slot].policy;
  view->policy.blocks = pin_blocks_new(atomic_load(&slots[slot].fd), slots[slot].loaded.compiled.mapped,
                                       slots[slot].loaded.compiled.mapped_size);
  view->slot = slot;
  view->opening = opening;
  if (view->policy.blocks != NULL)
    return view;
  free(view);
  return NULL;
}

static void give_back(struct view *view) {
  pin_blocks_trim(view->policy.blocks);
  for (int i = 0; i < SPARES; i++) {
    struct view *none = NULL;

    if (atomic_compare_exchange_strong(&spares[i], &none, view))
      return;
  }
  free_view(view);
}

/* NULL: the policy is that of a slot, not of a view. */
static struct view *as_view(const struct pin_policy *policy) {
  uintptr_t address = (uintptr_t)policy;

  if (address >= (uintptr_t)slots && address < (uintptr_t)(slots + SLOTS))
    return NULL;
  return (struct view *)address;
}

static int slot_of(const struct pin_policy *policy) {
  const struct view *view = as_view(policy);

  return view != NULL ? view->slot : (int)(((uintptr_t)policy - (uintptr_t)slots) / sizeof slots[0]);
}

const struct pin_policy *slot_acquire(void) {
  for (;;) {
    int slot = atomic_load(&current);
    struct view *view;

    if (slot < 0)
      return NULL;
    atomic_fetch_add(&slots[slot].readers, 1);
    if (atomic_load(&current) != slot) {
      atomic_fetch_sub(&slots[slot].readers, 1);
      continue;
    }
    if (atomic_load(&slots[slot].fd) == -1)
      return &slots[slot].policy;
    view = view_of(slot);
    /* Without memory for a view: nothing can be read of this policy, so covered hosts are refused. */
    return view != NULL ? &view->policy : &slots[slot].policy;
  }
}

void slot_release(const struct pin_policy *policy) {
  struct view *view = as_view(policy);
  int slot = slot_of(policy);

  if (view != NULL)
    give_back(view);
  atomic_fetch_sub(&slots[slot].readers, 1);
}

/* ---- Changes ---- */

void slots_free_unused(void) {
  int in_force = atomic_load(&current);

  for (int i = 0; i < used_slots; i++) {
    struct loaded loaded;

    if (i == in_force || !atomic_load(&slots[i].used) || atomic_load(&slots[i].readers) != 0)
      continue;
    /* A reader that comes late may count itself in now, but then sees that the slot is not in force and
     * does not touch the policy. */
    loaded = slots[i].loaded;
    atomic_store(&slots[i].used, false);
    policy_unload(&loaded);
  }
}

int slot_find_free(void) {
  for (int i = 0; i < SLOTS; i++) {
    if (!atomic_load(&slots[i].used) && atomic_load(&slots[i].readers) == 0)
      return i;
  }
  return -1;
}

int slot_put_in_force(int slot, const struct loaded *loaded) {
  slots[slot].loaded = *loaded;
  slots[slot].policy = loaded->compiled.policy;
  slots[slot].policy.blocks = NULL;
  atomic_store(&slots[slot].fd, loaded->compiled.fd);
  atomic_store(&slots[slot].opening, atomic_fetch_add(&openings, 1) + 1);
  if (slot >= used_slots)
    used_slots = slot + 1;
  atomic_store(&slots[slot].used, true);
  return atomic_exchange(&current, slot);
}

bool slot_is_outdated(const struct pin_policy *policy) {
  const struct view *view = as_view(policy);
  int slot = slot_of(policy);

  return slot != atomic_load(&current) ||
         (view != NULL && view->opening != atomic_load(&slots[slot].opening));
}

enum slot_repair slot_repair(int slot) {
  struct loaded *loaded = &slots[slot].loaded;
  char path[PATH_MAX];
  int before = loaded->compiled.fd;

  if (loaded->path == NULL || !pin_compiled_path(loaded->path, path, sizeof path) ||
      !pin_compiled_keep_open(&loaded->compiled, path))
    return SLOT_LOST;
  if (loaded->compiled.fd == before) {
    pin_compiled_identify(&loaded->compiled);
    return SLOT_DAMAGED;
  }
  atomic_store(&slots[slot].fd, loaded->compiled.fd);
  atomic_store(&slots[slot].opening, atomic_fetch_add(&openings, 1) + 1);
  return SLOT_REOPENED;
}
