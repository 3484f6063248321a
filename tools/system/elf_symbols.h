/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Finds the TLS in an ELF file without running it. The file may be hostile: it is read in pieces and within
 * limits, not mapped, and nothing that it says of itself is trusted.
 */
#ifndef PINCTL_SYSTEM_ELF_SYMBOLS_H
#define PINCTL_SYSTEM_ELF_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/must_use.h"

struct elf_look {
  bool is_elf;
  bool is_foreign;      /* its word size, machine or byte order is not that of pinctl */
  bool is_dynamic;      /* it has an interpreter, or is a shared object */
  bool is_go;           /* built by the Go compiler, which has its own TLS */
  bool holds_openssl;   /* OpenSSL, or a fork of it, is in the file itself */
  bool exports_openssl; /* other objects can bind that OpenSSL */
  bool asks_gio;        /* it calls functions of GLib that do TLS by a module */
  bool is_partial;      /* not all was read: it exceeds the limits, is damaged, has the other byte order, or
                            has no sections */
  struct text_list needed;
  char *search; /* owned; DT_RUNPATH or DT_RPATH; NULL: none */
};

/*
 * Reads a file. In a stripped file a static OpenSSL is found by the names of its source files in error
 * messages. *left: how many bytes may be read; it is reduced by what was read. False: the file cannot be
 * read. A file that is not ELF gives true with is_elf false. To be cleared.
 */
MUST_USE bool elf_look(const char *path, uint64_t *left, struct elf_look *ret_look);
void elf_look_clear(struct elf_look *look);

/* Names of functions, sorted by strcmp(3), and whether a file exports each. */
struct elf_exports {
  const char *const *names;
  size_t count;
  bool *found;
};

/*
 * Sets `found` for each of the names that the file exports, and leaves the others. *left: as above. False:
 * not all of the file was read, or it has no table of exports.
 */
MUST_USE bool elf_find_exports(const char *path, uint64_t *left, struct elf_exports *exports);

#endif
