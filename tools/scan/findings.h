/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Finds what is wrong with a host, from what it answered. */
#ifndef PINCTL_SCAN_FINDINGS_H
#define PINCTL_SCAN_FINDINGS_H

#include "scan/scan.h"

/* Adds a finding, in the order of scan_kinds. code: of one of them. Takes over the text. */
void finding_add(struct scan_host *host, const char *code, char *text);

/* Versions, suites, groups, signatures, renegotiation, compression, HTTP. */
void find_in_protocol(const struct scan *scan, struct scan_host *host);
/* The chain, which must have been built, and the certificates that only other handshakes showed. */
void find_in_certificates(const struct scan *scan, struct scan_host *host);
/* Reports that no readable certificate came, unless TLS is refused or only anonymous. */
void find_no_certificate(struct scan_host *host);
/* OCSP response and timestamps. store: the roots. */
void find_in_status(const struct scan *scan, X509_STORE *store, struct scan_host *host);

/* Marks the findings that the baseline has, if there is one. */
void mark_known(struct scan *scan);

/* Sets score and grade. */
void grade_host(struct scan_host *host);

#endif
