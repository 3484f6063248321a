/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Compares the grammar of libpinpolicy, which splits a text into sections and reads them one at a time, with
 * what libconfig alone reads in the whole text (policy_reference.c). What we accept, libconfig must accept,
 * with the same settings, hosts and lists. What only we refuse must be one of the few things that we refuse
 * on purpose.
 */
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_dump.h"

/* libconfig would include another file, and reads a text only up to a NUL. */
static bool is_for_libconfig(const char *text, size_t size) {
  const char *include = text;
  if (strlen(text) != size)
    return false;
  while ((include = strstr(include, "@include")) != NULL) {
    const char *before = include++;
    while (before > text && (before[-1] == ' ' || before[-1] == '\t'))
      before--;
    if (before == text || before[-1] == '\n')
      return false;
  }
  return true;
}

/* What we refuse on purpose although libconfig, or some release of it, accepts it. */
static bool is_on_purpose(const char *message) {
  static const char *const reasons[] = {
      "malformed number",              /* too many digits for some releases; exponents; octal */
      "unknown escape",                /* \x00, which ends a string early; escapes of later releases */
      "the string has no end",         /* for libconfig it ends with the text */
      "the comment has no end",        /* for libconfig it ends with the text, and hides all settings in it */
      "nested less deeply",            /* recursion is limited */
      "too many settings in one group" /* and so is the search for repeated ones */
  };
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
    if (strstr(message, reasons[i]) != NULL)
      return true;
  return false;
}

struct reports {
  bool on_purpose;
  char first[512];
};

static void note_report(const struct pin_diagnostic *diagnostic, void *arg) {
  struct reports *reports = arg;
  if (diagnostic->severity != PIN_ERROR)
    return;
  if (reports->first[0] == '\0')
    snprintf(reports->first, sizeof reports->first, "%u:%u: %s", diagnostic->line, diagnostic->column,
             diagnostic->message);
  reports->on_purpose = reports->on_purpose || is_on_purpose(diagnostic->message);
}

static bool dump_entry(const struct pin_entry *entry, void *arg) {
  dump_add_entry(arg, entry);
  return true;
}

static char *dump_image(const void *image, size_t size) {
  struct pin_policy policy;
  struct dump dump = {0};
  MUST(pin_policy_open(image, size, &policy) == PIN_OK);
  dump_add_settings(&dump, &policy);
  MUST(pin_policy_visit(&policy, dump_entry, &dump) == PIN_OK);
  return dump_finish(&dump);
}

static void compare(const char *ours, const char *theirs, const struct reports *reports) {
  bool agreed = (ours == NULL) == (theirs == NULL) && (ours == NULL || strcmp(ours, theirs) == 0);
  if (agreed || (ours == NULL && reports->on_purpose))
    return;
  fprintf(stderr, "ours:\n%s\nlibconfig alone:\n%s\n", ours != NULL ? ours : reports->first,
          theirs != NULL ? theirs : reference_refusal());
  fuzz_fail(__FILE__, __LINE__, "both read the same");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = fuzz_text(data, size), *ours = NULL, *theirs = NULL;
  struct reports reports = {0};
  void *image = NULL;
  size_t image_size = 0;
  if (is_for_libconfig(text, size)) {
    fuzz_write("policy.cfg", data, size);
    if (pin_text_compile(fuzz_path("policy.cfg"), note_report, &reports, &image, &image_size) == PIN_OK)
      ours = dump_image(image, image_size);
    theirs = reference_dump(text);
    compare(ours, theirs, &reports);
  }
  free(image);
  free(ours);
  free(theirs);
  free(text);
  return 0;
}
