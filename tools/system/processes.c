/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "system/processes.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "system/elf_symbols.h"
#include "system/known_program.h"
#include "system/openssl_lacks.h"
#include "system/process_reason.h"
#include "system/tls_library.h"

/*
 * Limits of the work for each process and for all of them, since the processes may be anybody's, and hostile.
 * A process beyond the limits is unknown.
 */
#define MOST_OF_MAPS ((size_t)16 << 20)
#define MOST_OF_PROGRAM ((uint64_t)256 << 20)
#define MOST_OF_PROGRAMS ((uint64_t)2 << 30) /* without programs that belong to root */
#define MOST_SECONDS 20

/* What a process maps. */
struct mapped {
  bool readable;
  bool pinning; /* pinning.so or the shim is mapped */
  bool shim;
  bool gnutls_module; /* pinning-gnutls.so: the shim has seen a GnuTLS session */
  bool php;
  bool bound_deeply; /* GnuTLS is bound past the shim */
  bool partial;      /* not everything was read */
  unsigned libraries;
  struct text_list openssl; /* the files of libssl and libcrypto */
};

/* The result for a program, since reading its file takes long and it often has many processes. */
struct known_program {
  dev_t device; /* no path: in another mount namespace it may be another file */
  ino_t file;
  unsigned libraries;
  bool partial;
};

struct reading {
  struct processes *processes;
  const struct process_loading *loading;
  time_t booted;
  time_t end; /* of the time for all, on the monotonic clock */
  uint64_t left;
  struct known_program *known;
  size_t known_count;
  struct known_openssls known_openssls;
};

/* A process has a few such files, each in several mappings one after the other. */
#define MOST_FILES 16

static void take_openssl(const char *path, struct mapped *mapped) {
  struct text_list *files = &mapped->openssl;
  if (files->count == MOST_FILES || (files->count > 0 && strcmp(files->items[files->count - 1], path) == 0))
    return;
  text_list_add(files, must_copy(path));
}

static void take_mapping(const char *path, struct mapped *mapped) {
  const char *name = path_base(path);
  unsigned library = tls_library_of(name);
  mapped->libraries |= library;
  if (library == TLS_OPENSSL || strncmp(name, "libcrypto.so.", strlen("libcrypto.so.")) == 0)
    take_openssl(path, mapped);
  mapped->gnutls_module |= strncmp(name, "pinning-gnutls.so", strlen("pinning-gnutls.so")) == 0;
  mapped->php |= strncmp(name, "libphp", strlen("libphp")) == 0;
  mapped->shim |= strncmp(name, "libpinning-preload.so", strlen("libpinning-preload.so")) == 0;
  mapped->pinning |=
      mapped->shim || strcmp(name, "pinning.so") == 0 || strcmp(name, "pinning.so (deleted)") == 0;
}

