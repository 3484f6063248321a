/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * git's http.pinnedPubkey, in a configuration file ([http "URL"]) or as "git config --list" prints it. Names
 * of sections and keys have no case; the value is curl's.
 */
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "formats/curl.h"
#include "formats/formats.h"
#include "formats/url.h"

static void add_pins(struct conversion *conversion, const char *url, const char *value, unsigned line) {
  char *host = NULL;
  bool has_path = false;
  struct draft draft = DRAFT_AT(conversion->host, line);
  if (*url != '\0' && !url_read(url, &host, &draft.port, &has_path)) {
    convert_loss(conversion, conversion->path, line, "\"%s\": expected https://HOST/; left out", url);
    return;
  }
  if (host != NULL)
    draft.name = host;
  if (has_path)
    convert_loss(conversion, conversion->path, line,
                 "\"%s\" is for one path; the entry covers the whole host", url);
  curl_take_pins(conversion, value, &draft);
  conversion_add_named(conversion, &draft);
  draft_clear(&draft);
  free(host);
}

/* A file being read. */
struct reading {
  struct conversion *conversion;
  const char *at;
  unsigned line;
  bool in_http;
  char *url; /* of the section; "": for every host */
};

static void skip_blanks(struct reading *reading) {
  reading->at += strspn(reading->at, " \t");
}

static void skip_line(struct reading *reading) {
  reading->at += strcspn(reading->at, "\n");
}

/* [section], [section "subsection"] */
static void read_section(struct reading *reading) {
  const char *start = ++reading->at;
  size_t length = strcspn(start, " \t\"]\n");
  reading->in_http = length == 4 && strncasecmp(start, "http", 4) == 0;
  reading->at = start + length;
  skip_blanks(reading);
  size_t room = strcspn(reading->at, "\n") + 1;
  free(reading->url);
  reading->url = must_alloc(room, 1);
  if (*reading->at == '"') {
    size_t used = 0;
    for (reading->at++; *reading->at != '"' && *reading->at != '\n' && *reading->at != '\0'; reading->at++) {
      reading->at += *reading->at == '\\' && reading->at[1] != '\0' && reading->at[1] != '\n' ? 1 : 0;
      reading->url[used++] = *reading->at;
    }
  }
  reading->at += strcspn(reading->at, "]\n");
  reading->at += *reading->at == ']' ? 1 : 0;
}

/* Behind "=": quotes, escapes, a comment at the end, lines that go on behind a backslash. For free(3). */
static char *take_value(struct reading *reading) {
  size_t room = 0; /* up to the end of the line that no backslash continues */
  while (reading->at[room] != '\0' && reading->at[room] != '\n')
    room += reading->at[room] == '\\' && reading->at[room + 1] != '\0' ? 2 : 1;
  char *value = must_alloc(room + 1, 1);
  size_t length = 0, kept = 0;
  bool quoted = false;
  for (skip_blanks(reading); *reading->at != '\0' && *reading->at != '\n'; reading->at++) {
    char byte = *reading->at;
    if (!quoted && (byte == '#' || byte == ';') && (length == 0 || isspace((unsigned char)value[length - 1])))
      break;
    if (byte == '"') {
      quoted = !quoted;
    } else if (byte == '\\' && reading->at[1] == '\n') {
      reading->at++;
      reading->line++;
    } else {
      reading->at += byte == '\\' && reading->at[1] != '\0' ? 1 : 0;
      value[length++] = *reading->at;
      kept = quoted || !isspace((unsigned char)byte) ? length : kept;
    }
  }
  value[kept] = '\0';
  return value;
}

/* "http.URL.pinnedpubkey", as lists print it: the URL of it, for free(3); NULL: another key. */
static char *listed_url(const char *key) {
  static const char last[] = "pinnedpubkey";
  size_t length = strlen(key);
  if (strncasecmp(key, "http.", 5) != 0 || length < 5 + strlen(last) ||
      strcasecmp(key + length - strlen(last), last) != 0)
    return NULL;
  size_t middle = length - 5 - strlen(last);
  return must_copy_bytes(key + 5, middle == 0 ? 0 : middle - 1);
}

static void read_key(struct reading *reading) {
  unsigned line = reading->line;
  size_t length = strcspn(reading->at, "=\n");
  AUTO_TEXT key = must_copy_bytes(reading->at, length);
  size_t end = strlen(key);
  while (end > 0 && isspace((unsigned char)key[end - 1]))
    key[--end] = '\0';
  reading->at += length;
  if (*reading->at != '=') {
    skip_line(reading);
    return;
  }
  reading->at++;
  AUTO_TEXT value = take_value(reading);
  AUTO_TEXT url = listed_url(key);
  if (url != NULL)
    add_pins(reading->conversion, url, value, line);
  else if (reading->in_http && strcasecmp(key, "pinnedpubkey") == 0)
    add_pins(reading->conversion, reading->url, value, line);
}

static void read_git(struct conversion *conversion) {
  struct reading reading = {
      .conversion = conversion, .at = conversion->text, .line = 1, .url = must_copy("")};
  while (*reading.at != '\0') {
    skip_blanks(&reading);
    if (*reading.at == '\n') {
      reading.at++;
      reading.line++;
    } else if (*reading.at == '#' || *reading.at == ';') {
      skip_line(&reading);
    } else if (*reading.at == '[') {
      read_section(&reading);
    } else if (*reading.at != '\0') {
      read_key(&reading);
      skip_line(&reading);
    }
  }
  free(reading.url);
}

const struct format format_git = {
    .name = "git",
    .title = "git's http.pinnedPubkey (a configuration)",
    .mark = "sha256//\npinnedpubkey\n[http\thttp.http",
    .holds = HOLDS_HOSTS | HOLDS_ADDRESSES | HOLDS_WILDCARDS | HOLDS_PORTS | HOLDS_EVERY_PORT,
    .names_some_hosts = true,
    .read = read_git,
};
