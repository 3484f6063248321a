/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Many small pieces of memory that go all at once. */
#ifndef PINCTL_BASE_ARENA_H
#define PINCTL_BASE_ARENA_H

#include <stddef.h>

struct arena {
  struct arena_chunk *chunks; /* NULL: nothing was taken */
};

/* `size` bytes, aligned for everything, that live until arena_clear. Never NULL. */
void *arena_take(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *bytes, size_t size);
/* The same for a text, which is not aligned, so that many small ones lie close. */
char *arena_text(struct arena *arena, const char *text);
void arena_clear(struct arena *arena);

#endif
