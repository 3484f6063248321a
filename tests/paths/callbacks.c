/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Programs that do the verification themselves, or watch it. */
#include "kit.h"

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define CA_PINNED .sni = "ca.test.example", .host = "ca.test.example"
#define PATH_LENGTH .sni = "pathlen.test.example", .host = "pathlen.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"

/* ---- SSL_set_verify ---- */

static int say_yes(int ok, X509_STORE_CTX *ctx) {
  (void)ok;
  (void)ctx;
  return 1;
}

static int say_yes_and_forget(int ok, X509_STORE_CTX *ctx) {
  (void)ok;
  X509_STORE_CTX_set_error(ctx, X509_V_OK);
  return 1;
}

static int print_and_say_yes(int ok, X509_STORE_CTX *ctx) {
  printf("verify ok=%d error=%d depth=%d\n", ok, X509_STORE_CTX_get_error(ctx),
         X509_STORE_CTX_get_error_depth(ctx));
  return 1;
}

static int print_and_pass_on(int ok, X509_STORE_CTX *ctx) {
  print_and_say_yes(ok, ctx);
  return ok;
}

static enum outcome with_verify(const struct setup *setup, SSL_verify_cb callback) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_verify(client, setup->unverified ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, callback);
  return connect_from(setup, client);
}

static enum outcome yes(const struct setup *setup) {
  return with_verify(setup, say_yes);
}

static enum outcome yes_and_forget(const struct setup *setup) {
  return with_verify(setup, say_yes_and_forget);
}

static enum outcome watch_yes(const struct setup *setup) {
  return with_verify(setup, print_and_say_yes);
}

static enum outcome watch_verdict(const struct setup *setup) {
  return with_verify(setup, print_and_pass_on);
}

/* ---- SSL_CTX_set_cert_verify_callback ---- */

static int verify_nothing(X509_STORE_CTX *ctx, void *arg) {
  (void)ctx;
  (void)arg;
  return 1;
}

static int verify_nothing_and_say_so(X509_STORE_CTX *ctx, void *arg) {
  (void)arg;
  X509_STORE_CTX_set_error(ctx, X509_V_OK);
  return 1;
}

static int verify_by_itself(X509_STORE_CTX *ctx, void *arg) {
  (void)arg;
  return X509_verify_cert(ctx);
}

static int verify_and_ignore(X509_STORE_CTX *ctx, void *arg) {
  (void)arg;
  (void)X509_verify_cert(ctx);
  X509_STORE_CTX_set_error(ctx, X509_V_OK);
  ERR_clear_error();
  return 1;
}

/* Like programs that want a store of their own: verifies the same certificates in a second context. */
static int verify_in_another(X509_STORE_CTX *ctx, void *arg) {
  X509_STORE_CTX *other = X509_STORE_CTX_new();
  int ok = X509_STORE_CTX_init(other, X509_STORE_CTX_get0_store(ctx), X509_STORE_CTX_get0_cert(ctx),
                               X509_STORE_CTX_get0_untrusted(ctx));

  (void)arg;
  ok = ok == 1 && X509_verify_cert(other) == 1;
  X509_STORE_CTX_free(other);
  return ok;
}

static enum outcome nothing(const struct setup *setup) {
  return connect_verifying(setup, verify_nothing);
}

static enum outcome nothing_said(const struct setup *setup) {
  return connect_verifying(setup, verify_nothing_and_say_so);
}

static enum outcome itself(const struct setup *setup) {
  return connect_verifying(setup, verify_by_itself);
}

static enum outcome ignoring(const struct setup *setup) {
  return connect_verifying(setup, verify_and_ignore);
}

static enum outcome another(const struct setup *setup) {
  return connect_verifying(setup, verify_in_another);
}

/* ---- Asynchronous verification: the first call asks for a retry, the second says yes ---- */

static int retries;

static int retry_once(X509_STORE_CTX *ctx, void *arg) {
  SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());

  (void)arg;
  if (retries++ > 0)
    return 1;
  return SSL_set_retry_verify(ssl);
}

/* After a refusal, pinning need not ask the program again. */
static enum outcome asked_twice(enum outcome outcome) {
  if (outcome == ACCEPTED && retries != 2)
    broken("verified %d times", retries);
  return outcome;
}

static enum outcome asynchronous(const struct setup *setup) {
  return asked_twice(connect_verifying(setup, retry_once));
}

static int retry_then_verify(X509_STORE_CTX *ctx, void *arg) {
  SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());

  (void)arg;
  if (retries++ > 0)
    return X509_verify_cert(ctx);
  return SSL_set_retry_verify(ssl);
}

