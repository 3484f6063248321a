/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What a process remembers of the hosts without an entry that it has logged. */
#include "common/unlisted_told.h"
#include "runner.h"

#include <stdio.h>

static const struct pin_digest one = {{1, 2, 3, 4, 5, 6, 7, 8, 9}}, other = {{2, 2, 3, 4, 5, 6, 7, 8, 9}};

static void each_host_and_key(void) {
  uint64_t subject = unlisted_subject("a.example", &one);

  CU_ASSERT_FALSE(unlisted_is_told(subject));
  unlisted_note_told(subject);
  CU_ASSERT_TRUE(unlisted_is_told(subject));
  CU_ASSERT_TRUE(unlisted_is_told(unlisted_subject("a.example", &one)));
  CU_ASSERT_FALSE(unlisted_is_told(unlisted_subject("a.example", &other)));
  CU_ASSERT_FALSE(unlisted_is_told(unlisted_subject("b.example", &one)));
  CU_ASSERT_FALSE(unlisted_is_told(unlisted_subject("a.example", NULL)));
  CU_ASSERT_FALSE(unlisted_is_told(unlisted_subject(NULL, &one)));
  CU_ASSERT_FALSE(unlisted_is_told(unlisted_subject(NULL, NULL)));
}

/* However many hosts there are: the last one is known, some hundreds of the last are, and no other host is.
 */
static void a_crowd(void) {
  unsigned known = 0, invented = 0;
  char name[32];

  for (int i = 0; i < 100000; i++) {
    snprintf(name, sizeof name, "host-%d.example", i);
    unlisted_note_told(unlisted_subject(name, &one));
    if (!unlisted_is_told(unlisted_subject(name, &one)))
      CU_FAIL("forgotten at once");
  }
  for (int i = 99000; i < 100000; i++) {
    snprintf(name, sizeof name, "host-%d.example", i);
    known += unlisted_is_told(unlisted_subject(name, &one));
    snprintf(name, sizeof name, "nobody-%d.example", i);
    invented += unlisted_is_told(unlisted_subject(name, &one));
  }
  CU_ASSERT_TRUE(known > 200);
  CU_ASSERT_EQUAL(invented, 0);
}

int main(void) {
  static const struct unit_test tests[] = {
      {"each host and key", each_host_and_key}, {"a crowd", a_crowd}, {NULL, NULL}};
  static const struct unit_suite suite = {"unlisted_told", NULL, NULL, tests};
  return unit_run(&suite);
}
