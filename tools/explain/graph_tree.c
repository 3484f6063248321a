/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The graph as a tree of text. */
#include "explain/graph.h"

#include <string.h>

#include <openssl/x509_vfy.h>

#include "base/escape.h"
#include "base/memory.h"
#include "cli/output.h"
#include "explain/explanation.h"
#include "view/entry_text.h"

#define STEP_COLUMNS 3
/* Deeper certificates are not indented further, so that a digest still fits the line. */
#define DEEPEST_STEP 8

/* Prints a text, broken between words; nothing is cut. */
static void put_line(FILE *stream, enum colour colour, size_t indent, const char *text) {
  AUTO_TEXT words = escape_text(text);
  size_t column = indent;
  char *rest = NULL;
  put(stream, PLAIN, "%*s", (int)indent, "");
  for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
    size_t width = text_width(word);
    bool first = column == indent;
    if (!first && column + 1 + width > output_columns()) {
      fprintf(stream, "\n%*s", (int)indent, "");
      first = true;
      column = indent;
    }
    put(stream, colour, "%s%s", first ? "" : " ", word);
    column += width + (first ? 0 : 1);
  }
  fputc('\n', stream);
}

static void put_edges(FILE *stream, const struct graph *graph, size_t certificate, size_t indent) {
  for (size_t i = 0; i < graph->edge_count; i++) {
    const struct graph_edge *edge = &graph->edges[i];
    if (edge->certificate != certificate)
      continue;
    const struct graph_rule *rule = &graph->rules[edge->rule];
    AUTO_TEXT place = entry_place(&rule->finding->entry, graph->explanation->policy_path);
    AUTO_TEXT listed = must_format("%s %s of %s", edge->but == NULL ? "satisfies" : "is in",
                                   pin_list_name(rule->list), place);
    put_line(stream, edge->but == NULL ? GREEN : YELLOW, indent, listed);
    AUTO_TEXT why = edge->but == NULL ? NULL : must_format("but does not count: %s", edge->but);
    if (why != NULL)
      put_line(stream, YELLOW, indent, why);
  }
}

static void put_certificate(FILE *stream, const struct graph *graph, size_t index, size_t step) {
  const struct graph_certificate *certificate = &graph->certificates[index];
  size_t shown_step = step < DEEPEST_STEP ? step : DEEPEST_STEP;
  size_t indent = shown_step * STEP_COLUMNS + 2;
  char digest[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&certificate->object->key, digest);
  AUTO_TEXT text = graph_certificate_text(certificate);
  if (step > 0)
    put(stream, PLAIN, "%*s`- ", (int)((shown_step - 1) * STEP_COLUMNS), "");
  AUTO_TEXT subject = graph_subject(certificate, output_columns() - shown_step * STEP_COLUMNS);
  bool refused = certificate->depth == 0 && graph_is_refused(graph);
  put(stream, refused ? RED : BOLD, "%s\n", subject);
  put_line(stream, PLAIN, indent, text);
  put_line(stream, PLAIN, indent, digest);
  if (certificate->blocked)
    put_line(stream, RED, indent, "is in blocked_keys");
  if (certificate->depth != NOT_ON_PATH && !certificate->proven) {
    AUTO_TEXT why =
        must_format("is not proven: %s", X509_verify_cert_error_string(graph->explanation->chain.broken_by));
    put_line(stream, YELLOW, indent, why);
  }
  put_edges(stream, graph, index, indent);
}

static void put_certificates(FILE *stream, const struct graph *graph) {
  size_t on_path = graph->explanation->chain.path.count;
  for (size_t i = 0; i < on_path; i++)
    put_certificate(stream, graph, on_path - 1 - i, i);
  if (graph->certificate_count > on_path)
    fputs("\nShown, but not on the path: they signed nothing here.\n", stream);
  for (size_t i = on_path; i < graph->certificate_count; i++)
    put_certificate(stream, graph, i, 0);
}

static void put_entry(FILE *stream, const struct graph *graph, const struct pin_finding *finding) {
  AUTO_TEXT place = entry_place(&finding->entry, graph->explanation->policy_path);
  AUTO_TEXT head = must_format("%s%s: %s", mode_word(finding->entry.mode),
                               finding->expired ? ", expired" : "", pin_reason_text(finding->reason));
  fputc('\n', stream);
  put_line(stream, BOLD, 0, finding->entry.name);
  put_line(stream, PLAIN, 2, place);
  put_line(stream, PLAIN, 2, head);
}

static void put_rules(FILE *stream, const struct graph *graph) {
  const struct pin_verdict *verdict = &graph->explanation->verdict;
  for (size_t i = 0; i < verdict->count; i++) {
    put_entry(stream, graph, &verdict->findings[i]);
    for (size_t j = 0; j < graph->rule_count; j++) {
      const struct graph_rule *rule = &graph->rules[j];
      if (rule->finding != &verdict->findings[i])
        continue;
      AUTO_TEXT text = graph_rule_text(rule);
      AUTO_TEXT line = rule->satisfied ? must_format("[x] %s, satisfied at depth %d", text,
                                                     rule->finding->depth[rule->list])
                                       : must_format("[ ] %s", text);
      put_line(stream, rule->satisfied ? GREEN : graph_is_refused(graph) ? RED : PLAIN, 2, line);
    }
  }
}

void graph_write_tree(FILE *stream, const struct graph *graph) {
  const struct explanation *explanation = graph->explanation;
  AUTO_TEXT peer = graph_peer(graph);
  AUTO_TEXT verdict = graph_verdict(graph);
  AUTO_TEXT title = must_format("%s: %s", peer, verdict);
  put_line(stream, explanation_allows(explanation) ? GREEN : RED, 0, title);
  if (explanation->chain.error != X509_V_OK) {
    AUTO_TEXT why = must_format("OpenSSL refuses at depth %d: %s", explanation->chain.error_depth,
                                X509_verify_cert_error_string(explanation->chain.error));
    put_line(stream, RED, 0, why);
  }
  if (explanation->live != NULL && explanation->live->shown > explanation->shown->count) {
    AUTO_TEXT more = must_format("It shows %zu certificates; only the first %zu are checked.",
                                 explanation->live->shown, explanation->shown->count);
    put_line(stream, YELLOW, 0, more);
  }
  fputc('\n', stream);
  put_certificates(stream, graph);
  put_rules(stream, graph);
}
