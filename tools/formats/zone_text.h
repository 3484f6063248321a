/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads the records of a zone file (RFC 1035, 5.1): comments, parentheses, $ORIGIN, $TTL, omitted owners.
 * Other files ($INCLUDE) and generated records ($GENERATE) are reported, not read. libldns is not used: it
 * silently takes a relative $ORIGIN or name for an absolute one, and so assigns pins to another host.
 */
#ifndef PINCTL_FORMATS_ZONE_TEXT_H
#define PINCTL_FORMATS_ZONE_TEXT_H

#include "base/memory.h"
#include "formats/conversion.h"

struct zone_record {
  const char *owner; /* absolute, without the trailing dot */
  bool is_relative;  /* the owner is relative, and no origin is known */
  const char *type;  /* "TLSA" also if it is written as TYPE52 (RFC 3597, 5) */
  char *const *data; /* the words behind the type */
  size_t data_count;
  unsigned line;       /* line of its first word */
  bool is_other_class; /* of a class other than IN */
};

struct zone_text {
  struct conversion *conversion;
  const char *at;
  unsigned line;
  char *origin;        /* "": the root, or not known */
  bool origin_is_open; /* the origin itself is relative to something unknown */
  char *owner;         /* owner of the last record */
  bool owner_is_relative;
  struct text_list words;
};

void zone_text_open(struct conversion *conversion, struct zone_text *ret_zone);
void zone_text_close(struct zone_text *zone);
/* Makes a name absolute, without the trailing dot. For free(3). */
char *zone_text_absolute(const struct zone_text *zone, const char *name);
/* Reads the next record, which is valid until the next call. Returns false at the end. */
bool zone_text_next(struct zone_text *zone, struct zone_record *ret_record);

#endif
