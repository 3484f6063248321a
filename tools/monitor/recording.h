/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Chains kept in files, one for each server: the certificates as shown, in PEM. */
#ifndef PINCTL_MONITOR_RECORDING_H
#define PINCTL_MONITOR_RECORDING_H

#include "base/must_use.h"
#include "monitor/watch.h"

/* Writes a chain, replacing an older one. Returns false, having said why. */
MUST_USE bool recording_write(const char *directory, const struct watch_host *host,
                              const struct objects *shown);

/*
 * Reads a chain back as if the server had shown it now, and verifies it. What is missing or damaged is an
 * error in *ret_result, which is to be cleared in any case.
 */
void recording_read(const char *directory, const struct watch_host *host, X509_STORE *store,
                    struct probe_result *ret_result);

#endif
