/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "explain/explanation_ask.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "cli/output.h"
#include "cli/usage.h"
#include "keys/key_decode.h"
#include "probe/probe_options.h"
#include "view/pauses.h"
#include "view/usable_policy.h"

/* As much of a subject as pinning.so logs. */
#define LOGGED_SUBJECT 127

static struct pin_path_key *proven_keys(const struct chain *chain, size_t count, struct arena *texts) {
  struct pin_path_key *keys = must_alloc(count, sizeof *keys);
  for (size_t i = 0; i < count; i++) {
    const struct object *object = &chain->path.items[i];
    AUTO_TEXT subject = name_text(X509_get_subject_name(object->certificate));
    if (strlen(subject) > LOGGED_SUBJECT)
      subject[LOGGED_SUBJECT] = '\0';
    keys[i] = (struct pin_path_key){
        .key = object->key, .certificate = object->fingerprint, .subject = arena_text(texts, subject)};
  }
  return keys;
}

static void judge(const struct pin_policy *policy, struct explanation *explanation) {
  int64_t now = time(NULL);
  struct pin_peer peer = {
      .names = &explanation->host, .name_count = 1, .port = explanation->port, .now = now};
  if (pin_select(policy, &peer, &explanation->verdict) != PIN_NEEDS_NOTHING)
    pin_judge(policy, &explanation->path, now, &explanation->verdict);
  pauses_apply(explanation->policy_path, &explanation->verdict);
}

/* What is the same for all of one run. */
struct asking {
  const struct arguments *arguments;
  explained_fn *show;
};

static int explain_chain(const struct asking *asking, const struct pin_policy *policy,
                         struct explanation *explanation) {
  size_t count = explanation->chain.proven;
  struct arena texts = {0};
  struct pin_path_key *keys = proven_keys(&explanation->chain, count, &texts);
  explanation->path = (struct pin_path){.keys = keys,
                                        .count = count,
                                        .cut = explanation->chain.cut,
                                        .vouch = chain_vouch,
                                        .vouch_arg = &explanation->chain.vouched};
  judge(policy, explanation);
  int status = asking->show(asking->arguments, explanation);
  free(keys);
  arena_clear(&texts);
  return status;
}

/* ret_shown: what explanation->shown points to; to be cleared in any case. */
static int explain_file(const struct asking *asking, const struct pin_policy *policy,
                        struct explanation *explanation, struct objects *ret_shown) {
  const char *chain_file = arguments_value(asking->arguments, OPTION_CHAIN);
  const char *ca = arguments_value(asking->arguments, OPTION_CA);
  int status = EXIT_FAILED;
  if (!objects_read(chain_file, ret_shown))
    return EXIT_FAILED;
  if (ret_shown->items[0].certificate == NULL)
    say_error("%s: expected the server's certificate first", chain_file);
  else if (chain_prove(ret_shown, ca, explanation->host, &explanation->chain))
    status = explain_chain(asking, policy, explanation);
  chain_clear(&explanation->chain);
  return status;
}

/* 443, unless the entry is for other ports alone: then its first, as "monitor" asks it. */
static uint16_t port_of_entry(const struct pin_policy *policy, const char *host) {
  static const uint16_t usual = HTTPS_PORT;
  struct pin_verdict verdict;
  struct pin_peer peer = {.names = &host, .name_count = 1, .now = time(NULL)};
  pin_select(policy, &peer, &verdict);
  for (size_t i = 0; i < verdict.count; i++)
    if (ports_overlap(verdict.findings[i].entry.ports, verdict.findings[i].entry.port_count, &usual, 1))
      return usual;
  return verdict.count == 0 ? usual : verdict.findings[0].entry.ports[0];
}

/* ret_result: what explanation->live points to; to be cleared in any case. */
static int explain_live(const struct asking *asking, const struct pin_policy *policy,
                        struct explanation *explanation, struct probe_result *ret_result) {
  explanation->port = explanation->port == 0 ? port_of_entry(policy, explanation->host) : explanation->port;
  int status = probe_one(asking->arguments, explanation->host, explanation->port, ret_result);
  if (status != EXIT_DONE)
    return status;
  explanation->chain = ret_result->chain;
  return explain_chain(asking, policy, explanation);
}

static int explain(const struct asking *asking, const struct explanation *explanation) {
  struct enforced_policy enforced;
  struct objects shown = {0};
  struct probe_result result = {0};
  struct explanation whole = *explanation;
  bool live = !arguments_has(asking->arguments, OPTION_CHAIN);
  whole.live = live ? &result : NULL;
  whole.shown = live ? &result.certificates : &shown;
  int status = EXIT_FAILED;
  if (enforced_policy_show_one(whole.policy_path, &enforced))
    status = live ? explain_live(asking, &enforced.policy, &whole, &result)
                  : explain_file(asking, &enforced.policy, &whole, &shown);
  probe_result_clear(&result);
  objects_clear(&shown);
  enforced_policy_close(&enforced);
  return status;
}

int explanation_ask(const struct arguments *arguments, explained_fn *show) {
  struct asking asking = {.arguments = arguments, .show = show};
  AUTO_TEXT host = NULL;
  struct explanation explanation = {.policy_path = arguments_policy(arguments)};
  if (!arguments_host_and_port(arguments, arguments->operands[0], &host, &explanation.port))
    return EXIT_USAGE;
  if (!arguments_has(arguments, OPTION_CHAIN) && !host_can_be_asked(host))
    return usage_status(arguments->verb, "\"%s\": expected the name or address of a server", host);
  explanation.host = host;
  return explain(&asking, &explanation);
}