static enum outcome asynchronous_verified(const struct setup *setup) {
  return asked_twice(connect_verifying(setup, retry_then_verify));
}

/* ---- X509_STORE_set_verify ---- */

static int store_says_yes(X509_STORE_CTX *ctx) {
  X509_STORE_CTX_set_error(ctx, X509_V_OK);
  return 1;
}

static enum outcome store_verify(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  X509_STORE_set_verify(SSL_CTX_get_cert_store(client), store_says_yes);
  return connect_from(setup, client);
}

static enum outcome store_verify_cb(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  X509_STORE_set_verify_cb(SSL_CTX_get_cert_store(client), say_yes_and_forget);
  return connect_from(setup, client);
}

/* ---- Functions of the program's store: called for connections of the program, and for no others ---- */

#if OPENSSL_VERSION_NUMBER >= 0x40000000L
#define FROM_4_0 const
#else
#define FROM_4_0
#endif

static void want_connection(const X509_STORE_CTX *ctx) {
  if (X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx()) == NULL)
    broken("a function of the store was called with a context that is not the program's");
}

static int issuer_of(X509 **issuer, X509_STORE_CTX *ctx, FROM_4_0 X509 *certificate) {
  want_connection(ctx);
  return X509_STORE_CTX_get1_issuer(issuer, ctx, certificate);
}

static STACK_OF(X509) * certificates_of(FROM_4_0 X509_STORE_CTX *ctx, const X509_NAME *name) {
  want_connection(ctx);
  return X509_STORE_CTX_get1_certs(ctx, name);
}

static int nothing_is_revoked(X509_STORE_CTX *ctx) {
  want_connection(ctx);
  return 1;
}

static int end_of(X509_STORE_CTX *ctx) {
  want_connection(ctx);
  return 1;
}

/* The store is not searched then, so the path has to come from what the server sent. */
static enum outcome store_cleanup(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  X509_STORE_set_cleanup(SSL_CTX_get_cert_store(client), end_of);
  SSL_CTX_set_cert_verify_callback(client, verify_nothing, NULL);
  return connect_from(setup, client);
}

static enum outcome store_functions(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);
  X509_STORE *store = SSL_CTX_get_cert_store(client);

  X509_STORE_set_get_issuer(store, issuer_of);
  X509_STORE_set_lookup_certs(store, certificates_of);
  X509_STORE_set_check_revocation(store, nothing_is_revoked);
  SSL_CTX_set_cert_verify_callback(client, verify_nothing, NULL);
  return connect_from(setup, client);
}

/* ---- What the program learns of a refusal ---- */

static enum outcome told_of_refusal(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  outcome = link_run(&link);
  if (outcome == REFUSED && SSL_get_verify_result(link.client) != X509_V_ERR_APPLICATION_VERIFICATION)
    broken("the result of the verification is %ld", SSL_get_verify_result(link.client));
  link_free(&link, client, server);
  return outcome;
}

/* Programs wait for the descriptor of a connection, even after a refusal. */
static enum outcome descriptor_stays(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;
  int fd;

  SSL_CTX_set_cert_verify_callback(client, verify_nothing, NULL);
  link_open(&link, setup, client, server);
  fd = SSL_get_fd(link.client);
  outcome = link_run(&link);
  if (fd < 0 || SSL_get_fd(link.client) != fd)
    broken("descriptor %d has become %d", fd, SSL_get_fd(link.client));
  link_free(&link, client, server);
  return outcome;
}

/* ---- Info and message callbacks: called as often as without pinning ---- */

static void print_info(const SSL *ssl, int where, int ret) {
  if (!SSL_is_server(ssl))
    printf("info where=%#x ret=%d state=%s\n", (unsigned)where, ret, SSL_state_string(ssl));
}

static enum outcome info_of_context(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_info_callback(client, print_info);
  return connect_from(setup, client);
}

static enum outcome info_of_connection(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  SSL_set_info_callback(link.client, print_info);
  outcome = link_run(&link);
  printf("kept=%d\n", SSL_get_info_callback(link.client) != NULL);
  link_free(&link, client, server);
  return outcome;
}

/* Sets a callback in the middle of a handshake, when ours may be set already: both must get all their events.
 */
static int set_info_then_yes(X509_STORE_CTX *ctx, void *arg) {
  SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());

  (void)arg;
  SSL_set_info_callback(ssl, print_info);
  return 1;
}

static enum outcome info_in_handshake(const struct setup *setup) {
  return connect_verifying(setup, set_info_then_yes);
}

static void ignore_info(const SSL *ssl, int where, int ret) {
  (void)ssl;
  (void)where;
  (void)ret;
}

