/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Settings of this process from openssl.cnf and the environment. There is one set for the process,
 * whichever module was loaded. Any thread. */
#ifndef PIN_SETTINGS_H
#define PIN_SETTINGS_H

#include <stdbool.h>

/*
 * Takes the settings `policy` and `on_policy_error` of one configuration; NULL: not set. The first
 * configuration that names a policy decides. An unknown word in on_policy_error means "refuse". Copies the
 * texts.
 */
void settings_configure(const char *policy, const char *on_policy_error);

/* The path of the policy: PINNING_POLICY in an unprivileged process, as it was at the first call; or else
 * the configured path, or the default. Valid until the process ends. */
const char *settings_policy_path(void);

/* Whether hosts are allowed while no policy can be used. */
bool settings_allow_without_policy(void);

/* Whether log lines also go to standard error: PINNING_DEBUG was 1 at the first call, in an unprivileged
 * process. */
bool settings_debug(void);

#endif
