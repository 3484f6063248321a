/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Who runs pinctl, as others are to read it. */
#ifndef PINCTL_CLI_ACTING_USER_H
#define PINCTL_CLI_ACTING_USER_H

/*
 * The name of the user who logged in, whoever they have become since; escaped, for free(3). The system is
 * asked for it once: a directory of users elsewhere may not answer for long, be it for a wrong pin, so this
 * is not called for the first time while a lock is held. For one thread.
 */
char *acting_user(void);

/* The same without asking: what was learnt before, else the number. For what has to work all the same. */
char *acting_user_unasked(void);

#endif
