/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A session made under one policy or name, and used under another. */
#include "resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
PLAN(unchanged_ticket, .tickets = true, .expect_reuse = true)
PLAN(unchanged_id, .expect_reuse = true)
PLAN(unchanged_file, .tickets = true, .from_file = true, .expect_reuse = true)
PLAN(unchanged_elsewhere, .tickets = true, .new_context = true, .expect_reuse = true)
PLAN(unchanged_file_elsewhere, .tickets = true, .from_file = true, .new_context = true, .expect_reuse = true)
PLAN(changed_ticket, .tickets = true, .second_policy = "changed")
PLAN(changed_id, .second_policy = "changed")
PLAN(changed_file, .tickets = true, .from_file = true, .second_policy = "changed")
PLAN(appeared_ticket, .tickets = true, .first_policy = "nothing", .second_policy = "good")
PLAN(appeared_id, .first_policy = "nothing", .second_policy = "good")
PLAN(appeared_file, .tickets = true, .from_file = true, .first_policy = "nothing", .second_policy = "good")
PLAN(renamed_ticket, .tickets = true, .second_name = "pinned.test.example")
PLAN(renamed_id, .second_name = "pinned.test.example")
PLAN(renamed_file, .tickets = true, .from_file = true, .second_name = "pinned.test.example")
PLAN(renamed_ca_ticket, .tickets = true, .second_name = "ca.test.example")
PLAN(renamed_ca_file, .tickets = true, .from_file = true, .second_name = "ca.test.example")
/* Pins the same CA, for a name that the certificate of the first connection does not have. */
PLAN(unspoken_ticket, .tickets = true, .first_policy = "issuer", .second_name = "www.below.test.example")
PLAN(unspoken_file, .tickets = true, .from_file = true, .first_policy = "issuer",
     .second_name = "www.below.test.example")
PLAN(blocked_ticket, .tickets = true, .second_policy = "blocked")
PLAN(blocked_id, .second_policy = "blocked")
PLAN(blocked_file, .tickets = true, .from_file = true, .second_policy = "blocked")
PLAN(blocked_before_file, .tickets = true, .from_file = true, .first_policy = "blocked-other",
     .second_policy = "blocked")
PLAN(blocked_after_file, .tickets = true, .from_file = true, .first_policy = "blocked-other",
     .expect_reuse = true)
PLAN(blocked_other_ticket, .tickets = true, .second_policy = "blocked-other")
PLAN(blocked_audited_file, .tickets = true, .from_file = true, .second_policy = "blocked-audited",
     .expect_reuse = true)
PLAN(audited_file, .tickets = true, .from_file = true, .second_policy = "audited", .expect_reuse = true)
PLAN(exempt_file, .tickets = true, .from_file = true, .second_policy = "exempt")
PLAN(exempt_within_file, .tickets = true, .from_file = true, .second_policy = "exempt-issuer",
     .second_name = "pinned.test.example")
PLAN(issuers_file, .tickets = true, .from_file = true, .second_policy = "issuers")
PLAN(disappeared_ticket, .tickets = true, .second_policy = "nothing", .expect_reuse = true)

/* ---- The data that a session keeps, changed by others ---- */

#define FORM "pinpath\3"
#define FORM_LENGTH 8

static unsigned char *kept_of(SSL_SESSION *session, size_t *ret_length) {
  void *data;

  if (SSL_SESSION_get0_ticket_appdata(session, &data, ret_length) != 1)
    broken("no application data");
  return data;
}

static void set_kept(SSL_SESSION *session, const void *data, size_t length) {
  if (SSL_SESSION_set1_ticket_appdata(session, data, length) != 1)
    broken("the application data is not taken");
}

static bool keeps_a_path(SSL_SESSION *session) {
  size_t length;
  const unsigned char *kept = kept_of(session, &length);

  return length > FORM_LENGTH && memcmp(kept, FORM, FORM_LENGTH) == 0;
}

static void take_away(SSL_SESSION *session) {
  set_kept(session, NULL, 0);
}

