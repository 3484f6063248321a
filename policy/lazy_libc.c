/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Functions under the names of libc's, which bind themselves to libc at their first call.
 *
 * A program may export a function with the name of one of libc's, and the dynamic linker then binds
 * everybody's calls to that function. So each shared object of ours contains this file. Its functions have
 * libc's names and are hidden from other objects; the linker binds the object's own calls to them, and those
 * of a libconfig that is linked into it. A function that a process never calls costs it nothing at its start,
 * where the dynamic linker would otherwise search for each name.
 *
 * Left out on purpose: malloc(3) and its family, which a program may replace for everybody; and dlsym(3),
 * which looks at its caller, and which finds the others. tests/binding/ lists the names that may be imported.
 */

/* Headers must not put fortified functions in front of the names below. */
#undef _FORTIFY_SOURCE

#include "libc_symbol.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <locale.h>
#include <malloc.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* glibc declares socket addresses as a union of pointers to all their types. */
#ifndef __GLIBC__
#define __SOCKADDR_ARG struct sockaddr *restrict
#endif

#define HIDDEN __attribute__((visibility("hidden")))

typedef void any_fn(void);
typedef _Atomic(any_fn *) binding;

static any_fn *bound(binding *slot) {
  return atomic_load_explicit(slot, memory_order_relaxed);
}

/* Binds a function that is not bound yet. */
static any_fn *bind_now(binding *slot, struct elf_name name) {
  const union {
    void *address;
    any_fn *function;
  } found = {.address = libc_symbol_named(name)};

  atomic_store_explicit(slot, found.function, memory_order_relaxed);
  return found.function;
}

static inline __attribute__((always_inline)) any_fn *find(binding *slot, struct elf_name name) {
  any_fn *function = bound(slot);

  return function != NULL ? function : bind_now(slot, name);
}

/* ---- Names that depend on the width of off_t and time_t, on machines of 32 bits ---- */

#if defined(__USE_FILE_OFFSET64)
#define OFF(name) name "64"
#else
#define OFF(name) name
#endif

#if defined(__USE_TIME64_REDIRECTS) || (defined(__USE_TIME_BITS64) && __TIMESIZE == 32)
#define TIME(name, wide_name) wide_name
#define OFF_TIME(name) "__" name "64_time64"
#else
#define TIME(name, wide_name) name
#define OFF_TIME(name) OFF(name)
#endif

/* ---- The functions ---- */

/*
 * The last argument is the result for a libc without the function; no such libc is known. The name is in
 * brackets because some names are macros too (C23, glibc 2.43). Each function has a second one for its first
 * call, so that other calls save only their arguments.
 */
