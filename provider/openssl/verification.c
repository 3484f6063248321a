/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verification.h"

#include <errno.h>
#include <stdlib.h>

#include "common/record.h"
#include "connection.h"
#include "judgement.h"
#include "peer_chain.h"
#include "unbound.h"

/* Most peers send no more certificates than this, and then no memory has to be allocated for them. */
#define INLINE_SENT 4

/* Data of an X509_STORE_CTX, between its initialisation and its clean-up. */
struct verification {
  X509_STORE_CTX_verify_fn original; /* the wrapped verification function */
  /*
   * What the context was made for: in a handshake, the certificate whose key the server proves, and those
   * that were sent with it. A program may put other certificates into the context, and free these earlier.
   * Owned.
   */
  X509 *peer;
  X509 *sent[INLINE_SENT]; /* the first sent_count are set */
  int sent_count;
  /* Used instead of `sent` if there are more, or once sent_of has moved them here. */
  STACK_OF(X509) * more_sent;
  bool running; /* the original is running */
  bool judged;  /* `judgement` is set */
  /* The connection at that time, since a program may exchange it; only compared; NULL: none. */
  const SSL *judged_for;
  struct judgement judgement; /* the verdict, if judged */
};

/* For a context without memory for data of its own: refuses. */
static struct verification no_memory = {.judged = true, .judgement = {.allowed = false}};

/* ---- The certificates that were sent along ---- */

/* Keeps the certificates from the stack that the context was made with. */
static void keep_sent(const struct libcrypto *crypto, STACK_OF(X509) * sent,
                      struct verification *verification) {
  int count = crypto->OPENSSL_sk_num((const OPENSSL_STACK *)(const void *)sent);

  if (count > INLINE_SENT)
    verification->more_sent = crypto->X509_chain_up_ref(sent);
  for (int i = 0; i < count && count <= INLINE_SENT; i++) {
    X509 *certificate = crypto->OPENSSL_sk_value((const OPENSSL_STACK *)(const void *)sent, i);

    if (certificate != NULL && crypto->X509_up_ref(certificate) == 1)
      verification->sent[verification->sent_count++] = certificate;
  }
}

/* The certificates that were sent, valid as long as the verification; NULL: none, or no memory. */
static STACK_OF(X509) * sent_of(const struct libcrypto *crypto, struct verification *verification) {
  OPENSSL_STACK *stack;

  if (verification->more_sent != NULL || verification->sent_count == 0)
    return verification->more_sent;
  stack = crypto->OPENSSL_sk_new_null();
  for (int i = 0; stack != NULL && i < verification->sent_count; i++) {
    if (crypto->OPENSSL_sk_push(stack, verification->sent[i]) <= 0) {
      crypto->OPENSSL_sk_free(stack);
      return NULL;
    }
  }
  verification->sent_count = stack != NULL ? 0 : verification->sent_count;
  verification->more_sent = (STACK_OF(X509) *)(void *)stack;
  return verification->more_sent;
}

static void free_sent(const struct libcrypto *crypto, struct verification *verification) {
  while (verification->sent_count > 0)
    crypto->X509_free(verification->sent[--verification->sent_count]);
  if (verification->more_sent != NULL)
    crypto->OPENSSL_sk_pop_free((OPENSSL_STACK *)(void *)verification->more_sent,
                                (OPENSSL_sk_freefunc)crypto->X509_free);
}

static SSL *connection_of(const struct libcrypto *crypto, const struct libssl *libssl, X509_STORE_CTX *ctx) {
  if (libssl == NULL)
    return NULL;
  return crypto->X509_STORE_CTX_get_ex_data(ctx, libssl->store_ctx_index);
}

/*
 * Whether a context is about the certificate that the server shows in the running handshake. A program may
 * verify other certificates for its connection, which tell nothing about the server (openssl-internals V13).
 */
