/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/findings.h"

/* Findings about certificates and chains. */
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "keys/certificate_names.h"

/* More certificates between the server's own and a root are a finding. */
#define MOST_INTERMEDIATES 2

static int64_t seconds_of(const ASN1_TIME *time_text) {
  struct tm broken_down;
  return ASN1_TIME_to_tm(time_text, &broken_down) == 1 ? timegm(&broken_down) : 0;
}

/* ---- One certificate ---- */

/* The days that the CA/Browser Forum's Baseline Requirements (6.3.2) allow, by the date of issue; 0: no
 * limit. */
static int allowed_life(int64_t issued) {
  static const struct {
    const char *from;
    int days;
  } limits[] = {{"2029-03-15", 47},  {"2027-03-15", 100},  {"2026-03-15", 200}, {"2020-09-01", 398},
                {"2018-03-01", 825}, {"2015-04-01", 1187}, {"2012-07-01", 1827}};
  for (size_t i = 0; i < COUNT_OF(limits); i++) {
    int64_t from = 0;
    if (date_read(limits[i].from, &from) && issued >= from)
      return limits[i].days;
  }
  return 0;
}

static void check_life(const struct object *leaf, struct scan_host *host) {
  int64_t issued = seconds_of(X509_get0_notBefore(leaf->certificate));
  int64_t expires = seconds_of(X509_get0_notAfter(leaf->certificate));
  int64_t days = (expires - issued + SECONDS_PER_DAY - 1) / SECONDS_PER_DAY;
  int allowed = allowed_life(issued);
  /* By RFC 5280, 4.1.2.5, both ends are included. CAs that issue from midnight to midnight are one second
   * over: that is not counted. */
  if (allowed != 0 && expires - issued > (int64_t)allowed * SECONDS_PER_DAY)
    finding_add(host, "long-life",
                must_format("%s is valid for %lld days; browsers allow %d of one issued that day",
                            object_name(leaf), (long long)days, allowed));
}

static void check_dates(const struct scan *scan, const struct object *object, struct scan_host *host) {
  int64_t expires = seconds_of(X509_get0_notAfter(object->certificate));
  int64_t days = days_until(scan->now, expires);
  AUTO_TEXT left = days_text(days);
  if (seconds_of(X509_get0_notBefore(object->certificate)) > scan->now)
    finding_add(host, "not-yet-valid", must_format("%s is not yet valid", object_name(object)));
  if (days < 0)
    finding_add(host, "expired", must_format("%s has expired", object_name(object)));
  else if (days < scan->warning_days)
    finding_add(host, "expires-soon", must_format("%s expires in %s", object_name(object), left));
}

static int least_bits(int type) {
  if (type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS || type == EVP_PKEY_DSA)
    return 2048;
  return type == EVP_PKEY_EC ? 256 : 0;
}

static void check_strength(const struct object *object, struct scan_host *host) {
  EVP_PKEY *key = X509_get0_pubkey(object->certificate);
  int digest = NID_undef;
  if (key != NULL && EVP_PKEY_bits(key) < least_bits(EVP_PKEY_base_id(key)))
    finding_add(host, "weak-key", must_format("%s: a key of type %s", object_name(object), object->key_type));
  /* Nobody relies on a root's signature of itself. */
  if (object->role == ROLE_ROOT ||
      X509_get_signature_info(object->certificate, &digest, NULL, NULL, NULL) != 1)
    return;
  if (digest == NID_md5 || digest == NID_sha1 || digest == NID_md5_sha1)
    finding_add(host, "weak-signature",
                must_format("%s is signed with %s", object_name(object), OBJ_nid2sn(digest)));
}

/* Whether only a wildcard of the certificate covers this host. */
static bool is_by_wildcard(X509 *certificate, const char *host) {
  if (host_is_address(host))
    return false;
  bool good = X509_check_host(certificate, host, 0, X509_CHECK_FLAG_NO_WILDCARDS, NULL) != 1;
  ERR_clear_error();
  return good;
}

static void check_name(const struct object *leaf, struct scan_host *host) {
  if (!certificate_is_for(leaf->certificate, host->host))
    finding_add(host, "wrong-name", must_format("%s is not for this host", object_name(leaf)));
  else if (is_by_wildcard(leaf->certificate, host->host))
    finding_add(host, "wildcard", must_format("%s covers it by a wildcard", object_name(leaf)));
}

