/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Finds the entry for a port among many entries of one name. image_crowd_layout.c decides where they are. */
#include "image.h"

/* A binary search: read_entry checks that the ports of each entry ascend. */
bool pin_image_has_port(const struct pin_image_slot *slot, uint16_t port) {
  uint32_t begin = 0, end = slot->record.port_count;
  if (end == 0)
    return true;
  while (begin < end) {
    const uint32_t middle = begin + (end - begin) / 2;
    if (slot->ports[middle] == port)
      return true;
    if (slot->ports[middle] < port)
      begin = middle + 1;
    else
      end = middle;
  }
  return false;
}

bool pin_image_is_of_crowd(const struct pin_image_slot *crowd, const struct pin_image_slot *slot) {
  const struct pin_image_record *record = &slot->record;
  return (record->role == PIN_ROLE_OF_CROWD || record->role == PIN_ROLE_POINTER) && record->port_count > 0 &&
         pin_image_class_of(record) == pin_image_class_of(&crowd->record) &&
         record->name_length == crowd->record.name_length &&
         memcmp(slot->name, crowd->name, record->name_length) == 0;
}

bool pin_image_read_group(const struct pin_image *image, const struct pin_image_slot *crowd, uint32_t port,
                          struct pin_image_cursor *ret_cursor, uint64_t *ret_hash) {
  *ret_hash = pin_image_hash_by_port(crowd->record.base_hash, pin_image_class_of(&crowd->record), port);
  return pin_image_read_bucket(image, pin_image_bucket_of(*ret_hash, image->head.bucket_bits), ret_cursor);
}

/* Finds what the crowd has for `port` in the group of port `group_of`: an entry or a pointer. */
static enum pin_image_found find_in_group(const struct pin_image *image, const struct pin_image_slot *crowd,
                                          uint32_t group_of, uint16_t port, struct pin_image_slot *ret_slot) {
  struct pin_image_cursor cursor;
  uint64_t hash;
  if (!pin_image_read_group(image, crowd, group_of, &cursor, &hash))
    return PIN_FOUND_DAMAGE;
  while (cursor.left > 0) {
    if (pin_image_skip_slot(&cursor, hash))
      continue;
    if (!pin_image_read_slot(&cursor, ret_slot))
      return PIN_FOUND_DAMAGE;
    if (pin_image_is_of_crowd(crowd, ret_slot) && pin_image_has_port(ret_slot, port))
      return PIN_FOUND_ENTRY;
  }
  return PIN_FOUND_NOTHING;
}

enum pin_image_found pin_image_find_in_crowd(const struct pin_image *image,
                                             const struct pin_image_slot *crowd, uint16_t port,
                                             struct pin_image_slot *ret_slot) {
  const enum pin_image_found found = find_in_group(image, crowd, port, port, ret_slot);
  if (found != PIN_FOUND_ENTRY || ret_slot->record.role == PIN_ROLE_OF_CROWD)
    return found;
  /* If a pointer leads to no entry for the port, the host must not look uncovered. */
  const uint32_t lowest = ret_slot->record.line;
  if (find_in_group(image, crowd, lowest, port, ret_slot) == PIN_FOUND_ENTRY &&
      ret_slot->record.role == PIN_ROLE_OF_CROWD)
    return PIN_FOUND_ENTRY;
  return PIN_FOUND_DAMAGE;
}
