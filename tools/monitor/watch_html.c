/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The report of monitor as an HTML page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/json.h"
#include "monitor/history_drawing.h"
#include "monitor/html.h"
#include "monitor/watch.h"
#include "view/entry_text.h"

/* ---- Time left until something expires, the shortest first ---- */

/* A full bar stands for this many days or more. */
#define TIMELINE_DAYS 400

/* A date of a host: when a certificate or its entry expires; or a host that was not reached. */
struct deadline {
  const struct watch_host *host;
  size_t index;
  const char *what; /* static */
  bool unknown;     /* the host was not reached */
  int64_t left;     /* seconds until then */
};

struct deadlines {
  struct deadline *items;
  size_t count;
};

static void add_deadline(struct deadlines *deadlines, const struct deadline *deadline) {
  deadlines->items = must_grow(deadlines->items, deadlines->count + 1, sizeof *deadlines->items);
  deadlines->items[deadlines->count++] = *deadline;
}

static void add_deadlines_of(const struct watch *watch, size_t index, struct deadlines *deadlines) {
  const struct watch_host *host = &watch->hosts[index];
  int64_t expires = watch_expires(host);
  struct deadline deadline = {.host = host, .index = index, .what = "certificate", .unknown = expires == 0};
  if (expires == 0)
    deadline.what = "not reached";
  else
    deadline.left = expires - watch->now;
  add_deadline(deadlines, &deadline);
  if (!host->covered || host->entry.expires == PIN_NEVER)
    return;
  deadline = (struct deadline){.host = host, .index = index, .what = "entry of the policy"};
  deadline.left = host->entry.expires - watch->now;
  add_deadline(deadlines, &deadline);
}

/* Hosts that were not reached come first, then the shortest time. */
static int compare_deadlines(const void *a, const void *b) {
  const struct deadline *left = a;
  const struct deadline *right = b;
  if (left->unknown != right->unknown)
    return left->unknown ? -1 : 1;
  if (left->left != right->left)
    return left->left < right->left ? -1 : 1;
  return left->index < right->index ? -1 : left->index > right->index;
}

static enum severity severity_of(const struct watch *watch, const struct deadline *deadline) {
  int64_t days = days_until(0, deadline->left);
  if (deadline->unknown || deadline->left < 0 || days < watch->critical_days)
    return SEVERITY_CRITICAL;
  return days < watch->warning_days ? SEVERITY_WARNING : SEVERITY_OK;
}

static void print_deadline(const struct watch *watch, const struct deadline *deadline) {
  const char *severity = severity_word(severity_of(watch, deadline));
  int64_t days = days_until(0, deadline->left);
  int64_t shown = days < 0 ? 0 : days > TIMELINE_DAYS ? TIMELINE_DAYS : days;
  fputs("<tr><th scope=\"row\">", stdout);
  html_host(deadline->host->host, deadline->host->port);
  printf("<br><small>%s</small></th><td>", deadline->what);
  if (!deadline->unknown)
    printf("<div class=\"track %s\"><div class=\"bar\" style=\"width:%lld%%\"></div></div>", severity,
           (long long)(shown * 100 / TIMELINE_DAYS));
  printf("</td><td class=\"when %s\">", severity);
  if (deadline->unknown)
    fputs("not known", stdout);
  else if (deadline->left < 0)
    fputs("expired", stdout);
  else
    printf("%lld day%s", (long long)days, days == 1 ? "" : "s");
  fputs("</td></tr>\n", stdout);
}

static void print_deadlines(const struct watch *watch, const struct deadline *deadlines, size_t count) {
  fputs("<table>\n<thead><tr><th scope=\"col\" class=\"host\">Host</th><th scope=\"col\">Time left</th>"
        "<th scope=\"col\" class=\"when\">In days</th></tr></thead>\n<tbody>\n",
        stdout);
  for (size_t i = 0; i < count; i++)
    print_deadline(watch, &deadlines[i]);
  fputs("</tbody>\n</table>\n", stdout);
}

static void print_timeline(const struct watch *watch) {
  struct deadlines deadlines = {0};
  size_t soon = 0;
  for (size_t i = 0; i < watch->count; i++)
    add_deadlines_of(watch, i, &deadlines);
  if (deadlines.count > 0)
    qsort(deadlines.items, deadlines.count, sizeof *deadlines.items, compare_deadlines);
  while (soon < deadlines.count && severity_of(watch, &deadlines.items[soon]) != SEVERITY_OK)
    soon++;
  printf(
      "<h2 id=\"timeline\">What expires when</h2>\n<p>The first certificate of each path to expire, and the "
      "entries of the policy that do. A full bar is %d days or more.</p>\n",
      TIMELINE_DAYS);
  if (soon > 0)
    print_deadlines(watch, deadlines.items, soon);
  if (soon < deadlines.count) {
    printf("<details><summary>%zu in %d days or later</summary>\n", deadlines.count - soon,
           watch->warning_days);
    print_deadlines(watch, deadlines.items + soon, deadlines.count - soon);
    fputs("</details>\n", stdout);
  }
  free(deadlines.items);
}

