/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "view/policy_remedy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/command_line.h"
#include "cli/output.h"
#include "view/enforced_policy.h"

#define OF_LINK "bring back what the symbolic link leads to, or remove it: then "

/* A name that somebody typed may be the mistake. */
static char *of_missing(const char *path, const char *where) {
  AUTO_TEXT form = NULL;
  bool is_link = link_is_dangling(path);
  if (last_good_hosts(path, &form) > 0)
    return must_format("%s\"pinctl restore --enforced%s\" writes its text anew", is_link ? OF_LINK : "",
                       where);
  if (is_link)
    return must_format(OF_LINK "\"pinctl add HOST FILE%s\" makes a policy", where);
  if (*where == '\0')
    return must_copy("\"pinctl add HOST FILE\" makes one");
  return must_format("if the name is right, \"pinctl add HOST FILE%s\" makes it", where);
}

bool policy_is_missing(const char *path, enum pin_status status) {
  return status == PIN_UNREADABLE && access(path, F_OK) != 0 && errno == ENOENT;
}

char *policy_option(const char *path) {
  AUTO_TEXT word = shell_word(path);
  return strcmp(path, PIN_DEFAULT_POLICY) == 0 ? must_copy("") : must_format(" --policy %s", word);
}

char *policy_remedy(const char *path, enum pin_status status) {
  AUTO_TEXT where = policy_option(path);
  if (status == PIN_INVALID)
    return must_format("\"pinctl edit%s\" opens the file with the first mistake", where);
  if (policy_is_missing(path, status))
    return of_missing(path, where);
  bool is_forbidden = status == PIN_UNREADABLE && access(path, R_OK) != 0 && errno == EACCES;
  return is_forbidden && geteuid() != 0 ? must_copy("try it as root, or have its owner let you read it")
                                        : NULL;
}

void policy_say_remedy(const char *path, enum pin_status status) {
  AUTO_TEXT remedy = policy_remedy(path, status);
  if (remedy != NULL)
    say_note("%s", remedy);
}
