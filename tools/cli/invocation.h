/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The command line of this run, for the record of who changed what by which command. */
#ifndef PINCTL_CLI_INVOCATION_H
#define PINCTL_CLI_INVOCATION_H

/* To be called once, with the arguments of main, which must stay. */
void command_line_note(char **argv);

/* "pinctl VERB ...", with quotes where a shell needs them; escaped, and cut where it is very long. For
 * free(3). */
char *command_line_text(void);

/* A word as it is typed into a shell, in quotes where it needs them. For free(3). */
char *shell_word(const char *word);

/* Who runs pinctl, as others are to read it. */

/*
 * The name of the user who logged in, whoever they have become since; escaped, for free(3). The system is
 * asked for it once: a directory of users elsewhere may not answer for long, be it for a wrong pin, so this
 * is not called for the first time while a lock is held. For one thread.
 */
char *acting_user(void);

/* The same without asking: what was learnt before, else the number. For what has to work all the same. */
char *acting_user_unasked(void);

#endif