/* ---- Keys over time ---- */

/* Units of a drawing, which is stretched to the width of its cell. */
#define WIDTH 1000

static bool is_drawn(const struct watch_host *host) {
  return host->drawing != NULL && host->drawing->count > 0;
}

/* Whether its key or its issuer has ever changed. */
static bool has_changed(const struct watch_host *host) {
  size_t counts[2] = {0};
  for (size_t i = 0; i < host->drawing->count; i++)
    counts[host->drawing->periods[i].depth]++;
  return counts[0] > 1 || counts[1] > 1;
}

/* Where a moment lies in the drawing; one outside, as after a clock was set back, lies on the edge. */
static int position_of(int64_t moment, int64_t from, int64_t to) {
  if (moment <= from || to <= from)
    return 0;
  return moment >= to ? WIDTH : (int)((double)(moment - from) / (double)(to - from) * WIDTH);
}

/* The text beside the drawing says all that it shows. */
static void print_period(const struct period *period, size_t index, int64_t from, int64_t to) {
  AUTO_TEXT first = date_format(period->first);
  AUTO_TEXT last = date_format(period->last);
  const char *what = period->depth == 0 ? "key" : "issuer";
  int begins = position_of(period->first, from, to);
  int width = position_of(period->last, from, to) - begins;
  printf("<tr><th scope=\"row\">%s<br><small>", what);
  html_format("%s", period->pin);
  printf("</small></th><td><svg class=\"life %s\" viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" "
         "role=\"img\" aria-labelledby=\"t-%zu d-%zu\"><title id=\"t-%zu\">%s ",
         period->depth == 0 ? "own" : "issuer", WIDTH, index, index, index, what);
  html_format("%s", period->pin);
  printf("</title><desc id=\"d-%zu\">seen from %s to %s</desc><rect class=\"ground\" width=\"%d\" "
         "height=\"10\"/><rect class=\"seen\" x=\"%d\" width=\"%d\" height=\"10\"/></svg></td>"
         "<td class=\"when\">%s<br>%s</td></tr>\n",
         index, first, last, WIDTH, begins, width < WIDTH / 100 ? WIDTH / 100 : width, first, last);
}

static void print_host(const struct watch *watch, const struct watch_host *host, size_t *number) {
  const struct history_drawing *drawing = host->drawing;
  int64_t from = drawing_begins(drawing);
  AUTO_TEXT begins = date_format(from);
  AUTO_TEXT ends = date_format(watch->now);
  fputs("<h3>", stdout);
  html_host(host->host, host->port);
  printf("</h3>\n<table>\n<thead><tr><th scope=\"col\" class=\"pin\">Key</th><th scope=\"col\">%s to %s</th>"
         "<th scope=\"col\" class=\"when\">Seen from, to</th></tr></thead>\n<tbody>\n",
         begins, ends);
  for (size_t i = 0; i < drawing->count; i++)
    print_period(&drawing->periods[i], (*number)++, from, watch->now);
  fputs("</tbody>\n</table>\n", stdout);
}

/* Prints the hosts with a change, or those without. number NULL: only counts them. */
static size_t print_some_drawings(const struct watch *watch, bool changed, size_t *number) {
  size_t count = 0;
  for (size_t i = 0; i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    if (!is_drawn(host) || has_changed(host) != changed)
      continue;
    count++;
    if (number != NULL)
      print_host(watch, host, number);
  }
  return count;
}

/* The keys of each host, drawn over time; hosts without a change are folded. Prints nothing without a
 * history. */
static void print_history(const struct watch *watch) {
  size_t number = 0;
  size_t changed = print_some_drawings(watch, true, NULL);
  size_t same = print_some_drawings(watch, false, NULL);
  if (changed + same == 0)
    return;
  fputs("<h2 id=\"history\">Keys over time</h2>\n<p>The keys of each server and of its issuer, as runs of "
        "monitor saw them.</p>\n",
        stdout);
  print_some_drawings(watch, true, &number);
  if (same == 0)
    return;
  printf("<details><summary>%zu host%s without a change</summary>\n", same, same == 1 ? "" : "s");
  print_some_drawings(watch, false, &number);
  fputs("</details>\n", stdout);
}

/* ---- Chains ---- */

