/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Where the dynamic linker would look for a needed library. */
#ifndef PINCTL_SYSTEM_LIBRARY_PATH_H
#define PINCTL_SYSTEM_LIBRARY_PATH_H

#include "base/memory.h"

/* The folders of ld.so.conf and the usual ones, in order; to be cleared. */
void library_folders(struct text_list *ret_folders);

/*
 * The file for a needed name, or NULL. object: the file that needs it; search: its DT_RUNPATH, or NULL.
 * Neither the environment nor hardware capabilities are looked at, and no library for another architecture is
 * told apart. For free(3).
 */
char *library_find(const struct text_list *folders, const char *object, const char *search, const char *name);

#endif
