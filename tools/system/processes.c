/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "system/processes.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "system/elf_symbols.h"
#include "system/tls_library.h"

/* What one process maps. */
struct mapped {
  bool readable;
  bool pinning;
  unsigned libraries;
};

/* One program often has many processes, and looking into its file takes long. */
struct known_program {
  char *path;
  unsigned libraries;
};

struct reading {
  struct processes *processes;
  const struct process_loading *loading;
  time_t booted;
  struct known_program *known;
  size_t known_count;
};

static void take_mapping(const char *path, struct mapped *mapped) {
  const char *name = path_base(path);
  mapped->libraries |= tls_library_of(name);
  mapped->pinning |= strcmp(name, "pinning.so") == 0 || strcmp(name, "pinning.so (deleted)") == 0 ||
                     strncmp(name, "libpinning-preload.so", strlen("libpinning-preload.so")) == 0;
}

static struct mapped read_maps(const char *pid) {
  struct mapped mapped = {0};
  AUTO_TEXT path = must_format("/proc/%s/maps", pid);
  FILE *stream = fopen(path, "re");
  char *line = NULL;
  size_t room = 0;
  if (stream == NULL)
    return mapped;
  while (getline(&line, &room, stream) > 0) {
    char *slash = strchr(line, '/');
    if (slash == NULL)
      continue;
    slash[strcspn(slash, "\n")] = '\0';
    take_mapping(slash, &mapped);
  }
  mapped.readable = ferror(stream) == 0;
  free(line);
  fclose(stream);
  return mapped;
}

/* Through /proc, so that the program is found in another root directory or when its file is gone. */
static unsigned look_at_program(const char *pid) {
  AUTO_TEXT path = must_format("/proc/%s/exe", pid);
  struct elf_look look;
  unsigned libraries = 0;
  if (elf_look(path, &look) && look.holds_openssl)
    libraries |= TLS_OWN_OPENSSL;
  if (look.is_go)
    libraries |= TLS_GO;
  elf_look_clear(&look);
  return libraries;
}

static unsigned libraries_of_program(struct reading *reading, const char *pid, const char *program) {
  for (size_t i = 0; i < reading->known_count; i++)
    if (strcmp(reading->known[i].path, program) == 0)
      return reading->known[i].libraries;
  unsigned libraries = look_at_program(pid);
  reading->known = must_grow(reading->known, reading->known_count + 1, sizeof *reading->known);
  reading->known[reading->known_count++] = (struct known_program){must_copy(program), libraries};
  return libraries;
}

/* The 22nd field, in ticks after boot; the second is in parentheses and may hold anything. 0: unknown. */
static time_t start_of(const char *pid, time_t booted) {
  AUTO_TEXT path = must_format("/proc/%s/stat", pid);
  AUTO_TEXT text = NULL;
  size_t length = 0;
  unsigned long long ticks = 0;
  if (file_read(path, &text, &length) != 0)
    return 0;
  char *rest = strrchr(text, ')');
  for (int field = 3; rest != NULL && field <= 22; field++)
    rest = strchr(rest + 1, ' ');
  if (rest == NULL)
    return 0;
  ticks = strtoull(rest + 1, NULL, 10);
  return booted + (time_t)(ticks / (unsigned long long)sysconf(_SC_CLK_TCK));
}

/* Of a container, say: what is installed and configured here means nothing there. */
static bool has_other_root(const char *pid) {
  struct stat own;
  struct stat root;
  AUTO_TEXT path = must_format("/proc/%s/root", pid);
  return stat("/", &own) == 0 && stat(path, &root) == 0 &&
         (own.st_dev != root.st_dev || own.st_ino != root.st_ino);
}

/* The value of a variable in the environment that the program was started with; for free(3), or NULL. */
static char *environment_of(const char *pid, const char *name) {
  AUTO_TEXT path = must_format("/proc/%s/environ", pid);
  AUTO_TEXT text = NULL;
  size_t length = 0;
  size_t name_length = strlen(name);
  if (file_read(path, &text, &length) != 0)
    return NULL;
  for (const char *at = text; at < text + length; at += strlen(at) + 1)
    if (strncmp(at, name, name_length) == 0 && at[name_length] == '=')
      return must_copy(at + name_length + 1);
  return NULL;
}

static bool reads_other_configuration(const char *pid, const char *configuration) {
  AUTO_TEXT own = environment_of(pid, "OPENSSL_CONF");
  AUTO_TEXT real = own == NULL ? NULL : realpath(own, NULL);
  return own != NULL && (real == NULL || strcmp(real, configuration) != 0);
}

