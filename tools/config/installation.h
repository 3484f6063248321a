/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The paths by which openssl.cnf names the module, and ld.so.preload the shim. Without a path,
 * OPENSSL_MODULES in a program's environment, set for another provider, would hide the module. With a plain
 * path, programs of other architectures, which read the same file, get a module that they cannot load. The
 * dynamic linker replaces "$LIB" by the folder of the program's architecture, "lib/x86_64-linux-gnu" or
 * "lib64", so that is written if it works.
 */
#ifndef PINCTL_CONFIG_INSTALLATION_H
#define PINCTL_CONFIG_INSTALLATION_H

#include <stdbool.h>

#include "base/must_use.h"

/* An absolute path of a module, with "$LIB" if that leads to the same file here. For free(3). */
char *module_path_for_all(const char *path);

/* The file to which a path with "$LIB" leads here. For free(3). */
char *module_path_here(const char *path);

/* The same for programs with another folder of libraries, e.g. "lib32". For free(3); NULL: the path has no
 * "$LIB". */
char *module_path_in(const char *path, const char *folder);

/* ---- The other parts of this installation: their paths are relative to pinctl ---- */

struct installation {
  char *shim;   /* owned; libpinning-preload.so */
  char *module; /* owned; the pinning.so that the shim loads */
};

/* Where the parts should be; they may be missing. False, having said why: that cannot be found. To be cleared
 * in any case. */
MUST_USE bool installation_locate(struct installation *ret_installation);

/* The same, and checks that both can be read. False, having said which is missing. To be cleared in any case.
 */
MUST_USE bool installation_find(struct installation *ret_installation);

/*
 * Whether a text (an openssl.cnf, ld.so.preload or drop-in of a unit) names the shim or module of other
 * installations only, by absolute paths. False in doubt: a file must not stay if it names a library that is
 * about to be removed, even without a path.
 */
bool installation_is_of_another(const struct installation *installation, const char *text);

void installation_clear(struct installation *installation);

#endif
