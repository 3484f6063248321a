/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/watch_html.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "monitor/history_drawing.h"
#include "monitor/html.h"

/* Of a drawing, which is as wide as its cell. */
#define WIDTH 1000

static bool is_drawn(const struct watch_host *host) {
  return host->drawing != NULL && host->drawing->count > 0;
}

/* Whether it had another key, or another issuer, at some time. */
static bool has_changed(const struct watch_host *host) {
  size_t counts[2] = {0};
  for (size_t i = 0; i < host->drawing->count; i++)
    counts[host->drawing->stretches[i].depth]++;
  return counts[0] > 1 || counts[1] > 1;
}

/* A clock that was set back leads to the edge. */
static int place_of(int64_t moment, int64_t from, int64_t to) {
  if (moment <= from || to <= from)
    return 0;
  return moment >= to ? WIDTH : (int)((double)(moment - from) / (double)(to - from) * WIDTH);
}

/* The drawing says to nobody what the text beside it does not say. */
static void print_stretch(const struct stretch *stretch, size_t index, int64_t from, int64_t to) {
  AUTO_TEXT first = date_format(stretch->first);
  AUTO_TEXT last = date_format(stretch->last);
  const char *what = stretch->depth == 0 ? "key" : "issuer";
  int begins = place_of(stretch->first, from, to);
  int width = place_of(stretch->last, from, to) - begins;
  printf("<tr><th scope=\"row\">%s<br><small>", what);
  html_format("%s", stretch->pin);
  printf("</small></th><td><svg class=\"life %s\" viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" "
         "role=\"img\" aria-labelledby=\"t-%zu d-%zu\"><title id=\"t-%zu\">%s ",
         stretch->depth == 0 ? "own" : "issuer", WIDTH, index, index, index, what);
  html_format("%s", stretch->pin);
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
    print_stretch(&drawing->stretches[i], (*number)++, from, watch->now);
  fputs("</tbody>\n</table>\n", stdout);
}

static size_t print_some(const struct watch *watch, bool changed, size_t *number) {
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

void watch_html_history(const struct watch *watch) {
  size_t number = 0;
  size_t changed = print_some(watch, true, NULL);
  size_t same = print_some(watch, false, NULL);
  if (changed + same == 0)
    return;
  fputs("<h2 id=\"history\">Keys over time</h2>\n<p>The keys of each server and of its issuer, as runs of "
        "monitor saw them.</p>\n",
        stdout);
  print_some(watch, true, &number);
  if (same == 0)
    return;
  printf("<details><summary>%zu host%s without a change</summary>\n", same, same == 1 ? "" : "s");
  print_some(watch, false, &number);
  fputs("</details>\n", stdout);
}
