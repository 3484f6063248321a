/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What openssl.cnf and the environment say about this process. One set per process, whoever loads us. */
#ifndef PIN_SETTINGS_H
#define PIN_SETTINGS_H

#include <stdbool.h>

/*
 * Takes the `policy` and `on_policy_error` settings of one configuration; NULL: not given. The first
 * configuration that names a policy decides. An unknown word in on_policy_error means "refuse".
 */
void settings_configure(const char *policy, const char *on_policy_error);

/* The policy's path: PINNING_POLICY in an unprivileged process, as it was at the first call; else the
 * configured one, else the default. */
const char *settings_policy_path(void);

/* Whether hosts are let through while there is no usable policy. */
bool settings_allow_without_policy(void);

/* PINNING_DEBUG=1 in an unprivileged process, when this is first called:
 * log lines also go to standard error. */
bool settings_debug(void);

#endif
