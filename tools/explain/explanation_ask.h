/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Finds what is to be explained, for the verbs that take HOST[:PORT] and ask it, or take --chain FILE. */
#ifndef PINCTL_EXPLAIN_EXPLANATION_ASK_H
#define PINCTL_EXPLAIN_EXPLANATION_ASK_H

#include "base/must_use.h"
#include "cli/arguments.h"
#include "explain/explanation.h"

#define EXPLANATION_OPTION_CHAIN                                                                             \
  OPTION(CHAIN, "chain", "FILE", "do not ask the server: this is what it shows,\nits own certificate first")

/* Shows it; everything it points to is gone afterwards. Returns an exit status. */
typedef int explained_fn(const struct arguments *arguments, const struct explanation *explanation);

/*
 * Reads the policy and the chain (of the first operand's server, or of --chain with the roots of --ca),
 * judges it and hands it to `show`. Returns what that returned, or another exit status, having said why.
 */
MUST_USE int explanation_ask(const struct arguments *arguments, explained_fn *show);

#endif
