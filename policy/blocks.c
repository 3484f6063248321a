/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "blocks.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* A name that no entry covers costs two blocks for each suffix that is not kept yet: the one that tells
 * where its bucket is, and the bucket. Half of these places and this much memory keep some twenty names. */
#define ARENA_SIZE 8192
#define PLACES 128 /* a power of two */
#define MOST_PLACES (PLACES / 2)
/* With less room than this left, the next use starts with nothing kept. */
#define ROOM_FOR_NEXT 2048
#define PLACES_FOR_NEXT 16

/* A block for which the arena had no room. */
struct overflow {
  struct overflow *next;
  struct pin_block block;
  uint64_t bytes[];
};

struct pin_blocks {
  int fd;
  const uint8_t *mapped; /* the file's mapping, never accessed directly; borrowed; NULL: none */
  size_t mapped_size;
  unsigned place_count, bytes_used;
  struct overflow *overflow;
  struct pin_block places[PLACES]; /* a place without bytes is free */
  uint64_t arena[ARENA_SIZE / sizeof(uint64_t)];
};

struct pin_blocks *pin_blocks_new(int fd, const void *mapped, size_t size) {
  struct pin_blocks *blocks = malloc(sizeof *blocks);
  if (blocks == NULL)
    return NULL;
  /* The arena is not cleared, so its pages take memory only when they are used. */
  memset(blocks, 0, offsetof(struct pin_blocks, arena));
  blocks->fd = fd;
  blocks->mapped = mapped;
  blocks->mapped_size = size;
  return blocks;
}

static void free_overflow(struct pin_blocks *blocks) {
  while (blocks->overflow != NULL) {
    struct overflow *first = blocks->overflow;
    blocks->overflow = first->next;
    free(first);
  }
}

void pin_blocks_free(struct pin_blocks *blocks) {
  if (blocks == NULL)
    return;
  free_overflow(blocks);
  free(blocks);
}

void pin_blocks_trim(struct pin_blocks *blocks) {
  free_overflow(blocks);
  if (blocks->place_count + PLACES_FOR_NEXT <= MOST_PLACES &&
      blocks->bytes_used + ROOM_FOR_NEXT <= ARENA_SIZE)
    return;
  memset(blocks->places, 0, sizeof blocks->places);
  blocks->place_count = 0;
  blocks->bytes_used = 0;
}

/* The place of a block, or the free place where it would be. At least half of the places are free. */
static struct pin_block *find(struct pin_blocks *blocks, uint64_t offset, uint64_t size) {
  uint64_t at = (offset * UINT64_C(0x9e3779b97f4a7c15)) >> 32;
  for (;; at++) {
    struct pin_block *place = &blocks->places[at % PLACES];
    if (place->bytes == NULL || (place->offset == offset && place->size == size))
      return place;
  }
}

static struct pin_block *find_overflow(struct pin_blocks *blocks, uint64_t offset, uint64_t size) {
  for (struct overflow *overflow = blocks->overflow; overflow != NULL; overflow = overflow->next) {
    if (overflow->block.offset == offset && overflow->block.size == size)
      return &overflow->block;
  }
  return NULL;
}

/* The kernel fails if a page is missing; accessing it ourselves would kill the process. */
static bool read_mapped(const struct pin_blocks *blocks, void *buffer, uint64_t offset, size_t size) {
  struct iovec local = {buffer, size}, remote;
  if (blocks->mapped == NULL || offset > blocks->mapped_size || size > blocks->mapped_size - offset)
    return false;
  remote.iov_base = (void *)(uintptr_t)(blocks->mapped + offset);
  remote.iov_len = size;
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
}

bool pin_blocks_copy(const struct pin_blocks *blocks, void *buffer, uint64_t offset, size_t size) {
  const int saved_errno = errno;
  size_t filled = 0;
  while (filled < size) {
    ssize_t got = pread(blocks->fd, (char *)buffer + filled, size - filled, (off_t)(offset + filled));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0 && errno == EBADF && read_mapped(blocks, buffer, offset, size))
      filled = size;
    if (got <= 0)
      break;
    filled += (size_t)got;
  }
  errno = saved_errno;
  return filled == size;
}

/* size: at most PIN_BLOCKS_MAX_SIZE. */
static struct pin_block *read_overflow(struct pin_blocks *blocks, uint64_t offset, size_t size) {
  struct overflow *overflow = malloc(sizeof *overflow + size);
  if (overflow == NULL)
    return NULL;
  if (!pin_blocks_copy(blocks, overflow->bytes, offset, size)) {
    free(overflow);
    return NULL;
  }
  overflow->block =
      (struct pin_block){.offset = offset, .size = size, .bytes = (const uint8_t *)overflow->bytes};
  overflow->next = blocks->overflow;
  blocks->overflow = overflow;
  return &overflow->block;
}

struct pin_block *pin_blocks_find(struct pin_blocks *blocks, uint64_t offset, uint64_t size) {
  struct pin_block *place = find(blocks, offset, size);
  if (place->bytes != NULL)
    return place;
  struct pin_block *overflow = find_overflow(blocks, offset, size);
  if (overflow != NULL || size > PIN_BLOCKS_MAX_SIZE)
    return overflow;
  if (blocks->place_count == MOST_PLACES || size > ARENA_SIZE - blocks->bytes_used)
    return read_overflow(blocks, offset, (size_t)size);
  uint64_t *bytes = blocks->arena + blocks->bytes_used / sizeof(uint64_t);
  if (!pin_blocks_copy(blocks, bytes, offset, (size_t)size))
    return NULL;
  *place = (struct pin_block){.offset = offset, .size = size, .bytes = (const uint8_t *)bytes};
  blocks->place_count++;
  blocks->bytes_used += (unsigned)((size + sizeof(uint64_t) - 1) & ~(sizeof(uint64_t) - 1));
  return place;
}
