/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The options of verbs that ask live servers, and asking a single one. */
#ifndef PINCTL_PROBE_PROBE_OPTIONS_H
#define PINCTL_PROBE_PROBE_OPTIONS_H

#include <json-c/json.h>

#include "base/must_use.h"
#include "cli/arguments.h"
#include "probe/probe.h"

#define PROBE_OPTION_CA OPTION(CA, "ca", "FILE", "trust the roots in this file (default: those of\nOpenSSL)")
#define PROBE_OPTION_CONNECT                                                                                 \
  OPTION(                                                                                                    \
      CONNECT, "connect", "HOST:PORT:ADDR:PORT",                                                             \
      "connect to ADDR:PORT instead of HOST:PORT, as\ncurl's --connect-to; empty parts: any, or the same",   \
      .repeatable = true)
#define PROBE_OPTION_TIMEOUT                                                                                 \
  OPTION(TIMEOUT, "timeout", "SECONDS",                                                                      \
         "how long each host may take, to the end of the\nhandshake (default: 10)")
#define PROBE_OPTION_STARTTLS                                                                                \
  OPTION(STARTTLS, "starttls", "none|smtp|imap|pop3|ftp|postgres|ldap",                                      \
         "how TLS begins (default: by the port)", .one_of = true)
#define PROBE_OPTIONS PROBE_OPTION_CA, PROBE_OPTION_STARTTLS, PROBE_OPTION_CONNECT, PROBE_OPTION_TIMEOUT
#define PROBE_OPTION_JOBS OPTION(JOBS, "jobs", "N", "ask so many hosts at the same time (default: 64)")

/* Reads these options; to be cleared in any case. Returns false, having said how the verb is used. */
MUST_USE bool probe_options_read(const struct arguments *arguments, struct probe_settings *ret_settings);
void probe_options_clear(struct probe_settings *settings);

/* The protocol that --starttls names, or the usual one of the port. */
enum probe_protocol probe_options_protocol(const struct arguments *arguments, uint16_t port);

/* Whether a text is a host name or an address: no wildcard, nothing malformed. */
bool host_can_be_asked(const char *host);

/*
 * Asks a single host; port 0: 443. Returns an exit status, having said why no chain was seen. *ret_result is
 * to be cleared in any case.
 */
MUST_USE int probe_one(const struct arguments *arguments, const char *host, uint16_t port,
                       struct probe_result *ret_result);

/* One line: "TLSv1.3, TLS_AES_256_GCM_SHA384, with an OCSP response". For free(3). */
char *probe_summary(const struct probe_result *result);
/* The same, with the server's address, as a JSON object. */
json_object *probe_json(const struct probe_result *result);

#endif
