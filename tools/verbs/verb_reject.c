/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "rotate/decision.h"
#include "verbs/verbs.h"

static const struct option options[] = {REVIEW_OPTIONS};

static int run(const struct arguments *arguments) {
  return review(arguments, PROPOSAL_REJECTED);
}

const struct verb verb_reject = {
    .name = "reject",
    .operands = "HOST[:PORT] [PIN|FILE]",
    .summary = "Refuse a key that \"pinctl rotate\" has proposed",
    .details = "HOST's pending key, or the PIN of one, is not proposed again; as long as a\n"
               "server shows it, \"pinctl rotate\" reports that. The policy stays as it is. Who\n"
               "rejected what and when is kept in the history; \"pinctl approve HOST PIN\"\n"
               "overrides it.",
    .example = "pinctl reject api.example.com --history history.db",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 2,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run,
};
