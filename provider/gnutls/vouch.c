/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "vouch.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/answers.h"
#include "understood.h"

static bool speaks_for_address(const struct voucher *voucher, const char *text) {
  unsigned char address[sizeof(struct in6_addr)];
  int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;

  return inet_pton(family, text, address) == 1 &&
         voucher->library->gnutls_x509_crt_check_ip(voucher->certificate, address,
                                                    family == AF_INET6 ? 16 : 4, 0) != 0;
}

static bool speaks_for_name(const void *arg, const char *name) {
  const struct voucher *voucher = arg;

  return voucher->library->gnutls_x509_crt_check_hostname2(voucher->certificate, name, 0) != 0;
}

/* Whether the certificate is valid for the finding's names, or for its address as the policy writes it. */
static bool speaks_for(const struct voucher *voucher, const struct pin_finding *finding) {
  return finding->entry.kind == PIN_NAME_ADDRESS
             ? speaks_for_address(voucher, finding->entry.name)
             : speaks_for_names(voucher->verdict, finding, speaks_for_name, voucher);
}

static bool is_within_dates(const struct voucher *voucher) {
  time_t from = voucher->library->gnutls_x509_crt_get_activation_time(voucher->certificate);
  time_t until = voucher->library->gnutls_x509_crt_get_expiration_time(voucher->certificate);

  return from != (time_t)-1 && until != (time_t)-1 && from <= voucher->now && voucher->now <= until;
}

/* Whether extended key usage and key usage, if present, allow a TLS server (RFC 5280, 4.2.1.12 and
 * 4.2.1.3), and no unknown extension is critical. */
static bool is_for_servers(const struct voucher *voucher) {
  const unsigned needed =
      GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT | GNUTLS_KEY_KEY_AGREEMENT;
  unsigned usage = 0, critical;
  int result;

  if (voucher->library->gnutls_x509_crt_check_key_purpose(voucher->certificate, GNUTLS_KP_TLS_WWW_SERVER,
                                                          0) == 0 ||
      !is_understood(voucher->library, voucher->certificate))
    return false;
  result = voucher->library->gnutls_x509_crt_get_key_usage(voucher->certificate, &usage, &critical);
  return result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE || (result >= 0 && (usage & needed) != 0);
}

static enum pin_reason look_at(void *arg, const struct pin_finding *finding) {
  struct voucher *voucher = arg;

  voucher->certificate = path_peer(voucher->path);
  if (voucher->certificate == NULL || !speaks_for(voucher, finding))
    return PIN_REASON_WRONG_NAME;
  if (!is_within_dates(voucher))
    return PIN_REASON_OUT_OF_DATE;
  return is_for_servers(voucher) ? PIN_REASON_MATCHED : PIN_REASON_NOT_A_SERVER;
}

enum pin_reason vouch(void *arg, const struct pin_finding *finding, size_t depth) {
  struct voucher *voucher = arg;
  enum pin_reason answer = look_once(voucher->answers, voucher->verdict, finding, look_at, voucher);

  return answer == PIN_REASON_MATCHED ? path_permission(voucher->path, depth) : answer;
}
