/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/scan_report.h"

#include <stdio.h>
#include <string.h>

#include "cli/json_file.h"
#include "monitor/html.h"
#include "monitor/watch_html.h"

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
static void print_findings(json_object *findings) {
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

static void print_row(json_object *host) {
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
    print_findings(json_member(host, "findings", json_type_array));
  }
  fputs("</td></tr>\n", stdout);
}

void watch_html_scan(const struct watch *watch) {
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
    print_row(json_object_array_get_idx(hosts, i));
  fputs("</tbody>\n</table>\n", stdout);
}
