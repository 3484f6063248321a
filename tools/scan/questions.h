/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Chooses the next question to a host from its answers so far. Each answer shows one suite (group,
 * algorithm), which the next offer leaves out, until the server refuses. That takes one connection more than
 * it accepts suites; fewer are not possible, since a server chooses one at a time.
 */
#ifndef PINCTL_SCAN_QUESTIONS_H
#define PINCTL_SCAN_QUESTIONS_H

#include "base/must_use.h"
#include "scan/registry.h"
#include "scan/scan.h"

/* registry: must outlive the questions. by_address: ask a name at each of its addresses. timeout:
 * milliseconds that the resolver may take. */
MUST_USE struct scan_questions *questions_new(const struct registry *registry, bool by_address, long timeout);
/* Takes NULL. */
void questions_free(struct scan_questions *questions);

/*
 * The next question; it lives until its answer was given to questions_take. NULL: all was asked; or, with
 * *ret_later, the resolver has not answered yet: call again later.
 */
const struct probe_target *questions_next(struct scan_host *host, bool *ret_later);
/* Adds what an answer shows; moves parts out of the result. Returns the seconds to wait before the next
 * question. */
double questions_take(struct scan_host *host, struct probe_result *result);

#endif
