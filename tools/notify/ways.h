/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The ways to send a message, and what they share. Used by this room alone. */
#ifndef PINCTL_NOTIFY_WAYS_H
#define PINCTL_NOTIFY_WAYS_H

#include <curl/curl.h>
#include <json-c/json.h>

#include "base/must_use.h"
#include "notify/notify.h"

/* Each returns NULL, or why the message was not sent, for free(3). The policy judges the servers of those
 * that connect to one. */
MUST_USE char *command_send(const struct notify_settings *settings, const struct notify_message *message,
                            const struct pin_policy *policy);
MUST_USE char *mail_send(const struct notify_settings *settings, const struct notify_message *message,
                         const struct pin_policy *policy);
MUST_USE char *webhook_send(const struct notify_settings *settings, const struct notify_message *message,
                            const struct pin_policy *policy);
MUST_USE char *syslog_send(const struct notify_settings *settings, const struct notify_message *message,
                           const struct pin_policy *policy);

/* ---- message.c: all for free(3) ---- */

/* Name of this machine, in ASCII. */
char *message_machine(void);
/* "host: 2 new, 1 gone", in ASCII. */
char *message_subject(const struct notify_message *message);
/* One change on one line, escaped, without the end of the line. */
char *message_line(const struct notify_change *change);
/* All lines, for people. */
char *message_text(const struct notify_message *message);
/* The message as JSON: docs/man/pinning-notify.5. */
json_object *message_json(const struct notify_message *message);

/* ---- pinned.c ---- */

struct pinned_connection {
  const struct pin_policy *policy; /* not owned; NULL: every server is refused */
  char *host;                      /* owned; canonical, as in the policy; NULL: the URL could not be read */
  uint16_t port;
  char *refusal; /* owned; why the policy refuses the server; NULL: it does not */
};

/* Prepares a handle: TLS with the host of the URL is verified as usual, then judged by the policy. False:
 * that failed. */
MUST_USE bool pinned_arm(CURL *handle, const char *url, const struct pin_policy *policy, const char *ca_file,
                         struct pinned_connection *connection);
/* Runs the transfer. NULL, or why it failed, for free(3). */
MUST_USE char *pinned_perform(CURL *handle, struct pinned_connection *connection);
void pinned_clear(struct pinned_connection *connection);

#endif
