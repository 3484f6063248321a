/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "accepted.h"

#include <sched.h>
#include <unistd.h>

/* A thread holds the table only while it moves a few pointers. This is how often another thread waits in
 * case the holder is interrupted. */
#define MAX_YIELDS 10000

/*
 * Takes the table for this process. Not a mutex: a fork in another thread could leave a mutex locked for
 * ever. If the holder is another process, it is our parent, which holds its own copy of the table; the chains
 * in our copy are whole whatever it was doing.
 */
static bool hold(struct accepted *accepted) {
  int own = (int)getpid();

  for (int yields = 0; yields < MAX_YIELDS; yields++) {
    int holder = 0;

    if (atomic_compare_exchange_strong(&accepted->holder, &holder, own))
      return true;
    if (holder != own && atomic_compare_exchange_strong(&accepted->holder, &holder, own))
      return true;
    sched_yield();
  }
  return false;
}

static void let_go(struct accepted *accepted) {
  atomic_store(&accepted->holder, 0);
}

/* Puts a chain into the place and returns the earlier one. signatures_checked is false in between: after a
 * fork at that moment the child must not take an earlier chain's mark for the new chain. */
static struct accepted_chain exchange(struct accepted_place *place, struct accepted_chain chain) {
  struct accepted_chain before = {.chain = atomic_load(&place->chain),
                                  .signatures_checked = atomic_exchange(&place->signatures_checked, false)};

  atomic_store(&place->chain, chain.chain);
  atomic_store(&place->signatures_checked, chain.signatures_checked);
  return before;
}

static X509 *first_of(const struct libcrypto *crypto, const STACK_OF(X509) * chain) {
  return crypto->OPENSSL_sk_value((const OPENSSL_STACK *)(const void *)chain, 0);
}

void accepted_chain_free(const struct libcrypto *crypto, struct accepted_chain *chain) {
  crypto->OPENSSL_sk_pop_free((OPENSSL_STACK *)(void *)chain->chain, (OPENSSL_sk_freefunc)crypto->X509_free);
  chain->chain = NULL;
}

void accepted_keep(struct accepted *accepted, const struct libcrypto *crypto, STACK_OF(X509) * chain,
                   bool signatures_checked) {
  struct accepted_chain kept = {.chain = crypto->X509_chain_up_ref(chain),
                                .signatures_checked = signatures_checked};

  if (kept.chain != NULL && hold(accepted)) {
    /* Counted before it is put in, and until it is taken out, so that no chain is overlooked. */
    atomic_fetch_add(&accepted->count, 1);
    kept = exchange(&accepted->places[accepted->next++ % ACCEPTED_CHAINS], kept);
    if (kept.chain != NULL)
      atomic_fetch_sub(&accepted->count, 1);
    let_go(accepted);
  }
  accepted_chain_free(crypto, &kept);
}

struct accepted_chain accepted_take(struct accepted *accepted, const struct libcrypto *crypto,
                                    const X509 *certificate) {
  struct accepted_chain taken = {.chain = NULL};

  if (certificate == NULL || atomic_load_explicit(&accepted->count, memory_order_relaxed) == 0 ||
      !hold(accepted))
    return taken;
  for (int i = 0; i < ACCEPTED_CHAINS && taken.chain == NULL; i++) {
    struct accepted_place *place = &accepted->places[i];
    const STACK_OF(X509) *chain = atomic_load(&place->chain);

    if (chain != NULL && crypto->X509_cmp(first_of(crypto, chain), certificate) == 0) {
      taken = exchange(place, taken);
      atomic_fetch_sub(&accepted->count, 1);
    }
  }
  let_go(accepted);
  return taken;
}

void accepted_clear(struct accepted *accepted, const struct libcrypto *crypto) {
  for (int i = 0; i < ACCEPTED_CHAINS; i++) {
    struct accepted_chain chain = {.chain = NULL};

    if (atomic_load_explicit(&accepted->count, memory_order_relaxed) == 0 || !hold(accepted))
      return;
    chain = exchange(&accepted->places[i], chain);
    if (chain.chain != NULL)
      atomic_fetch_sub(&accepted->count, 1);
    let_go(accepted);
    accepted_chain_free(crypto, &chain);
  }
}
