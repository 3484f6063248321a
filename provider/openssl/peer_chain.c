/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "peer_chain.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define INSTALLING (-1)

struct peer_chain {
  /* Owned, but for the certificate with which this is kept: that one would otherwise own itself. */
  STACK_OF(X509) * certificates;
  bool is_chain;           /* they are a chain that begins with it; otherwise what was sent along */
  bool signatures_checked; /* of the chain */
  bool told, will_tell;    /* see struct evidence */
  bool of_client;
};

/* The index of the certificates' ex_data. 0: none; OpenSSL gives that number to nobody. */
static int index_of(struct hook *hook) {
  int index = atomic_load_explicit(&hook->certificate_index, memory_order_relaxed);

  return index > 0 ? index : 0;
}

static const struct peer_chain *kept_with(struct hook *hook, const X509 *certificate) {
  int index = index_of(hook);

  return index != 0 ? openssl_crypto(&hook->openssl)->X509_get_ex_data(certificate, index) : NULL;
}

static void free_chain(const struct libcrypto *crypto, struct peer_chain *kept, const X509 *owner) {
  const OPENSSL_STACK *stack = (const OPENSSL_STACK *)(void *)kept->certificates;

  for (int i = 0; i < crypto->OPENSSL_sk_num(stack); i++) {
    X509 *certificate = crypto->OPENSSL_sk_value(stack, i);

    if (certificate != owner)
      crypto->X509_free(certificate);
  }
  crypto->OPENSSL_sk_free((OPENSSL_STACK *)(void *)kept->certificates);
  free(kept);
}

/* A CRYPTO_EX_free callback; argp is the hook. */
static void certificate_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  int saved_errno = errno;

  (void)ad;
  (void)index;
  (void)argl;
  if (ptr != NULL)
    free_chain(openssl_crypto(&((struct hook *)argp)->openssl), ptr, parent);
  errno = saved_errno;
}

void peer_chain_install(struct hook *hook) {
  void *symbol = openssl_symbol(&hook->openssl, "CRYPTO_get_ex_new_index");
  __typeof__(CRYPTO_get_ex_new_index) *get_index;
  int none = 0;

  if (symbol == NULL || !atomic_compare_exchange_strong(&hook->certificate_index, &none, INSTALLING))
    return;
  memcpy(&get_index, &symbol, sizeof get_index);
  atomic_store(&hook->certificate_index,
               get_index(CRYPTO_EX_INDEX_X509, 0, hook, NULL, NULL, certificate_free));
}

/* Takes over what is to be kept, which holds a reference to each certificate. */
static void keep(struct hook *hook, X509 *owner, struct peer_chain kept) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  struct peer_chain *copy = malloc(sizeof *copy);
  int index = index_of(hook);
  const OPENSSL_STACK *stack = (const OPENSSL_STACK *)(void *)kept.certificates;
  struct peer_chain *before = crypto->X509_get_ex_data(owner, index);

  if (copy == NULL || crypto->X509_set_ex_data(owner, index, copy) != 1) {
    crypto->OPENSSL_sk_pop_free((OPENSSL_STACK *)(void *)kept.certificates,
                                (OPENSSL_sk_freefunc)crypto->X509_free);
    free(copy);
    return;
  }
  *copy = kept;
  for (int i = 0; i < crypto->OPENSSL_sk_num(stack); i++) {
    if (crypto->OPENSSL_sk_value(stack, i) == owner)
      crypto->X509_free(owner);
  }
  if (before != NULL)
    free_chain(crypto, before, owner);
}

void peer_chain_keep(struct hook *hook, X509 *peer, const struct evidence *evidence) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  struct peer_chain kept = {.is_chain = evidence->chain != NULL,
                            .signatures_checked = evidence->signatures_checked,
                            .told = evidence->told,
                            .will_tell = evidence->will_tell};
  const STACK_OF(X509) *certificates = kept.is_chain ? evidence->chain : evidence->untrusted;

  if (peer == NULL || certificates == NULL || index_of(hook) == 0)
    return;
  crypto->ERR_set_mark();
  kept.certificates = crypto->X509_chain_up_ref((STACK_OF(X509) *)(uintptr_t)certificates);
  if (kept.certificates != NULL)
    keep(hook, peer, kept);
  crypto->ERR_pop_to_mark();
}

void peer_chain_keep_client(struct hook *hook, X509 *client) {
  if (client == NULL || index_of(hook) == 0)
    return;
  openssl_crypto(&hook->openssl)->ERR_set_mark();
  keep(hook, client, (struct peer_chain){.of_client = true});
  openssl_crypto(&hook->openssl)->ERR_pop_to_mark();
}

bool peer_chain_is_client(struct hook *hook, const X509 *certificate) {
  const struct peer_chain *kept = kept_with(hook, certificate);

  return kept != NULL && kept->of_client;
}

struct evidence peer_chain_evidence(struct hook *hook, X509 *certificate) {
  const struct peer_chain *kept = kept_with(hook, certificate);

  if (kept == NULL)
    return (struct evidence){.peer = certificate, .peer_alone = true};
  if (kept->is_chain)
    return (struct evidence){.chain = kept->certificates,
                             .signatures_checked = kept->signatures_checked,
                             .told = kept->told,
                             .will_tell = kept->will_tell};
  /* What the program trusts is not kept, so an issuer that is not found there proves nothing. */
  return (struct evidence){.peer = certificate,
                           .untrusted = kept->certificates,
                           .without_store = true,
                           .told = kept->told,
                           .will_tell = kept->will_tell};
}