static void keep_own(SSL_SESSION *session) {
  set_kept(session, "the program's", 13);
}

/* Changes a byte at one place of the data, or behind them. */
static void damage_at(SSL_SESSION *session, size_t at, unsigned char byte) {
  unsigned char copy[4096];
  size_t length;
  const unsigned char *kept = kept_of(session, &length);

  if (!keeps_a_path(session))
    return;
  memcpy(copy, kept, length);
  copy[at] = byte;
  set_kept(session, copy, length > at ? length : at + 1);
}

static void damage_version(SSL_SESSION *session) {
  damage_at(session, FORM_LENGTH - 1, 1);
}

static void damage_flags(SSL_SESSION *session) {
  damage_at(session, FORM_LENGTH, 0xf1);
}

static void damage_count(SSL_SESSION *session) {
  damage_at(session, FORM_LENGTH + 1, 9);
}

static void damage_count_to_none(SSL_SESSION *session) {
  damage_at(session, FORM_LENGTH + 1, 0);
}

static void lengthen(SSL_SESSION *session) {
  size_t length;

  (void)kept_of(session, &length);
  damage_at(session, length, 0);
}

static void shorten(SSL_SESSION *session) {
  unsigned char copy[4096];
  size_t length;
  const unsigned char *kept = kept_of(session, &length);

  if (!keeps_a_path(session))
    return;
  memcpy(copy, kept, length);
  set_kept(session, copy, length - 1);
}

/* Changes the issuer's key, which is the second one. */
static void damage_digest(SSL_SESSION *session) {
  damage_at(session, FORM_LENGTH + 2 + 32 + 5, 0x5a);
}

/* The data have correct lengths, but an impossible number of keys: none, or too many. */
static void keep_keys(SSL_SESSION *session, unsigned char count) {
  unsigned char form[FORM_LENGTH + 2 + 32 * 255 + 1] = {0};

  memcpy(form, FORM, FORM_LENGTH);
  form[FORM_LENGTH] = 1;
  form[FORM_LENGTH + 1] = count;
  set_kept(session, form, FORM_LENGTH + 2 + 32 * (size_t)count + 1);
}

static void keep_no_key(SSL_SESSION *session) {
  keep_keys(session, 0);
}

static void keep_too_many_keys(SSL_SESSION *session) {
  keep_keys(session, 255);
}

#define TAMPERED(function, way, ...)                                                                         \
  PLAN(function, .tickets = true, .from_file = true, .tamper = way, __VA_ARGS__)

TAMPERED(without_kept, take_away, .expect_reuse = false)
TAMPERED(wrong_version, damage_version, .expect_reuse = false)
TAMPERED(wrong_flags, damage_flags, .expect_reuse = false)
TAMPERED(wrong_count, damage_count, .expect_reuse = false)
TAMPERED(no_count, damage_count_to_none, .expect_reuse = false)
TAMPERED(too_long, lengthen, .expect_reuse = false)
TAMPERED(too_short, shorten, .expect_reuse = false)
TAMPERED(wrong_digest, damage_digest, .expect_reuse = false)
TAMPERED(own_in_file, keep_own, .expect_reuse = false)
TAMPERED(no_key, keep_no_key, .second_policy = "blocked")
TAMPERED(too_many_keys, keep_too_many_keys, .second_policy = "blocked")
/* The policy has fingerprints, and only digests of keys were kept. */
PLAN(fingerprints_file, .tickets = true, .from_file = true, .second_policy = "issuer",
     .second_name = "print.test.example", .expect_reuse = false)
PLAN(own_in_memory, .tickets = true, .tamper = keep_own, .expect_reuse = true)

/* A session of the provider's that did not keep enough, or unreadable data, leads to a full handshake;
   without pinning it is resumed. */
static enum outcome not_offered(enum outcome (*plan)(const struct setup *), const struct setup *setup) {
  const char *way = getenv("PATHS_WAY");
  enum outcome outcome = plan(setup);

