/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Makes allocations and system calls fail for pinning.so, the shim and libpinpolicy, except libconfig in it
 * (FAILURE_SPARED in the environment, see run.py), and for no other object of the process. This program
 * exports malloc(3) and its family, which all objects use, and dlsym(3), by which pinning finds the rest of
 * libc.
 */
#ifndef FAILURE_INJECT_H
#define FAILURE_INJECT_H

#include <stdbool.h>

/* Starts counting calls; the call with this number fails; 0: none. */
void inject_arm(unsigned long failing_call);
void inject_disarm(void);
/* Calls since inject_arm(). */
unsigned long inject_calls(void);
/* Whether pinning has got a libc function that can fail, other than those of malloc(3). */
bool inject_is_asked(void);
/* Name of the call that failed; "" before the failure. */
const char *inject_failed(void);

/* How many blocks pinning has allocated since the start and not freed. */
long inject_live_blocks(void);

/* Makes the clocks run ahead for pinning. */
void inject_advance_clock(int seconds);

#endif
