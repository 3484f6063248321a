/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* A program about to be run, and whether a preloaded library can act in it. */
#ifndef PINCTL_SYSTEM_EXECUTABLE_H
#define PINCTL_SYSTEM_EXECUTABLE_H

/*
 * The file that execvp(3) would run for `name`, for free(3); NULL, having said why, when there is none that
 * may be run.
 */
char *program_find(const char *name);

/*
 * Why the dynamic linker would not load a shim into it, or NULL where nothing speaks against it: privileges
 * gained at exec, no dynamic linker at all, another architecture. Looks through "#!" lines. Static.
 */
const char *program_unreachable(const char *path);

#endif