static struct mapped read_maps(const char *pid) {
  struct mapped mapped = {0};
  AUTO_TEXT path = must_format("/proc/%s/maps", pid);
  FILE *stream = fopen(path, "re");
  char *line = NULL;
  size_t room = 0;
  size_t total = 0;
  if (stream == NULL)
    return mapped;
  for (ssize_t length; !mapped.partial && (length = getline(&line, &room, stream)) > 0;) {
    total += (size_t)length;
    mapped.partial = total > MOST_OF_MAPS;
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

/* Opens the program by /proc, so that it is found in another root directory, or when its file was removed. */
static void read_program(struct reading *reading, const char *path, bool is_free,
                         struct known_program *program) {
  uint64_t most = is_free || reading->left > MOST_OF_PROGRAM ? MOST_OF_PROGRAM : reading->left;
  uint64_t left = most;
  struct elf_look look;
  if (elf_look(path, &left, &look) && look.holds_openssl)
    program->libraries |= TLS_OWN_OPENSSL;
  if (look.is_go)
    program->libraries |= TLS_GO;
  program->partial = look.is_partial;
  reading->left -= is_free ? 0 : most - left;
  elf_look_clear(&look);
}

static struct known_program know_program(struct reading *reading, const char *pid) {
  struct stat status;
  AUTO_TEXT path = must_format("/proc/%s/exe", pid);
  if (stat(path, &status) != 0)
    return (struct known_program){.partial = true};
  for (size_t i = 0; i < reading->known_count; i++)
    if (reading->known[i].device == status.st_dev && reading->known[i].file == status.st_ino)
      return reading->known[i];
  struct known_program program = {.device = status.st_dev, .file = status.st_ino};
  read_program(reading, path, status.st_uid == 0, &program);
  reading->known = must_grow(reading->known, reading->known_count + 1, sizeof *reading->known);
  reading->known[reading->known_count++] = program;
  return program;
}

/* When a process started: the 22nd field, in ticks since boot. The second field is in parentheses and may
 * have any characters. 0: unknown. */
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

/* Whether it would have pinning after a restart. openssl.cnf has no effect on GnuTLS. */
static bool is_outdated(const struct reading *reading, const char *pid, unsigned libraries) {
  const struct process_loading *loading = reading->loading;
  time_t start = start_of(pid, reading->booted);
  if (process_has_other_root(pid))
    return false;
  return start <= loading->preloaded || ((libraries & TLS_OPENSSL) != 0 && start <= loading->configured &&
                                         !process_reads_other(pid, loading->configuration));
}

/*
 * PHP loads its modules so that their libraries are bound past the shim. The maps do not show how a library
 * is bound, but if the shim has seen no session yet, it probably never will.
 */
static bool binds_deeply(const char *pid, const char *program, const struct mapped *mapped) {
  bool is_php = mapped->php || program_note_of(program) == PROGRAM_BINDS_DEEPLY;
  return is_php && mapped->shim && !mapped->gnutls_module && (mapped->libraries & TLS_GNUTLS) != 0 &&
         !process_preloads_gnutls(pid);
}

static unsigned enforced_libraries(const struct mapped *mapped) {
  unsigned reached = (mapped->pinning ? (unsigned)TLS_OPENSSL : 0) |
                     (mapped->shim && !mapped->bound_deeply ? (unsigned)TLS_GNUTLS : 0);
  return mapped->libraries & reached;
}

static enum process_class classify(const struct reading *reading, const char *pid,
                                   const struct mapped *mapped, const char *lacks) {
  if (!mapped->readable || (mapped->partial && mapped->libraries == 0 && !mapped->pinning))
    return PROCESS_UNKNOWN;
  if (mapped->libraries == 0 && !mapped->pinning)
    return PROCESS_NO_TLS;
  if (mapped->pinning && lacks != NULL)
    return PROCESS_LACKING;
  if (mapped->pinning)
    return (mapped->libraries & ~enforced_libraries(mapped) & TLS_GNUTLS) != 0 ? PROCESS_PARTLY
                                                                               : PROCESS_ENFORCED;
  if ((mapped->libraries & (TLS_OPENSSL | TLS_GNUTLS)) == 0)
    return PROCESS_UNREACHABLE;
  return is_outdated(reading, pid, mapped->libraries) ? PROCESS_OLD : PROCESS_NOT_LOADED;
}

/* NULL: a kernel thread, or a process that has ended or belongs to another user. */
static char *program_of(const char *pid) {
  AUTO_TEXT path = must_format("/proc/%s/exe", pid);
  char target[4096];
  ssize_t length = readlink(path, target, sizeof target - 1);
  return length <= 0 ? NULL : must_copy_bytes(target, (size_t)length);
}

static time_t monotonic_now(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

/* Limited in time, since it reads the environment of many processes. */
static enum process_reason find_reason(const struct reading *reading, const char *pid, const char *program,
                                       enum process_class kind, const struct mapped *mapped) {
  if (kind == PROCESS_PARTLY)
    return mapped->bound_deeply ? REASON_BOUND_DEEPLY : REASON_SHIM_ONLY;
  if (kind != PROCESS_NOT_LOADED || monotonic_now() >= reading->end)
    return REASON_NONE;
  if ((mapped->libraries & TLS_OPENSSL) == 0)
    return process_has_other_root(pid) ? REASON_OTHER_ROOT : REASON_SHIM_ONLY;
  return process_find_reason(pid, program, reading->loading);
}

static void take_process(struct reading *reading, const char *pid) {
  struct processes *processes = reading->processes;
  AUTO_TEXT program = program_of(pid);
  if (program == NULL && errno == ENOENT)
    return;
  struct mapped mapped = {0};
  if (program != NULL && monotonic_now() < reading->end)
    mapped = read_maps(pid);
  if (mapped.readable && !mapped.pinning && (mapped.libraries & TLS_OPENSSL) == 0) {
    struct known_program known = know_program(reading, pid);
    mapped.libraries |= known.libraries;
    mapped.partial |= known.partial;
  }
  mapped.bound_deeply = program != NULL && binds_deeply(pid, program, &mapped);
  const char *lacks =
      mapped.pinning ? openssl_lacks(&reading->known_openssls, pid, &mapped.openssl, &reading->left) : NULL;
  text_list_clear(&mapped.openssl);
  enum process_class kind = classify(reading, pid, &mapped, lacks);
  processes->counts[kind]++;
  if (kind == PROCESS_NO_TLS || kind == PROCESS_UNKNOWN)
    return;
  processes->items = must_grow(processes->items, processes->count + 1, sizeof *processes->items);
  processes->items[processes->count++] =
      (struct process){.pid = atoi(pid),
                       .name = must_copy(path_base(program)),
                       .program = must_copy(program),
                       .kind = kind,
                       .reason = find_reason(reading, pid, program, kind, &mapped),
                       .lacks = lacks,
                       .libraries = mapped.libraries,
                       .by_shim = mapped.shim,
                       .enforced = enforced_libraries(&mapped)};
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
  struct reading reading = {.processes = ret_processes,
                            .loading = loading,
                            .end = monotonic_now() + MOST_SECONDS,
                            .left = MOST_OF_PROGRAMS};
  clock_gettime(CLOCK_REALTIME, &now);
  clock_gettime(CLOCK_BOOTTIME, &up);
  reading.booted = now.tv_sec - up.tv_sec;
  read_all(&reading);
  if (ret_processes->count > 0)
    qsort(ret_processes->items, ret_processes->count, sizeof *ret_processes->items, compare_pids);
  free(reading.known);
  known_openssls_clear(&reading.known_openssls);
}

void processes_clear(struct processes *processes) {
  for (size_t i = 0; i < processes->count; i++) {
    free(processes->items[i].name);
    free(processes->items[i].program);
  }
  free(processes->items);
  *processes = (struct processes){0};
}

const char *process_class_word(enum process_class kind) {
  static const char *const words[PROCESS_CLASSES] = {
      "enforced",   "function-missing", "partly",  "old-configuration",
      "not-loaded", "unreachable",      "unknown", "no-tls"};
  return words[kind];
}

const char *process_class_meaning(enum process_class kind) {
  static const char *const meanings[PROCESS_CLASSES] = {
      "under enforcement",
      "with an OpenSSL that pinning cannot work with: every connection to a host is refused",
      "under enforcement for OpenSSL alone, but with GnuTLS too",
      "started before the configuration changed: restart them",
      ("with OpenSSL or GnuTLS but without pinning: another configuration or root directory, no shim, or TLS "
       "not used yet"),
      "out of reach: neither OpenSSL 3 nor GnuTLS that could be hooked",
      "not checked: of another user, or larger than the limits",
      "without any TLS library",
  };
  return meanings[kind];
}
