/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "system/executable.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"

/* The kernel follows at most so many interpreters of interpreters. */
#define MOST_INTERPRETERS 4

static bool is_program(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

char *program_search(const char *name) {
  const char *directories = getenv("PATH");
  if (directories == NULL)
    directories = "/usr/local/bin:/bin:/usr/bin";
  for (const char *at = directories;;) {
    size_t length = strcspn(at, ":");
    char *path = length == 0 ? must_copy(name) : must_format("%.*s/%s", (int)length, at, name);
    if (is_program(path))
      return path;
    free(path);
    if (at[length] == '\0')
      return NULL;
    at += length + 1;
  }
}

char *program_find(const char *name) {
  char *path = strchr(name, '/') != NULL ? must_copy(name) : program_search(name);
  if (path == NULL) {
    say_error("%s: no such program in $PATH", name);
    return NULL;
  }
  if (is_program(path))
    return path;
  say_error("%s: %s", path, access(path, X_OK) == 0 ? "not a program" : strerror(errno));
  free(path);
  return NULL;
}

/* Then the kernel sets AT_SECURE at exec, and the dynamic linker ignores LD_PRELOAD. */
static bool gains_privileges(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0)
    return false;
  if ((status.st_mode & S_ISUID) != 0 && status.st_uid != geteuid())
    return true;
  if ((status.st_mode & S_ISGID) != 0 && status.st_gid != getegid())
    return true;
  return geteuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

/* Whether it has the machine and word size of pinctl, for which the shim is built. */
static bool is_same_machine(const Elf64_Ehdr *head) {
  Elf64_Ehdr own;
  int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  bool same = fd < 0 || read(fd, &own, sizeof own) != (ssize_t)sizeof own ||
              (own.e_ident[EI_CLASS] == head->e_ident[EI_CLASS] && own.e_machine == head->e_machine);
  if (fd >= 0)
    close(fd);
  return same;
}

static bool names_interpreter(int fd, const Elf64_Ehdr *head) {
  for (unsigned i = 0; i < head->e_phnum; i++) {
    Elf64_Phdr segment;
    off_t offset = (off_t)(head->e_phoff + (Elf64_Off)i * head->e_phentsize);
    if (pread(fd, &segment, sizeof segment, offset) != (ssize_t)sizeof segment)
      return false;
    if (segment.p_type == PT_INTERP)
      return true;
  }
  return false;
}

static const char *judge_binary(int fd, const char *head_bytes) {
  Elf64_Ehdr head;
  memcpy(&head, head_bytes, sizeof head);
  if (!is_same_machine(&head))
    return "it is built for another architecture";
  if (head.e_ident[EI_CLASS] == ELFCLASS64 && !names_interpreter(fd, &head))
    return "it is statically linked";
  return NULL;
}

/* The path behind "#!", for free(3). */
static char *interpreter_of(const char *line) {
  line += 2 + strspn(line + 2, " \t");
  return must_copy_bytes(line, strcspn(line, " \t\r\n"));
}

static const char *judge(const char *path, char **ret_interpreter) {
  char head[256] = {0};
  int fd = -1;
  if (file_open_regular(path, &fd) != 0)
    return NULL;
  const char *why = NULL;
  ssize_t got = pread(fd, head, sizeof head - 1, 0);
  if (got > 2 && strncmp(head, "#!", 2) == 0)
    *ret_interpreter = interpreter_of(head);
  else if (gains_privileges(fd))
    why = "it gains privileges when it starts";
  else if (got >= (ssize_t)sizeof(Elf64_Ehdr) && memcmp(head, ELFMAG, SELFMAG) == 0)
    why = judge_binary(fd, head);
  close(fd);
  return why;
}

const char *program_unreachable(const char *path) {
  char *current = must_copy(path);
  const char *why = NULL;
  for (int i = 0; i < MOST_INTERPRETERS && current != NULL && why == NULL; i++) {
    char *interpreter = NULL;
    why = judge(current, &interpreter);
    free(current);
    current = interpreter;
  }
  free(current);
  return why;
}
