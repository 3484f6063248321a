/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The line that pinctl adds to ld.so.preload: the bare path of the shim, as the first line. No comments mark
 * it, since glibc skips only the first comment of that file reliably and takes the words of others for
 * libraries. At the start it leaves every other byte as it is, a missing end of the last line included.
 */
#ifndef PINCTL_ENABLE_LD_PRELOAD_H
#define PINCTL_ENABLE_LD_PRELOAD_H

#include "enable/managed_block.h"

#define PRELOAD_FILE "/etc/ld.so.preload"
#define PRELOAD_SHIM "libpinning-preload.so"

/* The word of such a text that is the shim, wherever it stands, for free(3), or NULL. */
char *preload_find_shim(const char *text);

/* As block_find, but never damaged. A file with nothing but the line is to go. */
void preload_line_find(const char *text, struct block *ret_block);

/* body: the line with its end. For free(3). */
char *preload_line_add(const char *rest, const char *body);

/* Whether glibc takes no word of a comment in this text for a library. */
bool preload_comments_are_skipped(const char *text);

#endif
