/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Keeps what was read of an image that stays in its file. No page of a mapping is touched: if somebody
 * shortens a mapped file in place, a process that touches a page behind the new end is killed (SIGBUS),
 * whereas a read only returns less. What was read stays at its address until pin_blocks_trim, so that
 * pointers into it stay valid, and asking for it again needs no call.
 *
 * One thread at a time. These functions do not check the bytes: every block of an image has a checksum,
 * which the reader of the image compares, and it notes here what a block was found to be.
 */
#ifndef PIN_BLOCKS_H
#define PIN_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pin_blocks;

/*
 * Makes an empty store that reads from `fd`, which stays the caller's. If nothing is open under that number,
 * the kernel copies from the file's mapping instead (process_vm_readv(2)). mapped: `size` bytes; NULL: no
 * mapping. The caller frees the result by pin_blocks_free. NULL: no memory.
 */
struct pin_blocks *pin_blocks_new(int fd, const void *mapped, size_t size);
/* blocks: may be NULL. */
void pin_blocks_free(struct pin_blocks *blocks);

/* A part of the file that was read. */
struct pin_block {
  uint64_t offset, size; /* where it is in the file, in bytes */
  const uint8_t *bytes;  /* aligned to 8 */
  uint64_t note;         /* for the caller; 0 after the bytes were read from the file */
};

/*
 * Finds or reads `size` bytes at `offset`. NULL: the file ends earlier, cannot be read, the block is larger
 * than PIN_BLOCKS_MAX_SIZE, or no memory. Mostly calls only pread(2), which does not move the file offset and
 * which sandboxes allow. Leaves errno unchanged.
 */
struct pin_block *pin_blocks_find(struct pin_blocks *blocks, uint64_t offset, uint64_t size);

/* Does the same, and returns the bytes. */
static inline const uint8_t *pin_blocks_read(struct pin_blocks *blocks, uint64_t offset, uint64_t size) {
  const struct pin_block *block = pin_blocks_find(blocks, offset, size);
  return block != NULL ? block->bytes : NULL;
}

/* A limit, so that a wrong length in a damaged file does not make a program allocate that much. */
#define PIN_BLOCKS_MAX_SIZE (UINT64_C(64) << 20)

/* Reads into the caller's buffer and keeps nothing. False: the file ends earlier, or cannot be read. */
bool pin_blocks_copy(const struct pin_blocks *blocks, void *buffer, uint64_t offset, size_t size);

/* Ends the use of everything that was read; pointers into it become invalid. Keeps a little of it for the
 * next use, some 12 KiB in all. */
void pin_blocks_trim(struct pin_blocks *blocks);

#endif
