/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Why a chain is accepted or refused for a host: everything `pinctl explain` shows. */
#ifndef PINCTL_EXPLAIN_EXPLANATION_H
#define PINCTL_EXPLAIN_EXPLANATION_H

#include <json-c/json.h>

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

#endif
