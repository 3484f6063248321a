/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The path of a chain that is proven by signatures, as OpenSSL builds and checks it. */
#ifndef PINCTL_KEYS_CHAIN_H
#define PINCTL_KEYS_CHAIN_H

#include "base/must_use.h"
#include "keys/key_object.h"

/* What is said of the peer's certificate where only a CA is pinned: see pin_vouch_fn. */
struct vouched {
  enum pin_reason peer;  /* of itself: PIN_REASON_MATCHED, or why it may not be trusted */
  size_t permitted;      /* of so many of the first keys every CA permits what is below */
  enum pin_reason above; /* of those above */
};

struct chain {
  struct objects path; /* what OpenSSL built, from the peer's certificate upwards */
  size_t proven;       /* so many of it count, from the peer's on; at least 1, at most CHAIN_MOST_KEYS */
  bool cut;            /* it goes on, or may, above a limit of pinning.so's: see struct pin_path */
  int error;           /* X509_V_OK, or why OpenSSL refuses the chain or the name */
  int error_depth;
  int broken_by; /* X509_V_OK, or the error that ends the proven part */
  struct vouched vouched;
};

/* As many keys as pinning.so looks at: of a longer path nothing above counts,
 * and nothing is taken as absent. */
#define CHAIN_MOST_KEYS 32

/*
 * Verifies what a server at `host` showed (the first certificate is its own) against the certificates in
 * ca_file, or those that OpenSSL trusts by default where it is NULL. Where OpenSSL refuses, the path is
 * proven by the rule of pinning.so (proof/proof.h), as for a program that goes on nevertheless. Returns
 * false, having said why, when it could not be tried. To be cleared in any case.
 */
MUST_USE bool chain_prove(const struct objects *shown, const char *ca_file, const char *host,
                          struct chain *ret_chain);

/*
 * The same in two steps, for many chains against the same roots. chain_store_new says why and returns NULL
 * when they cannot be read; chain_prove_in says nothing.
 */
X509_STORE *chain_store_new(const char *ca_file);
MUST_USE bool chain_prove_in(X509_STORE *store, const struct objects *shown, const char *host,
                             struct chain *ret_chain);

/* A pin_vouch_fn; arg: the struct vouched of the chain, or a copy of it. */
enum pin_reason chain_vouch(void *arg, const struct pin_finding *finding, size_t depth);

/* Whether a certificate is on the path. */
bool chain_holds(const struct chain *chain, const struct object *object);

void chain_clear(struct chain *chain);

/*
 * Prints a proven chain to stderr, which is where questions are asked: the root first, everything below what
 * signed it, each with its role, its pin and the time it has left.
 */
void chain_tree_print(const struct chain *chain);

/* Whole days until a certificate expires, rounded down: negative where it has. */
int days_left(const X509 *certificate);
/* Whole days from its first second to its last. */
int days_of_life(const X509 *certificate);

#endif
