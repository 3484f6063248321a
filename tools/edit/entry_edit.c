/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/entry_edit.h"

#include <string.h>

#include "cli/output.h"

int edit_begin(const char *policy, bool dry_run, const char *host, struct edit *ret_edit) {
  *ret_edit = (struct edit){.change = change_new(policy, dry_run)};
  if (ret_edit->change == NULL)
    return EXIT_FAILED;
  return standings_read(ret_edit->change, host, &ret_edit->standings);
}

size_t edit_stage(struct edit *edit) {
  size_t staged = 0;
  for (size_t i = 0; i < edit->standings.count; i++) {
    const struct standing *standing = &edit->standings.items[i];
    char *text = standing->dropin == NULL ? NULL : dropin_render(standing->dropin);
    if (text == NULL || strcmp(text, standing->text) == 0) {
      free(text);
      continue;
    }
    change_stage(edit->change, must_copy(standing->path), must_copy(standing->text), text);
    staged++;
  }
  return staged;
}

void edit_end(struct edit *edit) {
  standings_clear(&edit->standings);
  change_free(edit->change);
  *edit = (struct edit){0};
}
