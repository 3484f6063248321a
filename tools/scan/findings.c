/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The kinds of findings, the baseline, and the grade. */
#include "scan/findings.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/memory.h"
#include "cli/json.h"
#include "scan/registry.h"

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
    {"staple-old", SCAN_WARNING, SCAN_GRADE_A, "find out why the server gets no new OCSP response"},
    {"staple-wrong", SCAN_WARNING, SCAN_GRADE_A, "find out where the server gets its OCSP response from"},
    {"few-timestamps", SCAN_WARNING, SCAN_GRADE_A,
     "get a certificate that is in the logs of two operators of Certificate Transparency"},
    {"timestamp-invalid", SCAN_WARNING, SCAN_GRADE_A, "have the certificate issued anew, and ask its CA why"},
    {"no-hsts", SCAN_WARNING, SCAN_GRADE_A, "send Strict-Transport-Security"},
    {"short-hsts", SCAN_WARNING, SCAN_GRADE_A, "raise max-age to a year"},
    {"no-redirect", SCAN_WARNING, SCAN_GRADE_A, "redirect plain HTTP to HTTPS"},
    {"cbc", SCAN_NOTE, SCAN_GRADE_A_PLUS, "turn off the suites in CBC mode, where no old client needs them"},
    {"client-order", SCAN_NOTE, SCAN_GRADE_A_PLUS, "let the server choose the suite"},
    {"chain-needless", SCAN_NOTE, SCAN_GRADE_A_PLUS, "leave out the certificates that no client needs"},
    {"chain-long", SCAN_NOTE, SCAN_GRADE_A_PLUS, "look for a shorter path to a root"},
    {"no-staple", SCAN_NOTE, SCAN_GRADE_A_PLUS, "turn on OCSP stapling"},
    {"timestamp-unknown", SCAN_NOTE, SCAN_GRADE_A_PLUS, "check that the list of logs is up to date"},
    {"hsts-host-only", SCAN_NOTE, SCAN_GRADE_A_PLUS,
     "add includeSubDomains, where all subdomains have HTTPS"},
    {"missing-headers", SCAN_NOTE, SCAN_GRADE_A_PLUS, "send these headers, as the site allows"},
    {"wildcard", SCAN_NOTE, SCAN_GRADE_A_PLUS, "name each host, so that a stolen key is not good for all"},
    {"several-keys", SCAN_NOTE, SCAN_GRADE_A_PLUS,
     "pin all of these keys, or what they share: their issuer; other places may show more"},
    {"address-silent", SCAN_NOTE, SCAN_GRADE_A_PLUS,
     "check whether a server is down there, or cannot be reached from here"},
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

/* The findings of a host in the baseline; NULL: it does not have the host. */
static json_object *findings_of(json_object *hosts, const struct scan_host *host) {
  for (size_t i = 0; i < json_object_array_length(hosts); i++) {
    json_object *item = json_object_array_get_idx(hosts, i);
    json_object *port = NULL;
    if (strcmp(json_member_text(item, "host"), host->host) == 0 &&
        json_object_object_get_ex(item, "port", &port) && json_object_get_int(port) == host->port)
      return json_member(item, "findings", json_type_array);
  }
  return NULL;
}

static bool has_code(json_object *findings, const char *code) {
  for (size_t i = 0; findings != NULL && i < json_object_array_length(findings); i++) {
    json_object *item = json_object_array_get_idx(findings, i);
    if (strcmp(json_member_text(item, "code"), code) == 0)
      return true;
  }
  return false;
}

bool scan_read_baseline(struct scan *scan, const char *path) {
  scan->baseline = json_file_read(path, SCAN_REPORT_LIST, SCAN_REPORT_EXPECTED);
  return scan->baseline != NULL;
}

void mark_known(struct scan *scan) {
  json_object *hosts = json_member(scan->baseline, SCAN_REPORT_LIST, json_type_array);
  for (size_t i = 0; hosts != NULL && i < scan->count; i++) {
    struct scan_host *host = &scan->hosts[i];
    json_object *findings = findings_of(hosts, host);
    for (size_t j = 0; j < host->finding_count; j++)
      host->findings[j].known = has_code(findings, host->findings[j].kind->code);
  }
}

/* ---- The grade ---- */

static const char *const grade_words[] = {"A+", "A", "A-", "B", "C", "D", "E", "F"};