/* NOLINTBEGIN(bugprone-macro-parentheses): a list of parameters has its own. */
#define FIRST_CALL __attribute__((noinline, cold)) static
#define BOUND_AS(symbol, result, name, parameters, arguments, missing)                                       \
  static binding slot_##name;                                                                                \
  FIRST_CALL result first_##name parameters {                                                                \
    __typeof__(name) *function = (__typeof__(name) *)bind_now(&slot_##name, ELF_NAME(symbol));               \
                                                                                                             \
    return function != NULL ? function arguments : (missing);                                                \
  }                                                                                                          \
  HIDDEN result(name) parameters {                                                                           \
    __typeof__(name) *function = (__typeof__(name) *)bound(&slot_##name);                                    \
                                                                                                             \
    return function != NULL ? function arguments : first_##name arguments;                                   \
  }
#define BOUND(result, name, parameters, arguments, missing)                                                  \
  BOUND_AS(#name, result, name, parameters, arguments, missing)
#define BOUND_VOID(name, parameters, arguments)                                                              \
  static binding slot_##name;                                                                                \
  FIRST_CALL void first_##name parameters {                                                                  \
    __typeof__(name) *function = (__typeof__(name) *)bind_now(&slot_##name, ELF_NAME(#name));                \
                                                                                                             \
    if (function != NULL)                                                                                    \
      function arguments;                                                                                    \
  }                                                                                                          \
  HIDDEN void(name) parameters {                                                                             \
    __typeof__(name) *function = (__typeof__(name) *)bound(&slot_##name);                                    \
                                                                                                             \
    if (function != NULL)                                                                                    \
      function arguments;                                                                                    \
    else                                                                                                     \
      first_##name arguments;                                                                                \
  }

/* NOLINTEND(bugprone-macro-parentheses) */

/* Memory and text. strcasecmp(3) is left out, because in a Turkish locale "I" is not "i"; names are
 * compared by pin_name_is_same. */
BOUND(void *, memchr, (const void *memory, int byte, size_t size), (memory, byte, size), NULL)
BOUND(int, memcmp, (const void *one, const void *other, size_t size), (one, other, size), 1)
BOUND(void *, memcpy, (void *restrict to, const void *restrict from, size_t size), (to, from, size), to)
BOUND(void *, memmem, (const void *memory, size_t size, const void *sought, size_t sought_size),
      (memory, size, sought, sought_size), NULL)
BOUND(void *, memmove, (void *to, const void *from, size_t size), (to, from, size), to)
BOUND(void *, memrchr, (const void *memory, int byte, size_t size), (memory, byte, size), NULL)
BOUND(void *, memset, (void *memory, int byte, size_t size), (memory, byte, size), memory)
BOUND(char *, strchr, (const char *text, int byte), (text, byte), NULL)
BOUND(int, strcmp, (const char *one, const char *other), (one, other), 1)
BOUND(char *, strcpy, (char *restrict to, const char *restrict from), (to, from), to)
BOUND(char *, strdup, (const char *text), (text), NULL)
BOUND(char *, strerror, (int error), (error), (char *)(size_t) "unknown error")
BOUND(size_t, strlen, (const char *text), (text), 0)
BOUND(int, strncmp, (const char *one, const char *other, size_t size), (one, other, size), 1)
BOUND(char *, strndup, (const char *text, size_t size), (text, size), NULL)
BOUND(char *, strpbrk, (const char *text, const char *bytes), (text, bytes), NULL)
BOUND(char *, strrchr, (const char *text, int byte), (text, byte), NULL)
BOUND(size_t, strspn, (const char *text, const char *bytes), (text, bytes), 0)
BOUND(size_t, strcspn, (const char *text, const char *bytes), (text, bytes), 0)
BOUND(char *, strstr, (const char *text, const char *sought), (text, sought), NULL)
BOUND(double, strtod, (const char *restrict text, char **restrict end), (text, end), 0)
BOUND(long, strtol, (const char *restrict text, char **restrict end, int base), (text, end, base), 0)
BOUND(long long, strtoll, (const char *restrict text, char **restrict end, int base), (text, end, base), 0)
BOUND(unsigned long, strtoul, (const char *restrict text, char **restrict end, int base), (text, end, base),
      0)
BOUND(unsigned long long, strtoull, (const char *restrict text, char **restrict end, int base),
      (text, end, base), 0)
BOUND_VOID(qsort, (void *base, size_t count, size_t size, int (*compare)(const void *, const void *)),
           (base, count, size, compare))

/* Addresses */
BOUND(int, inet_aton, (const char *text, struct in_addr *ret_address), (text, ret_address), 0)
BOUND(const char *, inet_ntop,
      (int family, const void *restrict address, char *restrict ret_text, socklen_t size),
      (family, address, ret_text, size), NULL)
BOUND(int, inet_pton, (int family, const char *restrict text, void *restrict ret_address),
      (family, text, ret_address), 0)
BOUND(int, getpeername, (int fd, __SOCKADDR_ARG ret_address, socklen_t *restrict size),
      (fd, ret_address, size), -1)
BOUND(int, getsockname, (int fd, __SOCKADDR_ARG ret_address, socklen_t *restrict size),
      (fd, ret_address, size), -1)
BOUND(int, getsockopt, (int fd, int level, int name, void *restrict ret_value, socklen_t *restrict size),
      (fd, level, name, ret_value, size), -1)

/* Files */
BOUND(int, close, (int fd), (fd), -1)
BOUND(int, closedir, (DIR * folder), (folder), -1)
BOUND(int, dirfd, (DIR * folder), (folder), -1)
BOUND(int, fchmod, (int fd, mode_t mode), (fd, mode), -1)
BOUND(DIR *, fdopendir, (int fd), (fd), NULL)
BOUND_AS(OFF_TIME("fstat"), int, fstat, (int fd, struct stat *ret_status), (fd, ret_status), -1)
BOUND_AS(OFF_TIME("fstatat"), int, fstatat,
         (int folder, const char *restrict path, struct stat *restrict ret_status, int flags),
         (folder, path, ret_status, flags), -1)
BOUND_AS(OFF("ftruncate"), int, ftruncate, (int fd, off_t size), (fd, size), -1)
BOUND_AS(OFF("fstatfs"), int, fstatfs, (int fd, struct statfs *ret_status), (fd, ret_status), -1)
BOUND(int, fsync, (int fd), (fd), -1)
BOUND(char *, getcwd, (char *ret_path, size_t size), (ret_path, size), NULL)
BOUND_AS(OFF("lseek"), off_t, lseek, (int fd, off_t offset, int from), (fd, offset, from), -1)
BOUND_AS(OFF_TIME("lstat"), int, lstat, (const char *restrict path, struct stat *restrict ret_status),
         (path, ret_status), -1)
BOUND_AS(OFF("mkostemp"), int, mkostemp, (char *template, int flags), (template, flags), -1)
BOUND(DIR *, opendir, (const char *path), (path), NULL)
BOUND_AS(OFF("pread"), ssize_t, pread, (int fd, void *ret_data, size_t size, off_t offset),
         (fd, ret_data, size, offset), -1)
BOUND_AS(OFF("pwrite"), ssize_t, pwrite, (int fd, const void *data, size_t size, off_t offset),
         (fd, data, size, offset), -1)
BOUND(ssize_t, read, (int fd, void *ret_data, size_t size), (fd, ret_data, size), -1)
BOUND_AS(OFF("readdir"), struct dirent *, readdir, (DIR * folder), (folder), NULL)
#if !defined(__USE_FILE_OFFSET64) /* else it is what readdir is called by the linker */
BOUND(struct dirent64 *, readdir64, (DIR * folder), (folder), NULL)
#endif
BOUND(ssize_t, readlink, (const char *restrict path, char *restrict ret_target, size_t size),
      (path, ret_target, size), -1)
BOUND(int, rename, (const char *path, const char *to), (path, to), -1)
BOUND_AS(OFF("scandirat"), int, scandirat,
         (int folder, const char *restrict path, struct dirent ***restrict ret_names,
          int (*selector)(const struct dirent *),
          int (*compare)(const struct dirent **, const struct dirent **)),
         (folder, path, ret_names, selector, compare), -1)
BOUND_AS(OFF_TIME("stat"), int, stat, (const char *restrict path, struct stat *restrict ret_status),
         (path, ret_status), -1)
BOUND(int, unlink, (const char *path), (path), -1)
BOUND(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), -1)

/* Streams: libconfig's */
BOUND_VOID(clearerr, (FILE * stream), (stream))
BOUND(int, fclose, (FILE * stream), (stream), EOF)
BOUND(int, ferror, (FILE * stream), (stream), 1)
BOUND(int, fileno, (FILE * stream), (stream), -1)
BOUND_AS(OFF("fopen"), FILE *, fopen, (const char *restrict path, const char *restrict mode), (path, mode),
         NULL)
BOUND(int, fputc, (int byte, FILE *stream), (byte, stream), EOF)
BOUND(int, fputs, (const char *restrict text, FILE *restrict stream), (text, stream), EOF)
BOUND(size_t, fread, (void *restrict ret_data, size_t size, size_t count, FILE *restrict stream),
      (ret_data, size, count, stream), 0)
BOUND(size_t, fwrite, (const void *restrict data, size_t size, size_t count, FILE *restrict stream),
      (data, size, count, stream), 0)
BOUND(int, getc, (FILE * stream), (stream), EOF)

/* The process */
BOUND(uid_t, geteuid, (void), (), (uid_t)-1)
BOUND(unsigned long, getauxval, (unsigned long type), (type), 0)
BOUND(pid_t, getpid, (void), (), -1)
BOUND(ssize_t, getrandom, (void *buffer, size_t size, unsigned flags), (buffer, size, flags), -1)
BOUND_AS(OFF("mmap"), void *, mmap,
         (void *address, size_t size, int protection, int flags, int fd, off_t offset),
         (address, size, protection, flags, fd, offset), MAP_FAILED)
BOUND(int, munmap, (void *address, size_t size), (address, size), -1)
BOUND(ssize_t, process_vm_readv,
      (pid_t process, const struct iovec *local, unsigned long local_count, const struct iovec *remote,
       unsigned long remote_count, unsigned long flags),
      (process, local, local_count, remote, remote_count, flags), -1)
BOUND(uid_t, getuid, (void), (), (uid_t)-1)
BOUND(char *, secure_getenv, (const char *name), (name), NULL)
BOUND(int, pthread_setcancelstate, (int state, int *ret_state), (state, ret_state), -1)
BOUND(int, sched_yield, (void), (), -1)
BOUND(int, socket, (int family, int type, int protocol), (family, type, protocol), -1)
BOUND(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags), -1)

/* Time */
BOUND_AS(TIME("clock_gettime", "__clock_gettime64"), int, clock_gettime,
         (clockid_t clock, struct timespec *ret_time), (clock, ret_time), -1)
BOUND_AS(TIME("localtime_r", "__localtime64_r"), struct tm *, localtime_r,
         (const time_t *restrict moment, struct tm *restrict ret_time), (moment, ret_time), NULL)
BOUND_AS(TIME("nanosleep", "__nanosleep64"), int, nanosleep,
         (const struct timespec *length, struct timespec *ret_left), (length, ret_left), -1)

/* Locales */
BOUND_VOID(freelocale, (locale_t locale), (locale))
BOUND(locale_t, newlocale, (int categories, const char *name, locale_t base), (categories, name, base),
      (locale_t)0)
BOUND(locale_t, uselocale, (locale_t locale), (locale), (locale_t)0)

/* The dynamic linker's. dlsym(3) is called directly, because for RTLD_NEXT and RTLD_DEFAULT it looks at
 * its caller. */
BOUND(int, dlclose, (void *handle), (handle), -1)
BOUND(int, dl_iterate_phdr, (int (*look)(struct dl_phdr_info *, size_t, void *), void *arg), (look, arg), 0)

/* A program that exports dlopen wants to see every call, so this uses the function that the linker would
 * bind; most processes call none. dlopen looks at its caller, which is this object in both cases. */
HIDDEN void *dlopen(const char *path, int mode) {
  static binding slot;
  union {
    void *address;
    any_fn *function;
  } found = {.function = bound(&slot)};

  if (found.function == NULL) {
    found.address = dlsym(RTLD_DEFAULT, "dlopen");
    atomic_store_explicit(&slot, found.function, memory_order_relaxed);
  }
  return found.function != NULL ? ((__typeof__(dlopen) *)found.function)(path, mode) : NULL;
}

/* ---- Functions with any number of arguments ---- */

HIDDEN int vsnprintf(char *restrict ret_text, size_t size, const char *restrict format, va_list arguments) {
  static binding slot;
  __typeof__(vsnprintf) *function = (__typeof__(vsnprintf) *)find(&slot, ELF_NAME("vsnprintf"));

  return function != NULL ? function(ret_text, size, format, arguments) : -1;
}

HIDDEN int vasprintf(char **restrict ret_text, const char *restrict format, va_list arguments) {
  static binding slot;
  __typeof__(vasprintf) *function = (__typeof__(vasprintf) *)find(&slot, ELF_NAME("vasprintf"));

  return function != NULL ? function(ret_text, format, arguments) : -1;
}

HIDDEN int vfprintf(FILE *restrict stream, const char *restrict format, va_list arguments) {
  static binding slot;
  __typeof__(vfprintf) *function = (__typeof__(vfprintf) *)find(&slot, ELF_NAME("vfprintf"));

  return function != NULL ? function(stream, format, arguments) : -1;
}

#define PRINTF(format_position, first) __attribute__((format(printf, format_position, first)))

/* position: the format's position among the parameters, from 1; its arguments follow it. */
#define VARIADIC(name, position, parameters, call)                                                           \
  PRINTF(position, (position) + 1) HIDDEN int name parameters;                                               \
  HIDDEN int name parameters {                                                                               \
    va_list arguments;                                                                                       \
    int result;                                                                                              \
                                                                                                             \
    va_start(arguments, format);                                                                             \
    result = call;                                                                                           \
    va_end(arguments);                                                                                       \
    return result;                                                                                           \
  }

VARIADIC(snprintf, 3, (char *restrict ret_text, size_t size, const char *restrict format, ...),
         vsnprintf(ret_text, size, format, arguments))
VARIADIC(asprintf, 2, (char **restrict ret_text, const char *restrict format, ...),
         vasprintf(ret_text, format, arguments))
VARIADIC(fprintf, 2, (FILE *restrict stream, const char *restrict format, ...),
         vfprintf(stream, format, arguments))

/* Our calls that create a file pass a mode; an unnecessary mode does no harm. */
#define OPENING(symbol, name, parameters, arguments)                                                         \
  HIDDEN int name parameters {                                                                               \
    static binding slot;                                                                                     \
    __typeof__(name) *function = (__typeof__(name) *)find(&slot, ELF_NAME(symbol));                          \
    va_list more;                                                                                            \
    mode_t mode = 0;                                                                                         \
                                                                                                             \
    va_start(more, flags);                                                                                   \
    if ((flags & (O_CREAT | O_TMPFILE)) != 0)                                                                \
      mode = va_arg(more, mode_t);                                                                           \
    va_end(more);                                                                                            \
    return function != NULL ? function arguments : -1;                                                       \
  }
OPENING(OFF("open"), open, (const char *path, int flags, ...), (path, flags, mode))
OPENING(OFF("openat"), openat, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))

