/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Requests of our own, for what libcurl cannot do: TLS with PostgreSQL (SSLRequest) and LDAP (StartTLS), and
 * the tests of old_ssl.h. On a connected non-blocking socket it sends a message, reads the answer, and does
 * the handshake where one follows. A state machine that never blocks, so that it runs beside libcurl's
 * transfers.
 */
#ifndef PINCTL_PROBE_STARTTLS_H
#define PINCTL_PROBE_STARTTLS_H

#include "probe/capture.h"

struct request;

/* Whether a target needs such a request. */
bool request_is_for(const struct probe_target *target);

/* host: for SNI; NULL: an IP address (RFC 6066, 3). socket: not owned, must outlive the request. NULL:
 * OpenSSL has no memory. */
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

/* Continues as far as possible without blocking. *ret_error: static, set only on failure. */
enum request_progress request_step(struct request *request, const char **ret_error);

/* The poll(2) event to wait for. */
short request_event(const struct request *request);

#endif