static bool is_about_server(const struct libcrypto *crypto, const struct libssl *libssl, const SSL *ssl,
                            const struct verification *verification) {
  const STACK_OF(X509) *shown = libssl->SSL_get_peer_cert_chain(ssl);
  const X509 *first;

  if (shown == NULL || verification->peer == NULL)
    return shown == NULL && verification->peer == NULL;
  first = crypto->OPENSSL_sk_value((const OPENSSL_STACK *)(const void *)shown, 0);
  return first == verification->peer || (first != NULL && crypto->X509_cmp(first, verification->peer) == 0);
}

static int refuse(const struct libcrypto *crypto, X509_STORE_CTX *ctx) {
  crypto->X509_STORE_CTX_set_error_depth(ctx, 0);
  crypto->X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

/* ---- OpenSSL's own functions ---- */

/* Notes OpenSSL's own functions, when a context without a store is set up (openssl-internals V7). */
static void note_openssls_own(struct hook *hook, const struct libcrypto *crypto, X509_STORE_CTX *ctx) {
  if (crypto->X509_STORE_CTX_get0_store(ctx) != NULL || atomic_load(&hook->openssls_verify) != NULL)
    return;
  atomic_store(&hook->openssls_callback, crypto->X509_STORE_CTX_get_verify_cb(ctx));
  atomic_store(&hook->openssls_verify, crypto->X509_STORE_CTX_get_verify(ctx));
}

/* OpenSSL's own verification function; makes a context to learn it if necessary. NULL: no memory. */
static X509_STORE_CTX_verify_fn openssls_verify(struct hook *hook, const struct libcrypto *crypto) {
  if (atomic_load(&hook->openssls_verify) == NULL) {
    X509_STORE_CTX *any = crypto->X509_STORE_CTX_new();

    if (any != NULL)
      (void)crypto->X509_STORE_CTX_init(any, NULL, NULL, NULL);
    crypto->X509_STORE_CTX_free(any);
  }
  return atomic_load(&hook->openssls_verify);
}

/* ---- The wrapped verification ---- */

static bool has_openssls_callback(struct hook *hook, const struct libcrypto *crypto, X509_STORE_CTX *ctx) {
  return crypto->X509_STORE_CTX_get_verify_cb(ctx) == atomic_load(&hook->openssls_callback);
}

/*
 * Runs the wrapped verification. *ret_checked: it was OpenSSL's own, which checks every signature of the
 * chain, and no callback of the program's could accept a bad one. Nothing is known of a verification that the
 * program put into its store (X509_STORE_set_verify(3)).
 */
static int run_original(struct hook *hook, const struct libcrypto *crypto, struct verification *verification,
                        X509_STORE_CTX *ctx, bool *ret_checked) {
  bool openssls_own = verification->original == openssls_verify(hook, crypto);
  bool unwatched = has_openssls_callback(hook, crypto, ctx);
  int ok;

  verification->running = true;
  ok = verification->original(ctx);
  verification->running = false;
  *ret_checked = openssls_own && unwatched && has_openssls_callback(hook, crypto, ctx);
  return ok;
}

/* In a handshake a program may have put another certificate into the context, and verified that one. */
static bool begins_with(const struct libcrypto *crypto, STACK_OF(X509) * chain, const X509 *peer) {
  const X509 *first = crypto->OPENSSL_sk_value((const OPENSSL_STACK *)(const void *)chain, 0);

  return first == peer || (first != NULL && crypto->X509_cmp(first, peer) == 0);
}

/* Collects the chain of the context, or whatever else is known of the peer. */
static void gather_evidence(const struct libcrypto *crypto, X509_STORE_CTX *ctx,
                            struct verification *verification, bool checked, struct subject_matter *matter) {
  struct evidence *evidence = &matter->evidence;
  STACK_OF(X509) *chain = crypto->X509_STORE_CTX_get0_chain(ctx);
  bool of_peer = matter->ssl == NULL || verification->peer == NULL || chain == NULL ||
                 begins_with(crypto, chain, verification->peer);

  matter->verified = checked && of_peer;
  if (of_peer) {
    evidence->chain = chain;
    evidence->signatures_checked = checked;
  } else {
    evidence->peer = verification->peer;
    evidence->untrusted = sent_of(crypto, verification);
    evidence->store = crypto->X509_STORE_CTX_get0_store(ctx);
  }
  /* A raw public key (openssl-internals V9). */
  if (matter->ssl != NULL && chain == NULL && matter->libssl->SSL_get0_peer_rpk != NULL)
    evidence->raw_key = matter->libssl->SSL_get0_peer_rpk(matter->ssl);
}

/*
 * A program may compare names in its callback, while the chain is being verified. So what is known of the
 * certificate is kept with it beforehand. By then the chain is complete, but its signatures are not checked
 * yet.
 */
static void keep_for_callback(struct hook *hook, const struct libcrypto *crypto,
                              struct verification *verification, X509_STORE_CTX *ctx) {
  struct subject_matter matter = {.crypto = crypto, .libssl = openssl_ssl(&hook->openssl)};

  if (atomic_load_explicit(&hook->certificate_index, memory_order_relaxed) <= 0)
    return;
  /* No function of the program's runs before the chain is judged. */
  if (has_openssls_callback(hook, crypto, ctx) && verification->original == openssls_verify(hook, crypto))
    return;
  matter.ssl = connection_of(crypto, matter.libssl, ctx);
  if (matter.ssl == NULL)
    return;
  if (matter.libssl->SSL_is_server(matter.ssl)) {
    peer_chain_keep_client(hook, verification->peer);
    return;
  }
  matter.evidence.peer = verification->peer;
  matter.evidence.untrusted = sent_of(crypto, verification);
  matter.evidence.store = crypto->X509_STORE_CTX_get0_store(ctx);
  matter.evidence.will_tell =
      matter.libssl->SSL_get_servername(matter.ssl, TLSEXT_NAMETYPE_host_name) != NULL;
  peer_chain_keep(hook, verification->peer, &matter.evidence);
}

/* Whether this may be a verification of the program's own inside one of libssl's, with another store. */
static bool may_be_nested(struct hook *hook, const struct libcrypto *crypto,
                          const struct subject_matter *matter, X509_STORE_CTX *ctx) {
  if (atomic_load_explicit(&hook->verifications, memory_order_relaxed) < 2 || matter->libssl == NULL)
    return false;
  return matter->ssl == NULL ||
         crypto->X509_STORE_CTX_get0_store(ctx) !=
             matter->libssl->SSL_CTX_get_cert_store(matter->libssl->SSL_get_SSL_CTX(matter->ssl));
}

static void judge_chain(struct hook *hook, const struct libcrypto *crypto, X509_STORE_CTX *ctx,
                        struct verification *verification, bool checked) {
  struct subject_matter matter = {.openssl = &hook->openssl,
                                  .crypto = crypto,
                                  .libssl = openssl_ssl(&hook->openssl),
                                  .param = crypto->X509_STORE_CTX_get0_param(ctx)};
  STACK_OF(X509) *chain = crypto->X509_STORE_CTX_get0_chain(ctx);

  matter.ssl = connection_of(crypto, matter.libssl, ctx);
  gather_evidence(crypto, ctx, verification, checked, &matter);
  verification->judged = true;
  verification->judged_for = matter.ssl;
  judgement_clear(&verification->judgement);
  /* A server that verifies its client's certificate does not connect to a host. */
  if (matter.ssl != NULL && matter.libssl->SSL_is_server(matter.ssl))
    verification->judgement.allowed = true;
  else
    judge(&matter, &verification->judgement);
  matter.evidence.told = verification->judgement.told;
  if (matter.ssl != NULL)
    peer_chain_keep(hook, verification->peer, &matter.evidence);
  if (verification->judgement.allowed && chain != NULL && may_be_nested(hook, crypto, &matter, ctx))
    accepted_keep(&hook->accepted, crypto, chain, checked);
}

/* A program can read any function of a context and put it into another, so this may be called for a
 * context that we did not prepare. Each call goes by the data of the context that it is given. */
int verification_verify(struct hook *hook, X509_STORE_CTX *ctx) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  struct verification *verification;
  bool checked;
  int ok;

  if (crypto == NULL)
    return unbound_verify(hook, ctx, NULL);
  verification = record_at_place(&hook->contexts, ctx);
  if (verification == NULL)
    verification = crypto->X509_STORE_CTX_get_ex_data(ctx, hook->store_ctx_index);
  if (verification == NULL || verification == &no_memory)
    return refuse(crypto, ctx);
  if (openssl_lacks_function(&hook->openssl))
    return unbound_verify(hook, ctx, verification->original);
  /* A verification of the program's calls OpenSSL's own, which it found in a context of ours. */
  if (verification->running)
    return atomic_load(&hook->openssls_verify)(ctx);
  if (openssls_verify(hook, crypto) == NULL)
    return refuse(crypto, ctx);
  keep_for_callback(hook, crypto, verification, ctx);
  ok = run_original(hook, crypto, verification, ctx, &checked);
  if (ok <= 0)
    return ok;
  judge_chain(hook, crypto, ctx, verification, checked);
  return verification->judgement.allowed ? ok : refuse(crypto, ctx);
}

