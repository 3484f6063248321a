/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The addresses that a name has. Used by scan*.c and questions.c. */
#ifndef PINCTL_SCAN_ADDRESSES_H
#define PINCTL_SCAN_ADDRESSES_H

#include "scan/scan.h"

/* No more of a name are asked. */
#define SCAN_MOST_ADDRESSES 16

/*
 * Asks the resolver, and waits for it. Leaves host->addresses empty where there is only one, or where others
 * would not be reached as asked: through a proxy.
 */
void addresses_find(struct scan_host *host);

void addresses_clear(struct scan_host *host);

/* What a host's addresses show that differs. */
void find_in_addresses(struct scan_host *host);

/* "192.0.2.1, 2001:db8::1: sha256/...; ...". NULL where only one was asked; for free(3). */
char *addresses_text(const struct scan_host *host);

#endif
