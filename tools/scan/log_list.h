/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * A list of logs of Certificate Transparency, in the form of version 3 in which Google and Apple publish
 * theirs (log_list.json), and what it says of a timestamp.
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
 * Whose timestamp it is, and whether its signature holds for a certificate and its issuer (NULL: not known,
 * and nothing in the certificate can be verified). Fills all of *timestamp but what stands in it already: its
 * log.
 */
void log_list_look_at(const struct log_list *list, const struct probe_sct *sct, X509 *certificate,
                      X509 *issuer, int64_t now, struct scan_timestamp *timestamp);

#endif
