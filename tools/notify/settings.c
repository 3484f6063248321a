/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "notify/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <curl/curl.h>
#include <libconfig.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "notify/notify.h"

const char *settings_check_program(const char *path) {
  return *path == '/' ? NULL : "a command: expected the absolute path of a program";
}

const char *settings_check_address(const char *address) {
  static const char expected[] = "a mail address: expected NAME or NAME@HOST, in ASCII";
  if (*address == '\0' || *address == '-')
    return expected;
  for (const char *at = address; *at != '\0'; at++)
    if (*at <= ' ' || *at > '~' || strchr("<>,;\"", *at) != NULL)
      return expected;
  return NULL;
}

bool settings_is_this_machine(const char *host) {
  unsigned char bytes[4];
  return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 || strcmp(host, "::1") == 0 ||
         (inet_pton(AF_INET, host, bytes) == 1 && bytes[0] == 127);
}

/* Whether a URL has the safe scheme, or the local one and leads to this machine. */
static bool is_url_of(const char *url, const char *safe, const char *local) {
  CURLU *parsed = curl_url();
  char *scheme = NULL, *host = NULL;
  bool good = parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK;
  good =
      good && (strcmp(scheme, safe) == 0 || (strcmp(scheme, local) == 0 && settings_is_this_machine(host)));
  curl_free(scheme);
  curl_free(host);
  curl_url_cleanup(parsed);
  return good;
}

const char *settings_check_webhook(const char *url) {
  return is_url_of(url, "https", "http") ? NULL
                                         : "a webhook: expected https://..., or http:// to this machine";
}

/* smtps://, or smtp:// to this machine only. */
static const char *settings_check_mail_server(const char *url) {
  return is_url_of(url, "smtps", "smtp") ? NULL : "a mail server: expected smtps://..., or smtp://localhost";
}

/* timestamp_read takes "7d" as the time seven days ago; here it is a length of time. Dates, which it also
 * takes, are refused. */
const char *settings_read_length(const char *text, int64_t *ret_seconds) {
  int64_t moment = 0;
  *ret_seconds = 0;
  if (strcmp(text, "never") == 0)
    return NULL;
  if (strchr(text, '-') != NULL || strstr(text, "ago") != NULL || !timestamp_read(text, 0, &moment) ||
      moment >= 0)
    return "renotify: expected a length of time (7d, \"12 hours\") or never";
  *ret_seconds = -moment;
  return NULL;
}

/* "daemon", "authpriv", "user", "local0" to "local7". */
static const char *settings_read_facility(const char *word, int *ret_facility) {
  static const struct {
    const char *word;
    int facility;
  } known[] = {{"daemon", LOG_DAEMON}, {"authpriv", LOG_AUTHPRIV}, {"user", LOG_USER},
               {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},     {"local2", LOG_LOCAL2},
               {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},     {"local5", LOG_LOCAL5},
               {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7}};
  for (size_t i = 0; i < COUNT_OF(known); i++) {
    if (strcmp(known[i].word, word) != 0)
      continue;
    *ret_facility = known[i].facility;
    return NULL;
  }
  return "facility: expected daemon, authpriv, user, or local0 to local7";
}

/* ---- The file, /etc/pinning/notify.cfg: docs/man/pinning-notify.5 ---- */

/* Far more than anybody needs. */
#define LARGEST_SETTINGS ((size_t)64 << 10)

struct reading {
  const char *path;
  struct notify_settings *settings;
};

/* ---- Messages ---- */

__attribute__((format(printf, 3, 4))) static bool
complain(const struct reading *reading, const config_setting_t *setting, const char *format, ...) {
  va_list values;
  va_start(values, format);
  AUTO_TEXT text = must_vformat(format, values);
  va_end(values);
  return say_error("%s:%u: %s", reading->path, config_setting_source_line(setting), text);
}

/* why: NULL: nothing is wrong. */
static bool accept_or_complain(const struct reading *reading, const config_setting_t *setting,
                               const char *why) {
  return why == NULL || complain(reading, setting, "%s", why);
}

/* ---- Values ---- */

static const char *name_of(const config_setting_t *setting) {
  const char *name = config_setting_name(setting);
  return name == NULL ? "" : name;
}

static bool read_text(const struct reading *reading, const config_setting_t *setting, char **ret_text) {
  const char *text = config_setting_get_string(setting);
  if (text == NULL || *text == '\0')
    return complain(reading, setting, "%s: expected a text in quotes", name_of(setting));
  free(*ret_text);
  *ret_text = must_copy(text);
  return true;
}