static void print_key(const struct watch_key *key) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  AUTO_TEXT expires = expiry_text(key->expires);
  pin_digest_format(&key->key, digest);
  printf("<div class=\"key%s%s\">", *key->entry_list == '\0' ? "" : " pinned",
         key->proven ? "" : " unproven");
  html_format("%s: %s", role_word(key->role), *key->subject == '\0' ? "(no subject)" : key->subject);
  printf("<br><small>%s<br>", digest);
  html_format("until %s%s%s%s", expires, *key->entry_list == '\0' ? "" : ", in ", key->entry_list,
              key->proven ? "" : ", not proven");
  fputs("</small></div>\n", stdout);
}

/* The keys that the entry accepts. */
static void print_expected(const struct watch *watch, const struct pin_entry *entry) {
  AUTO_TEXT place = entry_place(entry, watch->policy_path == NULL ? "" : watch->policy_path);
  fputs("<p>Expected by the entry ", stdout);
  html_name(entry->name);
  html_format(" (%s):", place);
  fputs("</p>\n<ul class=\"expected\">\n", stdout);
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    for (uint32_t i = 0; i < entry->lists[list].count; i++) {
      char digest[PIN_DIGEST_TEXT_SIZE];
      pin_digest_format(&entry->lists[list].digests[i], digest);
      printf("<li>%s: %s</li>\n", pin_list_name((enum pin_list)list), digest);
    }
  fputs("</ul>\n", stdout);
}

static void print_verdict(const struct watch *watch, const struct watch_host *host) {
  bool refused = host->outcome == PIN_REFUSED || host->outcome == PIN_AUDITED;
  printf("<p class=\"verdict%s\">", refused ? "" : host->outcome == PIN_ACCEPTED ? " ok" : " warning");
  html_format("%s: %s", pin_outcome_word(host->outcome), pin_reason_text(host->reason));
  fputs("</p>\n", stdout);
  if (refused && host->covered)
    print_expected(watch, &host->entry);
}

static void print_chain(const struct watch *watch, size_t index) {
  const struct watch_host *host = &watch->hosts[index];
  bool refused = host->outcome == PIN_REFUSED;
  printf("<section id=\"chain-%zu\"%s>\n<h3>", index, refused ? " class=\"refused\"" : "");
  html_host(host->host, host->port);
  printf(" <small><a href=\"#host-%zu\">to its row</a></small></h3>\n", index);
  print_verdict(watch, host);
  if (refused)
    fputs("<p>Shown by the server:</p>\n", stdout);
  fputs("<div class=\"chain\">\n", stdout);
  for (size_t i = 0; i < host->key_count; i++) {
    fputs(i == 0 ? "" : "<span>signed by</span>\n", stdout);
    print_key(&host->keys[i]);
  }
  fputs("</div>\n<p><small>", stdout);
  html_format("%s, %s", *host->version == '\0' ? "TLS was not completed" : host->version,
              *host->cipher == '\0' ? "no cipher" : host->cipher);
  fputs("</small></p>\n</section>\n", stdout);
}

/* Prints the chains of hosts that are well, or of the others. */
static size_t print_some_chains(const struct watch *watch, bool well, bool count_only) {
  size_t count = 0;
  for (size_t i = 0; i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    if (host->key_count == 0 || (host->severity == SEVERITY_OK) != well)
      continue;
    count++;
    if (!count_only)
      print_chain(watch, i);
  }
  return count;
}

/* The chain of each host; those of hosts that are well are folded. */
static void print_chains(const struct watch *watch) {
  size_t well = print_some_chains(watch, true, true);
  fputs("<h2 id=\"chains\">Chains</h2>\n", stdout);
  print_some_chains(watch, false, false);
  if (well == 0)
    return;
  printf("<details><summary>%zu chain%s of hosts that are well</summary>\n", well, well == 1 ? "" : "s");
  print_some_chains(watch, true, false);
  fputs("</details>\n", stdout);
}

/* ---- The report of "pinctl scan" ---- */

bool scan_report_read(const char *path, struct watch *watch) {
  watch->scan = json_file_read(path, SCAN_REPORT_LIST, SCAN_REPORT_EXPECTED);
  return watch->scan != NULL;
}

/* The class for the colour: a fixed word, since the text of a report must not become markup. */
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

/* What servers accept, by the scan. Prints nothing without a scan. */
static void print_scan(const struct watch *watch) {
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

/* ---- The head of the page ---- */

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
    printf("<p class=\"trouble warning\">interrupted: only these of %zu hosts were checked</p>\n",
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
  print_timeline(watch);
  print_history(watch);
  print_scan(watch);
  print_chains(watch);
  html_end();
}
