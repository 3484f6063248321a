/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The attribute for functions whose return value must not be ignored. */
#ifndef PINCTL_BASE_MUST_USE_H
#define PINCTL_BASE_MUST_USE_H

/* For a function that reports failure only by its return value. */
#define MUST_USE __attribute__((warn_unused_result))

#endif
