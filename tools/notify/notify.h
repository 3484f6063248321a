/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Notifies people of changes: by a command, by mail, by a webhook, by syslog. The caller knows which changes,
 * and what was sent before (monitor/alarms.h).
 */
#ifndef PINCTL_NOTIFY_NOTIFY_H
#define PINCTL_NOTIFY_NOTIFY_H

#include "base/memory.h"
#include "base/must_use.h"
#include "cli/arguments.h"
#include "pinpolicy.h"

#define DEFAULT_NOTIFY_FILE "/etc/pinning/notify.cfg"

/* For the options of a verb. */
#define NOTIFY_OPTIONS                                                                                       \
  FLAG(NOTIFY, "notify",                                                                                     \
       "notify of what changed since the last\nnotification, in the ways of\n" DEFAULT_NOTIFY_FILE),         \
      OPTION(NOTIFY_FILE, "notify-file", "FILE", "the same, in the ways that this file lists"),              \
      OPTION(NOTIFY_COMMAND, "notify-command", "PROGRAM",                                                    \
             "notify this program, by JSON on its standard\ninput"),                                         \
      OPTION(NOTIFY_MAIL, "notify-mail", "ADDRESS", "notify by mail", .repeatable = true),                   \
      OPTION(NOTIFY_WEBHOOK, "notify-webhook", "URL", "notify this webhook, by JSON"),                       \
      FLAG(NOTIFY_SYSLOG, "notify-syslog", "notify syslog, with one line for each change"),                  \
      OPTION(RENOTIFY, "renotify", "TIME",                                                                   \
             "repeat a notification after this time if the\nfinding persists, or never (default: 7d)")

enum notify_way { NOTIFY_COMMAND = 0, NOTIFY_MAIL, NOTIFY_WEBHOOK, NOTIFY_SYSLOG, NOTIFY_WAYS };

/* "command", "mail", "webhook", "syslog". */
const char *notify_way_word(enum notify_way way);

struct notify_settings {
  bool used[NOTIFY_WAYS];
  struct text_list command; /* the program and its arguments */
  struct text_list mail_to;
  char *mail_from;    /* NULL: the default of the mail program, or pinctl@HOST */
  char *mail_program; /* NULL: sendmail(8) */
  char *mail_server;  /* URL, e.g. "smtp://localhost"; used in place of the program; NULL: none */
  char *webhook;      /* URL; NULL: none */
  char *webhook_ca;   /* NULL: the roots that OpenSSL trusts by default */
  int facility;       /* of syslog */
  long timeout;       /* seconds for each way */
  int64_t renotify;   /* seconds after which to send again; 0: never */
};

/* Whether any of NOTIFY_OPTIONS asks to notify somebody. */
bool notify_is_wanted(const struct arguments *arguments);

/*
 * Reads the settings from the options, and from the file if one is asked for; to be cleared in any case.
 * Returns an exit status, having said what is wrong.
 */
MUST_USE int notify_settings_read(const struct arguments *arguments, struct notify_settings *ret_settings);
void notify_settings_clear(struct notify_settings *settings);

/*
 * Reads a file into settings that have their defaults. The file names a program that may be run as root, so
 * it must belong to root or to this user, and nobody else may write it. False, having said file, line and
 * why.
 */
MUST_USE bool notify_file_read(const char *path, struct notify_settings *settings);

/* One change. The texts are owned and unescaped; parts come from servers. */
struct notify_change {
  char *id;       /* a change that is sent again has the same */
  char *kind;     /* "new", "worse", "still", "gone", "event", "dropped" */
  char *severity; /* "warning", "critical" */
  char *host;     /* "": the change is about this machine */
  uint16_t port;
  char *code;
  char *text;
  char *pin;     /* of the key in use; "": none was seen */
  int64_t since; /* when the finding began */
  int64_t at;    /* when it changed */
};

struct notify_message {
  struct notify_change *changes;
  size_t count;
  bool again; /* it may have been sent before */
};

void notify_message_clear(struct notify_message *message);

/*
 * Sends a message by one way. NULL, or why it was not sent, for free(3). The policy judges the connections to
 * a webhook, and to a mail server with TLS.
 */
MUST_USE char *notify_send(const struct notify_settings *settings, enum notify_way way,
                           const struct notify_message *message, const struct pin_policy *policy);

#endif
