/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of fixture.h: policies of a few lines, compiled in a temporary folder. */
#include "fixture.h"

#include <stddef.h>

void compile_fixture(const struct fixture *fixture, struct compiled *ret_compiled) {
  struct policy_folder folder;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", fixture->text);
  if (fixture->drop_in != NULL)
    folder_write(&folder, "policy.d/b.cfg", fixture->drop_in);
  compile_folder(&folder, ret_compiled);
  folder_remove(&folder);
}

void expect_refused(const struct fixture *fixtures, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct compiled compiled;
    compile_fixture(&fixtures[i], &compiled);
    expect_result(&compiled, fixtures[i].text, PIN_INVALID, fixtures[i].report);
    compiled_free(&compiled);
  }
}

void expect_accepted(const char *const *texts, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct compiled compiled;
    compile_fixture(&(struct fixture){.text = texts[i]}, &compiled);
    expect_result(&compiled, texts[i], PIN_OK, "");
    compiled_free(&compiled);
  }
}
