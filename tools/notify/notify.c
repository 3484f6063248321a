/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "notify/notify.h"

#include <syslog.h>
#include <unistd.h>

#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "notify/settings.h"
#include "notify/ways.h"

/* In the order of enum notify_way. */
static const struct {
  const char *word;
  enum option_id option;
  char *(*send)(const struct notify_settings *, const struct notify_message *, const struct pin_policy *);
} ways[] = {
    {"command", OPTION_NOTIFY_COMMAND, command_send},
    {"mail", OPTION_NOTIFY_MAIL, mail_send},
    {"webhook", OPTION_NOTIFY_WEBHOOK, webhook_send},
    {"syslog", OPTION_NOTIFY_SYSLOG, syslog_send},
};
_Static_assert(COUNT_OF(ways) == NOTIFY_WAYS, "each way has a row");

const char *notify_way_word(enum notify_way way) {
  return ways[way].word;
}

static bool has_way_option(const struct arguments *arguments) {
  for (int way = 0; way < NOTIFY_WAYS; way++)
    if (arguments_has(arguments, ways[way].option))
      return true;
  return false;
}

bool notify_is_wanted(const struct arguments *arguments) {
  return arguments_has(arguments, OPTION_NOTIFY) || arguments_has(arguments, OPTION_NOTIFY_FILE) ||
         has_way_option(arguments);
}

/* An option replaces what the file says of its way. NULL, or what is wrong with an option; static. */
static const char *take_options(const struct arguments *arguments, struct notify_settings *settings) {
  const char *command = arguments_value(arguments, OPTION_NOTIFY_COMMAND);
  const char *webhook = arguments_value(arguments, OPTION_NOTIFY_WEBHOOK);
  const char *renotify = arguments_value(arguments, OPTION_RENOTIFY);
  const char *why = NULL;
  size_t cursor = 0;
  if (command != NULL) {
    text_list_clear(&settings->command);
    text_list_add(&settings->command, must_copy(command));
    settings->used[NOTIFY_COMMAND] = true;
    why = settings_check_program(command);
  }
  if (arguments_has(arguments, OPTION_NOTIFY_MAIL))
    text_list_clear(&settings->mail_to);
  for (const char *address; (address = arguments_next(arguments, OPTION_NOTIFY_MAIL, &cursor)) != NULL;) {
    text_list_add(&settings->mail_to, must_copy(address));
    settings->used[NOTIFY_MAIL] = true;
    why = why == NULL ? settings_check_address(address) : why;
  }
  if (webhook != NULL) {
    free(settings->webhook);
    settings->webhook = must_copy(webhook);
    settings->used[NOTIFY_WEBHOOK] = true;
    why = why == NULL ? settings_check_webhook(webhook) : why;
  }
  settings->used[NOTIFY_SYSLOG] |= arguments_has(arguments, OPTION_NOTIFY_SYSLOG);
  if (renotify != NULL && why == NULL)
    why = settings_read_length(renotify, &settings->renotify);
  return why;
}

static bool has_way(const struct notify_settings *settings) {
  for (int way = 0; way < NOTIFY_WAYS; way++)
    if (settings->used[way])
      return true;
  return false;
}

int notify_settings_read(const struct arguments *arguments, struct notify_settings *ret_settings) {
  const char *named = arguments_value(arguments, OPTION_NOTIFY_FILE);
  const char *path = named == NULL ? DEFAULT_NOTIFY_FILE : named;
  *ret_settings = (struct notify_settings){
      .facility = LOG_DAEMON, .timeout = 10, .renotify = (int64_t)7 * SECONDS_PER_DAY};
  /* With a way as an option the default file may be missing. */
  bool reads = named != NULL || (arguments_has(arguments, OPTION_NOTIFY) &&
                                 (!has_way_option(arguments) || access(path, F_OK) == 0));
  if (reads && !notify_file_read(path, ret_settings))
    return EXIT_FAILED;
  const char *why = take_options(arguments, ret_settings);
  if (why != NULL)
    return usage_status(arguments->verb, "%s", why);
  if (has_way(ret_settings))
    return EXIT_DONE;
  return say_failure("%s: sets no way to notify anybody; expected command, mail, webhook or syslog", path);
}

void notify_settings_clear(struct notify_settings *settings) {
  text_list_clear(&settings->command);
  text_list_clear(&settings->mail_to);
  free(settings->mail_from);
  free(settings->mail_program);
  free(settings->mail_server);
  free(settings->webhook);
  free(settings->webhook_ca);
  *settings = (struct notify_settings){0};
}

void notify_message_clear(struct notify_message *message) {
  for (size_t i = 0; i < message->count; i++) {
    struct notify_change *change = &message->changes[i];
    char *const texts[] = {change->id,   change->kind, change->severity, change->host,
                           change->code, change->text, change->pin};
    for (size_t j = 0; j < COUNT_OF(texts); j++)
      free(texts[j]);
  }
  free(message->changes);
  *message = (struct notify_message){0};
}

char *notify_send(const struct notify_settings *settings, enum notify_way way,
                  const struct notify_message *message, const struct pin_policy *policy) {
  return ways[way].send(settings, message, policy);
}
