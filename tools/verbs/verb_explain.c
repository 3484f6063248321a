/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/output.h"
#include "explain/explanation.h"
#include "probe/probe_options.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    EXPLANATION_OPTION_CHAIN,
    PROBE_OPTIONS,
    SHARED_POLICY,
    SHARED_JSON,
};

static int show(const struct arguments *arguments, const struct explanation *explanation) {
  if (arguments_has(arguments, OPTION_JSON))
    explanation_print_json(explanation);
  else
    explanation_print(explanation);
  return explanation_allows(explanation) ? EXIT_DONE : EXIT_FINDING;
}

static int run(const struct arguments *arguments) {
  return explanation_ask(arguments, show);
}

const struct verb verb_explain = {
    .name = "explain",
    .group = "Ask about a server",
    .operands = "HOST[:PORT]",
    .summary = "Explain the verdict on a server or a certificate chain",
    .details = "Asks the server (on port 443 if none is given) or reads a chain from a file.\n"
               "Verifies the chain as a client would. Shows each certificate with its key and\n"
               "where the policy lists it, the entries that were tried, the verdict, and the\n"
               "text that would be logged. Exit status 0 when the connection would be allowed, 1\n"
               "when it would be refused.",
    .example = "pinctl explain api.example.com --chain chain.pem --ca root.pem",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
