/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "callers.h"

#include <errno.h>

static const void *set_up(const struct callers *callers, struct caller_place *place, const void *address,
                          const struct object *object) {
  void *handle = NULL;

  switch (claim_take(&place->claim)) {
  case CLAIM_IS_OURS:
    if (!object_stays(object))
      handle = object_open(address);
    if (handle != NULL || object_stays(object)) {
      place->start = object->start;
      place->end = object->end;
    }
    callers->set_up(place, handle, object);
    claim_finish(&place->claim);
    return place;
  case CLAIM_IS_READY:
    return place;
  case CLAIM_HANGS:
    break;
  }
  return NULL;
}

static const void *find(const struct callers *callers, const void *address) {
  struct object object;
  char *at = callers->places;

  if (!object_find(address, &object))
    return NULL;
  for (int i = 0; i < callers->count; i++, at += callers->size) {
    struct caller_place *place = (void *)at;
    const char *path = atomic_load(&place->path);

    if (path == NULL && atomic_compare_exchange_strong(&place->path, &path, object.path))
      path = object.path;
    if (path == object.path)
      return set_up(callers, place, address, &object);
  }
  return NULL;
}

const void *callers_find(const struct callers *callers, const char *address) {
  int saved_errno = errno;
  const void *caller = find(callers, address);

  errno = saved_errno;
  return caller;
}
