/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/findings.h"

#include <string.h>

#include "base/memory.h"

const struct scan_kind scan_kinds[] = {
    {"expired", SCAN_CRITICAL, SCAN_GRADE_F, "renew the certificate"},
    {"not-yet-valid", SCAN_CRITICAL, SCAN_GRADE_F, "set the clock of the CA or of the server, or wait"},
    {"wrong-name", SCAN_CRITICAL, SCAN_GRADE_F, "get a certificate that names this host"},
    {"revoked", SCAN_CRITICAL, SCAN_GRADE_F, "replace the certificate and its key"},
    {"chain-incomplete", SCAN_CRITICAL, SCAN_GRADE_B,
     "configure the intermediate certificates behind the server's own"},
    {"not-trusted", SCAN_CRITICAL, SCAN_GRADE_F, "use a CA that the clients trust, or give it to them"},
    {"must-staple", SCAN_CRITICAL, SCAN_GRADE_C, "turn on OCSP stapling: the certificate demands it"},
    {"weak-key", SCAN_CRITICAL, SCAN_GRADE_C, "replace the key: RSA from 2048 bits on, or P-256"},
    {"weak-signature", SCAN_CRITICAL, SCAN_GRADE_F,
     "have the certificate issued anew, signed with SHA-256 or better"},
    {"null-cipher", SCAN_CRITICAL, SCAN_GRADE_F, "turn off the suites without encryption"},
    {"anonymous", SCAN_CRITICAL, SCAN_GRADE_F, "turn off the suites without authentication"},
    {"export-cipher", SCAN_CRITICAL, SCAN_GRADE_F, "turn off the suites with keys of 56 bits and fewer"},
    {"ssl2", SCAN_CRITICAL, SCAN_GRADE_F, "turn off SSL 2"},
    {"ssl3", SCAN_CRITICAL, SCAN_GRADE_C, "turn off SSL 3"},
    {"rc4", SCAN_CRITICAL, SCAN_GRADE_C, "turn off the suites with RC4"},
    {"triple-des", SCAN_WARNING, SCAN_GRADE_C, "turn off the suites with 3DES"},
    {"compression", SCAN_CRITICAL, SCAN_GRADE_C, "turn off compression in TLS"},
    {"insecure-renegotiation", SCAN_CRITICAL, SCAN_GRADE_F, "update the server to one that knows RFC 5746"},
    {"tiny-dh", SCAN_CRITICAL, SCAN_GRADE_F, "use ffdhe2048 or larger, or ECDHE alone"},
    {"tls10", SCAN_WARNING, SCAN_GRADE_B, "turn off TLS 1.0"},
    {"tls11", SCAN_WARNING, SCAN_GRADE_B, "turn off TLS 1.1"},
    {"no-tls13", SCAN_WARNING, SCAN_GRADE_A_MINUS, "turn on TLS 1.3"},
    {"no-forward-secrecy", SCAN_WARNING, SCAN_GRADE_B, "turn on suites with ECDHE"},
    {"static-rsa", SCAN_WARNING, SCAN_GRADE_A, "turn off the suites with RSA key exchange"},
    {"no-aead", SCAN_WARNING, SCAN_GRADE_B, "turn on AES-GCM or ChaCha20-Poly1305"},
    {"weak-dh", SCAN_WARNING, SCAN_GRADE_B, "use ffdhe2048 or larger, or ECDHE alone"},
    {"weak-group", SCAN_WARNING, SCAN_GRADE_B, "turn off groups of less than 256 bits"},
    {"sha1-handshake", SCAN_WARNING, SCAN_GRADE_A, "turn off signatures with SHA-1 in handshakes"},
    {"chain-order", SCAN_WARNING, SCAN_GRADE_A, "put each certificate behind the one that it signed"},
    {"expires-soon", SCAN_WARNING, SCAN_GRADE_A, "renew the certificate"},
    {"long-life", SCAN_WARNING, SCAN_GRADE_A, "get certificates for a shorter time, renewed automatically"},
    {"staple-old", SCAN_WARNING, SCAN_GRADE_A, "look why the server gets no new OCSP response"},
    {"staple-wrong", SCAN_WARNING, SCAN_GRADE_A, "look where the server gets its OCSP response from"},
    {"few-timestamps", SCAN_WARNING, SCAN_GRADE_A,
     "get a certificate that is in the logs of two operators of Certificate Transparency"},
    {"timestamp-invalid", SCAN_WARNING, SCAN_GRADE_A, "have the certificate issued anew, and ask its CA why"},
    {"no-hsts", SCAN_WARNING, SCAN_GRADE_A, "send Strict-Transport-Security"},
    {"short-hsts", SCAN_WARNING, SCAN_GRADE_A, "raise max-age to a year"},
    {"no-redirect", SCAN_WARNING, SCAN_GRADE_A, "lead plain HTTP to HTTPS"},
    {"cbc", SCAN_NOTE, SCAN_GRADE_A_PLUS, "turn off the suites in CBC mode, where no old client needs them"},
    {"client-order", SCAN_NOTE, SCAN_GRADE_A_PLUS, "let the server choose the suite"},
    {"chain-needless", SCAN_NOTE, SCAN_GRADE_A_PLUS, "leave out the certificates that no client needs"},
    {"chain-long", SCAN_NOTE, SCAN_GRADE_A_PLUS, "look for a shorter path to a root"},
    {"no-staple", SCAN_NOTE, SCAN_GRADE_A_PLUS, "turn on OCSP stapling"},
    {"timestamp-unknown", SCAN_NOTE, SCAN_GRADE_A_PLUS, "look whether the list of logs is a new one"},
    {"hsts-host-only", SCAN_NOTE, SCAN_GRADE_A_PLUS,
     "add includeSubDomains, where all subdomains have HTTPS"},
    {"missing-headers", SCAN_NOTE, SCAN_GRADE_A_PLUS, "send these headers, as the site allows"},
    {"wildcard", SCAN_NOTE, SCAN_GRADE_A_PLUS, "name each host, so that the key of one is not that of all"},
    {"several-keys", SCAN_NOTE, SCAN_GRADE_A_PLUS,
     "pin all of these keys, or what they share: their issuer; other places may show more"},
    {"address-silent", SCAN_NOTE, SCAN_GRADE_A_PLUS,
     "look whether a server is missing there, or whether this machine cannot reach it"},
    {"unanswered", SCAN_NOTE, SCAN_GRADE_A_PLUS, "scan again, more slowly: --rate"},
    {NULL, SCAN_NOTE, SCAN_GRADE_A_PLUS, NULL},
};

const char *scan_severity_word(enum scan_severity severity) {
  static const char *const words[] = {"note", "warning", "critical"};
  return words[severity];
}

const char *scan_version_name(enum scan_version version) {
  static const char *const names[] = {"TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"};
  return names[version];
}

void finding_add(struct scan_host *host, const char *code, char *text) {
  const struct scan_kind *kind = scan_kinds;
  while (strcmp(kind->code, code) != 0)
    kind++;
  host->findings = must_grow(host->findings, host->finding_count + 1, sizeof *host->findings);
  size_t place = host->finding_count++;
  for (; place > 0 && host->findings[place - 1].kind > kind; place--)
    host->findings[place] = host->findings[place - 1];
  host->findings[place] = (struct scan_finding){.kind = kind, .text = text};
}
