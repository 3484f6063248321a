/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Tests that a program sees no function that our libraries, or those that they bring, define. */
#include "kit.h"

#include <dlfcn.h>
#include <stdint.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"

extern const char *const our_names[];
extern const uint64_t our_names_count;

/* Looks a function up as a program does. */
extern void pin_select(void) __attribute__((weak));
extern void config_init(void) __attribute__((weak));

extern int library_is_here(void);

static void look(void) {
  if (pin_select != NULL || config_init != NULL)
    broken("the program is bound to a function of ours");
  for (uint64_t i = 0; i < our_names_count; i++) {
    if (dlsym(RTLD_DEFAULT, our_names[i]) != NULL)
      broken("the program sees %s", our_names[i]);
  }
}

static enum outcome look_around(const struct setup *setup) {
  enum outcome outcome;

  look();
  replace_policy("unicode");
  outcome = connect_once(setup);
  look();
  return outcome;
}

static const struct test_case cases[] = {
    {"visible/right-key", look_around, {.chain = "good", PINNED}, ALL_ACCEPT},
    {"visible/wrong-key", look_around, {.chain = "bad", PINNED}, WE_REFUSE},
};

int main(int argc, char **argv) {
  if (our_names_count == 0 || library_is_here() != 1)
    broken("no names, or no library");
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
