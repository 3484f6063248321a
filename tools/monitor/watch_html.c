/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/watch_html.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/json.h"
#include "monitor/html.h"
#include "view/entry_text.h"

/* ---- What "pinctl scan" found ---- */

bool scan_report_read(const char *path, struct watch *watch) {
  watch->scan = json_file_read(path, SCAN_REPORT_LIST, SCAN_REPORT_EXPECTED);
  return watch->scan != NULL;
}

/* ---- In the HTML report ---- */

/* The class that has the colour: what a report says is no markup. */
static const char *class_of(const char *severity) {
  if (strcmp(severity, "critical") == 0)
    return "critical";
  return strcmp(severity, "warning") == 0 ? "warning" : "note";
}

static void print_finding(json_object *finding) {
  printf("<div class=\"%s\">", class_of(json_member_text(finding, "severity")));
  html_format("%s: %s", json_member_text(finding, "severity"), json_member_text(finding, "text"));
  fputs(" <small>", stdout);
  html_text(json_member_text(finding, "remedy"));
  fputs("</small></div>", stdout);
}

/* Notes come last, folded. */
static void print_scan_findings(json_object *findings) {
  size_t count = findings == NULL ? 0 : json_object_array_length(findings), notes = 0;
  for (size_t i = 0; i < count; i++) {
    json_object *finding = json_object_array_get_idx(findings, i);
    if (strcmp(class_of(json_member_text(finding, "severity")), "note") == 0)
      notes++;
    else
      print_finding(finding);
  }
  if (count == 0)
    fputs("nothing found", stdout);
  if (notes == 0)
    return;
  printf("<details><summary>%zu note%s</summary>", notes, notes == 1 ? "" : "s");
  for (size_t i = 0; i < count; i++) {
    json_object *finding = json_object_array_get_idx(findings, i);
    if (strcmp(class_of(json_member_text(finding, "severity")), "note") == 0)
      print_finding(finding);
  }
  fputs("</details>", stdout);
}

static void print_scan_row(json_object *host) {
  json_object *port = NULL;
  const char *name = json_member_text(host, "host"), *grade = json_member_text(host, "grade"),
             *error = json_member_text(host, "error");
  if (json_object_is_type(host, json_type_object))
    json_object_object_get_ex(host, "port", &port);
  fputs("<tr><td class=\"state\">", stdout);
  html_text(*grade == '\0' ? "-" : grade);
  fputs("</td><th scope=\"row\">", stdout);
  html_name(name);
  html_format(":%d", json_object_get_int(port));
  fputs("</th><td>", stdout);
  if (*error != '\0') {
    fputs("<div class=\"critical\">", stdout);
    html_text(error);
    fputs("</div>", stdout);
  } else {
    print_scan_findings(json_member(host, "findings", json_type_array));
  }
  fputs("</td></tr>\n", stdout);
}

/* What a scan found of what servers accept. Nothing without one. */
static void watch_html_scan(const struct watch *watch) {
  json_object *hosts = json_member(watch->scan, SCAN_REPORT_LIST, json_type_array);
  if (hosts == NULL)
    return;
  fputs("<h2 id=\"scan\">What servers accept</h2>\n<p>As pinctl scan found it", stdout);
  if (*json_member_text(watch->scan, "at") != '\0')
    html_format(" at %s", json_member_text(watch->scan, "at"));
  fputs(".</p>\n<table>\n<thead><tr><th scope=\"col\" class=\"state\">Grade</th><th scope=\"col\" "
        "class=\"scanned\">"
        "Host</th><th scope=\"col\">Findings</th></tr></thead>\n<tbody>\n",
        stdout);
  for (size_t i = 0; i < json_object_array_length(hosts); i++)
    print_scan_row(json_object_array_get_idx(hosts, i));
  fputs("</tbody>\n</table>\n", stdout);
}

/* ---- The page ---- */

/* ---- What this is about ---- */

static void print_fact(const char *what, const char *value) {
  printf("<tr><th scope=\"row\">%s</th><td>", what);
  html_text(value);
  fputs("</td></tr>\n", stdout);
}

static void print_facts(const struct watch *watch, const char *machine) {
  AUTO_TEXT now = expiry_text(watch->now);
  fputs("<table class=\"facts\">\n", stdout);
  print_fact("Machine", machine);
  print_fact("Looked at", now);
  if (watch->policy != NULL) {
    AUTO_TEXT generation = must_format("%016llx", (unsigned long long)watch->policy->generation);
    print_fact("Policy", watch->policy_path);
    print_fact("Generation", generation);
    print_fact("Mode", mode_word(watch->policy->mode));
  }
  fputs("</table>\n", stdout);
}

