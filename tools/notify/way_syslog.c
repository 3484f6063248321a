/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "notify/ways.h"

#define SOCKET_PATH "/dev/log"

/* syslog(3) says nothing of a daemon that is not there; whoever waits for an alarm should know. */
static char *look_for_daemon(void) {
  static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_PATH};
  int error = 0;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
    bool there = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    error = there ? 0 : errno;
    if (fd >= 0)
      close(fd);
    if (there)
      return NULL;
    /* There is one, of the other type. */
    if (error != EPROTOTYPE)
      break;
  }
  return must_format("syslog: %s: %s", SOCKET_PATH, strerror(error));
}

static int priority_of(const struct notify_change *change) {
  if (strcmp(change->kind, "gone") == 0)
    return LOG_NOTICE;
  return strcmp(change->severity, "critical") == 0 ? LOG_CRIT : LOG_WARNING;
}

char *syslog_send(const struct notify_settings *settings, const struct notify_message *message) {
  char *failure = look_for_daemon();
  if (failure != NULL)
    return failure;
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
