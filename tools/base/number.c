/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

bool number_read(const char *text, long least, long most, long *ret_number) {
  size_t length = strlen(text);
  if (length == 0 || length > 9 || strspn(text, "0123456789") != length)
    return false;
  long number = strtol(text, NULL, 10);
  if (number < least || number > most)
    return false;
  *ret_number = number;
  return true;
}
