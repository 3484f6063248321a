/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "keys/certificate_names.h"

#include <string.h>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/host_port.h"
#include "base/memory.h"

/* How many names are shown: a certificate may have a hundred. */
#define NAMES_SHOWN 3

bool certificate_is_for(X509 *certificate, const char *host) {
  bool good = host_is_address(host) ? X509_check_ip_asc(certificate, host, 0) == 1
                                    : X509_check_host(certificate, host, 0, 0, NULL) == 1;
  ERR_clear_error();
  return good;
}

static char *string_text(const ASN1_STRING *string) {
  return must_copy_bytes((const char *)ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
}

/* Returns NULL for a name that is neither a host nor an address. For free(3). */
static char *general_name_text(const GENERAL_NAME *name) {
  char text[INET6_ADDRSTRLEN];
  if (name->type == GEN_DNS)
    return string_text(name->d.dNSName);
  if (name->type != GEN_IPADD)
    return NULL;
  int length = ASN1_STRING_length(name->d.iPAddress);
  const void *bytes = ASN1_STRING_get0_data(name->d.iPAddress);
  bool known = (length == 4 || length == 16) &&
               inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text) != NULL;
  return known ? must_copy(text) : NULL;
}

static void add_common_name(X509 *certificate, struct text_list *names) {
  const X509_NAME *subject = X509_get_subject_name(certificate);
  int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  unsigned char *text = NULL;
  if (at >= 0 && ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))) > 0)
    text_list_add(names, must_copy((const char *)text));
  OPENSSL_free(text);
}

/* As in clients, the common name is used only if there is no other name. */
static struct text_list names_of(X509 *certificate) {
  struct text_list names = {0};
  GENERAL_NAMES *alternatives = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); i++) {
    char *text = general_name_text(sk_GENERAL_NAME_value(alternatives, i));
    if (text != NULL)
      text_list_add(&names, text);
  }
  GENERAL_NAMES_free(alternatives);
  if (names.count == 0)
    add_common_name(certificate, &names);
  ERR_clear_error();
  return names;
}

/* Whether a name of a certificate, possibly a wildcard, lies below the base, at most `labels` deep. */
static bool lies_below(const char *name, const char *base, size_t labels) {
  size_t length = strlen(name);
  size_t base_length = strlen(base);
  if (length < base_length + 2 || name[length - base_length - 1] != '.' ||
      strcasecmp(name + length - base_length, base) != 0)
    return false;
  size_t dots = 0;
  for (const char *at = name; at < name + length - base_length - 1; at++)
    dots += *at == '.' ? 1 : 0;
  return dots < labels;
}

bool certificate_fits_entry(X509 *certificate, const char *name, bool include_subdomains) {
  bool wildcard = strncmp(name, "*.", 2) == 0;
  struct text_list names = names_of(certificate);
  bool fits = names.count == 0 || (!wildcard && certificate_is_for(certificate, name));
  for (size_t i = 0; i < names.count && !fits && (wildcard || include_subdomains); i++)
    fits = lies_below(names.items[i], wildcard ? name + 2 : name, include_subdomains ? SIZE_MAX : 1);
  text_list_clear(&names);
  return fits;
}

char *certificate_names_text(X509 *certificate) {
  struct text_list names = names_of(certificate);
  char *text = must_copy("");
  for (size_t i = 0; i < names.count && i < NAMES_SHOWN; i++)
    text_append(&text, ", ", names.items[i]);
  if (names.count > NAMES_SHOWN) {
    AUTO_TEXT more = must_format("and %zu more", names.count - NAMES_SHOWN);
    text_append(&text, " ", more);
  }
  text_list_clear(&names);
  return text;
}
