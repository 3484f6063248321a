/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "digest_cache.h"

#include <stdatomic.h>
#include <string.h>

#define PLACES 16

/* A thread that finds a place held goes on without it. In a child forked meanwhile the place stays held. */
struct place {
  atomic_bool held;
  size_t size; /* 0: empty */
  unsigned char digest[32];
  unsigned char data[DIGEST_CACHE_MOST];
};

static struct place places[PLACES];

/* Takes the place for this data; the caller gives it back by let_go. NULL: another thread holds it, or
 * data of this size is not kept. */
static struct place *hold(const unsigned char *data, size_t size) {
  struct place *place;

  if (size < DIGEST_CACHE_LEAST || size > DIGEST_CACHE_MOST)
    return NULL;
  /* The last bytes belong to the key; in an RSA key they are the exponent. */
  place = &places[(data[size - 1] ^ data[size - 7]) % PLACES];
  return atomic_exchange_explicit(&place->held, true, memory_order_acquire) ? NULL : place;
}

static void let_go(struct place *place) {
  atomic_store_explicit(&place->held, false, memory_order_release);
}

bool digest_cache_find(const void *data, size_t size, unsigned char ret_digest[32]) {
  struct place *place = hold(data, size);
  bool found;

  if (place == NULL)
    return false;
  found = place->size == size && memcmp(place->data, data, size) == 0;
  if (found)
    memcpy(ret_digest, place->digest, sizeof place->digest);
  let_go(place);
  return found;
}

void digest_cache_keep(const void *data, size_t size, const unsigned char digest[32]) {
  struct place *place = hold(data, size);

  if (place == NULL)
    return;
  place->size = size;
  memcpy(place->data, data, size);
  memcpy(place->digest, digest, sizeof place->digest);
  let_go(place);
}