/* ---- The last gate ---- */

/*
 * Judges a connection whose chain did not reach the wrapped verification: the chain could not be built,
 * DANE-EE or a raw public key was used, or the program verifies by itself, perhaps in another context. For
 * what is left of the context by now see openssl-internals V5.
 */
static void judge_at_the_end(struct hook *hook, const struct libcrypto *crypto, X509_STORE_CTX *ctx, SSL *ssl,
                             struct verification *verification) {
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  struct accepted_chain accepted = accepted_take(&hook->accepted, crypto, verification->peer);
  struct subject_matter matter = {.openssl = &hook->openssl,
                                  .crypto = crypto,
                                  .libssl = libssl,
                                  .param = libssl->SSL_get0_param(ssl),
                                  .ssl = ssl};

  matter.evidence.chain = accepted.chain;
  matter.evidence.signatures_checked = accepted.signatures_checked;
  matter.evidence.peer = verification->peer;
  matter.evidence.untrusted = sent_of(crypto, verification);
  matter.evidence.store = crypto->X509_STORE_CTX_get0_store(ctx);
  if (matter.evidence.peer == NULL && libssl->SSL_get0_peer_rpk != NULL)
    matter.evidence.raw_key = libssl->SSL_get0_peer_rpk(ssl);
  judgement_clear(&verification->judgement);
  judge(&matter, &verification->judgement);
  matter.evidence.told = verification->judgement.told;
  peer_chain_keep(hook, verification->peer, &matter.evidence);
  accepted_chain_free(crypto, &accepted);
}

