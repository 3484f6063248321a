/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "path.h"

/* OpenSSL checks the common name only if no alternative name is a host name (openssl-internals V14). */
static bool has_host_names(const struct libcrypto *crypto, const X509 *certificate) {
  GENERAL_NAMES *names = crypto->X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  int count = names != NULL ? crypto->OPENSSL_sk_num((const OPENSSL_STACK *)names) : 0;
  bool found = false;

  for (int i = 0; i < count && !found; i++) {
    int type = GEN_OTHERNAME;

    (void)crypto->GENERAL_NAME_get0_value(crypto->OPENSSL_sk_value((const OPENSSL_STACK *)names, i), &type);
    found = type == GEN_DNS;
  }
  crypto->GENERAL_NAMES_free(names);
  return found;
}

/* Whether the constraints permit this certificate. A self-issued CA certificate changes the key and not
 * the name, so constraints do not bind it (RFC 5280, 6.1.3 (b)). */
static bool constraints_permit(const struct libcrypto *crypto, NAME_CONSTRAINTS *constraints,
                               X509 *certificate, bool is_peer) {
  if (!is_peer && (crypto->X509_get_extension_flags(certificate) & EXFLAG_SI) != 0)
    return true;
  if (crypto->NAME_CONSTRAINTS_check(certificate, constraints) != X509_V_OK)
    return false;
  return !is_peer || has_host_names(crypto, certificate) ||
         crypto->NAME_CONSTRAINTS_check_CN(certificate, constraints) == X509_V_OK;
}

static bool seems_to_have_constraints(const struct libcrypto *crypto, const X509 *issuer) {
  return crypto->X509_get_ext_by_NID(issuer, NID_name_constraints, -1) >= 0;
}

/* Whether the CA at this depth permits the names of all certificates below it. */
static bool permits_below(const struct libcrypto *crypto, const struct path *path, size_t depth) {
  X509 *issuer = path->certificates[depth];
  NAME_CONSTRAINTS *constraints;
  int found = 0; /* becomes -1 if the extension is missing */
  bool permitted = true;

  if (!seems_to_have_constraints(crypto, issuer))
    return true;
  constraints = crypto->X509_get_ext_d2i(issuer, NID_name_constraints, &found, NULL);
  if (constraints == NULL)
    return found == -1;
  for (size_t below = 0; below < depth && permitted; below++)
    permitted = constraints_permit(crypto, constraints, path->certificates[below], below == 0);
  crypto->NAME_CONSTRAINTS_free(constraints);
  return permitted;
}

/* What OpenSSL asks of each CA in a TLS server's chain: it must not be limited to other purposes, and must
 * not have an unknown critical extension (RFC 5280, 4.2.1.12 and 4.2). */
static bool is_for_servers(const struct libcrypto *crypto, X509 *issuer) {
  return crypto->X509_check_purpose(issuer, X509_PURPOSE_SSL_SERVER, 1) > 0 &&
         (crypto->X509_get_extension_flags(issuer) & EXFLAG_CRITICAL) == 0;
}

static void check_up_to(const struct libcrypto *crypto, struct path *path, size_t highest) {
  if (path->permitted == 0)
    path->permitted = 1; /* the peer's own certificate issues nothing */
  while (path->permitted <= highest && path->permitted < path->pin.count) {
    if (!is_for_servers(crypto, path->certificates[path->permitted]))
      path->permission = PIN_REASON_NOT_A_SERVER;
    else if (!permits_below(crypto, path, path->permitted))
      path->permission = PIN_REASON_WRONG_NAME;
    if (path->permission != PIN_REASON_MATCHED)
      return;
    path->permitted++;
  }
}

enum pin_reason path_permission(const struct libcrypto *crypto, struct path *path, size_t highest) {
  if (path->permission == PIN_REASON_MATCHED) {
    crypto->ERR_set_mark();
    check_up_to(crypto, path, highest);
    crypto->ERR_pop_to_mark();
  }
  return highest < path->permitted ? PIN_REASON_MATCHED : path->permission;
}

void path_note_permission(const struct libcrypto *crypto, struct path *path) {
  size_t depth = 1;

  if (path->permitted > 0) {
    (void)path_permission(crypto, path, path->pin.count);
    return;
  }
  while (depth < path->pin.count && !seems_to_have_constraints(crypto, path->certificates[depth]) &&
         is_for_servers(crypto, path->certificates[depth]))
    depth++;
  if (depth >= path->pin.count)
    path->permitted = depth;
}
