/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Values of settings, from the file and from options alike: each is NULL, or a static text that says what was
 * expected. Used by this room alone. */
#ifndef PINCTL_NOTIFY_SETTINGS_H
#define PINCTL_NOTIFY_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* An absolute path. */
const char *settings_check_program(const char *path);
/* Nothing that could end a line of a mail, or be taken for an option. */
const char *settings_check_address(const char *address);
/* localhost, or a loopback address, with or without brackets. */
bool settings_is_this_machine(const char *host);
/* https://; http:// to this machine alone. */
const char *settings_check_webhook(const char *url);
/* "7d", "12 hours", "never". */
const char *settings_read_length(const char *text, int64_t *ret_seconds);

#endif
