/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Postfix and Dovecot give the processes that they start an environment of their own: only what their setting
 * import_environment lists gets through, and neither LD_PRELOAD nor OPENSSL_CONF is on it.
 */
#ifndef PINCTL_ENABLE_MAIL_SERVICE_H
#define PINCTL_ENABLE_MAIL_SERVICE_H

/* As "pinctl run" would start it: the program and its arguments, NULL at the end. `variables`: what has to
 * get through, "NAME=VALUE NAME=VALUE". Warns, with the setting to write, where the first of them is not
 * listed. */
void mail_service_check_command(const char *program, char *const *arguments, const char *variables);

/* The same for a service of systemd, which starts with the usual configuration. */
void mail_service_check_unit(const char *unit, const char *variables);

#endif
