/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The command line of this run and the user who runs it, for the record of changes. */
#ifndef PINCTL_CLI_INVOCATION_H
#define PINCTL_CLI_INVOCATION_H

/* Keeps the arguments of main, which must stay valid. To be called once. */
void command_line_note(char **argv);

/* "pinctl VERB ...", quoted for a shell, escaped, and cut where it is very long. For free(3). */
char *command_line_text(void);

/* A word quoted for a shell where it needs quotes. For free(3). */
char *shell_word(const char *word);

/*
 * The name of the user who logged in, also after su or sudo; escaped, for free(3). It is looked up once. The
 * lookup may take long, where a directory server does not answer, perhaps because of a wrong pin. So the
 * first call must not be made while a lock is held. Not thread-safe.
 */
char *acting_user(void);

/* The same without a lookup: the name that acting_user has found before, else the user's number. */
char *acting_user_unasked(void);

#endif
