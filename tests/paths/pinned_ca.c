/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A CA is pinned, in each of the ways to do it. Its certificates for other hosts, for clients and of other
 * times are shown to programs that do not check them.
 */
#include "kit.h"

#include <stdio.h>
#include <time.h>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* Verifies no name, whatever host the setup has: sslmode=verify-ca. */
static enum outcome connect_by_issuer(const struct setup *setup) {
  replace_policy("issuer");
  return connect_once(setup);
}

static int say_yes(int ok, X509_STORE_CTX *ctx) {
  (void)ok;
  (void)ctx;
  return 1;
}

/* Verifies, and continues whatever is wrong, as s_client does. */
static enum outcome overriding(const struct setup *setup) {
  SSL_CTX *client;

  replace_policy("issuer");
  client = client_context(setup);
  SSL_CTX_set_verify(client, SSL_VERIFY_PEER, say_yes);
  return connect_from(setup, client);
}

static int verify_nothing(X509_STORE_CTX *ctx, void *arg) {
  (void)ctx;
  (void)arg;
  return 1;
}

/* Accepts without any chain, so pinning has to look for the issuers. */
static enum outcome unlooked_at(const struct setup *setup) {
  SSL_CTX *client;

  replace_policy("issuer");
  client = client_context(setup);
  SSL_CTX_set_cert_verify_callback(client, verify_nothing, NULL);
  return connect_from(setup, client);
}

/* Verifies everything except the dates. */
static enum outcome without_dates(const struct setup *setup) {
  SSL_CTX *client;

  replace_policy("issuer");
  client = client_context(setup);
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(client), X509_V_FLAG_NO_CHECK_TIME);
  return connect_from(setup, client);
}

/* Uses the time at which the certificate was valid. */
static enum outcome at_another_time(const struct setup *setup) {
  SSL_CTX *client;

  replace_policy("issuer");
  client = client_context(setup);
  X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(client), time(NULL) - 86400L * 3 / 2);
  return connect_from(setup, client);
}

/* Verifies for any purpose. */
static enum outcome for_any_purpose(const struct setup *setup) {
  SSL_CTX *client;

  replace_policy("issuer");
  client = client_context(setup);
  X509_VERIFY_PARAM_set_purpose(SSL_CTX_get0_param(client), X509_PURPOSE_ANY);
  return connect_from(setup, client);
}

/* Accepts either of two names; the certificate has one of them. */
static enum outcome with_names(const struct setup *setup, const char *one, const char *other) {
  SSL_CTX *client;

  replace_policy("issuer");
  client = client_context(setup);
  X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(client), one, 0);
  X509_VERIFY_PARAM_add1_host(SSL_CTX_get0_param(client), other, 0);
  return connect_from(setup, client);
}

static enum outcome or_elsewhere(const struct setup *setup) {
  return with_names(setup, "ca.test.example", "elsewhere.test.example");
}

/* Like Postfix: accepts the domain or any host below it. */
static enum outcome or_below(const struct setup *setup) {
  return with_names(setup, "below.test.example", ".below.test.example");
}

static enum outcome both_of_a_wildcard(const struct setup *setup) {
  return with_names(setup, "b.wild.test.example", "a.wild.test.example");
}

/* More names below one entry than pinning remembers. */
static enum outcome with_many_names(const struct setup *setup, int count) {
  SSL_CTX *client;

  replace_policy("issuer");
  client = client_context(setup);
  for (int i = 0; i < count; i++) {
    char name[64];

    snprintf(name, sizeof name, "host%d.wild.test.example", i);
    X509_VERIFY_PARAM_add1_host(SSL_CTX_get0_param(client), name, 0);
  }
  return connect_from(setup, client);
}

static enum outcome many_names(const struct setup *setup) {
  return with_many_names(setup, 30);
}

static enum outcome too_many_names(const struct setup *setup) {
  return with_many_names(setup, 40);
}

