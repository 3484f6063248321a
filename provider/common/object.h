/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Finds the loaded object (a shared library or the program itself) that contains an address. */
#ifndef PIN_OBJECT_H
#define PIN_OBJECT_H

#include <link.h>
#include <stddef.h>

/* A dlopen(3) handle of the object that contains `address`. The handle is never closed, so the object
 * stays loaded. NULL: no object contains the address, or no memory. */
void *object_open(const void *address);

/* What is known of a loaded object. */
struct object {
  const char *path; /* path under which it was loaded; "" for the program; valid as long as the object */
  const char *start, *end;    /* its address range; `end` is one past the last byte */
  const struct link_map *map; /* NULL: this libc does not tell */
};

/* Finds the object that contains `address`. Returns 0 if none does. */
int object_find(const void *address, struct object *ret_object);

/* Whether the object is sure to stay loaded until the process ends without a handle of ours. */
int object_stays(const struct object *object);

/* Writes the path of `name`, relative to the folder of the object that contains `address`. Returns 0 if it
 * does not fit or there is no such folder. */
int object_sibling(const void *address, const char *name, char *ret_path, size_t size);

#endif
