/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Lines about sessions that are not offered. */
#include "common/log.h"
#include "common/verdict_log.h"
#include "runner.h"

#include <stdio.h>
#include <string.h>

static char told[4096];

void log_line(int priority, const char *text) {
  (void)priority;
  snprintf(told, sizeof told, "%s", text);
}

static void tell(const char *name) {
  const struct pin_verdict verdict = {
      .name = name, .outcome = PIN_REFUSED, .reason = PIN_REASON_TOO_MUCH_TO_SEE};

  told[0] = '\0';
  verdict_log_dropped_session(&verdict, NULL);
}

static void a_host(void) {
  tell("api.example.com");
  CU_ASSERT_PTR_NOT_NULL(strstr(told, "event=session-dropped host=api.example.com reason="));
}

/* Like a client that gives no name, and whose socket is not connected yet. */
static void no_host(void) {
  tell(NULL);
  CU_ASSERT_PTR_NOT_NULL(strstr(told, "event=session-dropped reason="));
}

/* A name from a program may contain any bytes. */
static void no_words_of_others(void) {
  tell("a b\"\nc");
  CU_ASSERT_PTR_NOT_NULL(strstr(told, "event=session-dropped host=a?b??c reason="));
}

int main(void) {
  static const struct unit_test tests[] = {
      {"a host", a_host}, {"no host", no_host}, {"no words of others", no_words_of_others}, {NULL, NULL}};
  static const struct unit_suite suite = {"verdict_log", NULL, NULL, tests};
  return unit_run(&suite);
}