  if (way == NULL || was_reused != (strcmp(way, "without") == 0))
    broken("reused=%d", was_reused);
  return outcome;
}

#define NOT_OFFERED(function)                                                                                \
  static enum outcome function##_is_not_offered(const struct setup *setup) {                                 \
    return not_offered(function, setup);                                                                     \
  }

NOT_OFFERED(without_kept)
NOT_OFFERED(wrong_version)
NOT_OFFERED(wrong_flags)
NOT_OFFERED(wrong_count)
NOT_OFFERED(no_count)
NOT_OFFERED(too_long)
NOT_OFFERED(too_short)
NOT_OFFERED(wrong_digest)
NOT_OFFERED(own_in_file)
NOT_OFFERED(issuers_file)
NOT_OFFERED(fingerprints_file)
NOT_OFFERED(blocked_other_ticket)
NOT_OFFERED(exempt_file)

/* Many connections, each with the session of the one before, in memory or from a file. */
static enum outcome resume_on_and_on(const struct setup *setup, bool from_file) {
  SSL_CTX *client = caching_client(setup), *server = ticket_server(setup, true);
  struct plan plan = {.from_file = from_file};
  SSL_SESSION *session = first_session(setup, &plan, client, server);
  enum outcome outcome = ACCEPTED;

  for (int turn = 0; turn < 8 && outcome == ACCEPTED; turn++) {
    SSL_SESSION *copy = SSL_SESSION_dup(session);

    SSL_SESSION_free(session);
    outcome = resume(setup, client, server, copy);
    if (!was_reused)
      broken("connection %d is not resumed", turn);
    SSL_SESSION_free(copy);
    /* With TLS 1.2, a resumed handshake need not give a new session. */
    if (newest_session == NULL && connect_with(setup, client, server) != ACCEPTED)
      broken("no session");
    session = from_file ? through_a_file(newest_session) : newest_session;
    newest_session = NULL;
  }
  SSL_SESSION_free(session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome on_and_on(const struct setup *setup) {
  return resume_on_and_on(setup, false);
}

static enum outcome on_and_on_by_file(const struct setup *setup) {
  return resume_on_and_on(setup, true);
}

static int keep_beside(int ok, X509_STORE_CTX *ctx) {
  SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());

  keep_own(SSL_get_session(ssl));
  return ok;
}

/* What a program stores in its sessions stays there. */
static enum outcome keeps_beside(const struct setup *setup) {
  SSL_CTX *client = caching_client(setup), *server = ticket_server(setup, true);
  SSL_SESSION *session;
  const unsigned char *kept;
  size_t length;
  enum outcome outcome;

