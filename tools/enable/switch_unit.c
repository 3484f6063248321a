/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Enables enforcement in one service of systemd, by a drop-in. It names the shim, or a configuration for this
 * service that includes the system's.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "cli/output.h"
#include "edit/diff.h"
#include "edit/present_text.h"
#include "enable/mail_service.h"
#include "enable/switching.h"

#define UNITS "/etc/systemd/system"
#define OWN_FOLDER "/etc/pinning"

struct unit_files {
  char *folder; /* of the drop-in */
  char *dropin;
  char *configuration; /* of this service */
};

static struct unit_files name_files(const char *unit) {
  struct unit_files files = {.folder = must_format(UNITS "/%s.d", unit)};
  files.dropin = must_format("%s/pinning.conf", files.folder);
  files.configuration = must_format(OWN_FOLDER "/openssl-%s.cnf", unit);
  return files;
}

static void unit_files_clear(struct unit_files *files) {
  free(files->folder);
  free(files->dropin);
  free(files->configuration);
}

static bool is_plain_path(const char *path) {
  return path[strcspn(path, " \t\r\n\"'\\%$#;")] == '\0';
}

/* Writes a file that only pinctl writes; text NULL: removes it. An exit status. */
static int put_own(const struct switching *switching, const char *path, const char *text) {
  struct target target;
  struct block block = {0};
  int status = EXIT_FAILED;
  if (target_open(path, switching->dry_run ? TARGET_READ : TARGET_CHANGE, &target)) {
    block_find(target.text, &block);
    if (target.text != NULL && (block.state != BLOCK_PRESENT || block.rest != NULL))
      say_error("%s: written or edited by hand, so it was not changed", path);
    else if (target.text == text || (target.text != NULL && text != NULL && strcmp(target.text, text) == 0))
      status = EXIT_DONE;
    else
      status = switch_put(switching, &target, text);
  }
  /* A service gets both of its files or none. */
  if (status == EXIT_DONE && !switching->dry_run)
    end_too_late();
  block_clear(&block);
  target_close(&target);
  return status;
}

/* Creates missing parents too: a small image may lack them. */
static bool make_folder(const char *path) {
  if (access(path, F_OK) == 0)
    return true;
  AUTO_TEXT parent = must_copy_bytes(path, (size_t)(strrchr(path, '/') - path));
  if (*parent != '\0' && !make_folder(parent))
    return false;
  int error = directory_make(path);
  if (error != 0)
    say_error("%s: %s", path, strerror(error));
  return error == 0;
}

/* On a dry run the folder may not exist yet. */
static int put_in_folder(const struct switching *switching, const char *folder, const char *path,
                         const char *text) {
  if (switching->dry_run && access(folder, F_OK) != 0) {
    diff_print(path, NULL, text, DIFF_AROUND);
    return EXIT_DONE;
  }
  return make_folder(folder) ? put_own(switching, path, text) : EXIT_FAILED;
}

static int put_dropin(const struct switching *switching, const struct unit_files *files,
                      const char *environment) {
  AUTO_TEXT body = must_format("[Service]\n%s", environment);
  AUTO_TEXT text = block_add(NULL, body);
  int status = text == NULL ? EXIT_FAILED : put_in_folder(switching, files->folder, files->dropin, text);
  if (status == EXIT_DONE && !switching->dry_run)
    say_note("to take effect: systemctl daemon-reload && systemctl restart %s", switching->unit);
  return status;
}

/* ---- With the shim ---- */

static int preload_on(const struct switching *switching, const struct unit_files *files) {
  AUTO_TEXT shim = NULL;
  AUTO_TEXT policy = NULL;
  if (!switch_find_policy(switching, &policy))
    return EXIT_FAILED;
  struct openssl_settings settings = {.policy = policy};
  if (policy != NULL && !is_plain_path(policy))
    return say_failure("%s: a unit cannot hold such a path", policy);
  if (!switch_find_shim(switching, &shim))
    return EXIT_FAILED;
  int status = switch_check_policy(&settings);
  if (status != EXIT_DONE)
    return status;
  status = switch_try_here(switching, "", shim);
  if (status != EXIT_DONE)
    return status;
  AUTO_TEXT environment =
      must_format("Environment=LD_PRELOAD=%s\n%s%s%s", shim,
                  policy == NULL ? "" : "Environment=PINNING_POLICY=", policy == NULL ? "" : policy,
                  policy == NULL ? "" : "\n");
  AUTO_TEXT variables = must_format("LD_PRELOAD=%s%s%s", shim,
                                    policy == NULL ? "" : " PINNING_POLICY=", policy == NULL ? "" : policy);
  mail_service_check_unit(switching->unit, variables);
  return put_dropin(switching, files, environment);
}

/* ---- With a configuration of its own ---- */

/* The text of the file, checked to mean the system's configuration and the lines. NULL, having said why. */
static char *compose(const struct unit_files *files, const struct target *system, const char *lines) {
  AUTO_TEXT include = system->text == NULL ? must_copy("") : must_format(".include = %s\n", system->path);
  AUTO_TEXT body = must_format("%s%s", include, lines);
  char *text = block_add(NULL, body);
  const char *before = system->text == NULL ? "" : system->text;
  AUTO_TEXT why = text == NULL ? must_copy("it cannot be written") : openssl_difference(before, lines, text);
  if (why == NULL)
    return text;
  say_error("%s: %s; nothing was changed", files->configuration, why);
  free(text);
  return NULL;
}

