/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What "enable" and "disable" share: options, files to name, and writing a change. */
#include "enable/switching.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/conf.h>
#include <openssl/crypto.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "config/installation.h"
#include "config/system_file.h"
#include "edit/change_log.h"
#include "edit/diff.h"
#include "enable/commit_confirm.h"
#include "enable/ld_preload.h"
#include "view/usable_policy.h"

#define LONGEST_CONFIRM SECONDS_PER_DAY
#define UNIT_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.@"

/* ---- Options ---- */

static bool read_unit(struct switching *switching, const char *unit) {
  if (unit[strspn(unit, UNIT_CHARACTERS)] != '\0' || *unit == '.')
    return wrong_usage(switching->arguments->verb, "--systemd \"%s\": expected the name of a service", unit);
  size_t length = strlen(unit);
  bool whole = length > 8 && strcmp(unit + length - 8, ".service") == 0;
  switching->unit = must_format("%s%s", unit, whole ? "" : ".service");
  switching->place = PLACE_UNIT;
  return true;
}

static char *default_configuration(void) {
  char *file = CONF_get1_default_config_file();
  char *copy = must_copy(file == NULL ? "" : file);
  OPENSSL_free(file);
  return copy;
}

static char *choose_path(const struct switching *switching) {
  const char *configuration = arguments_value(switching->arguments, OPTION_OPENSSL_CONF);
  if (switching->place == PLACE_PRELOAD)
    return must_copy(PRELOAD_FILE);
  return configuration == NULL ? default_configuration() : must_copy(configuration);
}

static bool check_combination(const struct switching *switching) {
  const struct arguments *arguments = switching->arguments;
  bool waits = arguments_has(arguments, OPTION_CONFIRM) || arguments_has(arguments, OPTION_CONFIRMED) ||
               arguments_has(arguments, OPTION_UNCONFIRMED);
  if (waits && (switching->unit != NULL || switching->in_image))
    return wrong_usage(arguments->verb, "neither --systemd nor --root can wait to be confirmed");
  if (arguments_has(arguments, OPTION_OWN) && (switching->in_image || waits))
    return wrong_usage(arguments->verb, "--own goes neither with --root nor with --unconfirmed");
  if (arguments_has(arguments, OPTION_ALL) &&
      (arguments_has(arguments, OPTION_PRELOAD) || arguments_has(arguments, OPTION_SYSTEMD)))
    return wrong_usage(arguments->verb, "--all includes every place already");
  if (switching->place == PLACE_ALL && switching->on && arguments_has(arguments, OPTION_ON_POLICY_ERROR))
    return wrong_usage(arguments->verb, "a preloaded shim has no settings in openssl.cnf");
  if (switching->place != PLACE_OPENSSL && switching->place != PLACE_UNIT && switching->on &&
      arguments_has(arguments, OPTION_POLICY))
    return wrong_usage(arguments->verb, "a preloaded shim knows only " PIN_DEFAULT_POLICY);
  if ((switching->place == PLACE_PRELOAD || arguments_has(arguments, OPTION_PRELOAD)) &&
      (arguments_has(arguments, OPTION_ON_POLICY_ERROR) || arguments_has(arguments, OPTION_OPENSSL_CONF)))
    return wrong_usage(arguments->verb, "a preloaded shim has no settings in openssl.cnf");
  return true;
}

bool switch_names_a_file(const struct arguments *arguments) {
  return arguments_has(arguments, OPTION_OPENSSL_CONF) || arguments_has(arguments, OPTION_PRELOAD) ||
         getenv("OPENSSL_CONF") != NULL;
}

/* "disable" without an option undoes both places. */
static enum place choose_place(const struct arguments *arguments, bool on) {
  if (arguments_has(arguments, OPTION_ALL) || (!on && !switch_names_a_file(arguments)))
    return PLACE_ALL;
  return arguments_has(arguments, OPTION_PRELOAD) ? PLACE_PRELOAD : PLACE_OPENSSL;
}

