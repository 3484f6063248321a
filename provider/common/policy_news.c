/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "policy_news.h"

#include <stdio.h>
#include <syslog.h>

#include "log.h"
#include "settings.h"

/* A failure is logged at once, again after this time, then after twice that time, and so on. */
#define FIRST_INTERVAL_MS 60000
#define LONGEST_INTERVAL_MS 600000
/* Mistakes are logged once, and again after this time. */
#define MISTAKE_INTERVAL_MS 60000

/* How many looks in a row found no current policy, and when a failure was last logged. */
static unsigned failures;
static int64_t failure_told, failure_interval, mistakes_told;

void news_of_change(const char *path, const struct pin_policy *policy) {
  char text[LOG_PATH_SIZE + 128], file[LOG_PATH_SIZE];

  log_escape(path, file, sizeof file);
  snprintf(text, sizeof text, "event=policy-loaded policy=\"%s\" hosts=%u generation=%016llx", file,
           policy->entry_count, (unsigned long long)policy->generation);
  log_line(LOG_INFO, text);
}

bool news_are_due(int64_t milliseconds) {
  return failures == 0 || milliseconds - failure_told >= failure_interval;
}

bool news_of_mistakes_are_due(int64_t milliseconds) {
  if (failures != 0 && milliseconds - mistakes_told < MISTAKE_INTERVAL_MS)
    return false;
  mistakes_told = milliseconds;
  return true;
}

static void tell_failure(const char *path, bool has_policy) {
  char text[LOG_PATH_SIZE + 128], file[LOG_PATH_SIZE];
  const char *consequence = "every host is refused";

  if (has_policy)
    consequence = "the last good policy stays in force";
  else if (settings_allow_without_policy())
    consequence = "nothing is enforced";
  log_escape(path, file, sizeof file);
  snprintf(text, sizeof text, "event=policy-unusable policy=\"%s\" consequence=\"%s\"", file, consequence);
  log_line(LOG_CRIT, text);
}

void news_of_look(const char *path, enum load_result result, bool holds_policy, bool quiet,
                  int64_t milliseconds) {
  if (result == LOAD_CURRENT) {
    failures = 0;
    return;
  }
  failures++;
  if (quiet)
    return;
  failure_interval = failures == 1 ? FIRST_INTERVAL_MS : 2 * failure_interval;
  if (failure_interval > LONGEST_INTERVAL_MS)
    failure_interval = LONGEST_INTERVAL_MS;
  failure_told = milliseconds;
  tell_failure(path, holds_policy || result == LOAD_LAST_GOOD);
}
