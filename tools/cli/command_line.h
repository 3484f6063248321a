/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The command line of this run, for the record of who changed what by which command. */
#ifndef PINCTL_CLI_COMMAND_LINE_H
#define PINCTL_CLI_COMMAND_LINE_H

/* To be called once, with the arguments of main, which must stay. */
void command_line_note(char **argv);

/* "pinctl VERB ...", with quotes where a shell needs them; escaped, and cut where it is very long. For
 * free(3). */
char *command_line_text(void);

/* A word as it is typed into a shell, in quotes where it needs them. For free(3). */
char *shell_word(const char *word);

#endif
