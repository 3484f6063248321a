/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The turn to read a policy, which one thread of a process has at a time. It is the process's id and not a
 * lock: a child forked meanwhile must not wait for a thread that it does not have.
 */
#ifndef PIN_READING_TURN_H
#define PIN_READING_TURN_H

#include <stdbool.h>

/* Takes the turn; false: another thread has it. Until reading_end the thread cannot be cancelled, because
 * nobody else could then ever read. */
bool reading_begin(int *ret_cancel_state);

/* Does the same, but waits for another thread; false: that thread has not finished within ten seconds. */
bool reading_wait(int *ret_cancel_state);

/* Gives the turn back. cancel_state: from the function that took it. */
void reading_end(int cancel_state);

#endif
