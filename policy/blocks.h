/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * What has been read of an image that stays in its file. No page of a mapped file is touched: whoever
 * shortens one in place kills every process that then touches a page behind its new end (SIGBUS), while a
 * read just comes back short. What was read stays at its place until pin_blocks_trim, so that pointers into
 * it hold, and what is asked for again costs no call.
 *
 * One thread at a time. Nothing here is a promise about the bytes: every block of an image has a checksum,
 * which the reader of the image compares, and notes as what it was sound.
 */
#ifndef PIN_BLOCKS_H
#define PIN_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pin_blocks;

/*
 * Reads from `fd`, which stays the caller's. Where nothing is open under that number, the kernel reads from
 * where the file is mapped as well (process_vm_readv(2)), `size` bytes; NULL: nowhere. NULL: no memory. To be
 * given to pin_blocks_free.
 */
struct pin_blocks *pin_blocks_new(int fd, const void *mapped, size_t size);
/* Takes NULL. */
void pin_blocks_free(struct pin_blocks *blocks);

/* What was read: these bytes of the file. */
struct pin_block {
  uint64_t offset, size;
  const uint8_t *bytes; /* aligned to 8 */
  uint64_t note;        /* the reader's; 0 since the bytes were read from the file */
};

/*
 * `size` bytes from `offset` on. NULL: the file ends before, cannot be read, the block is larger than
 * PIN_BLOCKS_MAX_SIZE, or there is no memory. Mostly calls only pread(2), which moves no file offset and
 * which sandboxes allow. Leaves errno alone.
 */
struct pin_block *pin_blocks_find(struct pin_blocks *blocks, uint64_t offset, uint64_t size);

static inline const uint8_t *pin_blocks_read(struct pin_blocks *blocks, uint64_t offset, uint64_t size) {
  const struct pin_block *block = pin_blocks_find(blocks, offset, size);
  return block != NULL ? block->bytes : NULL;
}

/* A wrong length in a damaged file must not make a program allocate what is not there. */
#define PIN_BLOCKS_MAX_SIZE (UINT64_C(64) << 20)

/* Reads into a buffer of the caller's, and keeps nothing. false: the file ends before, or cannot be read. */
bool pin_blocks_copy(const struct pin_blocks *blocks, void *buffer, uint64_t offset, size_t size);

/*
 * Ends all use of what was read. Keeps some of it for the next time, as long as that is little: some 12 KiB
 * with everything around it.
 */
void pin_blocks_trim(struct pin_blocks *blocks);

#endif
