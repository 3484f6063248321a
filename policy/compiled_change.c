/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Changes some drop-ins: reads their text, and takes everything else from the compiled form. */
#include "compiled_beside.h"
#include "diagnostic.h"
#include "image_old.h"
#include "reader.h"
#include "source.h"

#include <errno.h>
#include <stdlib.h>

/* The work of one call. Owns everything but `wish`. */
struct job {
  const struct pin_change *wish;
  struct pin_image image;
  char *folder; /* path of policy.d, as the form has it */
  char **paths; /* of the files, in byte order */
  struct pin_image_change change;
  struct pin_source_set set;
  struct pin_reading reading;
  struct pin_diagnostics diagnostics;
  struct pin_image_builder *builder;
};

/* The path of policy.d, freed by free(3). NULL: damaged, or no memory. */
static char *folder_of(const struct pin_image *image) {
  struct pin_image_sources sources;
  uint8_t *block = pin_image_take_sources(image, &sources);
  const uint64_t size = image->head.sources.size;
  char *folder = NULL;
  for (uint64_t at = sizeof sources, i = 0; block != NULL && i < sources.count; i++) {
    struct pin_image_source source;
    if (size - at < sizeof source)
      break;
    memcpy(&source, block + at, sizeof source);
    const char *path = (const char *)block + at + sizeof source;
    const uint64_t length = pin_image_round_up(sizeof source + (uint64_t)source.path_length + 1);
    if (length > size - at || path[source.path_length] != '\0')
      break;
    if (source.is_directory)
      folder = strdup(path);
    if (folder != NULL)
      break;
    at += length;
  }
  free(block);
  return folder;
}

/* PIN_OK; PIN_TOO_LARGE: not only drop-ins change, or one is named twice; PIN_NO_MEMORY. */
static enum pin_status name_paths(struct job *job) {
  const size_t count = job->wish->count;
  job->paths = calloc(count + 1, sizeof job->paths[0]);
  if (job->paths == NULL)
    return PIN_NO_MEMORY;
  for (size_t i = 0; i < count; i++) {
    if (job->wish->files[i].name == NULL)
      return PIN_TOO_LARGE;
    job->paths[i] = pin_source_join(job->folder, job->wish->files[i].name);
    if (job->paths[i] == NULL)
      return PIN_NO_MEMORY;
  }
  qsort(job->paths, count, sizeof job->paths[0], pin_compare_texts);
  for (size_t i = 1; i < count; i++)
    if (strcmp(job->paths[i - 1], job->paths[i]) == 0)
      return PIN_TOO_LARGE;
  job->change = (struct pin_image_change){
      .old = &job->image, .paths = (const char *const *)job->paths, .path_count = count};
  return PIN_OK;
}

static enum pin_status begin(struct job *job) {
  struct pin_image_seed seed;
  pin_image_of(&job->wish->current->policy, &job->image);
  job->folder = folder_of(&job->image);
  if (job->folder == NULL)
    return PIN_DAMAGED;
  enum pin_status status = name_paths(job);
  if (status == PIN_OK)
    status = pin_image_change_suits(&job->change);
  if (status != PIN_OK)
    return status;
  pin_image_seed_draw(&seed);
  memcpy(seed.name_key, job->image.head.name_key, sizeof seed.name_key);
  job->builder = pin_image_builder_new(&seed);
  return job->builder != NULL ? PIN_OK : PIN_NO_MEMORY;
}

static bool are_hosts_alone(const struct pin_source_set *set) {
  for (size_t i = 0; i < set->count; i++)
    if (!set->sources[i]->holds_hosts_alone)
      return false;
  return true;
}

static enum pin_status read_text(struct job *job) {
  struct pin_older older = {.policy = &job->wish->current->policy, .change = &job->change};
  job->reading = (struct pin_reading){.staged = job->wish->files, .staged_count = job->wish->count};
  pin_source_set_take(job->folder, &job->reading, &job->diagnostics, &job->set);
  if (job->diagnostics.no_memory)
    return PIN_NO_MEMORY;
  pin_read_policy(&job->set, &older, &job->diagnostics, job->builder);
  if (older.damaged)
    return PIN_DAMAGED;
  if (!are_hosts_alone(&job->set))
    return PIN_TOO_LARGE;
  pin_note_sources(&job->set, 0, &job->diagnostics, job->builder);
  return pin_diagnostics_status(&job->diagnostics);
}

static enum pin_status write_form(const struct job *job, char **ret_beside, int *ret_fd) {
  char *beside;
  int fd;
  int error = pin_compiled_make_beside(job->wish->form, &beside, &fd);
  enum pin_status status = error == 0 ? pin_image_merge(&job->change, job->builder, fd) : PIN_UNREADABLE;
  if (error == 0 && status == PIN_UNREADABLE)
    error = errno;
  if (status == PIN_OK)
    error = pin_compiled_make_durable(fd);
  if (status == PIN_OK && error == 0) {
    *ret_beside = beside;
    *ret_fd = fd;
  } else if (fd >= 0) {
    pin_compiled_drop(beside, fd);
  }
  errno = error;
  return status == PIN_UNREADABLE ? PIN_OK : status;
}

static void clear(struct job *job) {
  for (size_t i = 0; job->paths != NULL && i < job->wish->count; i++)
    free(job->paths[i]);
  free(job->paths);
  free(job->folder);
  pin_image_builder_free(job->builder);
  pin_diagnostics_clear(&job->diagnostics);
  pin_source_set_free(&job->set);
  if (job->image.blocks != NULL)
    pin_blocks_trim(job->image.blocks);
}

enum pin_status pin_compiled_change(const struct pin_change *change, pin_diagnostic_fn *report, void *arg,
                                    char **ret_beside, int *ret_fd) {
  struct job job = {.wish = change};
  *ret_beside = NULL;
  *ret_fd = -1;
  errno = 0;
  enum pin_status status = begin(&job);
  if (status == PIN_OK)
    status = read_text(&job);
  if (status == PIN_INVALID && report != NULL)
    pin_diagnostics_report(&job.diagnostics, report, arg);
  errno = 0;
  if (status == PIN_OK && change->form != NULL)
    status = write_form(&job, ret_beside, ret_fd);
  const int saved_errno = errno;
  clear(&job);
  errno = saved_errno;
  return status;
}
