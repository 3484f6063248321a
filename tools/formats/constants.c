/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/constants.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct constant {
  const char *name, *text; /* NULL: it is more than a string */
};

static int compare(const void *a, const void *b) {
  return strcmp(((const struct constant *)a)->name, ((const struct constant *)b)->name);
}

/* One for each name: of several with the same text the first, of different ones none. */
static void join(struct constants *constants) {
  size_t kept = 0;
  for (size_t i = 0; i < constants->count; i++) {
    struct constant *last = kept == 0 ? NULL : &constants->items[kept - 1];
    const struct constant *next = &constants->items[i];
    if (last == NULL || strcmp(last->name, next->name) != 0)
      constants->items[kept++] = *next;
    else if (last->text == NULL || next->text == NULL || strcmp(last->text, next->text) != 0)
      last->text = NULL;
  }
  constants->count = kept;
}

struct constants constants_read(const struct tokens *tokens) {
  struct constants found = {.items = must_alloc(tokens->count + 1, sizeof *found.items)};
  for (size_t i = 0; i + 2 < tokens->count; i++) {
    size_t equals = token_is(tokens, i + 1, ":") ? i + 3 : i + 1;
    if (token_at(tokens, i)->kind != TOKEN_WORD || !token_is(tokens, equals, "=") ||
        token_is(tokens, equals + 1, "="))
      continue;
    size_t at = equals + (token_is(tokens, equals + 1, "@") ? 2 : 1);
    const struct token *text = token_at(tokens, at);
    bool is_plain = text->kind == TOKEN_STRING && !text->is_open && !token_is(tokens, at + 1, "+");
    found.items[found.count++] =
        (struct constant){.name = token_at(tokens, i)->text, .text = is_plain ? text->text : NULL};
  }
  if (found.count > 1)
    qsort(found.items, found.count, sizeof *found.items, compare);
  join(&found);
  return found;
}

void constants_clear(struct constants *constants) {
  free(constants->items);
  *constants = (struct constants){0};
}

const char *constants_find(const struct constants *constants, const char *name) {
  const struct constant wanted = {.name = name};
  const struct constant *found =
      constants->count == 0 ? NULL
                            : bsearch(&wanted, constants->items, constants->count, sizeof wanted, compare);
  return found == NULL ? NULL : found->text;
}
