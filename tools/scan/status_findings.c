/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Findings about OCSP responses and Certificate Transparency. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "scan/findings.h"
#include "scan/log_list.h"

/*
 * ---- Timestamps ----
 *
 * Judged by the policies of Chrome and Firefox: those in the certificate separately from those that the
 * server delivers.
 */

/* A certificate with a longer life, in days, has to be in three logs, others in two. */
#define SHORT_LIFE 180

/* The sum of the timestamps in the certificate, or of those that the server delivers. */
struct total {
  size_t logs;      /* different logs */
  size_t operators; /* their different operators; not known without a list */
  bool now;         /* some log is not retired */
};

static bool counts(const struct scan *scan, const struct scan_host *host, size_t index) {
  return scan->logs == NULL || host->timestamps[index].status == SCAN_TIMESTAMP_VALID;
}

static bool same_log(const struct scan_host *host, size_t a, size_t b) {
  return memcmp(host->scts.items[a].log, host->scts.items[b].log, sizeof host->scts.items[a].log) == 0;
}

static bool same_operator(const struct scan_host *host, size_t a, size_t b) {
  return host->timestamps[a].operator== host->timestamps[b].operator;
}

static struct total count_timestamps(const struct scan *scan, const struct scan_host *host, bool embedded) {
  struct total total = {0};
  for (size_t i = 0; i < host->scts.count; i++) {
    bool new_log = true, new_operator = true;
    if (host->scts.items[i].embedded != embedded || !counts(scan, host, i))
      continue;
    for (size_t j = 0; j < i; j++) {
      bool before = host->scts.items[j].embedded == embedded && counts(scan, host, j);
      new_log = new_log && !(before && same_log(host, i, j));
      new_operator = new_operator && !(before && same_operator(host, i, j));
    }
    total.logs += new_log ? 1 : 0;
    total.operators += new_operator ? 1 : 0;
    total.now = total.now || host->timestamps[i].counts_now;
  }
  return total;
}

/* Why browsers do not accept them; NULL: they do. */
static char *lack_of(const struct scan *scan, const struct total *total, size_t wanted) {
  if (total->logs < wanted)
    return must_format("timestamps of %zu log%s of Certificate Transparency%s; browsers want %zu",
                       total->logs, total->logs == 1 ? "" : "s",
                       scan->logs == NULL ? ""
                       : total->logs == 1 ? " that counts"
                                          : " that count",
                       wanted);
  if (scan->logs == NULL)
    return NULL;
  if (!total->now)
    return must_copy("all timestamps that count are of logs that are retired by now; browsers want one of a "
                     "log that is not");
  return total->operators > 1
             ? NULL
             : must_copy("all timestamps that count are of logs of one operator; browsers want two");
}

static bool lives_long(X509 *certificate) {
  int days = 0, seconds = 0;
  return ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate), X509_get0_notAfter(certificate)) !=
             1 ||
         days > SHORT_LIFE || (days == SHORT_LIFE && seconds > 0);
}

/* Either kind is enough. Most servers deliver none: then the finding is about the certificate. */
static void check_number(const struct scan *scan, struct scan_host *host) {
  struct total embedded = count_timestamps(scan, host, true), delivered = count_timestamps(scan, host, false);
  AUTO_TEXT in_certificate = lack_of(scan, &embedded, lives_long(host->shown.items[0].certificate) ? 3 : 2);
  AUTO_TEXT by_server = lack_of(scan, &delivered, 2);
  if (in_certificate != NULL && by_server != NULL)
    finding_add(host, "few-timestamps",
                must_copy(delivered.logs > embedded.logs ? by_server : in_certificate));
}

static bool adds_a_log(const struct scan *scan, const struct scan_host *host, size_t index) {
  for (size_t i = 0; i < index; i++)
    if (counts(scan, host, i) && same_log(host, i, index))
      return false;
  return counts(scan, host, index);
}

/* issuer: of the server's certificate; NULL: not known. */
static void find_in_timestamps(const struct scan *scan, X509 *issuer, struct scan_host *host) {
  X509 *leaf = host->shown.items[0].certificate;
  size_t invalid = 0, unknown = 0;
  host->timestamps = must_alloc(host->scts.count, sizeof *host->timestamps);
  for (size_t i = 0; i < host->scts.count; i++) {
    struct scan_timestamp *timestamp = &host->timestamps[i];
    timestamp->at = (int64_t)host->scts.items[i].at;
    if (scan->logs != NULL)
      log_list_verify(scan->logs, &host->scts.items[i], leaf, issuer, scan->now, timestamp);
    invalid += timestamp->status == SCAN_TIMESTAMP_INVALID ? 1 : 0;
    unknown +=
        timestamp->status == SCAN_TIMESTAMP_UNKNOWN_LOG || timestamp->status == SCAN_TIMESTAMP_NOT_COUNTED
            ? 1
            : 0;
    host->sct_logs += adds_a_log(scan, host, i) ? 1 : 0;
  }
  if (invalid > 0)
    finding_add(host, "timestamp-invalid",
                must_format("%zu of its %zu timestamps: the signature is wrong, or the time is in the future",
                            invalid, host->scts.count));
  if (unknown > 0)
    finding_add(host, "timestamp-unknown",
                must_format("%zu of its %zu timestamps: of a log that is not in the list, or does not count",
                            unknown, host->scts.count));
  bool wanted = scan->public_roots || scan->logs != NULL;
  if (wanted && host->chain.error == X509_V_OK)
    check_number(scan, host);
}

