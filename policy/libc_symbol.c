/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "libc_symbol.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "elf_symbol.h"

/* Not every libc has this header; musl finds itself under "libc.so". */
#if __has_include(<gnu/lib-names.h>)
#include <gnu/lib-names.h>
#else
#define LIBC_SO "libc.so"
#endif

/* This must not call any function of libc's but the dynamic linker's: if lazy_libc.c is linked in, all
 * other calls lead back here. */
static void *libc_handle(void) {
  static _Atomic(void *) libc;
  void *handle = atomic_load_explicit(&libc, memory_order_relaxed);

  if (handle != NULL)
    return handle;
  /* Its name is found among the loaded objects without opening a file. The handle is never closed. */
  handle = dlopen(LIBC_SO, RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);
  /* Tried twice: libc is loaded, so only memory can have been missing, for a moment. */
  if (handle == NULL)
    handle = dlopen(LIBC_SO, RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);
  atomic_store_explicit(&libc, handle, memory_order_relaxed);
  return handle;
}

/* libc as it is in memory. */
struct libc_object {
  struct elf_tables tables;
  const char *start, *end;
};

static void *by_dlsym(const char *name) {
  void *handle = libc_handle();

  return handle != NULL ? dlsym(handle, name) : NULL;
}

#ifdef DLFO_STRUCT_HAS_EH_DBASE

typedef __typeof__(_dl_find_object) find_object_fn;

__attribute__((weak)) bool libc_lies_behind(void) {
  return false;
}

/* Opening libc by its name would compare that name with every name of every object. */
void *libc_find_object(void) {
  static _Atomic(void *) found;
  void *function = atomic_load_explicit(&found, memory_order_relaxed);

  if (function == NULL && libc_lies_behind())
    function = dlsym(RTLD_NEXT, "_dl_find_object");
  if (function == NULL)
    function = by_dlsym("_dl_find_object");
  atomic_store_explicit(&found, function, memory_order_relaxed);
  return function;
}

static bool is_libc(const char *path) {
  const char *name = path, *sought = LIBC_SO;

  for (; *path != '\0'; path++)
    name = *path == '/' ? path + 1 : name;
  while (*name != '\0' && *name == *sought) {
    name++;
    sought++;
  }
  return *name == *sought;
}

static bool find_object(void *address, struct dl_find_object *ret_object) {
  const union {
    void *address;
    find_object_fn *function;
  } find = {.address = libc_find_object()};

  return find.address != NULL && address != NULL && find.function(address, ret_object) == 0 &&
         is_libc(ret_object->dlfo_link_map->l_name);
}

static bool find_libc(struct libc_object *ret_libc) {
  struct dl_find_object found;

  /* Usually this is libc's own function. */
  if (!find_object(libc_find_object(), &found) && !find_object(by_dlsym("__errno_location"), &found))
    return false;
  ret_libc->tables = elf_tables_of(found.dlfo_link_map, found.dlfo_map_start, found.dlfo_map_end);
  ret_libc->start = found.dlfo_map_start;
  ret_libc->end = found.dlfo_map_end;
  return ret_libc->tables.hash != NULL;
}

#else

void *libc_find_object(void) {
  return NULL;
}

static bool find_libc(struct libc_object *ret_libc) {
  (void)ret_libc;
  return false;
}

#endif

enum { NOT_SOUGHT = 0, SOUGHT, FOUND };

/* NULL: not known, or another thread is looking for it. */
static const struct libc_object *libc_object(void) {
  static struct libc_object libc;
  static atomic_int state;
  int now = atomic_load_explicit(&state, memory_order_acquire);

  if (now == FOUND)
    return &libc;
  if (now != NOT_SOUGHT || !atomic_compare_exchange_strong(&state, &now, SOUGHT) || !find_libc(&libc))
    return NULL;
  atomic_store_explicit(&state, FOUND, memory_order_release);
  return &libc;
}

/* A function that libc chooses by the processor, as dlsym(3) finds it behind this object. NULL: there is
 * none, or it is not libc's. */
static void *chosen_behind_us(const struct libc_object *libc, const char *name) {
  char *address = dlsym(RTLD_NEXT, name);

  return address >= libc->start && address < libc->end ? address : NULL;
}

void *libc_symbol_named(struct elf_name name) {
  const struct libc_object *libc = libc_object();
  void *address = NULL;

  if (libc != NULL && !elf_symbol_named(&libc->tables, name, &address))
    address = chosen_behind_us(libc, name.name);
  return address != NULL ? address : by_dlsym(name.name);
}

void *libc_symbol(const char *name) {
  return libc_symbol_named(elf_name_of(name));
}

int libc_deepbind(void) {
  bool libc_allocates = dlsym(RTLD_DEFAULT, "malloc") == libc_symbol("malloc") &&
                        dlsym(RTLD_DEFAULT, "free") == libc_symbol("free");

  return libc_allocates ? RTLD_DEEPBIND : 0;
}
