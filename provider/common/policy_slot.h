/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The policies that this process holds: the one in force, and those that verifications still use. Readers
 * take a reference without a lock; only the thread that has the turn (reading_turn.h) changes anything.
 *
 * A process may fork at any moment, and the child has none of the other threads: whatever they were changing
 * stays as it was at that moment. So a slot is marked free before its content is freed, and marked used
 * after it is filled. At worst, the child keeps a policy that it could have freed.
 */
#ifndef PIN_POLICY_SLOT_H
#define PIN_POLICY_SLOT_H

#include "policy_load.h"

/* ---- For any thread ---- */

/* A reference to the policy in force, for one thread; NULL: there is none. The caller passes it to
 * slot_release. */
const struct pin_policy *slot_acquire(void);

/* Gives back a reference. policy: from slot_acquire, not NULL. */
void slot_release(const struct pin_policy *policy);

/* The slot in force; -1: none. */
int slot_in_force(void);

/* ---- For the thread that has the turn ---- */

/* Frees policies that are neither in force nor in use. */
void slots_free_unused(void);

/* A free slot; -1: none. */
int slot_find_free(void);

/* Puts a policy into a free slot, which then owns it, and puts the slot in force. Returns the slot that
 * was in force; -1: none. */
int slot_put_in_force(int slot, const struct loaded *loaded);

/* The content of a slot in use. */
const struct loaded *slot_loaded(int slot);

/* Whether another policy than this one is in force now, or the same one opened again. */
bool slot_is_outdated(const struct pin_policy *policy);

enum slot_repair {
  SLOT_DAMAGED = 0, /* the file's content does not match its checksums */
  SLOT_LOST,        /* the program closed the descriptor, and the file is gone */
  SLOT_REOPENED     /* the program closed it; references taken from now on can read the file again */
};

/* Finds out why the content of a slot cannot be read, and opens its file again if possible. */
enum slot_repair slot_repair(int slot);

#endif
