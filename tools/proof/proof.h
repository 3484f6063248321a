/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Finds the proven path of a peer whose chain OpenSSL does not accept. It uses the source of pinning.so
 * (provider/openssl/path.c), compiled against the OpenSSL that pinctl is linked with.
 */
#ifndef PINCTL_PROOF_H
#define PINCTL_PROOF_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "pinpolicy.h"

/* As many keys as pinning.so looks at. */
#define PROOF_MOST_KEYS 32

struct proof {
  X509 *certificates[PROOF_MOST_KEYS]; /* from the peer's own upwards; owned */
  size_t count;                        /* 0: not even the peer's key could be read */
  bool cut;                            /* a limit may have cut the path: see struct pin_path */
  size_t permitted;                    /* the CAs of the first so many permit everything below them */
  enum pin_reason permission; /* of the CA of the next: see path_permission in provider/openssl/path.h */
};

/* sent: the certificates that the peer showed, with its own; store: the trusted ones. To be cleared. */
void proof_make(X509 *peer, STACK_OF(X509) * sent, X509_STORE *store, struct proof *ret_proof);

void proof_clear(struct proof *proof);

#endif
