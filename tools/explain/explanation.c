/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "explain/explanation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/x509_vfy.h>

#include "base/arena.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "keys/key_decode.h"
#include "probe/probe_options.h"
#include "view/entry_text.h"
#include "view/pauses.h"
#include "view/usable_policy.h"

const char *match_discounted(enum pin_list list, size_t depth, size_t proven) {
  if (depth == NOT_ON_PATH)
    return "it is not on the path";
  if (depth >= proven)
    return "it is not proven by signatures";
  if (list == PIN_LIST_INTERMEDIATES && depth == 0)
    return "it is not an issuing CA here";
  if (list == PIN_LIST_ANCHORS && depth + 1 != proven)
    return "the path does not end here";
  return NULL;
}

/* A list of an entry that holds a certificate or its key. */
struct match {
  const struct pin_entry *entry; /* of the verdict */
  enum pin_list list;
  const char *but; /* why it does not count; static; NULL: it counts */
};

/* Finds the next match. *cursor: 0 for the first one. False: there is no other. */
static bool next_match(const struct explanation *explanation, const struct object *object, size_t depth,
                       size_t *cursor, struct match *ret_match) {
  for (; *cursor < explanation->verdict.count * PIN_LIST_COUNT; (*cursor)++) {
    const struct pin_entry *entry = &explanation->verdict.findings[*cursor / PIN_LIST_COUNT].entry;
    enum pin_list list = (enum pin_list)(*cursor % PIN_LIST_COUNT);
    if (!object_is_listed(entry, list, object))
      continue;
    *ret_match = (struct match){entry, list, match_discounted(list, depth, explanation->path.count)};
    (*cursor)++;
    return true;
  }
  return false;
}

/*
 * Lists that have the digest of the certificate in place of its key's, or the reverse, each as "the digest of
 * the certificate is in pins of policy.cfg:4; of its key it is sha256/...". Such a pin matches nothing.
 */
static struct text_list mix_ups(const struct explanation *explanation, const struct object *object) {
  struct text_list texts = {0};
  struct object swapped = {
      .key = object->fingerprint, .fingerprint = object->key, .certificate = object->certificate};
  char right[PIN_DIGEST_TEXT_SIZE];
  struct match match;
  size_t cursor = 0;
  while (object->certificate != NULL && next_match(explanation, &swapped, 0, &cursor, &match)) {
    AUTO_TEXT place = entry_place(match.entry, explanation->policy_path);
    bool of_key = match.list != PIN_LIST_FINGERPRINTS;
    pin_digest_format(of_key ? &object->key : &object->fingerprint, right);
    text_list_add(&texts, must_format("the digest of the %s is in %s of %s; of its %s it is %s",
                                      of_key ? "certificate" : "key", pin_list_name(match.list), place,
                                      of_key ? "key" : "certificate", right));
  }
  return texts;
}

bool explanation_allows(const struct explanation *explanation) {
  return pin_allows(&explanation->verdict) && explanation->chain.error == X509_V_OK;
}

static void print_certificate(const struct explanation *explanation, const struct object *object,
                              size_t depth) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&object->key, digest);
  AUTO_TEXT number = depth == NOT_ON_PATH ? must_copy("-") : must_format("%zu", depth);
  put(stdout, PLAIN, "%-2s  ", number);
  put(stdout, BOLD, "%-12s", role_word(object->role));
  put(stdout, PLAIN, "  %s\n", *object->subject == '\0' ? "(no subject)" : object->subject);
  put(stdout, PLAIN, "%18s%s\n", "", digest);
  struct match match;
  for (size_t cursor = 0; next_match(explanation, object, depth, &cursor, &match);) {
    AUTO_TEXT place = entry_place(match.entry, explanation->policy_path);
    put(stdout, CYAN, "%18sin %s of %s%s%s\n", "", pin_list_name(match.list), place,
        match.but == NULL ? "" : "; does not count: ", match.but == NULL ? "" : match.but);
  }
  struct text_list texts = mix_ups(explanation, object);
  for (size_t i = 0; i < texts.count; i++)
    put(stdout, YELLOW, "%18s%s\n", "", texts.items[i]);
  text_list_clear(&texts);
  if (depth == NOT_ON_PATH)
    put(stdout, YELLOW, "%18snot on the path: it signed nothing here\n", "");
  else if (depth >= explanation->chain.proven)
    put(stdout, YELLOW, "%18snot proven: %s\n", "",
        X509_verify_cert_error_string(explanation->chain.broken_by));
}