/* clang-format off */
#define NAMED(name) .sni = name ".test.example"
#define BY_LIST(list) \
  {list "/not-verified/good", connect_by_issuer, {.chain = "good", NAMED(list), .unverified = true}, ALL_ACCEPT}, \
  {list "/not-verified/elsewhere", connect_by_issuer, {.chain = "elsewhere", NAMED(list), .unverified = true}, WE_REFUSE}, \
  {list "/not-verified/client", connect_by_issuer, {.chain = "client", NAMED(list), .unverified = true}, WE_REFUSE}, \
  {list "/not-verified/expired", connect_by_issuer, {.chain = "expired", NAMED(list), .unverified = true}, WE_REFUSE}, \
  {list "/not-verified/early", connect_by_issuer, {.chain = "early", NAMED(list), .unverified = true}, WE_REFUSE}, \
  {list "/no-name/good", connect_by_issuer, {.chain = "good", NAMED(list)}, ALL_ACCEPT}, \
  {list "/no-name/good-tls1.2", connect_by_issuer, {.chain = "good", NAMED(list), .version = TLS1_2_VERSION}, ALL_ACCEPT}, \
  {list "/no-name/elsewhere", connect_by_issuer, {.chain = "elsewhere", NAMED(list)}, WE_REFUSE}, \
  {list "/no-name/elsewhere-tls1.2", connect_by_issuer, {.chain = "elsewhere", NAMED(list), .version = TLS1_2_VERSION}, WE_REFUSE}, \
  {list "/no-name/client", connect_by_issuer, {.chain = "client", NAMED(list)}, BOTH_REFUSE}, \
  {list "/no-name/expired", connect_by_issuer, {.chain = "expired", NAMED(list)}, BOTH_REFUSE}, \
  {list "/overridden/good", overriding, {.chain = "good", NAMED(list), .host = list ".test.example"}, ALL_ACCEPT}, \
  {list "/overridden/elsewhere", overriding, {.chain = "elsewhere", NAMED(list), .host = list ".test.example"}, WE_REFUSE}, \
  {list "/overridden/client", overriding, {.chain = "client", NAMED(list), .host = list ".test.example"}, WE_REFUSE}, \
  {list "/overridden/expired", overriding, {.chain = "expired", NAMED(list), .host = list ".test.example"}, WE_REFUSE}, \
  {list "/verified/good", connect_by_issuer, {.chain = "good", NAMED(list), .host = list ".test.example"}, ALL_ACCEPT}, \
  {list "/verified/client-of-any-purpose", for_any_purpose, {.chain = "client", NAMED(list), .host = list ".test.example"}, WE_REFUSE}, \
  {list "/verified/expired-without-dates", without_dates, {.chain = "expired", NAMED(list), .host = list ".test.example"}, WE_REFUSE}, \
  {list "/verified/expired-at-another-time", at_another_time, {.chain = "expired", NAMED(list), .host = list ".test.example"}, WE_REFUSE}

#define LIMITED(name, host_name, shown) \
  {"limits/" name "/verified", connect_by_issuer, {.chain = shown, NAMED(host_name), .host = host_name ".test.example"}, BOTH_REFUSE}, \
  {"limits/" name "/not-verified", connect_by_issuer, {.chain = shown, NAMED(host_name), .unverified = true}, WE_REFUSE}, \
  {"limits/" name "/not-trusted", connect_by_issuer, {.chain = shown, NAMED(host_name), .unverified = true, .untrusting = true}, WE_REFUSE}, \
  {"limits/" name "/overridden", overriding, {.chain = shown, NAMED(host_name), .host = host_name ".test.example"}, WE_REFUSE}, \
  {"limits/" name "/unlooked-at", unlooked_at, {.chain = shown, NAMED(host_name)}, WE_REFUSE}

