/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* A look at what a program that "pinctl run" starts has started itself. */
#ifndef PINCTL_SYSTEM_RUN_WATCH_H
#define PINCTL_SYSTEM_RUN_WATCH_H

/*
 * To be called by the process that is about to become the program. Leaves a process that is nobody's child
 * and that ends with the program; a few times within the first minute it looks at the program's descendants,
 * and warns once on standard error where one has OpenSSL without pinning. Does nothing where it cannot be
 * done.
 */
void run_watch_start(const char *program);

#endif
