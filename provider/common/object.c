/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "object.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

#include "libc_symbol.h"
#include "text.h"

/* ---- By _dl_find_object, in glibc 2.35 and later ---- */

#ifdef DLFO_STRUCT_HAS_EH_DBASE

/* Does not walk the object's symbol table as dladdr(3) would, which takes some 400,000 instructions in
 * libcrypto. False: this libc has no such function. */
static bool find_at_once(const void *address, struct object *ret_object, int *ret_found) {
  __typeof__(_dl_find_object) *find;
  struct dl_find_object found;
  void *key, *symbol = libc_find_object();

  if (symbol == NULL)
    return false;
  memcpy(&find, &symbol, sizeof find);
  memcpy(&key, &address, sizeof key);
  *ret_found = find(key, &found) == 0;
  if (*ret_found == 0)
    return true;
  ret_object->map = found.dlfo_link_map;
  ret_object->path = found.dlfo_link_map->l_name;
  ret_object->start = found.dlfo_map_start;
  ret_object->end = found.dlfo_map_end;
  return true;
}

#else

static bool find_at_once(const void *address, struct object *ret_object, int *ret_found) {
  (void)address;
  (void)ret_object;
  (void)ret_found;
  return false;
}

#endif

/* ---- By dl_iterate_phdr, which every libc has ---- */

struct search {
  const char *address;
  struct object *object;
};

static int look_at(struct dl_phdr_info *info, size_t size, void *arg) {
  const struct search *search = arg;
  ElfW(Addr) start = UINTPTR_MAX, end = 0, address = (ElfW(Addr))search->address;

  (void)size;
  for (const ElfW(Phdr) *part = info->dlpi_phdr; part < info->dlpi_phdr + info->dlpi_phnum; part++) {
    ElfW(Addr) first = info->dlpi_addr + part->p_vaddr;

    if (part->p_type != PT_LOAD)
      continue;
    start = first < start ? first : start;
    end = first + part->p_memsz > end ? first + part->p_memsz : end;
  }
  if (address < start || address >= end)
    return 0;
  search->object->map = NULL;
  search->object->path = info->dlpi_name;
  search->object->start = search->address - (address - start);
  search->object->end = search->address + (end - address);
  return 1;
}

int object_find(const void *address, struct object *ret_object) {
  struct search search = {.address = address, .object = ret_object};
  int found;

  if (find_at_once(address, ret_object, &found))
    return found;
  return dl_iterate_phdr(look_at, &search);
}

int object_stays(const struct object *object) {
  if (object->map == NULL)
    return 0;
  if (*object->path == '\0')
    return 1;
  for (const ElfW(Dyn) *part = object->map->l_ld; part->d_tag != DT_NULL; part++) {
    if (part->d_tag == DT_FLAGS_1)
      return (part->d_un.d_val & DF_1_NODELETE) != 0;
  }
  return 0;
}

void *object_open(const void *address) {
  const int flags = RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL;
  struct object object;
  const char *path;
  void *handle;

  if (!object_find(address, &object))
    return NULL;
  path = *object.path != '\0' ? object.path : NULL;
  handle = dlopen(path, flags);
  /* Tried twice, because the object is loaded, so only memory can have been missing, and without the
   * handle nothing would be enforced. */
  return handle != NULL ? handle : dlopen(path, flags);
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
