/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * How openssl.cnf names the module, and ld.so.preload the shim. Without a path OPENSSL_MODULES in a program's
 * environment, set for some other provider, would lead away from it. A plain path leads programs of other
 * architectures, which read the same file, to a module that they cannot load. The dynamic linker replaces
 * "$LIB" in a path by the folder of the program's own architecture, "lib/x86_64-linux-gnu" or "lib64", so
 * that is written where it holds.
 */
#ifndef PINCTL_CONFIG_INSTALLATION_H
#define PINCTL_CONFIG_INSTALLATION_H

#include <stdbool.h>

#include "base/must_use.h"

/* A whole path of a module, with "$LIB" where that leads to the very same file here. For free(3). */
char *module_path_for_all(const char *path);

/* The path of the file to which a path with "$LIB" leads here. For free(3). */
char *module_path_here(const char *path);

/* The same where programs find their libraries in another folder, as "lib32". For free(3); NULL: no "$LIB" in
 * it. */
char *module_path_in(const char *path, const char *folder);

/* ---- Where the other parts of this installation are: always relative to pinctl itself ---- */

struct installation {
  char *shim;   /* libpinning-preload.so */
  char *module; /* pinning.so as the shim loads it */
};

/* Only where they would be. False, having said why, where not even that can be told. To be cleared in any
 * case. */
MUST_USE bool installation_locate(struct installation *ret_installation);

/* Returns false, having said which is missing, unless both can be read. To be cleared in any case. */
MUST_USE bool installation_find(struct installation *ret_installation);

/*
 * Whether a text, an openssl.cnf, an ld.so.preload or a drop-in of a unit, names by whole paths the shim or
 * the module of other installations only. In doubt it is ours: what names a library that is about to go, and
 * be it without a path, must not stay.
 */
bool installation_is_of_another(const struct installation *installation, const char *text);

void installation_clear(struct installation *installation);

#endif
