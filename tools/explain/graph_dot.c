/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The graph in the language of Graphviz. */
#include "explain/graph.h"

#include <openssl/x509_vfy.h>

#include "base/escape.h"
#include "base/memory.h"
#include "explain/explanation.h"
#include "view/entry_text.h"

/* The light colours of the HTML report: dot draws on white. */
#define GOOD "#1a7f37"
#define DOUBTFUL "#8a5300"
#define BAD "#b3261e"
#define FAINT "#6e7781"

/*
 * Prints part of a label. dot acts on quotes, backslashes ("\N" is a node's name) and HTML entities ("&lt;")
 * in it. Other special characters are escaped already, or cannot end a quoted string.
 */
static void put_escaped(FILE *stream, const char *escaped) {
  for (const char *at = escaped; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\')
      fprintf(stream, "\\%c", *at);
    else if (*at == '&')
      fputs("&amp;", stream);
    else
      fputc(*at, stream);
  }
}

static void put_label_line(FILE *stream, const char *text) {
  AUTO_TEXT escaped = escape_short(text, GRAPH_SUBJECT_COLUMNS);
  put_escaped(stream, escaped);
  fputs("\\n", stream);
}

/* Prints a text on as many lines as it needs, aligned left, broken between words; nothing is cut. */
static void put_whole(FILE *stream, const char *text) {
  AUTO_TEXT words = escape_text(text);
  size_t column = 0;
  char *rest = NULL;
  for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
    size_t width = text_width(word);
    if (column > 0)
      fputs(column + 1 + width > GRAPH_SUBJECT_COLUMNS ? "\\l" : " ", stream);
    column = column + 1 + width > GRAPH_SUBJECT_COLUMNS ? width : column + 1 + width;
    put_escaped(stream, word);
  }
  fputs("\\l", stream);
}

static void put_certificate(FILE *stream, const struct graph *graph, size_t index) {
  const struct graph_certificate *certificate = &graph->certificates[index];
  bool good = certificate->proven && !certificate->blocked;
  char digest[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&certificate->object->key, digest);
  AUTO_TEXT text = graph_certificate_text(certificate);
  AUTO_TEXT subject = graph_subject(certificate, GRAPH_SUBJECT_COLUMNS);
  bool refused = certificate->blocked || (certificate->depth == 0 && graph_is_refused(graph));
  fprintf(stream, "  c%zu [color=\"%s\", penwidth=%d, style=\"%s\", label=\"", index,
          refused ? BAD
          : good  ? "#000000"
                  : FAINT,
          refused ? 3 : 1, certificate->proven ? "solid" : "dashed");
  put_label_line(stream, subject);
  put_label_line(stream, text);
  put_label_line(stream, digest);
  if (certificate->blocked)
    put_label_line(stream, "is in blocked_keys");
  if (certificate->depth == NOT_ON_PATH)
    put_label_line(stream, "not on the path");
  else if (!certificate->proven)
    put_label_line(stream, "not proven");
  fputs("\"];\n", stream);
}

/* The path: who signed whom. */
static void put_path(FILE *stream, const struct graph *graph) {
  for (size_t i = 0; i + 1 < graph->explanation->chain.path.count; i++) {
    bool proven = graph->certificates[i + 1].proven;
    fprintf(stream, "  c%zu -> c%zu [style=\"%s\", label=\"%s\"];\n", i + 1, i, proven ? "solid" : "dashed",
            proven ? "signed" : "not proven");
  }
}

static void put_entry(FILE *stream, const struct graph *graph, size_t index) {
  const struct pin_finding *finding = &graph->explanation->verdict.findings[index];
  AUTO_TEXT place = entry_place(&finding->entry, graph->explanation->policy_path);
  AUTO_TEXT head = must_format("%s%s: %s", mode_word(finding->entry.mode),
                               finding->expired ? ", expired" : "", pin_reason_text(finding->reason));
  bool refused = graph_is_refused(graph) && finding->reason != PIN_REASON_MATCHED;
  fprintf(stream,
          "  subgraph cluster%zu {\n    labelloc=b;\n    labeljust=l;\n    fontsize=11;\n    color=\"%s\";\n "
          "   fontcolor=\"%s\";\n"
          "    label=\"",
          index, refused ? BAD : FAINT, refused ? BAD : "#000000");
  put_whole(stream, finding->entry.name);
  put_whole(stream, place);
  put_whole(stream, head);
  fputs("\";\n", stream);
  for (size_t i = 0; i < graph->rule_count; i++) {
    const struct graph_rule *rule = &graph->rules[i];
    if (rule->finding != finding)
      continue;
    AUTO_TEXT text = graph_rule_text(rule);
    fprintf(stream, "    r%zu [shape=ellipse, color=\"%s\", label=\"", i,
            rule->satisfied ? GOOD
            : refused       ? BAD
                            : FAINT);
    put_label_line(stream, text);
    put_label_line(stream, rule->satisfied ? "satisfied" : "not satisfied");
    fputs("\"];\n", stream);
  }
  fputs("  }\n", stream);
}

static void put_edges(FILE *stream, const struct graph *graph) {
  /* Invisible edges keep the rules below the server's own certificate. */
  for (size_t i = 0; i < graph->rule_count; i++)
    fprintf(stream, "  c0 -> r%zu [style=\"invis\"];\n", i);
  for (size_t i = 0; i < graph->edge_count; i++) {
    const struct graph_edge *edge = &graph->edges[i];
    fprintf(stream, "  c%zu -> r%zu [color=\"%s\", style=\"%s\", label=\"", edge->certificate, edge->rule,
            edge->but == NULL ? GOOD : DOUBTFUL, edge->but == NULL ? "bold" : "dashed");
    put_label_line(stream, edge->but == NULL ? "satisfies" : "listed, but");
    if (edge->but != NULL)
      put_label_line(stream, edge->but);
    fputs("\"];\n", stream);
  }
}

/* The title above the drawing; red for a refusal. */
static void put_title(FILE *stream, const struct graph *graph) {
  const struct chain *chain = &graph->explanation->chain;
  AUTO_TEXT peer = graph_peer(graph);
  AUTO_TEXT verdict = graph_verdict(graph);
  fprintf(stream, "  fontsize=16;\n  labeljust=l;\n  fontcolor=\"%s\";\n  label=\"",
          explanation_allows(graph->explanation) ? "#000000" : BAD);
  put_whole(stream, peer);
  put_whole(stream, verdict);
  if (chain->error != X509_V_OK) {
    AUTO_TEXT why = must_format("OpenSSL refuses at depth %d: %s", chain->error_depth,
                                X509_verify_cert_error_string(chain->error));
    put_whole(stream, why);
  }
  fputs("\";\n", stream);
}

void graph_write_dot(FILE *stream, const struct graph *graph) {
  const struct explanation *explanation = graph->explanation;
  fputs("digraph pinning {\n  charset=\"UTF-8\";\n  rankdir=TB;\n  labelloc=t;\n  fontname=\"Helvetica\";\n"
        "  bgcolor=\"#ffffff\";\n  node [shape=box, fontname=\"Helvetica\", fontsize=11];\n"
        "  edge [fontname=\"Helvetica\", fontsize=10];\n",
        stream);
  put_title(stream, graph);
  for (size_t i = 0; i < graph->certificate_count; i++)
    put_certificate(stream, graph, i);
  put_path(stream, graph);
  for (size_t i = 0; i < explanation->verdict.count; i++)
    put_entry(stream, graph, i);
  put_edges(stream, graph);
  fputs("}\n", stream);
}
