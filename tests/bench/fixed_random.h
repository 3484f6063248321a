/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Random numbers that are the same in every run, for counting instructions: with real ones, the arithmetic on
 * curves differs by more from one handshake to the next than what is measured. Not for any other use.
 */
#ifndef BENCH_FIXED_RANDOM_H
#define BENCH_FIXED_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* Makes OpenSSL take its random numbers from here. */
bool fixed_random_install(void);

/* Starts the sequence with this number, in this thread. */
void fixed_random_begin(uint64_t number);

#endif
