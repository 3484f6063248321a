/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/must_use.h"
#include "cli/output.h"
#include "cli/result.h"
#include "explain/explanation.h"
#include "explain/graph.h"
#include "probe/probe_options.h"
#include "system/executable.h"
#include "verbs/verbs.h"

/* ---- Running another program as a filter ---- */

/* The text of a file in memory, for free(3); NULL: it cannot be read. */
static char *read_back(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return NULL;
  size_t size = (size_t)status.st_size;
  char *text = must_alloc(size + 1, 1);
  if (file_read_at(descriptor, text, size, 0))
    return text;
  free(text);
  return NULL;
}

static bool run_in(char *const *command, const struct child_streams *streams, char **ret_output) {
  pid_t child = 0;
  int error = child_start(command, streams, false, &child);
  if (error != 0)
    return say_error("%s: %s", command[0], strerror(error));
  if (!child_succeeded(child_wait(child))) {
    AUTO_TEXT said = read_back(streams->err);
    return say_error("%s failed: %s", command[0], said == NULL || *said == '\0' ? "it said nothing" : said);
  }
  *ret_output = read_back(streams->out);
  if (*ret_output == NULL)
    say_error("%s: its output cannot be read", command[0]);
  return *ret_output != NULL;
}

/*
 * Runs a program, without a shell, with `input` on its standard input. command: its path and arguments, ended
 * by NULL. *ret_output: what it printed, for free(3). False, having said why: it could not be run, or failed.
 * Its standard error, which quotes the input, is printed, escaped, only where it fails.
 */
static bool filter_run(char *const *command, const char *input, char **ret_output) {
  const struct child_streams streams = {.in = file_in_memory("input", input),
                                        .out = file_in_memory("output", ""),
                                        .err = file_in_memory("errors", "")};
  const int made[] = {streams.in, streams.out, streams.err};
  bool good = made[0] >= 0 && made[1] >= 0 && made[2] >= 0;
  if (!good)
    say_error("%s: %s", command[0], strerror(errno));
  good = good && run_in(command, &streams, ret_output);
  for (int i = 0; i < 3; i++)
    if (made[i] >= 0)
      close(made[i]);
  return good;
}

static const struct option options[] = {
    OPTION(FORMAT, "format", "tree|dot|svg|json", "how to draw it (default: tree)", .one_of = true),
    OPTION(OUTPUT, "output", "FILE", "write to this file instead of standard output"),
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

/* For free(3). */
static char *text_of(writer *write, const struct graph *graph) {
  char *text = NULL;
  size_t length = 0;
  FILE *stream = memory_open(&text, &length);
  write(stream, graph);
  memory_close(stream);
  return text;
}

/* The SVG that "dot" draws, for free(3); NULL, having said why. */
static char *svg_of(const char *dot_text) {
  AUTO_TEXT program = program_find("dot");
  char *svg = NULL;
  if (program == NULL) {
    say_note("SVG is drawn by \"dot\" of Graphviz; \"--format dot\" prints what it would draw");
    return NULL;
  }
  char *const command[] = {program, (char[]){"-Tsvg"}, NULL};
  return filter_run(command, dot_text, &svg) ? svg : NULL;
}

/* Draws into memory first, for a file or for "dot". False, having said why. */
static bool draw_whole(const struct graph *graph, const char *format, const char *path) {
  AUTO_TEXT text = text_of(writer_of(format), graph);
  AUTO_TEXT svg = strcmp(format, "svg") == 0 ? svg_of(text) : NULL;
  const char *output = strcmp(format, "svg") == 0 ? svg : text;
  if (output == NULL)
    return false;
  if (path != NULL)
    return result_write_file(path, output);
  fputs(output, stdout);
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
               "satisfy them: as a tree, for Graphviz, as SVG (drawn by \"dot\"), or as JSON. Exit\n"
               "status 0 when the connection would be allowed, 1 when it would be refused.",
    .example = "pinctl graph api.example.com --chain chain.pem --ca root.pem",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
