/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The memory of the machine that only this process uses. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

/* Private_Clean and Private_Dirty of smaps_rollup (proc(5)), in KiB; -1: they cannot be read. */
long private_memory(void);

/* Waits for the end of standard input, so that the process exists while others are measured. */
void stay_until_end_of_input(void);

#endif