/* ---- The chain ---- */

static bool is_self_issued(X509 *certificate) {
  return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

/* Reports errors of the chain that have no finding of their own. */
static void check_trust(struct scan_host *host) {
  int error = host->chain.error;
  const struct objects *path = &host->chain.path;
  const struct object *last = &path->items[path->count - 1];
  switch (error) {
  case X509_V_OK:
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
  case X509_V_ERR_CERT_HAS_EXPIRED:
  case X509_V_ERR_CERT_NOT_YET_VALID:
  case X509_V_ERR_EE_KEY_TOO_SMALL:
  case X509_V_ERR_CA_KEY_TOO_SMALL:
  case X509_V_ERR_CA_MD_TOO_WEAK:
    return;
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    /* Only if the chain is the server's certificate alone: else the missing issuer may be a root that is not
     * trusted here. */
    if (!is_self_issued(last->certificate) && path->count == 1) {
      finding_add(host, "chain-incomplete", must_format("the issuer of %s is missing", object_name(last)));
      return;
    }
    break;
  default:
    break;
  }
  finding_add(host, "not-trusted",
              must_format("the chain does not verify: %s", X509_verify_cert_error_string(error)));
}

/* The index among the certificates shown; their number: it is not shown. */
static size_t index_of(const struct scan_host *host, const struct object *object) {
  size_t place = 0;
  while (place < host->shown.count &&
         memcmp(&host->shown.items[place].fingerprint, &object->fingerprint, sizeof object->fingerprint) != 0)
    place++;
  return place;
}

/* Certificates that no client needs: those not on the path, roots, and repeated ones. */
static void check_needless(struct scan_host *host) {
  size_t others = host->shown_count - host->shown.count;
  for (size_t i = 0; i < host->shown.count; i++) {
    const struct object *object = &host->shown.items[i];
    bool root = i > 0 && object->role == ROLE_ROOT;
    others += chain_holds(&host->chain, object) && !root && index_of(host, object) == i ? 0 : 1;
  }
  if (others > 0)
    finding_add(host, "chain-needless",
                others == 1
                    ? must_copy("shows a certificate that is a root, on no path to one, or shown before")
                    : must_format("shows %zu certificates that are roots, on no path to one, or shown before",
                                  others));
}

static void check_order(struct scan_host *host) {
  size_t before = 0;
  for (size_t i = 1; i < host->chain.path.count; i++) {
    size_t place = index_of(host, &host->chain.path.items[i]);
    if (place == host->shown.count)
      continue;
    if (place < before) {
      finding_add(host, "chain-order", must_copy("shows its chain in the wrong order"));
      return;
    }
    before = place;
  }
}

static void check_length(struct scan_host *host) {
  size_t between = 0;
  for (size_t i = 1; i < host->chain.path.count; i++)
    between += host->chain.path.items[i].role == ROLE_ROOT ? 0 : 1;
  if (between > MOST_INTERMEDIATES)
    finding_add(host, "chain-long", must_format("%zu certificates between its own and a root", between));
}

void find_in_certificates(const struct scan *scan, struct scan_host *host) {
  check_trust(host);
  check_needless(host);
  check_order(host);
  check_length(host);
  for (size_t i = 0; i < host->chain.path.count; i++) {
    check_dates(scan, &host->chain.path.items[i], host);
    check_strength(&host->chain.path.items[i], host);
  }
  check_name(&host->shown.items[0], host);
  check_life(&host->shown.items[0], host);
  for (size_t i = 0; i < host->others.count; i++) {
    check_dates(scan, &host->others.items[i], host);
    check_strength(&host->others.items[i], host);
    check_name(&host->others.items[i], host);
    check_life(&host->others.items[i], host);
  }
}

void find_no_certificate(struct scan_host *host) {
  bool accepts = false;
  for (int i = 0; i < SCAN_VERSIONS; i++)
    accepts = accepts || host->versions[i].accepted;
  for (size_t i = 0; i < host->finding_count; i++)
    accepts = accepts && strcmp(host->findings[i].kind->code, "anonymous") != 0;
  if (accepts && host->shown.count == 0)
    finding_add(host, "not-trusted", must_copy("no certificate came that can be read"));
}
