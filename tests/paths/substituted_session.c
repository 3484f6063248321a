/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A session of another host, set after the handshake has begun, and another name to send, or none. */
#include "resume.h"

#include <string.h>

static SSL_SESSION *anothers;
static const char *anothers_name = "other.test.example";
static const char *policy_then; /* the policy once both sessions exist; NULL: the first one */
static const char *renamed;     /* the name to send from then on; NULL: the one that is set */
static bool is_offered_before;  /* the session was offered before, and only the name changes */

static void offer_anothers(const SSL *ssl, int where, int result) {
  SSL *mutable;

  (void)result;
  memcpy(&mutable, &ssl, sizeof ssl);
  if (where == SSL_CB_HANDSHAKE_START && anothers != NULL && SSL_set_session(mutable, anothers) != 1)
    broken("the session is not taken");
  if (where == SSL_CB_HANDSHAKE_START && anothers != NULL && renamed != NULL)
    set_server_name(mutable, renamed);
}

static int confirm_name(SSL *ssl, int *alert, void *arg) {
  (void)ssl, (void)alert, (void)arg;
  return SSL_TLSEXT_ERR_OK;
}

/* Up to TLS 1.2, a session keeps the name that its server confirmed, and libssl reports that name while the
 * session is resumed, whatever the client sends. own: offered until the other replaces it; NULL: none. */
static enum outcome put_in(const struct setup *setup, SSL_CTX *client, SSL_SESSION *own) {
  struct setup first = *setup;
  SSL_CTX *server = ticket_server(setup, true);
  struct link link;
  enum outcome outcome;

  first.sni = anothers_name;
  SSL_CTX_set_tlsext_servername_callback(server, confirm_name);
  anothers = first_session(&first, &(struct plan){.tickets = true}, client, server);
  if (policy_then != NULL)
    use_policy(policy_then);
  link_open(&link, setup, client, server);
  if (is_offered_before)
    own = anothers;
  if (own != NULL) {
    change_at_hello(link.client, offer_anothers);
    SSL_set_session(link.client, own);
  }
  outcome = link_run(&link);
  if (outcome == ACCEPTED && SSL_session_reused(link.client) != 1)
    broken("the session was not resumed");
  link_close(&link);
  SSL_SESSION_free(anothers);
  SSL_SESSION_free(newest_session);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome of_another_host(const struct setup *setup) {
  SSL_CTX *client = caching_client(setup);
  enum outcome outcome;

  SSL_CTX_set_info_callback(client, offer_anothers);
  outcome = put_in(setup, client, NULL);
  SSL_CTX_free(client);
  return outcome;
}

/* The program offers a session of this host, and replaces it by another host's while the ClientHello is
 * written. */
static enum outcome of_another_host_late(const struct setup *setup) {
  struct setup own = *setup;
  SSL_CTX *client = caching_client(setup), *own_server;
  SSL_SESSION *allowed;
  enum outcome outcome;

  own.chain = "good";
  own_server = ticket_server(&own, true);
  allowed = first_session(&own, &(struct plan){.tickets = true}, client, own_server);
  outcome = put_in(setup, client, allowed);
  SSL_SESSION_free(allowed);
  SSL_CTX_free(client);
  SSL_CTX_free(own_server);
  return outcome;
}

/* Only the session's own name leads to an entry. */
static enum outcome of_covered_host_late(const struct setup *setup) {
  replace_policy("nothing");
  policy_then = "ignoring";
  anothers_name = "pinned.test.example";
  return of_another_host_late(setup);
}

/* The session belongs to the name that is set at first. */
static struct setup renaming(const struct setup *setup) {
  struct setup other = *setup;

  renamed = setup->sni;
  other.sni = "other.test.example";
  return other;
}

static enum outcome under_another_name(const struct setup *setup) {
  struct setup other = renaming(setup);

  return of_another_host(&other);
}

static enum outcome under_another_name_late(const struct setup *setup) {
  struct setup other = renaming(setup);

  return of_another_host_late(&other);
}

static enum outcome under_another_name_alone(const struct setup *setup) {
  replace_policy("names"); /* which has no address, so the answer from the offer may count */
  is_offered_before = true;
  return under_another_name_late(setup);
}

/* The session then has the name of its own host, and the connection's host is known by its address.
 * renewed: the chain of the server at the second connection; NULL: the first one. */
static enum outcome without_a_name(const struct setup *setup, const char *renewed) {
  struct setup first = *setup;
  SSL_CTX *client = caching_client(setup), *server = ticket_server(setup, true);
  SSL_SESSION *session;
  enum outcome outcome;

