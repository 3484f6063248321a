/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The text of a policy: a main file and, after a line "#----", a drop-in. Whatever they contain: each report
 * points into the text that it is about; and a policy is either refused with a reason, or answers for each of
 * its entries, never half of both.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "pinpolicy.h"

static unsigned errors;

static void check_place(const struct pin_diagnostic *diagnostic) {
  size_t length = diagnostic->source_line != NULL ? strlen(diagnostic->source_line) : 0;
  MUST(diagnostic->column == 0 || diagnostic->line > 0);
  MUST(diagnostic->width == 0 || diagnostic->column > 0);
  if (diagnostic->source_line == NULL || diagnostic->column == 0)
    return;
  MUST(strchr(diagnostic->source_line, '\n') == NULL);
  /* The line is shown without its carriage return, after which a text may end. */
  MUST(diagnostic->column - 1 + (size_t)diagnostic->width <= length + 1);
}

static void check_report(const struct pin_diagnostic *diagnostic, void *arg) {
  (void)arg;
  MUST(diagnostic->file != NULL && diagnostic->file[0] == '/');
  MUST(diagnostic->message != NULL && diagnostic->message[0] != '\0');
  MUST(strchr(diagnostic->message, '\n') == NULL);
  /* libconfig never gets a text that our grammar refuses, because it leaks when it refuses. */
  MUST(strncmp(diagnostic->message, "libconfig cannot read this", 26) != 0);
  check_place(diagnostic);
  errors += diagnostic->severity == PIN_ERROR;
}

struct tour {
  const struct pin_policy *policy;
  uint32_t count;
};

/* A name that the entry covers. For free(3). */
static char *covered_name(const struct pin_entry *entry) {
  char *name = strdup(entry->name);
  MUST(name != NULL);
  if (entry->kind == PIN_NAME_WILDCARD)
    name[0] = 'x';
  return name;
}

static bool check_entry(const struct pin_entry *entry, void *arg) {
  struct tour *tour = arg;
  char *canonical = NULL, *name = covered_name(entry);
  const char *const names[] = {name}, *why;
  const struct pin_peer peer = {
      .names = names, .name_count = 1, .port = entry->port_count > 0 ? entry->ports[0] : 443};
  struct pin_verdict verdict;
  tour->count++;
  MUST(pin_name_canonical(entry->name, &canonical, &why) == PIN_OK);
  MUST(strcmp(canonical, entry->name) == 0);
  free(canonical);
  for (uint32_t i = 1; i < entry->port_count; i++)
    MUST(entry->ports[i - 1] < entry->ports[i]);
  (void)pin_select(tour->policy, &peer, &verdict);
  MUST(verdict.reason != PIN_REASON_DAMAGED);
  MUST(verdict.count == 1);
  free(name);
  return true;
}

static void check_image(const void *image, size_t size) {
  struct pin_policy policy;
  struct tour tour = {.policy = &policy};
  MUST(pin_policy_open(image, size, &policy) == PIN_OK);
  MUST(pin_policy_visit(&policy, check_entry, &tour) == PIN_OK);
  MUST(tour.count == policy.entry_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *drop_in;
  size_t drop_in_size, main_size = fuzz_cut(data, size, &drop_in, &drop_in_size);
  void *image = NULL;
  size_t image_size = 0;
  fuzz_write("policy.cfg", data, main_size);
  if (drop_in_size > 0)
    fuzz_write("policy.d/a.cfg", drop_in, drop_in_size);
  else
    fuzz_remove("policy.d/a.cfg");
  errors = 0;
  enum pin_status status = pin_text_compile(fuzz_path("policy.cfg"), check_report, NULL, &image, &image_size);
  MUST(status == PIN_OK || status == PIN_INVALID || status == PIN_UNREADABLE);
  MUST((status == PIN_OK) == (errors == 0));
  MUST((status == PIN_OK) == (image != NULL));
  if (image != NULL)
    check_image(image, image_size);
  free(image);
  return 0;
}
