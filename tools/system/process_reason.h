/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Finds out why a process with OpenSSL has no pinning, from the environment with which its program started.
 */
#ifndef PINCTL_SYSTEM_PROCESS_REASON_H
#define PINCTL_SYSTEM_PROCESS_REASON_H

#include <stdbool.h>

#include "system/processes.h"

/* For a process with OpenSSL but no pinning that started after the last change of the configuration. */
enum process_reason process_find_reason(const char *pid, const char *program,
                                        const struct process_loading *loading);

/* Whether one process is a descendant of another. */
bool process_is_below(int pid, int ancestor);

/* Whether a process has another root directory, e.g. in a container, so that files here have no effect. */
bool process_has_other_root(const char *pid);

/* Whether libgnutls is preloaded into it, by its environment or by ld.so.preload. */
bool process_preloads_gnutls(const char *pid);

/* Whether OPENSSL_CONF in its environment names a file other than this one. configuration: a real path. */
bool process_reads_other(const char *pid, const char *configuration);

#endif
