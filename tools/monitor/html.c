/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/memory.h"
#include "base/punycode.h"

/* All colours are set at the top, once for light and once for dark. */
static const char style[] =
    ":root { color-scheme: light dark; --page: #ffffff; --text: #1b1f23; --faint: #57606a; --line: #8c959f;\n"
    "  --link: #0550ae; --ok: #1a7f37; --warning: #8a5300; --critical: #b3261e; --refused: #fdecea;\n"
    "  --track: #e6e8eb; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  :root { --page: #16191d; --text: #e6e9ec; --faint: #a3abb3; --line: #6e7781;\n"
    "    --link: #7cb8ff; --ok: #5fd07a; --warning: #f0b429; --critical: #ff8a80; --refused: #3a1a1a;\n"
    "    --track: #2c3238; } }\n"
    "* { box-sizing: border-box; }\n"
    "body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 1.5rem auto; padding: 0 1rem;\n"
    "  background: var(--page); color: var(--text); overflow-wrap: anywhere; }\n"
    "h1 { font-size: 1.6rem; line-height: 1.2; } h2 { margin-top: 2rem; } h3 { margin: 1.2rem 0 .2rem; }\n"
    "a { color: var(--link); }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "th, td { text-align: left; padding: .3rem .6rem .3rem 0; vertical-align: top;\n"
    "  border-bottom: 1px solid var(--line); }\n"
    "th[scope=row] { font-weight: normal; }\n"
    "th.state, td.state, td.tls, td.when, .facts th { white-space: nowrap; overflow-wrap: normal; }\n"
    "th.host { width: 45%; } th.state { width: 5rem; } th.tls { width: 5.5rem; } th.when { width: 5.5rem; }\n"
    ".facts th { color: var(--faint); padding-right: 1rem; width: 7rem; } .facts th, .facts td { border: 0; "
    "}\n"
    ".facts th, .facts td { padding-top: 0; padding-bottom: 0; }\n"
    ".ok { color: var(--ok); } .warning { color: var(--warning); } .critical { color: var(--critical); }\n"
    "td.state, .trouble { font-weight: bold; }\n"
    ".unicode, small { color: var(--faint); font-size: .85rem; }\n"
    "summary { cursor: pointer; margin: .8rem 0 .4rem; }\n"
    ".track { background: var(--track); min-width: 4rem; margin-top: .35rem; }\n"
    ".bar { height: .8rem; min-width: 2px; background: currentColor; }\n"
    ".life { display: block; width: 100%; min-width: 4rem; height: .8rem; margin-top: .35rem; }\n"
    ".life .ground { fill: var(--track); } .life .seen { fill: var(--ok); } .issuer .seen { fill: "
    "var(--link); }\n"
    "th.pin { width: 9rem; } th.scanned { width: 30%; }\n"
    ".chain { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem; margin: .4rem 0; }\n"
    ".key { border: 1px solid var(--line); border-radius: .4rem; padding: .4rem .6rem; max-width: 100%; }\n"
    ".key.pinned { border: 2px solid var(--ok); } .key.unproven { border-style: dashed; }\n"
    ".refused { border-left: .4rem solid var(--critical); background: var(--refused); padding: .1rem .8rem "
    ".5rem;\n"
    "  margin: .8rem 0; }\n"
    ".refused .key { border-color: var(--critical); } .refused .verdict { color: var(--critical); }\n"
    ".refused small { color: var(--text); }\n"
    ".verdict { font-weight: bold; margin: .3rem 0; } .expected { margin: .2rem 0; padding-left: 1.2rem; }\n"
    "@media (max-width: 40rem) { body { margin: .5rem auto; padding: 0 .6rem; } .tls { display: none; }\n"
    "  th.host { width: 40%; } }\n"
    "@media print { details > * { display: block; } }\n";

void html_begin(const char *title) {
  fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
        stdout);
  html_text(title);
  printf("</title>\n<style>\n%s</style>\n</head>\n<body>\n", style);
}

void html_end(void) {
  fputs("</body>\n</html>\n", stdout);
}

void html_text(const char *text) {
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

void html_prose(const char *text) {
  for (const char *label = text; *label != '\0';) {
    size_t length = strcspn(label, ".");
    length += label[length] == '.' ? 1 : 0;
    AUTO_TEXT piece = must_copy_bytes(label, length);
    html_text(piece);
    label += length;
    if (*label != '\0')
      fputs("<wbr>", stdout);
  }
}

void html_format(const char *format, ...) {
  va_list values;
  va_start(values, format);
  AUTO_TEXT text = must_vformat(format, values);
  va_end(values);
  html_prose(text);
}

void html_name(const char *name) {
  AUTO_TEXT unicode = name_in_unicode(name);
  html_prose(name);
  if (unicode == NULL)
    return;
  fputs(" <bdi class=\"unicode\">(", stdout);
  html_prose(unicode);
  fputs(")</bdi>", stdout);
}

void html_host(const char *host, unsigned port) {
  AUTO_TEXT name = must_format(strchr(host, ':') == NULL ? "%s" : "[%s]", host);
  html_name(name);
  html_format(":%u", port);
}
