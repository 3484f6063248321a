/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Finds the string that a name stands for in a source: NAME = "...", NAME: Type = "...". Names are looked
 * up as in the languages: in the blocks and types around them, or in the type named before them. A name
 * stands for nothing if it is also a parameter, a loop variable or a member of another object, or if
 * something else is assigned to it without a declaration.
 */
#ifndef PINCTL_FORMATS_CONSTANTS_H
#define PINCTL_FORMATS_CONSTANTS_H

#include "base/memory.h"
#include "formats/tokens.h"
#include "formats/words.h"

struct constants {
  struct names names; /* by the keys that constants.c describes */
  const struct token *
      *values; /* by number; NULL: not just a string, different strings, or given by a caller */
  size_t count;
  struct names aliases;      /* names from imports; the number is an index into `imported` */
  struct text_list imported; /* keys; "": from another file */
  struct text_list imported_types;
  char *package;      /* NULL: none */
  bool has_receivers; /* there are functions with a receiver type, whose names come first */
};

/* Collects all assignments of the source. Clear the result before the tokens. */
struct constants constants_read(const struct tokens *tokens);
void constants_clear(struct constants *constants);

/* Returns the string that the name at a token stands for. NULL: it is not written out, or not certain. */
const struct token *constants_find(const struct constants *constants, const struct tokens *tokens, size_t at);

#endif
