/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Which object of the process has called one of the shim's functions: each has found another function of that
 * name, had the shim not been there, so a table holds what was found for each.
 */
#ifndef PIN_CALLERS_H
#define PIN_CALLERS_H

#include <stddef.h>

#include "common/claim.h"
#include "common/object.h"

/* The first member of a table's entries. */
struct caller_place {
  _Atomic(const char *) path; /* its link_map's own string, so the address is its identity; NULL: free */
  struct claim claim;
  const char *start, *end; /* its addresses, where it stays loaded; otherwise none */
};

struct callers {
  void *places; /* all zero */
  size_t size;  /* of one */
  int count;
  /* Fills what is behind the place. handle: of the object; NULL: it stays without one, or may be unloaded. */
  void (*set_up)(void *place, void *handle, const struct object *object);
};

/*
 * Behind callers_known: the caller that holds `address`, set up at its first call. NULL: there are too many,
 * or another thread is setting it up at this moment and does not finish. Keeps errno.
 */
const void *callers_find(const struct callers *callers, const char *address);

/* Asking the dynamic linker whose an address is costs 400 instructions, several times a connection. */
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

static inline const void *callers_of(const struct callers *callers, const void *address) {
  const void *known = callers_known(callers, address);

  return known != NULL ? known : callers_find(callers, address);
}

#endif