/* A text, or an array of texts. */
static bool read_texts(const struct reading *reading, const config_setting_t *setting,
                       struct text_list *ret_texts) {
  const char *single = config_setting_get_string(setting);
  int count = single != NULL || config_setting_is_group(setting) ? 0 : config_setting_length(setting);
  if (single != NULL)
    text_list_add(ret_texts, must_copy(single));
  for (int i = 0; i < count; i++) {
    const char *text = config_setting_get_string_elem(setting, i);
    if (text == NULL)
      break;
    text_list_add(ret_texts, must_copy(text));
  }
  bool good = ret_texts->count > 0 && (single != NULL || ret_texts->count == (size_t)count);
  return good ||
         complain(reading, setting, "%s: expected a text in quotes, or [ several ]", name_of(setting));
}

/* ---- Settings ---- */

typedef bool reader_fn(const struct reading *reading, const config_setting_t *setting);

struct known_setting {
  const char *name;
  reader_fn *read;
};

/* "a, b or c". For free(3). */
static char *names_of(const struct known_setting *known) {
  char *names = must_copy(known->name);
  for (size_t i = 1; known[i].name != NULL; i++)
    text_append(&names, known[i + 1].name == NULL ? " or " : ", ", known[i].name);
  return names;
}

static bool complain_of_unknown(const struct reading *reading, const config_setting_t *member,
                                const struct known_setting *known) {
  AUTO_TEXT names = names_of(known);
  return complain(reading, member, "unknown setting \"%s\"; expected %s", name_of(member), names);
}

/* Reads each member of a group; an unknown one is an error. known: ended by a name of NULL. */
static bool read_members(const struct reading *reading, const config_setting_t *group,
                         const struct known_setting *known) {
  bool good = true;
  for (int i = 0; i < config_setting_length(group); i++) {
    const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
    const struct known_setting *row = known;
    while (row->name != NULL && strcmp(row->name, name_of(member)) != 0)
      row++;
    if (row->name == NULL)
      good = complain_of_unknown(reading, member, known);
    else
      good = row->read(reading, member) && good;
  }
  return good;
}

static bool read_group(const struct reading *reading, const config_setting_t *setting,
                       const struct known_setting *known) {
  if (!config_setting_is_group(setting))
    return complain(reading, setting, "%s: expected { settings }", name_of(setting));
  return read_members(reading, setting, known);
}

static bool read_command(const struct reading *reading, const config_setting_t *setting) {
  struct notify_settings *settings = reading->settings;
  settings->used[NOTIFY_COMMAND] = true;
  return read_texts(reading, setting, &settings->command) &&
         accept_or_complain(reading, setting, settings_check_program(settings->command.items[0]));
}

static bool read_to(const struct reading *reading, const config_setting_t *setting) {
  struct text_list *to = &reading->settings->mail_to;
  bool good = read_texts(reading, setting, to);
  for (size_t i = 0; good && i < to->count; i++)
    good = accept_or_complain(reading, setting, settings_check_address(to->items[i]));
  return good;
}

static bool read_from(const struct reading *reading, const config_setting_t *setting) {
  char **from = &reading->settings->mail_from;
  return read_text(reading, setting, from) &&
         accept_or_complain(reading, setting, settings_check_address(*from));
}

static bool read_sendmail(const struct reading *reading, const config_setting_t *setting) {
  char **program = &reading->settings->mail_program;
  return read_text(reading, setting, program) &&
         accept_or_complain(reading, setting, settings_check_program(*program));
}

static bool read_server(const struct reading *reading, const config_setting_t *setting) {
  char **server = &reading->settings->mail_server;
  return read_text(reading, setting, server) &&
         accept_or_complain(reading, setting, settings_check_mail_server(*server));
}

static bool read_mail(const struct reading *reading, const config_setting_t *setting) {
  static const struct known_setting known[] = {{"to", read_to},
                                               {"from", read_from},
                                               {"sendmail", read_sendmail},
                                               {"server", read_server},
                                               {NULL, NULL}};
  const struct notify_settings *settings = reading->settings;
  reading->settings->used[NOTIFY_MAIL] = true;
  if (!read_group(reading, setting, known))
    return false;
  if (settings->mail_to.count == 0)
    return complain(reading, setting, "mail: expected \"to\"");
  return settings->mail_program == NULL || settings->mail_server == NULL ||
         complain(reading, setting, "mail: expected \"sendmail\" or \"server\", not both");
}

static bool read_url(const struct reading *reading, const config_setting_t *setting) {
  char **url = &reading->settings->webhook;
  return read_text(reading, setting, url) &&
         accept_or_complain(reading, setting, settings_check_webhook(*url));
}

static bool read_ca(const struct reading *reading, const config_setting_t *setting) {
  char **ca = &reading->settings->webhook_ca;
  return read_text(reading, setting, ca) &&
         (**ca == '/' || complain(reading, setting, "ca: expected the absolute path of a file"));
}

