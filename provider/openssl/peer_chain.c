/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "peer_chain.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fork_lock.h"

#define INSTALLING (-1)

/* What is kept with a peer's certificate. */
struct peer_chain {
  /* Owned, except the certificate with which this is kept: that one would own itself. */
  STACK_OF(X509) * certificates;
  bool is_chain; /* they are a chain that begins with that certificate; otherwise they were sent with it */
  bool signatures_checked; /* see struct evidence */
  bool told, will_tell;    /* see struct evidence */
  bool of_client;          /* the certificate is a client's */
};

/* The ex_data index of certificates; 0: none, a number that OpenSSL gives to nobody (openssl-internals
 * V12). */
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

/* ---- Certificates out of stored sessions ---- */

/*
 * Threads may share a session and its certificate, so nothing can be put into that certificate. These paths
 * are found by the certificate's address instead, and kept until the certificate is freed. If OpenSSL does
 * not tell us of that (openssl-internals H10), a path stays and another certificate may get the address; so
 * the digest is compared too.
 */
#define SETS 32
#define SET_SIZE 16
#define CLAIMED 1 /* not an address: a thread is filling the place */

struct session_path {
  struct pin_digest certificate; /* digest of the certificate */
  size_t size;
  unsigned char bytes[];
};

struct place {
  atomic_uintptr_t owner;    /* address of the certificate; 0: free */
  struct session_path *path; /* owned */
};

/* Searched whenever a certificate is freed, so each address has only a few places. */
static struct place from_sessions[SETS][SET_SIZE];
static atomic_int from_session_count;

/* The places for this certificate; NULL: no path of any certificate is kept. Relaxed order is enough: a
 * thread that got the certificate from another sees what was kept before. */
static struct place *set_of(const X509 *certificate) {
  if (atomic_load_explicit(&from_session_count, memory_order_relaxed) == 0)
    return NULL;
  return from_sessions[(unsigned)((uintptr_t)certificate >> 4) * 2654435769U >> 27];
}

static bool belongs_to(struct place *place, const X509 *certificate) {
  return atomic_load_explicit(&place->owner, memory_order_acquire) == (uintptr_t)certificate;
}

static bool digest_of(struct hook *hook, const X509 *certificate, struct pin_digest *ret_digest) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  bool hashed;

  crypto->ERR_set_mark();
  hashed = path_hash_certificate(crypto, certificate, ret_digest);
  crypto->ERR_pop_to_mark();
  return hashed;
}

static const struct session_path *path_from_session(struct hook *hook, const X509 *certificate) {
  struct place *set = set_of(certificate);
  struct pin_digest digest;
  bool hashed = false;

  for (size_t i = 0; set != NULL && i < SET_SIZE; i++) {
    if (!belongs_to(&set[i], certificate))
      continue;
    if (!hashed && !digest_of(hook, certificate, &digest))
      return NULL;
    hashed = true;
    if (memcmp(&set[i].path->certificate, &digest, sizeof digest) == 0)
      return set[i].path;
  }
  return NULL;
}

static void forget_from_session(const X509 *certificate) {
  struct place *set = set_of(certificate);

  for (size_t i = 0; set != NULL && i < SET_SIZE; i++) {
    if (!belongs_to(&set[i], certificate))
      continue;
    free(set[i].path);
    atomic_store_explicit(&set[i].owner, 0, memory_order_release);
    atomic_fetch_sub(&from_session_count, 1);
  }
}

static bool take_place(const X509 *certificate, struct session_path *path) {
  struct place *set;

  atomic_fetch_add(&from_session_count, 1);
  set = set_of(certificate);
  for (size_t i = 0; set != NULL && i < SET_SIZE; i++) {
    uintptr_t nobody = 0;

    if (!atomic_compare_exchange_strong(&set[i].owner, &nobody, CLAIMED))
      continue;
    set[i].path = path;
    atomic_store_explicit(&set[i].owner, (uintptr_t)certificate, memory_order_release);
    return true;
  }
  atomic_fetch_sub(&from_session_count, 1);
  return false;
}

bool peer_chain_keep_from_session(struct hook *hook, const X509 *peer, const unsigned char *path,
                                  size_t size) {
  struct session_path *copy;

  if (peer_chain_is_known(hook, peer))
    return true;
  copy = malloc(sizeof *copy + size);
  if (copy == NULL)
    return false;
  copy->size = size;
  memcpy(copy->bytes, path, size);
  if (digest_of(hook, peer, &copy->certificate) && take_place(peer, copy))
    return true;
  free(copy);
  return false;
}

bool peer_chain_is_known(struct hook *hook, const X509 *certificate) {
  return kept_with(hook, certificate) != NULL || path_from_session(hook, certificate) != NULL;
}

bool peer_chain_is_kept(struct hook *hook) {
  return index_of(hook) != 0;
}

const unsigned char *peer_chain_from_session(struct hook *hook, const X509 *certificate, size_t *ret_size) {
  const struct session_path *path =
      kept_with(hook, certificate) == NULL ? path_from_session(hook, certificate) : NULL;

  *ret_size = path != NULL ? path->size : 0;
  return path != NULL ? path->bytes : NULL;
}

/* ---- Certificates out of handshakes ---- */

/* A CRYPTO_EX_free callback; argp is the hook. */
static void certificate_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  int saved_errno = errno;

  (void)ad;
  (void)index;
  (void)argl;
  forget_from_session(parent);
  if (ptr != NULL)
    free_chain(openssl_crypto(&((struct hook *)argp)->openssl), ptr, parent);
  errno = saved_errno;
}

void peer_chain_install(struct hook *hook) {
  int none = 0;

  if (atomic_load(&hook->certificate_index) != 0)
    return;
  /* A thread that forks waits until this is done; a child forked in between could not finish it
   * (openssl-internals P8). */
  fork_lock_take(&hook->openssl);
  if (atomic_compare_exchange_strong(&hook->certificate_index, &none, INSTALLING))
    atomic_store(&hook->certificate_index,
                 hook->get_index(CRYPTO_EX_INDEX_X509, 0, hook, NULL, NULL, certificate_free));
  fork_lock_give(&hook->openssl);
}

/* Keeps `kept` with the certificate. Takes over its references, one for each certificate in it. */
static void keep_with(struct hook *hook, X509 *owner, struct peer_chain kept) {
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
    keep_with(hook, peer, kept);
  crypto->ERR_pop_to_mark();
}

void peer_chain_keep_client(struct hook *hook, X509 *client) {
  if (client == NULL || index_of(hook) == 0)
    return;
  openssl_crypto(&hook->openssl)->ERR_set_mark();
  keep_with(hook, client, (struct peer_chain){.of_client = true});
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
  /* What the program trusts is not kept. So if no issuer is found among these, that proves nothing. */
  return (struct evidence){.peer = certificate,
                           .untrusted = kept->certificates,
                           .without_store = true,
                           .told = kept->told,
                           .will_tell = kept->will_tell};
}
