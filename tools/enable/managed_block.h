/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The lines that pinctl adds to a file of somebody else's: one block between two comments, at the end. All
 * other bytes stay as they are, and taking the block out gives back the very bytes that were there before.
 */
#ifndef PINCTL_ENABLE_MANAGED_BLOCK_H
#define PINCTL_ENABLE_MANAGED_BLOCK_H

#include <stdbool.h>

enum block_state {
  BLOCK_ABSENT,
  BLOCK_PRESENT,
  BLOCK_DAMAGED /* only one of the two comments is there, or there are several blocks */
};

struct block {
  enum block_state state;
  char *rest; /* the text without the block; NULL: the file is to go, or the block is damaged */
  char *body; /* what is between the two comments; NULL: there is no block */
};

/* Behind the line, or its end where it is the last. */
const char *next_line(const char *line);

/* text NULL: there is no file. To be cleared. */
void block_find(const char *text, struct block *ret_block);
void block_clear(struct block *block);

/*
 * The text with a block at its end, in the text's own kind of line ends; for free(3). rest NULL: the file is
 * new. body: whole lines. NULL where taking the block out again would not give back `rest`.
 */
char *block_add(const char *rest, const char *body);

#endif
