/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "view/usable_policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/invocation.h"
#include "cli/output.h"
#include "view/enforced_policy.h"

static const char *what_is_wrong(enum pin_status status) {
  if (status == PIN_NO_MEMORY)
    return "out of memory";
  return status == PIN_UNREADABLE ? "the policy cannot be read" : "the policy has errors";
}

static bool is_sound(const char *path, const struct loaded_policy *loaded) {
  if (loaded->status == PIN_OK)
    return true;
  diagnostics_print(stderr, &loaded->diagnostics);
  say_error("%s: %s", path, what_is_wrong(loaded->status));
  policy_say_remedy(path, loaded->status);
  return false;
}

bool policy_load_sound(const char *path, struct loaded_policy *ret_loaded) {
  policy_load(path, ret_loaded);
  return is_sound(path, ret_loaded);
}

bool policy_ask_sound(const char *path, struct loaded_policy *ret_loaded) {
  policy_ask(path, ret_loaded);
  return is_sound(path, ret_loaded);
}

/* So many diagnostics of a broken text are enough to see where to look. */
#define MOST_SHOWN 3

static void show_mistakes(const char *policy, const struct diagnostics *diagnostics) {
  struct diagnostics first = *diagnostics;
  if (first.count > MOST_SHOWN)
    first.count = MOST_SHOWN;
  diagnostics_print(stderr, &first);
  AUTO_TEXT word = shell_word(policy);
  if (diagnostics->count > MOST_SHOWN)
    say_note("%zu more; \"pinctl check %s\" shows all of them", diagnostics->count - MOST_SHOWN, word);
}

/* usable: the result of opening the policy, which is returned. */
static bool report_problems(const char *policy, bool usable, const struct enforced_policy *enforced) {
  enum pin_status status = enforced->loaded.status;
  if (status == PIN_OK)
    return true;
  show_mistakes(policy, &enforced->loaded.diagnostics);
  if (usable)
    say_warning("%s: %s; this is the last good policy, which is enforced (%s)", policy, what_is_wrong(status),
                enforced->form);
  else
    say_error("%s: %s", policy, what_is_wrong(status));
  policy_say_remedy(policy, status);
  return usable;
}

bool enforced_policy_show(const char *policy, struct enforced_policy *ret_enforced) {
  return report_problems(policy, enforced_policy_open(policy, ret_enforced), ret_enforced);
}

bool enforced_policy_show_one(const char *policy, struct enforced_policy *ret_enforced) {
  return report_problems(policy, enforced_policy_ask(policy, ret_enforced), ret_enforced);
}

#define MEND_LINK "bring back the target of the symbolic link, or remove the link; then "

/* The remedy for a policy without a main file; perhaps its name was mistyped. */
static char *remedy_of_missing(const char *path, const char *where) {
  AUTO_TEXT form = NULL;
  bool is_link = link_is_dangling(path);
  if (last_good_hosts(path, &form) > 0)
    return must_format("%s\"pinctl restore --enforced%s\" writes its text anew", is_link ? MEND_LINK : "",
                       where);
  if (is_link)
    return must_format(MEND_LINK "\"pinctl add HOST FILE%s\" makes a policy", where);
  if (*where == '\0')
    return must_copy("\"pinctl add HOST FILE\" makes one");
  return must_format("if the name is right, \"pinctl add HOST FILE%s\" makes it", where);
}

bool policy_is_missing(const char *path, enum pin_status status) {
  return status == PIN_UNREADABLE && access(path, F_OK) != 0 && errno == ENOENT;
}

char *policy_remedy(const char *path, enum pin_status status) {
  AUTO_TEXT where = policy_option(path);
  if (status == PIN_INVALID)
    return must_format("\"pinctl edit%s\" opens the file with the first mistake", where);
  if (policy_is_missing(path, status))
    return remedy_of_missing(path, where);
  bool is_forbidden = status == PIN_UNREADABLE && access(path, R_OK) != 0 && errno == EACCES;
  return is_forbidden && geteuid() != 0 ? must_copy("try it as root, or have its owner let you read it")
                                        : NULL;
}

void policy_say_remedy(const char *path, enum pin_status status) {
  AUTO_TEXT remedy = policy_remedy(path, status);
  if (remedy != NULL)
    say_note("%s", remedy);
}