/* Whether it would have pinning.so if it were started again. */
static bool is_outdated(const struct reading *reading, const char *pid) {
  const struct process_loading *loading = reading->loading;
  time_t start = start_of(pid, reading->booted);
  if (has_other_root(pid))
    return false;
  return start <= loading->preloaded ||
         (start <= loading->configured && !reads_other_configuration(pid, loading->configuration));
}

static enum process_class classify(const struct reading *reading, const char *pid,
                                   const struct mapped *mapped) {
  if (!mapped->readable)
    return PROCESS_UNKNOWN;
  if (mapped->libraries == 0 && !mapped->pinning)
    return PROCESS_NO_TLS;
  if (mapped->pinning)
    return PROCESS_ENFORCED;
  if ((mapped->libraries & TLS_OPENSSL) == 0)
    return PROCESS_UNREACHABLE;
  return is_outdated(reading, pid) ? PROCESS_OLD : PROCESS_NOT_LOADED;
}

/* NULL: a thread of the kernel, or a process that is gone or somebody else's. */
static char *program_of(const char *pid) {
  AUTO_TEXT path = must_format("/proc/%s/exe", pid);
  char target[4096];
  ssize_t length = readlink(path, target, sizeof target - 1);
  return length <= 0 ? NULL : must_copy_bytes(target, (size_t)length);
}

static void take_process(struct reading *reading, const char *pid) {
  struct processes *processes = reading->processes;
  AUTO_TEXT program = program_of(pid);
  if (program == NULL && errno == ENOENT)
    return;
  struct mapped mapped = {0};
  if (program != NULL)
    mapped = read_maps(pid);
  if (mapped.readable && !mapped.pinning && (mapped.libraries & TLS_OPENSSL) == 0)
    mapped.libraries |= libraries_of_program(reading, pid, program);
  enum process_class class = classify(reading, pid, &mapped);
  processes->counts[class]++;
  if (class == PROCESS_NO_TLS || class == PROCESS_UNKNOWN)
    return;
  processes->items = must_grow(processes->items, processes->count + 1, sizeof *processes->items);
  processes->items[processes->count++] = (struct process){.pid = atoi(pid),
                                                          .name = must_copy(path_base(program)),
                                                          .program = must_copy(program),
                                                          .class = class,
                                                          .libraries = mapped.libraries};
}

static int compare_pids(const void *a, const void *b) {
  return ((const struct process *)a)->pid - ((const struct process *)b)->pid;
}

static void read_all(struct reading *reading) {
  DIR *stream = opendir("/proc");
  if (stream == NULL)
    return;
  for (const struct dirent *entry; (entry = readdir(stream)) != NULL;)
    if (entry->d_name[strspn(entry->d_name, "0123456789")] == '\0' && atoi(entry->d_name) != getpid())
      take_process(reading, entry->d_name);
  closedir(stream);
}

void processes_read(const struct process_loading *loading, struct processes *ret_processes) {
  struct timespec now;
  struct timespec up;
  *ret_processes = (struct processes){0};
  struct reading reading = {.processes = ret_processes, .loading = loading};
  clock_gettime(CLOCK_REALTIME, &now);
  clock_gettime(CLOCK_BOOTTIME, &up);
  reading.booted = now.tv_sec - up.tv_sec;
  read_all(&reading);
  if (ret_processes->count > 0)
    qsort(ret_processes->items, ret_processes->count, sizeof *ret_processes->items, compare_pids);
  for (size_t i = 0; i < reading.known_count; i++)
    free(reading.known[i].path);
  free(reading.known);
}

void processes_clear(struct processes *processes) {
  for (size_t i = 0; i < processes->count; i++) {
    free(processes->items[i].name);
    free(processes->items[i].program);
  }
  free(processes->items);
  *processes = (struct processes){0};
}

const char *process_class_word(enum process_class class) {
  static const char *const words[PROCESS_CLASSES] = {"enforced",    "old-configuration", "not-loaded",
                                                     "unreachable", "unknown",           "no-tls"};
  return words[class];
}

const char *process_class_meaning(enum process_class class) {
  static const char *const meanings[PROCESS_CLASSES] = {
      "under enforcement",
      "started before the configuration changed: restart them",
      "with OpenSSL but without pinning: another configuration or root directory, or TLS not used yet",
      "out of reach: no OpenSSL 3 that could be hooked",
      "not to be looked into by this user",
      "without any TLS library",
  };
  return meanings[class];
}
