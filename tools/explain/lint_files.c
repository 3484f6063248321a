/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Files that only some of the processes can read: the others refuse every host. And whether processes have
 * what the text says. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "explain/lint.h"
#include "view/compiled_form.h"

/* A policy of root's is for all; a user's own is for that user. */
static void lint_file(const char *path, mode_t needed, struct diagnostics *diagnostics) {
  struct stat status;
  if (stat(path, &status) != 0 || status.st_uid != 0 || (status.st_mode & needed) == needed)
    return;
  AUTO_TEXT message = must_format("has mode %04o: processes of other users cannot read it; without a "
                                  "compiled form they refuse every host",
                                  (unsigned)(status.st_mode & 07777));
  struct pin_diagnostic warning = {.severity = PIN_WARNING, .file = path, .message = message};
  diagnostics_add(&warning, diagnostics);
}

void lint_files(const char *policy, struct diagnostics *diagnostics) {
  AUTO_TEXT directory = path_directory(policy);
  AUTO_TEXT absolute = realpath(directory, NULL);
  AUTO_TEXT dropins = must_format("%s/policy.d", absolute == NULL ? directory : absolute);
  lint_file(policy, S_IROTH, diagnostics);
  lint_file(dropins, S_IROTH | S_IXOTH, diagnostics);
  DIR *stream = opendir(dropins);
  if (stream == NULL)
    return;
  for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
    AUTO_TEXT path = must_format("%s/%s", dropins, entry->d_name);
    if (dropin_name_is_read(entry->d_name))
      lint_file(path, S_IROTH, diagnostics);
  }
  closedir(stream);
}

void lint_form(const char *policy, struct diagnostics *diagnostics) {
  AUTO_TEXT named = form_policy(policy);
  AUTO_TEXT path = form_path(named);
  uint64_t generation;
  if (path == NULL || !form_is_needed(named))
    return;
  enum form_state form = form_read(path, named, &generation);
  if (form == FORM_CURRENT)
    return;
  struct pin_diagnostic warning = {
      .severity = PIN_WARNING,
      .file = policy,
      .message = form == FORM_OTHER_VERSION
                     ? "is more text than processes read, and its compiled form is of another version: until "
                       "\"pinctl compile\" those that start read the text, which takes them long, and "
                       "those that run stay with the policy that they have"
                     : "is more text than processes read, and its compiled form is not current: until "
                       "\"pinctl compile\" they stay with an older one, or without one refuse every host"};
  diagnostics_add(&warning, diagnostics);
}
