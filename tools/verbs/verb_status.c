/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>

#include <openssl/crypto.h>

#include "base/syslog_socket.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "config/conf_lookup.h"
#include "enable/ld_preload.h"
#include "system/status.h"
#include "verbs/verbs.h"
#include "view/entry_text.h"
#include "view/usable_policy.h"

static const struct option options[] = {SHARED_POLICY, SHARED_JSON};

static const char *provider_text(const struct openssl_state *openssl) {
  if (openssl->active)
    return openssl->hooked ? "active" : "active, but without effect";
  return openssl->named ? "configured, but not active" : "not configured";
}

/* Prints a line of words, which may be broken over lines. */
static void print_words(enum colour colour, const char *title, const char *words) {
  AUTO_TEXT lead = must_format("%-14s ", title);
  put_fitted(colour, lead, words);
}

static void print_policy(const struct status *status) {
  const struct loaded_policy *policy = &status->policy;
  put(stdout, PLAIN, "%-14s %s\n", "policy", status->policy_path);
  if (policy->status != PIN_OK) {
    put(stdout, RED, "%-14s %zu error%s\n", "", policy->diagnostics.errors,
        policy->diagnostics.errors == 1 ? "" : "s");
    return;
  }
  AUTO_TEXT hosts =
      must_format("hosts: %zu enforce, %zu audit, %zu off; by default %s", status->hosts[PIN_MODE_ENFORCE],
                  status->hosts[PIN_MODE_AUDIT], status->hosts[PIN_MODE_OFF], mode_word(policy->policy.mode));
  print_words(PLAIN, "", hosts);
  AUTO_TEXT unlisted = unlisted_text(&policy->policy);
  if (unlisted != NULL)
    put(stdout, PLAIN, "%-14s %s\n", "", unlisted);
  put(stdout, PLAIN, "%-14s generation %016llx\n", "", (unsigned long long)policy->policy.generation);
}

static void print_compiled(const struct status *status) {
  static const char *const needed[] = {
      [FORM_ABSENT] = "none; processes have no policy",
      [FORM_UNTRUSTED] = "passed over; processes have no policy",
      [FORM_DAMAGED] = "damaged; processes have no policy",
      [FORM_OTHER_VERSION] = "of another version; processes that start read the text, which takes them long",
      [FORM_FOREIGN] = "made from another policy; processes have none",
      [FORM_STALE] = "stale; processes stay with it",
      [FORM_CURRENT] = "current",
  };
  static const char *const meanings[] = {
      [FORM_ABSENT] = "none; processes read the text",
      [FORM_UNTRUSTED] = "passed over; processes read the text",
      [FORM_DAMAGED] = "damaged; processes read the text",
      [FORM_OTHER_VERSION] = "of another version; processes read the text",
      [FORM_FOREIGN] = "made from another policy; processes read the text",
      [FORM_STALE] = "stale; processes read the text",
      [FORM_CURRENT] = "current",
  };
  bool last_good = status->policy.status != PIN_OK && status_has_last_good(status);
  enum colour colour = status->compiled == FORM_CURRENT ? GREEN : YELLOW;
  if (status->compiled_path == NULL)
    return;
  put(stdout, PLAIN, "%-14s %s\n", "compiled", status->compiled_path);
  AUTO_TEXT remedy = status->compiled == FORM_STALE
                         ? must_format(" (\"pinctl compile%s\" renews it)", same_policy())
                         : must_copy("");
  AUTO_TEXT words = must_format(
      "%s%s", status->form_is_needed ? needed[status->compiled] : meanings[status->compiled], remedy);
  print_words(status->compiled == FORM_ABSENT ? PLAIN : colour, "",
              last_good ? "the last good policy: processes go by this one" : words);
}

static const char *nodejs_text(enum nodejs_reach reach) {
  static const char *const texts[] = {
      [NODEJS_NOT_REACHED] = "not reached (\"pinctl enable\" sees to that, or says why not)",
      [NODEJS_OF_SYSTEM] = "reached only where it uses the system's OpenSSL (" NODEJS_START ")",
      [NODEJS_REACHED] = "reached (" NODEJS_START ")",
  };
  return texts[reach];
}

