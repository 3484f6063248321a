/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The single ways, and what they have in common. Used by this room alone. */
#ifndef PINCTL_NOTIFY_WAYS_H
#define PINCTL_NOTIFY_WAYS_H

#include <curl/curl.h>
#include <json-c/json.h>

#include "base/must_use.h"
#include "notify/notify.h"

/* Each returns NULL, or why nothing was told, for free(3).
 * The policy pins the servers of those that ask one. */
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
/* All lines. */
char *message_text(const struct notify_message *message);
/* The whole as docs/man/pinning-notify.5 describes it. */
json_object *message_json(const struct notify_message *message);

/* ---- pinned.c ---- */

struct pinned_connection {
  const struct pin_policy *policy;
  char *host; /* as the policy has it */
  uint16_t port;
  char *refusal; /* why the policy refuses the server; NULL: it does not */
};

/* Sets a handle up so that TLS with the host of its URL is verified as usual, and then judged by the policy.
 * False where that could not be done. */
MUST_USE bool pinned_arm(CURL *handle, const char *url, const struct pin_policy *policy, const char *ca_file,
                         struct pinned_connection *connection);
/* Runs it. NULL, or why not. */
MUST_USE char *pinned_perform(CURL *handle, struct pinned_connection *connection);
/* "the webhook at HOST: ...", or NULL for NULL. Takes the failure over. Nothing else of the URL is said: it
 * may hold a password, and its path is mostly a secret. */
char *pinned_failure(const struct pinned_connection *connection, const char *what, char *failure);
void pinned_clear(struct pinned_connection *connection);

#endif
