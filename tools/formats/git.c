/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads git's http.pinnedPubkey from a configuration file ([http "URL"]) or from the output of "git config
 * --list". Names of sections and keys ignore case; the value is curl's.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/option_text.h"

/* One value of pinnedPubkey. Of several for one URL git uses the last. */
struct setting {
  char *url;        /* "": for every host */
  char *normalized; /* the URL as git compares it */
  char *value;
  unsigned line;
};

static int compare_settings(const void *a, const void *b) {
  const struct setting *left = a;
  const struct setting *right = b;
  int order = strcmp(left->normalized, right->normalized);
  return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

/* The state of reading one file. */
struct reading {
  struct conversion *conversion;
  const char *at;
  unsigned line;
  bool in_http, in_include;
  char *url;   /* the URL of the section; "": for every host */
  bool is_cut; /* git reads the last value only up to its first ";" or "#" */
  struct setting *settings;
  size_t count;
};

/* Removes the default port (":443") that ends at `end`. Returns the new end. */
static size_t drop_default_port(char *url, size_t end) {
  size_t digits = end;
  while (digits > 0 && isdigit((unsigned char)url[digits - 1]))
    digits--;
  AUTO_TEXT port = must_copy_bytes(url + digits, end - digits);
  const char *usual = strncmp(url, "https://", 8) == 0 ? "443" : "80";
  if (digits == 0 || url[digits - 1] != ':' || strcmp(port + strspn(port, "0"), usual) != 0)
    return end;
  memmove(url + digits - 1, url + end, strlen(url + end) + 1);
  return digits - 1;
}

/* Brings a URL into the form in which git compares URLs: scheme and host in lower case, no default port,
 * and no path "/". */
static void normalize(char *url) {
  size_t length = url_scheme(url);
  length += length == 0 ? 0 : strcspn(url + length, "/");
  for (size_t i = 0; i < length; i++)
    url[i] = (char)tolower((unsigned char)url[i]);
  length = drop_default_port(url, length);
  if (length > 0 && strcmp(url + length, "/") == 0)
    url[length] = '\0';
}

/* Takes over url and value. */
static void take_setting(struct reading *reading, char *url, char *value, unsigned line) {
  char *normalized = must_copy(url);
  normalize(normalized);
  reading->settings = must_room(reading->settings, reading->count, sizeof *reading->settings);
  reading->settings[reading->count++] =
      (struct setting){.url = url, .normalized = normalized, .value = value, .line = line};
}

/* Returns the setting for a URL of this host, which git prefers to the setting for every host. NULL: there
 * is none. */
static const struct setting *more_specific(const struct reading *reading, const char *host) {
  for (size_t i = 0; i < reading->count; i++) {
    char *own = NULL;
    uint16_t port = 0;
    bool has_path = false;
    const char *url = reading->settings[i].normalized;
    bool same = *url != '\0' && url_read(url, &own, &port, &has_path) && strcasecmp(own, host) == 0 &&
                port == 0 && !has_path;
    free(own);
    if (same)
      return &reading->settings[i];
  }
  return NULL;
}

/* Whether another setting overrides this one, which is then noted. */
static bool is_hidden(const struct reading *reading, const struct setting *setting) {
  struct conversion *conversion = reading->conversion;
  bool is_last = setting + 1 == reading->settings + reading->count ||
                 strcmp(setting->normalized, setting[1].normalized) != 0;
  const struct setting *other = is_last ? NULL : setting + 1;
  if (is_last && *setting->url == '\0' && conversion->host != NULL)
    other = more_specific(reading, conversion->host);
  if (other == NULL)
    return false;
  convert_note(conversion, setting->line, "pinnedPubkey is given again in line %u, and git takes that one",
               other->line);
  import_pass(conversion, setting->value, setting->line);
  return true;
}

static int compare_url(const void *key, const void *element) {
  return strcmp(key, ((const struct setting *)element)->normalized);
}

/* Returns another setting, for the whole host of this one, whatever the user and path. NULL: there is
 * none. The settings are sorted. */
static const struct setting *of_whole_host(const struct reading *reading, const struct setting *setting) {
  const char *start = setting->normalized + url_scheme(setting->normalized);
  AUTO_TEXT authority = must_copy_bytes(start, strcspn(start, "/"));
  const char *user = strrchr(authority, '@');
  AUTO_TEXT url = must_format("%.*s%s", (int)(start - setting->normalized), setting->normalized,
                              user == NULL ? authority : user + 1);
  const struct setting *found =
      bsearch(url, reading->settings, reading->count, sizeof *reading->settings, compare_url);
  return found == NULL || strcmp(found->normalized, setting->normalized) == 0 ? NULL : found;
}

/* Reports a setting that an entry cannot express: one for a user or path, or one without TLS, which git
 * never uses. Returns whether it is left out. */
static bool report_narrow(const struct reading *reading, const struct setting *setting, bool has_path) {
  const struct setting *other = of_whole_host(reading, setting);
  bool is_bare = strncmp(setting->normalized, "https://", 8) != 0;
  if (other != NULL)
    convert_loss(reading->conversion, setting->line,
                 "\"%s\" is for one user or path, and line %u for the whole host; left out", setting->url,
                 other->line);
  else if (is_bare)
    convert_loss(reading->conversion, setting->line, "\"%s\" is without TLS; left out", setting->url);
  else if (has_path)
    convert_loss(reading->conversion, setting->line,
                 "\"%s\" is for one path; the entry covers the whole host", setting->url);
  if (other == NULL && !is_bare)
    return false;
  import_pass(reading->conversion, setting->value, setting->line);
  return true;
}

static void add_pins(const struct reading *reading, const struct setting *setting) {
  struct conversion *conversion = reading->conversion;
  char *host = NULL;
  bool has_path = false;
  AUTO_DRAFT draft = DRAFT_AT(conversion->host, setting->line);
  if (*setting->url != '\0' &&
      (url_scheme(setting->url) == 0 || !url_read(setting->url, &host, &draft.port, &has_path))) {
    convert_loss(conversion, setting->line, "\"%s\": expected https://HOST/; left out", setting->url);
    import_pass(conversion, setting->value, setting->line);
    return;
  }
  if (host != NULL)
    draft.name = host;
  bool is_wanted = host != NULL && (conversion->host == NULL || strcasecmp(host, conversion->host) == 0);
  if (!is_wanted || !report_narrow(reading, setting, has_path)) {
    curl_take_pins(conversion, setting->value, &draft);
    conversion_add_named(conversion, &draft);
  }
  free(host);
}

static void add_settings(struct reading *reading) {
  if (reading->count > 1)
    qsort(reading->settings, reading->count, sizeof *reading->settings, compare_settings);
  for (size_t i = 0; i < reading->count; i++)
    if (!is_hidden(reading, &reading->settings[i]))
      add_pins(reading, &reading->settings[i]);
  for (size_t i = 0; i < reading->count; i++) {
    free(reading->settings[i].url);
    free(reading->settings[i].normalized);
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

/* Takes a subsection in quotes, with backslash escapes. For free(3). */
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

/* Takes a value: quotes, escapes, a comment at the end, lines that go on behind a backslash. For free(3). */
static char *take_value(struct reading *reading) {
  size_t room = 0; /* length up to the end of the last continued line */
  while (reading->at[room] != '\0' && reading->at[room] != '\n')
    room += reading->at[room] == '\\' && reading->at[room + 1] != '\0' ? 2 : 1;
  char *value = must_alloc(room + 1, 1);
  size_t length = 0, kept = 0;
  bool quoted = false;
  reading->is_cut = false;
  for (skip_blanks(reading); *reading->at != '\0' && *reading->at != '\n'; reading->at++) {
    char byte = *reading->at;
    bool cuts = !quoted && (byte == '#' || byte == ';');
    if (cuts && (length == 0 || isspace((unsigned char)value[length - 1])))
      break;
    reading->is_cut = reading->is_cut || cuts;
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

/* Returns the URL in "http.URL.pinnedpubkey", as lists print it. For free(3). NULL: another key. */
static char *listed_url(const char *key) {
  static const char last[] = "pinnedpubkey";
  size_t length = strlen(key);
  if (strncasecmp(key, "http.", 5) != 0 || length < 5 + strlen(last) ||
      strcasecmp(key + length - strlen(last), last) != 0)
    return NULL;
  size_t middle = length - 5 - strlen(last);
  return must_copy_bytes(key + 5, middle == 0 ? 0 : middle - 1);
}

/* Length of the key here: up to "=" or, in the output of "git config --get-regexp", up to a blank. */
static size_t key_length(const char *at) {
  static const char last[] = ".pinnedpubkey ";
  size_t length = strcspn(at, "=\n");
  AUTO_TEXT text = must_copy_bytes(at, length);
  const char *listed = strcasestr(text, last);
  return listed == NULL ? length : (size_t)(listed - text) + strlen(last) - 1;
}

/* "git config --global KEY VALUE": leaves KEY, without its quotes. */
static bool is_command(char *key) {
  char *name = strrchr(key, ' ');
  if (strstr(key, "git config ") == NULL)
    return false;
  size_t length = 0;
  for (const char *at = name + 1; *at != '\0'; at++)
    if (*at != '"' && *at != '\'')
      key[length++] = *at;
  key[length] = '\0';
  return true;
}

/* Removes the quotes of a shell around a value. */
static void unquote(char *value) {
  size_t length = strlen(value);
  if (length < 2 || *value != '\'' || value[length - 1] != '\'')
    return;
  memmove(value, value + 1, length - 2);
  value[length - 2] = '\0';
}

static void read_key(struct reading *reading) {
  unsigned line = reading->line;
  size_t length = key_length(reading->at);
  AUTO_TEXT key = must_copy_bytes(reading->at, length);
  AUTO_TEXT whole = must_copy_bytes(reading->at, strcspn(reading->at, "\n"));
  size_t end = strlen(key);
  while (end > 0 && isspace((unsigned char)key[end - 1]))
    key[--end] = '\0';
  reading->at += length;
  bool of_command = is_command(key);
  /* "git config --list --show-origin" prints more before the key. */
  const char *tab = strrchr(key, '\t');
  char *url = listed_url(tab == NULL ? key : tab + 1);
  if (url == NULL && reading->in_http && strcasecmp(key, "pinnedpubkey") == 0)
    url = must_copy(reading->url);
  if (url == NULL)
    import_name_unread(reading->conversion, whole, line, "pinnedpubkey");
  if (*reading->at != '=' && (url == NULL || *reading->at != ' ')) {
    if (url != NULL)
      convert_loss(reading->conversion, line, "%s has no value", key);
    free(url);
    return;
  }
  reading->at++;
  char *value = take_value(reading);
  if (of_command)
    unquote(value);
  if (url != NULL) {
    if (reading->is_cut && strcasecmp(key, "pinnedpubkey") == 0)
      convert_note(reading->conversion, line,
                   "git itself reads %s up to the first \";\" or \"#\" outside of quotes", key);
    take_setting(reading, url, value, line);
    return;
  }
  if (reading->in_include && strcasecmp(key, "path") == 0)
    convert_loss(reading->conversion, line, "include %s: other files are not read", value);
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
