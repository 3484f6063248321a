/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/pause_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"

static char *render(const struct pauses *pauses) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  fputs("pinning-pause 1\n", stream);
  for (size_t i = 0; i < pauses->count; i++) {
    const struct pin_pause *pause = &pauses->items[i];
    fprintf(stream, "%lld %lld %s%s\n", (long long)pause->since, (long long)pause->until, pause->name,
            pause->include_subdomains ? " subdomains" : "");
  }
  fputs("end\n", stream);
  memory_close(stream);
  return text;
}

/* 0 or an errno value. */
static int write_file(const char *path, const struct pauses *pauses) {
  if (pauses->count == 0)
    return unlink(path) == 0 || errno == ENOENT ? 0 : errno;
  AUTO_TEXT text = render(pauses);
  return strlen(text) > PIN_PAUSE_FILE_SIZE ? EFBIG : file_replace(path, text);
}

/* The folder itself is what is locked: the lock of the policy lies with the policy, which may be away. -1
 * with errno. */
static int lock_folder(const char *folder) {
  int error = directory_make(folder);
  int fd = error == 0 ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (error != 0)
    errno = error;
  if (fd < 0)
    return -1;
  while (flock(fd, LOCK_EX) != 0) {
    if (errno == EINTR)
      continue;
    error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

static int say_failure(const char *path, int error) {
  say_error("%s: %s%s", path, strerror(error), root_remedy(error));
  return EXIT_FAILED;
}

int pauses_edit(const char *path, int64_t now, pause_edit_fn *edit, void *arg) {
  AUTO_TEXT folder = path_directory(path);
  int lock = lock_folder(folder);
  if (lock < 0)
    return say_failure(folder, errno);
  struct pauses pauses;
  pauses_read(path, now, &pauses);
  int status = edit(&pauses, arg);
  if (status == EXIT_DONE) {
    int error = write_file(path, &pauses);
    if (error == 0)
      error = directory_sync(folder);
    status = error == 0 ? EXIT_DONE : say_failure(path, error);
  }
  pauses_clear(&pauses);
  close(lock);
  return status;
}

bool pauses_drop(struct pauses *pauses, const char *name) {
  for (size_t i = 0; i < pauses->count; i++) {
    if (strcmp(pauses->items[i].name, name) != 0)
      continue;
    free((void *)(uintptr_t)pauses->items[i].name);
    pauses->items[i] = pauses->items[--pauses->count];
    return true;
  }
  return false;
}

void pauses_set(struct pauses *pauses, const struct pin_pause *pause) {
  pauses_drop(pauses, pause->name);
  pauses->items = must_grow(pauses->items, pauses->count + 1, sizeof *pauses->items);
  pauses->items[pauses->count] = *pause;
  pauses->items[pauses->count++].name = must_copy(pause->name);
}