static bool is_judged_for(const struct verification *verification, const SSL *ssl) {
  return verification == &no_memory || (verification->judged && verification->judged_for == ssl);
}

static void pass_the_gate(struct hook *hook, X509_STORE_CTX *ctx, struct verification *verification) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  SSL *ssl = connection_of(crypto, libssl, ctx);

  if (openssl_lacks_function(&hook->openssl)) {
    unbound_gate(hook, ctx);
    return;
  }
  if (ssl == NULL)
    return;
  if (libssl->SSL_is_server(ssl)) {
    peer_chain_keep_client(hook, verification->peer);
    return;
  }
  if (verification != &no_memory && !is_about_server(crypto, libssl, ssl, verification))
    return;
  if (!is_judged_for(verification, ssl))
    judge_at_the_end(hook, crypto, ctx, ssl, verification);
  connection_judged(hook, ssl, &verification->judgement);
}

/* ---- The life of a context ---- */

static bool is_placed(struct hook *hook, const X509_STORE_CTX *ctx, const struct verification *verification) {
  return record_at_place(&hook->contexts, ctx) == verification;
}

static void free_record(struct hook *hook, const X509_STORE_CTX *ctx, struct verification *verification) {
  if (is_placed(hook, ctx, verification))
    record_leave_place(&hook->contexts, ctx);
  else
    record_free(verification);
}

