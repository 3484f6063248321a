/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "edit/change_log.h"
#include "edit/policy_lock.h"
#include "verbs/verbs.h"
#include "view/compiled_form.h"
#include "view/usable_policy.h"

static const struct option options[] = {
    SHARED_POLICY,
    FLAG(DRY_RUN, "dry-run", "write nothing; say what would be written"),
    SHARED_JSON,
};

/* One run of the verb. */
struct compiling {
  const char *policy;
  const char *path; /* of the compiled form */
  bool dry_run;
  struct loaded_policy loaded;
  bool written;
};

static void print_text(const struct compiling *compiling) {
  const struct loaded_policy *loaded = &compiling->loaded;
  if (loaded->status != PIN_OK)
    return;
  put(stdout, compiling->written ? GREEN : PLAIN, "%s: %s%u host%s, %zu bytes, generation %016llx\n",
      compiling->path, compiling->dry_run ? "would hold " : "", (unsigned)loaded->policy.entry_count,
      loaded->policy.entry_count == 1 ? "" : "s", loaded->size,
      (unsigned long long)loaded->policy.generation);
}

static void print_json(const struct compiling *compiling) {
  const struct loaded_policy *loaded = &compiling->loaded;
  json_object *json = json_object_new_object();
  json_object_object_add(json, "policy", json_text(compiling->policy));
  json_object_object_add(json, "compiled", json_text(compiling->path));
  json_object_object_add(json, "written", json_object_new_boolean(compiling->written));
  json_object_object_add(json, "diagnostics", diagnostics_json(&loaded->diagnostics));
  if (loaded->status == PIN_OK) {
    AUTO_TEXT generation = must_format("%016llx", (unsigned long long)loaded->policy.generation);
    json_object_object_add(json, "hosts", json_object_new_int64(loaded->policy.entry_count));
    json_object_object_add(json, "bytes", json_object_new_int64((int64_t)loaded->size));
    json_object_object_add(json, "generation", json_text(generation));
  }
  json_print(json);
}

/* A source with a time stamp in the future makes what was just written older than what it was made from. */
static int confirm(const struct compiling *compiling) {
  struct pin_compiled compiled;
  if (pin_compiled_open(compiling->path, &compiled) != PIN_OK)
    return say_failure("%s: was written, but cannot be read back", compiling->path);
  bool current = pin_compiled_is_current(&compiled);
  pin_compiled_close(&compiled);
  if (current)
    return EXIT_DONE;
  say_warning("%s: is not current, processes read the text: a file of the policy changed meanwhile, or its "
              "time stamp "
              "lies in the future",
              compiling->path);
  return EXIT_FINDING;
}

/* 0: there is none. */
static uint64_t compiled_generation(const char *path) {
  struct pin_compiled compiled;
  if (pin_compiled_open(path, &compiled) != PIN_OK)
    return 0;
  uint64_t generation = compiled.policy.generation;
  pin_compiled_close(&compiled);
  return generation;
}

static int write_form(struct compiling *compiling) {
  uint64_t before = compiled_generation(compiling->path);
  if (say_if_ended(compiling->path))
    return EXIT_FAILED;
  int error = form_write(compiling->path, &compiling->loaded);
  if (error != 0)
    return say_failure("%s: %s%s", compiling->path, strerror(error), root_remedy(error));
  compiling->written = true;
  if (compiling->loaded.policy.generation != before) {
    AUTO_TEXT what =
        must_format("compiled generation %016llx; it was %016llx",
                    (unsigned long long)compiling->loaded.policy.generation, (unsigned long long)before);
    change_record(compiling->policy, what, NULL, 0);
  }
  say_if_late(compiling->path, NULL);
  return confirm(compiling);
}

/* A main file that cannot be opened could not be compiled; one that is not to be trusted is a finding. */
static int refuse(const struct compiling *compiling) {
  if (compiling->loaded.status == PIN_NO_MEMORY)
    say_error("%s: out of memory", compiling->policy);
  else
    say_error("%s: the policy has errors; %s was left as it is", compiling->policy, compiling->path);
  policy_say_remedy(compiling->policy, compiling->loaded.status);
  bool unreachable = compiling->loaded.status == PIN_UNREADABLE && access(compiling->policy, R_OK) != 0;
  return compiling->loaded.status == PIN_NO_MEMORY || unreachable ? EXIT_FAILED : EXIT_FINDING;
}

static int compile(const struct arguments *arguments, struct compiling *compiling) {
  bool json = arguments_has(arguments, OPTION_JSON);
  policy_load_text(compiling->policy, &compiling->loaded);
  if (!json)
    diagnostics_print(stderr, &compiling->loaded.diagnostics);
  int status = compiling->loaded.status != PIN_OK ? refuse(compiling)
               : compiling->dry_run               ? EXIT_DONE
                                                  : write_form(compiling);
  if (json)
    print_json(compiling);
  else if (status != EXIT_FAILED && !output_hides_notes())
    print_text(compiling);
  policy_clear(&compiling->loaded);
  return status;
}

/* Of a file system that nobody can write to: no other pinctl changes the text meanwhile. */
static bool is_read_only(const char *directory) {
  return access(directory, W_OK) != 0 && errno == EROFS;
}

static int compile_locked(const struct arguments *arguments, struct compiling *compiling) {
  if (access(compiling->policy, F_OK) != 0) {
    say_error("%s: %s", compiling->policy, strerror(errno));
    policy_say_remedy(compiling->policy, PIN_UNREADABLE);
    return EXIT_FAILED;
  }
  AUTO_TEXT directory = path_directory(compiling->policy);
  bool locked = !compiling->dry_run && !is_read_only(directory);
  int lock = locked ? lock_take(directory, compiling->policy) : -1;
  if (lock < 0 && locked)
    return EXIT_FAILED;
  int status = compile(arguments, compiling);
  if (lock >= 0)
    lock_release(lock);
  return status;
}

static int run(const struct arguments *arguments) {
  AUTO_TEXT policy = form_policy(arguments_policy(arguments));
  AUTO_TEXT path = form_path(policy);
  struct compiling compiling = {
      .policy = policy, .path = path, .dry_run = arguments_has(arguments, OPTION_DRY_RUN)};
  if (path == NULL)
    return EXIT_FAILED;
  /* The form, its record, and what is said of it, as JSON too; and the lock is let go of. */
  if (!compiling.dry_run)
    end_defer();
  int status = compile_locked(arguments, &compiling);
  end_deliver();
  return status;
}

const struct verb verb_compile = {
    .name = "compile",
    .operands = "",
    .summary = "Compile the policy into the file that processes read",
    .details = "Needed after an edit by hand; \"add\" and \"remove\" compile the policy themselves.\n"
               "Until then processes read the text, at most 256 KiB in 512 files; with a larger\n"
               "policy they keep using the compiled form. That is the file\n" PIN_DEFAULT_COMPILED
               " for the policy of the system, and policy.db\n"
               "beside the main file for any other. If the policy has errors, the old file\n"
               "stays: exit status 1.",
    .example = "pinctl compile",
    OPTIONS_IN(options),
    .reports = REPORTS_QUIETLY,
    .run = run,
};
