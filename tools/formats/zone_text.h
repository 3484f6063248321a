/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The records of a zone file (RFC 1035, 5.1): comments, parentheses, $ORIGIN, $TTL, owners left out. Other
 * files ($INCLUDE) and records that are made ($GENERATE) are named, not read. Not libldns: it takes a
 * relative $ORIGIN and a relative name for whole ones, and so for those of another host, and says nothing.
 */
#ifndef PINCTL_FORMATS_ZONE_TEXT_H
#define PINCTL_FORMATS_ZONE_TEXT_H

#include "base/memory.h"
#include "formats/conversion.h"

struct zone_record {
  const char *owner; /* as the zone means it: with the origin, without a trailing dot */
  bool is_relative;  /* the owner has no trailing dot, and nothing says what it is relative to */
  const char *type;  /* "TLSA" also where it is spelled TYPE52 (RFC 3597, 5) */
  char *const *data; /* the words behind the type */
  size_t data_count;
  unsigned line;       /* of its first word */
  bool is_other_class; /* not of the Internet, but of CH or the like */
};

struct zone_text {
  struct conversion *conversion;
  const char *at;
  unsigned line;
  char *origin;        /* "": the root, or none was named */
  bool origin_is_open; /* nothing says what it is relative to */
  char *owner;         /* of the last record */
  bool owner_is_relative;
  struct text_list words;
};

void zone_text_open(struct conversion *conversion, struct zone_text *ret_zone);
void zone_text_close(struct zone_text *zone);
/* A name as the zone means it: with the origin, without a trailing dot. For free(3). */
char *zone_text_absolute(const struct zone_text *zone, const char *name);
/* The next record, valid until the call after; false: no more. */
bool zone_text_next(struct zone_text *zone, struct zone_record *ret_record);

#endif
