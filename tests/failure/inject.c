/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of inject.h: an allocator and a dlsym that make calls of pinning fail. */
#include "inject.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnu/lib-names.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default"), noinline))

/* ---- What fails ---- */

static bool armed;
static unsigned long calls, failing_call;
static const char *failed = "";

void inject_arm(unsigned long failing) {
  calls = 0;
  failing_call = failing;
  armed = true;
}

void inject_disarm(void) {
  armed = false;
}

unsigned long inject_calls(void) {
  return calls;
}

const char *inject_failed(void) {
  return failed;
}

/* Whether this call, which pinning makes, is the one that has to fail. */
static bool fails(const char *name, int error) {
  if (!armed || ++calls != failing_call)
    return false;
  failed = name;
  errno = error;
  return true;
}

/* The part of libpinpolicy, as offsets in bytes, that is code of libconfig. */
static bool is_spared(const char *address, const char *start) {
  static unsigned long first, end;

  if (end == 0 && sscanf(getenv("FAILURE_SPARED"), "%lx-%lx", &first, &end) != 2)
    abort();
  return (unsigned long)(address - start) >= first && (unsigned long)(address - start) < end;
}

static bool is_ours(void *address) {
  struct dl_find_object found;
  const char *name;

  if (_dl_find_object(address, &found) != 0)
    return false;
  name = strrchr(found.dlfo_link_map->l_name, '/');
  if (name != NULL && strcmp(name, "/libpinpolicy.so.0") == 0)
    return !is_spared(address, found.dlfo_map_start);
  return name != NULL && (strcmp(name, "/pinning.so") == 0 || strcmp(name, "/libpinning-preload.so") == 0);
}

/* ---- A table of the blocks that pinning has allocated ---- */

#define TABLE 65536u

static _Atomic(void *) blocks[TABLE];
static atomic_long live;
#define GONE ((void *)1)

static size_t place_of(const void *block) {
  return ((uintptr_t)block >> 4) * 2654435761u % TABLE;
}

static void *note(void *block) {
  if (block == NULL)
    return NULL;
  for (size_t i = place_of(block);; i = (i + 1) % TABLE) {
    void *there = atomic_load(&blocks[i]);

    if ((there == NULL || there == GONE) && atomic_compare_exchange_strong(&blocks[i], &there, block))
      break;
  }
  atomic_fetch_add(&live, 1);
  return block;
}

static void forget(void *block) {
  void *there;

  if (block == NULL || atomic_load(&live) == 0)
    return;
  for (size_t i = place_of(block); (there = atomic_load(&blocks[i])) != NULL; i = (i + 1) % TABLE)
    if (there == block) {
      atomic_store(&blocks[i], GONE);
      atomic_fetch_sub(&live, 1);
      return;
    }
}

long inject_live_blocks(void) {
  return atomic_load(&live);
}

/* ---- The allocator of the process ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

EXPORTED void *malloc(size_t size) {
  if (!is_ours(__builtin_return_address(0)))
    return __libc_malloc(size);
  return fails("malloc", ENOMEM) ? NULL : note(__libc_malloc(size));
}

EXPORTED void *calloc(size_t count, size_t size) {
  if (!is_ours(__builtin_return_address(0)))
    return __libc_calloc(count, size);
  return fails("calloc", ENOMEM) ? NULL : note(__libc_calloc(count, size));
}

static void *grow(void *block, size_t size) {
  void *grown = __libc_realloc(block, size);

  if (grown != NULL) {
    forget(block);
    note(grown);
  }
  return grown;
}

EXPORTED void *realloc(void *block, size_t size) {
  if (!is_ours(__builtin_return_address(0))) {
    forget(block);
    return __libc_realloc(block, size);
  }
  return fails("realloc", ENOMEM) ? NULL : grow(block, size);
}

EXPORTED void *reallocarray(void *block, size_t count, size_t size) {
  size_t total;

  if (__builtin_mul_overflow(count, size, &total)) {
    errno = ENOMEM;
    return NULL;
  }
  if (!is_ours(__builtin_return_address(0))) {
    forget(block);
    return __libc_realloc(block, total);
  }
  return fails("reallocarray", ENOMEM) ? NULL : grow(block, total);
}

EXPORTED void free(void *block) {
  forget(block);
  __libc_free(block);
}

/* ---- The rest of libc ---- */

static int seconds_ahead;

void inject_advance_clock(int seconds) {
  seconds_ahead += seconds;
}

static int ahead_clock_gettime(clockid_t clock, struct timespec *ret_time) {
  int result = clock_gettime(clock, ret_time);

  ret_time->tv_sec += seconds_ahead;
  return result;
}

/* libconfig calls these too. A tail call makes the caller of libpinpolicy's own strdup the caller here. */
static char *failing_strdup(const char *text) {
  if (!is_ours(__builtin_return_address(0)))
    return strdup(text);
  return fails("strdup", ENOMEM) ? NULL : note(strdup(text));
}

static char *failing_strndup(const char *text, size_t size) {
  if (!is_ours(__builtin_return_address(0)))
    return strndup(text, size);
  return fails("strndup", ENOMEM) ? NULL : note(strndup(text, size));
}

__attribute__((format(printf, 2, 0))) static int failing_vasprintf(char **ret_text, const char *format,
                                                                   va_list arguments) {
  int length = fails("vasprintf", ENOMEM) ? -1 : vasprintf(ret_text, format, arguments);

  if (length >= 0)
    note(*ret_text);
  return length;
}

static int failing_open(const char *path, int flags, mode_t mode) {
  return fails("open", EMFILE) ? -1 : open(path, flags, mode);
}

static int failing_openat(int folder, const char *path, int flags, mode_t mode) {
  return fails("openat", EMFILE) ? -1 : openat(folder, path, flags, mode);
}

