/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * A table of files that programs and libraries load or run without linking to them: plug-ins, helpers,
 * modules of interpreters. tests/releases/classes.py tests rows on packages of Debian, by the programs of
 * tests/releases/programs.tsv; an "untried" row has no program there.
 */
#ifndef PINCTL_SYSTEM_LOADS_H
#define PINCTL_SYSTEM_LOADS_H

#include <stdbool.h>

#include "base/memory.h"

struct loads {
  /* The name of a program, or of a library without ".so" and version. */
  const char *name;
  /* There may be further modules: an interpreter's programs decide. */
  bool is_open;
  /* The row is for a script too, and replaces the rows of its interpreter. */
  bool is_script;
  /* Patterns of glob(7), separated by spaces; one without a leading "/" is below each folder of libraries. */
  const char *files;
  /* TLS libraries that a found file stands for, since it does not link to them: OpenSSL opened by name, or
   * the language's own TLS; 0: those of the files. */
  unsigned opens;
};

/* A row for all files that use TLS by GLib. */
#define GIO_TLS "g_tls_"

/* Whether a file name is this name, with or without a version behind it. */
bool loads_is_called(const char *file, const char *name);

/* The next row for a path, by its last part without a version. after: the row before; NULL: the first. NULL:
 * no more. Static. */
const struct loads *loads_of(const char *path, const struct loads *after);

/* The files of a row on this machine, maybe in several versions; to be cleared. */
void loads_find(const struct loads *loads, const struct text_list *folders, struct text_list *ret_files);

/* ---- The folders of the dynamic linker ---- */

/* The folders of ld.so.conf and the usual ones, in order; to be cleared. */
void library_folders(struct text_list *ret_folders);

/*
 * The file of a library that `object` needs, for free(3), or NULL. search: the DT_RUNPATH of the object, or
 * NULL. Ignores the environment and hardware capabilities, and does not recognize libraries of another
 * architecture.
 */
char *library_find(const struct text_list *folders, const char *object, const char *search, const char *name);

#endif