static void print_certificates(const struct explanation *explanation) {
  const struct objects *path = &explanation->chain.path;
  for (size_t i = 0; i < path->count; i++)
    print_certificate(explanation, &path->items[i], i);
  for (size_t i = 0; i < explanation->shown->count; i++) {
    const struct object *object = &explanation->shown->items[i];
    if (object->certificate != NULL && !chain_holds(&explanation->chain, object))
      print_certificate(explanation, object, NOT_ON_PATH);
  }
}

static void print_finding(const struct explanation *explanation, const struct pin_finding *finding) {
  const struct pin_entry *entry = &finding->entry;
  AUTO_TEXT place = entry_place(entry, explanation->policy_path);
  put(stdout, BOLD, "  %s", entry->name);
  put(stdout, PLAIN, "  %s  mode %s%s\n", place, mode_word(entry->mode), finding->expired ? ", expired" : "");
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    if (entry->lists[list].count == 0)
      continue;
    AUTO_TEXT what = finding->depth[list] < 0 ? must_copy("no match")
                                              : must_format("matched at depth %d", finding->depth[list]);
    put(stdout, PLAIN, "    %-14s %3u tried: %s\n", pin_list_name((enum pin_list)list),
        (unsigned)entry->lists[list].count, what);
  }
  put(stdout, PLAIN, "    %s\n", pin_reason_text(finding->reason));
}

static void print_openssl(const struct chain *chain) {
  if (chain->error == X509_V_OK) {
    put(stdout, PLAIN, "OpenSSL: accepts the chain and the name\n");
    return;
  }
  put(stdout, YELLOW, "OpenSSL: refuses at depth %d: %s\n", chain->error_depth,
      X509_verify_cert_error_string(chain->error));
  put(stdout, PLAIN, "A program that verifies refuses this anyway. For one that does not, the\n");
  put(stdout, PLAIN, "policy judges the part of the path that signatures prove.\n");
}

static void print_live(const struct probe_result *live) {
  AUTO_TEXT summary = probe_summary(live);
  AUTO_TEXT words = must_format("%s, %s", live->address == NULL ? "?" : live->address, summary);
  put_fitted(PLAIN, "Server:  ", words);
  if (live->shown > live->certificates.count)
    put(stdout, YELLOW, "It shows %zu certificates; only the first %zu are checked.\n", live->shown,
        live->certificates.count);
  putchar('\n');
}

static void report_of(const struct explanation *explanation, char report[PIN_REPORT_SIZE]) {
  pin_report(&explanation->verdict, &explanation->path, report, PIN_REPORT_SIZE);
}

void explanation_print(const struct explanation *explanation) {
  const struct pin_verdict *verdict = &explanation->verdict;
  char report[PIN_REPORT_SIZE];
  report_of(explanation, report);
  if (explanation->live != NULL)
    print_live(explanation->live);
  print_certificates(explanation);
  putchar('\n');
  print_openssl(&explanation->chain);
  if (verdict->count > 0)
    fputs("\nTried:\n", stdout);
  for (size_t i = 0; i < verdict->count; i++)
    print_finding(explanation, &verdict->findings[i]);
  fputs("\nVerdict: ", stdout);
  put(stdout, pin_allows(verdict) ? GREEN : RED, "%s", pin_outcome_word(verdict->outcome));
  put(stdout, PLAIN, ": %s\n", pin_reason_text(verdict->reason));
  if (verdict->paused_until > 0) {
    AUTO_TEXT rest = pause_rest(verdict->paused_until, verdict->now);
    put(stdout, YELLOW, "Paused:  it would be refused, but is only logged %s\n", rest);
  }
  put(stdout, PLAIN, "Log:     %s\n", report);
}

/* ---- JSON ---- */

