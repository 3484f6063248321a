/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Clients that give OpenSSL no name, and ask after the handshake whether the certificate is for a name. In
 * these policies the names in certificates lead to no entry, unless a case says so.
 */
#include "resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

/* How a client asks; returns 1 if the certificate is for that name. */
typedef int check_fn(X509 *certificate, const char *name);

static int by_host(X509 *certificate, const char *name) {
  return X509_check_host(certificate, name, strlen(name), 0, NULL);
}

static int by_terminated_host(X509 *certificate, const char *name) {
  return X509_check_host(certificate, name, 0, 0, NULL);
}

static int by_counted_end(X509 *certificate, const char *name) {
  return X509_check_host(certificate, name, strlen(name) + 1, 0, NULL);
}

static int by_part(X509 *certificate, const char *name) {
  char text[256];

  snprintf(text, sizeof text, "%s.and.more", name);
  return X509_check_host(certificate, text, strlen(name), 0, NULL);
}

/* After a refusal, there is no name for the caller to free. */
static int by_peername(X509 *certificate, const char *name) {
  char *peername = NULL;
  int result = X509_check_host(certificate, name, strlen(name), 0, &peername);

  if ((peername != NULL) != (result == 1))
    broken("a name is left behind a refusal, or none behind a yes");
  OPENSSL_free(peername);
  return result;
}

static int by_address(X509 *certificate, const char *name) {
  struct in_addr address;

  if (inet_pton(AF_INET, name, &address) != 1)
    broken("no address");
  return X509_check_ip(certificate, (const unsigned char *)&address, sizeof address, 0);
}

static int by_address_text(X509 *certificate, const char *name) {
  return X509_check_ip_asc(certificate, name, 0);
}

/* Nothing is known of how the certificate was proven. */
static int by_copy(X509 *certificate, const char *name) {
  X509 *copy = X509_dup(certificate);
  int result = copy != NULL ? by_host(copy, name) : -1;

  X509_free(copy);
  return result;
}

/* Asking a second time gives the same answer. */
static int twice(X509 *certificate, const char *name) {
  int first = by_host(certificate, name), second = by_host(certificate, name);

  if (first != second)
    broken("two answers");
  return first;
}

static void ask(struct link *link, X509 *certificate, check_fn *check, const char *name) {
  int result;

  if (certificate == NULL)
    broken("no certificate");
  result = check(certificate, name);
  if (ERR_peek_error() != 0)
    broken("a check leaves errors in the queue");
  printf("check=%d\n", result);
  if (result != 1)
    link->client_failed = true;
  X509_free(certificate);
}

static enum outcome check_after_handshake(const struct setup *setup, check_fn *check) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  link_open_nameless(&link, setup, client, server);
  link_handshake(&link);
  if (!link.client_failed)
    ask(&link, SSL_get1_peer_certificate(link.client), check, setup->host);
  link_exchange(&link);
  return link_end(&link, client, server);
}

static enum outcome check_under(const char *policy, const struct setup *setup, check_fn *check) {
  replace_policy(policy);
  return check_after_handshake(setup, check);
}

#define CHECK(name)                                                                                          \
  static enum outcome own_##name(const struct setup *setup) {                                                \
    return check_under("ignoring", setup, name);                                                             \
  }
CHECK(by_host)
CHECK(by_terminated_host)
CHECK(by_counted_end)
CHECK(by_part)
CHECK(by_peername)
CHECK(by_address)
CHECK(by_address_text)
CHECK(by_copy)
CHECK(twice)

static enum outcome issuer_by_host(const struct setup *setup) {
  return check_under("issuer-ignoring", setup, by_host);
}

static enum outcome issuer_by_address(const struct setup *setup) {
  return check_under("issuer-ignoring", setup, by_address);
}

static enum outcome issuer_by_copy(const struct setup *setup) {
  return check_under("issuer-ignoring", setup, by_copy);
}

static enum outcome names_count(const struct setup *setup) {
  return check_under("good", setup, by_host);
}

static enum outcome exempt(const struct setup *setup) {
  return check_under("exempt-ignoring", setup, by_host);
}

static enum outcome blocked(const struct setup *setup) {
  return check_under("blocked", setup, by_host);
}

static enum outcome blocked_by_copy(const struct setup *setup) {
  return check_under("blocked-ignoring", setup, by_copy);
}

