/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verification.h"

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

#include "connection.h"
#include "judgement.h"
#include "log.h"

/* One X509_STORE_CTX between its init and its cleanup. */
struct verification {
  X509_STORE_CTX_verify_fn original;
  X509_STORE_CTX_verify_cb callback; /* the program's, while the original runs */
  bool running;                      /* the original is running */
  bool overridden;                   /* the program's callback said yes to an error */
  bool judged;
  struct judgement judgement; /* where judged */
};

/* What a context gets when there is no memory for data of its own: it refuses. */
static struct verification no_memory = {.judged = true, .judgement = {.allowed = false}};

static SSL *connection_of(const struct libcrypto *crypto, const struct libssl *libssl, X509_STORE_CTX *ctx) {
  if (libssl == NULL)
    return NULL;
  return crypto->X509_STORE_CTX_get_ex_data(ctx, libssl->store_ctx_index);
}

static int refuse(const struct libcrypto *crypto, X509_STORE_CTX *ctx) {
  crypto->X509_STORE_CTX_set_error_depth(ctx, 0);
  crypto->X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

/* ---- The wrapped verification ---- */

int verification_note_override(struct hook *hook, int ok, X509_STORE_CTX *ctx) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  struct verification *verification = crypto->X509_STORE_CTX_get_ex_data(ctx, hook->store_ctx_index);
  int answer = verification->callback(ok, ctx);

  if (ok == 0 && answer != 0)
    verification->overridden = true;
  return answer;
}

/* Runs the verification that was there before us, watching whether the program overrides it. */
static int run_original(const struct hook *hook, const struct libcrypto *crypto,
                        struct verification *verification, X509_STORE_CTX *ctx) {
  int ok;

  verification->callback = crypto->X509_STORE_CTX_get_verify_cb(ctx);
  verification->overridden = false;
  verification->running = true;
  crypto->X509_STORE_CTX_set_verify_cb(ctx, hook->note_override);
  ok = verification->original(ctx);
  verification->running = false;
  if (crypto->X509_STORE_CTX_get_verify_cb(ctx) == hook->note_override)
    crypto->X509_STORE_CTX_set_verify_cb(ctx, verification->callback);
  else /* The program put another callback in, and nobody saw what that said. */
    verification->overridden = true;
  return ok;
}

/*
 * A verification of the program's calls OpenSSL's own, which it looked up in a context of ours, and so comes
 * back to us. Any new context knows the true one.
 */
static int run_openssls_own(const struct hook *hook, const struct libcrypto *crypto, X509_STORE_CTX *ctx) {
  X509_STORE_CTX *any = crypto->X509_STORE_CTX_new();
  const struct verification *verification = NULL;
  int ok;

  if (any != NULL && crypto->X509_STORE_CTX_init(any, NULL, NULL, NULL) == 1)
    verification = crypto->X509_STORE_CTX_get_ex_data(any, hook->store_ctx_index);
  if (verification != NULL && verification != &no_memory)
    ok = verification->original(ctx);
  else
    ok = refuse(crypto, ctx);
  crypto->X509_STORE_CTX_free(any);
  return ok;
}

/*
 * OpenSSL's own verification checks every signature of the chain, but a store may carry a verification of
 * the program's (X509_STORE_set_verify(3)), of which nothing is known.
 */
static bool is_openssls_own(const struct libcrypto *crypto, X509_STORE_CTX *ctx) {
  X509_STORE *store = crypto->X509_STORE_CTX_get0_store(ctx);

  return store == NULL || crypto->X509_STORE_get_verify(store) == NULL;
}

static void judge_chain(struct hook *hook, const struct libcrypto *crypto, X509_STORE_CTX *ctx,
                        struct verification *verification) {
  struct subject_matter matter = {.openssl = &hook->openssl,
                                  .crypto = crypto,
                                  .libssl = openssl_ssl(&hook->openssl),
                                  .param = crypto->X509_STORE_CTX_get0_param(ctx)};

  matter.evidence.chain = crypto->X509_STORE_CTX_get0_chain(ctx);
  matter.evidence.signatures_checked = is_openssls_own(crypto, ctx) && !verification->overridden;
  matter.ssl = connection_of(crypto, matter.libssl, ctx);
  /* OpenSSL 3.2 and later come here with a raw public key as well, and then without a chain. */
  if (matter.ssl != NULL && matter.evidence.chain == NULL && matter.libssl->SSL_get0_peer_rpk != NULL)
    matter.evidence.raw_key = matter.libssl->SSL_get0_peer_rpk(matter.ssl);
  verification->judged = true;
  judgement_clear(&verification->judgement);
  /* A server that looks at its client's certificate talks to no host. */
  if (matter.ssl != NULL && matter.libssl->SSL_is_server(matter.ssl))
    verification->judgement.allowed = true;
  else
    judge(&matter, &verification->judgement);
}

