/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Which question a host is asked next, by what it answered so far. Each answer shows one suite (group,
 * algorithm), which the next offer leaves out, until the server refuses: so many connections as it accepts,
 * and one. Fewer cannot do, since a server chooses one at a time.
 */
#ifndef PINCTL_SCAN_QUESTIONS_H
#define PINCTL_SCAN_QUESTIONS_H

#include "base/must_use.h"
#include "scan/registry.h"
#include "scan/scan.h"

/* registry: must outlive it. */
/* by_address: a name with several addresses is asked at each; timeout: milliseconds that the resolver may
 * take. */
MUST_USE struct scan_questions *questions_new(const struct registry *registry, bool by_address, long timeout);
/* Takes NULL. */
void questions_free(struct scan_questions *questions);

/*
 * What to ask now, which lives until the answer was given to questions_take; NULL: all was asked, or, with
 * *ret_later, nothing can be asked until the resolver has answered, which nobody tells: look again.
 */
const struct probe_target *questions_next(struct scan_host *host, bool *ret_later);
/* Adds what the answer shows; moves parts out of the result. Returns the seconds before which nothing is to
 * be asked. */
double questions_take(struct scan_host *host, struct probe_result *result);

#endif
