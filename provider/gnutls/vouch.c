/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "vouch.h"

#include <arpa/inet.h>
#include <string.h>

#define NAME_SIZE 256 /* RFC 1035, 2.3.4: 253 characters as text, and some */

static bool speaks_for_address(const struct voucher *voucher, const char *text) {
  unsigned char address[sizeof(struct in6_addr)];
  int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;

  return inet_pton(family, text, address) == 1 &&
         voucher->library->gnutls_x509_crt_check_ip(voucher->certificate, address,
                                                    family == AF_INET6 ? 16 : 4, 0) != 0;
}

/* spelled: perhaps with dots behind it, which no certificate has. */
static bool speaks_for_name(const struct voucher *voucher, const char *spelled) {
  char name[NAME_SIZE];
  size_t length = strlen(spelled);

  while (length > 0 && spelled[length - 1] == '.')
    length--;
  if (length == 0 || length >= sizeof name)
    return false;
  memcpy(name, spelled, length);
  name[length] = '\0';
  return voucher->library->gnutls_x509_crt_check_hostname2(voucher->certificate, name, 0) != 0;
}

/* An address as the policy writes it; of names each that led to the finding. */
static bool speaks_for(const struct voucher *voucher, const struct pin_finding *finding) {
  const struct pin_verdict *verdict = voucher->verdict;

  if (finding->entry.kind == PIN_NAME_ADDRESS)
    return speaks_for_address(voucher, finding->entry.name);
  if (!speaks_for_name(voucher, finding->name))
    return false;
  for (size_t i = 0; i < verdict->further_count; i++) {
    if (&verdict->findings[verdict->further[i].finding] == finding &&
        !speaks_for_name(voucher, verdict->further[i].name))
      return false;
  }
  return true;
}

static bool is_within_dates(const struct voucher *voucher) {
  time_t from = voucher->library->gnutls_x509_crt_get_activation_time(voucher->certificate);
  time_t until = voucher->library->gnutls_x509_crt_get_expiration_time(voucher->certificate);

  return from != (time_t)-1 && until != (time_t)-1 && from <= voucher->now && voucher->now <= until;
}

/* Extended key usage and key usage, where the certificate has them (RFC 5280, 4.2.1.12 and 4.2.1.3). */
static bool is_for_servers(const struct voucher *voucher) {
  const unsigned needed =
      GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT | GNUTLS_KEY_KEY_AGREEMENT;
  unsigned usage = 0, critical;
  int result;

  if (voucher->library->gnutls_x509_crt_check_key_purpose(voucher->certificate, GNUTLS_KP_TLS_WWW_SERVER,
                                                          0) == 0)
    return false;
  result = voucher->library->gnutls_x509_crt_get_key_usage(voucher->certificate, &usage, &critical);
  return result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE || (result >= 0 && (usage & needed) != 0);
}

static enum pin_reason look_at(struct voucher *voucher, const struct pin_finding *finding) {
  voucher->certificate = path_peer(voucher->path);
  if (voucher->certificate == NULL || !speaks_for(voucher, finding))
    return PIN_REASON_WRONG_NAME;
  if (!is_within_dates(voucher))
    return PIN_REASON_OUT_OF_DATE;
  if (!path_names_are_permitted(voucher->path))
    return PIN_REASON_WRONG_NAME;
  return is_for_servers(voucher) ? PIN_REASON_MATCHED : PIN_REASON_NOT_A_SERVER;
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
