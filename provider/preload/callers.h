/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Finds out which object of the process has called one of the shim's functions. Without the shim each object
 * might have reached another function of that name, so a table keeps the real functions of each caller. Used
 * by preload.c and preload_gnutls.c.
 */
#ifndef PIN_CALLERS_H
#define PIN_CALLERS_H

#include <stddef.h>

#include "common/claim.h"
#include "common/object.h"

/* The first member of each entry of a table. */
struct caller_place {
  /* The link_map's own string, compared by its address; NULL: the entry is free. */
  _Atomic(const char *) path;
  struct claim claim;
  const char *start, *end; /* the object's address range if it stays loaded; otherwise NULL */
};
/* A table of callers, with what is known of each. */

struct callers {
  void *places; /* `count` entries, all zero at first */
  size_t size;  /* of one entry, in bytes */
  int count;
  /* Fills the members behind the place. handle: of the caller's object, kept open; NULL: the object stays
   * loaded without one, or it may be unloaded. */
  void (*set_up)(void *place, void *handle, const struct object *object);
};

/*
 * The slow part of callers_of: the entry of the caller whose object contains `address`, filled in at its
 * first call. NULL: too many callers, or another thread is filling in the entry and does not finish. Keeps
 * errno.
 */
const void *callers_find(const struct callers *callers, const char *address);

/* The entry of that caller if it was filled in before; NULL: not found. Saves asking the dynamic linker,
 * which costs 400 instructions, several times a connection. */
static inline const void *callers_known(const struct callers *callers, const char *address) {
  const char *at = callers->places;

  for (int i = 0; i < callers->count; i++, at += callers->size) {
    const struct caller_place *place = (const void *)at;

    if (!claim_is_ready(&place->claim))
      break;
    if (address >= place->start && address < place->end)
      return place;
  }
  return NULL;
}
/* The entry of the caller whose code contains `address`; NULL as for callers_find. Any thread. */

static inline const void *callers_of(const struct callers *callers, const void *address) {
  const void *known = callers_known(callers, address);

  return known != NULL ? known : callers_find(callers, address);
}

#endif
