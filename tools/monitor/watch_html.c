/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/watch.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/escape.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "view/entry_text.h"

/* The timeline ends here; what lives longer reaches its end. */
#define TIMELINE_DAYS 400

/* No script, nothing fetched from elsewhere: the page may be mailed or kept. */
static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Pinned hosts</title>\n<style>\n"
    ":root { color-scheme: light dark; --ok: #2e7d32; --warning: #b26a00; --critical: #c62828; }\n"
    "body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "th, td { text-align: left; padding: .3rem .6rem; vertical-align: top; border-bottom: 1px solid #8884; "
    "}\n"
    ".ok { color: var(--ok); } .warning { color: var(--warning); } .critical { color: var(--critical); }\n"
    "td:last-child { min-width: 5rem; }\n"
    ".track { background: #8882; width: 100%; } .bar { height: .8rem; min-width: 2px; }\n"
    ".bar.ok { background: var(--ok); } .bar.warning { background: var(--warning); }\n"
    ".bar.critical { background: var(--critical); }\n"
    ".chain { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem; margin: .4rem 0 1.4rem; }\n"
    ".key { border: 1px solid #8888; border-radius: .4rem; padding: .4rem .6rem; max-width: 100%; }\n"
    ".key.pinned { border: 2px solid var(--ok); } .key.unproven { border-style: dashed; }\n"
    ".key small, code { overflow-wrap: anywhere; }\n"
    "</style>\n</head>\n<body>\n";

/* What a certificate brings is neither markup nor anything that turns the reading direction around. */
static void put_text(const char *text) {
  AUTO_TEXT escaped = escape_text(text);
  for (const char *at = escaped; *at != '\0'; at++) {
    switch (*at) {
    case '<':
      fputs("&lt;", stdout);
      break;
    case '>':
      fputs("&gt;", stdout);
      break;
    case '&':
      fputs("&amp;", stdout);
      break;
    case '"':
      fputs("&quot;", stdout);
      break;
    default:
      putchar(*at);
    }
  }
}

__attribute__((format(printf, 1, 2))) static void put_format(const char *format, ...) {
  va_list values;
  va_start(values, format);
  AUTO_TEXT text = must_vformat(format, values);
  va_end(values);
  put_text(text);
}

static void print_summary(const struct watch *watch) {
  AUTO_TEXT now = expiry_text(watch->now);
  fputs("<h1>Pinned hosts</h1>\n<p>", stdout);
  put_format("%s: %zu hosts, ", now, watch->count);
  for (int severity = SEVERITY_OK; severity <= SEVERITY_CRITICAL; severity++)
    printf("%s<span class=\"%s\">%zu %s</span>", severity == SEVERITY_OK ? "" : ", ",
           severity_word((enum severity)severity), watch_count(watch, (enum severity)severity),
           severity_word((enum severity)severity));
  fputs("</p>\n", stdout);
}

static void print_findings(const struct watch_host *host) {
  if (host->finding_count == 0)
    fputs("all well", stdout);
  for (size_t i = 0; i < host->finding_count; i++) {
    printf("<div class=\"%s\">", severity_word(host->findings[i].severity));
    put_text(host->findings[i].text);
    fputs("</div>", stdout);
  }
}

static void print_rows(const struct watch *watch) {
  fputs("<table>\n<tr><th>State</th><th>Host</th><th>TLS</th><th>Findings</th></tr>\n", stdout);
  for (size_t i = 0; i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    printf("<tr><td class=\"%s\">%s</td><td>", severity_word(host->severity), severity_word(host->severity));
    put_format("%s:%u", host->host, host->port);
    fputs("</td><td>", stdout);
    put_text(*host->version == '\0' ? "-" : host->version);
    fputs("</td><td>", stdout);
    print_findings(host);
    fputs("</td></tr>\n", stdout);
  }
  fputs("</table>\n", stdout);
}

static enum severity severity_of_days(const struct watch *watch, int64_t days) {
  if (days < watch->critical_days)
    return SEVERITY_CRITICAL;
  return days < watch->warning_days ? SEVERITY_WARNING : SEVERITY_OK;
}

static void print_timeline(const struct watch *watch) {
  printf("<h2>What expires when</h2>\n<p>The first certificate of each path to expire; the whole width is %d "
         "days.</p>\n<table>\n",
         TIMELINE_DAYS);
  for (size_t i = 0; i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    int64_t expires = watch_expires(host);
    if (expires == 0)
      continue;
    int64_t days = (expires - watch->now) / SECONDS_PER_DAY;
    int64_t shown = days < 0 ? 0 : days > TIMELINE_DAYS ? TIMELINE_DAYS : days;
    fputs("<tr><td>", stdout);
    put_format("%s:%u", host->host, host->port);
    printf("</td><td style=\"width:60%%\"><div class=\"track\"><div class=\"bar %s\" "
           "style=\"width:%lld%%\"></div></div>"
           "</td><td>%lld days</td></tr>\n",
           severity_word(severity_of_days(watch, days)), (long long)(shown * 100 / TIMELINE_DAYS),
           (long long)days);
  }
  fputs("</table>\n", stdout);
}

static void print_key(const struct watch_key *key) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  AUTO_TEXT expires = expiry_text(key->expires);
  pin_digest_format(&key->key, digest);
  printf("<div class=\"key%s%s\">", *key->entry_list == '\0' ? "" : " pinned",
         key->proven ? "" : " unproven");
  put_format("%s: %s", role_word(key->role), *key->subject == '\0' ? "(no subject)" : key->subject);
  printf("<br><small>%s<br>", digest);
  put_format("until %s%s%s%s", expires, *key->entry_list == '\0' ? "" : ", in ", key->entry_list,
             key->proven ? "" : ", not proven");
  fputs("</small></div>\n", stdout);
}

static void print_chains(const struct watch *watch) {
  fputs("<h2>Chains</h2>\n", stdout);
  for (size_t i = 0; i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    if (host->key_count == 0)
      continue;
    fputs("<h3>", stdout);
    put_format("%s:%u", host->host, host->port);
    fputs("</h3>\n<div class=\"chain\">\n", stdout);
    for (size_t j = 0; j < host->key_count; j++) {
      fputs(j == 0 ? "" : "<span>signed by</span>\n", stdout);
      print_key(&host->keys[j]);
    }
    fputs("</div>\n", stdout);
  }
}

void watch_print_html(const struct watch *watch) {
  fputs(head, stdout);
  print_summary(watch);
  print_rows(watch);
  print_timeline(watch);
  print_chains(watch);
  fputs("</body>\n</html>\n", stdout);
}
