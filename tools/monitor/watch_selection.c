/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/watch_selection.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/output.h"

/* Two hosts of one name are told apart by their ports. */
static int compare_names(const void *a, const void *b) {
  const struct watch_host *left = a;
  const struct watch_host *right = b;
  int order = strcmp(left->host, right->host);
  return order != 0 ? order : left->port - right->port;
}

/* What is refused is worse than anything else of its state. */
static int compare_states(const void *a, const void *b) {
  const struct watch_host *left = a;
  const struct watch_host *right = b;
  bool left_refused = left->seen && left->outcome == PIN_REFUSED;
  bool right_refused = right->seen && right->outcome == PIN_REFUSED;
  if (left->severity != right->severity)
    return left->severity > right->severity ? -1 : 1;
  if (left_refused != right_refused)
    return left_refused ? -1 : 1;
  return compare_names(a, b);
}

/* What showed no certificate comes first: 0. */
static int compare_expiries(const void *a, const void *b) {
  int64_t left = watch_expires(a);
  int64_t right = watch_expires(b);
  return left != right ? (left < right ? -1 : 1) : compare_names(a, b);
}

static int compare_seconds(const void *a, const void *b) {
  double left = ((const struct watch_host *)a)->seconds;
  double right = ((const struct watch_host *)b)->seconds;
  return left > right ? -1 : left < right ? 1 : compare_names(a, b);
}

static void keep_problems(struct watch *watch) {
  size_t kept = 0;
  for (size_t i = 0; i < watch->count; i++) {
    if (watch->hosts[i].severity == SEVERITY_OK)
      watch_host_clear(&watch->hosts[i]);
    else
      watch->hosts[kept++] = watch->hosts[i];
  }
  watch->well_left_out = watch->count - kept;
  watch->count = kept;
}

void watch_select(const struct arguments *arguments, struct watch *watch) {
  static const struct {
    const char *word;
    int (*compare)(const void *, const void *);
  } orders[] = {{"state", compare_states},
                {"name", compare_names},
                {"expiry", compare_expiries},
                {"time", compare_seconds}};
  const char *word = arguments_value(arguments, OPTION_SORT);
  if (arguments_has(arguments, OPTION_PROBLEMS))
    keep_problems(watch);
  for (size_t i = 0; i < COUNT_OF(orders) && watch->count > 0; i++)
    if (strcmp(orders[i].word, word == NULL ? "state" : word) == 0)
      qsort(watch->hosts, watch->count, sizeof *watch->hosts, orders[i].compare);
}

void watch_print_brief(const struct watch *watch) {
  for (size_t i = 0; i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    if (host->severity == SEVERITY_OK || watch_is_told_elsewhere(host))
      continue;
    AUTO_TEXT name = watch_host_name(host);
    AUTO_TEXT findings = watch_findings_text(host);
    put(stdout, PLAIN, "%s %s: %s\n", severity_word(host->severity), name, findings);
  }
  for (size_t i = 0; i < watch->machine.finding_count; i++) {
    const struct finding *finding = &watch->machine.findings[i];
    put(stdout, PLAIN, "%s %s\n", severity_word(finding->severity), finding->text);
  }
}
