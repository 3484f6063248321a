/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/present_text.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "cli/output.h"

bool present_text_read(const char *path, char **ret_text) {
  size_t length = 0;
  int error = file_read(path, ret_text, &length);
  if (error == 0 || error == ENOENT)
    return true;
  return say_error("%s: %s%s", path, strerror(error), root_remedy(error));
}

bool present_text_is(const char *text, const char *other) {
  return text == NULL || other == NULL ? text == other : strcmp(text, other) == 0;
}
