/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A name from a program, of any bytes. Which entry covers it is also found in the simple way, label by label
 * (names.c); and a name that is allowed in a policy covers itself, however it is spelt.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "pinpolicy.h"

static struct pin_policy fixed;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  void *image;
  size_t size;
  (void)argc, (void)argv;
  fuzz_write("policy.cfg", names_policy, strlen(names_policy));
  MUST(pin_text_compile(fuzz_path("policy.cfg"), NULL, NULL, &image, &size) == PIN_OK);
  MUST(pin_policy_open(image, size, &fixed) == PIN_OK);
  return 0;
}

static const char *entry_for(const struct pin_policy *policy, const char *name,
                             struct pin_verdict *ret_verdict) {
  const struct pin_peer peer = {.names = &name, .name_count = 1, .port = 443};
  (void)pin_select(policy, &peer, ret_verdict);
  MUST(ret_verdict->reason != PIN_REASON_DAMAGED);
  return ret_verdict->count > 0 ? ret_verdict->findings[0].entry.name : NULL;
}

static void check_fixed(const char *name) {
  struct pin_verdict verdict;
  const char *found = entry_for(&fixed, name, &verdict);
  if (names_has_empty_label(name)) {
    MUST(found == NULL || verdict.outcome == PIN_REFUSED ||
         verdict.findings[0].reason == PIN_REASON_BAD_NAME);
    return;
  }
  const char *expected = names_entry(name);
  if ((found == NULL) != (expected == NULL) || (found != NULL && strcmp(found, expected) != 0)) {
    fprintf(stderr, "found %s, expected %s\n", found != NULL ? found : "none",
            expected != NULL ? expected : "none");
    fuzz_fail(__FILE__, __LINE__, "the entry is the one that covers the name");
  }
}

/* Makes an entry for the name as it was spelt. */
static void check_own_entry(const char *name, const char *canonical) {
  char text[1024];
  struct pin_policy policy;
  struct pin_verdict verdict;
  void *image = NULL;
  size_t size = 0;
  int length = snprintf(text, sizeof text, "version = 1; hosts = ( { name = \"%s\"; mode = \"off\"; } );\n",
                        canonical);
  if (length >= (int)sizeof text)
    return;
  fuzz_write("own.cfg", text, (size_t)length);
  MUST(pin_text_compile(fuzz_path("own.cfg"), NULL, NULL, &image, &size) == PIN_OK);
  MUST(pin_policy_open(image, size, &policy) == PIN_OK);
  bool is_ascii = true;
  for (const char *byte = name; *byte != '\0'; byte++)
    is_ascii = is_ascii && (unsigned char)*byte < 0x80;
  if (is_ascii && canonical[0] != '*')
    MUST(entry_for(&policy, name, &verdict) != NULL);
  free(image);
}

static void check_canonical(const char *name) {
  char *canonical = NULL, *again = NULL;
  const char *why = NULL;
  enum pin_status status = pin_name_canonical(name, &canonical, &why);
  if (status != PIN_OK) {
    MUST(status == PIN_INVALID && why != NULL && canonical == NULL);
    return;
  }
  MUST(pin_name_canonical(canonical, &again, &why) == PIN_OK);
  MUST(strcmp(canonical, again) == 0);
  check_own_entry(name, canonical);
  free(again);
  free(canonical);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *name = fuzz_text(data, size);
  check_fixed(name);
  check_canonical(name);
  free(name);
  return 0;
}
