/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The line that pinctl adds to ld.so.preload: the path of the shim alone, as the first line. No comment marks
 * it, since glibc reliably skips only the first comment of the file, and reads words of others as libraries.
 * As the first line it leaves all other bytes as they are, even a missing newline at the end.
 */
#ifndef PINCTL_ENABLE_LD_PRELOAD_H
#define PINCTL_ENABLE_LD_PRELOAD_H

#include "enable/managed_block.h"

#define PRELOAD_FILE "/etc/ld.so.preload"
#define PRELOAD_SHIM "libpinning-preload.so"

/* The word of the text that is the shim, anywhere in it, for free(3); NULL: there is none. */
char *preload_find_shim(const char *text);

/* Does what block_find does; the line is never damaged. A file with only this line is to be removed. */
void preload_line_find(const char *text, struct block *ret_block);

/* The text with the line in front. body: the line with its newline. For free(3). */
char *preload_line_add(const char *rest, const char *body);

/* Whether glibc skips all comments of this text, and reads no word of one as a library. */
bool preload_comments_are_skipped(const char *text);

#endif
