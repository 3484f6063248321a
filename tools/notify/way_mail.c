/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "notify/ways.h"

#define DEFAULT_PROGRAM "/usr/sbin/sendmail"

/* RFC 5322, whatever the locale. */
static char *date_text(void) {
  static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  time_t now = time(NULL);
  struct tm utc = {0};
  gmtime_r(&now, &utc);
  return must_format("%s, %d %s %d %02d:%02d:%02d +0000", days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon],
                     utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

/* The same changes have the same, so that mailboxes that look for one show a repetition once; with one more,
 * or one less, it is another mail. */
static char *message_id(const struct notify_message *message) {
  char *ids = NULL;
  size_t size = 0;
  unsigned char digest[EVP_MAX_MD_SIZE];
  char hex[33];
  FILE *stream = memory_open(&ids, &size);
  for (size_t i = 0; i < message->count; i++)
    fputs(message->changes[i].id, stream);
  memory_close(stream);
  if (EVP_Digest(ids, size, digest, NULL, EVP_sha256(), NULL) != 1)
    memory_exhausted();
  for (size_t i = 0; i < 16; i++)
    snprintf(hex + 2 * i, 3, "%02x", digest[i]);
  free(ids);
  return must_copy(hex);
}

static char *mail_text(const struct notify_settings *settings, const struct notify_message *message,
                       const char *from, const char *end) {
  AUTO_TEXT subject = message_subject(message);
  AUTO_TEXT machine = message_machine();
  AUTO_TEXT body = message_text(message);
  AUTO_TEXT date = date_text();
  AUTO_TEXT id = message_id(message);
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  if (from != NULL)
    fprintf(stream, "From: %s%s", from, end);
  for (size_t i = 0; i < settings->mail_to.count; i++)
    fprintf(stream, "%s%s%s", i == 0 ? "To: " : " ", settings->mail_to.items[i],
            i + 1 < settings->mail_to.count ? "," : "");
  fprintf(stream,
          "%sSubject: %s%sDate: %s%sMessage-ID: <%s@%s>%sAuto-Submitted: auto-generated%s"
          "MIME-Version: 1.0%sContent-Type: text/plain; charset=utf-8%sContent-Transfer-Encoding: 8bit%s%s",
          end, subject, end, date, end, id, machine, end, end, end, end, end, end);
  for (const char *at = body; *at != '\0'; at++)
    if (*at == '\n')
      fputs(end, stream);
    else
      fputc(*at, stream);
  memory_close(stream);
  return text;
}

static char *send_by_program(const struct notify_settings *settings, const struct notify_message *message) {
  static char default_program[] = DEFAULT_PROGRAM;
  static char ignore_dots[] = "-i", sender[] = "-f", end[] = "--";
  char **command = must_alloc(settings->mail_to.count + 6, sizeof *command);
  size_t count = 0;
  AUTO_TEXT text = mail_text(settings, message, settings->mail_from, "\n");
  command[count++] = settings->mail_program == NULL ? default_program : settings->mail_program;
  command[count++] = ignore_dots;
  if (settings->mail_from != NULL) {
    command[count++] = sender;
    command[count++] = settings->mail_from;
  }
  command[count++] = end;
  for (size_t i = 0; i < settings->mail_to.count; i++)
    command[count++] = settings->mail_to.items[i];
  char *failure = child_run(command, text, settings->timeout);
  free(command);
  return failure;
}

struct upload {
  const char *text;
  size_t left;
};

static size_t give_text(char *buffer, size_t size, size_t count, void *arg) {
  struct upload *upload = arg;
  size_t length = size * count < upload->left ? size * count : upload->left;
  memcpy(buffer, upload->text, length);
  upload->text += length;
  upload->left -= length;
  return length;
}

static char *send_to_server(const struct notify_settings *settings, const struct notify_message *message,
                            const struct pin_policy *policy) {
  AUTO_TEXT machine = message_machine();
  AUTO_TEXT from =
      settings->mail_from == NULL ? must_format("pinctl@%s", machine) : must_copy(settings->mail_from);
  AUTO_TEXT text = mail_text(settings, message, from, "\r\n");
  struct upload upload = {.text = text, .left = strlen(text)};
  struct pinned_connection connection = {0};
  struct curl_slist *to = NULL;
  CURL *handle = curl_easy_init();
  char *failure = NULL;
  for (size_t i = 0; i < settings->mail_to.count; i++)
    to = curl_slist_append(to, settings->mail_to.items[i]);
  if (handle != NULL && to != NULL && pinned_arm(handle, settings->mail_server, policy, NULL, &connection) &&
      curl_easy_setopt(handle, CURLOPT_MAIL_FROM, from) == CURLE_OK &&
      curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, to) == CURLE_OK &&
      curl_easy_setopt(handle, CURLOPT_READFUNCTION, give_text) == CURLE_OK &&
      curl_easy_setopt(handle, CURLOPT_READDATA, &upload) == CURLE_OK &&
      curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
      curl_easy_setopt(handle, CURLOPT_TIMEOUT, settings->timeout) == CURLE_OK)
    failure = pinned_perform(handle, &connection);
  else
    failure = must_copy("libcurl cannot be set up");
  failure = pinned_failure(&connection, "mail server", failure);
  curl_easy_cleanup(handle);
  curl_slist_free_all(to);
  pinned_clear(&connection);
  return failure;
}

char *mail_send(const struct notify_settings *settings, const struct notify_message *message,
                const struct pin_policy *policy) {
  return settings->mail_server == NULL ? send_by_program(settings, message)
                                       : send_to_server(settings, message, policy);
}
