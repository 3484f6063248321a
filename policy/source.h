/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Reads the files of a policy: the main file, the directory policy.d beside it, and the drop-ins in it. Each
 * file is opened once, checked by fstat(2), and read whole into memory.
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

/* Larger files are refused, so that offsets and lines fit their types. */
#define PIN_SOURCE_MAX_SIZE ((size_t)1 << 30)

/* A file or directory of a policy. Owns its texts. */
struct pin_source {
  char *path; /* absolute; symbolic links are not resolved */
  char *text; /* `size` bytes and a NUL; NULL for the directory and for a file that could not be read */
  size_t size;
  char *original; /* the text before parts were overwritten with blanks; NULL: it is unchanged */
  size_t order;   /* number among the sources of the policy */
  struct pin_source_identity identity; /* identity.path is `path` */
  bool is_read;                        /* text and identity belong to the same moment */
  bool holds_hosts_alone;              /* no pin sets, blocked keys or other settings */
  bool changed;                        /* it changed while it was read */
};

/* What to read besides the files that exist. All zero: only those. */
struct pin_reading {
  const struct pin_staged_file *staged; /* files of a change that is not made yet; borrowed */
  size_t staged_count;
  bool small; /* read at most PIN_SMALL_TEXT bytes in PIN_SMALL_FILES files */
};

/* All sources in the order in which they are read: main file, policy.d, drop-ins in byte order. */
struct pin_source_set {
  struct pin_source **sources;
  size_t count, capacity;
  const struct pin_reading *reading;
  size_t bytes;   /* size of all texts that were read */
  bool too_large; /* there is more than may be read, so the set is no policy */
};

/*
 * Reads all sources of the policy whose main file is `path` (relative paths start at the working directory),
 * in the state of one moment: if something changes meanwhile, everything is read again, a few times. A source
 * that cannot be read or is not trusted is reported, and the rest is read all the same. If the sources keep
 * changing, only that is reported, and no text is kept. A missing policy.d is no mistake. If set->too_large
 * is set, reading ended there and nothing was reported. No memory is noted in `diagnostics`, which must be
 * empty at first. Free the set in any case, but after the diagnostics, which point into it.
 */
void pin_source_set_read(const char *path, const struct pin_reading *reading,
                         struct pin_diagnostics *diagnostics, struct pin_source_set *ret_set);
/* Checks only the two folders, whether there are files in them or not. The set has no texts then. */
void pin_source_set_judge(const char *path, struct pin_diagnostics *diagnostics,
                          struct pin_source_set *ret_set);
/* Takes only the staged drop-ins, in byte order, as they will be in the folder. Opens nothing. */
void pin_source_set_take(const char *folder, const struct pin_reading *reading,
                         struct pin_diagnostics *diagnostics, struct pin_source_set *ret_set);
void pin_source_set_free(struct pin_source_set *set);

/* Waits until a file that was changed at this time cannot change again without a new time stamp. */
void pin_wait_out_tick(const struct timespec *mtime);

/* Lists the drop-ins in an open directory, in byte order. The caller frees each name and the array by
 * free(3). Returns how many; -1: see errno. */
int pin_list_drop_ins(int directory, struct dirent ***ret_names);

/* Adds a source at the end of the set, which takes ownership of `path`. NULL: no memory, and `path` was
 * freed. */
struct pin_source *pin_source_add(struct pin_source_set *set, char *path,
                                  struct pin_diagnostics *diagnostics);
struct pin_source_identity pin_source_identify(const char *path, const struct stat *status);
/* Joins two parts of a path; freed by free(3). NULL: no memory. */
char *pin_source_join(const char *directory, const char *name);

/* ---- staged.c ---- */

/* Takes the text of a file that is not in its place yet. */
void pin_source_take_staged(const struct pin_staged_file *staged, struct pin_source *source,
                            struct pin_diagnostics *diagnostics);
/* The staged drop-ins in byte order of their names, ending in NULL; freed by free(3). NULL: no memory. */
const struct pin_staged_file **pin_source_sort_staged(const struct pin_reading *reading);

/* Compares texts by their bytes, whatever the locale; for qsort(3) and bsearch(3) over pointers to texts. */
static inline int pin_compare_texts(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

#endif