static void print_text(const struct status *status) {
  const struct openssl_state *openssl = &status->openssl;
  put(stdout, PLAIN, "%-14s %s\n", "OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING));
  put(stdout, PLAIN, "%-14s %s\n", "configuration", openssl->configuration);
  put(stdout, openssl->active && openssl->hooked ? GREEN : YELLOW, "%-14s %s\n", "pinning",
      provider_text(openssl));
  print_words(openssl->nodejs == NODEJS_OF_SYSTEM ? YELLOW : PLAIN, "nodejs", nodejs_text(openssl->nodejs));
  put(stdout, openssl->default_active || openssl->has_digests ? PLAIN : RED, "%-14s %s\n", "default",
      openssl->default_active ? "active" : "not active");
  put(stdout, PLAIN, "%-14s %s%s\n", "module", openssl->module, openssl->module_present ? "" : " (missing)");
  put(stdout, PLAIN, "%-14s %s\n", "on error",
      openssl->on_policy_error == NULL ? "refuse (default)" : openssl->on_policy_error);
  put(stdout, PLAIN, "%-14s %s%s\n", "preload",
      status->preload == NULL ? "not in " PRELOAD_FILE : status->preload,
      status->preload != NULL && !status->preload_present ? " (missing)" : "");
  status_print_libraries(status);
  AUTO_TEXT log = syslog_socket_trouble();
  AUTO_TEXT words =
      log == NULL ? must_copy("the system log") : must_format("%s: no log daemon, refusals are lost", log);
  print_words(log == NULL ? PLAIN : YELLOW, "log", words);
  if (log != NULL)
    put_wrapped(YELLOW, "               ",
                "Run journald or rsyslog; in a container mount the host's " SYSLOG_SOCKET
                ". PINNING_DEBUG=1 has one program print them");
  print_policy(status);
  print_compiled(status);
  status_print_places(status);
  status_print_processes(status);
  putchar('\n');
  if (status->problems.count == 0)
    put(stdout, GREEN, "Enforced.\n");
  else
    put(stdout, RED, "What is wrong:\n");
  for (size_t i = 0; i < status->problems.count; i++) {
    AUTO_TEXT number = must_format("%2zu. ", i + 1);
    put_wrapped(PLAIN, number, status->problems.items[i]);
    put_wrapped(CYAN, "    Remedy: ", status->remedies.items[i]);
  }
}

static json_object *policy_json(const struct status *status) {
  const struct loaded_policy *policy = &status->policy;
  bool sound = policy->status == PIN_OK;
  json_object *json = json_object_new_object();
  json_object_object_add(json, "path", json_text(status->policy_path));
  json_object_object_add(json, "in_order", json_object_new_boolean(sound));
  json_object_object_add(json, "errors", diagnostics_json(&policy->diagnostics));
  if (sound) {
    AUTO_TEXT generation = must_format("%016llx", (unsigned long long)policy->policy.generation);
    json_object *hosts = json_object_new_object();
    for (int mode = PIN_MODE_ENFORCE; mode <= PIN_MODE_OFF; mode++)
      json_object_object_add(hosts, mode_word((enum pin_mode)mode),
                             json_object_new_int64((int64_t)status->hosts[mode]));
    json_object_object_add(json, "generation", json_text(generation));
    json_object_object_add(json, "mode", json_text(mode_word(policy->policy.mode)));
    json_object_object_add(json, "unlisted", json_text(unlisted_word(policy->policy.unlisted)));
    json_object_object_add(json, "hosts", hosts);
  }
  json_object_object_add(json, "changed",
                         status->policy_changed == 0 ? NULL : json_time(status->policy_changed));
  json_object *compiled = json_object_new_object();
  json_object_object_add(compiled, "path", json_text_or_null(status->compiled_path));
  json_object_object_add(compiled, "state", json_text(form_state_word(status->compiled)));
  json_object_object_add(json, "compiled", compiled);
  json_object_object_add(json, "last_good",
                         json_text_or_null(status_has_last_good(status) ? status->compiled_path : NULL));
  return json;
}

static json_object *openssl_json(const struct openssl_state *openssl) {
  json_object *json = json_object_new_object();
  json_object_object_add(json, "version", json_text(OpenSSL_version(OPENSSL_VERSION_STRING)));
  json_object_object_add(json, "configuration", json_text(openssl->configuration));
  json_object_object_add(json, "configuration_error", json_text_or_null(openssl->unreadable));
  json_object_object_add(json, "pinning_configured", json_object_new_boolean(openssl->named));
  json_object_object_add(json, "pinning_active", json_object_new_boolean(openssl->active));
  json_object_object_add(json, "pinning_hooked", json_object_new_boolean(openssl->hooked));
  json_object_object_add(json, "pinning_version", json_text_or_null(openssl->version));
  json_object_object_add(json, "pinning_generation", json_text_or_null(openssl->generation));
  json_object_object_add(json, "nodejs_reached", json_object_new_boolean(openssl->nodejs == NODEJS_REACHED));
  json_object_object_add(json, "default_active", json_object_new_boolean(openssl->default_active));
  json_object_object_add(json, "module", json_text(openssl->module));
  json_object_object_add(json, "module_present", json_object_new_boolean(openssl->module_present));
  json_object_object_add(json, "on_policy_error", json_text_or_null(openssl->on_policy_error));
  json_object_object_add(json, "load_error", json_text_or_null(openssl->load_error));
  return json;
}

static void print_json(const struct status *status) {
  json_object *json = json_object_new_object();
  json_object *problems = json_object_new_array();
  for (size_t i = 0; i < status->problems.count; i++) {
    json_object *problem = json_object_new_object();
    json_object_object_add(problem, "problem", json_text(status->problems.items[i]));
    json_object_object_add(problem, "remedy", json_text(status->remedies.items[i]));
    json_object_array_add(problems, problem);
  }
  json_object_object_add(json, "enforced", json_object_new_boolean(status->problems.count == 0));
  json_object_object_add(json, "loaded", json_object_new_boolean(status_is_loaded(status)));
  json_object_object_add(json, "openssl", openssl_json(&status->openssl));
  json_object_object_add(json, "preload", json_text_or_null(status->preload));
  json_object_object_add(json, "policy", policy_json(status));
  json_object_object_add(json, "enabled", status_places_json(status));
  json_object_object_add(json, "pauses", pauses_json(&status->pauses));
  AUTO_TEXT log = syslog_socket_trouble();
  json_object_object_add(json, "log_trouble", json_text_or_null(log));
  json_object_object_add(json, "processes", status_processes_json(status));
  json_object_object_add(json, "problems", problems);
  json_print(json);
}

/* Warns first where the text cannot be used, since all that follows depends on it. */
static void warn_of_unusable_text(const struct status *status) {
  enum pin_status of_text = status->policy.status;
  const char *path = status->policy_path;
  bool missing = policy_is_missing(path, of_text);
  const char *wrong = missing ? "is missing" : of_text == PIN_UNREADABLE ? "cannot be read" : "has errors";
  if (of_text == PIN_OK)
    return;
  if (status_has_last_good(status))
    say_warning("%s: the policy %s; the last good one is enforced, %u host%s (%s)", path, wrong,
                (unsigned)status->last_good_hosts, status->last_good_hosts == 1 ? "" : "s",
                status->compiled_path);
  else if (missing)
    say_warning("%s: there is no policy: see \"on error\", and what is wrong, for what to do", path);
  else
    say_warning("%s: the policy %s, and there is no last good one: see \"on error\"", path, wrong);
}

static int run(const struct arguments *arguments) {
  struct status status;
  status_read(arguments_value(arguments, OPTION_POLICY), &status);
  warn_of_unusable_text(&status);
  if (arguments_has(arguments, OPTION_JSON))
    print_json(&status);
  else
    print_text(&status);
  int result = status_is_loaded(&status) && status.problems.count == 0 ? EXIT_DONE : EXIT_FINDING;
  status_clear(&status);
  return result;
}

const struct verb verb_status = {
    .name = "status",
    .operands = "",
    .summary = "Tell whether hosts are enforced on this system",
    .details = "Asks OpenSSL itself which providers its configuration activates (OPENSSL_CONF,\n"
               "or the default file), reads the policy that processes use, and lists each\n"
               "problem with a remedy. Classifies running processes (as root, all of them) by\n"
               "the files that they have mapped and by their programs. Exit status 0 when hosts\n"
               "are enforced and there is no problem, else 1.",
    .example = "pinctl status",
    OPTIONS_IN(options),
    .run = run,
};
