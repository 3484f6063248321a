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
struct compilation {
  const char *policy;
  const char *path; /* of the compiled form */
  bool dry_run;
  struct loaded_policy loaded;
  bool written;
};

static void print_text(const struct compilation *compilation) {
  const struct loaded_policy *loaded = &compilation->loaded;
  if (loaded->status != PIN_OK)
    return;
  put(stdout, compilation->written ? GREEN : PLAIN, "%s: %s%u host%s, %zu bytes, generation %016llx\n",
      compilation->path, compilation->dry_run ? "would hold " : "", (unsigned)loaded->policy.entry_count,
      loaded->policy.entry_count == 1 ? "" : "s", loaded->size,
      (unsigned long long)loaded->policy.generation);
}

static void print_json(const struct compilation *compilation) {
  const struct loaded_policy *loaded = &compilation->loaded;
  json_object *json = json_object_new_object();
  json_object_object_add(json, "policy", json_text(compilation->policy));
  json_object_object_add(json, "compiled", json_text(compilation->path));
  json_object_object_add(json, "written", json_object_new_boolean(compilation->written));
  json_object_object_add(json, "diagnostics", diagnostics_json(&loaded->diagnostics));
  if (loaded->status == PIN_OK) {
    AUTO_TEXT generation = must_format("%016llx", (unsigned long long)loaded->policy.generation);
    json_object_object_add(json, "hosts", json_object_new_int64(loaded->policy.entry_count));
    json_object_object_add(json, "bytes", json_object_new_int64((int64_t)loaded->size));
    json_object_object_add(json, "generation", json_text(generation));
  }
  json_print(json);
}

/* Reads the form back. It is not current where a source has a time stamp in the future. */
static int confirm(const struct compilation *compilation) {
  struct pin_compiled compiled;
  if (pin_compiled_open(compilation->path, &compiled) != PIN_OK)
    return say_failure("%s: was written, but cannot be read back", compilation->path);
  bool current = pin_compiled_is_current(&compiled);
  pin_compiled_close(&compiled);
  if (current)
    return EXIT_DONE;
  say_warning(
      "%s: is not current, so processes read the text: a file of the policy changed meanwhile, or its "
      "time stamp is in the future",
      compilation->path);
  return EXIT_FINDING;
}

/* The generation of the compiled form; 0: there is none. */
static uint64_t compiled_generation(const char *path) {
  struct pin_compiled compiled;
  if (pin_compiled_open(path, &compiled) != PIN_OK)
    return 0;
  uint64_t generation = compiled.policy.generation;
  pin_compiled_close(&compiled);
  return generation;
}

static int write_form(struct compilation *compilation) {
  uint64_t before = compiled_generation(compilation->path);
  if (say_if_ended(compilation->path))
    return EXIT_FAILED;
  int error = form_write(compilation->path, &compilation->loaded);
  if (error != 0)
    return say_failure("%s: %s%s", compilation->path, strerror(error), root_remedy(error));
  compilation->written = true;
  if (compilation->loaded.policy.generation != before) {
    AUTO_TEXT what =
        must_format("compiled generation %016llx; it was %016llx",
                    (unsigned long long)compilation->loaded.policy.generation, (unsigned long long)before);
    change_record(compilation->policy, what, NULL, 0);
  }
  say_if_late(compilation->path, NULL);
  return confirm(compilation);
}

/* EXIT_FAILED: the main file could not be read. One with a wrong owner or mode is a finding. */
static int refuse(const struct compilation *compilation) {
  if (compilation->loaded.status == PIN_NO_MEMORY)
    say_error("%s: out of memory", compilation->policy);
  else
    say_error("%s: the policy has errors; %s was left as it is", compilation->policy, compilation->path);
  policy_say_remedy(compilation->policy, compilation->loaded.status);
  bool unreachable = compilation->loaded.status == PIN_UNREADABLE && access(compilation->policy, R_OK) != 0;
  return compilation->loaded.status == PIN_NO_MEMORY || unreachable ? EXIT_FAILED : EXIT_FINDING;
}

static int compile(const struct arguments *arguments, struct compilation *compilation) {
  bool json = arguments_has(arguments, OPTION_JSON);
  policy_load_text(compilation->policy, &compilation->loaded);
  if (!json)
    diagnostics_print(stderr, &compilation->loaded.diagnostics);
  int status = compilation->loaded.status != PIN_OK ? refuse(compilation)
               : compilation->dry_run               ? EXIT_DONE
                                                    : write_form(compilation);
  if (json)
    print_json(compilation);
  else if (status != EXIT_FAILED && !output_hides_notes())
    print_text(compilation);
  policy_clear(&compilation->loaded);
  return status;
}

/* Whether the file system is read-only. Then no lock is needed: no other pinctl can change the text. */
static bool is_read_only(const char *directory) {
  return access(directory, W_OK) != 0 && errno == EROFS;
}

static int compile_locked(const struct arguments *arguments, struct compilation *compilation) {
  if (access(compilation->policy, F_OK) != 0) {
    say_error("%s: %s", compilation->policy, strerror(errno));
    policy_say_remedy(compilation->policy, PIN_UNREADABLE);
    return EXIT_FAILED;
  }
  AUTO_TEXT directory = path_directory(compilation->policy);
  bool locked = !compilation->dry_run && !is_read_only(directory);
  int lock = locked ? lock_take(directory, compilation->policy) : -1;
  if (lock < 0 && locked)
    return EXIT_FAILED;
  int status = compile(arguments, compilation);
  if (lock >= 0)
    lock_release(lock);
  return status;
}

static int run(const struct arguments *arguments) {
  AUTO_TEXT policy = form_policy(arguments_policy(arguments));
  AUTO_TEXT path = form_path(policy);
  struct compilation compilation = {
      .policy = policy, .path = path, .dry_run = arguments_has(arguments, OPTION_DRY_RUN)};
  if (path == NULL)
    return EXIT_FAILED;
  /* So that a written form is always recorded and reported, and the lock released. */
  if (!compilation.dry_run)
    end_defer();
  int status = compile_locked(arguments, &compilation);
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
