/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "object.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "text.h"

int object_find(const void *address, struct object *ret_object) {
  /* dladdr(3) would walk the object's symbol table, some 400,000 instructions in libcrypto; this does not. */
  struct dl_find_object found;
  void *key;

  memcpy(&key, &address, sizeof key);
  if (_dl_find_object(key, &found) != 0)
    return 0;
  ret_object->path = found.dlfo_link_map->l_name;
  ret_object->start = found.dlfo_map_start;
  ret_object->end = found.dlfo_map_end;
  return 1;
}

void *object_open(const void *address) {
  struct object object;

  if (!object_find(address, &object))
    return NULL;
  return dlopen(*object.path != '\0' ? object.path : NULL, RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);
}

int object_sibling(const void *address, const char *name, char *ret_path, size_t size) {
  struct object object;
  size_t folder, length = strlen(name);

  if (!object_find(address, &object))
    return 0;
  folder = (size_t)(text_base(object.path) - object.path);
  if (folder == 0 || folder + length >= size)
    return 0;
  memcpy(ret_path, object.path, folder);
  memcpy(ret_path + folder, name, length + 1);
  return 1;
}
