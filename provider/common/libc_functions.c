/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "libc_functions.h"

#include <string.h>

#include "libc_symbol.h"

/* The names one after another, with an empty one at the end, in the order of struct libc_functions. */
#define X(name) #name "\0"
static const char names[] = PIN_LIBC_FUNCTIONS(X);
#undef X

#define X(name) char name;
_Static_assert(sizeof(struct libc_functions) == sizeof(struct {PIN_LIBC_FUNCTIONS(X)}) * sizeof(void *),
               "these functions and nothing else");
#undef X

bool libc_functions_bind(struct libc_functions *ret_functions) {
  char *place = (char *)ret_functions;

  for (const char *name = names; *name != '\0'; name += strlen(name) + 1) {
    void *address = libc_symbol(name);

    if (address == NULL)
      return false;
    memcpy(place, &address, sizeof address);
    place += sizeof address;
  }
  return true;
}
