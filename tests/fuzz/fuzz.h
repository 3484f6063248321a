/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What the targets share. A target that finds something wrong ends by abort(3), which the engine reports. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer, or replay.c in its place, calls: once, and with each input. The first may be left out. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what does not hold, and ends the program. */
_Noreturn void fuzz_fail(const char *file, int line, const char *what);
#define MUST(condition)                                                                                      \
  do {                                                                                                       \
    if (!(condition))                                                                                        \
      fuzz_fail(__FILE__, __LINE__, #condition);                                                             \
  } while (0)

/* A copy that ends in a NUL, with nothing behind it, so that a read beyond its end is seen. For free(3). */
char *fuzz_text(const uint8_t *data, size_t size);

/*
 * The path of a file in a folder of this process, which is removed when it ends. Good until the next call but
 * three. "policy.d" is made for the first file in it.
 */
const char *fuzz_path(const char *name);
/* Writes such a file, with a time stamp of the past: nobody waits for it to come to rest. */
void fuzz_write(const char *name, const void *bytes, size_t size);
void fuzz_remove(const char *name);

/*
 * Cuts an input in two at the first line "#----", which belongs to neither. Without it the second part is
 * empty. Returns the size of the first.
 */
size_t fuzz_cut(const uint8_t *data, size_t size, const uint8_t **ret_second, size_t *ret_second_size);

#endif
