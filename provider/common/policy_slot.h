/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The policies that this process holds: the one in force, and those that verifications still look at. Who
 * asks takes a reference without a lock; only the one who has the turn (reading_turn.h) changes anything.
 *
 * A process may fork at any moment, and the child has none of the other threads: whatever they were about
 * stays as it was at that moment, for good. So a slot is marked as free before what was in it is given
 * back, and as used after something is in it; at worst the child keeps a policy that it could have freed.
 */
#ifndef PIN_POLICY_SLOT_H
#define PIN_POLICY_SLOT_H

#include "policy_load.h"

/* ---- Anybody ---- */

/* A reference to the policy in force, for one thread; NULL: there is none. To be given to slot_release. */
const struct pin_policy *slot_acquire(void);

/* Takes what slot_acquire returned, but not NULL. */
void slot_release(const struct pin_policy *policy);

/* What is in force; -1: nothing. */
int slot_in_force(void);

/* ---- Who has the turn ---- */

/* Gives back policies that are neither in force nor looked at. */
void slots_free_unused(void);

/* A free slot; -1: there is none. */
int slot_find_free(void);

/* Puts a policy, which it then owns, into a free slot and in force. Returns what was in force;
 * -1: nothing. */
int slot_put_in_force(int slot, const struct loaded *loaded);

/* What is in a slot in use. */
const struct loaded *slot_loaded(int slot);

/* Whether another policy than this one is in force by now, or the same one opened anew. */
bool slot_is_outdated(const struct pin_policy *policy);

enum slot_repair {
  SLOT_DAMAGED = 0, /* the file says something else than it should */
  SLOT_LOST,        /* the program closed the file's descriptor, and the file is not there any more */
  SLOT_REOPENED /* the program closed it, and what is acquired from now on reads the same file otherwise */
};

/* Looks why what is in a slot cannot be read. */
enum slot_repair slot_repair(int slot);

#endif
