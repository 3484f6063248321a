/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What programs and libraries bring into a process, or run, without needing it by their file: plug-ins,
 * helpers, modules of interpreters. tests/releases/classes.py tries rows on packages of Debian, by the
 * programs of tests/releases/programs.tsv; an "untried" one has no program there.
 */
#ifndef PINCTL_SYSTEM_LOADS_H
#define PINCTL_SYSTEM_LOADS_H

#include <stdbool.h>

#include "base/memory.h"

struct loads {
  /* Of a program, or of a library without ".so" and version. */
  const char *name;
  /* There may be more: whoever writes a program for this interpreter decides. */
  bool is_open;
  /* Of a script, too, in the place of what its interpreter might load. */
  bool is_script;
  /* Patterns of glob(7), between spaces; one without "/" at its start is tried below each folder of
   * libraries. */
  const char *files;
  /* What no file needs, as the first file found shows: OpenSSL that is opened by name, or a TLS of the
   * language. */
  unsigned opens;
};

/* In the place of a file's name: whatever asks GLib for TLS. */
#define GIO_TLS "g_tls_"

/* Whether a file, without folders, has this name with a version behind it, or without. */
bool loads_is_called(const char *file, const char *name);

/* The row for a path by its last part, versions left out, behind another one or NULL for the first; NULL: no
 * more. Static. */
const struct loads *loads_of(const char *path, const struct loads *after);

/* The files of this machine that it means; to be cleared. Several versions may be there. */
void loads_find(const struct loads *loads, const struct text_list *folders, struct text_list *ret_files);

/* ---- Where the dynamic linker would look for a needed library ---- */

/* The folders of ld.so.conf and the usual ones, in order; to be cleared. */
void library_folders(struct text_list *ret_folders);

/*
 * The file for a needed name, or NULL. object: the file that needs it; search: its DT_RUNPATH, or NULL.
 * Neither the environment nor hardware capabilities are looked at, and no library for another architecture is
 * told apart. For free(3).
 */
char *library_find(const struct text_list *folders, const char *object, const char *search, const char *name);

#endif
