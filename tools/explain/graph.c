/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "explain/graph.h"

#include <stdlib.h>

#include "base/escape.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "explain/explanation.h"
#include "keys/chain.h"
#include "view/entry_text.h"

/* False: the entry is off, or an exempt anchor decided, so no rule was tried. */
static bool was_tried(const struct pin_finding *finding) {
  switch (finding->reason) {
  case PIN_REASON_MATCHED:
  case PIN_REASON_NO_PIN:
  case PIN_REASON_NO_INTERMEDIATE:
  case PIN_REASON_NO_ANCHOR:
    return true;
  default:
    return false;
  }
}

static void add_certificate(struct graph *graph, const struct object *object, size_t depth) {
  const struct explanation *explanation = graph->explanation;
  int blocked = explanation->verdict.blocked_depth;
  graph->certificates[graph->certificate_count++] = (struct graph_certificate){
      .object = object,
      .depth = depth,
      .proven = depth != NOT_ON_PATH && depth < explanation->chain.proven,
      .blocked = blocked >= 0 && depth == (size_t)blocked,
  };
}

static void add_certificates(struct graph *graph) {
  const struct chain *chain = &graph->explanation->chain;
  const struct objects *shown = graph->explanation->shown;
  graph->certificates = must_alloc(chain->path.count + shown->count, sizeof *graph->certificates);
  for (size_t i = 0; i < chain->path.count; i++)
    add_certificate(graph, &chain->path.items[i], i);
  for (size_t i = 0; i < shown->count; i++)
    if (shown->items[i].certificate != NULL && !chain_holds(chain, &shown->items[i]))
      add_certificate(graph, &shown->items[i], NOT_ON_PATH);
}

static void add_rules(struct graph *graph) {
  const struct pin_verdict *verdict = &graph->explanation->verdict;
  graph->rules = must_alloc(verdict->count * PIN_LIST_COUNT, sizeof *graph->rules);
  for (size_t i = 0; i < verdict->count; i++) {
    const struct pin_finding *finding = &verdict->findings[i];
    for (int list = 0; list < PIN_LIST_COUNT; list++)
      if (finding->entry.lists[list].count > 0)
        graph->rules[graph->rule_count++] =
            (struct graph_rule){.finding = finding,
                                .list = (enum pin_list)list,
                                .satisfied = was_tried(finding) && finding->depth[list] >= 0};
  }
}

static void add_edge(struct graph *graph, size_t certificate, size_t rule) {
  const struct graph_rule *from = &graph->rules[rule];
  size_t depth = graph->certificates[certificate].depth;
  const char *but = was_tried(from->finding)
                        ? match_discounted(from->list, depth, graph->explanation->path.count)
                        : pin_reason_text(from->finding->reason);
  graph->edges = must_grow(graph->edges, graph->edge_count + 1, sizeof *graph->edges);
  graph->edges[graph->edge_count++] =
      (struct graph_edge){.certificate = certificate, .rule = rule, .but = but};
}

void graph_make(const struct explanation *explanation, struct graph *ret_graph) {
  *ret_graph = (struct graph){.explanation = explanation};
  add_certificates(ret_graph);
  add_rules(ret_graph);
  for (size_t i = 0; i < ret_graph->certificate_count; i++)
    for (size_t j = 0; j < ret_graph->rule_count; j++)
      if (object_is_listed(&ret_graph->rules[j].finding->entry, ret_graph->rules[j].list,
                           ret_graph->certificates[i].object))
        add_edge(ret_graph, i, j);
}

void graph_clear(struct graph *graph) {
  free(graph->certificates);
  free(graph->rules);
  free(graph->edges);
  *graph = (struct graph){0};
}

bool graph_is_refused(const struct graph *graph) {
  return !pin_allows(&graph->explanation->verdict);
}

char *graph_peer(const struct graph *graph) {
  const struct explanation *explanation = graph->explanation;
  return explanation->port == 0 ? must_copy(explanation->host)
                                : host_and_port_format(explanation->host, explanation->port);
}

