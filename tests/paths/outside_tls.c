/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Certificates verified outside TLS: if the parameters name a host, the certificate counts as that host's. */
#include "kit.h"

#include <stdio.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

static STACK_OF(X509) * chain_of(const char *name) {
  FILE *file = fopen(pki("chain-", name, ".pem"), "re");
  STACK_OF(X509) *stack = sk_X509_new_null();
  X509 *read;

  while (file != NULL && (read = PEM_read_X509(file, NULL, NULL, NULL)) != NULL)
    sk_X509_push(stack, read);
  if (file == NULL || sk_X509_num(stack) == 0)
    broken("no chain %s", name);
  fclose(file);
  ERR_clear_error();
  return stack;
}

static X509_STORE *store_of(const struct setup *setup) {
  return setup->untrusting ? X509_STORE_new() : store_trusting("root");
}

static bool queue_names_us(void) {
  unsigned long code;
  bool ours = false;

  while ((code = ERR_get_error()) != 0) {
    const char *library = ERR_lib_error_string(code);

    ours = ours || (library != NULL && strcmp(library, "pinning") == 0);
  }
  return ours;
}

static enum outcome outcome_of(int ok, X509_STORE_CTX *ctx) {
  int error = X509_STORE_CTX_get_error(ctx);

  if (ok == 1) {
    printf("queue=%lx\n", ERR_peek_error());
    return ACCEPTED;
  }
  printf("error=%d depth=%d\n", error, X509_STORE_CTX_get_error_depth(ctx));
  if (!queue_names_us())
    return REJECTED;
  if (error != X509_V_ERR_APPLICATION_VERIFICATION)
    broken("refused with error %d", error);
  return REFUSED;
}

/* setup->host: the host in the parameters; NULL: none. callback: may be NULL. */
static enum outcome verify_with(const struct setup *setup, X509_STORE_CTX_verify_cb callback) {
  X509_STORE *store = store_of(setup);
  STACK_OF(X509) *chain = chain_of(setup->chain);
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();
  enum outcome outcome;

  if (X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) != 1)
    broken("no context");
  if (callback != NULL)
    X509_STORE_CTX_set_verify_cb(ctx, callback);
  if (setup->host != NULL)
    X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(ctx), setup->host, 0);
  outcome = outcome_of(X509_verify_cert(ctx), ctx);
  X509_STORE_CTX_free(ctx);
  sk_X509_pop_free(chain, X509_free);
  X509_STORE_free(store);
  return outcome;
}

static enum outcome verify(const struct setup *setup) {
  return verify_with(setup, NULL);
}

static int say_yes(int ok, X509_STORE_CTX *ctx) {
  printf("callback ok=%d error=%d depth=%d\n", ok, X509_STORE_CTX_get_error(ctx),
         X509_STORE_CTX_get_error_depth(ctx));
  return 1;
}

static enum outcome verify_yes(const struct setup *setup) {
  return verify_with(setup, say_yes);
}

/* One context for one verification after another, as some programs do it. */
static enum outcome verify_again(const struct setup *setup) {
  X509_STORE *store = store_of(setup);
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();
  STACK_OF(X509) *chain = chain_of(setup->chain);
  enum outcome outcome = BROKEN;

  for (int turn = 0; turn < 3; turn++) {
    if (X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) != 1)
      broken("no context");
    X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(ctx), setup->host, 0);
    outcome = outcome_of(X509_verify_cert(ctx), ctx);
    X509_STORE_CTX_cleanup(ctx);
  }
  X509_STORE_CTX_free(ctx);
  sk_X509_pop_free(chain, X509_free);
  X509_STORE_free(store);
  return outcome;
}

static enum outcome verify_address(const struct setup *setup) {
  X509_STORE *store = store_of(setup);
  STACK_OF(X509) *chain = chain_of(setup->chain);
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();
  enum outcome outcome;

  X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain);
  X509_VERIFY_PARAM_set1_ip_asc(X509_STORE_CTX_get0_param(ctx), "127.0.0.1");
  outcome = outcome_of(X509_verify_cert(ctx), ctx);
  X509_STORE_CTX_free(ctx);
  sk_X509_pop_free(chain, X509_free);
  X509_STORE_free(store);
  return outcome;
}

/* ---- CMS: a signed message has signers, but no host ---- */