/* The commands that we use take a number. */
HIDDEN int fcntl(int fd, int command, ...) {
  static binding slot;
  __typeof__(fcntl) *function = (__typeof__(fcntl) *)find(&slot, ELF_NAME(OFF("fcntl")));
  va_list arguments;
  int argument;

  va_start(arguments, command);
  argument = va_arg(arguments, int);
  va_end(arguments);
  return function != NULL ? function(fd, command, argument) : -1;
}

HIDDEN int prctl(int option, ...) {
  static binding slot;
  __typeof__(prctl) *function = (__typeof__(prctl) *)find(&slot, ELF_NAME("prctl"));
  va_list arguments;
  unsigned long argument;

  va_start(arguments, option);
  argument = va_arg(arguments, unsigned long);
  va_end(arguments);
  return function != NULL ? function(option, argument, 0UL, 0UL, 0UL) : -1;
}

/* ---- What the compiler and the headers call by themselves ---- */

HIDDEN int *__errno_location(void) {
  static int nobodys;
  static binding slot;
  int *(*function)(void) = (int *(*)(void))find(&slot, ELF_NAME("__errno_location"));

  return function != NULL ? function() : &nobodys;
}

BOUND(const unsigned short **, __ctype_b_loc, (void), (), NULL)

HIDDEN _Noreturn void exit(int status) {
  static binding slot;
  void (*function)(int) = (void (*)(int))find(&slot, ELF_NAME("exit"));

  if (function != NULL)
    function(status);
  __builtin_trap();
}

