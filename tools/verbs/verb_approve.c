/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "rotate/decision.h"
#include "verbs/verbs.h"

static const struct option options[] = {REVIEW_OPTIONS};

static int run(const struct arguments *arguments) {
  return review(arguments, PROPOSAL_APPROVED);
}

const struct verb verb_approve = {
    .name = "approve",
    .operands = "HOST[:PORT] [PIN|FILE]",
    .summary = "Accept a key that \"pinctl rotate\" has proposed",
    .details = "HOST's pending key, or the PIN of one, goes into the entry that covers HOST;\n"
               "where a person wrote that entry the line to add is printed. Compare the key\n"
               "first, by another way than the network: rotate only saw it. Who approved what\n"
               "and when is kept in the history.",
    .example = "pinctl approve api.example.com --history history.db",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 2,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run,
};