static int put_configuration(const struct switching *switching, const struct unit_files *files,
                             const struct target *system, const struct openssl_plan *plan) {
  AUTO_TEXT lines = openssl_plan_lines(plan);
  AUTO_TEXT with = compose(files, system, lines);
  AUTO_TEXT without = with == NULL ? NULL : compose(files, system, plan->body);
  if (without == NULL)
    return EXIT_FAILED;
  const char *before = system->text == NULL ? "" : system->text;
  const char *text = switch_try_plan(switching, plan, before, with, without);
  return text == NULL ? EXIT_FAILED : put_in_folder(switching, OWN_FOLDER, files->configuration, text);
}

static int configuration_on(const struct switching *switching, const struct unit_files *files,
                            const struct target *system, const struct openssl_settings *settings) {
  struct openssl_plan plan;
  openssl_plan_make(system->text == NULL ? "" : system->text, settings, &plan);
  int status = EXIT_FAILED;
  if (plan.why != NULL) {
    say_error("%s: %s; nothing was changed", system->path, plan.why);
  } else if (plan.by_hand) {
    say_note("%s activates pinning for every program already, %s among them", system->path, switching->unit);
    openssl_plan_clear(&plan);
    return switch_check_by_hand(switching, system->path, system->text);
  } else {
    status = switch_check_policy(settings);
  }
  if (status == EXIT_DONE)
    status = put_configuration(switching, files, system, &plan);
  openssl_plan_clear(&plan);
  if (status != EXIT_DONE)
    return status;
  AUTO_TEXT variables = must_format("OPENSSL_CONF=%s", files->configuration);
  AUTO_TEXT environment = must_format("Environment=%s\n", variables);
  mail_service_check_unit(switching->unit, variables);
  return put_dropin(switching, files, environment);
}

static int openssl_on(const struct switching *switching, const struct unit_files *files) {
  struct target system;
  AUTO_TEXT module = NULL;
  AUTO_TEXT policy = NULL;
  if (!switch_find_policy(switching, &policy))
    return EXIT_FAILED;
  struct openssl_settings settings = {
      .policy = policy, .on_policy_error = arguments_value(switching->arguments, OPTION_ON_POLICY_ERROR)};
  int status = EXIT_FAILED;
  bool found = target_open(switching->path, TARGET_READ, &system) && switch_find_module(switching, &module);
  settings.module = module;
  settings.default_is_unknown = switching->in_image;
  if (found) {
    const char *before = system.text == NULL ? "" : system.text;
    settings.default_is_active = switch_has_default(switching, before, false);
    settings.nodejs_has_default = switch_has_default(switching, before, true);
  }
  if (found && !is_plain_path(system.path))
    say_error("%s: such a path cannot be included", system.path);
  else if (found)
    status = configuration_on(switching, files, &system, &settings);
  target_close(&system);
  return status;
}

int switch_unit_on(const struct switching *switching) {
  struct unit_files files = name_files(switching->unit);
  end_defer();
  int status = arguments_has(switching->arguments, OPTION_PRELOAD) ? preload_on(switching, &files)
                                                                   : openssl_on(switching, &files);
  if (status == EXIT_DONE && !switching->dry_run)
    say_if_late(switching->unit, NULL);
  unit_files_clear(&files);
  end_deliver();
  return status;
}

/* Which installation the files of a service belong to: one names the shim, the other the module. */
static enum owner find_owner(const struct switching *switching, const struct unit_files *files) {
  AUTO_TEXT dropin = NULL;
  AUTO_TEXT configuration = NULL;
  if (!present_text_read(files->dropin, &dropin) || !present_text_read(files->configuration, &configuration))
    return OWNER_UNKNOWN;
  AUTO_TEXT both =
      must_format("%s\n%s", dropin == NULL ? "" : dropin, configuration == NULL ? "" : configuration);
  return switch_find_owner(switching, files->dropin, both);
}

/* The drop-in goes first: a service must never name a configuration that is gone. */
static int unit_off(const struct switching *switching, const struct unit_files *files) {
  int status = access(files->dropin, F_OK) == 0 ? put_own(switching, files->dropin, NULL) : EXIT_DONE;
  if (status == EXIT_DONE && access(files->configuration, F_OK) == 0)
    status = put_own(switching, files->configuration, NULL);
  if (status != EXIT_DONE || switching->dry_run)
    return status;
  rmdir(files->folder);
  say_note("to take effect: systemctl daemon-reload && systemctl restart %s", switching->unit);
  say_if_late(switching->unit, NULL);
  return status;
}

int switch_unit_off(const struct switching *switching) {
  struct unit_files files = name_files(switching->unit);
  bool has_dropin = access(files.dropin, F_OK) == 0;
  bool has_any = has_dropin || access(files.configuration, F_OK) == 0;
  enum owner owner = has_any ? find_owner(switching, &files) : OWNER_ANOTHER;
  int status = owner == OWNER_UNKNOWN ? EXIT_FAILED : EXIT_DONE;
  if (!has_dropin)
    say_note("%s: pinning is not enabled here", files.dropin);
  end_defer();
  if (owner == OWNER_THIS)
    status = unit_off(switching, &files);
  end_deliver();
  unit_files_clear(&files);
  return status;
}
