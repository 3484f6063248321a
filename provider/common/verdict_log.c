/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verdict_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "log.h"
#include "log_limit.h"
#include "trace.h"
#include "unlisted_told.h"

/* An entry of OpenSSL's error queue holds this much; more would be cut in the middle of a word
 * (openssl-internals E3). */
#define QUEUE_DATA_SIZE 1024

/* A number for a host and what happened to it. */
static uint64_t subject_of(const struct pin_verdict *verdict, unsigned event) {
  uint64_t state = 0xcbf29ce484222325 ^ ((uint64_t)event << 16) ^ ((uint64_t)verdict->outcome << 8) ^
                   (uint64_t)verdict->reason;

  for (const char *byte = verdict->name; byte != NULL && *byte != '\0'; byte++)
    state = (state ^ (unsigned char)*byte) * 0x100000001b3; /* FNV-1a */
  return state;
}

enum { EVENT_VERDICT, EVENT_SESSION_DROPPED };

/* Room for the two pairs that log_limited adds, half of it for each. */
#define TAIL_SIZE 64

/* Logs a line unless there are too many. line: with TAIL_SIZE free bytes after its text. library: may be
 * NULL. */
static bool log_limited(int priority, enum log_limit limit, uint64_t subject, const char *library,
                        char *line) {
  struct timespec now;
  unsigned swallowed;

  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  if (!log_limit_admits(limit, subject, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, &swallowed))
    return false;
  if (library != NULL)
    snprintf(line + strlen(line), TAIL_SIZE / 2, " library=%s", library);
  if (swallowed != 0)
    snprintf(line + strlen(line), TAIL_SIZE / 2, " swallowed=%u", swallowed);
  log_line(priority, line);
  return true;
}

static enum log_limit limit_of(const struct pin_verdict *verdict) {
  return verdict->reason == PIN_REASON_UNLISTED ? LOG_LIMIT_UNLISTED : LOG_LIMIT_LISTED;
}

/* line: a buffer of PIN_REPORT_SIZE + TAIL_SIZE bytes. */
static bool log_line_of(const struct pin_verdict *verdict, const char *library, char *line) {
  int priority = verdict->outcome == PIN_REFUSED ? LOG_WARNING : LOG_NOTICE;

  return log_limited(priority, limit_of(verdict), subject_of(verdict, EVENT_VERDICT), library, line);
}

/* The number of host and key, if these are logged only once; 0: each verdict is logged. */
static uint64_t told_once(const struct pin_verdict *verdict, const struct pin_path *path) {
  if (verdict->outcome != PIN_AUDITED || verdict->reason != PIN_REASON_UNLISTED)
    return 0;
  return unlisted_subject(verdict->name, path->count > 0 ? &path->keys[0].key : NULL);
}

bool verdict_log_is_due(const struct pin_verdict *verdict, const struct pin_path *path) {
  uint64_t subject;

  if (verdict->outcome == PIN_ACCEPTED || verdict->outcome == PIN_NOT_COVERED)
    return false;
  subject = told_once(verdict, path);
  return subject == 0 || !unlisted_is_told(subject);
}

bool verdict_log_needs_no_more(const struct pin_policy *policy, const struct pin_verdict *verdict,
                               const struct pin_path *path) {
  return verdict->unlisted == PIN_UNLISTED_OBSERVE && verdict->count == 0 && path->count > 0 &&
         policy->blocked_keys.count == 0 &&
         unlisted_is_told(unlisted_subject(verdict->name, &path->keys[0].key));
}

#define HOST_PAIR " host="
#define HOST_SIZE (sizeof HOST_PAIR + 255)

/* Writes the pair with the host's name; other bytes become "?", since no entry's name contains them.
 * Writes nothing if no name is known. */
static void write_host(const char *name, char ret_pair[HOST_SIZE]) {
  size_t length = sizeof HOST_PAIR - 1;

  ret_pair[0] = '\0';
  if (name == NULL)
    return;
  memcpy(ret_pair, HOST_PAIR, length);
  for (; *name != '\0' && length < HOST_SIZE - 1; name++)
    ret_pair[length++] = (char)(*name > ' ' && *name < 0x7f && *name != '"' ? *name : '?');
  ret_pair[length] = '\0';
}

void verdict_log_dropped_session(const struct pin_verdict *verdict, const char *library) {
  const char *message = verdict->reason == PIN_REASON_NO_KEY || verdict->reason == PIN_REASON_PATH_CUT
                            ? "a stored TLS session keeps too little of its server's path for the policy"
                            : "the policy does not allow a stored TLS session";
  char host[HOST_SIZE], line[HOST_SIZE + 256 + TAIL_SIZE];

  write_host(verdict->name, host);
  snprintf(line, sizeof line - TAIL_SIZE,
           "event=session-dropped%s reason=%s message=\"%s\" consequence=\"a full handshake, without "
           "early data\"",
           host, pin_reason_word(verdict->reason), message);
  (void)log_limited(LOG_NOTICE, limit_of(verdict), subject_of(verdict, EVENT_SESSION_DROPPED), library, line);
}

char *verdict_log(const struct pin_verdict *verdict, const struct pin_path *path, const char *library) {
  uint64_t once = told_once(verdict, path);
  /* Not on the stack: a handshake may run in a fibre whose stack has 32 KiB (SSL_MODE_ASYNC). */
  char *line = malloc(PIN_REPORT_SIZE + TAIL_SIZE);

  if (line == NULL) {
    log_line(LOG_WARNING, "event=not-reported message=\"no memory to say what was refused\"");
    return NULL;
  }
  pin_report(verdict, path, line, PIN_REPORT_SIZE);
  if (log_line_of(verdict, library, line) && once != 0)
    unlisted_note_told(once);
  if (verdict->outcome != PIN_REFUSED) {
    free(line);
    return NULL;
  }
  TRACE_REFUSAL(line);
  pin_report(verdict, path, line, QUEUE_DATA_SIZE);
  return line;
}
