/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Why a chain is accepted or refused for a host: everything `pinctl explain` shows. */
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
  const struct objects *shown;     /* what is in the chain's file, or what the server shows */
  const struct probe_result *live; /* NULL: the chain is from a file */
  struct chain chain;
  struct pin_path path; /* the proven part of the chain */
  struct pin_verdict verdict;
};

/* Whether the connection would come about: the policy lets it, and OpenSSL does not refuse it itself. */
bool explanation_allows(const struct explanation *explanation);

/* An object with the host, the port and the verdict, to which everybody adds what he shows besides. */
json_object *explanation_json(const struct explanation *explanation);

void explanation_print(const struct explanation *explanation);
void explanation_print_json(const struct explanation *explanation);

/* ---- For the verbs that take HOST[:PORT] and ask it, or take --chain FILE ---- */

#define EXPLANATION_OPTION_CHAIN                                                                             \
  OPTION(CHAIN, "chain", "FILE", "do not ask the server: this is what it shows,\nits own certificate first")

/* Shows it; everything it points to is gone afterwards. Returns an exit status. */
typedef int explained_fn(const struct arguments *arguments, const struct explanation *explanation);

/*
 * Reads the policy and the chain (of the first operand's server, or of --chain with the roots of --ca),
 * judges it and hands it to `show`. Returns what that returned, or another exit status, having said why.
 */
MUST_USE int explanation_ask(const struct arguments *arguments, explained_fn *show);

/* ---- In which lists of the deciding entries a certificate stands, whether or not it counts there ---- */

/* For certificates that are not on the path. */
#define NOT_ON_PATH ((size_t)-1)

/*
 * Why a match at this depth does not count, or NULL where it does. proven: the length of the proven path.
 * Static.
 */
const char *listing_discounted(enum pin_list list, size_t depth, size_t proven);

#endif
