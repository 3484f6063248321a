/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "vouch.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "kept_path.h"

#define NAME_SIZE 256 /* RFC 1035, 2.3.4: 253 characters as text, and some */

/* ---- What OpenSSL has verified already ---- */

/*
 * Whether this very name was the only one that could have matched, and did. In OpenSSL 4.0 names
 * need not be terminated (openssl-internals N1), and nothing is compared.
 */
static bool name_is_verified(const struct voucher *voucher, const char *name) {
  const struct libcrypto *crypto = voucher->crypto;
  const char *host;

  if (voucher->verified == NULL || crypto->OpenSSL_version_num() >= 0x40000000UL ||
      crypto->X509_VERIFY_PARAM_get0_peername(voucher->verified) == NULL ||
      crypto->X509_VERIFY_PARAM_get0_host(voucher->verified, 1) != NULL)
    return false;
  host = crypto->X509_VERIFY_PARAM_get0_host(voucher->verified, 0);
  return host != NULL && strcasecmp(host, name) == 0;
}

static bool dates_are_verified(const struct voucher *voucher) {
  const unsigned long other_times = X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_USE_CHECK_TIME;

  return voucher->verified != NULL &&
         (voucher->crypto->X509_VERIFY_PARAM_get_flags(voucher->verified) & other_times) == 0;
}

/* Whether OpenSSL was told to match no more than speaks_for_host would. */
static bool is_verified_strictly(const struct voucher *voucher) {
  const unsigned loose = X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT | X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS |
                         X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS;

  return (voucher->crypto->X509_VERIFY_PARAM_get_hostflags(voucher->verified) & loose) == 0;
}

/* ---- What a certificate says ---- */

static bool speaks_for_host(const struct voucher *voucher, X509 *certificate, const char *host) {
  return voucher->crypto->X509_check_host(certificate, host, strlen(host), 0, NULL) == 1;
}

/* Whether the client said that any host below `name` will do as well. */
static bool may_be_below(const struct voucher *voucher, const char *name) {
  for (size_t i = 0; i < voucher->peer->below_count; i++) {
    if (strcasecmp(voucher->peer->below[i], name) == 0)
      return true;
  }
  return false;
}

/* A dot in front of a name stands for every host below it (X509_check_host(3)). */
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

/* spelled: perhaps with dots behind it, which no certificate has. */
static bool speaks_for_spelled(const struct voucher *voucher, X509 *certificate, const char *spelled) {
  char name[NAME_SIZE];
  size_t length = strlen(spelled);

  while (length > 0 && spelled[length - 1] == '.')
    length--;
  if (length == 0 || length >= sizeof name)
    return false;
  memcpy(name, spelled, length);
  name[length] = '\0';
  return name_is_verified(voucher, name) || kept_path_speaks_for(voucher->kept, voucher->kept_size, name) ||
         speaks_for_name(voucher, certificate, name);
}

/* An address as the policy writes it; of names each that led to the finding. */
static bool speaks_for(const struct voucher *voucher, X509 *certificate, const struct pin_finding *finding) {
  const struct pin_verdict *verdict = voucher->verdict;

  if (finding->entry.kind == PIN_NAME_ADDRESS)
    return voucher->crypto->X509_check_ip_asc(certificate, finding->entry.name, 0) == 1;
  if (!speaks_for_spelled(voucher, certificate, finding->name))
    return false;
  for (size_t i = 0; i < verdict->further_count; i++) {
    if (&verdict->findings[verdict->further[i].finding] == finding &&
        !speaks_for_spelled(voucher, certificate, verdict->further[i].name))
      return false;
  }
  return true;
}

static bool is_within_dates(const struct voucher *voucher, const X509 *certificate) {
  const struct libcrypto *crypto = voucher->crypto;
  time_t now = (time_t)voucher->peer->now;

  return dates_are_verified(voucher) ||
         (crypto->ASN1_TIME_cmp_time_t(crypto->X509_get0_notBefore(certificate), now) <= 0 &&
          crypto->ASN1_TIME_cmp_time_t(crypto->X509_get0_notAfter(certificate), now) >= 0);
}

static enum pin_reason look_at(const struct voucher *voucher, const struct pin_finding *finding) {
  X509 *certificate = voucher->certificate;

  if (certificate == NULL || !speaks_for(voucher, certificate, finding))
    return PIN_REASON_WRONG_NAME;
  if (!is_within_dates(voucher, certificate))
    return PIN_REASON_OUT_OF_DATE;
  /* OpenSSL looks at constraints after the chain is judged, and a program may not care for the outcome.
   * Mostly there are none. */
  if (!path_names_are_permitted(voucher->crypto, voucher->path))
    return PIN_REASON_WRONG_NAME;
  /* Cheap, and whether OpenSSL looked for a server or for something else cannot be asked in 3.0. */
  if (voucher->crypto->X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) != 1)
    return PIN_REASON_NOT_A_SERVER;
  return PIN_REASON_MATCHED;
}

const char *vouched_name(const struct voucher *voucher) {
  const struct pin_verdict *verdict = voucher->verdict;

  /* Another client may not say that hosts below will do. */
  if (voucher->peer->below_count > 0 || (voucher->verified != NULL && !is_verified_strictly(voucher)))
    return NULL;
  for (size_t i = 0; i < verdict->count && i < PIN_MAX_FINDINGS; i++) {
    if (voucher->answers[i] == PIN_REASON_MATCHED && verdict->findings[i].entry.kind != PIN_NAME_ADDRESS)
      return verdict->findings[i].name;
  }
  return NULL;
}

/* Asked again for every key of a path: the answer is kept. */
enum pin_reason vouch(void *arg, const struct pin_finding *finding) {
  struct voucher *voucher = arg;
  size_t index = (size_t)(finding - voucher->verdict->findings);

  if (index >= PIN_MAX_FINDINGS)
    return look_at(voucher, finding);
  if (voucher->answers[index] == PIN_REASON_UNDECIDED)
    voucher->answers[index] = look_at(voucher, finding);
  return voucher->answers[index];
}
