/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PINCTL_KEYS_CHAIN_TREE_H
#define PINCTL_KEYS_CHAIN_TREE_H

#include "keys/chain.h"

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
