/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Loaded objects: the shared library, or the program itself, that holds an address. Shared by pinning.so
 * and the preload shim.
 */
#ifndef PIN_OBJECT_H
#define PIN_OBJECT_H

#include <link.h>
#include <stddef.h>

/*
 * A dlopen(3) handle on the object that holds `address`; the program itself where it is part of that.
 * The object is kept loaded from then on: handles are never closed. NULL: no object holds it.
 */
void *object_open(const void *address);

/* What is known of a loaded object. */
struct object {
  const char *path;           /* under which it was loaded; "" for the program; lasts as long as the object */
  const char *start, *end;    /* the addresses that it takes, from the first to behind the last */
  const struct link_map *map; /* NULL: this libc does not tell */
};

/* The object that holds `address`. False: none does. */
int object_find(const void *address, struct object *ret_object);

/* Whether it is known to be loaded until the process ends, with nobody's handle. */
int object_stays(const struct object *object);

/*
 * Writes the path of `name` relative to the folder of the object that holds `address`. False when it does
 * not fit or there is no such folder.
 */
int object_sibling(const void *address, const char *name, char *ret_path, size_t size);

#endif
