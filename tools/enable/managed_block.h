/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The lines that pinctl adds to somebody else's file: one block between two comments, at the end. All other
 * bytes stay as they are, and removing the block restores the file byte for byte.
 */
#ifndef PINCTL_ENABLE_MANAGED_BLOCK_H
#define PINCTL_ENABLE_MANAGED_BLOCK_H

#include <stdbool.h>

enum block_state {
  BLOCK_ABSENT,
  BLOCK_PRESENT,
  BLOCK_DAMAGED /* one of the two comments is missing, or there are several blocks */
};

struct block {
  enum block_state state;
  char
      *rest; /* owned; the text without the block; NULL: the file is to be removed, or the block is damaged */
  char *body; /* owned; the lines between the two comments; NULL: there is no block */
};

/* The start of the next line, or the end of the last. */
const char *next_line(const char *line);

/* Finds the block in a text. text NULL: there is no file. To be cleared. */
void block_find(const char *text, struct block *ret_block);
void block_clear(struct block *block);

/*
 * The text with a block at its end, with the same line ends as the text; for free(3). rest NULL: the file is
 * new. body: whole lines. NULL: removing the block would not restore `rest`.
 */
char *block_add(const char *rest, const char *body);

#endif
