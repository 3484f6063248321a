/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Finds the addresses of a name and compares the keys that they show. Used by scan*.c and questions.c. */
#ifndef PINCTL_SCAN_ADDRESSES_H
#define PINCTL_SCAN_ADDRESSES_H

#include "base/must_use.h"
#include "scan/scan.h"

/* More addresses of a name are ignored. */
#define SCAN_MOST_ADDRESSES 16

/* Starts the lookup, unless a proxy is used: that would choose the address itself. */
void addresses_begin(struct scan_host *host);

/*
 * Whether the lookup still runs; does not wait. timeout: milliseconds that it may take. When it has ended,
 * host->addresses has the addresses if there are several, and the host is incomplete if no answer came.
 */
bool addresses_pending(struct scan_host *host, long timeout);

void addresses_clear(struct scan_host *host);

/* Adds findings about addresses with different keys, or none. */
void find_in_addresses(struct scan_host *host);

/* "192.0.2.1, 2001:db8::1: sha256/...; ...". NULL: only one was asked. For free(3). */
MUST_USE char *addresses_text(const struct scan_host *host);

#endif
