/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The shared part of the targets. A target that finds an error calls abort(3), which the engine reports. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer, or replay.c instead, calls these: once, and with each input. The first is optional. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Prints which condition failed, and ends the program. */
_Noreturn void fuzz_fail(const char *file, int line, const char *what);
#define MUST(condition)                                                                                      \
  do {                                                                                                       \
    if (!(condition))                                                                                        \
      fuzz_fail(__FILE__, __LINE__, #condition);                                                             \
  } while (0)

/* A copy that ends in a NUL, with nothing after it, so that a read beyond its end is noticed. For free(3). */
char *fuzz_text(const uint8_t *data, size_t size);

/*
 * The path of a file in a folder of this process, which is removed at exit. Valid until the fourth call after
 * this one. "policy.d" is made for the first file in it.
 */
const char *fuzz_path(const char *name);
/* Writes such a file with an old time stamp, so that the reader does not wait until it is stable. */
void fuzz_write(const char *name, const void *bytes, size_t size);
void fuzz_remove(const char *name);

/*
 * Splits an input at the first line "#----", which belongs to neither part. Without that line, the second
 * part is empty. Returns the size of the first.
 */
size_t fuzz_cut(const uint8_t *data, size_t size, const uint8_t **ret_second, size_t *ret_second_size);

#endif
