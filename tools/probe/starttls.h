/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * TLS with servers that are asked for it in one message of their own: PostgreSQL (SSLRequest) and LDAP
 * (StartTLS). Over a connected non-blocking socket: the message, its answer, the handshake; for SSL 3 and 2
 * the message and its answer alone. A state machine that never blocks, so that it runs among libcurl's
 * transfers.
 */
#ifndef PINCTL_PROBE_STARTTLS_H
#define PINCTL_PROBE_STARTTLS_H

#include "probe/capture.h"

struct request;

/* Whether a target is asked like this. */
bool request_is_for(const struct probe_target *target);

/* host: NULL for an IP address, which is no server name (RFC 6066, 3). socket: stays the caller's, and must
 * outlive it. NULL when OpenSSL has no memory. */
struct request *request_new(const struct probe_target *target, int socket, const char *host,
                            struct capture *capture);
/* Takes NULL. */
void request_free(struct request *request);

enum request_progress {
  REQUEST_WAITS = 0,
  REQUEST_DONE,
  REQUEST_FAILED,      /* before TLS began */
  REQUEST_NO_HANDSHAKE /* *ret_error is the reason alone */
};

/* Goes as far as it can now. *ret_error is a static text, written only on failure. */
enum request_progress request_step(struct request *request, const char **ret_error);

/* The poll(2) event to wait for. */
short request_event(const struct request *request);

#endif
