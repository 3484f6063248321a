/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PINCTL_BASE_MUST_USE_H
#define PINCTL_BASE_MUST_USE_H

/* Of a function that can fail and says so in its value alone. */
#define MUST_USE __attribute__((warn_unused_result))

#endif
