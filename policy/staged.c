/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Handles the files of a change that is not made yet. */
#include "diagnostic.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void pin_source_take_staged(const struct pin_staged_file *staged, struct pin_source *source,
                            struct pin_diagnostics *diagnostics) {
  struct stat status;
  source->text = strdup(staged->text);
  if (source->text == NULL) {
    diagnostics->no_memory = true;
    return;
  }
  source->size = strlen(source->text);
  source->identity = (struct pin_source_identity){.path = source->path, .exists = true};
  if (staged->fd >= 0 && fstat(staged->fd, &status) == 0)
    source->identity = pin_source_identify(source->path, &status);
}

static int compare_staged(const void *a, const void *b) {
  const struct pin_staged_file *const *left = a;
  const struct pin_staged_file *const *right = b;
  return strcmp((*left)->name, (*right)->name);
}

const struct pin_staged_file **pin_source_sort_staged(const struct pin_reading *reading) {
  const struct pin_staged_file **sorted = calloc(reading->staged_count + 1, sizeof sorted[0]);
  size_t count = 0;
  for (size_t i = 0; sorted != NULL && i < reading->staged_count; i++)
    if (reading->staged[i].name != NULL)
      sorted[count++] = &reading->staged[i];
  if (count > 0)
    qsort(sorted, count, sizeof sorted[0], compare_staged);
  return sorted;
}

void pin_source_set_take(const char *folder, const struct pin_reading *reading,
                         struct pin_diagnostics *diagnostics, struct pin_source_set *ret_set) {
  const struct pin_staged_file **staged = pin_source_sort_staged(reading);
  *ret_set = (struct pin_source_set){.reading = reading};
  if (staged == NULL)
    diagnostics->no_memory = true;
  for (size_t i = 0; staged != NULL && staged[i] != NULL && !diagnostics->no_memory; i++) {
    if (staged[i]->text == NULL)
      continue;
    struct pin_source *source =
        pin_source_add(ret_set, pin_source_join(folder, staged[i]->name), diagnostics);
    if (source != NULL)
      pin_source_take_staged(staged[i], source, diagnostics);
  }
  free(staged);
}
