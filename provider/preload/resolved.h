/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Remembers which names the process resolved to which addresses, for connections that give OpenSSL no name.
 * The shim's resolver functions call it, and the modules ask it through resolved_seen.
 *
 * A pair of a name and an address is kept as long as an entry of the policy covers the name. Other pairs, and
 * covered names without an address, are also kept because an entry for them may be added, but only the newest
 * few thousand; the policy is asked when there are that many. If an address has thousands of covered names,
 * the module is told that names may be missing. Memory is allocated when the first name is resolved. Any
 * thread; no lock that a fork could leave locked.
 */
#ifndef PIN_RESOLVED_H
#define PIN_RESOLVED_H

#include "common/module.h"

/* Remembers that `name` was resolved to `address`: a struct in_addr or a struct in6_addr, depending on the
 * family. May change errno. */
void resolved_remember(const char *name, int family, const void *address);

/* resolved_begin: the addresses of the name are being looked up. Until resolved_end says that all are
 * known, the name counts as a name of every address. Both may change errno. */
void resolved_begin(const char *name);
void resolved_end(const char *name);

/* The functions by which a module asks. */
extern const struct pinning_seen resolved_seen;

#endif
