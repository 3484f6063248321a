/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "explain/explanation.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/x509_vfy.h>

#include "base/memory.h"
#include "cli/output.h"
#include "explain/list_membership.h"
#include "probe/probe_options.h"
#include "view/entry_text.h"
#include "view/pauses.h"

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
  struct text_list texts = listing_texts(explanation, object, depth);
  for (size_t i = 0; i < texts.count; i++)
    put(stdout, CYAN, "%18sin %s\n", "", texts.items[i]);
  text_list_clear(&texts);
  texts = listing_mix_ups(explanation, object);
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
    put(stdout, YELLOW, "It shows %zu certificates; the first %zu are looked at.\n", live->shown,
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

static json_object *listing_json(const struct explanation *explanation, const struct object *object,
                                 size_t depth) {
  json_object *array = json_object_new_array();
  for (size_t i = 0; i < explanation->verdict.count; i++) {
    const struct pin_entry *entry = &explanation->verdict.findings[i].entry;
    for (int list = 0; list < PIN_LIST_COUNT; list++) {
      if (!object_is_listed(entry, (enum pin_list)list, object))
        continue;
      const char *but = listing_discounted((enum pin_list)list, depth, explanation->path.count);
      json_object *match = json_object_new_object();
      json_object_object_add(match, "list", json_text(pin_list_name((enum pin_list)list)));
      json_object_object_add(match, "file", json_text(entry->file));
      json_object_object_add(match, "line", json_object_new_int64(entry->line));
      json_object_object_add(match, "counts", json_object_new_boolean(but == NULL));
      json_object_object_add(match, "why_not", json_text_or_null(but));
      json_object_array_add(array, match);
    }
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
  json_object_object_add(json, "listed", listing_json(explanation, object, depth));
  json_object *mixed_up = json_object_new_array();
  struct text_list texts = listing_mix_ups(explanation, object);
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
