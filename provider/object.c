/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "object.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "text.h"

const char *object_path(const void *address) {
  /* dladdr(3) would walk the object's symbol table, some 400,000 instructions in libcrypto; this does not. */
  struct dl_find_object found;
  void *key;

  memcpy(&key, &address, sizeof key);
  if (_dl_find_object(key, &found) != 0)
    return NULL;
  return found.dlfo_link_map->l_name;
}

void *object_open(const void *address) {
  const char *path = object_path(address);

  if (path == NULL)
    return NULL;
  return dlopen(*path != '\0' ? path : NULL, RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);
}

int object_sibling(const void *address, const char *name, char *ret_path, size_t size) {
  const char *path = object_path(address);
  size_t folder = path != NULL ? (size_t)(text_base(path) - path) : 0;
  size_t length = strlen(name);

  if (folder == 0 || folder + length >= size)
    return 0;
  memcpy(ret_path, path, folder);
  memcpy(ret_path + folder, name, length + 1);
  return 1;
}
