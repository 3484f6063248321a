/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What a source assigns to names: NAME = "...", NAME: Type = "...". A name is looked for as the languages do,
 * in the blocks and types around it, or in the type that is named before it. One that is also a parameter, a
 * loop's or another object's stands for nothing, and neither does one to which something else is assigned
 * without a declaration.
 */
#ifndef PINCTL_FORMATS_CONSTANTS_H
#define PINCTL_FORMATS_CONSTANTS_H

#include "base/memory.h"
#include "formats/tokens.h"
#include "formats/words.h"

struct constants {
  struct names names;          /* keys of constants.c */
  const struct token **values; /* of each; NULL: it is more than a string, different ones, or a caller's */
  size_t count;
  struct names aliases;      /* what imports name; the number is that in `imported` */
  struct text_list imported; /* keys; "": of another file */
  struct text_list imported_types;
  char *package;      /* NULL: none */
  bool has_receivers; /* there are functions to which a type lends its names */
};

/* All assignments of the source. To be cleared before the tokens. */
struct constants constants_read(const struct tokens *tokens);
void constants_clear(struct constants *constants);

/* The string that the name at a token stands for; NULL: none that is written out, or none that is sure. */
const struct token *constants_find(const struct constants *constants, const struct tokens *tokens, size_t at);

#endif
