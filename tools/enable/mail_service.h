/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Warns about Postfix and Dovecot, which clear the environment of the processes that they start: only
 * variables in their setting import_environment get through, and by default neither LD_PRELOAD nor
 * OPENSSL_CONF does.
 */
#ifndef PINCTL_ENABLE_MAIL_SERVICE_H
#define PINCTL_ENABLE_MAIL_SERVICE_H

/* For "pinctl run": warns, with the setting to write, if the first of the variables is not listed. arguments:
 * of the program, ended by NULL. variables: those that have to get through, "NAME=VALUE NAME=VALUE". */
void mail_service_check_command(const char *program, char *const *arguments, const char *variables);

/* The same for a service of systemd with the usual configuration. */
void mail_service_check_unit(const char *unit, const char *variables);

#endif
