/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What "pinctl approve" and "pinctl reject" share: decisions about proposed keys. */
#ifndef PINCTL_REVIEW_H
#define PINCTL_REVIEW_H

#include "arguments.h"
#include "history.h"
#include "proposals.h"

#define REVIEW_OPTIONS                                                                                       \
  {.id = OPTION_HISTORY,                                                                                     \
   .name = "history",                                                                                        \
   .argument = "FILE",                                                                                       \
   .help = "where proposals are kept (default:\n" DEFAULT_HISTORY ")"},                                      \
      SHARED_POLICY, SHARED_DRY_RUN

/*
 * Decides about the proposals that the operands HOST[:PORT] [PIN] name. Approving puts the keys into the
 * policy first, so that what is stopped half-way is still pending. Returns an exit status, having said what
 * came of it.
 */
int review(const struct arguments *arguments, enum proposal_state decision);

#endif
