/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The preload shim's memory of the names that the process resolved, for connections that give OpenSSL no
 * name. */
#ifndef PIN_RESOLVED_H
#define PIN_RESOLVED_H

#include <netdb.h>

#include "module.h"

/* Remembers that `name` was resolved to these addresses. The newest few hundred are kept. Any thread, no
 * lock. */
void resolved_remember(const char *name, const struct addrinfo *addresses);

/* See module.h. */
pinning_resolved_name_fn resolved_name;

#endif
