/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of resume.h: makes two connections, the second with the session of the first. */
#include "resume.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>

bool was_reused;

SSL_CTX *ticket_server(const struct setup *setup, bool tickets) {
  SSL_CTX *server = server_context(setup);

  if (!tickets)
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
  return server;
}

SSL_SESSION *through_a_file(SSL_SESSION *session) {
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

/* What a session keeps of its server's path must never be sent. */
static long watch_wire(BIO *bio, int operation, const char *data, size_t length, int argi, long argl,
                       int result, size_t *processed) {
  (void)bio, (void)argi, (void)argl, (void)processed;
  if (operation == BIO_CB_WRITE && memmem(data, length, "pinpath", 7) != NULL)
    broken("what the session keeps is sent");
  return result;
}

enum outcome resume(const struct setup *setup, SSL_CTX *client, SSL_CTX *server, SSL_SESSION *session) {
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  if (SSL_set_session(link.client, session) != 1)
    broken("the session is not taken");
  BIO_set_callback_ex(SSL_get_wbio(link.client), watch_wire);
  outcome = link_run(&link);
  was_reused = SSL_session_reused(link.client) == 1;
  printf("reused=%d\n", was_reused);
  link_close(&link);
  return outcome;
}

SSL_SESSION *first_session(const struct setup *setup, const struct plan *plan, SSL_CTX *client,
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

enum outcome follow(const struct setup *setup, const struct plan *plan) {
  struct setup second = *setup;
  SSL_CTX *client = caching_client(setup), *server = ticket_server(setup, plan->tickets);
  SSL_SESSION *session;
  enum outcome outcome;

  if (plan->first_policy != NULL)
    use_policy(plan->first_policy);
  session = first_session(setup, plan, client, server);
  if (plan->tamper != NULL)
    plan->tamper(session);
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
