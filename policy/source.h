/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The files of a policy: the main file, the directory policy.d beside it, the drop-ins in there. Each is
 * opened once, judged by what fstat(2) says of the open descriptor, and read wholly into memory.
 */
#ifndef PIN_SOURCE_H
#define PIN_SOURCE_H

#include "image_builder.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

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
  bool holds_hosts_alone;              /* no pin sets, no blocked keys, no other settings */
  bool changed;                        /* it changed while it was read */
};

/* What is read, beside what lies there; all zero: that alone. */
struct pin_reading {
  const struct pin_staged_file *staged; /* files of a change that is not made yet */
  size_t staged_count;
  bool small; /* no more than PIN_SMALL_TEXT bytes in PIN_SMALL_FILES files */
};

/* All sources, in the order in which they are read: main file, policy.d, drop-ins in byte order. */
struct pin_source_set {
  struct pin_source **sources;
  size_t count, capacity;
  const struct pin_reading *reading;
  size_t bytes;   /* of all texts that were read */
  bool too_large; /* more than was to be read; what there is of it is no policy */
};

/*
 * Reads all sources of the policy whose main file is `path` (if relative, below the working directory), as
 * they stood together at one moment: what others change meanwhile is read again, all of it, a few times.
 * What cannot be read or is not to be trusted is reported, and the rest is read all the same; but where the
 * sources do not come to rest, that alone is reported, and no text is kept. A missing policy.d is no mistake.
 * Where set->too_large is set, reading ended there and there are no diagnostics.
 * Out of memory is noted in `diagnostics`, which is to be empty before. Free the set in any case, after the
 * diagnostics, which point into it.
 */
void pin_source_set_read(const char *path, const struct pin_reading *reading,
                         struct pin_diagnostics *diagnostics, struct pin_source_set *ret_set);
/* Judges the two folders alone, whether there are files in them or not; the set then has no texts. */
void pin_source_set_judge(const char *path, struct pin_diagnostics *diagnostics,
                          struct pin_source_set *ret_set);
/* The staged drop-ins alone, in byte order, as they will be in the folder. Nothing is opened. */
void pin_source_set_take(const char *folder, const struct pin_reading *reading,
                         struct pin_diagnostics *diagnostics, struct pin_source_set *ret_set);
void pin_source_set_free(struct pin_source_set *set);

/* Waits until what was changed at this time can no longer change once more and keep its time stamp. */
void pin_wait_out_tick(const struct timespec *mtime);

/* The names of the drop-ins in an open directory, in byte order, each for free(3) as the array is. -1: see
 * errno. */
int pin_list_drop_ins(int directory, struct dirent ***ret_names);

/* A new source at the end of the set, which takes `path` over; NULL: out of memory, `path` is freed. */
struct pin_source *pin_source_add(struct pin_source_set *set, char *path,
                                  struct pin_diagnostics *diagnostics);
struct pin_source_identity pin_source_identify(const char *path, const struct stat *status);
/* For free(3); NULL: out of memory. */
char *pin_source_join(const char *directory, const char *name);

/* ---- staged.c ---- */

/* Takes the text of a file that is not in its place yet. */
void pin_source_take_staged(const struct pin_staged_file *staged, struct pin_source *source,
                            struct pin_diagnostics *diagnostics);
/* The staged drop-ins in byte order of their names, ends in NULL; for free(3). NULL: out of memory. */
const struct pin_staged_file **pin_source_sort_staged(const struct pin_reading *reading);

/* For qsort(3) and bsearch(3) over pointers to texts: by their bytes, whatever the locale. */
static inline int pin_compare_texts(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

#endif
