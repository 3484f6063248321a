/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "view/loaded_policy.h"

#include <stdlib.h>

#include "base/memory.h"
#include "cli/output.h"
#include "cli/spinner.h"

void policy_load(const char *path, struct loaded_policy *ret_loaded) {
  *ret_loaded = (struct loaded_policy){0};
  progress_begin("reading the policy");
  ret_loaded->status = pin_text_compile(path, diagnostics_add, &ret_loaded->diagnostics, &ret_loaded->image,
                                        &ret_loaded->size);
  progress_end();
  if (ret_loaded->status == PIN_OK)
    ret_loaded->status = pin_policy_open(ret_loaded->image, ret_loaded->size, &ret_loaded->policy);
}

void policy_clear(struct loaded_policy *loaded) {
  free(loaded->image);
  diagnostics_clear(&loaded->diagnostics);
  *loaded = (struct loaded_policy){0};
}

bool policy_load_sound(const char *path, struct loaded_policy *ret_loaded) {
  policy_load(path, ret_loaded);
  if (ret_loaded->status == PIN_OK)
    return true;
  diagnostics_print(stderr, &ret_loaded->diagnostics);
  if (ret_loaded->status == PIN_NO_MEMORY)
    say_error("%s: out of memory", path);
  else if (ret_loaded->status == PIN_UNREADABLE)
    say_error("%s: the policy cannot be read", path);
  else
    say_error("%s: the policy has errors", path);
  return false;
}
