/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What "pinctl approve" and "pinctl reject" share: decisions about proposed keys. */
#ifndef PINCTL_ROTATE_DECISION_H
#define PINCTL_ROTATE_DECISION_H

#include "base/must_use.h"
#include "cli/arguments.h"
#include "monitor/history.h"
#include "monitor/proposals.h"

#define REVIEW_OPTIONS                                                                                       \
  OPTION(HISTORY, "history", "FILE", "where proposals are kept (default:" HISTORY_DEFAULTS ")"),             \
      SHARED_POLICY, SHARED_DRY_RUN

/*
 * Decides about the proposals that the operands HOST[:PORT] [PIN] name. Approving puts the keys into the
 * policy first, so that what is stopped half-way is still pending. Returns an exit status, having said what
 * came of it.
 */
MUST_USE int review(const struct arguments *arguments, enum proposal_state decision);

#endif
