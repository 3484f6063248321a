/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Allocations and calls of the system that fail for pinning.so, the shim and libpinpolicy, but libconfig in
 * it (FAILURE_SPARED in the environment, see run.py), and for nobody else in the process. This program
 * exports malloc(3) and its family, which all share, and dlsym(3), by which ours find the rest of libc.
 */
#ifndef FAILURE_INJECT_H
#define FAILURE_INJECT_H

#include <stdbool.h>

/* From now on calls are counted, and the one of this number fails; 0: none. */
void inject_arm(unsigned long failing_call);
void inject_disarm(void);
/* Calls since it was armed. */
unsigned long inject_calls(void);
/* Whether ours have been given a function of libc's that can be made to fail, besides those of malloc(3). */
bool inject_is_asked(void);
/* What the failing call was; "" before it. */
const char *inject_failed(void);

/* Blocks that ours have allocated, by this number since the start, and not freed. */
long inject_live_blocks(void);

/* Ours see the clocks ahead of their time. */
void inject_advance_clock(int seconds);

#endif
