/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "answers.h"

#include <string.h>

#define NAME_SIZE 256 /* RFC 1035, 2.3.4: a name has at most 253 characters as text */

/* spelled: may end in dots, which names in certificates do not have. */
static bool speaks_for_spelled(speaks_fn *speaks, const void *voucher, const char *spelled) {
  char name[NAME_SIZE];
  size_t length = strlen(spelled);

  while (length > 0 && spelled[length - 1] == '.')
    length--;
  if (length == 0 || length >= sizeof name)
    return false;
  memcpy(name, spelled, length);
  name[length] = '\0';
  return speaks(voucher, name);
}

bool speaks_for_names(const struct pin_verdict *verdict, const struct pin_finding *finding, speaks_fn *speaks,
                      const void *voucher) {
  if (!speaks_for_spelled(speaks, voucher, finding->name))
    return false;
  for (size_t i = 0; i < verdict->further_count; i++) {
    if (&verdict->findings[verdict->further[i].finding] == finding &&
        !speaks_for_spelled(speaks, voucher, verdict->further[i].name))
      return false;
  }
  return true;
}

enum pin_reason look_once(enum pin_reason *answers, const struct pin_verdict *verdict,
                          const struct pin_finding *finding, look_fn *look, void *voucher) {
  size_t index = (size_t)(finding - verdict->findings);

  if (index >= PIN_MAX_FINDINGS)
    return look(voucher, finding);
  if (answers[index] == PIN_REASON_UNDECIDED)
    answers[index] = look(voucher, finding);
  return answers[index];
}