static json_object *matches_json(const struct explanation *explanation, const struct object *object,
                                 size_t depth) {
  json_object *array = json_object_new_array();
  struct match match;
  for (size_t cursor = 0; next_match(explanation, object, depth, &cursor, &match);) {
    json_object *json = json_object_new_object();
    json_object_object_add(json, "list", json_text(pin_list_name(match.list)));
    json_object_object_add(json, "file", json_text(match.entry->file));
    json_object_object_add(json, "line", json_object_new_int64(match.entry->line));
    json_object_object_add(json, "counts", json_object_new_boolean(match.but == NULL));
    json_object_object_add(json, "why_not", json_text_or_null(match.but));
    json_object_array_add(array, json);
  }
  return array;
}

static json_object *certificate_json(const struct explanation *explanation, const struct object *object,
                                     size_t depth) {
  json_object *json = json_object_new_object();
  bool proven = depth != NOT_ON_PATH && depth < explanation->chain.proven;
  json_object_object_add(json, "depth", depth == NOT_ON_PATH ? NULL : json_object_new_int64((int64_t)depth));
  json_object_object_add(json, "role", json_text(role_word(object->role)));
  json_object_object_add(json, "subject", json_text(object->subject));
  json_object_object_add(json, "pin", json_digest(&object->key));
  json_object_object_add(json, "fingerprint", json_digest(&object->fingerprint));
  json_object_object_add(json, "proven", json_object_new_boolean(proven));
  bool broken = depth != NOT_ON_PATH && !proven;
  json_object_object_add(json, "why_not_proven",
                         broken ? json_text(X509_verify_cert_error_string(explanation->chain.broken_by))
                                : NULL);
  json_object_object_add(json, "listed", matches_json(explanation, object, depth));
  json_object *mixed_up = json_object_new_array();
  struct text_list texts = mix_ups(explanation, object);
  for (size_t i = 0; i < texts.count; i++)
    json_object_array_add(mixed_up, json_text(texts.items[i]));
  text_list_clear(&texts);
  json_object_object_add(json, "mixed_up", mixed_up);
  return json;
}

static json_object *certificates_json(const struct explanation *explanation) {
  json_object *array = json_object_new_array();
  const struct objects *path = &explanation->chain.path;
  for (size_t i = 0; i < path->count; i++)
    json_object_array_add(array, certificate_json(explanation, &path->items[i], i));
  for (size_t i = 0; i < explanation->shown->count; i++) {
    const struct object *object = &explanation->shown->items[i];
    if (object->certificate != NULL && !chain_holds(&explanation->chain, object))
      json_object_array_add(array, certificate_json(explanation, object, NOT_ON_PATH));
  }
  return array;
}

static json_object *findings_json(const struct explanation *explanation) {
  json_object *array = json_object_new_array();
  for (size_t i = 0; i < explanation->verdict.count; i++) {
    const struct pin_finding *finding = &explanation->verdict.findings[i];
    json_object *json = json_object_new_object();
    json_object *matched = json_object_new_object();
    for (int list = 0; list < PIN_LIST_COUNT; list++)
      if (finding->entry.lists[list].count > 0)
        json_object_object_add(matched, pin_list_name((enum pin_list)list),
                               finding->depth[list] < 0 ? NULL : json_object_new_int(finding->depth[list]));
    json_object_object_add(json, "entry", entry_json(&finding->entry));
    json_object_object_add(json, "expired", json_object_new_boolean(finding->expired));
    json_object_object_add(json, "reason", json_text(pin_reason_word(finding->reason)));
    json_object_object_add(json, "matched_at_depth", matched);
    json_object_array_add(array, json);
  }
  return array;
}

static json_object *openssl_json(const struct chain *chain) {
  json_object *json = json_object_new_object();
  bool accepts = chain->error == X509_V_OK;
  json_object_object_add(json, "accepts", json_object_new_boolean(accepts));
  json_object_object_add(json, "error",
                         accepts ? NULL : json_text(X509_verify_cert_error_string(chain->error)));
  json_object_object_add(json, "depth", accepts ? NULL : json_object_new_int(chain->error_depth));
  return json;
}

