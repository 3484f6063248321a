/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

#ifndef PIN_BASENAME_H
#define PIN_BASENAME_H

#include <string.h>

/*
 * What follows the last slash of a path; all of it where there is none. Not strrchr(3): each function of libc
 * that pinning.so names costs every process that loads it 700 instructions.
 */
static inline const char *pin_basename(const char *path) {
  const char *base = path + strlen(path);
  while (base > path && base[-1] != '/')
    base--;
  return base;
}

#endif