/* ---- OCSP ---- */

/* Allowed difference of clocks, in seconds. */
#define TOLERANCE 300

/* TLS Feature (RFC 7633) with status_request, extension 5. */
static bool demands_staple(X509 *certificate) {
  TLS_FEATURE *features = X509_get_ext_d2i(certificate, NID_tlsfeature, NULL, NULL);
  bool demands = false;
  for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
    demands = demands || ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == 5;
  TLS_FEATURE_free(features);
  return demands;
}

static bool names_responder(X509 *certificate) {
  STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(certificate);
  bool names = sk_OPENSSL_STRING_num(urls) > 0;
  X509_email_free(urls);
  return names;
}

/* The issuer of the server's certificate on the path; NULL: the path ends before. */
static X509 *issuer_of_leaf(const struct scan_host *host) {
  const struct objects *path = &host->chain.path;
  return path->count > 1 ? path->items[1].certificate : NULL;
}

/* The code of what is wrong, with its text; NULL: the response says that the certificate is good. */
static const char *check_status(OCSP_BASICRESP *basic, const struct scan_host *host, char **ret_text) {
  X509 *issuer = issuer_of_leaf(host);
  ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
  int status = -1, reason = 0;
  const char *code = "staple-wrong";
  OCSP_CERTID *id = issuer == NULL ? NULL : OCSP_cert_to_id(NULL, host->shown.items[0].certificate, issuer);
  /* By SHA-1: a response with another digest names the same certificate by another ID. */
  int found = id == NULL ? 0 : OCSP_resp_find_status(basic, id, &status, &reason, NULL, &from, &until);
  OCSP_CERTID_free(id);
  if (found != 1)
    *ret_text = must_copy("the OCSP response is about another certificate");
  else if (status == V_OCSP_CERTSTATUS_REVOKED)
    code = "revoked", *ret_text = must_copy("the OCSP response says that the certificate was revoked");
  else if (status != V_OCSP_CERTSTATUS_GOOD)
    *ret_text = must_copy("the OCSP response does not know the certificate");
  else if (OCSP_check_validity(from, until, TOLERANCE, -1) != 1)
    code = "staple-old", *ret_text = must_copy("the OCSP response is out of date");
  else
    code = NULL;
  return code;
}

static STACK_OF(X509) * untrusted_of(const struct scan_host *host) {
  STACK_OF(X509) *stack = sk_X509_new_null();
  for (size_t i = 0; stack != NULL && i < host->shown.count; i++)
    if (sk_X509_push(stack, host->shown.items[i].certificate) <= 0)
      memory_exhausted();
  return stack;
}

static bool is_signed_well(OCSP_BASICRESP *basic, X509_STORE *store, const struct scan_host *host) {
  STACK_OF(X509) *untrusted = untrusted_of(host);
  bool good = OCSP_basic_verify(basic, untrusted, store, 0) == 1;
  sk_X509_free(untrusted);
  return good;
}

static void check_response(X509_STORE *store, struct scan_host *host) {
  const unsigned char *at = host->staple_bytes;
  OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)host->staple_length);
  OCSP_BASICRESP *basic = response == NULL ? NULL : OCSP_response_get1_basic(response);
  char *text = NULL;
  const char *code = "staple-wrong";
  if (basic == NULL)
    text = must_copy("the OCSP response has no answer");
  else if (host->chain.error == X509_V_OK && !is_signed_well(basic, store, host))
    text = must_copy("the signature of the OCSP response is wrong");
  else
    code = check_status(basic, host, &text);
  if (code != NULL)
    finding_add(host, code, text);
  OCSP_BASICRESP_free(basic);
  OCSP_RESPONSE_free(response);
  ERR_clear_error();
}

void find_in_status(const struct scan *scan, X509_STORE *store, struct scan_host *host) {
  X509 *leaf = host->shown.items[0].certificate;
  find_in_timestamps(scan, issuer_of_leaf(host), host);
  if (host->staple)
    check_response(store, host);
  else if (demands_staple(leaf))
    finding_add(host, "must-staple", must_copy("the certificate demands an OCSP response, and none came"));
  else if (names_responder(leaf))
    finding_add(host, "no-staple",
                must_copy("no OCSP response came, though the certificate names a responder"));
}
