/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The preload shim's memory of the names that the process resolved, for connections that give OpenSSL no
 * name.
 *
 * A pair of name and address is kept as long as an entry of the policy covers the name. Others are kept too,
 * for an entry may come, and covered names without an address, but only the newest few thousand; the policy
 * is asked when there are so many. Of an address with thousands of covered names it is said that names may be
 * missing. All of it is allocated when the first name is resolved. Any thread, no lock that a fork could
 * leave taken.
 */
#ifndef PIN_RESOLVED_H
#define PIN_RESOLVED_H

#include "common/module.h"

/*
 * Remembers that `name` was resolved to `address`: a struct in_addr or a struct in6_addr, as the family says.
 * Leaves errno changed.
 */
void resolved_remember(const char *name, int family, const void *address);

/* The addresses of the name are being looked for: until it is told that they are all known, it counts as the
 * name of each. */
void resolved_begin(const char *name);
void resolved_end(const char *name);

/* What pinning.so is given. */
extern const struct pinning_seen resolved_seen;

#endif
