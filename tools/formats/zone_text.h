/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The records of a zone file (RFC 1035, 5.1): comments, parentheses, $ORIGIN, $TTL, owners left out. Other
 * files ($INCLUDE) are not read, and what stands between quotes is one word.
 */
#ifndef PINCTL_FORMATS_ZONE_TEXT_H
#define PINCTL_FORMATS_ZONE_TEXT_H

#include "base/memory.h"
#include "formats/conversion.h"

struct zone_record {
  const char *owner; /* as the zone means it: with the origin, without a trailing dot */
  const char *type;
  char *const *data; /* the words behind the type */
  size_t data_count;
  unsigned line; /* of its first word */
};

struct zone_text {
  struct conversion *conversion;
  const char *at;
  unsigned line;
  char *origin; /* "": none was named, names are taken as they stand */
  char *owner;  /* of the last record */
  struct text_list words;
};

void zone_text_open(struct conversion *conversion, struct zone_text *ret_zone);
void zone_text_close(struct zone_text *zone);
/* The next record, valid until the call after; false: no more. */
bool zone_text_next(struct zone_text *zone, struct zone_record *ret_record);

#endif
