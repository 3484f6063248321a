/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "keys/chain_tree.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"

/* Seconds count down where there is less than a day. */
static int whole_days(const ASN1_TIME *from, const ASN1_TIME *to) {
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, from, to) != 1)
    return -1;
  return seconds < 0 ? days - 1 : days;
}

int days_left(const X509 *certificate) {
  return whole_days(NULL, X509_get0_notAfter(certificate));
}

int days_of_life(const X509 *certificate) {
  return whole_days(X509_get0_notBefore(certificate), X509_get0_notAfter(certificate));
}

static void print_times(const X509 *certificate) {
  int days = days_left(certificate);
  AUTO_TEXT left = days_text(days);
  if (days < 0)
    put(stderr, RED, ", expired\n");
  else
    put(stderr, days < 30 ? YELLOW : PLAIN, ", %s left\n", left);
}

void chain_tree_print(const struct chain *chain) {
  size_t count = chain->path.count < chain->proven ? chain->path.count : chain->proven;
  for (size_t i = 0; i < count; i++) {
    const struct object *object = &chain->path.items[count - 1 - i];
    char digest[PIN_DIGEST_TEXT_SIZE];
    pin_digest_format(&object->key, digest);
    AUTO_TEXT branch = i == 0 ? must_copy("") : must_format("%*s`- ", (int)(i - 1) * 3, "");
    put(stderr, PLAIN, "%s", branch);
    put(stderr, BOLD, "%s", *object->subject == '\0' ? "(no subject)" : object->subject);
    fputc('\n', stderr);
    put(stderr, PLAIN, "%*s%s, %s", (int)i * 3 + 2, "", role_word(object->role), object->key_type);
    print_times(object->certificate);
    put(stderr, PLAIN, "%*s%s\n", (int)i * 3 + 2, "", digest);
  }
}