HIDDEN _Noreturn void __stack_chk_fail(void);
HIDDEN _Noreturn void __stack_chk_fail(void) {
  __builtin_trap();
}

/* _FORTIFY_SOURCE passes the size of the destination as one more argument. */
static void fits(size_t size, size_t room) {
  if (size > room)
    __builtin_trap();
}

HIDDEN void *__memcpy_chk(void *restrict to, const void *restrict from, size_t size, size_t room);
HIDDEN void *__memcpy_chk(void *restrict to, const void *restrict from, size_t size, size_t room) {
  fits(size, room);
  return memcpy(to, from, size);
}

HIDDEN void *__memmove_chk(void *to, const void *from, size_t size, size_t room);
HIDDEN void *__memmove_chk(void *to, const void *from, size_t size, size_t room) {
  fits(size, room);
  return memmove(to, from, size);
}

HIDDEN void *__memset_chk(void *memory, int byte, size_t size, size_t room);
HIDDEN void *__memset_chk(void *memory, int byte, size_t size, size_t room) {
  fits(size, room);
  return memset(memory, byte, size);
}

HIDDEN char *__strcpy_chk(char *restrict to, const char *restrict from, size_t room);
HIDDEN char *__strcpy_chk(char *restrict to, const char *restrict from, size_t room) {
  size_t size = strlen(from) + 1;

  fits(size, room);
  return memcpy(to, from, size);
}

