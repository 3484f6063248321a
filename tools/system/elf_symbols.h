/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What an ELF file says about the TLS in it, without running it. The file may be anybody's: it is read, not
 * mapped, in pieces and within limits, and whatever it says of itself may be a lie.
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
  bool is_foreign;      /* of another word size, machine or order of bytes than pinctl */
  bool is_dynamic;      /* it has an interpreter, or is a shared object */
  bool is_go;           /* built by the Go compiler, which has a TLS of its own */
  bool holds_openssl;   /* OpenSSL, or a fork of it, is in the file itself */
  bool exports_openssl; /* and other objects can bind it */
  bool asks_gio;        /* it calls functions of GLib that do TLS by a module */
  bool is_partial;      /* not all of it was looked at: larger than the limits, damaged, of the
                            other order of bytes, or without sections */
  struct text_list needed;
  char *search; /* DT_RUNPATH or DT_RPATH; NULL: none */
};

/*
 * Stripped files count too: what the linker leaves of a static OpenSSL are the names of its source files in
 * error messages. *left: how many bytes may be read; what was read is taken off. False where the file cannot
 * be read; one that is no ELF file is none. To be cleared.
 */
MUST_USE bool elf_look(const char *path, uint64_t *left, struct elf_look *ret_look);
void elf_look_clear(struct elf_look *look);

/* Names of functions, sorted by strcmp(3), and for each whether a file exports it. */
struct elf_exports {
  const char *const *names;
  size_t count;
  bool *found;
};

/*
 * Sets `found` for each of the names that the file exports, and leaves the others. *left as above. False:
 * not all of it was looked at, or it has no table of what it exports.
 */
MUST_USE bool elf_find_exports(const char *path, uint64_t *left, struct elf_exports *exports);

#endif
