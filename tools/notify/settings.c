/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "notify/settings.h"

#include <arpa/inet.h>
#include <string.h>
#include <syslog.h>

#include <curl/curl.h>

#include "base/memory.h"
#include "base/timestamp.h"

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

/* Whether it is an URL of the one scheme, or of the other and of this machine. */
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

const char *settings_check_mail_server(const char *url) {
  return is_url_of(url, "smtps", "smtp") ? NULL : "a mail server: expected smtps://..., or smtp://localhost";
}

/* timestamp_read takes "7d" for the time seven days ago; here it is a length. It also takes dates, which are
 * none. */
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

const char *settings_read_facility(const char *word, int *ret_facility) {
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
