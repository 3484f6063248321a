/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* An arena: many small pieces of memory that are freed together. */
#ifndef PINCTL_BASE_ARENA_H
#define PINCTL_BASE_ARENA_H

#include <stddef.h>

struct arena {
  struct arena_chunk *chunks; /* the newest first; NULL: the arena is empty */
};

/* `size` bytes, aligned for any type, that live until arena_clear. Never NULL. */
void *arena_take(struct arena *arena, size_t size);
/* A copy of `size` bytes, aligned and kept in the same way. */
void *arena_copy(struct arena *arena, const void *bytes, size_t size);
/* A copy of a text. Texts are not aligned, so that many small ones take little memory. */
char *arena_text(struct arena *arena, const char *text);
/* Frees everything; the arena can be used again. */
void arena_clear(struct arena *arena);

#endif
