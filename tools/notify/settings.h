/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Checks the values of settings, from the file and from options. Each function returns NULL, or a static text
 * with what was expected. Used by this room alone. */
#ifndef PINCTL_NOTIFY_SETTINGS_H
#define PINCTL_NOTIFY_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* An absolute path. */
const char *settings_check_program(const char *path);
/* An address without characters that could end a line of a mail, and not like an option. */
const char *settings_check_address(const char *address);
/* Whether a host is localhost or a loopback address, with or without brackets. */
bool settings_is_this_machine(const char *host);
/* https://, or http:// to this machine only. */
const char *settings_check_webhook(const char *url);
/* "7d", "12 hours", "never". */
const char *settings_read_length(const char *text, int64_t *ret_seconds);

#endif
