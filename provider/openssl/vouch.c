/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "vouch.h"

#include <string.h>
#include <time.h>

#include "common/answers.h"
#include "host_name.h"
#include "kept_path.h"

#define NAME_SIZE 256 /* RFC 1035, 2.3.4: a name has at most 253 characters as text */

/* ---- What OpenSSL has verified already ---- */

/* Whether OpenSSL verified the certificate for this name and no other. In OpenSSL 4.0 the name may lack a
 * terminator (openssl-internals N1), so nothing is compared there. */
static bool name_is_verified(const struct voucher *voucher, const char *name) {
  const struct libcrypto *crypto = voucher->crypto;
  const char *host;

  if (voucher->verified == NULL || crypto->OpenSSL_version_num() >= 0x40000000UL ||
      crypto->X509_VERIFY_PARAM_get0_peername(voucher->verified) == NULL ||
      crypto->X509_VERIFY_PARAM_get0_host(voucher->verified, 1) != NULL)
    return false;
  host = crypto->X509_VERIFY_PARAM_get0_host(voucher->verified, 0);
  return host != NULL && pin_name_is_same(host, name);
}

static bool dates_are_verified(const struct voucher *voucher) {
  const unsigned long other_times = X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_USE_CHECK_TIME;

  return voucher->verified != NULL &&
         (voucher->crypto->X509_VERIFY_PARAM_get_flags(voucher->verified) & other_times) == 0;
}

/* Whether OpenSSL's settings match no more names than speaks_for_host would. */
static bool is_verified_strictly(const struct voucher *voucher) {
  const unsigned loose = X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT | X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS |
                         X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS;

  return (voucher->crypto->X509_VERIFY_PARAM_get_hostflags(voucher->verified) & loose) == 0;
}

/* ---- What a certificate says ---- */

static bool speaks_for_host(const struct voucher *voucher, X509 *certificate, const char *host) {
  return voucher->crypto->X509_check_host(certificate, host, strlen(host), 0, NULL) == 1;
}

/* Whether the client accepts any host below `name` as well. */
static bool may_be_below(const struct voucher *voucher, const char *name) {
  for (size_t i = 0; i < voucher->peer->below_count; i++) {
    if (pin_name_is_same(voucher->peer->below[i], name))
      return true;
  }
  return false;
}

/* A leading dot stands for every host below the name (X509_check_host(3)). */
static bool speaks_for_name(const struct voucher *voucher, X509 *certificate, const char *name) {
  char below[NAME_SIZE + 1] = ".";

  if (name[0] == '*' && name[1] == '.')
    return speaks_for_host(voucher, certificate, name + 1) || speaks_for_host(voucher, certificate, name + 2);
  if (speaks_for_host(voucher, certificate, name))
    return true;
  if (!may_be_below(voucher, name))
    return false;
  strcpy(below + 1, name);
  return speaks_for_host(voucher, certificate, below);
}

static bool speaks_for_bare_name(const void *arg, const char *name) {
  const struct voucher *voucher = arg;

  return name_is_verified(voucher, name) || kept_path_speaks_for(voucher->kept, voucher->kept_size, name) ||
         speaks_for_name(voucher, voucher->certificate, name);
}

/* Whether the certificate is valid for the finding's name, or for its address as the policy writes it. */
static bool speaks_for(const struct voucher *voucher, X509 *certificate, const struct pin_finding *finding) {
  return finding->entry.kind == PIN_NAME_ADDRESS
             ? voucher->crypto->X509_check_ip_asc(certificate, finding->entry.name, 0) == 1
             : speaks_for_names(voucher->verdict, finding, speaks_for_bare_name, voucher);
}

static bool is_within_dates(const struct voucher *voucher, const X509 *certificate) {
  const struct libcrypto *crypto = voucher->crypto;
  time_t now = (time_t)voucher->peer->now;

  return dates_are_verified(voucher) ||
         (crypto->ASN1_TIME_cmp_time_t(crypto->X509_get0_notBefore(certificate), now) <= 0 &&
          crypto->ASN1_TIME_cmp_time_t(crypto->X509_get0_notAfter(certificate), now) >= 0);
}

static enum pin_reason check_certificate(void *arg, const struct pin_finding *finding) {
  const struct voucher *voucher = arg;
  X509 *certificate = voucher->certificate;

  if (certificate == NULL || !speaks_for(voucher, certificate, finding))
    return PIN_REASON_WRONG_NAME;
  if (!is_within_dates(voucher, certificate))
    return PIN_REASON_OUT_OF_DATE;
  /* OpenSSL 3.0 cannot be asked whether it checked for a server or for something else, and this check is
   * cheap. */
  if (voucher->crypto->X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) != 1 ||
      (voucher->crypto->X509_get_extension_flags(certificate) & EXFLAG_CRITICAL) != 0)
    return PIN_REASON_NOT_A_SERVER;
  return PIN_REASON_MATCHED;
}

const char *vouched_name(const struct voucher *voucher) {
  const struct pin_verdict *verdict = voucher->verdict;

  /* Another client may not accept hosts below the name, or not match as loosely. */
  if (voucher->peer->below_count > 0 || (voucher->verified != NULL && !is_verified_strictly(voucher)))
    return NULL;
  for (size_t i = 0; i < verdict->count && i < PIN_MAX_FINDINGS; i++) {
    if (voucher->answers[i] == PIN_REASON_MATCHED && verdict->findings[i].entry.kind != PIN_NAME_ADDRESS)
      return verdict->findings[i].name;
  }
  return NULL;
}

enum pin_reason vouch(void *arg, const struct pin_finding *finding, size_t depth) {
  struct voucher *voucher = arg;
  enum pin_reason answer = look_once(voucher->answers, voucher->verdict, finding, check_certificate, voucher);

  /* OpenSSL checks name constraints after the chain is judged (openssl-internals V8), and a program may
   * ignore the result. Most CAs have none. */
  return answer == PIN_REASON_MATCHED ? path_permission(voucher->crypto, voucher->path, depth) : answer;
}
