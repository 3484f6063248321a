/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "libc_functions.h"

#include <stddef.h>
#include <string.h>

#include "libc_symbol.h"

bool libc_functions_bind(struct libc_functions *ret_functions) {
  static const struct {
    const char *name;
    size_t offset;
  } functions[] = {
#define X(name) {#name, offsetof(struct libc_functions, name)},
      PIN_LIBC_FUNCTIONS(X)
#undef X
  };

  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    void *address = libc_symbol(functions[i].name);

    if (address == NULL)
      return false;
    memcpy((char *)ret_functions + functions[i].offset, &address, sizeof address);
  }
  return true;
}
