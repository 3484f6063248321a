/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Checks a change: reads the policy as it will be, with the staged texts in place of their files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "edit/policy_change.h"
#include "view/compiled_form.h"
#include "view/usable_policy.h"

static struct pin_staged_file *staged_files(const struct change *change, const int *fds) {
  struct pin_staged_file *files = must_alloc(change->count + 1, sizeof *files);
  for (size_t i = 0; i < change->count; i++) {
    const struct file_change *file = &change->files[i];
    bool is_main = strcmp(file->path, change->policy) == 0;
    files[i] = (struct pin_staged_file){.name = is_main ? NULL : path_base(file->path),
                                        .text = file->new_text,
                                        .fd = fds == NULL ? -1 : fds[i]};
  }
  return files;
}

static void read_staged(const struct change *change, const int *fds, struct loaded_policy *ret_loaded) {
  struct pin_staged_file *files = staged_files(change, fds);
  AUTO_TEXT named = form_policy(change->policy);
  *ret_loaded = (struct loaded_policy){0};
  progress_begin("checking the policy");
  ret_loaded->status =
      pin_text_compile_staged(named, files, change->count, diagnostics_add, &ret_loaded->diagnostics,
                              &ret_loaded->image, &ret_loaded->size);
  progress_end();
  if (ret_loaded->status == PIN_OK)
    ret_loaded->status = pin_policy_open(ret_loaded->image, ret_loaded->size, &ret_loaded->policy);
  free(files);
}

static void refuse(const struct change *change, const struct diagnostics *diagnostics) {
  diagnostics_print(stderr, diagnostics);
  say_error("%s: the policy would have errors; nothing was changed", change->policy);
}

void change_check(const struct change *change, struct loaded_policy *ret_loaded) {
  read_staged(change, NULL, ret_loaded);
}

int change_refuse_policy(const struct change *change, const struct loaded_policy *loaded) {
  diagnostics_print(stderr, &loaded->diagnostics);
  say_error("%s: the policy has errors; nothing was changed", change->policy);
  policy_say_remedy(change->policy, loaded->status);
  return loaded->status == PIN_INVALID ? EXIT_FINDING : EXIT_FAILED;
}

enum pin_status change_by_form(const struct change *change, const int *fds, struct form_beside *form) {
  struct diagnostics diagnostics = {0};
  struct pin_compiled current;
  AUTO_TEXT named = form_policy(change->policy);
  if (!policy_open_form(named, &current))
    return PIN_TOO_LARGE;
  struct pin_staged_file *files = staged_files(change, fds);
  struct pin_change request = {.current = &current, .files = files, .count = change->count};
  if (form != NULL && form_prepare(form->path) == 0)
    request.form = form->path;
  char *beside = NULL;
  int fd = -1;
  progress_begin("checking the change");
  enum pin_status status = pin_compiled_change(&request, diagnostics_add, &diagnostics, &beside, &fd);
  progress_end();
  pin_compiled_close(&current);
  free(files);
  if (status == PIN_INVALID)
    refuse(change, &diagnostics);
  diagnostics_clear(&diagnostics);
  if (form != NULL) {
    form->beside = beside;
    form->fd = fd;
  }
  return status;
}

int change_check_waiting(const struct change *change, const int *fds, struct loaded_policy *ret_loaded) {
  read_staged(change, fds, ret_loaded);
  if (ret_loaded->status == PIN_OK)
    return EXIT_DONE;
  refuse(change, &ret_loaded->diagnostics);
  return EXIT_FINDING;
}
