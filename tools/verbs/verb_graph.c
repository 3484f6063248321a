/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "explain/explanation_ask.h"
#include "explain/graph.h"
#include "explain/run_filter.h"
#include "probe/probe_options.h"
#include "system/executable.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    OPTION(FORMAT, "format", "tree|dot|svg|json", "how to draw it (default: tree)", .one_of = true),
    OPTION(OUTPUT, "output", "FILE", "write it there, not to standard output"),
    EXPLANATION_OPTION_CHAIN,
    PROBE_OPTIONS,
    SHARED_POLICY,
    SHARED_JSON,
};

typedef void writer(FILE *stream, const struct graph *graph);

static writer *writer_of(const char *format) {
  static const struct {
    const char *format;
    writer *write;
  } writers[] = {{"dot", graph_write_dot}, {"svg", graph_write_dot}, {"json", graph_write_json}};
  for (size_t i = 0; i < COUNT_OF(writers); i++)
    if (strcmp(writers[i].format, format) == 0)
      return writers[i].write;
  return graph_write_tree;
}

/* For free(3); NULL: no memory. */
static char *text_of(writer *write, const struct graph *graph) {
  char *text = NULL;
  size_t length = 0;
  FILE *stream = open_memstream(&text, &length);
  if (stream == NULL)
    return NULL;
  write(stream, graph);
  if (fclose(stream) == 0)
    return text;
  free(text);
  return NULL;
}

/* Takes over the text, and returns it as SVG; NULL, having said why. */
static char *svg_of(char *dot_text) {
  AUTO_TEXT text = dot_text;
  AUTO_TEXT program = program_find("dot");
  char *svg = NULL;
  if (program == NULL) {
    say_note("SVG is drawn by \"dot\" of Graphviz; \"--format dot\" prints what it would draw");
    return NULL;
  }
  char *const command[] = {program, (char[]){"-Tsvg"}, NULL};
  return filter_run(command, text, &svg) ? svg : NULL;
}

static bool write_file(const char *path, const char *text) {
  int error = file_replace(path, text);
  if (error != 0)
    say_error("%s: %s", path, strerror(error));
  return error == 0;
}

/* By way of memory: to a file, or through dot. */
static bool draw_whole(const struct graph *graph, const char *format, const char *path) {
  AUTO_TEXT text = text_of(writer_of(format), graph);
  if (text == NULL)
    return say_error("out of memory");
  if (strcmp(format, "svg") == 0) {
    char *dot_text = text;
    text = NULL;
    text = svg_of(dot_text);
  }
  if (text == NULL)
    return false;
  if (path != NULL)
    return write_file(path, text);
  fputs(text, stdout);
  return true;
}

static int draw(const struct arguments *arguments, const struct explanation *explanation) {
  const char *format = arguments_value(arguments, OPTION_FORMAT);
  const char *path = arguments_value(arguments, OPTION_OUTPUT);
  struct graph graph;
  bool good = true;
  format = arguments_has(arguments, OPTION_JSON) ? "json" : format == NULL ? "tree" : format;
  graph_make(explanation, &graph);
  if (path != NULL || strcmp(format, "svg") == 0)
    good = draw_whole(&graph, format, path);
  else
    writer_of(format)(stdout, &graph);
  graph_clear(&graph);
  if (!good)
    return EXIT_FAILED;
  return explanation_allows(explanation) ? EXIT_DONE : EXIT_FINDING;
}

static int run(const struct arguments *arguments) {
  return explanation_ask(arguments, draw);
}

const struct verb verb_graph = {
    .name = "graph",
    .operands = "HOST[:PORT]",
    .summary = "Draw a chain, and which key satisfies which rule",
    .details = "Asks the server or reads a chain from a file, as \"pinctl explain\" does. Draws\n"
               "who signed whom, the rules of the entries that cover the host, and the keys that\n"
               "satisfy them: as a tree, for Graphviz, as SVG (drawn by \"dot\"), or as JSON.\n"
               "Exit status 0 when the connection would be allowed, 1 when refused.",
    .example = "pinctl graph api.example.com --chain chain.pem --ca root.pem",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
