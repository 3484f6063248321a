/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <string.h>
#include <syslog.h>

#include "base/syslog_socket.h"
#include "notify/ways.h"

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