/* The verify callback accepts, and sets an info callback where one of ours would have judged. */
static int hostile_yes(int ok, X509_STORE_CTX *ctx) {
  SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());

  (void)ok;
  SSL_set_info_callback(ssl, ignore_info);
  SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
  X509_STORE_CTX_set_error(ctx, X509_V_OK);
  return 1;
}

static enum outcome overriding_all(const struct setup *setup) {
  return with_verify(setup, hostile_yes);
}

static int allow_all(const SSL *ssl, const SSL_CTX *context, int operation, int bits, int nid, void *other,
                     void *ex) {
  (void)ssl, (void)context, (void)operation, (void)bits, (void)nid, (void)other, (void)ex;
  return 1;
}

/* The program sets a security callback where ours would be. */
static enum outcome own_security(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_security_callback(client, allow_all);
  return connect_from(setup, client);
}

/* What the program's security level forbids stays forbidden, although our callback is in front of libssl's.
 */
static enum outcome own_level(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_security_level(client, 5);
  return connect_from(setup, client);
}

/* clang-format off */
#define ALWAYS_YES(prefix, function) \
  {prefix "/right-key", function, {.chain = "good", PINNED}, ALL_ACCEPT}, \
  {prefix "/right-key-untrusted", function, {.chain = "good", PINNED, .untrusting = true}, ALL_ACCEPT}, \
  {prefix "/right-ca-untrusted", function, {.chain = "good", CA_PINNED, .untrusting = true}, ALL_ACCEPT}, \
  {prefix "/wrong-key", function, {.chain = "bad", PINNED}, WE_REFUSE}, \
  {prefix "/wrong-key-untrusted", function, {.chain = "bad", PINNED, .untrusting = true}, WE_REFUSE}, \
  {prefix "/wrong-key-tls1.2", function, {.chain = "bad", PINNED, .version = TLS1_2_VERSION}, WE_REFUSE}, \
  {prefix "/wrong-key-socket", function, {.chain = "bad", PINNED, .transport = SOCKET}, WE_REFUSE}, \
  {prefix "/wrong-ca", function, {.chain = "bad", CA_PINNED}, WE_REFUSE}, \
  {prefix "/ca-beside-path", function, {.chain = "stuffed", CA_PINNED}, WE_REFUSE}, \
  {prefix "/forged-link", function, {.chain = "forged", CA_PINNED}, WE_REFUSE}, \
  {prefix "/forged-link-tls1.2", function, {.chain = "forged", CA_PINNED, .version = TLS1_2_VERSION}, WE_REFUSE}, \
  {prefix "/damaged-link", function, {.chain = "damaged", CA_PINNED}, WE_REFUSE}, \
  {prefix "/through-no-ca", function, {.chain = "underleaf", CA_PINNED}, WE_REFUSE}, \
  {prefix "/through-no-ca-key", function, {.chain = "underleaf", PINNED}, WE_REFUSE}, \
  {prefix "/path-too-long", function, {.chain = "toolong", PATH_LENGTH}, WE_REFUSE}, \
  {prefix "/path-just-right", function, {.chain = "shortok", PATH_LENGTH}, ALL_ACCEPT}, \
  {prefix "/uncovered", function, {.chain = "forged", OTHER}, ALL_ACCEPT}

