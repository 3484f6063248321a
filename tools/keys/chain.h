/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Builds and checks the path of a chain by OpenSSL, and finds the part that signatures prove. */
#ifndef PINCTL_KEYS_CHAIN_H
#define PINCTL_KEYS_CHAIN_H

#include "base/must_use.h"
#include "keys/key_object.h"

/* Findings about the peer's certificate if only a CA is pinned: see pin_vouch_fn. */
struct vouched {
  enum pin_reason peer;  /* the certificate itself: PIN_REASON_MATCHED, or why it may not be trusted */
  size_t permitted;      /* how many keys from the peer's on have only CAs that permit what is below */
  enum pin_reason above; /* the reason for the keys above */
};

struct chain {
  struct objects path; /* the path that OpenSSL built, the peer's certificate first */
  size_t proven; /* how many of its keys count, from the peer's on; at least 1, at most CHAIN_MOST_KEYS */
  bool cut;      /* the path goes on, or may go on, above a limit of pinning.so: see struct pin_path */
  int error;     /* X509_V_OK, or why OpenSSL refuses the chain or the name */
  int error_depth;
  int broken_by; /* X509_V_OK, or the error that ends the proven part */
  struct vouched vouched;
};

/* The number of keys that pinning.so looks at: keys above do not count, and nothing is taken as absent. */
#define CHAIN_MOST_KEYS 32

/*
 * Verifies the certificates of a server at `host` (its own first) against those in ca_file, or, if NULL,
 * those that OpenSSL trusts by default. If OpenSSL refuses, the path is proven by the rule of pinning.so
 * (proof/proof.h), as for a program that goes on nevertheless. Returns false, having said why, if this
 * could not be tried. Clear the result in any case.
 */
MUST_USE bool chain_prove(const struct objects *shown, const char *ca_file, const char *host,
                          struct chain *ret_chain);

/*
 * The same in two steps, for many chains and the same roots. chain_store_new returns NULL, after a
 * message, if the roots cannot be read; chain_prove_in prints nothing.
 */
X509_STORE *chain_store_new(const char *ca_file);
MUST_USE bool chain_prove_in(X509_STORE *store, const struct objects *shown, const char *host,
                             struct chain *ret_chain);

/* A pin_vouch_fn; arg: the struct vouched of the chain, or a copy of it. */
enum pin_reason chain_vouch(void *arg, const struct pin_finding *finding, size_t depth);

/* Whether a certificate is in the path. */
bool chain_holds(const struct chain *chain, const struct object *object);

void chain_clear(struct chain *chain);

/*
 * Prints a proven chain to stderr, where questions are asked: the root first, each certificate below its
 * issuer, with its role, its pin and its remaining time.
 */
void chain_tree_print(const struct chain *chain);

/* Whole days until a certificate expires, rounded down; negative if it has expired. */
int days_left(const X509 *certificate);
/* Whole days from the first second of a certificate to its last. */
int days_of_life(const X509 *certificate);

#endif