const char *scan_grade_word(enum scan_grade grade) {
  return grade_words[grade];
}

bool scan_grade_read(const char *word, enum scan_grade *ret_grade) {
  for (size_t i = 0; i < COUNT_OF(grade_words); i++)
    if (strcmp(grade_words[i], word) == 0) {
      *ret_grade = (enum scan_grade)i;
      return true;
    }
  return false;
}

/* ---- The three parts of the score, each from 0 to 100 ---- */

static int version_score(const struct scan_host *host) {
  static const int scores[] = {100, 100, 95, 90};
  int best = host->ssl3 == SCAN_OLD_ACCEPTED ? 80 : 0;
  int worst = host->ssl2 == SCAN_OLD_ACCEPTED ? 0 : host->ssl3 == SCAN_OLD_ACCEPTED ? 80 : 100;
  for (int i = 0; i < SCAN_VERSIONS; i++)
    if (host->versions[i].accepted) {
      best = scores[i] > best ? scores[i] : best;
      worst = scores[i] < worst ? scores[i] : worst;
    }
  return (best + worst) / 2;
}

static int strength_score(int bits) {
  static const struct {
    int below;
    int score;
  } steps[] = {{512, 20}, {1024, 40}, {2048, 80}, {4096, 90}};
  for (size_t i = 0; i < COUNT_OF(steps); i++)
    if (bits < steps[i].below)
      return steps[i].score;
  return 100;
}

/* The size of an RSA key that is about as strong (NIST SP 800-57 part 1, table 2). */
static int as_rsa(int security_bits) {
  static const struct {
    int security;
    int rsa;
  } steps[] = {{192, 7680}, {128, 3072}, {112, 2048}, {80, 1024}};
  for (size_t i = 0; i < COUNT_OF(steps); i++)
    if (security_bits >= steps[i].security)
      return steps[i].rsa;
  return 512;
}

static int key_score(const struct scan_host *host) {
  EVP_PKEY *key = host->shown.count == 0 ? NULL : X509_get0_pubkey(host->shown.items[0].certificate);
  int score = 100;
  if (key != NULL && EVP_PKEY_base_id(key) == EVP_PKEY_RSA)
    score = strength_score(EVP_PKEY_bits(key));
  else if (key != NULL)
    score = strength_score(as_rsa(EVP_PKEY_security_bits(key)));
  for (int i = 0; i < SCAN_VERSIONS; i++)
    for (size_t j = 0; j < host->versions[i].suites.count; j++) {
      int bits = host->versions[i].suites.items[j].dh_bits;
      if (bits != 0 && strength_score(bits) < score)
        score = strength_score(bits);
    }
  return score;
}

static int cipher_score_of(int bits) {
  if (bits == 0)
    return 0;
  return bits < 128 ? 20 : bits < 256 ? 80 : 100;
}

static int cipher_score(const struct scan_host *host) {
  int best = 0, worst = 100;
  for (int i = 0; i < SCAN_VERSIONS; i++)
    for (size_t j = 0; j < host->versions[i].suites.count; j++) {
      struct suite_weakness weakness;
      if (!suite_weakness(host->versions[i].suites.items[j].number, &weakness))
        continue;
      int score = cipher_score_of(weakness.bits);
      best = score > best ? score : best;
      worst = score < worst ? score : worst;
    }
  return (best + worst) / 2;
}

static enum scan_grade grade_of_score(int score) {
  static const struct {
    int least;
    enum scan_grade grade;
  } steps[] = {{80, SCAN_GRADE_A_PLUS},
               {65, SCAN_GRADE_B},
               {50, SCAN_GRADE_C},
               {35, SCAN_GRADE_D},
               {20, SCAN_GRADE_E}};
  for (size_t i = 0; i < COUNT_OF(steps); i++)
    if (score >= steps[i].least)
      return steps[i].grade;
  return SCAN_GRADE_F;
}

void grade_host(struct scan_host *host) {
  host->score = (30 * version_score(host) + 30 * key_score(host) + 40 * cipher_score(host)) / 100;
  host->grade = grade_of_score(host->score);
  for (size_t i = 0; i < host->finding_count; i++)
    if (host->findings[i].kind->cap > host->grade)
      host->grade = host->findings[i].kind->cap;
}
