/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "view/name_pattern.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"

bool is_name_pattern(const char *word) {
  /* A bracket that begins a word is that of an IPv6 address. */
  return strpbrk(word, "*?") != NULL || (strchr(word, '[') != NULL && *word != '[');
}

bool name_fits(const char *pattern, const char *name) {
  if (strcmp(pattern, name) == 0)
    return true;
  if (is_name_pattern(pattern))
    return fnmatch(pattern, name, FNM_CASEFOLD) == 0;
  AUTO_TEXT host = NULL;
  uint16_t port = 0;
  return host_and_port_read(pattern, &host, &port) && strcmp(host, name) == 0;
}
