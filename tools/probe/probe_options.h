/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The options of every verb that asks live servers. */
#ifndef PINCTL_PROBE_PROBE_OPTIONS_H
#define PINCTL_PROBE_PROBE_OPTIONS_H

#include <json-c/json.h>

#include "cli/arguments.h"
#include "probe/probe.h"

#define PROBE_OPTION_CA                                                                                      \
  {                                                                                                          \
    .id = OPTION_CA, .name = "ca", .argument = "FILE",                                                       \
    .help = "trust these roots (default: those of OpenSSL)"                                                  \
  }
#define PROBE_OPTION_CONNECT                                                                                 \
  {                                                                                                          \
    .id = OPTION_CONNECT, .name = "connect", .argument = "HOST:PORT:ADDR:PORT",                              \
    .help = "connect there instead, as curl's --connect-to;\nempty parts stand for any, or the same",        \
    .repeatable = true                                                                                       \
  }
#define PROBE_OPTION_TIMEOUT                                                                                 \
  {                                                                                                          \
    .id = OPTION_TIMEOUT, .name = "timeout", .argument = "SECONDS",                                          \
    .help = "for each host, to the end of the handshake\n(default: 10)"                                      \
  }
#define PROBE_OPTION_STARTTLS                                                                                \
  {                                                                                                          \
    .id = OPTION_STARTTLS, .name = "starttls", .argument = "none|smtp|imap|pop3|ftp|postgres|ldap",          \
    .one_of = true, .help = "how TLS begins (default: as usual on the port)"                                 \
  }
#define PROBE_OPTION_JOBS                                                                                    \
  { .id = OPTION_JOBS, .name = "jobs", .argument = "N", .help = "ask so many hosts at once (default: 64)" }

/* To be cleared in any case. Returns false, having said how the verb is used. */
bool probe_options_read(const struct arguments *arguments, struct probe_settings *ret_settings);
void probe_options_clear(struct probe_settings *settings);

/* The protocol that --starttls names, or that of the port. */
enum probe_protocol probe_options_protocol(const struct arguments *arguments, uint16_t port);

/* Whether it is a name or an address that somebody may answer to: no wildcard, nothing malformed. */
bool host_can_be_asked(const char *host);

/*
 * Asks a single host, on port 443 where it is 0. Returns an exit status, having said why no chain was seen;
 * *ret_result is to be cleared in any case.
 */
int probe_one(const struct arguments *arguments, const char *host, uint16_t port,
              struct probe_result *ret_result);

/* "TLSv1.3", "TLS_AES_256_GCM_SHA384", with or without an OCSP response: one line. For free(3). */
char *probe_summary(const struct probe_result *result);
/* The same and the server's address as an object. */
json_object *probe_json(const struct probe_result *result);

#endif
