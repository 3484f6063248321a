/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

#ifndef PIN_BASENAME_H
#define PIN_BASENAME_H

#include <string.h>

/*
 * What follows the last slash of a path; all of it if there is none. Used by the parts that are linked into
 * pinning.so. Not strrchr(3), because each function of libc that pinning.so names costs every process that
 * loads it 700 instructions.
 */
static inline const char *pin_basename(const char *path) {
  const char *base = path + strlen(path);
  while (base > path && base[-1] != '/')
    base--;
  return base;
}

#endif
