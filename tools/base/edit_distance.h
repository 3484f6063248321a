/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* How far a word is from another one, to find what was meant. */
#ifndef PINCTL_BASE_EDIT_DISTANCE_H
#define PINCTL_BASE_EDIT_DISTANCE_H

#include <stdbool.h>
#include <stddef.h>

/* More than this nobody mistypes. */
#define FAR 3

/* Whether `to` is nearer than the nearest of before, whose distance is *best; it is the nearest then. Begin
 * with FAR. */
bool is_nearer(const char *from, const char *to, size_t *best);

#endif