  first.sni = "other.test.example";
  SSL_CTX_set_tlsext_servername_callback(server, confirm_name);
  session = first_session(&first, &(struct plan){.tickets = true}, client, server);
  if (renewed != NULL)
    load_chain(server, renewed);
  outcome = resume(setup, client, server, session);
  if (outcome == ACCEPTED && renewed == NULL && !was_reused)
    broken("the session was not resumed");
  SSL_SESSION_free(session);
  SSL_SESSION_free(newest_session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome without_name(const struct setup *setup) {
  return without_a_name(setup, NULL);
}

/* The session keeps an earlier key, so it is not offered, and a full handshake shows the right one. */
static enum outcome without_name_renewed(const struct setup *setup) {
  return without_a_name(setup, "good");
}

/* The policy has no address. */
static enum outcome without_name_after_resolution(const struct setup *setup) {
  replace_policy("resolved");
  if (!resolve_name("localhost"))
    not_applicable("this machine does not resolve localhost");
  return without_name(setup);
}

#define SHIM_REFUSES .without = ACCEPTED, .provider = ACCEPTED, .shim = REFUSED

static const struct test_case cases[] = {
    /* clang-format off */
  {"tls1.2/no-name/wrong-key", without_name, {.chain = "bad", .unverified = true, .transport = SOCKET, V12}, WE_REFUSE},
  {"tls1.2/no-name/wrong-key-verified", without_name, {.chain = "bad", .transport = SOCKET, V12}, WE_REFUSE},
  {"tls1.2/no-name/right-key", without_name, {.chain = "good", .transport = SOCKET, V12}, ALL_ACCEPT},
  {"tls1.2/no-name/renewed", without_name_renewed, {.chain = "bad", .unverified = true, .transport = SOCKET, V12}, ALL_ACCEPT},
  {"tls1.2/no-name/late/wrong-key", of_another_host, {.chain = "bad", .unverified = true, .transport = SOCKET, V12}, WE_REFUSE},
  {"tls1.2/no-name/late/right-key", of_another_host, {.chain = "good", .unverified = true, .transport = SOCKET, V12}, ALL_ACCEPT},
  {"tls1.2/no-name/last/wrong-key", of_another_host_late, {.chain = "bad", .unverified = true, .transport = SOCKET, V12}, WE_REFUSE},
  {"tls1.2/no-name/of-covered/wrong-key", of_covered_host_late, {.chain = "bad", .unverified = true, V12}, WE_REFUSE},
  {"tls1.2/no-name/of-covered/right-key", of_covered_host_late, {.chain = "good", .unverified = true, V12}, ALL_ACCEPT},
  {"tls1.2/no-name/resolved/wrong-key", without_name_after_resolution, {.chain = "bad", .transport = SOCKET, V12}, SHIM_REFUSES},
  {"tls1.2/no-name/resolved/right-key", without_name_after_resolution, {.chain = "good", .transport = SOCKET, V12}, ALL_ACCEPT},
  {"tls1.3/no-name/wrong-key", without_name, {.chain = "bad", .transport = SOCKET}, WE_REFUSE},
  {"tls1.2/name-at-start/wrong-key", under_another_name, {.chain = "bad", .sni = "pinned.test.example", .unverified = true, V12}, WE_REFUSE},
  {"tls1.2/name-at-start/right-key", under_another_name, {.chain = "good", .sni = "pinned.test.example", .unverified = true, V12}, ALL_ACCEPT},
  {"tls1.3/name-at-start/wrong-key", under_another_name, {.chain = "bad", .sni = "pinned.test.example", .unverified = true}, WE_REFUSE},
  {"tls1.2/anothers/wrong-key", of_another_host, {.chain = "bad", .sni = "pinned.test.example", .unverified = true, V12}, WE_REFUSE},
  {"tls1.2/anothers/right-key", of_another_host, {.chain = "good", .sni = "pinned.test.example", .unverified = true, V12}, ALL_ACCEPT},
  {"tls1.2/anothers/uncovered", of_another_host, {.chain = "bad", .sni = "plain.test.example", .unverified = true, V12}, ALL_ACCEPT},
  {"tls1.2/anothers-late/wrong-key", of_another_host_late, {.chain = "bad", .sni = "pinned.test.example", .unverified = true, V12}, WE_REFUSE},
  {"tls1.2/anothers-late/wrong-key-verified", of_another_host_late, {.chain = "bad", .sni = "pinned.test.example", V12}, WE_REFUSE},
  {"tls1.2/name-late/wrong-key", under_another_name_late, {.chain = "bad", .sni = "pinned.test.example", .unverified = true, V12}, WE_REFUSE},
  {"tls1.2/name-alone/wrong-key", under_another_name_alone, {.chain = "bad", .sni = "pinned.test.example", .unverified = true, .transport = SOCKET, V12}, WE_REFUSE},
  {"tls1.2/name-alone/right-key", under_another_name_alone, {.chain = "good", .sni = "pinned.test.example", .unverified = true, .transport = SOCKET, V12}, ALL_ACCEPT},
  {"tls1.2/name-late/right-key", under_another_name_late, {.chain = "good", .sni = "pinned.test.example", .unverified = true, V12}, ALL_ACCEPT},
  {"tls1.2/anothers-late/right-key", of_another_host_late, {.chain = "good", .sni = "pinned.test.example", .unverified = true, V12}, ALL_ACCEPT},
  {"tls1.2/anothers-late/uncovered", of_another_host_late, {.chain = "bad", .sni = "plain.test.example", .unverified = true, V12}, ALL_ACCEPT},
  {"tls1.3/anothers-late/wrong-key", of_another_host_late, {.chain = "bad", .sni = "pinned.test.example", .unverified = true}, WE_REFUSE},
  {"tls1.3/anothers/wrong-key", of_another_host, {.chain = "bad", .sni = "pinned.test.example", .unverified = true}, WE_REFUSE},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