static enum outcome signed_message(const struct setup *setup) {
  X509_STORE *store = store_of(setup);
  STACK_OF(X509) *chain = chain_of(setup->chain), *others = chain_of(setup->chain);
  EVP_PKEY *key = read_key(setup->chain);
  BIO *text = BIO_new_mem_buf("text", 4), *out = BIO_new(BIO_s_mem());
  CMS_ContentInfo *message;
  int ok;

  /* OpenSSL adds the signer's own certificate. */
  X509_free(sk_X509_shift(others));
  message = CMS_sign(sk_X509_value(chain, 0), key, others, text, CMS_BINARY);
  X509_STORE_set_purpose(store, X509_PURPOSE_ANY);
  if (message == NULL)
    broken("no message");
  ERR_clear_error();
  ok = CMS_verify(message, NULL, store, NULL, out, CMS_BINARY);
  printf("verified=%d error=%lx\n", ok, ERR_peek_error());
  CMS_ContentInfo_free(message);
  BIO_free(text);
  BIO_free(out);
  EVP_PKEY_free(key);
  sk_X509_pop_free(others, X509_free);
  sk_X509_pop_free(chain, X509_free);
  X509_STORE_free(store);
  if (ok == 1)
    return ACCEPTED;
  return queue_names_us() ? REFUSED : REJECTED;
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"x509/no-host", verify, {.chain = "bad"}, ALL_ACCEPT, .same_output = true},
  {"x509/no-host-untrusted", verify, {.chain = "bad", .untrusting = true}, OPENSSL_REJECTS, .same_output = true},
  {"x509/no-host-forged", verify, {.chain = "forged"}, OPENSSL_REJECTS, .same_output = true},
  {"x509/host/right-key", verify, {.chain = "good", .host = "pinned.test.example"}, ALL_ACCEPT},
  {"x509/host/wrong-key", verify, {.chain = "bad", .host = "pinned.test.example"}, WE_REFUSE},
  {"x509/host/right-ca", verify, {.chain = "good", .host = "ca.test.example"}, ALL_ACCEPT},
  {"x509/host/wrong-ca", verify, {.chain = "stuffed", .host = "ca.test.example"}, WE_REFUSE},
  {"x509/host/untrusted", verify, {.chain = "good", .host = "pinned.test.example", .untrusting = true}, OPENSSL_REJECTS, .same_output = true},
  {"x509/host/mismatch", verify, {.chain = "good", .host = "absent.test.example"}, OPENSSL_REJECTS, .same_output = true},
  {"x509/host/uncovered", verify, {.chain = "bad", .host = "other.test.example"}, ALL_ACCEPT, .same_output = true},
  {"x509/host/again-right", verify_again, {.chain = "good", .host = "pinned.test.example"}, ALL_ACCEPT},
  {"x509/host/again-wrong", verify_again, {.chain = "bad", .host = "pinned.test.example"}, WE_REFUSE},
  {"x509/address/right-key", verify_address, {.chain = "good"}, ALL_ACCEPT},
  {"x509/address/wrong-key", verify_address, {.chain = "bad"}, WE_REFUSE},
  {"x509/yes/right-key", verify_yes, {.chain = "good", .host = "pinned.test.example"}, ALL_ACCEPT, .same_output = true},
  {"x509/yes/wrong-key", verify_yes, {.chain = "bad", .host = "pinned.test.example"}, WE_REFUSE},
  {"x509/yes/wrong-key-untrusted", verify_yes, {.chain = "bad", .host = "pinned.test.example", .untrusting = true}, WE_REFUSE},
  {"x509/yes/forged-link", verify_yes, {.chain = "forged", .host = "ca.test.example"}, WE_REFUSE},
  {"x509/yes/damaged-link", verify_yes, {.chain = "damaged", .host = "ca.test.example"}, WE_REFUSE},
  {"x509/yes/through-no-ca", verify_yes, {.chain = "underleaf", .host = "ca.test.example"}, WE_REFUSE},
  {"x509/yes/path-too-long", verify_yes, {.chain = "toolong", .host = "pathlen.test.example"}, WE_REFUSE},
  {"x509/yes/uncovered", verify_yes, {.chain = "forged", .host = "other.test.example"}, ALL_ACCEPT, .same_output = true},
  {"cms/trusted", signed_message, {.chain = "bad"}, ALL_ACCEPT, .same_output = true},
  {"cms/untrusted", signed_message, {.chain = "bad", .untrusting = true}, OPENSSL_REJECTS, .same_output = true},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
