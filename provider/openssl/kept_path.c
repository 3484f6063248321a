/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "kept_path.h"

#include <stdlib.h>
#include <string.h>

#include "host_name.h"

/*
 * The layout: these bytes, the last of which is the version; a byte of flags; the number of keys; for each
 * key, from the peer's upwards, its digest, and with FLAG_CERTIFICATES that of its certificate; the length of
 * the name for which the peer's certificate was found valid, 0 for none; the name.
 */
static const unsigned char form[] = {'p', 'i', 'n', 'p', 'a', 't', 'h', 3};

#define FLAGS_AT sizeof form
#define COUNT_AT (FLAGS_AT + 1)
#define KEYS_AT (COUNT_AT + 1)
#define MOST_NAME 255

#define FLAG_WHOLE 1U
#define FLAG_CERTIFICATES 2U
#define FLAG_PERMITTED 4U /* all CAs of the path permit it (path_permission); if not set, nobody checked */

static size_t size_of_key(unsigned flags) {
  return sizeof(struct pin_digest) * ((flags & FLAG_CERTIFICATES) != 0 ? 2 : 1);
}

/* The offset of the byte with the name's length. */
static size_t name_at(const unsigned char *bytes) {
  return KEYS_AT + bytes[COUNT_AT] * size_of_key(bytes[FLAGS_AT]);
}

struct kept_path *kept_path_new(const struct path *path, bool whole, const char *name) {
  bool permitted = path->permitted >= path->pin.count;
  unsigned flags = (whole ? FLAG_WHOLE : 0U) | (path->with_certificates ? FLAG_CERTIFICATES : 0U) |
                   (permitted ? FLAG_PERMITTED : 0U);
  size_t length = name != NULL && strlen(name) <= MOST_NAME ? strlen(name) : 0;
  size_t size = KEYS_AT + path->pin.count * size_of_key(flags) + 1 + length;
  struct kept_path *kept = path->pin.count > 0 ? malloc(sizeof *kept + size) : NULL;
  unsigned char *at;

  if (kept == NULL)
    return NULL;
  kept->size = size;
  memcpy(kept->bytes, form, sizeof form);
  kept->bytes[FLAGS_AT] = (unsigned char)flags;
  kept->bytes[COUNT_AT] = (unsigned char)path->pin.count;
  at = kept->bytes + KEYS_AT;
  for (size_t depth = 0; depth < path->pin.count; depth++) {
    memcpy(at, &path->keys[depth].key, sizeof(struct pin_digest));
    if (path->with_certificates)
      memcpy(at + sizeof(struct pin_digest), &path->keys[depth].certificate, sizeof(struct pin_digest));
    at += size_of_key(flags);
  }
  *at++ = (unsigned char)length;
  if (length > 0)
    memcpy(at, name, length);
  return kept;
}

bool kept_path_is_one(const unsigned char *bytes, size_t size) {
  unsigned flags, count;

  if (bytes == NULL || size < KEYS_AT || memcmp(bytes, form, sizeof form) != 0)
    return false;
  flags = bytes[FLAGS_AT];
  count = bytes[COUNT_AT];
  return (flags & ~(FLAG_WHOLE | FLAG_CERTIFICATES | FLAG_PERMITTED)) == 0 && count > 0 &&
         count <= PATH_MAX_KEYS && size > name_at(bytes) &&
         size == name_at(bytes) + 1 + bytes[name_at(bytes)];
}

bool kept_path_read(const unsigned char *bytes, size_t size, bool with_certificates, struct path *ret_path,
                    bool *ret_whole) {
  const unsigned char *at;
  unsigned flags;

  if (!kept_path_is_one(bytes, size))
    return false;
  flags = bytes[FLAGS_AT];
  if (with_certificates && (flags & FLAG_CERTIFICATES) == 0)
    return false;
  ret_path->pin.keys = ret_path->keys;
  ret_path->pin.count = bytes[COUNT_AT];
  at = bytes + KEYS_AT;
  for (size_t depth = 0; depth < ret_path->pin.count; depth++) {
    struct pin_path_key *key = &ret_path->keys[depth];

    memset(key, 0, sizeof *key);
    memcpy(&key->key, at, sizeof key->key);
    if (with_certificates)
      memcpy(&key->certificate, at + sizeof key->key, sizeof key->certificate);
    ret_path->certificates[depth] = NULL;
    at += size_of_key(flags);
  }
  ret_path->permission = (flags & FLAG_PERMITTED) != 0 ? PIN_REASON_MATCHED : PIN_REASON_WRONG_NAME;
  ret_path->permitted = (flags & FLAG_PERMITTED) != 0 ? ret_path->pin.count : 1;
  *ret_whole = (flags & FLAG_WHOLE) != 0;
  return true;
}

bool kept_path_speaks_for(const unsigned char *bytes, size_t size, const char *name) {
  char kept[MOST_NAME + 1];
  size_t at;

  if (!kept_path_is_one(bytes, size))
    return false;
  at = name_at(bytes);
  memcpy(kept, bytes + at + 1, bytes[at]);
  kept[bytes[at]] = '\0';
  return bytes[at] > 0 && pin_name_is_same(kept, name);
}
