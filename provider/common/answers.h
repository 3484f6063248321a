/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Asks a peer's certificate about the findings of a verdict, by functions of either TLS library: for which
 * names it must be valid, and about each finding only once. */
#ifndef PIN_ANSWERS_H
#define PIN_ANSWERS_H

#include <stdbool.h>

#include "pinpolicy.h"

/* Whether the certificate is valid for a host. name: without trailing dots. */
typedef bool speaks_fn(const void *voucher, const char *name);

/* Whether the certificate is valid for each name that led to a finding; trailing dots are ignored.
 * finding: one of the verdict's, and not one for an address. */
bool speaks_for_names(const struct pin_verdict *verdict, const struct pin_finding *finding, speaks_fn *speaks,
                      const void *voucher);

/* Checks the certificate for one finding. */
typedef enum pin_reason look_fn(void *voucher, const struct pin_finding *finding);

/* Calls `look`, or returns its earlier answer, because pin_judge asks again for every key of a path.
 * answers: PIN_MAX_FINDINGS of them, PIN_REASON_UNDECIDED at first. */
enum pin_reason look_once(enum pin_reason *answers, const struct pin_verdict *verdict,
                          const struct pin_finding *finding, look_fn *look, void *voucher);

#endif
