/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The turn to read a policy: one thread of a process has it at a time. No lock, but the process's number: a
 * child that was forked meanwhile must not wait for a thread that it does not have.
 */
#ifndef PIN_READING_TURN_H
#define PIN_READING_TURN_H

#include <stdbool.h>

/*
 * Takes the turn; false: another thread has it. Until reading_end the thread cannot be cancelled: it would be
 * the one that reads for ever.
 */
bool reading_begin(int *ret_cancel_state);

/* The same, but waits for another thread; false: it has not come to an end within ten seconds. */
bool reading_wait(int *ret_cancel_state);

void reading_end(int cancel_state);

#endif