static void print_summary(const struct watch *watch) {
  if (watch->trouble != NULL) {
    fputs("<p class=\"trouble critical\">", stdout);
    html_prose(watch->trouble);
    fputs("</p>\n", stdout);
  }
  for (size_t i = 0; i < watch->machine.finding_count; i++) {
    printf("<p class=\"trouble %s\">", severity_word(watch->machine.findings[i].severity));
    html_prose(watch->machine.findings[i].text);
    fputs("</p>\n", stdout);
  }
  if (watch->interrupted_of > 0)
    printf("<p class=\"trouble warning\">interrupted: only these of %zu hosts were looked at</p>\n",
           watch->interrupted_of);
  if (watch->paused > 0)
    printf("<p class=\"trouble warning\">%zu pause%s: what is refused there is only logged</p>\n",
           watch->paused, watch->paused == 1 ? "" : "s");
  size_t count = watch->count + watch->well_left_out;
  printf("<p>%zu host%s: ", count, count == 1 ? "" : "s");
  for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_OK; severity--)
    printf("%s<span class=\"%s\">%zu %s</span>", severity == SEVERITY_CRITICAL ? "" : ", ",
           severity_word((enum severity)severity), watch_count(watch, (enum severity)severity),
           severity_word((enum severity)severity));
  fputs("</p>\n", stdout);
}

/* ---- The hosts ---- */

static void print_findings(const struct watch_host *host) {
  for (size_t i = 0; i <= host->finding_count; i++) {
    const char *text = watch_text(host, i);
    if (text == NULL)
      continue;
    printf("<div class=\"%s\">",
           severity_word(i < host->finding_count ? host->findings[i].severity : host->severity));
    html_prose(text);
    fputs("</div>", stdout);
  }
}

static void print_row(const struct watch_host *host, size_t index) {
  printf("<tr id=\"host-%zu\"><td class=\"state %s\">%s</td><th scope=\"row\">", index,
         severity_word(host->severity), severity_word(host->severity));
  if (host->key_count > 0)
    printf("<a href=\"#chain-%zu\">", index);
  html_host(host->host, host->port);
  printf("%s</th><td class=\"tls\">", host->key_count > 0 ? "</a>" : "");
  html_text(*host->version == '\0' ? "-" : host->version);
  fputs("</td><td>", stdout);
  print_findings(host);
  fputs("</td></tr>\n", stdout);
}

static void print_rows(const struct watch *watch, bool well) {
  fputs("<table>\n<thead><tr><th scope=\"col\" class=\"state\">State</th><th scope=\"col\" "
        "class=\"host\">Host</th>"
        "<th scope=\"col\" class=\"tls\">TLS</th><th scope=\"col\">Findings</th></tr></thead>\n<tbody>\n",
        stdout);
  for (size_t i = 0; i < watch->count; i++)
    if ((watch->hosts[i].severity == SEVERITY_OK) == well)
      print_row(&watch->hosts[i], i);
  fputs("</tbody>\n</table>\n", stdout);
}

static void print_hosts(const struct watch *watch) {
  size_t well = watch_count(watch, SEVERITY_OK) - watch->well_left_out;
  printf("<h2 id=\"problems\">Problems</h2>\n");
  if (well < watch->count)
    print_rows(watch, false);
  else if (watch->trouble != NULL || watch->machine.finding_count > 0 || watch->interrupted_of > 0)
    fputs("<p>None of these hosts has any; what else is wrong is said above.</p>\n", stdout);
  else
    fputs("<p class=\"ok\">None: every host is well.</p>\n", stdout);
  if (well == 0)
    return;
  printf("<details><summary>%zu host%s %s well</summary>\n", well, well == 1 ? "" : "s",
         well == 1 ? "is" : "are");
  print_rows(watch, true);
  fputs("</details>\n", stdout);
}

void watch_print_html(const struct watch *watch) {
  char machine[256] = "";
  if (gethostname(machine, sizeof machine - 1) != 0 || *machine == '\0')
    snprintf(machine, sizeof machine, "unknown");
  AUTO_TEXT title = must_format("Pinned hosts, seen from %s", machine);
  html_begin(title);
  fputs("<h1>", stdout);
  html_text(title);
  fputs("</h1>\n", stdout);
  print_facts(watch, machine);
  print_summary(watch);
  print_hosts(watch);
  watch_html_timeline(watch);
  watch_html_history(watch);
  watch_html_scan(watch);
  watch_html_chains(watch);
  html_end();
}
