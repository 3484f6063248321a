/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Finds a program to run, and whether a preloaded library works in it. */
#ifndef PINCTL_SYSTEM_EXECUTABLE_H
#define PINCTL_SYSTEM_EXECUTABLE_H

/* The first program of this name in $PATH, for free(3); NULL: there is none. */
char *program_search(const char *name);

/* The file that execvp(3) would run for `name`, for free(3); NULL, having said why: there is none. */
char *program_find(const char *name);

/*
 * Why the dynamic linker would not load the shim into a program, static: it gains privileges, has no dynamic
 * linker, or has another architecture. NULL: nothing is known against it. Follows "#!" lines.
 */
const char *program_unreachable(const char *path);

#endif