/* Makes the data of a context. NULL: no memory. */
static struct verification *new_verification(struct hook *hook, const struct libcrypto *crypto,
                                             X509_STORE_CTX *ctx) {
  struct verification *verification = record_take_place(&hook->contexts, ctx, sizeof *verification);
  STACK_OF(X509) *sent = crypto->X509_STORE_CTX_get0_untrusted(ctx);

  if (verification == NULL)
    verification = record_new(sizeof *verification);
  if (verification == NULL)
    return NULL;
  *verification = (struct verification){.judged = false};
  verification->original = crypto->X509_STORE_CTX_get_verify(ctx);
  /* The function is ours: the program read it from another context and put it into its store. */
  if (verification->original == hook->functions.verify)
    verification->original = openssls_verify(hook, crypto);
  if (verification->original == NULL) {
    free_record(hook, ctx, verification);
    return NULL;
  }
  verification->peer = crypto->X509_STORE_CTX_get0_cert(ctx);
  if (verification->peer != NULL && crypto->X509_up_ref(verification->peer) != 1)
    verification->peer = NULL;
  if (sent != NULL)
    keep_sent(crypto, sent, verification);
  atomic_fetch_add_explicit(&hook->verifications, 1, memory_order_relaxed);
  return verification;
}

static void free_verification(struct hook *hook, const X509_STORE_CTX *ctx,
                              struct verification *verification) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);

  judgement_clear(&verification->judgement);
  crypto->X509_free(verification->peer);
  free_sent(crypto, verification);
  free_record(hook, ctx, verification);
  if (atomic_fetch_sub_explicit(&hook->verifications, 1, memory_order_relaxed) == 1)
    accepted_clear(&hook->accepted, crypto);
}

void verification_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  struct hook *hook = argp;
  int saved_errno = errno;
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  struct verification *verification;

  (void)ptr;
  (void)argl;
  if (atomic_load_explicit(&hook->store_ctx_index, memory_order_relaxed) != index)
    atomic_store(&hook->store_ctx_index, index);
  if (crypto == NULL) {
    unbound_context_new(hook, parent, ad, index);
    errno = saved_errno;
    return;
  }
  note_openssls_own(hook, crypto, parent);
  verification = record_at_place(&hook->contexts, parent);
  /* The context was initialised again without a clean-up before. */
  if (verification != NULL)
    free_verification(hook, parent, verification);
  verification = new_verification(hook, crypto, parent);
  if (verification == NULL)
    verification = &no_memory;
  if (!is_placed(hook, parent, verification) && crypto->CRYPTO_set_ex_data(ad, index, verification) != 1 &&
      verification != &no_memory)
    free_verification(hook, parent, verification);
  crypto->X509_STORE_CTX_set_verify(parent, hook->functions.verify);
  errno = saved_errno;
}

/* OpenSSL also calls this when there is no data yet (openssl-internals V2). */
void verification_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  int saved_errno = errno;

  (void)ad;
  (void)index;
  (void)argl;
  if (openssl_crypto(&((struct hook *)argp)->openssl) == NULL) {
    unbound_gate(argp, parent);
    errno = saved_errno;
    return;
  }
  if (ptr == NULL)
    ptr = record_at_place(&((struct hook *)argp)->contexts, parent);
  if (ptr != NULL)
    pass_the_gate(argp, parent, ptr);
  if (ptr != NULL && ptr != &no_memory)
    free_verification(argp, parent, ptr);
  errno = saved_errno;
}
