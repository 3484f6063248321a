/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The preload shim's memory of the names that the process resolved, for connections that give OpenSSL no
 * name. */
#ifndef PIN_RESOLVED_H
#define PIN_RESOLVED_H

#include "module.h"

/*
 * Remembers that `name` was resolved to `address`: a struct in_addr or a struct in6_addr, as the family says.
 * The newest few hundred are kept. Any thread, no lock.
 */
void resolved_remember(const char *name, int family, const void *address);

/* See module.h. */
pinning_resolved_name_fn resolved_name;

#endif
