/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* `pinctl explain`: why a chain is accepted or refused for a host. */
#ifndef PINCTL_EXPLAIN_EXPLANATION_H
#define PINCTL_EXPLAIN_EXPLANATION_H

#include <json-c/json.h>

#include "base/memory.h"
#include "base/must_use.h"
#include "cli/arguments.h"
#include "keys/chain.h"
#include "probe/probe.h"

struct explanation {
  const char *policy_path;
  const char *host;
  uint16_t port;
  const struct objects *shown;     /* the certificates of the file, or of the server */
  const struct probe_result *live; /* NULL: the chain is from a file */
  struct chain chain;
  struct pin_path path; /* the proven part of the chain; points into it */
  struct pin_verdict verdict;
};

/* Whether a connection would succeed: neither the policy nor OpenSSL refuses it. */
bool explanation_allows(const struct explanation *explanation);

/* An object with host, port and verdict, for the caller to add more. */
json_object *explanation_json(const struct explanation *explanation);

void explanation_print(const struct explanation *explanation);
void explanation_print_json(const struct explanation *explanation);

/* ---- For verbs that take HOST[:PORT] or --chain FILE ---- */

#define EXPLANATION_OPTION_CHAIN                                                                             \
  OPTION(CHAIN, "chain", "FILE", "do not ask the server: this is what it shows,\nits own certificate first")

/* Shows an explanation, whose parts are freed afterwards. Returns an exit status. */
typedef int explained_fn(const struct arguments *arguments, const struct explanation *explanation);

/*
 * Reads the policy and the chain (from the first operand's server, or from --chain with the roots of --ca),
 * judges the chain and calls `show`. Returns the result of `show`, or another exit status, having said why.
 */
MUST_USE int explanation_ask(const struct arguments *arguments, explained_fn *show);

/* ---- Matches: lists of the deciding entries that hold a certificate or its key ---- */

/* The depth of a certificate that is not on the path. */
#define NOT_ON_PATH ((size_t)-1)

/* Why a match at this depth does not count, static; NULL: it counts. proven: the length of the proven path.
 */
const char *match_discounted(enum pin_list list, size_t depth, size_t proven);

#endif
