/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Why a process with OpenSSL is without pinning. Its environment is the one that its program was started
 * with. */
#ifndef PINCTL_SYSTEM_PROCESS_REASON_H
#define PINCTL_SYSTEM_PROCESS_REASON_H

#include <stdbool.h>

#include "system/processes.h"

/* The process has OpenSSL, but no pinning, and started after the configuration had come to be what it is. */
enum process_reason process_find_reason(const char *pid, const char *program,
                                        const struct process_loading *loading);

/* Whether one process was started by another, or by one that that has started. */
bool process_is_below(int pid, int ancestor);

/* Of a container, say: what is installed and configured here means nothing there. */
bool process_has_other_root(const char *pid);

/* Whether libgnutls is preloaded into it, by its environment or by ld.so.preload. */
bool process_preloads_gnutls(const char *pid);

/* Whether OPENSSL_CONF in its environment leads to another file than this one, given by its real path. */
bool process_reads_other(const char *pid, const char *configuration);

#endif
