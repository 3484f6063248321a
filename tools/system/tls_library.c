/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "system/tls_library.h"

#include <string.h>

#include "base/memory.h"

/* libtls.so.0 is strongSwan's; LibreSSL's has a higher number. */
static const struct {
  const char *prefix;
  enum tls_library library;
} names[] = {
    {"libssl.so.0", TLS_OLD_OPENSSL}, {"libssl.so.10", TLS_OLD_OPENSSL}, {"libssl.so.1.", TLS_OLD_OPENSSL},
    {"libssl.so.", TLS_OPENSSL},      {"libgnutls.so.", TLS_GNUTLS},     {"libssl3.so", TLS_NSS},
    {"libjvm.so", TLS_JAVA},          {"libjli.so", TLS_JAVA},           {"libmbedtls.so.", TLS_OTHER},
    {"libwolfssl.so.", TLS_OTHER},    {"librustls.so", TLS_OTHER},       {"libtls.so.0", TLS_OTHER},
    {"libbotan-", TLS_OTHER},         {"libbearssl.so", TLS_OTHER},
};

static const char *const words[TLS_LIBRARY_COUNT] = {"openssl", "old-openssl", "own-openssl", "gnutls",
                                                     "nss",     "go",          "java",        "other"};

unsigned tls_library_of(const char *name) {
  for (size_t i = 0; i < COUNT_OF(names); i++)
    if (strncmp(name, names[i].prefix, strlen(names[i].prefix)) == 0)
      return names[i].library;
  return 0;
}

const char *tls_library_word(enum tls_library library) {
  for (unsigned i = 0; i < TLS_LIBRARY_COUNT; i++)
    if ((unsigned)library == 1U << i)
      return words[i];
  return "none";
}

char *tls_libraries_text(unsigned libraries) {
  char *text = must_copy("");
  for (unsigned i = 0; i < TLS_LIBRARY_COUNT; i++)
    if ((libraries & 1U << i) != 0)
      text_append(&text, ", ", words[i]);
  return text;
}

json_object *tls_libraries_json(unsigned libraries) {
  json_object *array = json_object_new_array();
  for (unsigned i = 0; i < TLS_LIBRARY_COUNT; i++)
    if ((libraries & 1U << i) != 0)
      json_object_array_add(array, json_object_new_string(words[i]));
  return array;
}
