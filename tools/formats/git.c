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
#include "formats/import.h"
#include "formats/option_text.h"

/* A value as it is set; of several for one URL git takes the last. */
struct setting {
  char *url; /* "": for every host */
  char *value;
  unsigned line;
};

static void add_pins(struct conversion *conversion, const struct setting *setting) {
  char *host = NULL;
  bool has_path = false;
  struct draft draft = DRAFT_AT(conversion->host, setting->line);
  if (*setting->url != '\0' && !url_read(setting->url, &host, &draft.port, &has_path)) {
    convert_loss(conversion, conversion->path, setting->line, "\"%s\": expected https://HOST/; left out",
                 setting->url);
    import_pass(conversion, &format_git, setting->value);
    return;
  }
  if (host != NULL)
    draft.name = host;
  if (has_path)
    convert_loss(conversion, conversion->path, setting->line,
                 "\"%s\" is for one path; the entry covers the whole host", setting->url);
  curl_take_pins(conversion, setting->value, &draft);
  conversion_add_named(conversion, &draft);
  draft_clear(&draft);
  free(host);
}

static int compare_settings(const void *a, const void *b) {
  const struct setting *left = a;
  const struct setting *right = b;
  int order = strcmp(left->url, right->url);
  return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

/* A file being read. */
struct reading {
  struct conversion *conversion;
  const char *at;
  unsigned line;
  bool in_http, in_include;
  char *url; /* of the section; "": for every host */
  struct setting *settings;
  size_t count;
};

/* Takes over url and value. */
static void take_setting(struct reading *reading, char *url, char *value, unsigned line) {
  reading->settings = must_room(reading->settings, reading->count, sizeof *reading->settings);
  reading->settings[reading->count++] = (struct setting){.url = url, .value = value, .line = line};
}

/* The setting of a URL of that host, which git prefers to one for every host; NULL: none. */
static const struct setting *more_specific(const struct reading *reading, const char *host) {
  for (size_t i = 0; i < reading->count; i++) {
    char *own = NULL;
    uint16_t port = 0;
    bool has_path = false;
    bool same = *reading->settings[i].url != '\0' &&
                url_read(reading->settings[i].url, &own, &port, &has_path) && strcasecmp(own, host) == 0 &&
                port == 0 && !has_path;
    free(own);
    if (same)
      return &reading->settings[i];
  }
  return NULL;
}

/* One that another one hides says nothing: it is only noted. */
static bool is_hidden(const struct reading *reading, const struct setting *setting) {
  struct conversion *conversion = reading->conversion;
  bool is_last =
      setting + 1 == reading->settings + reading->count || strcmp(setting->url, setting[1].url) != 0;
  const struct setting *other = is_last ? NULL : setting + 1;
  if (is_last && *setting->url == '\0' && conversion->host != NULL)
    other = more_specific(reading, conversion->host);
  if (other == NULL)
    return false;
  convert_note(conversion, conversion->path, setting->line,
               "pinnedPubkey is given again in line %u, and git takes that one", other->line);
  import_pass(conversion, &format_git, setting->value);
  return true;
}

static void add_settings(struct reading *reading) {
  struct conversion *conversion = reading->conversion;
  if (reading->count > 1)
    qsort(reading->settings, reading->count, sizeof *reading->settings, compare_settings);
  for (size_t i = 0; i < reading->count; i++)
    if (!is_hidden(reading, &reading->settings[i]))
      add_pins(conversion, &reading->settings[i]);
  for (size_t i = 0; i < reading->count; i++) {
    free(reading->settings[i].url);
    free(reading->settings[i].value);
  }
  free(reading->settings);
}

static void skip_blanks(struct reading *reading) {
  reading->at += strspn(reading->at, " \t");
}

static void skip_line(struct reading *reading) {
  reading->at += strcspn(reading->at, "\n");
}

/* In its quotes, with backslashes before what they protect. For free(3). */
static char *take_subsection(struct reading *reading) {
  size_t length = 1, used = 0;
  while (strchr("\"\n", reading->at[length]) == NULL)
    length += reading->at[length] == '\\' && strchr("\n", reading->at[length + 1]) == NULL ? 2 : 1;
  char *text = must_alloc(length, 1);
  for (size_t i = 1; i < length; i++) {
    i += reading->at[i] == '\\' && i + 1 < length ? 1 : 0;
    text[used++] = reading->at[i];
  }
  reading->at += length;
  return text;
}

/* [section], [section "subsection"] */
static void read_section(struct reading *reading) {
  const char *start = ++reading->at;
  size_t length = strcspn(start, " \t\"]\n");
  reading->in_http = length == 4 && strncasecmp(start, "http", 4) == 0;
  reading->in_include = strncasecmp(start, "include", strlen("include")) == 0;
  reading->at = start + length;
  skip_blanks(reading);
  free(reading->url);
  reading->url = *reading->at == '"' ? take_subsection(reading) : must_copy("");
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
  /* "git config --list --show-origin" has more before the key. */
  const char *tab = strrchr(key, '\t');
  char *url = listed_url(tab == NULL ? key : tab + 1);
  if (url == NULL && reading->in_http && strcasecmp(key, "pinnedpubkey") == 0)
    url = must_copy(reading->url);
  if (*reading->at != '=') {
    if (url != NULL)
      convert_loss(reading->conversion, reading->conversion->path, line, "%s has no value", key);
    free(url);
    return;
  }
  reading->at++;
  char *value = take_value(reading);
  if (url != NULL) {
    take_setting(reading, url, value, line);
    return;
  }
  if (reading->in_include && strcasecmp(key, "path") == 0)
    convert_loss(reading->conversion, reading->conversion->path, line, "include %s: other files are not read",
                 value);
  free(value);
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
  add_settings(&reading);
}

const struct format format_git = {
    .name = "git",
    .comments = COMMENTS_INI,
    .pin_prefix = "sha256//",
    .title = "git's http.pinnedPubkey (a configuration)",
    .mark = "sha256//\npinnedpubkey\n[http\thttp.http",
    .holds = HOLDS_HOSTS | HOLDS_ADDRESSES | HOLDS_WILDCARDS | HOLDS_PORTS | HOLDS_EVERY_PORT,
    .names_some_hosts = true,
    .read = read_git,
};
