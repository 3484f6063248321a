/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Chains that a program accepted in a verification of its own, while a verification of libssl's runs: it may
 * trust a store there that the connection knows nothing of. They are kept until the gate of the connection
 * asks for the chain of its peer's certificate, or no verification is left.
 *
 * A chain is not bound to a connection, and need not be: it is judged for the very certificate with which it
 * begins, and only as far as signatures prove it, which they do whoever came by it.
 */
#ifndef PIN_ACCEPTED_H
#define PIN_ACCEPTED_H

#include "openssl.h"

/* Of more at a time the oldest is forgotten, and its connection judged without it. */
#define ACCEPTED_CHAINS 64

struct accepted_chain {
  STACK_OF(X509) * chain;  /* from the peer's certificate upwards; owned */
  bool signatures_checked; /* OpenSSL has checked every signature, and nobody overrode it */
};

/* A place for one, whose owner the table is. */
struct accepted_place {
  _Atomic(STACK_OF(X509) *) chain; /* NULL: free */
  atomic_bool signatures_checked;
};

struct accepted {
  atomic_int holder; /* the process that is at work on the rest; 0: none */
  atomic_uint count; /* no fewer than there are; in a child that was forked meanwhile perhaps more */
  unsigned next;     /* the place of the next one */
  struct accepted_place places[ACCEPTED_CHAINS];
};

/* Keeps a copy of the chain. Without memory, or where the table is busy for long, it is not kept. */
void accepted_keep(struct accepted *accepted, const struct libcrypto *crypto, STACK_OF(X509) * chain,
                   bool signatures_checked);

/*
 * Takes a chain that begins with this certificate out of the table; to be given to accepted_chain_free. Its
 * chain is NULL where there is none. Costs one load where the table is empty.
 */
struct accepted_chain accepted_take(struct accepted *accepted, const struct libcrypto *crypto,
                                    const X509 *certificate);

/* Forgets all. */
void accepted_clear(struct accepted *accepted, const struct libcrypto *crypto);

void accepted_chain_free(const struct libcrypto *crypto, struct accepted_chain *chain);

#endif
