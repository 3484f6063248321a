/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/offer_lists.h"

#include <stdlib.h>

#include "base/memory.h"

bool offer_groups(SSL_CTX *context, const char *list) {
  char *copy = must_copy(list);
  bool known = SSL_CTX_set1_groups_list(context, copy) == 1;
  free(copy);
  return known;
}

bool offer_signatures(SSL_CTX *context, const char *list) {
  char *copy = must_copy(list);
  bool known = SSL_CTX_set1_sigalgs_list(context, copy) == 1;
  free(copy);
  return known;
}
