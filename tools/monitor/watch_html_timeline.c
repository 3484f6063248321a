/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/watch_html.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "monitor/html.h"

/* The bars end here; what lives longer reaches the end. */
#define TIMELINE_DAYS 400

/* Something of a host that ends, or a host of which nothing is known. */
struct end {
  const struct watch_host *host;
  size_t index;
  const char *what; /* static */
  bool unknown;
  int64_t left; /* until then, in seconds */
};

struct ends {
  struct end *items;
  size_t count;
};

static void add_end(struct ends *ends, const struct end *end) {
  ends->items = must_grow(ends->items, ends->count + 1, sizeof *ends->items);
  ends->items[ends->count++] = *end;
}

static void add_ends_of(const struct watch *watch, size_t index, struct ends *ends) {
  const struct watch_host *host = &watch->hosts[index];
  int64_t expires = watch_expires(host);
  struct end end = {.host = host, .index = index, .what = "certificate", .unknown = expires == 0};
  if (expires == 0)
    end.what = "not reached";
  else
    end.left = expires - watch->now;
  add_end(ends, &end);
  if (!host->covered || host->entry.expires == PIN_NEVER)
    return;
  end = (struct end){.host = host, .index = index, .what = "entry of the policy"};
  end.left = host->entry.expires - watch->now;
  add_end(ends, &end);
}

/* What is not known comes first, then the soonest. */
static int compare_ends(const void *a, const void *b) {
  const struct end *left = a;
  const struct end *right = b;
  if (left->unknown != right->unknown)
    return left->unknown ? -1 : 1;
  if (left->left != right->left)
    return left->left < right->left ? -1 : 1;
  return left->index < right->index ? -1 : left->index > right->index;
}

static enum severity severity_of(const struct watch *watch, const struct end *end) {
  int64_t days = days_until(0, end->left);
  if (end->unknown || end->left < 0 || days < watch->critical_days)
    return SEVERITY_CRITICAL;
  return days < watch->warning_days ? SEVERITY_WARNING : SEVERITY_OK;
}

static void print_end(const struct watch *watch, const struct end *end) {
  const char *severity = severity_word(severity_of(watch, end));
  int64_t days = days_until(0, end->left);
  int64_t shown = days < 0 ? 0 : days > TIMELINE_DAYS ? TIMELINE_DAYS : days;
  fputs("<tr><th scope=\"row\">", stdout);
  html_host(end->host->host, end->host->port);
  printf("<br><small>%s</small></th><td>", end->what);
  if (!end->unknown)
    printf("<div class=\"track %s\"><div class=\"bar\" style=\"width:%lld%%\"></div></div>", severity,
           (long long)(shown * 100 / TIMELINE_DAYS));
  printf("</td><td class=\"when %s\">", severity);
  if (end->unknown)
    fputs("not known", stdout);
  else if (end->left < 0)
    fputs("expired", stdout);
  else
    printf("%lld day%s", (long long)days, days == 1 ? "" : "s");
  fputs("</td></tr>\n", stdout);
}

static void print_ends(const struct watch *watch, const struct end *ends, size_t count) {
  fputs("<table>\n<thead><tr><th scope=\"col\" class=\"host\">Host</th><th scope=\"col\">Time left</th>"
        "<th scope=\"col\" class=\"when\">In days</th></tr></thead>\n<tbody>\n",
        stdout);
  for (size_t i = 0; i < count; i++)
    print_end(watch, &ends[i]);
  fputs("</tbody>\n</table>\n", stdout);
}

void watch_html_timeline(const struct watch *watch) {
  struct ends ends = {0};
  size_t soon = 0;
  for (size_t i = 0; i < watch->count; i++)
    add_ends_of(watch, i, &ends);
  if (ends.count > 0)
    qsort(ends.items, ends.count, sizeof *ends.items, compare_ends);
  while (soon < ends.count && severity_of(watch, &ends.items[soon]) != SEVERITY_OK)
    soon++;
  printf(
      "<h2 id=\"timeline\">What expires when</h2>\n<p>The first certificate of each path to expire, and the "
      "entries of the policy that do. A full bar is %d days or more.</p>\n",
      TIMELINE_DAYS);
  if (soon > 0)
    print_ends(watch, ends.items, soon);
  if (soon < ends.count) {
    printf("<details><summary>%zu in %d days or later</summary>\n", ends.count - soon, watch->warning_days);
    print_ends(watch, ends.items + soon, ends.count - soon);
    fputs("</details>\n", stdout);
  }
  free(ends.items);
}