int verification_verify(struct hook *hook, X509_STORE_CTX *ctx) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  struct verification *verification = crypto->X509_STORE_CTX_get_ex_data(ctx, hook->store_ctx_index);
  int ok;

  if (verification == NULL || verification == &no_memory)
    return refuse(crypto, ctx);
  if (verification->running)
    return run_openssls_own(hook, crypto, ctx);
  ok = run_original(hook, crypto, verification, ctx);
  if (ok <= 0)
    return ok;
  judge_chain(hook, crypto, ctx, verification);
  return verification->judgement.allowed ? ok : refuse(crypto, ctx);
}

/* ---- The last gate ---- */

/*
 * Judges a connection whose chain did not get as far as the wrapped verification: it could not be built,
 * DANE-EE or a raw public key was used, or the program verifies by itself. The context's own parameters are
 * gone by now; its certificates belong to libssl's handshake, which is still in the middle of its
 * verification.
 */
static void judge_at_the_end(struct hook *hook, const struct libcrypto *crypto, X509_STORE_CTX *ctx, SSL *ssl,
                             struct judgement *ret_judgement) {
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  struct subject_matter matter = {.openssl = &hook->openssl,
                                  .crypto = crypto,
                                  .libssl = libssl,
                                  .param = libssl->SSL_get0_param(ssl),
                                  .ssl = ssl};

  matter.evidence.peer = crypto->X509_STORE_CTX_get0_cert(ctx);
  matter.evidence.untrusted = crypto->X509_STORE_CTX_get0_untrusted(ctx);
  matter.evidence.store = crypto->X509_STORE_CTX_get0_store(ctx);
  if (matter.evidence.peer == NULL && libssl->SSL_get0_peer_rpk != NULL)
    matter.evidence.raw_key = libssl->SSL_get0_peer_rpk(ssl);
  judge(&matter, ret_judgement);
}

static void pass_the_gate(struct hook *hook, X509_STORE_CTX *ctx, struct verification *verification) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  SSL *ssl = connection_of(crypto, libssl, ctx);

  if (ssl == NULL || libssl->SSL_is_server(ssl))
    return;
  if (!verification->judged)
    judge_at_the_end(hook, crypto, ctx, ssl, &verification->judgement);
  connection_judged(hook, ssl, &verification->judgement);
}

/* ---- The life of a context ---- */

void verification_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  struct hook *hook = argp;
  int saved_errno = errno;
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  struct verification *verification;

  (void)ptr;
  (void)argl;
  if (crypto == NULL) {
    log_line(LOG_CRIT, "event=not-enforced message=\"this OpenSSL lacks a function that pinning needs\"");
    errno = saved_errno;
    return;
  }
  verification = malloc(sizeof *verification);
  if (verification != NULL) {
    verification->original = crypto->X509_STORE_CTX_get_verify(parent);
    verification->running = false;
    verification->judged = false;
    verification->judgement = (struct judgement){.allowed = false};
  } else {
    verification = &no_memory;
  }
  crypto->CRYPTO_set_ex_data(ad, index, verification);
  crypto->X509_STORE_CTX_set_verify(parent, hook->verify);
  errno = saved_errno;
}

/* X509_STORE_CTX_init(3) also calls this once, on a context that has no data yet. */
void verification_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  int saved_errno = errno;

  (void)ad;
  (void)index;
  (void)argl;
  if (ptr != NULL)
    pass_the_gate(argp, parent, ptr);
  if (ptr != NULL && ptr != &no_memory) {
    judgement_clear(&((struct verification *)ptr)->judgement);
    free(ptr);
  }
  errno = saved_errno;
}
