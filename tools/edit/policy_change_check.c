/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The policy as it will be: what lies there, with the staged texts in the place of their files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "cli/spinner.h"
#include "edit/policy_change.h"
#include "view/compiled_form.h"

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

bool change_check(const struct change *change, struct loaded_policy *ret_loaded) {
  read_staged(change, NULL, ret_loaded);
  return true;
}

int change_judge(const struct change *change, const int *fds, struct loaded_policy *ret_loaded) {
  read_staged(change, fds, ret_loaded);
  if (ret_loaded->status == PIN_OK)
    return EXIT_DONE;
  diagnostics_print(stderr, &ret_loaded->diagnostics);
  say_error("%s: the policy would have errors; nothing was changed", change->policy);
  return EXIT_FINDING;
}
