/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * What a peer's certificate is asked about the findings of a verdict, whichever library reads it: which names
 * it has to speak for, and each finding once.
 */
#ifndef PIN_ANSWERS_H
#define PIN_ANSWERS_H

#include <stdbool.h>

#include "pinpolicy.h"

/* Whether the certificate speaks for a host, which has no dots behind it. */
typedef bool speaks_fn(const void *voucher, const char *name);

/* Whether it speaks for each name that led to a finding, however dots behind it spell it. The finding is one
 * of the verdict's, and not that of an address. */
bool speaks_for_names(const struct pin_verdict *verdict, const struct pin_finding *finding, speaks_fn *speaks,
                      const void *voucher);

/* Looks at the certificate for one finding. */
typedef enum pin_reason look_fn(void *voucher, const struct pin_finding *finding);

/* The answer is asked for again for every key of a path: it is kept. answers: PIN_MAX_FINDINGS of them,
 * PIN_REASON_UNDECIDED in the beginning. */
enum pin_reason look_once(enum pin_reason *answers, const struct pin_verdict *verdict,
                          const struct pin_finding *finding, look_fn *look, void *voucher);

#endif
