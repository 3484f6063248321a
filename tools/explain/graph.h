/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What `pinctl graph` draws: the certificates of an explanation, the rules of the entries that speak of the
 * host (one for each of an entry's lists), and which certificate satisfies which rule. Every form is safe for
 * its reader, whatever a certificate holds.
 */
#ifndef PINCTL_EXPLAIN_GRAPH_H
#define PINCTL_EXPLAIN_GRAPH_H

#include <stdio.h>

#include "explain/explanation.h"

/* As many columns of a subject as a drawing shows; --format json has all of it. */
#define GRAPH_SUBJECT_COLUMNS 64

struct graph_certificate {
  const struct object *object;
  size_t depth; /* NOT_ON_PATH: it signed nothing here */
  bool proven;
  bool blocked; /* the policy accepts it nowhere */
};

struct graph_rule {
  const struct pin_finding *finding;
  enum pin_list list;
  bool satisfied;
};

/* A rule that lists a certificate or its key. */
struct graph_edge {
  size_t certificate, rule; /* indexes */
  const char *but;          /* why it does not count, static; NULL: it does, and the rule is satisfied */
};

struct graph {
  const struct explanation *explanation;
  struct graph_certificate *certificates; /* the path from the server's own upwards, then those not on it */
  size_t certificate_count;
  struct graph_rule *rules; /* those of one entry stand together */
  size_t rule_count;
  struct graph_edge *edges;
  size_t edge_count;
};

/* Points into the explanation. To be cleared. */
void graph_make(const struct explanation *explanation, struct graph *ret_graph);
void graph_clear(struct graph *graph);

bool graph_is_refused(const struct graph *graph);
/* "api.example.com:443", and "accepted: ..." or "REFUSED: ...". For free(3), unescaped;
 * neither is ever cut. */
char *graph_peer(const struct graph *graph);
char *graph_verdict(const struct graph *graph);
/* "pins: 2 keys"; for free(3). */
char *graph_rule_text(const struct graph_rule *rule);
/* What is said of a certificate besides its subject: "leaf, EC 256, 29 days left". For free(3), unescaped. */
char *graph_certificate_text(const struct graph_certificate *certificate);
/* Its subject, escaped and cut to `columns`. For free(3). */
char *graph_subject(const struct graph_certificate *certificate, size_t columns);

/* The root first, everything below what signed it; lines of at most 80 columns. Coloured on a terminal. */
void graph_write_tree(FILE *stream, const struct graph *graph);
/* The language of Graphviz. */
void graph_write_dot(FILE *stream, const struct graph *graph);
void graph_write_json(FILE *stream, const struct graph *graph);

#endif
