/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * TLS with a PostgreSQL server, over a connected non-blocking socket: SSLRequest, its answer of one byte, the
 * handshake. A state machine that never blocks, so that it runs among libcurl's transfers.
 */
#ifndef PINCTL_PROBE_POSTGRES_H
#define PINCTL_PROBE_POSTGRES_H

#include "probe_capture.h"

struct postgres;

/* host: NULL for an IP address, which is no server name (RFC 6066, 3). socket: stays the caller's, and must
 * outlive it. NULL when OpenSSL has no memory. */
struct postgres *postgres_new(int socket, const char *host, struct capture *capture);
/* Takes NULL. */
void postgres_free(struct postgres *postgres);

enum postgres_progress { POSTGRES_WAITS = 0, POSTGRES_DONE, POSTGRES_FAILED };

/* Goes as far as it can now. *ret_error is a static text, written only on failure. */
enum postgres_progress postgres_step(struct postgres *postgres, const char **ret_error);

/* The poll(2) event to wait for. */
short postgres_event(const struct postgres *postgres);

#endif
