/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The parts of "status" about places and processes, for people and as JSON. */
#include "base/memory.h"
#include "system/status.h"

#include <stdio.h>

#include "base/timestamp.h"
#include "cli/output.h"
#include "enable/ld_preload.h"
#include "system/tls_library.h"

/* The age in the largest unit of which it has at least one. */
static char *age_text(time_t then) {
  static const struct {
    long seconds;
    const char *unit;
  } units[] = {{SECONDS_PER_DAY, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
  long age = (long)(time(NULL) - then);
  for (size_t i = 0; i < COUNT_OF(units); i++) {
    long count = age / units[i].seconds;
    if (count >= 1)
      return must_format("%ld %s%s ago", count, units[i].unit, count == 1 ? "" : "s");
  }
  return must_copy("just now");
}

void status_print_places(const struct status *status) {
  if (status->policy_changed != 0) {
    AUTO_TEXT changed = timestamp_utc(status->policy_changed);
    AUTO_TEXT age = age_text(status->policy_changed);
    put(stdout, PLAIN, "%-14s %s (%s)\n", "changed", changed, age);
  }
  for (size_t i = 0; i < status->units.count; i++)
    put(stdout, PLAIN, "%-14s %s\n", i == 0 ? "services" : "", status->units.items[i]);
}

static enum colour colour_of(enum process_class kind) {
  static const enum colour colours[PROCESS_CLASSES] = {GREEN, RED, YELLOW, YELLOW, YELLOW, RED, PLAIN, PLAIN};
  return colours[kind];
}

static void print_class(const struct processes *processes, enum process_class kind) {
  AUTO_TEXT count = must_format("%zu ", processes->counts[kind]);
  put_fitted(colour_of(kind), count, process_class_meaning(kind));
  for (size_t i = 0; i < processes->count; i++) {
    const struct process *process = &processes->items[i];
    AUTO_TEXT libraries = tls_libraries_text(process->libraries);
    if (process->kind == kind)
      put(stdout, PLAIN, "  %7d %s (%s)\n", process->pid, process->program,
          *libraries == '\0' ? "shim" : libraries);
    if (process->kind == kind && process->lacks != NULL)
      put(stdout, PLAIN, "          it lacks %s: see event=not-enforced in troubleshooting\n",
          process->lacks);
    if (process->kind == kind && process->reason != REASON_NONE)
      put_wrapped(PLAIN, "          ", process_reason_text(process->reason));
  }
}

void status_print_processes(const struct status *status) {
  putchar('\n');
  put(stdout, BOLD, "Processes:\n");
  for (int kind = 0; kind < PROCESS_CLASSES; kind++)
    if (status->processes.counts[kind] > 0)
      print_class(&status->processes, (enum process_class)kind);
  if (status->processes.counts[PROCESS_ENFORCED] > 0)
    put_wrapped(
        PLAIN, "",
        "A program that gives OpenSSL no name is not covered by an entry by name: docs/programs.md lists "
        "such, and what helps.");
}

/* Whether openssl.cnf enables pinning for OpenSSL in programs that start now. */
static bool is_configured(const struct status *status) {
  return status->openssl.active && status->openssl.hooked;
}

static json_object *status_libraries_json(const struct status *status) {
  json_object *json = json_object_new_object();
  json_object *openssl = json_object_new_array();
  json_object *gnutls = json_object_new_array();
  if (is_configured(status))
    json_object_array_add(openssl, json_text("openssl.cnf"));
  if (status->preload_present)
    json_object_array_add(openssl, json_text("ld.so.preload"));
  if (status_gnutls_is_reached(status))
    json_object_array_add(gnutls, json_text("ld.so.preload"));
  json_object_object_add(json, "openssl", openssl);
  json_object_object_add(json, "gnutls", gnutls);
  return json;
}

void status_print_libraries(const struct status *status) {
  bool configured = is_configured(status);
  bool preloaded = status->preload_present;
  bool gnutls = status_gnutls_is_reached(status);
  AUTO_TEXT lead = must_format("%-14s ", "enforced");
  AUTO_TEXT text = must_format("OpenSSL %s%s%s; GnuTLS %s", configured ? "by configuration" : "",
                               configured && preloaded ? " and " : "",
                               preloaded    ? "by ld.so.preload"
                               : configured ? ""
                                            : "by nothing",
                               gnutls ? "by ld.so.preload" : "by nothing (\"pinctl enable --preload\")");
  put_fitted((configured || preloaded) && gnutls ? GREEN : YELLOW, lead, text);
}

json_object *status_places_json(const struct status *status) {
  json_object *json = json_object_new_object();
  json_object *units = json_object_new_array();
  for (size_t i = 0; i < status->units.count; i++)
    json_object_array_add(units, json_text(status->units.items[i]));
  json_object_object_add(json, "openssl",
                         json_text_or_null(status->openssl.activated ? status->openssl.configuration : NULL));
  json_object_object_add(json, "preload", json_text_or_null(status->preload == NULL ? NULL : PRELOAD_FILE));
  json_object_object_add(json, "libraries", status_libraries_json(status));
  json_object_object_add(json, "services", units);
  json_object_object_add(json, "unconfirmed", json_object_new_boolean(status->unconfirmed));
  return json;
}

/* For each TLS library of a process how it is enforced; null: not at all. */
static json_object *ways_json(const struct process *process) {
  json_object *json = json_object_new_object();
  for (unsigned i = 0; i < TLS_LIBRARY_COUNT; i++) {
    const char *way = process->by_shim ? "shim" : "openssl.cnf";
    if ((process->libraries & 1U << i) != 0)
      json_object_object_add(json, tls_library_word((enum tls_library)(1U << i)),
                             json_text_or_null((process->enforced & 1U << i) != 0 ? way : NULL));
  }
  return json;
}

static json_object *process_json(const struct process *process) {
  json_object *json = json_object_new_object();
  json_object_object_add(json, "pid", json_object_new_int(process->pid));
  json_object_object_add(json, "name", json_text(process->name));
  json_object_object_add(json, "program", json_text(process->program));
  json_object_object_add(json, "class", json_text(process_class_word(process->kind)));
  json_object_object_add(json, "libraries", tls_libraries_json(process->libraries));
  json_object_object_add(json, "ways", ways_json(process));
  json_object_object_add(json, "lacks", json_text_or_null(process->lacks));
  json_object_object_add(json, "reason", json_text_or_null(process_reason_word(process->reason)));
  return json;
}

json_object *status_processes_json(const struct status *status) {
  json_object *json = json_object_new_object();
  json_object *counts = json_object_new_object();
  json_object *list = json_object_new_array();
  for (int kind = 0; kind < PROCESS_CLASSES; kind++)
    json_object_object_add(counts, process_class_word((enum process_class)kind),
                           json_object_new_int64((int64_t)status->processes.counts[kind]));
  for (size_t i = 0; i < status->processes.count; i++)
    json_object_array_add(list, process_json(&status->processes.items[i]));
  json_object_object_add(json, "counts", counts);
  json_object_object_add(json, "list", list);
  return json;
}
