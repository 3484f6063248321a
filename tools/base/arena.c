/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

#include "base/memory.h"

#define CHUNK_SIZE ((size_t)1 << 16)

struct arena_chunk {
  struct arena_chunk *next;
  size_t used, size;
  alignas(max_align_t) unsigned char bytes[];
};

static size_t rounded(size_t size) {
  return (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

/* `need` bytes from offset `begin` of the newest chunk, or from a new chunk where they do not fit. */
static void *take(struct arena *arena, size_t begin, size_t need) {
  struct arena_chunk *chunk = arena->chunks;
  if (chunk == NULL || chunk->size < begin || chunk->size - begin < need) {
    size_t room = need > CHUNK_SIZE ? need : CHUNK_SIZE;
    chunk = must_alloc(1, sizeof *chunk + room);
    *chunk = (struct arena_chunk){.next = arena->chunks, .size = room};
    arena->chunks = chunk;
    begin = 0;
  }
  chunk->used = begin + need;
  return chunk->bytes + begin;
}

void *arena_take(struct arena *arena, size_t size) {
  size_t begin = arena->chunks == NULL ? 0 : rounded(arena->chunks->used);
  return take(arena, begin, size == 0 ? 1 : size);
}

char *arena_text(struct arena *arena, const char *text) {
  size_t size = strlen(text) + 1;
  return memcpy(take(arena, arena->chunks == NULL ? 0 : arena->chunks->used, size), text, size);
}

void *arena_copy(struct arena *arena, const void *bytes, size_t size) {
  void *copy = arena_take(arena, size);
  if (size > 0)
    memcpy(copy, bytes, size);
  return copy;
}

void arena_clear(struct arena *arena) {
  while (arena->chunks != NULL) {
    struct arena_chunk *next = arena->chunks->next;
    free(arena->chunks);
    arena->chunks = next;
  }
}