static const struct test_case cases[] = {
  ALWAYS_YES("verify-cb", yes),
  ALWAYS_YES("verify-cb-forgets", yes_and_forget),
  ALWAYS_YES("verify-cb-resets-all", overriding_all),
  ALWAYS_YES("cert-verify-cb", nothing),
  ALWAYS_YES("cert-verify-cb-ok", nothing_said),
  ALWAYS_YES("cert-verify-cb-ignores", ignoring),
  ALWAYS_YES("cert-verify-cb-info", info_in_handshake),
  ALWAYS_YES("retry-verify", asynchronous),
  {"store-verify/right-key", store_verify, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"store-verify/wrong-key", store_verify, {.chain = "bad", PINNED}, WE_REFUSE},
  {"store-verify/wrong-ca", store_verify, {.chain = "bad", CA_PINNED}, WE_REFUSE},
  {"store-verify/ca-beside-path", store_verify, {.chain = "stuffed", CA_PINNED}, WE_REFUSE},
  {"store-verify/forged-link", store_verify, {.chain = "forged", CA_PINNED}, WE_REFUSE},
  {"store-verify/damaged-link", store_verify, {.chain = "damaged", CA_PINNED}, WE_REFUSE},
  {"store-verify/uncovered", store_verify, {.chain = "forged", OTHER}, ALL_ACCEPT},
  {"store-verify/untrusted", store_verify, {.chain = "good", PINNED, .untrusting = true}, OPENSSL_REJECTS},
  ALWAYS_YES("store-verify-cb", store_verify_cb),

  {"store-functions/right-ca", store_functions, {.chain = "good", CA_PINNED}, ALL_ACCEPT},
  {"store-functions/wrong-ca", store_functions, {.chain = "bad", CA_PINNED}, WE_REFUSE},
  {"store-cleanup/right-ca", store_cleanup, {.chain = "good", CA_PINNED}, ALL_ACCEPT},
  {"store-cleanup/wrong-ca", store_cleanup, {.chain = "bad", CA_PINNED}, WE_REFUSE},
  {"told-of-refusal/none", told_of_refusal, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"told-of-refusal/none-untrusted", told_of_refusal, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, WE_REFUSE},
  {"told-of-refusal/verifying", told_of_refusal, {.chain = "bad", PINNED}, WE_REFUSE},
  {"descriptor-stays/wrong-key", descriptor_stays, {.chain = "bad", PINNED, .transport = SOCKET}, WE_REFUSE},
  {"cert-verify-cb-verifies/right-key", itself, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"cert-verify-cb-verifies/wrong-key", itself, {.chain = "bad", PINNED}, WE_REFUSE},
  {"cert-verify-cb-verifies/wrong-ca", itself, {.chain = "stuffed", CA_PINNED}, WE_REFUSE},
  {"cert-verify-cb-verifies/untrusted", itself, {.chain = "good", PINNED, .untrusting = true}, OPENSSL_REJECTS},
  {"cert-verify-cb-verifies/wrong-key-none", itself, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"cert-verify-cb-other-ctx/right-key", another, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"cert-verify-cb-other-ctx/wrong-key", another, {.chain = "bad", PINNED}, WE_REFUSE},
  {"cert-verify-cb-other-ctx/wrong-ca", another, {.chain = "stuffed", CA_PINNED}, WE_REFUSE},
  {"retry-verify-verifies/right-key", asynchronous_verified, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"retry-verify-verifies/wrong-key", asynchronous_verified, {.chain = "bad", PINNED}, WE_REFUSE},
  {"retry-verify-verifies/wrong-key-tls1.2", asynchronous_verified, {.chain = "bad", PINNED, .version = TLS1_2_VERSION}, WE_REFUSE},
  {"security-level/right-key", own_level, {.chain = "good", PINNED, .unverified = true}, OPENSSL_REJECTS},
  {"security-level/uncovered", own_level, {.chain = "good", OTHER, .unverified = true}, OPENSSL_REJECTS},
  {"security-cb/right-key", own_security, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"security-cb/wrong-key", own_security, {.chain = "bad", PINNED}, WE_REFUSE},
  {"security-cb/wrong-key-none", own_security, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},

  {"watched/verdict/uncovered", watch_verdict, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true},
  {"watched/verdict/accepted", watch_verdict, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true},
  {"watched/verdict/uncovered-untrusted", watch_verdict, {.chain = "bad", OTHER, .untrusting = true}, OPENSSL_REJECTS, .same_output = true},
  {"watched/verdict/uncovered-forged", watch_verdict, {.chain = "forged", OTHER}, OPENSSL_REJECTS, .same_output = true},
  {"watched/yes/uncovered", watch_yes, {.chain = "forged", OTHER}, ALL_ACCEPT, .same_output = true},
  {"watched/yes/accepted", watch_yes, {.chain = "good", PINNED, .untrusting = true}, ALL_ACCEPT, .same_output = true},
  {"watched/yes/accepted-none", watch_yes, {.chain = "good", PINNED, .untrusting = true, .unverified = true}, ALL_ACCEPT, .same_output = true},
  {"watched/yes/path-too-long", watch_yes, {.chain = "toolong", OTHER}, ALL_ACCEPT, .same_output = true},
  {"watched/info-ctx/uncovered", info_of_context, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true},
  {"watched/info-ctx/accepted", info_of_context, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true},
  {"watched/info-ctx/accepted-tls1.2", info_of_context, {.chain = "good", PINNED, .version = TLS1_2_VERSION}, ALL_ACCEPT, .same_output = true},
  {"watched/info-ssl/uncovered", info_of_connection, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true},
  {"watched/info-ssl/accepted", info_of_connection, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true},
  {"watched/info-ssl/accepted-tls1.2", info_of_connection, {.chain = "good", PINNED, .version = TLS1_2_VERSION}, ALL_ACCEPT, .same_output = true},
  {"watched/info-in-handshake/accepted", info_in_handshake, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true},
};
/* clang-format on */

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
