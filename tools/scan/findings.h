/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What is wrong with a host. */
#ifndef PINCTL_SCAN_FINDINGS_H
#define PINCTL_SCAN_FINDINGS_H

#include "scan/scan.h"

/* Adds it in the order of scan_kinds. code: of one of them. Takes over the text. */
void finding_add(struct scan_host *host, const char *code, char *text);

/* Versions, suites, groups, signatures, renegotiation, compression, HTTP. */
void find_in_protocol(const struct scan *scan, struct scan_host *host);
/* The chain, which must have been built, and each key that other handshakes showed. */
void find_in_certificates(const struct scan *scan, struct scan_host *host);
/* Where none came that can be read, though TLS is accepted, and not only with nobody authenticated. */
void find_no_certificate(struct scan_host *host);
/* OCSP response and timestamps. store: what the chain was verified by. */
void find_in_status(const struct scan *scan, X509_STORE *store, struct scan_host *host);

/* Marks what the baseline has, where there is one. */
void mark_known(struct scan *scan);

/* Score and grade, by what was found. */
void grade_host(struct scan_host *host);

#endif