static bool read_seconds(const struct arguments *arguments, long *ret_seconds) {
  const char *text = arguments_value(arguments, OPTION_CONFIRM);
  char *end = NULL;
  errno = 0;
  *ret_seconds = text == NULL ? 0 : strtol(text, &end, 10);
  if (text == NULL || (errno == 0 && *end == '\0' && *ret_seconds >= 1 && *ret_seconds <= LONGEST_CONFIRM))
    return true;
  return wrong_usage(arguments->verb, "--confirm \"%s\": expected seconds, 1 to %d", text, LONGEST_CONFIRM);
}

int switch_begin(const struct arguments *arguments, bool on, struct switching *ret_switching) {
  *ret_switching = (struct switching){.arguments = arguments, .on = on};
  const char *root = arguments_value(arguments, OPTION_ROOT);
  const char *unit = arguments_value(arguments, OPTION_SYSTEMD);
  ret_switching->dry_run = arguments_has(arguments, OPTION_DRY_RUN);
  ret_switching->in_image = root != NULL;
  ret_switching->root = root == NULL || strcmp(root, "/") == 0 ? "" : root;
  ret_switching->place = choose_place(arguments, on);
  if (unit != NULL && !read_unit(ret_switching, unit))
    return EXIT_USAGE;
  if (!check_combination(ret_switching) || !read_seconds(arguments, &ret_switching->confirm_seconds))
    return EXIT_USAGE;
  if (root != NULL && !enter_root(root))
    return EXIT_FAILED;
  ret_switching->path = choose_path(ret_switching);
  if (*ret_switching->path != '\0')
    return EXIT_DONE;
  return say_failure(
      "OPENSSL_CONF is empty, so OpenSSL reads no configuration here; unset it, or name the file with "
      "--openssl-conf");
}

int switch_end(struct switching *switching, int status) {
  if (status == EXIT_FAILED && switching->in_image)
    say_note("paths are those below %s", switching->root);
  free(switching->path);
  free(switching->unit);
  *switching = (struct switching){0};
  return status;
}

/* ---- The files to name ---- */

static bool is_same_file(const char *a, const char *b) {
  AUTO_TEXT real_a = realpath(a, NULL);
  AUTO_TEXT real_b = realpath(b, NULL);
  return real_a != NULL && real_b != NULL && strcmp(real_a, real_b) == 0;
}

bool switch_find_module(const struct switching *switching, char **ret_module) {
  AUTO_TEXT usual = must_format("%s/pinning.so", OPENSSL_info(OPENSSL_INFO_MODULES_DIR));
  struct installation own = {0};
  *ret_module = NULL;
  if (!switching->in_image && !installation_locate(&own))
    return false;
  bool beside = own.module != NULL && access(own.module, R_OK) == 0;
  bool found = beside || access(usual, R_OK) == 0;
  *ret_module = module_path_for_all(beside && !is_same_file(own.module, usual) ? own.module : usual);
  installation_clear(&own);
  if (!found)
    say_error("%s%s: %s; nothing can be enforced without it: install pinning-provider%s", switching->root,
              usual, strerror(errno), switching->in_image ? " there" : "");
  return found;
}

bool switch_find_shim(const struct switching *switching, char **ret_shim) {
  struct installation own = {0};
  *ret_shim = NULL;
  if (switching->in_image) {
    const char *modules = OPENSSL_info(OPENSSL_INFO_MODULES_DIR);
    AUTO_TEXT libraries = path_directory(modules);
    *ret_shim = must_format("%s/libpinning-preload.so", libraries);
    if (access(*ret_shim, R_OK) == 0)
      return true;
    return say_error("%s%s: %s; install pinning-preload there", switching->root, *ret_shim, strerror(errno));
  }
  bool found = installation_find(&own);
  if (found && strpbrk(own.shim, " \t\n:#\"\\%$") != NULL) {
    say_error("%s: a path with such characters cannot be preloaded", own.shim);
    found = false;
  }
  *ret_shim = own.shim == NULL ? NULL : module_path_for_all(own.shim);
  installation_clear(&own);
  return found;
}

