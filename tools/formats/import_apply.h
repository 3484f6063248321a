/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What was read from a foreign format, put into the policy. */
#ifndef PINCTL_FORMATS_IMPORT_APPLY_H
#define PINCTL_FORMATS_IMPORT_APPLY_H

#include "formats/conversion.h"

struct import_wish {
  const char *policy;
  const char *list;   /* the name of the list */
  const char *format; /* for the file */
  bool strict;        /* a host that has an entry already is a reason to change nothing */
  bool dry_run;
};

/*
 * Writes the list, in place of an earlier one of the same name. Hosts that have an entry elsewhere are left
 * out, each with a warning. Returns an exit status, having said what was done.
 */
int import_apply_list(struct conversion *conversion, const struct import_wish *wish);

/* Writes the only entry into the drop-in of its host, as "pinctl add" would; refuses where it has one. */
int import_apply_host(struct conversion *conversion, const struct import_wish *wish);

#endif