HIDDEN char *__strcat_chk(char *restrict to, const char *restrict from, size_t room);
HIDDEN char *__strcat_chk(char *restrict to, const char *restrict from, size_t room) {
  size_t length = strlen(to), size = strlen(from) + 1;

  fits(length + size, room);
  memcpy(to + length, from, size);
  return to;
}

PRINTF(5, 0)
HIDDEN int __vsnprintf_chk(char *restrict ret_text, size_t size, int flag, size_t room,
                           const char *restrict format, va_list arguments);
HIDDEN int __vsnprintf_chk(char *restrict ret_text, size_t size, int flag, size_t room,
                           const char *restrict format, va_list arguments) {
  (void)flag;
  fits(size, room);
  return vsnprintf(ret_text, size, format, arguments);
}

VARIADIC(__snprintf_chk, 5,
         (char *restrict ret_text, size_t size, int flag, size_t room, const char *restrict format, ...),
         __vsnprintf_chk(ret_text, size, flag, room, format, arguments))
VARIADIC(__asprintf_chk, 3, (char **restrict ret_text, int flag, const char *restrict format, ...),
         ((void)flag, vasprintf(ret_text, format, arguments)))
VARIADIC(__fprintf_chk, 3, (FILE *restrict stream, int flag, const char *restrict format, ...),
         ((void)flag, vfprintf(stream, format, arguments)))

/* ---- What a libconfig that was built elsewhere calls ---- */

/* libconfig names the standard streams for scanners that were given no other. Those get no stream. */
#undef stdin
#undef stdout
#undef stderr
HIDDEN FILE *stdin, *stdout, *stderr;

HIDDEN char *__strdup(const char *text);
HIDDEN char *__strdup(const char *text) {
  return strdup(text);
}

HIDDEN int _IO_getc(FILE *stream);
HIDDEN int _IO_getc(FILE *stream) {
  return getc(stream);
}

HIDDEN int __fxstat(int version, int fd, struct stat *ret_status);
HIDDEN int __fxstat(int version, int fd, struct stat *ret_status) {
  (void)version;
  return fstat(fd, ret_status);
}
