/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/constants.h"

#include <string.h>

#include "base/memory.h"

struct constants constants_read(const struct tokens *tokens) {
  struct constants found = {0};
  for (size_t i = 0; i + 2 < tokens->count; i++) {
    size_t equals = token_is(tokens, i + 1, ":") ? i + 3 : i + 1;
    if (token_at(tokens, i)->kind != TOKEN_WORD || !token_is(tokens, equals, "=") ||
        token_is(tokens, equals + 1, "="))
      continue;
    size_t at = equals + (token_is(tokens, equals + 1, "@") ? 2 : 1);
    const struct token *text = token_at(tokens, at);
    bool is_plain = text->kind == TOKEN_STRING && !text->is_open && !token_is(tokens, at + 1, "+");
    const char *value = is_plain ? text->text : NULL;
    size_t number = names_find(&found.names, token_at(tokens, i)->text);
    if (number == NAMES_NONE) {
      names_add(&found.names, token_at(tokens, i)->text, found.count);
      found.texts = must_room(found.texts, found.count, sizeof *found.texts);
      found.texts[found.count++] = value;
    } else if (value == NULL || found.texts[number] == NULL || strcmp(value, found.texts[number]) != 0) {
      found.texts[number] = NULL;
    }
  }
  return found;
}

void constants_clear(struct constants *constants) {
  names_clear(&constants->names);
  free(constants->texts);
  *constants = (struct constants){0};
}

const char *constants_find(const struct constants *constants, const char *name) {
  size_t number = names_find(&constants->names, name);
  return number == NAMES_NONE ? NULL : constants->texts[number];
}
