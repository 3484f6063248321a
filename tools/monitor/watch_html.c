/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/watch_html.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "monitor/html.h"
#include "view/entry_text.h"

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