/* The second connection verifies nothing; the result of the first one is still stored. */
static enum outcome resumed(const struct setup *setup) {
  SSL_CTX *client, *server;
  struct link link;
  enum outcome outcome = BROKEN;

  replace_policy("issuer-ignoring");
  client = caching_client(setup);
  server = server_context(setup);
  SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_SERVER);
  for (int round = 0; round < 2; round++) {
    link_open_nameless(&link, setup, client, server);
    if (round == 1 && SSL_set_session(link.client, newest_session) != 1)
      broken("the session is not taken");
    link_handshake(&link);
    if (round == 1 && SSL_session_reused(link.client) != 1)
      broken("the session was not resumed");
    ask(&link, SSL_get1_peer_certificate(link.client), by_host, setup->host);
    link_exchange(&link);
    outcome = link_outcome(&link);
    link_close(&link);
  }
  SSL_SESSION_free(newest_session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* Each time only the certificate's key and the data in the session are known. */
static enum outcome offer_from_file(const struct setup *setup, SSL_CTX *client, SSL_CTX *server,
                                    SSL_SESSION *session, bool must_reuse) {
  struct link link;
  enum outcome outcome;

  link_open_nameless(&link, setup, client, server);
  if (setup->sni != NULL)
    set_server_name(link.client, setup->sni);
  if (session != NULL && SSL_set_session(link.client, session) != 1)
    broken("the session is not taken");
  link_handshake(&link);
  if (session != NULL && must_reuse && SSL_session_reused(link.client) != 1)
    broken("the session was not resumed");
  if (!link.client_failed)
    ask(&link, SSL_get1_peer_certificate(link.client), by_host, setup->host);
  link_exchange(&link);
  outcome = link_outcome(&link);
  link_close(&link);
  return outcome;
}

#define AT_ONCE 150
#define CROWD 600 /* more than there are places */

/* Offers so many copies of a session one after the other, each with its own certificate, and then frees
 * them. */
static enum outcome offer_copies(const struct setup *setup, SSL_CTX *client, SSL_CTX *server,
                                 SSL_SESSION *session, bool must_reuse, int count) {
  SSL_SESSION *copies[CROWD];
  enum outcome outcome = ACCEPTED;

  for (int i = 0; i < count; i++) {
    enum outcome one;

    SSL_SESSION_up_ref(session);
    copies[i] = through_a_file(session);
    one = offer_from_file(setup, client, server, copies[i], must_reuse);
    outcome = one != ACCEPTED ? one : outcome;
  }
  for (int i = 0; i < count; i++)
    SSL_SESSION_free(copies[i]);
  return outcome;
}

static enum outcome from_file(const struct setup *setup, const char *first_policy, bool must_reuse,
                              int count) {
  SSL_CTX *client, *server;
  SSL_SESSION *session;
  enum outcome outcome;

  replace_policy(first_policy);
  client = caching_client(setup);
  server = server_context(setup);
  outcome = offer_from_file(setup, client, server, NULL, false);
  session = newest_session;
  newest_session = NULL;
  if (session == NULL)
    broken("no session");
  use_policy("issuer-ignoring");
  outcome = offer_copies(setup, client, server, session, must_reuse, count);
  if (count > 1) {
    X509 *elsewhere[CROWD]; /* keeps the addresses of the first certificates in use */

    for (int i = 0; i < count; i++)
      elsewhere[i] = X509_new();
    outcome = outcome == ACCEPTED ? offer_copies(setup, client, server, session, must_reuse, count) : outcome;
    for (int i = 0; i < count; i++)
      X509_free(elsewhere[i]);
  }
  SSL_SESSION_free(session);
  SSL_SESSION_free(newest_session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome file_resumed(const struct setup *setup) {
  return from_file(setup, "issuer-ignoring", true, 1);
}

/* Each of the copies has its path, also a second time after the first ones are freed. */
static enum outcome file_many(const struct setup *setup) {
  return from_file(setup, "issuer-ignoring", true, AT_ONCE);
}

/* A session that is offered too late gets a full handshake. */
static enum outcome file_crowd(const struct setup *setup) {
  return from_file(setup, "issuer-ignoring", false, CROWD);
}

static enum outcome file_offered(const struct setup *setup) {
  return from_file(setup, "issuer-ignoring", false, 1);
}

/* When the session was made, nothing named its host. */
static enum outcome file_of_before(const struct setup *setup) {
  return from_file(setup, "nothing", false, 1);
}

/* A session of a server with this chain, and the two contexts that it was made with. */
struct stored {
  SSL_CTX *client, *server;
  SSL_SESSION *session;
};

static struct stored stored_under(const char *policy, const struct setup *setup) {
  struct stored stored;

  use_policy(policy);
  stored = (struct stored){.client = caching_client(setup), .server = server_context(setup)};
  (void)offer_from_file(setup, stored.client, stored.server, NULL, false);
  stored.session = newest_session;
  newest_session = NULL;
  if (stored.session == NULL)
    broken("no session");
  return stored;
}

static SSL_SESSION *copy_of(const struct stored *stored) {
  SSL_SESSION_up_ref(stored->session);
  return through_a_file(stored->session);
}

static void forget(struct stored *stored) {
  SSL_SESSION_free(stored->session);
  SSL_CTX_free(stored->client);
  SSL_CTX_free(stored->server);
}

/* Whether a session without data of ours is resumed, by a program that never checks a name. */
static bool is_resumed(const struct setup *setup) {
  struct stored stored = stored_under("nothing", setup);
  SSL_SESSION *session = copy_of(&stored);
  struct link link;
  bool reused;

  link_open_nameless(&link, setup, stored.client, stored.server);
  if (SSL_set_session(link.client, session) != 1)
    broken("the session is not taken");
  link_handshake(&link);
  reused = SSL_session_reused(link.client) == 1;
  link_exchange(&link);
  if (link_outcome(&link) != ACCEPTED)
    broken("the connection fails");
  link_close(&link);
  SSL_SESSION_free(session);
  SSL_SESSION_free(newest_session);
  forget(&stored);
  return reused;
}

static enum outcome file_of_few_names(const struct setup *setup) {
  if (!is_resumed(setup))
    broken("the session was not resumed");
  return ACCEPTED;
}

/* With so many names in the certificate, none is looked up for a session. */
static enum outcome file_of_many_names(const struct setup *setup) {
  const char *way = getenv("PATHS_WAY");
  bool under_shim = way != NULL && (strcmp(way, "shim") == 0 || strcmp(way, "both") == 0);

  if (is_resumed(setup) == under_shim)
    broken(under_shim ? "the session was resumed" : "the session was not resumed");
  return ACCEPTED;
}

#define TRIES 1000

/* What is known of a certificate does not apply to another one at the same address. One is freed and the
 * other made where OpenSSL finds no callback of ours. */
static enum outcome file_at_address_of_another(const struct setup *setup) {
  struct setup wrong = *setup;
  OSSL_LIB_CTX *elsewhere = OSSL_LIB_CTX_new(), *usual;
  struct stored bad, good;
  SSL_SESSION *session, *tried[TRIES];
  X509 *before;
  enum outcome outcome = ACCEPTED;
  int count = 0;

  wrong.chain = "bad";
  wrong.sni = NULL;
  bad = stored_under("nothing", &wrong);
  good = stored_under("issuer-ignoring", setup);
  session = copy_of(&good);
  if (offer_from_file(setup, good.client, good.server, session, true) != ACCEPTED)
    broken("the right one is refused");
  SSL_SESSION_free(newest_session);
  newest_session = NULL;
  before = SSL_SESSION_get0_peer(session);
  usual = OSSL_LIB_CTX_set0_default(elsewhere);
  SSL_SESSION_free(session);
  do {
    if (count == TRIES)
      broken("no certificate comes to the address of the first one");
    tried[count] = copy_of(&bad);
  } while (SSL_SESSION_get0_peer(tried[count++]) != before);
  (void)OSSL_LIB_CTX_set0_default(usual);
  outcome = offer_from_file(&wrong, bad.client, bad.server, tried[count - 1], false);
  while (count > 0)
    SSL_SESSION_free(tried[--count]);
  SSL_SESSION_free(newest_session);
  forget(&bad);
  forget(&good);
  OSSL_LIB_CTX_free(elsewhere);
  return outcome;
}

/* A server checks its client's certificate, which is no host that the server talks to. */
static enum outcome server_checks(const struct setup *setup) {
  SSL_CTX *client, *server;
  struct link link;

  replace_policy("ignoring");
  client = client_context(setup);
  server = server_context(setup);
  load_chain(client, "bad");
  SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  if (SSL_CTX_load_verify_file(server, pki("cert-", "root", ".pem")) != 1)
    broken("no root");
  link_open_nameless(&link, setup, client, server);
  link_handshake(&link);
  ask(&link, SSL_get1_peer_certificate(link.server), by_host, setup->host);
  link_exchange(&link);
  return link_end(&link, client, server);
}

#define PINNED .host = "pinned.test.example"
#define CA_NAMED .sni = "ca.test.example", .host = "ca.test.example"
#define SHIM_REFUSES .without = ACCEPTED, .provider = ACCEPTED, .shim = REFUSED

#define HOST_CASES(how)                                                                                      \
  {"checked/" #how "/right-key", own_##how, {.chain = "good", PINNED}, ALL_ACCEPT}, {                        \
    "checked/" #how "/wrong-key", own_##how, {.chain = "bad", PINNED}, SHIM_REFUSES                          \
  }

static const struct test_case cases[] = {
    HOST_CASES(by_host),
    HOST_CASES(by_terminated_host),
    HOST_CASES(by_counted_end),
    HOST_CASES(by_part),
    HOST_CASES(by_peername),
    HOST_CASES(by_copy),
    HOST_CASES(twice),
    {"checked/tls12/wrong-key",
     own_by_host,
     {.chain = "bad", .version = TLS1_2_VERSION, PINNED},
     SHIM_REFUSES},
    {"checked/unverified/wrong-key", own_by_host, {.chain = "bad", .unverified = true, PINNED}, SHIM_REFUSES},
    {"checked/wild/wrong-key", own_by_host, {.chain = "bad", .host = "a.wild.test.example"}, SHIM_REFUSES},
    {"checked/wild/right-key", own_by_host, {.chain = "good", .host = "a.wild.test.example"}, ALL_ACCEPT},
    {"checked/other-name", own_by_host, {.chain = "nobody", PINNED}, OPENSSL_REJECTS, .same_output = true},
    {"checked/uncovered",
     own_by_host,
     {.chain = "bad", .host = "other.test.example"},
     ALL_ACCEPT,
     .same_output = true},
    {"checked/uncovered/peername",
     own_by_peername,
     {.chain = "bad", .host = "other.test.example"},
     ALL_ACCEPT,
     .same_output = true},
    {"checked/starred/names-count",
     names_count,
     {.chain = "starred", PINNED},
     SHIM_REFUSES,
     .note = "for the provider the certificate may be another host's"},
    {"checked/exact/names-count", names_count, {.chain = "bad", PINNED}, WE_REFUSE},
    {"checked/address/right-key", own_by_address, {.chain = "good", .host = "127.0.0.1"}, ALL_ACCEPT},
    {"checked/address/wrong-key", own_by_address, {.chain = "bad", .host = "127.0.0.1"}, SHIM_REFUSES},
    {"checked/address-text/right-key",
     own_by_address_text,
     {.chain = "good", .host = "127.0.0.1"},
     ALL_ACCEPT},
    {"checked/address-text/wrong-key",
     own_by_address_text,
     {.chain = "bad", .host = "127.0.0.1"},
     SHIM_REFUSES},
    {"checked/address/uncovered",
     own_by_address,
     {.chain = "elsewhere", .host = "127.0.0.2"},
     ALL_ACCEPT,
     .same_output = true},
    {"checked/issuer/right", issuer_by_host, {.chain = "good", .host = "ca.test.example"}, ALL_ACCEPT},
    {"checked/issuer/wrong", issuer_by_host, {.chain = "bad", .host = "ca.test.example"}, SHIM_REFUSES},
    {"checked/issuer/address/right", issuer_by_address, {.chain = "good", .host = "127.0.0.1"}, ALL_ACCEPT},
    {"checked/issuer/address/wrong", issuer_by_address, {.chain = "bad", .host = "127.0.0.1"}, SHIM_REFUSES},
    {"checked/issuer/untrusted/right",
     issuer_by_host,
     {.chain = "good", .unverified = true, .untrusting = true, .host = "ca.test.example"},
     ALL_ACCEPT},
    {"checked/issuer/stuffed",
     issuer_by_host,
     {.chain = "stuffed", .unverified = true, .untrusting = true, .host = "ca.test.example"},
     SHIM_REFUSES},
    {"checked/issuer/forged",
     issuer_by_host,
     {.chain = "forged", .unverified = true, .host = "ca.test.example"},
     SHIM_REFUSES},
    {"checked/issuer/expired",
     issuer_by_host,
     {.chain = "expired", .unverified = true, .host = "ca.test.example"},
     SHIM_REFUSES},
    {"checked/issuer/for-clients",
     issuer_by_host,
     {.chain = "client", .unverified = true, .host = "ca.test.example"},
     SHIM_REFUSES},
    {"checked/issuer/copy",
     issuer_by_copy,
     {.chain = "good", .host = "ca.test.example"},
     SHIM_REFUSES,
     .note = "of a copied certificate only its own key is known"},
    {"checked/anchor/right", issuer_by_host, {.chain = "good", .host = "anchor.test.example"}, ALL_ACCEPT},
    {"checked/anchor/untrusted",
     issuer_by_host,
     {.chain = "good", .unverified = true, .untrusting = true, .host = "anchor.test.example"},
     SHIM_REFUSES,
     .note = "the root was not sent"},
    {"checked/exempt/untrusted",
     exempt,
     {.chain = "good", .unverified = true, .untrusting = true, PINNED},
     SHIM_REFUSES,
     .note = "it is unknown where the path ends"},
    {"checked/blocked/issuer", blocked, {.chain = "good", PINNED}, WE_REFUSE},
    {"checked/blocked/copy",
     blocked_by_copy,
     {.chain = "good", PINNED},
     SHIM_REFUSES,
     .note = "it is unknown who issued a copied certificate"},
    {"checked/blocked/copy/uncovered",
     blocked_by_copy,
     {.chain = "good", .host = "other.test.example"},
     ALL_ACCEPT,
     .same_output = true},
    {"checked/resumed/right", resumed, {.chain = "good", .host = "ca.test.example"}, ALL_ACCEPT},
    {"checked/file/named/right", file_resumed, {.chain = "good", CA_NAMED}, ALL_ACCEPT},
    {"checked/file/named/tls12/right",
     file_resumed,
     {.chain = "good", .version = TLS1_2_VERSION, CA_NAMED},
     ALL_ACCEPT},
    {"checked/file/many", file_many, {.chain = "good", CA_NAMED}, ALL_ACCEPT},
    {"checked/file/crowd", file_crowd, {.chain = "good", CA_NAMED}, ALL_ACCEPT},
    {"checked/file/at-address-of-another",
     file_at_address_of_another,
     {.chain = "good", CA_NAMED},
     SHIM_REFUSES},
    {"checked/file/another/wrong",
     file_offered,
     {.chain = "good", .version = TLS1_2_VERSION, .sni = "ca.test.example", .host = "both.test.example"},
     SHIM_REFUSES},
    {"checked/file/named/wrong", file_of_before, {.chain = "bad", CA_NAMED}, WE_REFUSE},
    {"checked/file/nameless/right", file_offered, {.chain = "good", .host = "ca.test.example"}, ALL_ACCEPT},
    {"checked/file/nameless/tls12/right",
     file_offered,
     {.chain = "good", .version = TLS1_2_VERSION, .host = "ca.test.example"},
     ALL_ACCEPT},
    {"checked/file/nameless/wrong",
     file_of_before,
     {.chain = "bad", .host = "ca.test.example"},
     SHIM_REFUSES},
    {"checked/file/address-sent/right",
     file_of_before,
     {.chain = "good", .sni = "192.0.2.7", .host = "ca.test.example"},
     ALL_ACCEPT},
    {"checked/file/address-sent/wrong",
     file_of_before,
     {.chain = "bad", .sni = "192.0.2.7", .host = "ca.test.example"},
     SHIM_REFUSES},
    {"checked/file/address-sent/uncovered",
     file_resumed,
     {.chain = "nobody", .sni = "192.0.2.7", .host = "nobody.test.example"},
     ALL_ACCEPT,
     .same_output = true},
    {"checked/file/many-names", file_of_many_names, {.chain = "many", .host = "0000"}, ALL_ACCEPT},
    {"checked/file/few-names",
     file_of_few_names,
     {.chain = "nobody", .host = "nobody.test.example"},
     ALL_ACCEPT},
    {"checked/file/uncovered",
     file_resumed,
     {.chain = "nobody", .host = "nobody.test.example"},
     ALL_ACCEPT,
     .same_output = true},
    {"checked/by-a-server", server_checks, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true},
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
