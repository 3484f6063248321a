/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "source.h"

#include "diagnostic.h"
#include "read_at.h"
#include "trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How often the sources are read if they keep changing. */
#define MAX_ATTEMPTS 8

/* O_NONBLOCK, so that opening a fifo does not wait for a writer; O_NOCTTY, so that a terminal does not
 * become ours. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

static const char *kind_of_file(mode_t mode) {
  switch (mode & S_IFMT) {
  case S_IFREG:
    return "a regular file";
  case S_IFDIR:
    return "a directory";
  case S_IFIFO:
    return "a fifo";
  case S_IFSOCK:
    return "a socket";
  default:
    return "a device";
  }
}

/* Explains why open(2) on a source failed. Important cases have texts that do not depend on the locale. */
static const char *open_failure(int error) {
  switch (error) {
  case ENOENT:
    return "no such file";
  case EACCES:
    return "permission denied";
  case ENOTDIR:
    return "not a directory";
  case ELOOP:
    return "too many symbolic links";
  default:
    return strerror(error);
  }
}

/* Checks what was opened. Returns whether it may be read; if not, it has reported why. */
static bool is_trusted(int fd, const struct stat *status, mode_t kind, const struct pin_source *source,
                       struct pin_diagnostics *diagnostics) {
  if ((status->st_mode & S_IFMT) != kind) {
    pin_diagnose_unreadable(diagnostics, source, "is %s; expected %s", kind_of_file(status->st_mode),
                            kind_of_file(kind));
    return false;
  }
  if (!pin_owner_is_trusted(fd, status)) {
    pin_diagnose_unreadable(diagnostics, source,
                            "is owned by user %" PRIuMAX "; expected root or the effective user (%" PRIuMAX
                            ")",
                            (uintmax_t)status->st_uid, (uintmax_t)geteuid());
    return false;
  }
  if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    pin_diagnose_unreadable(diagnostics, source,
                            "has mode %04o; expected it not to be writable by group or others",
                            (unsigned)(status->st_mode & 07777));
    return false;
  }
  return true;
}

/*
 * Somebody who may write in the folder of the main file can remove policy.d, and so most of the policy, or
 * put an old file back. That amounts to writing the policy. In a sticky folder such as /tmp only owners can
 * do so.
 */
static void judge_folder(const struct pin_source *main_source, struct pin_diagnostics *diagnostics) {
  char *folder = NULL;
  struct stat status;
  size_t length = (size_t)(strrchr(main_source->path, '/') - main_source->path);
  if (asprintf(&folder, "%.*s", length > 0 ? (int)length : 1, main_source->path) < 0) {
    diagnostics->no_memory = true;
    return;
  }
  int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  bool found = fd >= 0 && fstat(fd, &status) == 0;
  bool trusted = found && pin_owner_is_trusted(fd, &status);
  if (fd >= 0)
    close(fd);
  free(folder);
  /* If it is not found here, the file in it is not found either, and that is reported. */
  if (!found)
    return;
  if (!trusted) {
    pin_diagnose_unreadable(diagnostics, main_source,
                            "lies in a folder owned by user %" PRIuMAX
                            "; expected root or the effective user (%" PRIuMAX ")",
                            (uintmax_t)status.st_uid, (uintmax_t)geteuid());
  } else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0) {
    pin_diagnose_unreadable(
        diagnostics, main_source,
        "lies in a folder of mode %04o; expected it not to be writable by group or others",
        (unsigned)(status.st_mode & 07777));
  }
}