static void *failing_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
  return fails("mmap", ENOMEM) ? MAP_FAILED : mmap(address, size, protection, flags, fd, offset);
}

#define FAILING(result, name, parameters, arguments, failure, error)                                         \
  static result failing_##name parameters {                                                                  \
    return fails(#name, error) ? failure : name arguments;                                                   \
  }
FAILING(int, stat, (const char *path, struct stat *ret), (path, ret), -1, EIO)
FAILING(int, lstat, (const char *path, struct stat *ret), (path, ret), -1, EIO)
FAILING(int, fstat, (int fd, struct stat *ret), (fd, ret), -1, EIO)
FAILING(int, fstatat, (int fd, const char *path, struct stat *ret, int flags), (fd, path, ret, flags), -1,
        EIO)
FAILING(ssize_t, read, (int fd, void *ret, size_t size), (fd, ret, size), -1, EIO)
FAILING(ssize_t, pread, (int fd, void *ret, size_t size, off_t offset), (fd, ret, size, offset), -1, EIO)
FAILING(ssize_t, readlink, (const char *path, char *ret, size_t size), (path, ret, size), -1, EIO)
FAILING(char *, getcwd, (char *ret, size_t size), (ret, size), NULL, ENOENT)
FAILING(DIR *, opendir, (const char *path), (path), NULL, EMFILE)
FAILING(int, getpeername, (int fd, struct sockaddr *ret, socklen_t *size), (fd, ret, size), -1, ENOBUFS)
FAILING(int, getsockname, (int fd, struct sockaddr *ret, socklen_t *size), (fd, ret, size), -1, ENOBUFS)
FAILING(int, getsockopt, (int fd, int level, int name, void *ret, socklen_t *size),
        (fd, level, name, ret, size), -1, ENOBUFS)
FAILING(int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1, EMFILE)
FAILING(int, scandirat,
        (int fd, const char *path, struct dirent ***ret, int (*select)(const struct dirent *),
         int (*compare)(const struct dirent **, const struct dirent **)),
        (fd, path, ret, select, compare), -1, ENOMEM)

/*
 * Pinning would read the addresses of libc's functions from libc's own tables, and so bypass this program.
 * This hides where libc is, so that pinning calls dlsym(3).
 */
static int blind_find_object(void *address, struct dl_find_object *ret_found) {
  const char *name;

  if (_dl_find_object(address, ret_found) != 0)
    return -1;
  name = strrchr(ret_found->dlfo_link_map->l_name, '/');
  return name != NULL && strcmp(name + 1, LIBC_SO) == 0 ? -1 : 0;
}

#define ENTRY(name)                                                                                          \
  { #name, (void (*)(void))failing_##name }
static const struct {
  const char *name;
  void (*function)(void);
} stand_ins[] = {
    ENTRY(strdup),
    ENTRY(strndup),
    ENTRY(vasprintf),
    ENTRY(open),
    ENTRY(openat),
    ENTRY(mmap),
    ENTRY(stat),
    ENTRY(lstat),
    ENTRY(fstat),
    ENTRY(fstatat),
    ENTRY(read),
    ENTRY(pread),
    ENTRY(readlink),
    ENTRY(getcwd),
    ENTRY(opendir),
    ENTRY(scandirat),
    ENTRY(socket),
    ENTRY(getpeername),
    ENTRY(getsockname),
    ENTRY(getsockopt),
    {"clock_gettime", (void (*)(void))ahead_clock_gettime},
    {"_dl_find_object", (void (*)(void))blind_find_object},
};

typedef void *dlsym_fn(void *restrict handle, const char *restrict name);
typedef void *dlopen_fn(const char *path, int flags);

static dlsym_fn *true_dlsym(void) {
  static _Atomic(dlsym_fn *) found;
  union {
    void *address;
    dlsym_fn *function;
  } symbol = {.function = atomic_load(&found)};

  if (symbol.function == NULL)
    symbol.address = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
  atomic_store(&found, symbol.function);
  return symbol.function;
}

static atomic_bool asked;

bool inject_is_asked(void) {
  return atomic_load(&asked);
}

static void *stand_in(const char *name) {
  union {
    void (*function)(void);
    void *address;
  } symbol = {.address = NULL};

  for (size_t i = 0; i < sizeof stand_ins / sizeof stand_ins[0]; i++)
    if (strcmp(stand_ins[i].name, name) == 0)
      symbol.function = stand_ins[i].function;
  return symbol.address;
}

/* Ends in a tail call, so that RTLD_NEXT means the objects after the caller. Pinning also finds libc by this
 * function. */
EXPORTED void *dlsym(void *restrict handle, const char *restrict name) {
  bool is_find_object = strcmp(name, "_dl_find_object") == 0;

  if (handle != RTLD_DEFAULT && (handle != RTLD_NEXT || is_find_object) &&
      is_ours(__builtin_return_address(0))) {
    void *symbol = stand_in(name);

    if (symbol != NULL) {
      if (!is_find_object)
        atomic_store(&asked, true);
      return symbol;
    }
  }
  return true_dlsym()(handle, name);
}

EXPORTED void *dlopen(const char *path, int flags) {
  static _Atomic(dlopen_fn *) found;
  union {
    void *address;
    dlopen_fn *function;
  } symbol = {.function = atomic_load(&found)};

  if (is_ours(__builtin_return_address(0)) && fails("dlopen", ENOMEM))
    return NULL;
  if (symbol.function == NULL)
    symbol.address = dlvsym(RTLD_NEXT, "dlopen", "GLIBC_2.34");
  atomic_store(&found, symbol.function);
  return symbol.function(path, flags);
}
