/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/findings.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "base/memory.h"

/* Clocks differ by so many seconds. */
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

/* The issuer as the path has it; NULL: it ends with the server's certificate. */
static X509 *issuer_of_leaf(const struct scan_host *host) {
  const struct objects *path = &host->chain.path;
  return path->count > 1 ? path->items[1].certificate : NULL;
}

/* What the response says of the server's certificate. NULL: nothing is wrong with it. */
static const char *look_up(OCSP_BASICRESP *basic, const struct scan_host *host, char **ret_text) {
  X509 *issuer = issuer_of_leaf(host);
  ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
  int status = -1, reason = 0;
  const char *code = "staple-wrong";
  OCSP_CERTID *id = issuer == NULL ? NULL : OCSP_cert_to_id(NULL, host->shown.items[0].certificate, issuer);
  /* The response chooses the digest; with other than SHA-1 it names the same certificate by another id. */
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

static void look_at_response(X509_STORE *store, struct scan_host *host) {
  const unsigned char *at = host->staple_bytes;
  OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)host->staple_length);
  OCSP_BASICRESP *basic = response == NULL ? NULL : OCSP_response_get1_basic(response);
  char *text = NULL;
  const char *code = "staple-wrong";
  if (basic == NULL)
    text = must_copy("the OCSP response holds no answer");
  else if (host->chain.error == X509_V_OK && !is_signed_well(basic, store, host))
    text = must_copy("the signature of the OCSP response does not hold");
  else
    code = look_up(basic, host, &text);
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
    look_at_response(store, host);
  else if (demands_staple(leaf))
    finding_add(host, "must-staple", must_copy("the certificate demands an OCSP response, and none came"));
  else if (names_responder(leaf))
    finding_add(host, "no-staple",
                must_copy("no OCSP response came, though the certificate names a responder"));
}
