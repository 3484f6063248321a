/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A session made while one policy was in force, used under another, or under another name. */
#include "kit.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define V12 .version = TLS1_2_VERSION

struct plan {
  const char *first_policy, *second_policy;
  const char *second_name; /* NULL: the same */
  bool tickets, from_file;
  bool new_context; /* the second connection comes from a context with no root */
  bool expect_reuse;
};

static bool was_reused;

static SSL_CTX *ticket_server(const struct setup *setup, bool tickets) {
  SSL_CTX *server = server_context(setup);

  if (!tickets)
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
  return server;
}

/* As a program does that writes its session to a file: nothing but the encoded form survives. */
static SSL_SESSION *through_a_file(SSL_SESSION *session) {
  FILE *file = tmpfile();
  SSL_SESSION *read;

  if (file == NULL || PEM_write_SSL_SESSION(file, session) != 1)
    broken("no file for the session");
  rewind(file);
  read = PEM_read_SSL_SESSION(file, NULL, NULL, NULL);
  fclose(file);
  SSL_SESSION_free(session);
  if (read == NULL)
    broken("the session does not read back");
  return read;
}

static enum outcome resume(const struct setup *setup, SSL_CTX *client, SSL_CTX *server,
                           SSL_SESSION *session) {
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  if (SSL_set_session(link.client, session) != 1)
    broken("the session is not taken");
  outcome = link_run(&link);
  was_reused = SSL_session_reused(link.client) == 1;
  printf("reused=%d\n", was_reused);
  link_close(&link);
  return outcome;
}

static SSL_SESSION *first_session(const struct setup *setup, const struct plan *plan, SSL_CTX *client,
                                  SSL_CTX *server) {
  SSL_SESSION *session;

  if (connect_with(setup, client, server) != ACCEPTED)
    broken("the first connection fails");
  session = newest_session;
  newest_session = NULL;
  if (session == NULL)
    broken("no session");
  return plan->from_file ? through_a_file(session) : session;
}

static enum outcome follow(const struct setup *setup, const struct plan *plan) {
  struct setup second = *setup;
  SSL_CTX *client = caching_client(setup), *server = ticket_server(setup, plan->tickets);
  SSL_SESSION *session;
  enum outcome outcome;

  if (plan->first_policy != NULL)
    use_policy(plan->first_policy);
  session = first_session(setup, plan, client, server);
  if (plan->second_policy != NULL)
    use_policy(plan->second_policy);
  if (plan->second_name != NULL)
    second.sni = second.host = plan->second_name;
  if (plan->new_context) {
    SSL_CTX_free(client);
    second.untrusting = true;
    client = caching_client(&second);
  }
  outcome = resume(&second, client, server, session);
  if (plan->expect_reuse && !was_reused)
    broken("the session was not resumed");
  SSL_SESSION_free(session);
  SSL_SESSION_free(newest_session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

#define PLAN(function, ...)                                                                                  \
  static enum outcome function(const struct setup *setup) {                                                  \
    return follow(setup, &(struct plan){__VA_ARGS__});                                                       \
  }

PLAN(unchanged_ticket, .tickets = true, .expect_reuse = true)
PLAN(unchanged_id, .expect_reuse = true)
PLAN(unchanged_file, .tickets = true, .from_file = true, .expect_reuse = true)
PLAN(unchanged_elsewhere, .tickets = true, .new_context = true, .expect_reuse = true)
PLAN(unchanged_file_elsewhere, .tickets = true, .from_file = true, .new_context = true)
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
PLAN(disappeared_ticket, .tickets = true, .second_policy = "nothing", .expect_reuse = true)

/* The same, where the client verifies nothing in either connection. */
static const struct test_case cases[] = {
/* clang-format off */
#define BOTH_VERSIONS(name, function, chain_name, host_name, ...) \
  {"tls1.3/" name, function, {.chain = chain_name, .sni = host_name, .host = host_name}, __VA_ARGS__}, \
  {"tls1.2/" name, function, {.chain = chain_name, .sni = host_name, .host = host_name, V12}, __VA_ARGS__}, \
  {"tls1.3/none/" name, function, {.chain = chain_name, .sni = host_name, .unverified = true, .untrusting = true}, __VA_ARGS__}, \
  {"tls1.2/none/" name, function, {.chain = chain_name, .sni = host_name, .unverified = true, .untrusting = true, V12}, __VA_ARGS__}, \
  {"tls1.3/socket/" name, function, {.chain = chain_name, .sni = host_name, .host = host_name, .transport = SOCKET}, __VA_ARGS__}
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
  BOTH_VERSIONS("renamed/right-key-ticket", renamed_ticket, "good", "other.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("disappeared/ticket", disappeared_ticket, "good", "pinned.test.example", ALL_ACCEPT),
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
