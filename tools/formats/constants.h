/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What a source assigns to names: NAME = "...", NAME: Type = "...". */
#ifndef PINCTL_FORMATS_CONSTANTS_H
#define PINCTL_FORMATS_CONSTANTS_H

#include "formats/names.h"
#include "formats/tokens.h"

struct constants {
  struct names names;
  const char **texts; /* of each; NULL: it is more than a string, or different ones */
  size_t count;
};

/* All assignments of the source. To be cleared before the tokens. */
struct constants constants_read(const struct tokens *tokens);
void constants_clear(struct constants *constants);

/* The string that a name stands for; NULL: none that is written out, or different ones. */
const char *constants_find(const struct constants *constants, const char *name);

#endif
