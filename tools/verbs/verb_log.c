/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/host_port.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "logs/log_show.h"
#include "logs/log_source.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    OPTION(HOST, "host", "HOST", "show only lines about this host"),
    LOG_OPTION_SINCE,
    FLAG(FOLLOW, "follow", "show each line as it is logged, from now on or\nfrom --since on"),
    LOG_OPTION_FILE,
    OPTION(FORMAT, "format", "table|json|prometheus", "how to print it (default: table)", .one_of = true),
    SHARED_POLICY,
    SHARED_JSON,
};

static int read_log(const struct log_query *query, log_record_fn *each, void *arg) {
  size_t damaged = 0;
  int status = log_each(query, each, arg, &damaged);
  if (damaged > 0)
    say_warning("%zu line%s with the name \"" LOG_IDENTIFIER
                "\" %s skipped: not written by pinning, or damaged",
                damaged, damaged == 1 ? "" : "s", damaged == 1 ? "was" : "were");
  return status;
}

/* Prints metrics. Refusals do not change the exit status here, since a collector only wants the numbers. */
static int count(const struct log_query *query) {
  struct log_metrics metrics = {0};
  int status = read_log(query, log_metrics_count, &metrics);
  log_metrics_print(&metrics, query->now);
  return status;
}

static int show(const struct log_query *query, struct log_showing *showing) {
  log_show_begin(showing);
  int status = read_log(query, log_show, showing);
  log_show_end(showing);
  return status == EXIT_DONE && showing->findings > 0 ? EXIT_FINDING : status;
}

static int run(const struct arguments *arguments) {
  const char *host = arguments_value(arguments, OPTION_HOST);
  bool as_metrics = arguments_is(arguments, OPTION_FORMAT, "prometheus");
  AUTO_TEXT name = NULL;
  uint16_t port = 0;
  struct log_query query;
  int status = EXIT_USAGE;
  if (host != NULL && (!host_and_port_read(host, &name, &port) || port != 0))
    return usage_status(arguments->verb, "--host \"%s\": expected a host without a port", host);
  if (as_metrics && (host != NULL || arguments_has(arguments, OPTION_FOLLOW)))
    return usage_status(arguments->verb,
                        "--format prometheus counts all hosts up to now: without --host and --follow");
  if (log_query_read(arguments, &query)) {
    struct log_showing showing = {.host = name,
                                  .follow = query.follow,
                                  .as_json = arguments_has(arguments, OPTION_JSON) ||
                                             arguments_is(arguments, OPTION_FORMAT, "json")};
    status = as_metrics ? count(&query) : show(&query, &showing);
  }
  log_query_clear(&query);
  return status;
}

const struct verb verb_log = {
    .name = "log",
    .group = "Read the log and learn from it",
    .operands = "[FILE]...",
    .summary = "Show what was refused or audited, and what to do about it",
    .details = "Reads the journal if there is one, else /var/log/auth.log or /var/log/secure\n"
               "with their predecessors. Any user can write to the system log: a line whose\n"
               "writer, as the journal knows it, is not the one that it names, is marked\n"
               "doubtful. Exit status 1 if something was refused or would have been, or is not\n"
               "enforced.",
    .example = "pinctl log --file auth.log --host api.example.com --since \"3 days ago\"",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
