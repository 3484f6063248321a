/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Two connections, the second of which offers the session of the first, and what may change between them. */
#ifndef PATHS_RESUME_H
#define PATHS_RESUME_H

#include "kit.h"

#define V12 .version = TLS1_2_VERSION

struct plan {
  const char *first_policy, *second_policy;
  const char *second_name; /* NULL: the first name */
  bool tickets, from_file;
  bool new_context; /* the second connection comes from a context with no root */
  bool expect_reuse;
  void (*tamper)(SSL_SESSION *session); /* changes the session before it is used; NULL: no change */
};

/* Whether the last connection that resume() made was resumed. */
extern bool was_reused;

SSL_CTX *ticket_server(const struct setup *setup, bool tickets);

/* Makes a connection and returns its session, which passes through a file if the plan says so. */
SSL_SESSION *first_session(const struct setup *setup, const struct plan *plan, SSL_CTX *client,
                           SSL_CTX *server);

/* Like a program that writes its session to a file: only the encoded form survives. */
SSL_SESSION *through_a_file(SSL_SESSION *session);

/* Connects and offers the session. */
enum outcome resume(const struct setup *setup, SSL_CTX *client, SSL_CTX *server, SSL_SESSION *session);

/* Makes both connections. */
enum outcome follow(const struct setup *setup, const struct plan *plan);

#define PLAN(function, ...)                                                                                  \
  static enum outcome function(const struct setup *setup) {                                                  \
    return follow(setup, &(struct plan){__VA_ARGS__});                                                       \
  }

/* In the third and the fourth, the client verifies in neither connection. */
/* clang-format off */
#define BOTH_VERSIONS(name, function, chain_name, host_name, ...) \
  {"tls1.3/" name, function, {.chain = chain_name, .sni = host_name, .host = host_name}, __VA_ARGS__}, \
  {"tls1.2/" name, function, {.chain = chain_name, .sni = host_name, .host = host_name, V12}, __VA_ARGS__}, \
  {"tls1.3/none/" name, function, {.chain = chain_name, .sni = host_name, .unverified = true, .untrusting = true}, __VA_ARGS__}, \
  {"tls1.2/none/" name, function, {.chain = chain_name, .sni = host_name, .unverified = true, .untrusting = true, V12}, __VA_ARGS__}, \
  {"tls1.3/socket/" name, function, {.chain = chain_name, .sni = host_name, .host = host_name, .transport = SOCKET}, __VA_ARGS__}
/* clang-format on */

#endif
