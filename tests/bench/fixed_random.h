/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Random numbers that are the same in every run, for counting instructions: with real ones the arithmetic on
 * curves varies by more from one handshake to the next than what is to be measured. Not for any other use.
 */
#ifndef BENCH_FIXED_RANDOM_H
#define BENCH_FIXED_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* From now on OpenSSL takes its random numbers from here. */
bool fixed_random_install(void);

/* Begins the sequence of this number, in this thread. */
void fixed_random_begin(uint64_t number);

#endif
