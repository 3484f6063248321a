/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "certificate_names.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* Longer texts are not host names (RFC 1035, 2.3.4). */
#define NAME_SIZE 256

struct names {
  const struct libcrypto *crypto;
  pinning_visit_name_fn *visit;
  void *arg;
  bool ended;
};

static void visit_text(struct names *names, const unsigned char *bytes, int length) {
  char name[NAME_SIZE];

  if (length <= 0 || length >= NAME_SIZE)
    return;
  memcpy(name, bytes, (size_t)length);
  name[length] = '\0';
  if (*name != '\0')
    names->ended = !names->visit(name, names->arg);
}

static void visit_address(struct names *names, const unsigned char *bytes, int length) {
  char text[INET6_ADDRSTRLEN];

  if ((length == 4 || length == 16) &&
      inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text) != NULL)
    names->ended = !names->visit(text, names->arg);
}

/* Returns how many of the names are host names. */
static int visit_alternative_names(struct names *names, const GENERAL_NAMES *alternative, bool addresses) {
  const struct libcrypto *crypto = names->crypto;
  int count = crypto->OPENSSL_sk_num((const OPENSSL_STACK *)alternative), hosts = 0;

  for (int i = 0; i < count && !names->ended; i++) {
    int type;
    const ASN1_STRING *value = crypto->GENERAL_NAME_get0_value(
        crypto->OPENSSL_sk_value((const OPENSSL_STACK *)alternative, i), &type);

    if (type == GEN_DNS) {
      hosts++;
      visit_text(names, crypto->ASN1_STRING_get0_data(value), crypto->ASN1_STRING_length(value));
    } else if (type == GEN_IPADD && addresses) {
      visit_address(names, crypto->ASN1_STRING_get0_data(value), crypto->ASN1_STRING_length(value));
    }
  }
  return hosts;
}

static void visit_common_name(struct names *names, const X509_NAME_ENTRY *entry) {
  const struct libcrypto *crypto = names->crypto;
  unsigned char *text = NULL;
  int length = crypto->ASN1_STRING_to_UTF8(&text, crypto->X509_NAME_ENTRY_get_data(entry));

  if (length < 0)
    return;
  visit_text(names, text, length);
  crypto->CRYPTO_free(text, NULL, 0);
}

static bool visit_common_names(struct names *names, const X509_NAME *subject) {
  const struct libcrypto *crypto = names->crypto;
  int seen = 0;

  for (int i = -1; !names->ended;) {
    i = crypto->X509_NAME_get_index_by_NID(subject, NID_commonName, i);
    if (i < 0)
      break;
    if (seen++ == CERTIFICATE_NAMES_MAX)
      return false;
    visit_common_name(names, crypto->X509_NAME_get_entry(subject, i));
  }
  return true;
}

bool certificate_names_visit(const struct libcrypto *crypto, X509 *certificate, bool addresses,
                             pinning_visit_name_fn *visit, void *arg) {
  struct names names = {crypto, visit, arg, false};
  int found = 0, hosts = 0;
  GENERAL_NAMES *alternative = crypto->X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, NULL);

  /* found == -1: the certificate has no such extension. Otherwise it has one that cannot be read. */
  if (alternative == NULL && found != -1)
    return false;
  if (alternative != NULL) {
    bool too_many = crypto->OPENSSL_sk_num((const OPENSSL_STACK *)alternative) > CERTIFICATE_NAMES_MAX;

    if (!too_many)
      hosts = visit_alternative_names(&names, alternative, addresses);
    crypto->GENERAL_NAMES_free(alternative);
    if (too_many)
      return false;
  }
  return hosts > 0 || visit_common_names(&names, crypto->X509_get_subject_name(certificate));
}
