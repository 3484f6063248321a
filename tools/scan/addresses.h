/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The addresses that a name has. Used by scan*.c and questions.c. */
#ifndef PINCTL_SCAN_ADDRESSES_H
#define PINCTL_SCAN_ADDRESSES_H

#include "base/must_use.h"
#include "scan/scan.h"

/* No more of a name are asked. */
#define SCAN_MOST_ADDRESSES 16

/* Begins to ask the resolver, unless the addresses would not be reached as asked: through a proxy. */
void addresses_begin(struct scan_host *host);

/*
 * Whether its answer, or the end of the time for it, so many milliseconds after the question, is still to
 * come. Once it is not, host->addresses has the addresses, where there are several, and the host is
 * incomplete where no answer came. Does not wait.
 */
bool addresses_pending(struct scan_host *host, long timeout);

void addresses_clear(struct scan_host *host);

/* What a host's addresses show that differs. */
void find_in_addresses(struct scan_host *host);

/* "192.0.2.1, 2001:db8::1: sha256/...; ...". NULL where only one was asked; for free(3). */
MUST_USE char *addresses_text(const struct scan_host *host);

#endif