char *graph_verdict(const struct graph *graph) {
  const struct pin_verdict *verdict = &graph->explanation->verdict;
  return must_format("%s: %s", graph_is_refused(graph) ? "REFUSED" : pin_outcome_word(verdict->outcome),
                     pin_reason_text(verdict->reason));
}

char *graph_rule_text(const struct graph_rule *rule) {
  unsigned count = rule->finding->entry.lists[rule->list].count;
  const char *what = rule->list == PIN_LIST_FINGERPRINTS ? "certificate" : "key";
  return must_format("%s: %u %s%s", pin_list_name(rule->list), count, what, count == 1 ? "" : "s");
}

char *graph_certificate_text(const struct graph_certificate *certificate) {
  const struct object *object = certificate->object;
  int days = days_left(object->certificate);
  AUTO_TEXT whole = days_text(days);
  AUTO_TEXT left = days < 0 ? must_copy("expired") : must_format("%s left", whole);
  return must_format("%s, %s, %s", role_word(object->role), object->key_type, left);
}

char *graph_subject(const struct graph_certificate *certificate, size_t columns) {
  const char *subject = certificate->object->subject;
  return escape_short(*subject == '\0' ? "(no subject)" : subject, columns);
}

/* ---- JSON ---- */

static json_object *certificate_json(const struct graph_certificate *certificate) {
  const struct object *object = certificate->object;
  json_object *json = json_object_new_object();
  json_object *depth =
      certificate->depth == NOT_ON_PATH ? NULL : json_object_new_int64((int64_t)certificate->depth);
  json_object_object_add(json, "depth", depth);
  json_object_object_add(json, "role", json_text(role_word(object->role)));
  json_object_object_add(json, "subject", json_text(object->subject));
  json_object_object_add(json, "key_type", json_text(object->key_type));
  json_object_object_add(json, "pin", json_digest(&object->key));
  json_object_object_add(json, "fingerprint", json_digest(&object->fingerprint));
  json_object_object_add(json, "days_left", json_object_new_int(days_left(object->certificate)));
  json_object_object_add(json, "proven", json_object_new_boolean(certificate->proven));
  json_object_object_add(json, "blocked", json_object_new_boolean(certificate->blocked));
  return json;
}

static json_object *rule_json(const struct graph_rule *rule) {
  const struct pin_entry *entry = &rule->finding->entry;
  json_object *json = json_object_new_object();
  json_object_object_add(json, "entry", json_text(entry->name));
  json_object_object_add(json, "file", json_text(entry->file));
  json_object_object_add(json, "line", json_object_new_int64(entry->line));
  json_object_object_add(json, "mode", json_text(mode_word(entry->mode)));
  json_object_object_add(json, "list", json_text(pin_list_name(rule->list)));
  json_object_object_add(json, "size", json_object_new_int64(entry->lists[rule->list].count));
  json_object_object_add(json, "satisfied", json_object_new_boolean(rule->satisfied));
  return json;
}

static json_object *edge_json(const struct graph_edge *edge) {
  json_object *json = json_object_new_object();
  json_object_object_add(json, "certificate", json_object_new_int64((int64_t)edge->certificate));
  json_object_object_add(json, "rule", json_object_new_int64((int64_t)edge->rule));
  json_object_object_add(json, "counts", json_object_new_boolean(edge->but == NULL));
  json_object_object_add(json, "why_not", json_text_or_null(edge->but));
  return json;
}

void graph_write_json(FILE *stream, const struct graph *graph) {
  json_object *json = explanation_json(graph->explanation);
  json_object *certificates = json_object_new_array();
  json_object *rules = json_object_new_array();
  json_object *edges = json_object_new_array();
  for (size_t i = 0; i < graph->certificate_count; i++)
    json_object_array_add(certificates, certificate_json(&graph->certificates[i]));
  for (size_t i = 0; i < graph->rule_count; i++)
    json_object_array_add(rules, rule_json(&graph->rules[i]));
  for (size_t i = 0; i < graph->edge_count; i++)
    json_object_array_add(edges, edge_json(&graph->edges[i]));
  json_object_object_add(json, "certificates", certificates);
  json_object_object_add(json, "rules", rules);
  json_object_object_add(json, "edges", edges);
  json_write(stream, json);
}