  SSL_CTX_set_verify(client, SSL_VERIFY_PEER, keep_beside);
  session = first_session(setup, &(struct plan){.from_file = false}, client, server);
  kept = kept_of(session, &length);
  if (length != 13 || memcmp(kept, "the program's", 13) != 0)
    broken("the program's data is gone");
  outcome = resume(setup, client, server, session);
  if (!was_reused)
    broken("the session is not resumed");
  SSL_SESSION_free(session);
  SSL_SESSION_free(newest_session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* A session of a host without an entry contains no data of ours. */
static enum outcome keeps_nothing(const struct setup *setup) {
  SSL_CTX *client = caching_client(setup), *server = ticket_server(setup, true);
  size_t length;

  if (connect_with(setup, client, server) != ACCEPTED || newest_session == NULL)
    broken("no session");
  (void)kept_of(newest_session, &length);
  printf("kept=%zu\n", length);
  SSL_SESSION_free(newest_session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return ACCEPTED;
}

/* ---- A connection whose peer is unknown when the session is offered ---- */

static int not_yet(BIO *bio, const char *data, int length) {
  (void)data;
  (void)length;
  BIO_set_retry_write(bio);
  return -1;
}

static long control_nothing(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

static BIO *new_unconnected(void) {
  static BIO_METHOD *method;
  BIO *bio;

  if (method == NULL)
    method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "not connected yet");
  BIO_meth_set_write(method, not_yet);
  BIO_meth_set_ctrl(method, control_nothing);
  bio = BIO_new(method);
  BIO_set_init(bio, 1);
  return bio;
}

/* Like a program with non-blocking sockets: the handshake begins before the TCP connection is established. */
static enum outcome connected_late(const struct setup *setup, const char *policy) {
  SSL_CTX *client = caching_client(setup), *server = ticket_server(setup, true);
  struct setup apart = *setup;
  SSL_SESSION *session;
  struct link link;
  BIO *unconnected = new_unconnected();
  enum outcome outcome;

  if (connect_with(setup, client, server) != ACCEPTED || newest_session == NULL)
    broken("no session");
  session = newest_session;
  newest_session = NULL;
  use_policy(policy);
  apart.transport = BIO_PAIR;
  link_open(&link, &apart, client, server);
  SSL_set_session(link.client, session);
  SSL_set_bio(link.client, unconnected, unconnected);
  if (SSL_do_handshake(link.client) > 0 || SSL_want_write(link.client) != 1)
    broken("the handshake does not wait for a connection");
  ERR_clear_error();
  link_join_by_sockets(&link, false);
  outcome = link_run(&link);
  printf("reused=%d\n", SSL_session_reused(link.client));
  link_close(&link);
  SSL_SESSION_free(session);
  SSL_SESSION_free(newest_session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome late_withdrawn(const struct setup *setup) {
  return connected_late(setup, "changed");
}

/* With a policy that takes no name from the certificate, which is also for a host with a pinned CA. The
   session was made for the address and does not keep how far its path leads to that CA. */
static enum outcome late_unchanged(const struct setup *setup) {
  replace_policy("ignoring");
  return connected_late(setup, "ignoring");
}

/* The program sets another name after the session was offered. */
static enum outcome renamed_after_offer(const struct setup *setup) {
  SSL_CTX *client = caching_client(setup), *server = ticket_server(setup, true);
  SSL_SESSION *session;
  struct link link;
  enum outcome outcome;

  if (connect_with(setup, client, server) != ACCEPTED || newest_session == NULL)
    broken("no session");
  session = newest_session;
  newest_session = NULL;
  link_open(&link, setup, client, server);
  SSL_set_session(link.client, session);
  (void)SSL_do_handshake(link.client);
  ERR_clear_error();
  SSL_set1_host(link.client, "pinned.test.example");
  outcome = link_run(&link);
  link_close(&link);
  SSL_SESSION_free(session);
  SSL_SESSION_free(newest_session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* On a connected socket, with a policy without addresses, the answer from when the session was offered is
   kept; then something changes before the server answers. */
static enum outcome changed_after_offer(const struct setup *setup, void (*change)(SSL *client)) {
  SSL_CTX *client, *server;
  SSL_SESSION *session;
  struct link link;
  enum outcome outcome;

  replace_policy("names");
  client = caching_client(setup);
  server = ticket_server(setup, true);
  if (connect_with(setup, client, server) != ACCEPTED || newest_session == NULL)
    broken("no session");
  session = newest_session;
  newest_session = NULL;
  link_open(&link, setup, client, server);
  SSL_set_session(link.client, session);
  (void)SSL_do_handshake(link.client);
  ERR_clear_error();
  change(link.client);
  outcome = link_run(&link);
  printf("reused=%d\n", SSL_session_reused(link.client));
  link_close(&link);
  SSL_SESSION_free(session);
  SSL_SESSION_free(newest_session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static void give_other_name(SSL *client) {
  SSL_set1_host(client, "pinned.test.example");
}

static void withdraw_key(SSL *client) {
  (void)client;
  use_policy("changed");
}

static void leave_all(SSL *client) {
  (void)client;
}

static enum outcome name_changes(const struct setup *setup) {
  return changed_after_offer(setup, give_other_name);
}

static enum outcome policy_changes(const struct setup *setup) {
  return changed_after_offer(setup, withdraw_key);
}

static enum outcome nothing_changes(const struct setup *setup) {
  return changed_after_offer(setup, leave_all);
}

static const struct test_case cases[] = {
    /* clang-format off */
  BOTH_VERSIONS("unchanged/ticket", unchanged_ticket, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("unchanged/id", unchanged_id, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("unchanged/file", unchanged_file, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("unchanged/elsewhere", unchanged_elsewhere, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("unchanged/file-elsewhere", unchanged_file_elsewhere, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("unchanged/right-ca", unchanged_ticket, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("uncovered/ticket", unchanged_ticket, "bad", "other.test.example", ALL_ACCEPT, .same_output = true),
  BOTH_VERSIONS("uncovered/file", unchanged_file, "bad", "other.test.example", ALL_ACCEPT, .same_output = true),
  BOTH_VERSIONS("uncovered/changed", changed_ticket, "bad", "other.test.example", ALL_ACCEPT, .same_output = true),
  BOTH_VERSIONS("changed/ticket", changed_ticket, "good", "pinned.test.example", WE_REFUSE),
  BOTH_VERSIONS("changed/id", changed_id, "good", "pinned.test.example", WE_REFUSE),
  BOTH_VERSIONS("changed/file", changed_file, "good", "pinned.test.example", WE_REFUSE),
  BOTH_VERSIONS("changed/ca-ticket", changed_ticket, "good", "ca.test.example", WE_REFUSE),
  BOTH_VERSIONS("changed/ca-file", changed_file, "good", "ca.test.example", WE_REFUSE),
  BOTH_VERSIONS("appeared/wrong-key-ticket", appeared_ticket, "bad", "pinned.test.example", WE_REFUSE),
  BOTH_VERSIONS("appeared/wrong-key-id", appeared_id, "bad", "pinned.test.example", WE_REFUSE),
  BOTH_VERSIONS("appeared/wrong-key-file", appeared_file, "bad", "pinned.test.example", WE_REFUSE),
  BOTH_VERSIONS("appeared/right-key-ticket", appeared_ticket, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("appeared/right-key-file", appeared_file, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("appeared/right-ca-ticket", appeared_ticket, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("appeared/stuffed-ca-ticket", appeared_ticket, "stuffed", "ca.test.example", WE_REFUSE),
  BOTH_VERSIONS("renamed/wrong-key-ticket", renamed_ticket, "bad", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("renamed/wrong-key-id", renamed_id, "bad", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("renamed/wrong-key-file", renamed_file, "bad", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("renamed/wrong-ca-ticket", renamed_ca_ticket, "stuffed", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("renamed/wrong-ca-file", renamed_ca_file, "stuffed", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("renamed/unspoken-ticket", unspoken_ticket, "good", "ca.test.example", WE_REFUSE),
  BOTH_VERSIONS("renamed/unspoken-file", unspoken_file, "good", "ca.test.example", WE_REFUSE),
  BOTH_VERSIONS("renamed/right-key-ticket", renamed_ticket, "good", "other.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("blocked/ticket", blocked_ticket, "good", "pinned.test.example", WE_REFUSE),
  BOTH_VERSIONS("blocked/id", blocked_id, "good", "pinned.test.example", WE_REFUSE),
  BOTH_VERSIONS("blocked/file", blocked_file, "good", "pinned.test.example", WE_REFUSE),
  BOTH_VERSIONS("blocked/file-uncovered", blocked_file, "good", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("blocked/file-seen-whole", blocked_before_file, "good", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("blocked/another-file", blocked_after_file, "good", "other.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("blocked/another-appears", blocked_other_ticket_is_not_offered, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("blocked/audited-file", blocked_audited_file, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("audited/file", audited_file, "good", "pinned.test.example", ALL_ACCEPT),
  {"tls1.3/exempt/end", exempt_file_is_not_offered, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"tls1.2/exempt/end", exempt_file_is_not_offered, {.chain = "good", PINNED, V12}, ALL_ACCEPT},
  {"tls1.3/exempt/not-the-end", exempt_within_file, {.chain = "good", .sni = "ca.test.example", .host = "ca.test.example"}, WE_REFUSE},
  {"tls1.2/exempt/not-the-end", exempt_within_file, {.chain = "good", .sni = "ca.test.example", .host = "ca.test.example", V12}, WE_REFUSE},
  BOTH_VERSIONS("issuer/unchanged-file", unchanged_file, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("issuer/unchanged-file-elsewhere", unchanged_file_elsewhere, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("issuer/on-and-on", on_and_on, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("issuer/on-and-on-by-file", on_and_on_by_file, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("issuer/appears-file", issuers_file_is_not_offered, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("kept/by-the-program", own_in_memory, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("kept/by-the-program-file", own_in_file_is_not_offered, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("kept/not", without_kept_is_not_offered, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("kept/not-but-own-key", without_kept, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("kept/wrong-version", wrong_version_is_not_offered, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("kept/wrong-flags", wrong_flags_is_not_offered, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("kept/wrong-count", wrong_count_is_not_offered, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("kept/no-count", no_count_is_not_offered, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("kept/too-long", too_long_is_not_offered, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("kept/too-short", too_short_is_not_offered, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("kept/no-key", no_key, "good", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("kept/too-many-keys", too_many_keys, "good", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("issuer/fingerprints-file", fingerprints_file_is_not_offered, "good", "ca.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("kept/wrong-digest", wrong_digest_is_not_offered, "good", "ca.test.example", ALL_ACCEPT),
  {"tls1.3/kept/beside-the-programs", keeps_beside, {.chain = "good", .sni = "ca.test.example", .host = "ca.test.example"}, ALL_ACCEPT},
  {"tls1.2/kept/beside-the-programs", keeps_beside, {.chain = "good", .sni = "ca.test.example", .host = "ca.test.example", V12}, ALL_ACCEPT},
  BOTH_VERSIONS("kept/nothing-uncovered", keeps_nothing, "bad", "other.test.example", ALL_ACCEPT, .same_output = true),
  {"tls1.3/late/withdrawn", late_withdrawn, {.chain = "good", .transport = SOCKET}, WE_REFUSE},
  {"tls1.2/late/withdrawn", late_withdrawn, {.chain = "good", .transport = SOCKET, V12}, WE_REFUSE},
  {"tls1.3/late/unchanged", late_unchanged, {.chain = "good", .transport = SOCKET}, ALL_ACCEPT, .same_output = true},
  {"tls1.2/late/unchanged", late_unchanged, {.chain = "good", .transport = SOCKET, V12}, ALL_ACCEPT, .same_output = true},
  {"tls1.3/late/renamed", renamed_after_offer, {.chain = "bad", .sni = "other.test.example"}, WE_REFUSE},
  {"tls1.2/late/renamed", renamed_after_offer, {.chain = "bad", .sni = "other.test.example", V12}, WE_REFUSE},
  {"tls1.3/offered/other-name", name_changes, {.chain = "bad", .sni = "other.test.example", .transport = SOCKET}, WE_REFUSE},
  {"tls1.2/offered/other-name", name_changes, {.chain = "bad", .sni = "other.test.example", .transport = SOCKET, V12}, WE_REFUSE},
  {"tls1.3/offered/withdrawn", policy_changes, {.chain = "good", PINNED, .transport = SOCKET}, WE_REFUSE},
  {"tls1.2/offered/withdrawn", policy_changes, {.chain = "good", PINNED, .transport = SOCKET, V12}, WE_REFUSE},
  {"tls1.3/offered/unchanged", nothing_changes, {.chain = "good", PINNED, .transport = SOCKET}, ALL_ACCEPT, .same_output = true},
  {"tls1.2/offered/unchanged", nothing_changes, {.chain = "good", PINNED, .transport = SOCKET, V12}, ALL_ACCEPT, .same_output = true},
  BOTH_VERSIONS("disappeared/ticket", disappeared_ticket, "good", "pinned.test.example", ALL_ACCEPT),
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
