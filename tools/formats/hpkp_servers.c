/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/hpkp.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "formats/option_text.h"
#include "formats/words.h"

bool hpkp_has_pins(const char *value) {
  return strcasestr(value, "pin-") != NULL;
}

bool hpkp_has_directives(const char *text) {
  return hpkp_has_pins(text) || strcasestr(text, "max-age=") != NULL ||
         strcasestr(text, "includeSubDomains") != NULL;
}

/* Whether a line is a sent header, "NAME: VALUE", or continues one. */
static bool is_sent(const char *line) {
  const char *colon = strchr(line, ':');
  return hpkp_has_directives(line) ||
         (*line != '-' && colon != NULL && colon[1 + strspn(colon + 1, " \t")] != '\0');
}

#define HOST_OF_LIGHTTPD "$HTTP[\"host\"]"

static bool begins_with(const char *line, const char *start) {
  return strncasecmp(line, start, strlen(start)) == 0;
}

/* "server {" of nginx; the bracket may be in the next line. */
static bool begins_nginx_server(const char *line) {
  size_t length = strlen("server");
  return begins_with(line, "server") && strchr("{", line[length + strspn(line + length, " \t")]) != NULL;
}

/* Whether a server block of nginx, Apache, lighttpd or Caddy begins, or any block in braces at the start
 * of a line. Sent headers of one server end at any other line. */
static bool begins_server(const char *line, size_t indent, bool are_sent) {
  bool opens = indent == 0 && line[0] != '\0' && line[1] != '\0' && line[strlen(line) - 1] == '{';
  return are_sent ? !is_sent(line)
                  : opens || begins_nginx_server(line) || begins_with(line, "<VirtualHost") ||
                        begins_with(line, HOST_OF_LIGHTTPD);
}

/* Whether a line names hosts of its server block. For Caddy, and for a block of nginx in one line, that is
 * the line where the block begins. */
static bool is_about_hosts(const char *line, bool begins) {
  size_t length = strcspn(line, " \t");
  return begins_with(line, "server_name") || begins_with(line, "ServerName") ||
         begins_with(line, "ServerAlias") || begins_with(line, HOST_OF_LIGHTTPD) ||
         (begins && (begins_nginx_server(line) || memchr(line, '.', length) != NULL));
}

/* Whether the line names the host. Cuts the line. */
static bool names_host(char *line, const char *host) {
  bool found = false, has_path = false;
  uint16_t port = 0;
  if (strcasestr(line, host) == NULL || strstr(line, "!=") != NULL)
    return false;
  for (const char *word; !found && (word = next_word(&line, " \t;,\"'{}()=<>")) != NULL;) {
    AUTO_TEXT name = NULL;
    found = url_read(word, &name, &port, &has_path) && strcasecmp(name, host) == 0;
  }
  return found;
}

void hpkp_find_servers(const char *text, const char *host, struct headers *headers) {
  struct lines lines = lines_of(text);
  size_t server = 0, at = 0, first = 0;
  bool is_of_host = false;
  char *line;
  do {
    line = lines_next(&lines);
    bool begins = line == NULL || begins_server(trim(line), lines.indent, headers->are_sent);
    for (; at < headers->count && (line == NULL || headers->items[at].line < lines.number); at++)
      headers->items[at].server = server;
    if (begins) {
      for (; first < at; first++)
        headers->items[first].is_of_host = is_of_host;
      is_of_host = false;
      server++;
    }
    if (line != NULL && is_about_hosts(line, begins))
      is_of_host = names_host(line, host) || is_of_host;
  } while (line != NULL);
  lines_clear(&lines);
}

bool hpkp_may_have_pins(const struct header *header) {
  return hpkp_has_pins(header->value) || strpbrk(header->value, EXPRESSION) != NULL;
}

bool hpkp_is_same(const struct header *header, const struct header *other) {
  return header->report_only == other->report_only && strcmp(header->value, other->value) == 0;
}

/* Returns the header that browsers use: of several the first (RFC 7469, 2.3.1), one with pins before one
 * that a server removes or hides, and one that enforces before one that reports. NULL: there is none. */
static struct header *choose(const struct headers *headers, bool only_of_host) {
  struct header *best = NULL;
  size_t best_rank = 4;
  for (size_t i = 0; i < headers->count; i++) {
    struct header *header = &headers->items[i];
    size_t rank = (hpkp_has_pins(header->value) ? 0U : 2U) + (header->report_only ? 1U : 0U);
    if (rank >= best_rank || (only_of_host && !header->is_of_host))
      continue;
    best = header;
    best_rank = rank;
  }
  return best;
}

/* Whether another header may belong to --host too: one in another server block, or a second one in a
 * configuration. */
static bool is_disputed(const struct headers *headers, const struct header *chosen, bool only_of_host) {
  for (size_t i = 0; i < headers->count; i++) {
    const struct header *other = &headers->items[i];
    bool is_elsewhere = other->server != chosen->server && hpkp_may_have_pins(other);
    bool is_second =
        !headers->are_sent && hpkp_has_pins(other->value) && other->report_only == chosen->report_only;
    if (!hpkp_is_same(other, chosen) && (is_elsewhere || is_second) && (other->is_of_host || !only_of_host))
      return true;
  }
  return false;
}

struct header *hpkp_find_own(const struct headers *headers, bool *ret_is_open) {
  struct header *first = choose(headers, false);
  *ret_is_open = false;
  if (first == NULL || !is_disputed(headers, first, false))
    return first;
  struct header *own = choose(headers, true);
  *ret_is_open = own == NULL || is_disputed(headers, own, true);
  return own == NULL ? first : own;
}