static bool same_content(const struct stat *a, const struct stat *b) {
  return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
         a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

struct pin_source_identity pin_source_identify(const char *path, const struct stat *status) {
  return (struct pin_source_identity){
      .path = path,
      .is_directory = S_ISDIR(status->st_mode),
      .exists = true,
      .device = (uint64_t)status->st_dev,
      .inode = (uint64_t)status->st_ino,
      .size = (uint64_t)status->st_size,
      .mtime_seconds = (int64_t)status->st_mtim.tv_sec,
      .mtime_nanoseconds = (uint32_t)status->st_mtim.tv_nsec,
  };
}

static void take_identity(struct pin_source *source, const struct stat *status) {
  source->identity = pin_source_identify(source->path, status);
  source->is_read = true;
}

static bool is_before(const struct timespec *a, const struct timespec *b) {
  return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/*
 * Time stamps of files come from a clock that ticks every few milliseconds. A file changed in the current
 * tick could change again and keep its time stamp, so that one recorded identity would stand for two
 * contents. This waits until the tick is over. It does not wait for a time stamp in the future (from another
 * machine's clock): 20 ms are longer than any tick.
 */
void pin_wait_out_tick(const struct timespec *mtime) {
  const struct timespec pause = {.tv_nsec = 1000000};
  for (int i = 0; i < 20; i++) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (is_before(mtime, &now) || mtime->tv_sec > now.tv_sec + 1)
      return;
    long ahead = (long)(mtime->tv_sec - now.tv_sec) * 1000000000 + mtime->tv_nsec - now.tv_nsec;
    if (ahead > 20 * pause.tv_nsec)
      return;
    nanosleep(&pause, NULL);
  }
}

/* Reads an open file. before: its status when it was opened. */
static void read_bytes(int fd, const struct stat *before, struct pin_source *source,
                       struct pin_diagnostics *diagnostics) {
  /* Reads one byte more than expected, to notice growth; that byte then holds the NUL. */
  size_t size = (size_t)before->st_size;
  char *text = malloc(size + 1);
  if (text == NULL) {
    diagnostics->no_memory = true;
    return;
  }
  ssize_t got = pin_read_at(fd, text, size + 1, 0);
  if (got < 0) {
    pin_diagnose_unreadable(diagnostics, source, "cannot be read: %s", strerror(errno));
    free(text);
    return;
  }
  struct stat after;
  if ((size_t)got != size || fstat(fd, &after) != 0 || !same_content(before, &after)) {
    source->changed = true;
    free(text);
    return;
  }
  text[size] = '\0';
  source->text = text;
  source->size = size;
  take_identity(source, before);
}

/* Whether the set may take `size` more bytes; if not, that is noted. */
static bool has_room(struct pin_source_set *set, uint64_t size) {
  set->too_large = set->too_large || (set->reading->small && size > PIN_SMALL_TEXT - set->bytes);
  return !set->too_large;
}

static void read_text(int fd, struct pin_source_set *set, struct pin_source *source,
                      struct pin_diagnostics *diagnostics) {
  struct stat status;
  if (fstat(fd, &status) != 0) {
    pin_diagnose_unreadable(diagnostics, source, "cannot be looked at: %s", strerror(errno));
    return;
  }
  if (!is_trusted(fd, &status, S_IFREG, source, diagnostics))
    return;
  if (status.st_size > (off_t)PIN_SOURCE_MAX_SIZE) {
    pin_diagnose_unreadable(diagnostics, source, "has %jd bytes; expected at most %zu",
                            (intmax_t)status.st_size, PIN_SOURCE_MAX_SIZE);
    return;
  }
  if (!has_room(set, (uint64_t)status.st_size))
    return;
  pin_wait_out_tick(&status.st_mtim);
  read_bytes(fd, &status, source, diagnostics);
  set->bytes += source->size;
}

/* Reads the file `name` into the source. directory: the open directory in which it was listed, or
 * AT_FDCWD. */
static void read_file(int directory, const char *name, struct pin_source_set *set, struct pin_source *source,
                      struct pin_diagnostics *diagnostics) {
  int fd = openat(directory, name, OPEN_FLAGS);
  if (fd >= 0) {
    read_text(fd, set, source, diagnostics);
    close(fd);
    return;
  }
  int error = errno;
  struct stat link;
  bool absent = error == ENOENT && fstatat(directory, name, &link, AT_SYMLINK_NOFOLLOW) != 0;
  if (absent && directory != AT_FDCWD) {
    source->changed = true; /* removed since it was listed */
    return;
  }
  bool dangling = error == ENOENT && !absent;
  pin_diagnose_unreadable(diagnostics, source, "cannot be opened: %s",
                          dangling ? "a symbolic link to nothing" : open_failure(error));
}

static bool make_room(struct pin_source_set *set) {
  if (set->count < set->capacity)
    return true;
  size_t capacity = set->capacity == 0 ? 4 : 2 * set->capacity;
  struct pin_source **sources = reallocarray(set->sources, capacity, sizeof(struct pin_source *));
  if (sources == NULL)
    return false;
  set->sources = sources;
  set->capacity = capacity;
  return true;
}

struct pin_source *pin_source_add(struct pin_source_set *set, char *path,
                                  struct pin_diagnostics *diagnostics) {
  struct pin_source *source = path != NULL && make_room(set) ? calloc(1, sizeof *source) : NULL;
  if (source == NULL) {
    diagnostics->no_memory = true;
    free(path);
    return NULL;
  }
  source->path = path;
  source->order = set->count;
  source->identity.path = path;
  set->sources[set->count++] = source;
  return source;
}

char *pin_source_join(const char *directory, const char *name) {
  char *path = NULL;
  bool at_root = strcmp(directory, "/") == 0;
  return asprintf(&path, "%s/%s", at_root ? "" : directory, name) < 0 ? NULL : path;
}

static int is_drop_in(const struct dirent *entry) {
  static const char suffix[] = ".cfg";
  size_t length = strlen(entry->d_name);
  return entry->d_name[0] != '.' && length >= sizeof suffix - 1 &&
         strcmp(entry->d_name + length - (sizeof suffix - 1), suffix) == 0;
}

/* Not alphasort(3), which depends on the locale. */
static int compare_names(const struct dirent **a, const struct dirent **b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

/* Whether a directory has more entries than a process other than pinctl should read. */
static bool has_many_entries(int directory) {
  int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
  size_t count = 0;
  if (stream == NULL) {
    if (fd >= 0)
      close(fd);
    return false;
  }
  while (count <= PIN_SMALL_FILES + 2 && readdir(stream) != NULL)
    count++;
  closedir(stream);
  return count > PIN_SMALL_FILES + 2;
}

int pin_list_drop_ins(int directory, struct dirent ***ret_names) {
  return scandirat(directory, ".", ret_names, is_drop_in, compare_names);
}

static void free_names(struct dirent **names, int count) {
  for (int i = 0; i < count; i++)
    free(names[i]);
  free(names);
}

/* Lists the directory behind `fd` in the state of the time stamp in its identity. Returns the number of
 * names; -1: it has reported why, or noted that the directory changed. */
static int read_directory(int fd, struct pin_source_set *set, struct pin_source *source,
                          struct pin_diagnostics *diagnostics, struct dirent ***ret_names) {
  struct stat before;
  struct stat after;
  if (fstat(fd, &before) != 0) {
    pin_diagnose_unreadable(diagnostics, source, "cannot be looked at: %s", strerror(errno));
    return -1;
  }
  if (!is_trusted(fd, &before, S_IFDIR, source, diagnostics))
    return -1;
  set->too_large = set->too_large || (set->reading->small && has_many_entries(fd));
  if (set->too_large)
    return -1;
  pin_wait_out_tick(&before.st_mtim);
  int count = pin_list_drop_ins(fd, ret_names);
  if (count < 0 && errno == ENOMEM) {
    diagnostics->no_memory = true;
    return -1;
  }
  if (count < 0) {
    pin_diagnose_unreadable(diagnostics, source, "cannot be listed: %s", open_failure(errno));
    return -1;
  }
  if (fstat(fd, &after) == 0 && same_content(&before, &after)) {
    take_identity(source, &before);
    return count;
  }
  source->changed = true;
  free_names(*ret_names, count);
  return -1;
}

/* Reads a drop-in: the staged one of that name, or the one in the directory. */
static void read_drop_in(int fd, const char *path, const char *name, const struct pin_staged_file *staged,
                         struct pin_source_set *set, struct pin_diagnostics *diagnostics) {
  if (staged != NULL && staged->text == NULL)
    return;
  struct pin_source *source = pin_source_add(set, pin_source_join(path, name), diagnostics);
  if (source != NULL && staged != NULL)
    pin_source_take_staged(staged, source, diagnostics);
  else if (source != NULL)
    read_file(fd, name, set, source, diagnostics);
}

/* Both are sorted, and each name is read once. */
static void read_merged(int fd, const char *path, struct dirent **names, int count,
                        const struct pin_staged_file **staged, struct pin_source_set *set,
                        struct pin_diagnostics *diagnostics) {
  int i = 0;
  while ((i < count || *staged != NULL) && !diagnostics->no_memory && !set->too_large) {
    int order = i == count ? 1 : *staged == NULL ? -1 : strcmp(names[i]->d_name, (*staged)->name);
    const struct pin_staged_file *file = order >= 0 ? *staged : NULL;
    read_drop_in(fd, path, file != NULL ? file->name : names[i]->d_name, file, set, diagnostics);
    i += order <= 0;
    staged += order >= 0;
  }
}

/* fd: of policy.d; -1: there is none, and only staged drop-ins are read. */
static void read_drop_ins(int fd, const char *path, struct pin_source_set *set,
                          struct pin_diagnostics *diagnostics) {
  struct dirent **names = NULL;
  int count = fd < 0 ? 0 : read_directory(fd, set, set->sources[set->count - 1], diagnostics, &names);
  const struct pin_staged_file **staged = count < 0 ? NULL : pin_source_sort_staged(set->reading);
  if (count >= 0 && staged == NULL)
    diagnostics->no_memory = true;
  if (staged != NULL)
    read_merged(fd, path, names, count, staged, set, diagnostics);
  free(staged);
  if (count >= 0)
    free_names(names, count);
}

/* Adds policy.d as a source and opens it. main_path: absolute. -1: there is none, or it has reported why. */
static int open_policy_d(const char *main_path, struct pin_source_set *set,
                         struct pin_diagnostics *diagnostics) {
  char *path = NULL;
  if (asprintf(&path, "%.*s/policy.d", (int)(strrchr(main_path, '/') - main_path), main_path) < 0)
    path = NULL;
  struct pin_source *source = pin_source_add(set, path, diagnostics);
  if (source == NULL)
    return -1;
  source->identity.is_directory = true;

  int fd = open(path, OPEN_FLAGS);
  struct stat link;
  if (fd < 0 && errno == ENOENT && lstat(path, &link) != 0) {
    source->is_read = true; /* it must not exist as long as this policy is current */
    return -1;
  }
  if (fd < 0)
    pin_diagnose_unreadable(diagnostics, source, "cannot be opened: %s",
                            errno == ENOENT ? "a symbolic link to nothing" : open_failure(errno));
  return fd;
}

static void read_policy_d(const char *main_path, struct pin_source_set *set,
                          struct pin_diagnostics *diagnostics) {
  int fd = open_policy_d(main_path, set, diagnostics);
  if (fd < 0 && (set->count == 0 || !set->sources[set->count - 1]->is_read))
    return;
  read_drop_ins(fd, set->sources[set->count - 1]->path, set, diagnostics);
  if (fd >= 0)
    close(fd);
}

/* Makes a path absolute; freed by free(3). NULL: *ret_error is that of getcwd(3), or 0 if there is no
 * memory. errno cannot be used, because compilers assume that strdup(3) leaves it alone. */
static char *absolute_path(const char *path, int *ret_error) {
  *ret_error = 0;
  if (path[0] == '/')
    return strdup(path);
  char *directory = getcwd(NULL, 0);
  if (directory == NULL) {
    *ret_error = errno == ENOMEM ? 0 : errno;
    return NULL;
  }
  char *absolute = pin_source_join(directory, path);
  free(directory);
  return absolute;
}

/* Adds the first source of a set. NULL: it has reported why. */
static struct pin_source *add_main(const char *path, struct pin_diagnostics *diagnostics,
                                   const struct pin_reading *reading, struct pin_source_set *ret_set) {
  *ret_set = (struct pin_source_set){.reading = reading};
  int error;
  char *absolute = absolute_path(path, &error);
  struct pin_source *source = pin_source_add(ret_set, error != 0 ? strdup(path) : absolute, diagnostics);
  if (source == NULL || error == 0)
    return source;
  pin_diagnose_unreadable(diagnostics, source, "cannot be found: there is no working directory (%s)",
                          open_failure(error));
  return NULL;
}

/* Reads everything once; changes meanwhile are noted in the sources. */
static void read_sources(const char *path, const struct pin_reading *reading,
                         struct pin_diagnostics *diagnostics, struct pin_source_set *ret_set) {
  struct pin_source *source = add_main(path, diagnostics, reading, ret_set);
  const struct pin_staged_file *staged = NULL;
  if (source == NULL)
    return;
  for (size_t i = 0; i < reading->staged_count; i++)
    if (reading->staged[i].name == NULL)
      staged = &reading->staged[i];
  if (staged != NULL)
    pin_source_take_staged(staged, source, diagnostics);
  else
    read_file(AT_FDCWD, source->path, ret_set, source, diagnostics);
  if (ret_set->too_large)
    return;
  judge_folder(source, diagnostics);
  read_policy_d(source->path, ret_set, diagnostics);
}

/* Whether the file at the path of a source is no longer the one that was read. */
static bool is_another(const struct pin_source *source) {
  const struct pin_source_identity *was = &source->identity;
  struct stat status;
  if (stat(source->path, &status) != 0)
    return was->exists || errno != ENOENT;
  struct pin_source_identity is = pin_source_identify(source->path, &status);
  return !was->exists || is.device != was->device || is.inode != was->inode || is.size != was->size ||
         is.mtime_seconds != was->mtime_seconds || is.mtime_nanoseconds != was->mtime_nanoseconds;
}

/*
 * The first source that has changed since it was read. NULL: none has, so all of them existed together in
 * this state when the last one had been read. Without this check, a host that is moved from one file to
 * another could be missed in both.
 */
static const struct pin_source *find_changed(const struct pin_source_set *set) {
  for (size_t i = 0; i < set->count; i++)
    if (set->sources[i]->changed)
      return set->sources[i];
  for (size_t i = 0; i < set->count; i++)
    if (set->sources[i]->is_read && is_another(set->sources[i]))
      return set->sources[i];
  return NULL;
}

/* For half of one policy and half of another: reports and uses nothing of it. */
static void give_up(const struct pin_source_set *set, const struct pin_source *changed,
                    struct pin_diagnostics *diagnostics) {
  for (size_t i = 0; i < set->count; i++) {
    free(set->sources[i]->text);
    set->sources[i]->text = NULL;
  }
  pin_diagnose_unreadable(diagnostics, changed, "changed while it was read, %d times", MAX_ATTEMPTS);
}

void pin_source_set_read(const char *path, const struct pin_reading *reading,
                         struct pin_diagnostics *diagnostics, struct pin_source_set *ret_set) {
  for (int attempt = 1;; attempt++) {
    read_sources(path, reading, diagnostics, ret_set);
    const struct pin_source *changed = NULL;
    if (ret_set->too_large)
      pin_diagnostics_clear(diagnostics);
    else if (!diagnostics->no_memory)
      changed = find_changed(ret_set);
    if (changed == NULL)
      return;
    pin_diagnostics_clear(diagnostics);
    if (attempt == MAX_ATTEMPTS) {
      give_up(ret_set, changed, diagnostics);
      return;
    }
    pin_source_set_free(ret_set);
  }
}

void pin_source_set_judge(const char *path, struct pin_diagnostics *diagnostics,
                          struct pin_source_set *ret_set) {
  static const struct pin_reading nothing_else;
  const struct pin_source *source = add_main(path, diagnostics, &nothing_else, ret_set);
  if (source == NULL)
    return;
  judge_folder(source, diagnostics);
  int fd = open_policy_d(source->path, ret_set, diagnostics);
  struct stat status;
  if (fd < 0)
    return;
  if (fstat(fd, &status) == 0)
    is_trusted(fd, &status, S_IFDIR, ret_set->sources[ret_set->count - 1], diagnostics);
  close(fd);
}

void pin_source_set_free(struct pin_source_set *set) {
  for (size_t i = 0; i < set->count; i++) {
    free(set->sources[i]->path);
    free(set->sources[i]->text);
    free(set->sources[i]->original);
    free(set->sources[i]);
  }
  free(set->sources);
  *set = (struct pin_source_set){0};
}