json_object *explanation_json(const struct explanation *explanation) {
  json_object *json = json_object_new_object();
  json_object_object_add(json, "host", json_text(explanation->host));
  json_object_object_add(json, "port",
                         explanation->port == 0 ? NULL : json_object_new_int(explanation->port));
  json_object_object_add(json, "allowed", json_object_new_boolean(explanation_allows(explanation)));
  json_object_object_add(json, "verdict", json_text(pin_outcome_word(explanation->verdict.outcome)));
  json_object_object_add(json, "reason", json_text(pin_reason_word(explanation->verdict.reason)));
  return json;
}

void explanation_print_json(const struct explanation *explanation) {
  char report[PIN_REPORT_SIZE];
  report_of(explanation, report);
  json_object *json = explanation_json(explanation);
  json_object_object_add(json, "server", explanation->live == NULL ? NULL : probe_json(explanation->live));
  json_object_object_add(json, "openssl", openssl_json(&explanation->chain));
  json_object_object_add(json, "certificates", certificates_json(explanation));
  json_object_object_add(json, "tried", findings_json(explanation));
  json_object_object_add(json, "log", json_text(report));
  json_print(json);
}

/* pinning.so logs a subject up to this length. */
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

/* The arguments of explanation_ask. */
struct request {
  const struct arguments *arguments;
  explained_fn *show;
};

static int explain_chain(const struct request *request, const struct pin_policy *policy,
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
  int status = request->show(request->arguments, explanation);
  free(keys);
  arena_clear(&texts);
  return status;
}

/* ret_shown: explanation->shown points to it; to be cleared in any case. */
static int explain_file(const struct request *request, const struct pin_policy *policy,
                        struct explanation *explanation, struct objects *ret_shown) {
  const char *chain_file = arguments_value(request->arguments, OPTION_CHAIN);
  const char *ca = arguments_value(request->arguments, OPTION_CA);
  int status = EXIT_FAILED;
  if (!objects_read(chain_file, ret_shown))
    return EXIT_FAILED;
  if (ret_shown->items[0].certificate == NULL)
    say_error("%s: expected the server's certificate first", chain_file);
  else if (chain_prove(ret_shown, ca, explanation->host, &explanation->chain))
    status = explain_chain(request, policy, explanation);
  chain_clear(&explanation->chain);
  return status;
}

/* 443, or the first port of an entry that is only for others, as "monitor" asks it. */
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

/* ret_result: explanation->live points to it; to be cleared in any case. */
static int explain_live(const struct request *request, const struct pin_policy *policy,
                        struct explanation *explanation, struct probe_result *ret_result) {
  explanation->port = explanation->port == 0 ? port_of_entry(policy, explanation->host) : explanation->port;
  int status = probe_one(request->arguments, explanation->host, explanation->port, ret_result);
  if (status != EXIT_DONE)
    return status;
  explanation->chain = ret_result->chain;
  return explain_chain(request, policy, explanation);
}

static int explain(const struct request *request, const struct explanation *explanation) {
  struct enforced_policy enforced;
  struct objects shown = {0};
  struct probe_result result = {0};
  struct explanation whole = *explanation;
  bool live = !arguments_has(request->arguments, OPTION_CHAIN);
  whole.live = live ? &result : NULL;
  whole.shown = live ? &result.certificates : &shown;
  int status = EXIT_FAILED;
  if (enforced_policy_show_one(whole.policy_path, &enforced))
    status = live ? explain_live(request, &enforced.policy, &whole, &result)
                  : explain_file(request, &enforced.policy, &whole, &shown);
  probe_result_clear(&result);
  objects_clear(&shown);
  enforced_policy_close(&enforced);
  return status;
}

int explanation_ask(const struct arguments *arguments, explained_fn *show) {
  struct request request = {.arguments = arguments, .show = show};
  AUTO_TEXT host = NULL;
  struct explanation explanation = {.policy_path = arguments_policy(arguments)};
  if (!arguments_host_and_port(arguments, arguments->operands[0], &host, &explanation.port))
    return EXIT_USAGE;
  if (!arguments_has(arguments, OPTION_CHAIN) && !host_can_be_asked(host))
    return usage_status(arguments->verb, "\"%s\": expected the name or address of a server", host);
  explanation.host = host;
  return explain(&request, &explanation);
}
