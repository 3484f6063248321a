/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The edit distance of two words, to suggest what a mistyped word may have meant. */
#ifndef PINCTL_BASE_EDIT_DISTANCE_H
#define PINCTL_BASE_EDIT_DISTANCE_H

#include <stdbool.h>
#include <stddef.h>

/* From this distance on a word is not taken for a typing mistake. */
#define FAR 3

/* Whether `to` is nearer to `from` than *best, the smallest distance so far; updates *best then. Start with
 * *best = FAR. */
bool is_nearer(const char *from, const char *to, size_t *best);

#endif
