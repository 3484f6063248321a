/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Problems of an installation, and what to do about each. */
#include <string.h>

#include "cli/arguments.h"
#include "cli/invocation.h"
#include "config/conf_lookup.h"
#include "enable/ld_preload.h"
#include "system/status.h"
#include "view/usable_policy.h"

bool status_is_loaded(const struct status *status) {
  return (status->openssl.active && status->openssl.hooked) || status->preload_present;
}

/* Takes over both texts. */
static void add_problem(struct status *status, char *problem, char *remedy) {
  text_list_add(&status->problems, problem);
  text_list_add(&status->remedies, remedy);
}

static void judge_configured_provider(struct status *status) {
  const struct openssl_state *openssl = &status->openssl;
  if (!openssl->activated)
    add_problem(status,
                must_format("%s names the provider pinning but does not activate it", openssl->configuration),
                must_copy("put \"activate = 1\" into its section"));
  else if (!openssl->module_present)
    add_problem(status, must_format("%s is missing, so nothing is enforced", openssl->module),
                must_copy("install pinning.so there, or set `module` to its path"));
  else if (openssl->tried && !openssl->active)
    add_problem(status,
                must_format("OpenSSL does not load %s: %s", openssl->module,
                            openssl->load_error == NULL ? "no reason given" : openssl->load_error),
                must_copy("reinstall pinning for this system's OpenSSL"));
  else if (openssl->active && !openssl->hooked)
    add_problem(status, must_copy("the provider is active, but cannot hook into this OpenSSL"),
                must_copy("look for \"event=not-enforced\" in the log"));
}

static void judge_openssl(struct status *status) {
  const struct openssl_state *openssl = &status->openssl;
  if (openssl->unreadable != NULL && status->preload == NULL)
    add_problem(status, must_format("%s: %s", openssl->configuration, openssl->unreadable),
                must_copy("make it readable and correct, or set OPENSSL_CONF to another file"));
  else if (openssl->named)
    judge_configured_provider(status);
  else if (status->preload == NULL)
    add_problem(status,
                must_format("nothing loads pinning.so: %s does not name it, and neither does " PRELOAD_FILE,
                            openssl->configuration),
                must_copy("\"pinctl enable\" switches it on"));
  if (!openssl->tried)
    add_problem(status, must_format("OpenSSL crashed or hung while loading %s", openssl->configuration),
                must_copy("run \"openssl list -providers\" to see how"));
  /* In FIPS mode another provider has what TLS needs, and "default" is left out on purpose. */
  else if (!openssl->default_active && !openssl->has_digests)
    add_problem(status, must_copy("the provider \"default\" is not active: no TLS program can work"),
                must_copy("in the providers section: \"default = default_sect\"; then \"[default_sect]\" "
                          "with \"activate = 1\""));
}

static void judge_nodejs(struct status *status) {
  const struct openssl_state *openssl = &status->openssl;
  if (openssl->nodejs == NODEJS_OF_SYSTEM)
    add_problem(
        status,
        must_format("%s does not give nodejs the whole path of the module: one with OpenSSL linked in, "
                    "as its makers distribute it, does not find it, and nothing is enforced there",
                    openssl->configuration),
        must_format("write \"module = %s\" in the section of pinning to which " NODEJS_START " leads",
                    openssl->module));
}

static void judge_preload(struct status *status) {
  if (status->preload != NULL && !status->preload_present)
    add_problem(status, must_format("%s, named in " PRELOAD_FILE ", is missing", status->preload),
                must_copy("install it, or take the line out of " PRELOAD_FILE));
}

bool status_gnutls_is_reached(const struct status *status) {
  return status->preload_present && !status->gnutls_missing;
}

static void judge_gnutls(struct status *status) {
  if (status->gnutls_missing)
    add_problem(
        status,
        must_format("pinning-gnutls.so is missing below the folder of %s: programs with GnuTLS refuse "
                    "every host",
                    status->preload),
        must_copy("install it there, from the package of the shim"));
}

