/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Keeps the chains of servers in files, one for each: the certificates in PEM, as the server showed them. */
#ifndef PINCTL_MONITOR_RECORDING_H
#define PINCTL_MONITOR_RECORDING_H

#include "base/must_use.h"
#include "monitor/watch.h"

/* Writes a chain; an older one is replaced. Returns false, having said why. */
MUST_USE bool recording_write(const char *directory, const struct watch_host *host,
                              const struct objects *shown);

/*
 * Reads a chain and verifies it as if the server had shown it now. A missing or damaged file is an error in
 * *ret_result, which is to be cleared in any case.
 */
void recording_read(const char *directory, const struct watch_host *host, X509_STORE *store,
                    struct probe_result *ret_result);

#endif
