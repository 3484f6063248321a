/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads a list of Certificate Transparency logs (log_list.json, version 3, as Google and Apple publish it),
 * and verifies timestamps by it.
 */
#ifndef PINCTL_SCAN_LOG_LIST_H
#define PINCTL_SCAN_LOG_LIST_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "base/must_use.h"
#include "scan/scan.h"

/* NULL, having said why. For log_list_free, which takes NULL. */
MUST_USE struct log_list *log_list_read(const char *path);
void log_list_free(struct log_list *list);

/*
 * Finds the log of a timestamp, and verifies the signature for a certificate and its issuer. issuer NULL: not
 * known; then timestamps in the certificate cannot be verified. timestamp->at is set by the caller, the rest
 * here.
 */
void log_list_verify(const struct log_list *list, const struct probe_sct *sct, X509 *certificate,
                     X509 *issuer, int64_t now, struct scan_timestamp *timestamp);

#endif
