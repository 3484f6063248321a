/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * How openssl.cnf names the module, and ld.so.preload the shim. Without a path OPENSSL_MODULES in a program's
 * environment, set for some other provider, would lead away from it. A plain path leads programs of other
 * architectures, which read the same file, to a module that they cannot load. The dynamic linker replaces
 * "$LIB" in a path by the folder of the program's own architecture, "lib/x86_64-linux-gnu" or "lib64", so
 * that is written where it holds.
 */
#ifndef PINCTL_CONFIG_MODULE_PATH_H
#define PINCTL_CONFIG_MODULE_PATH_H

/* A whole path of a module, with "$LIB" where that leads to the very same file here. For free(3). */
char *module_path_for_all(const char *path);

/* The path of the file to which a path with "$LIB" leads here. For free(3). */
char *module_path_here(const char *path);

/* The same where programs find their libraries in another folder, as "lib32". For free(3); NULL: no "$LIB" in
 * it. */
char *module_path_in(const char *path, const char *folder);

#endif