static const struct test_case cases[] = {
  BY_LIST("ca"),
  BY_LIST("backup"),
  BY_LIST("print"),
  BY_LIST("issued"),
  BY_LIST("anchor"),
  {"ca/other-ca", connect_by_issuer, {.chain = "bad", NAMED("ca"), .unverified = true}, WE_REFUSE},
  {"backup/other-ca", connect_by_issuer, {.chain = "bad", NAMED("backup"), .unverified = true}, WE_REFUSE},
  {"print/other-ca", connect_by_issuer, {.chain = "bad", NAMED("print"), .unverified = true}, WE_REFUSE},
  {"issued/other-ca", connect_by_issuer, {.chain = "bad", NAMED("issued"), .unverified = true}, WE_REFUSE},
  {"anchor/other-root", connect_by_issuer, {.chain = "exempt", NAMED("anchor"), .unverified = true}, ALL_ACCEPT, .note = "an exempt anchor"},
  {"anchor/other-root-elsewhere", connect_by_issuer, {.chain = "exemptelse", NAMED("anchor"), .unverified = true}, WE_REFUSE},
  /* The server does not send its root, so only the program's store has it. */
  {"anchor/of-store", unlooked_at, {.chain = "good", NAMED("anchor")}, ALL_ACCEPT},
  {"anchor/unknown", unlooked_at, {.chain = "good", NAMED("anchor"), .untrusting = true}, WE_REFUSE},
  /* The common name counts as in OpenSSL: if there is no other name. */
  {"common-name/right", connect_by_issuer, {.chain = "plain", NAMED("ca"), .unverified = true}, ALL_ACCEPT},
  {"common-name/wrong", connect_by_issuer, {.chain = "plain", NAMED("backup"), .unverified = true}, WE_REFUSE},
  {"common-name/beside-others", connect_by_issuer, {.chain = "elsewhere", NAMED("ca"), .unverified = true}, WE_REFUSE},
  /* The pinned CA, or one below it, may not issue for that name. */
  LIMITED("outside", "anchor", "outside"),
  LIMITED("outside-by-common-name", "anchor", "outsideplain"),
  LIMITED("outside-two-below", "anchor", "outsidebelow"),
  LIMITED("outside-own-limits", "both", "outside"),
  /* A CA above the server's certificate, or the pinned one, may not issue for servers at all. */
  LIMITED("mail-ca", "anchor", "frommail"),
  LIMITED("mail-ca-two-above", "anchor", "frombelowmail"),
  LIMITED("mail-ca-itself-pinned", "part", "frommail"),
  LIMITED("mail-ca-pinned-two-above", "part", "frombelowmail"),
  /* Limits of a CA above the pinned one do not apply, although the path is followed to its end for other reasons. */
  {"limits/mail-ca/above-pinned", connect_by_issuer, {.chain = "frombelowmail", NAMED("depth"), .unverified = true}, ALL_ACCEPT},
  {"limits/mail-ca/above-pinned-overridden", overriding, {.chain = "frombelowmail", NAMED("depth")}, ALL_ACCEPT},
  {"limits/mail-ca/own-key", connect_by_issuer, {.chain = "frommail", NAMED("pinned"), .unverified = true}, ALL_ACCEPT},
  {"limits/mail-ca/uncovered", connect_by_issuer, {.chain = "frommail", NAMED("other"), .unverified = true}, ALL_ACCEPT},
  {"limits/web-ca", connect_by_issuer, {.chain = "fromweb", NAMED("anchor"), .host = "anchor.test.example"}, ALL_ACCEPT},
  {"limits/web-ca-not-verified", connect_by_issuer, {.chain = "fromweb", NAMED("anchor"), .unverified = true}, ALL_ACCEPT},
  {"limits/web-ca-unlooked-at", unlooked_at, {.chain = "fromweb", NAMED("anchor"), .untrusting = true}, ALL_ACCEPT},
  /* A certificate with a critical extension that is unknown. */
  LIMITED("odd-ca", "anchor", "fromodd"),
  LIMITED("odd-itself", "anchor", "odditself"),
  {"limits/odd-ca/above-pinned", connect_by_issuer, {.chain = "frombelowodd", NAMED("odd"), .unverified = true}, ALL_ACCEPT},
  {"limits/critical-key-id", connect_by_issuer, {.chain = "keyid", NAMED("ca"), .unverified = true}, WE_REFUSE},
  {"limits/critical-no-check", connect_by_issuer, {.chain = "nocheck", NAMED("ca"), .unverified = true}, ALL_ACCEPT},
  {"limits/inside", connect_by_issuer, {.chain = "inside", NAMED("inside"), .host = "inside.test.example"}, ALL_ACCEPT},
  {"limits/inside-not-verified", connect_by_issuer, {.chain = "inside", NAMED("inside"), .unverified = true}, ALL_ACCEPT},
  {"limits/inside-unlooked-at", unlooked_at, {.chain = "inside", NAMED("inside"), .untrusting = true}, ALL_ACCEPT},
  {"limits/own-key", connect_by_issuer, {.chain = "outside", NAMED("pathlen"), .unverified = true}, ALL_ACCEPT},
  {"limits/uncovered", connect_by_issuer, {.chain = "outside", NAMED("other"), .unverified = true}, ALL_ACCEPT},
  /* Spellings of a name, and wildcards. */
  {"name/upper-case", connect_by_issuer, {.chain = "good", .sni = "CA.test.example", .unverified = true}, ALL_ACCEPT},
  {"name/upper-case-elsewhere", connect_by_issuer, {.chain = "elsewhere", .sni = "CA.test.example", .unverified = true}, WE_REFUSE},
  {"name/dot-behind", connect_by_issuer, {.chain = "good", .sni = "ca.test.example.", .unverified = true}, ALL_ACCEPT},
  {"name/dot-behind-elsewhere", connect_by_issuer, {.chain = "elsewhere", .sni = "ca.test.example.", .unverified = true}, WE_REFUSE},
  {"name/wildcard", connect_by_issuer, {.chain = "good", .sni = "a.wild.test.example", .unverified = true}, ALL_ACCEPT},
  {"name/wildcard-elsewhere", connect_by_issuer, {.chain = "elsewhere", .sni = "a.wild.test.example", .unverified = true}, WE_REFUSE},
  /* The name that was sent differs from the verified one: both are covered, and the certificate must be for both. */
  {"name/sent-and-verified", connect_by_issuer, {.chain = "good", .sni = "ca.test.example", .host = "backup.test.example"}, ALL_ACCEPT},
  {"name/sent-only", connect_by_issuer, {.chain = "elsewhere", .sni = "ca.test.example", .host = "elsewhere.test.example"}, WE_REFUSE},
  {"name/one-of-two", or_elsewhere, {.chain = "elsewhere", .sni = "elsewhere.test.example"}, WE_REFUSE},
  {"name/domain-or-below", or_below, {.chain = "good"}, ALL_ACCEPT},
  {"name/domain-or-below-elsewhere", or_below, {.chain = "elsewhere"}, BOTH_REFUSE},
  {"name/host-below", or_below, {.chain = "mx"}, ALL_ACCEPT},
  /* Two names of one entry: both are covered, so the certificate must be for both. */
  {"one-entry/both", connect_by_issuer, {.chain = "good", .sni = "a.wild.test.example", .host = "b.wild.test.example", .unverified = true}, ALL_ACCEPT},
  {"one-entry/sent-only", connect_by_issuer, {.chain = "wildone", .sni = "a.wild.test.example", .host = "b.wild.test.example", .unverified = true}, WE_REFUSE},
  {"one-entry/verified-only", connect_by_issuer, {.chain = "wildone", .sni = "b.wild.test.example", .host = "a.wild.test.example"}, WE_REFUSE},
  {"one-entry/spelled-twice", connect_by_issuer, {.chain = "wildone", .sni = "A.wild.test.example.", .host = "a.wild.test.example"}, ALL_ACCEPT},
  {"one-entry/one-of-two", both_of_a_wildcard, {.chain = "wildone", .sni = "a.wild.test.example"}, WE_REFUSE},
  {"one-entry/one-of-two-by-all", both_of_a_wildcard, {.chain = "good", .sni = "a.wild.test.example"}, ALL_ACCEPT},
  {"one-entry/subdomain-sent-only", connect_by_issuer, {.chain = "mx", .sni = "mx.below.test.example", .host = "other.below.test.example", .unverified = true}, WE_REFUSE},
  {"one-entry/domain-and-subdomain", or_below, {.chain = "mx", .sni = "mx.below.test.example"}, ALL_ACCEPT},
  {"one-entry/domain-and-another", or_below, {.chain = "mx", .sni = "other.below.test.example"}, WE_REFUSE},
  {"one-entry/many", many_names, {.chain = "good", .sni = "a.wild.test.example"}, ALL_ACCEPT},
  {"one-entry/too-many", too_many_names, {.chain = "good", .sni = "a.wild.test.example"}, WE_REFUSE},
  /* A program that gives no name: the address of its socket is the name. */
  {"address/right", connect_by_issuer, {.chain = "good", .transport = SOCKET, .unverified = true}, ALL_ACCEPT},
  {"address/mapped", connect_by_issuer, {.chain = "good", .transport = MAPPED, .unverified = true}, ALL_ACCEPT},
  {"address/of-another", connect_by_issuer, {.chain = "elsewhere", .transport = SOCKET, .unverified = true}, WE_REFUSE},
  {"address/expired", connect_by_issuer, {.chain = "expired", .transport = SOCKET, .unverified = true}, WE_REFUSE},
  {"address/client", connect_by_issuer, {.chain = "client", .transport = SOCKET, .unverified = true}, WE_REFUSE},
  /* An exempt anchor exempts the chain, so the anchor is checked as well. */
  {"exempt/right", connect_by_issuer, {.chain = "exempt", NAMED("exempt"), .unverified = true}, ALL_ACCEPT},
  {"exempt/elsewhere", connect_by_issuer, {.chain = "exemptelse", NAMED("exempt"), .unverified = true}, WE_REFUSE},
  {"exempt/wrong-key", connect_by_issuer, {.chain = "bad", NAMED("exempt"), .unverified = true}, WE_REFUSE},
  {"exempt/own-key-pinned", connect_by_issuer, {.chain = "good", NAMED("exempt"), .unverified = true}, ALL_ACCEPT},
  /* If the server's own key is pinned, its certificate's contents do not matter. */
  {"own-key/another-name", overriding, {.chain = "elsewhere", NAMED("elsewhere")}, ALL_ACCEPT},
  {"uncovered/elsewhere", connect_by_issuer, {.chain = "elsewhere", NAMED("uncovered"), .unverified = true}, ALL_ACCEPT},
  {"uncovered/expired", connect_by_issuer, {.chain = "expired", NAMED("uncovered"), .unverified = true}, ALL_ACCEPT},
};
/* clang-format on */

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
