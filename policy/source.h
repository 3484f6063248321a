/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The files of a policy: the main file, the directory policy.d beside it, the drop-ins in there. Each is
 * opened once, judged by what fstat(2) says of the open descriptor, and read wholly into memory.
 */
#ifndef PIN_SOURCE_H
#define PIN_SOURCE_H

#include "image_builder.h"

struct pin_diagnostics;

/* Larger files are refused: offsets and lines then fit their types with room to spare. */
#define PIN_SOURCE_MAX_SIZE ((size_t)1 << 30)

struct pin_source {
  char *path; /* absolute, not resolved: symbolic links stay in it */
  char *text; /* `size` bytes and a NUL; NULL of the directory and of a file that could not be read */
  size_t size;
  char *original; /* the text before parts of it were blanked out; NULL: it is as it was */
  size_t order;   /* position among the sources of the policy */
  struct pin_source_identity identity; /* identity.path is `path` */
  bool is_read;                        /* text and identity are those of one moment */
  bool changed;                        /* it changed while it was read */
};

/* All sources, in the order in which they are read: main file, policy.d, drop-ins in byte order. */
struct pin_source_set {
  struct pin_source **sources;
  size_t count, capacity;
};

/*
 * Reads all sources of the policy whose main file is `path` (if relative, below the working directory), as
 * they stood together at one moment: what others change meanwhile is read again, all of it, a few times.
 * What cannot be read or is not to be trusted is reported, and the rest is read all the same; but where the
 * sources do not come to rest, that alone is reported, and no text is kept. A missing policy.d is no mistake.
 * Out of memory is noted in `diagnostics`, which is to be empty before. Free the set in any case, after the
 * diagnostics, which point into it.
 */
void pin_source_set_read(const char *path, struct pin_diagnostics *diagnostics,
                         struct pin_source_set *ret_set);
/* Judges the two folders alone, whether there are files in them or not; the set then has no texts. */
void pin_source_set_judge(const char *path, struct pin_diagnostics *diagnostics,
                          struct pin_source_set *ret_set);
void pin_source_set_free(struct pin_source_set *set);

#endif