enum owner switch_find_owner(const struct switching *switching, const char *path, const char *text) {
  struct installation own = {0};
  if (!arguments_has(switching->arguments, OPTION_OWN) || text == NULL)
    return OWNER_THIS;
  if (!installation_locate(&own)) {
    say_error("%s: cannot tell whether this belongs to another installation, so it stays as it is; "
              "\"pinctl disable\" without --own undoes it in any case",
              path);
    return OWNER_UNKNOWN;
  }
  bool is_of_another = installation_is_of_another(&own, text);
  installation_clear(&own);
  if (is_of_another)
    say_note("%s: belongs to another installation; it stays as it is", path);
  return is_of_another ? OWNER_ANOTHER : OWNER_THIS;
}

bool switch_find_policy(const struct switching *switching, char **ret_path) {
  const char *given = arguments_value(switching->arguments, OPTION_POLICY);
  *ret_path = given == NULL ? NULL : realpath(given, NULL);
  if (given == NULL || *ret_path != NULL)
    return true;
  say_error("%s: %s", given, strerror(errno));
  policy_say_remedy(given, PIN_UNREADABLE);
  return false;
}

int switch_check_policy(const struct openssl_settings *settings) {
  const char *path = settings->policy == NULL ? PIN_DEFAULT_POLICY : settings->policy;
  bool may_be_missing = settings->on_policy_error != NULL && strcmp(settings->on_policy_error, "allow") == 0;
  struct loaded_policy loaded;
  bool sound = policy_load_sound(path, &loaded);
  policy_clear(&loaded);
  if (sound)
    return EXIT_DONE;
  if (may_be_missing) {
    say_warning("nothing is enforced until %s is free of errors (on_policy_error is \"allow\")", path);
    return EXIT_DONE;
  }
  say_error("every host would be refused without a policy, so nothing was changed");
  return EXIT_FINDING;
}

/* ---- Writing the change ---- */

void switch_record(const struct switching *switching, const char *path) {
  AUTO_TEXT what = must_format("%s: %s", switching->arguments->verb->name, path);
  if (!switching->in_image && !switching->dry_run)
    change_record(arguments_policy(switching->arguments), what, NULL, 0);
}

int switch_file_on(const struct switching *switching, const char *named, switch_target_fn *on) {
  struct target target;
  int status = EXIT_FAILED;
  if (target_open(switching->path, switching->dry_run ? TARGET_READ : TARGET_CHANGE, &target)) {
    if (confirm_is_pending(&target))
      say_error("%s: an earlier change waits to be confirmed (\"pinctl enable%s --confirmed\", or "
                "\"pinctl disable%s --unconfirmed\")",
                target.path, named, named);
    else
      status = on(switching, &target);
  }
  target_close(&target);
  return status;
}

int switch_put(const struct switching *switching, const struct target *target, const char *new_text) {
  bool preload = switching->place == PLACE_PRELOAD;
  long seconds = switching->confirm_seconds;
  diff_print(target->path, target->text, new_text, DIFF_AROUND);
  if (switching->dry_run)
    return EXIT_DONE;
  if (say_if_ended(target->path))
    return EXIT_FAILED;
  if (seconds > 0 && !confirm_arm(target, seconds, preload))
    return EXIT_FAILED;
  if (!target_put(target, new_text)) {
    if (seconds > 0)
      confirm_forget(target);
    return EXIT_FAILED;
  }
  switch_record(switching, target->path);
  /* With several files this is said after the last. */
  if (!switching->by_all && switching->unit == NULL)
    say_if_late(target->path, NULL);
  if (seconds > 0 && switching->by_all)
    say_note("the change is undone in %ld seconds unless you run \"pinctl enable --confirmed --all\"",
             seconds);
  else if (seconds > 0)
    say_note("the change is undone in %ld seconds unless you run \"pinctl enable --confirmed%s%s\"", seconds,
             preload ? " --preload" : " --openssl-conf ", preload ? "" : target->path);
  return EXIT_DONE;
}

int switch_refuse_damaged(const struct target *target) {
  return say_failure("%s: the lines of pinctl were changed by hand; remove the rest of them, from "
                     "\"# >>> pinning\" to \"# <<< pinning\", and try again",
                     target->path);
}
