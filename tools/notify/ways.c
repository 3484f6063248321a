/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "notify/ways.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/child.h"
#include "base/file.h"
#include "base/syslog_socket.h"

/* Runs a program without a shell, with `input` as its standard input; its output goes to standard error.
 * After `timeout` seconds it is killed, with all processes that it has started. NULL, or what failed. */
static char *run_program(char *const *command, const char *input, long timeout) {
  pid_t child = 0;
  int status = 0;
  struct child_streams streams = {
      .in = file_in_memory("pinctl-notify", input), .out = STDERR_FILENO, .err = -1};
  int error = streams.in < 0 ? errno : child_start(command, &streams, true, &child);
  if (streams.in >= 0)
    close(streams.in);
  if (error != 0)
    return must_format("%s: %s", command[0], strerror(error));
  if (!child_wait_seconds(child, timeout, &status))
    return must_format("%s: did not end within %ld s, and was killed", command[0], timeout);
  if (WIFSIGNALED(status))
    return must_format("%s: was killed by signal %d", command[0], WTERMSIG(status));
  if (WEXITSTATUS(status) != 0)
    return must_format("%s: ended with status %d", command[0], WEXITSTATUS(status));
  return NULL;
}

char *command_send(const struct notify_settings *settings, const struct notify_message *message,
                   const struct pin_policy *policy) {
  (void)policy;
  const struct text_list *words = &settings->command;
  char **command = must_alloc(words->count + 1, sizeof *command);
  json_object *json = message_json(message);
  for (size_t i = 0; i < words->count; i++)
    command[i] = words->items[i];
  char *failure = run_program(
      command, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE),
      settings->timeout);
  json_object_put(json);
  free(command);
  return failure;
}

static int priority_of(const struct notify_change *change) {
  if (strcmp(change->kind, "gone") == 0)
    return LOG_NOTICE;
  return strcmp(change->severity, "critical") == 0 ? LOG_CRIT : LOG_WARNING;
}

char *syslog_send(const struct notify_settings *settings, const struct notify_message *message,
                  const struct pin_policy *policy) {
  (void)policy;
  AUTO_TEXT trouble = syslog_socket_trouble();
  if (trouble != NULL)
    return must_format("syslog: %s", trouble);
  openlog("pinctl", LOG_PID | LOG_NDELAY, settings->facility);
  for (size_t i = 0; i < message->count; i++) {
    const struct notify_change *change = &message->changes[i];
    AUTO_TEXT line = message_line(change);
    syslog(settings->facility | priority_of(change), "notify id=%s code=%s%s: %s", change->id, change->code,
           message->again ? " again=true" : "", line);
  }
  closelog();
  return NULL;
}

/* Ignores the body of an answer. */
static size_t ignore_body(char *bytes, size_t size, size_t count, void *arg) {
  (void)bytes;
  (void)arg;
  return size * count;
}

/* A redirect is a failure: the policy was asked about the host of the URL, not about another one. */
static char *post(CURL *handle, struct pinned_connection *connection) {
  long status = 0;
  char *failure = pinned_perform(handle, connection);
  if (failure != NULL)
    return failure;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300)
    return NULL;
  if (status >= 300 && status < 400)
    return must_format("answered %ld: redirects are not followed", status);
  return must_format("answered %ld", status);
}

/*
 * Ends a transfer and frees its parts. failure: taken over; NULL: there was none. Returns NULL, or the
 * failure with the host in front. The message has nothing else of the URL: it may hold a password, and its
 * path is often a secret.
 */
static char *end_transfer(CURL *handle, struct curl_slist *list, struct pinned_connection *connection,
                          const char *what, char *failure) {
  const char *host = connection->host == NULL ? "?" : connection->host;
  char *text = failure == NULL ? NULL : must_format("the %s at %s: %s", what, host, failure);
  free(failure);
  curl_easy_cleanup(handle);
  curl_slist_free_all(list);
  pinned_clear(connection);
  return text;
}

#define NOT_SET_UP "libcurl cannot be set up"

static bool set_options(CURL *handle, const struct notify_settings *settings, const char *body,
                        const struct curl_slist *headers) {
  return curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body) == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_USERAGENT, "pinctl") == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, ignore_body) == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_TIMEOUT, settings->timeout) == CURLE_OK;
}

char *webhook_send(const struct notify_settings *settings, const struct notify_message *message,
                   const struct pin_policy *policy) {
  struct pinned_connection connection = {0};
  json_object *json = message_json(message);
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  CURL *handle = curl_easy_init();
  const char *body = json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE);
  bool ready = handle != NULL && headers != NULL &&
               pinned_arm(handle, settings->webhook, policy, settings->webhook_ca, &connection) &&
               set_options(handle, settings, body, headers);
  char *failure = ready ? post(handle, &connection) : must_copy(NOT_SET_UP);
  json_object_put(json);
  return end_transfer(handle, headers, &connection, "webhook", failure);
}

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

/* The Message-ID follows from the changes: a mail that is sent again has the same, so that mailboxes can show
 * it once. */
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
  char *failure = run_program(command, text, settings->timeout);
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
  for (size_t i = 0; i < settings->mail_to.count; i++)
    to = curl_slist_append(to, settings->mail_to.items[i]);
  bool ready = handle != NULL && to != NULL &&
               pinned_arm(handle, settings->mail_server, policy, NULL, &connection) &&
               curl_easy_setopt(handle, CURLOPT_MAIL_FROM, from) == CURLE_OK &&
               curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, to) == CURLE_OK &&
               curl_easy_setopt(handle, CURLOPT_READFUNCTION, give_text) == CURLE_OK &&
               curl_easy_setopt(handle, CURLOPT_READDATA, &upload) == CURLE_OK &&
               curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
               curl_easy_setopt(handle, CURLOPT_TIMEOUT, settings->timeout) == CURLE_OK;
  char *failure = ready ? pinned_perform(handle, &connection) : must_copy(NOT_SET_UP);
  return end_transfer(handle, to, &connection, "mail server", failure);
}

char *mail_send(const struct notify_settings *settings, const struct notify_message *message,
                const struct pin_policy *policy) {
  return settings->mail_server == NULL ? send_by_program(settings, message)
                                       : send_to_server(settings, message, policy);
}