static bool read_webhook(const struct reading *reading, const config_setting_t *setting) {
  static const struct known_setting known[] = {{"url", read_url}, {"ca", read_ca}, {NULL, NULL}};
  reading->settings->used[NOTIFY_WEBHOOK] = true;
  return read_group(reading, setting, known) &&
         (reading->settings->webhook != NULL || complain(reading, setting, "webhook: expected \"url\""));
}

static bool read_facility(const struct reading *reading, const config_setting_t *setting) {
  const char *word = config_setting_get_string(setting);
  return accept_or_complain(reading, setting,
                            settings_read_facility(word == NULL ? "" : word, &reading->settings->facility));
}

static bool read_syslog(const struct reading *reading, const config_setting_t *setting) {
  static const struct known_setting known[] = {{"facility", read_facility}, {NULL, NULL}};
  reading->settings->used[NOTIFY_SYSLOG] = true;
  return read_group(reading, setting, known);
}

static bool read_timeout(const struct reading *reading, const config_setting_t *setting) {
  reading->settings->timeout =
      config_setting_type(setting) == CONFIG_TYPE_INT ? config_setting_get_int(setting) : 0;
  return (reading->settings->timeout >= 1 && reading->settings->timeout <= 300) ||
         complain(reading, setting, "timeout: expected seconds from 1 to 300");
}

static bool read_renotify(const struct reading *reading, const config_setting_t *setting) {
  const char *text = config_setting_get_string(setting);
  return accept_or_complain(reading, setting,
                            settings_read_length(text == NULL ? "" : text, &reading->settings->renotify));
}

/* ---- Reading the whole file ---- */

/* libconfig would read the included file, whoever owns it. */
static bool includes_nothing(const struct reading *reading, const char *text) {
  unsigned line = 1;
  for (const char *at = text; at != NULL; line++) {
    at += strspn(at, " \t");
    if (strncmp(at, "@include", 8) == 0)
      return say_error("%s:%u: @include is not allowed in this file", reading->path, line);
    at = strchr(at, '\n');
    at = at == NULL ? NULL : at + 1;
  }
  return true;
}

static bool parse(const struct reading *reading, const char *text) {
  static const struct known_setting known[] = {{"command", read_command},
                                               {"mail", read_mail},
                                               {"webhook", read_webhook},
                                               {"syslog", read_syslog},
                                               {"timeout", read_timeout},
                                               {"renotify", read_renotify},
                                               {NULL, NULL}};
  config_t config;
  config_init(&config);
  bool good = includes_nothing(reading, text);
  if (good && config_read_string(&config, text) != CONFIG_TRUE) {
    say_error("%s:%d: %s", reading->path, config_error_line(&config), config_error_text(&config));
    good = false;
  }
  good = good && read_members(reading, config_root_setting(&config), known);
  config_destroy(&config);
  return good;
}

/* Judges the open file, so that nobody can exchange it in between. */
static const char *reason_for_distrust(const struct stat *status) {
  if (!S_ISREG(status->st_mode))
    return "expected a regular file";
  if (status->st_uid != 0 && status->st_uid != geteuid())
    return "belongs to neither root nor this user, and names programs to run";
  if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return "others than its owner may write it, and it names programs to run (chmod go-w)";
  return (size_t)status->st_size > LARGEST_SETTINGS ? "larger than 64 KiB" : NULL;
}

/* *ret_text: for free(3). Returns NULL, or why the file is not read; static. */
static const char *read_trusted(const char *path, char **ret_text) {
  int fd = -1;
  struct stat status;
  int error = file_open_regular(path, &fd);
  if (error == EINVAL)
    return "expected a regular file";
  if (error != 0)
    return strerror(error);
  const char *why = fstat(fd, &status) != 0 ? strerror(errno) : reason_for_distrust(&status);
  size_t done = 0;
  *ret_text = must_alloc(LARGEST_SETTINGS + 1, 1);
  while (why == NULL && done < LARGEST_SETTINGS) {
    ssize_t got = read(fd, *ret_text + done, LARGEST_SETTINGS - done);
    if (got < 0 && errno != EINTR)
      why = strerror(errno);
    if (got == 0)
      break;
    done += got > 0 ? (size_t)got : 0;
  }
  close(fd);
  return why == NULL && memchr(*ret_text, '\0', done) != NULL ? "contains a NUL byte" : why;
}

bool notify_file_read(const char *path, struct notify_settings *settings) {
  struct reading reading = {.path = path, .settings = settings};
  AUTO_TEXT text = NULL;
  const char *why = read_trusted(path, &text);
  if (why != NULL)
    say_error("%s: %s", path, why);
  return why == NULL && parse(&reading, text);
}