static void judge_policy(struct status *status) {
  const struct loaded_policy *policy = &status->policy;
  const char *path = status->policy_path;
  AUTO_TEXT word = shell_word(path);
  if (policy_is_missing(path, policy->status))
    add_problem(status, must_format("%s: there is no policy", path), policy_remedy(path, policy->status));
  else if (policy->status == PIN_UNREADABLE)
    add_problem(status, must_format("%s: the policy cannot be read", path),
                must_format("\"pinctl check %s\" says why", word));
  else if (policy->status != PIN_OK)
    add_problem(status,
                must_format("%s: the policy has %zu error%s", path, policy->diagnostics.errors,
                            policy->diagnostics.errors == 1 ? "" : "s"),
                must_format("\"pinctl check %s\" shows them", word));
  else if (policy->policy.unlisted == PIN_UNLISTED_REFUSE && policy->policy.mode == PIN_MODE_ENFORCE)
    return; /* it refuses hosts without an entry, so it always has an effect */
  else if (status->hosts[PIN_MODE_ENFORCE] == 0 && policy->policy.unlisted != PIN_UNLISTED_IGNORE &&
           policy->policy.mode != PIN_MODE_OFF)
    add_problem(status, must_format("%s: no host is enforced, hosts without an entry are only logged", path),
                must_format("\"pinctl learn%s\" proposes entries from what was logged", same_policy()));
  else if (policy->policy.entry_count == 0)
    add_problem(status, must_format("%s: the policy names no host", path),
                must_format("\"pinctl add HOST FILE%s\" pins one", same_policy()));
  else if (status->hosts[PIN_MODE_ENFORCE] == 0)
    add_problem(status, must_format("%s: no host is enforced, all are \"audit\" or \"off\"", path),
                must_copy("set mode = \"enforce\" when the log stays quiet"));
}

/* A stale form of a small policy is no problem: processes read the text. */
static void judge_compiled(struct status *status) {
  const char *path = status->compiled_path;
  AUTO_TEXT policy = shell_word(status->policy_path);
  AUTO_TEXT remedy = must_format("\"pinctl compile --policy %s\" writes it anew", policy);
  if (status->compiled == FORM_DAMAGED)
    add_problem(status, must_format("%s: the compiled policy is damaged", path), must_copy(remedy));
  else if (status->compiled == FORM_OTHER_VERSION)
    add_problem(status, must_format("%s: the compiled policy is of another version", path),
                must_copy(remedy));
  else if (status->compiled == FORM_UNTRUSTED)
    add_problem(
        status,
        must_format("%s: processes ignore the compiled policy: it cannot be read, or is not a regular file "
                    "of root that only root can write",
                    path),
        must_copy(remedy));
  else if (status->form_is_needed && status->compiled == FORM_STALE)
    add_problem(
        status,
        must_format("%s: the text has changed and is more than processes read: they use the older compiled "
                    "policy",
                    path),
        must_copy(remedy));
  else if (status->form_is_needed && status->compiled != FORM_CURRENT)
    add_problem(
        status,
        must_format("%s: the text is more than processes read, and there is no compiled policy: processes "
                    "that start now have no policy",
                    path),
        must_copy(remedy));
  else if (status->compiled_differs)
    add_problem(status, must_format("%s: the compiled policy looks current, but differs from the text", path),
                must_copy(remedy));
}

bool status_has_last_good(const struct status *status) {
  return status->compiled == FORM_STALE || status->compiled == FORM_CURRENT;
}

static void judge_confirmation(struct status *status) {
  if (status->unconfirmed)
    add_problem(status, must_copy("a change waits to be confirmed, and will be undone otherwise"),
                must_copy("\"pinctl enable --confirmed\" keeps it, \"pinctl disable --unconfirmed\" puts it "
                          "back now"));
}

/* A pause is a problem: its hosts are not enforced. */
static void judge_pauses(struct status *status) {
  if (status->pauses.status != PIN_OK)
    add_problem(status,
                must_copy("the file of pauses is damaged, cannot be read, or is not to be trusted; it is "
                          "ignored, and nothing is paused"),
                must_format("\"pinctl resume%s\" removes it", same_policy()));
  for (size_t i = 0; i < status->pauses.count; i++) {
    const struct pin_pause *pause = &status->pauses.items[i];
    bool all = strcmp(pause->name, PIN_PAUSE_ALL) == 0;
    AUTO_TEXT subject = pause_subject(pause);
    AUTO_TEXT rest = pause_rest(pause->until, status->now);
    add_problem(status, must_format("%s is paused %s: refusals are only logged", subject, rest),
                must_format("\"pinctl resume%s%s%s\" ends that now", all ? "" : " ", all ? "" : pause->name,
                            same_policy()));
  }
}

void status_judge(struct status *status) {
  judge_openssl(status);
  judge_nodejs(status);
  judge_preload(status);
  judge_gnutls(status);
  judge_policy(status);
  judge_pauses(status);
  judge_compiled(status);
  judge_confirmation(status);
}
