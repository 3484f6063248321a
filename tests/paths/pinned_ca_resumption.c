/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A CA is pinned, and a session's certificate is one that this CA issued for another host, for a client, or
 * for another time: a session that a full handshake would refuse must not be resumed either.
 */
#include "resume.h"

#include <unistd.h>

/* For the first policy all keys of the path are looked at and kept, but not the contents of the certificate.
 */
#define LATER_PINNED(function, ...)                                                                          \
  PLAN(function, .first_policy = "blocked-other", .second_policy = "issuer",                                 \
       .second_name = "ca.test.example", __VA_ARGS__)
LATER_PINNED(later_pinned_ticket, .tickets = true)
LATER_PINNED(later_pinned_id, .tickets = false)
LATER_PINNED(later_pinned_file, .tickets = true, .from_file = true)
LATER_PINNED(later_pinned_reused, .tickets = true, .expect_reuse = true)
LATER_PINNED(later_pinned_file_reused, .tickets = true, .from_file = true, .expect_reuse = true)

/* Nor are the names that a CA may issue for, until a CA is pinned. */
#define LIMITS_PINNED(function, ...)                                                                         \
  PLAN(function, .first_policy = "blocked-other", .second_policy = "issuer",                                 \
       .second_name = "both.test.example", __VA_ARGS__)
LIMITS_PINNED(limits_pinned_ticket, .tickets = true)
LIMITS_PINNED(limits_pinned_id, .tickets = false)
LIMITS_PINNED(limits_pinned_file, .tickets = true, .from_file = true)
PLAN(limits_kept, .first_policy = "issuer", .tickets = true, .expect_reuse = true)
PLAN(limits_kept_file, .first_policy = "issuer", .tickets = true, .from_file = true, .expect_reuse = true)

/* The session of one host below the CA is used for another one. */
#define FOR_ANOTHER(function, ...)                                                                           \
  PLAN(function, .first_policy = "issuer", .second_name = "ca.test.example", __VA_ARGS__)
FOR_ANOTHER(for_another_ticket, .tickets = true)
FOR_ANOTHER(for_another_id, .tickets = false)
FOR_ANOTHER(for_another_file, .tickets = true, .from_file = true)

/* Replaces the server's certificate by one that expires in a few seconds. */
static void shorten_life(SSL_CTX *server, long seconds) {
  X509 *certificate = X509_dup(SSL_CTX_get0_certificate(server));
  EVP_PKEY *issuer = read_key("issuer");

  X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
  if (X509_sign(certificate, issuer, EVP_sha256()) <= 0 || SSL_CTX_use_certificate(server, certificate) != 1)
    broken("the certificate is not replaced");
  EVP_PKEY_free(issuer);
  X509_free(certificate);
}

/* Valid when the session was made, and expired when it is used. */
static enum outcome expires_meanwhile(const struct setup *setup, bool from_file) {
  enum { LIFE = 4 };
  SSL_CTX *client = caching_client(setup), *server = ticket_server(setup, true);
  struct plan plan = {.from_file = from_file};
  SSL_SESSION *session;
  enum outcome outcome;

  use_policy("issuer");
  shorten_life(server, LIFE);
  session = first_session(setup, &plan, client, server);
  sleep(LIFE + 1);
  outcome = resume(setup, client, server, session);
  SSL_SESSION_free(session);
  SSL_SESSION_free(newest_session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome expires(const struct setup *setup) {
  return expires_meanwhile(setup, false);
}

static enum outcome expires_in_file(const struct setup *setup) {
  return expires_meanwhile(setup, true);
}

/* clang-format off */
#define NOT_VOUCHED_FOR(name, function, ...) \
  {"tls1.3/" name "-ticket", function##_ticket, {__VA_ARGS__}, WE_REFUSE}, \
  {"tls1.3/" name "-id", function##_id, {__VA_ARGS__}, WE_REFUSE}, \
  {"tls1.3/" name "-file", function##_file, {__VA_ARGS__}, WE_REFUSE}, \
  {"tls1.2/" name "-ticket", function##_ticket, {__VA_ARGS__, V12}, WE_REFUSE}, \
  {"tls1.2/" name "-id", function##_id, {__VA_ARGS__, V12}, WE_REFUSE}, \
  {"tls1.2/" name "-file", function##_file, {__VA_ARGS__, V12}, WE_REFUSE}
#define UNVERIFIED .sni = "other.test.example", .unverified = true

static const struct test_case cases[] = {
  BOTH_VERSIONS("right", later_pinned_reused, "good", "other.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("right-file", later_pinned_file_reused, "good", "other.test.example", ALL_ACCEPT),
  NOT_VOUCHED_FOR("elsewhere", later_pinned, .chain = "elsewhere", .sni = "elsewhere.test.example", .host = "elsewhere.test.example"),
  NOT_VOUCHED_FOR("none/elsewhere", later_pinned, .chain = "elsewhere", UNVERIFIED),
  NOT_VOUCHED_FOR("none/outside", limits_pinned, .chain = "outside", UNVERIFIED),
  BOTH_VERSIONS("inside", limits_kept, "inside", "inside.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("inside-file", limits_kept_file, "inside", "inside.test.example", ALL_ACCEPT),
  NOT_VOUCHED_FOR("none/client", later_pinned, .chain = "client", UNVERIFIED),
  NOT_VOUCHED_FOR("none/expired", later_pinned, .chain = "expired", UNVERIFIED),
  NOT_VOUCHED_FOR("none/early", later_pinned, .chain = "early", UNVERIFIED),
  NOT_VOUCHED_FOR("for-another", for_another, .chain = "mx", .sni = "mx.below.test.example", .host = "mx.below.test.example"),
  BOTH_VERSIONS("expires", expires, "good", "ca.test.example", WE_REFUSE),
  BOTH_VERSIONS("expires-file", expires_in_file, "good", "ca.test.example", WE_REFUSE),
};
/* clang-format on */

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
