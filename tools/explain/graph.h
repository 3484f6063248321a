/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * `pinctl graph`: draws the certificates of an explanation, the rules of the entries for the host (one for
 * each list of an entry), and which certificate satisfies which rule. Text from certificates is escaped in
 * every form.
 */
#ifndef PINCTL_EXPLAIN_GRAPH_H
#define PINCTL_EXPLAIN_GRAPH_H

#include <stdio.h>

#include "explain/explanation.h"

/* A drawing cuts subjects to so many columns; --format json does not. */
#define GRAPH_SUBJECT_COLUMNS 64

struct graph_certificate {
  const struct object *object;
  size_t depth; /* NOT_ON_PATH: it signed nothing here */
  bool proven;
  bool blocked; /* its key is in blocked_keys */
};

struct graph_rule {
  const struct pin_finding *finding;
  enum pin_list list;
  bool satisfied;
};

/* A certificate, and a rule that lists it or its key. */
struct graph_edge {
  size_t certificate, rule; /* indexes */
  const char *but;          /* why it does not count; static; NULL: it counts, and the rule is satisfied */
};

struct graph {
  const struct explanation *explanation;
  struct graph_certificate *certificates; /* owned; the path from the server's own upwards, then the others */
  size_t certificate_count;
  struct graph_rule *rules; /* owned; sorted by entry */
  size_t rule_count;
  struct graph_edge *edges; /* owned */
  size_t edge_count;
};

/* The graph points into the explanation. To be cleared. */
void graph_make(const struct explanation *explanation, struct graph *ret_graph);
void graph_clear(struct graph *graph);

bool graph_is_refused(const struct graph *graph);
/* "api.example.com:443", and "accepted: ..." or "REFUSED: ...". For free(3); unescaped and not cut. */
char *graph_peer(const struct graph *graph);
char *graph_verdict(const struct graph *graph);
/* "pins: 2 keys"; for free(3). */
char *graph_rule_text(const struct graph_rule *rule);
/* The line below the subject: "leaf, EC 256, 29 days left". For free(3), unescaped. */
char *graph_certificate_text(const struct graph_certificate *certificate);
/* The subject, escaped and cut to `columns`. For free(3). */
char *graph_subject(const struct graph_certificate *certificate, size_t columns);

/* Text with the root first, each certificate below its issuer; at most 80 columns. Coloured on a terminal. */
void graph_write_tree(FILE *stream, const struct graph *graph);
/* In the language of Graphviz. */
void graph_write_dot(FILE *stream, const struct graph *graph);
void graph_write_json(FILE *stream, const struct graph *graph);

#endif
