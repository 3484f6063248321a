/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A table of certificate chains that a program accepted in a verification of its own, in the middle of a
 * verification by libssl. The program may use a store there that the connection does not know. verification.c
 * puts chains in, and takes one out when the last gate judges the connection's certificate. When no
 * verification is left, the table is emptied.
 *
 * A chain need not be tied to a connection: it is judged only for the certificate with which it begins, and
 * only as far as signatures prove it.
 */
#ifndef PIN_ACCEPTED_H
#define PIN_ACCEPTED_H

#include "openssl.h"

/* If there are more chains than this, the oldest is forgotten, and its connection is judged without it. */
#define ACCEPTED_CHAINS 64

struct accepted_chain {
  STACK_OF(X509) * chain;  /* from the peer's certificate upwards; owned; NULL: none */
  bool signatures_checked; /* OpenSSL has checked every signature, and no callback overrode the result */
};

/* A place in the table for one chain. */
struct accepted_place {
  _Atomic(STACK_OF(X509) *) chain; /* owned by the table; NULL: the place is free */
  atomic_bool signatures_checked;
};

struct accepted {
  atomic_int holder; /* id of the process that is changing the table; 0: none */
  atomic_uint count; /* at least the number of chains; after a fork in the middle of a change it may be too
                        high in the child */
  unsigned next;     /* index of the place to use next */
  struct accepted_place places[ACCEPTED_CHAINS];
};

/* Keeps a copy of the chain. If there is no memory, or the table stays busy for long, it keeps nothing.
 * Any thread. */
void accepted_keep(struct accepted *accepted, const struct libcrypto *crypto, STACK_OF(X509) * chain,
                   bool signatures_checked);

/*
 * Takes a chain that begins with this certificate out of the table. The caller gives it to
 * accepted_chain_free. Its chain is NULL if there is none, or the table stays busy for long. Costs one load
 * if the table is empty. Any thread.
 */
struct accepted_chain accepted_take(struct accepted *accepted, const struct libcrypto *crypto,
                                    const X509 *certificate);

/* Removes and frees every chain. Stops early if the table stays busy for long. Any thread. */
void accepted_clear(struct accepted *accepted, const struct libcrypto *crypto);

/* Frees the chain, which may be NULL, but not the struct. */
void accepted_chain_free(const struct libcrypto *crypto, struct accepted_chain *chain);

#endif
