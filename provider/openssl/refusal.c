/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "common/log.h"
#include "common/log_limit.h"
#include "common/trace.h"

#define REASON_REFUSED 1
/* What is longer is cut off in the middle of a word (openssl-internals E3). */
#define QUEUE_DATA_SIZE 1024

/*
 * Our library number in this OpenSSL, with the texts of our reasons; 0: none to be had. The texts live on
 * the heap, for each OpenSSL of the process (openssl-internals E2).
 */
static int error_library(struct openssl *openssl, const struct libcrypto *crypto) {
  int library = atomic_load(&openssl->error_library);
  int expected = 0;
  ERR_STRING_DATA *texts;

  if (library != 0)
    return library;
  texts = calloc(3, sizeof *texts); /* the last one stays zero: the end */
  library = crypto->ERR_get_next_error_library();
  if (texts == NULL || library == 0) {
    free(texts);
    return 0;
  }
  /* Two threads may get here at once: the loser's number stays unused. */
  if (!atomic_compare_exchange_strong(&openssl->error_library, &expected, library)) {
    free(texts);
    return expected;
  }
  /* Function and reason 0 stand for the library's own name. */
  atomic_store(&openssl->error_texts, texts);
  texts[0].error = ERR_PACK(library, 0, 0);
  texts[0].string = "pinning";
  texts[1].error = ERR_PACK(0, 0, REASON_REFUSED);
  texts[1].string = "refused by the pinning policy of this machine";
  crypto->ERR_load_strings(library, texts);
  return library;
}

static void push_error(const struct libcrypto *crypto, int library, int reason, const char *data) {
  crypto->ERR_new();
  crypto->ERR_set_debug("pinning.so", 0, "pinning");
  if (data != NULL)
    crypto->ERR_set_error(library, reason, "%s", data);
  else
    crypto->ERR_set_error(library, reason, NULL);
}

/* One host and what happened to it. */
static uint64_t subject_of(const struct pin_verdict *verdict, unsigned event) {
  uint64_t state = 0xcbf29ce484222325 ^ ((uint64_t)event << 16) ^ ((uint64_t)verdict->outcome << 8) ^
                   (uint64_t)verdict->reason;

  for (const char *byte = verdict->name; byte != NULL && *byte != '\0'; byte++)
    state = (state ^ (unsigned char)*byte) * 0x100000001b3; /* FNV-1a */
  return state;
}

enum { EVENT_VERDICT, EVENT_SESSION_DROPPED };

#define COUNT_SIZE 32

/* line: has COUNT_SIZE free bytes behind its text. */
static void log_limited(int priority, uint64_t subject, char *line) {
  struct timespec now;
  unsigned swallowed;

  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  if (!log_limit_admits(subject, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, &swallowed))
    return;
  if (swallowed != 0)
    snprintf(line + strlen(line), COUNT_SIZE, " swallowed=%u", swallowed);
  log_line(priority, line);
}

/* line: PIN_REPORT_SIZE + COUNT_SIZE bytes. */
static void log_verdict(const struct pin_verdict *verdict, char *line) {
  int priority = verdict->outcome == PIN_REFUSED ? LOG_WARNING : LOG_NOTICE;

  log_limited(priority, subject_of(verdict, EVENT_VERDICT), line);
}

#define HOST_SIZE 256

/* The host as far as it is one: a name with other bytes in it is in no entry. */
static void copy_host(const char *name, char ret_host[HOST_SIZE]) {
  size_t length = 0;

  for (; name != NULL && name[length] != '\0' && length < HOST_SIZE - 1; length++)
    ret_host[length] =
        (char)(name[length] > ' ' && name[length] < 0x7f && name[length] != '"' ? name[length] : '?');
  ret_host[length] = '\0';
}

void report_dropped_session(const struct pin_verdict *verdict) {
  const char *message = verdict->reason == PIN_REASON_NO_KEY || verdict->reason == PIN_REASON_PATH_CUT
                            ? "a stored TLS session keeps too little of its server's path for the policy"
                            : "the policy does not allow a stored TLS session";
  char host[HOST_SIZE], line[HOST_SIZE + 256 + COUNT_SIZE];

  copy_host(verdict->name, host);
  snprintf(line, sizeof line - COUNT_SIZE,
           "event=session-dropped host=%s reason=%s message=\"%s\" consequence=\"a full handshake, without "
           "early data\"",
           host, pin_reason_word(verdict->reason), message);
  log_limited(LOG_NOTICE, subject_of(verdict, EVENT_SESSION_DROPPED), line);
}

char *report_verdict(const struct pin_verdict *verdict, const struct pin_path *path) {
  /* Not on the stack: a handshake may run in a fibre that has 32 KiB of it (SSL_MODE_ASYNC). */
  char *line = malloc(PIN_REPORT_SIZE + COUNT_SIZE);

  if (line == NULL) {
    log_line(LOG_WARNING, "event=not-reported message=\"no memory to say what was refused\"");
    return NULL;
  }
  pin_report(verdict, path, line, PIN_REPORT_SIZE);
  log_verdict(verdict, line);
  if (verdict->outcome != PIN_REFUSED) {
    free(line);
    return NULL;
  }
  TRACE_REFUSAL(line);
  pin_report(verdict, path, line, QUEUE_DATA_SIZE);
  return line;
}

void leave_errors(struct openssl *openssl, bool in_tls, const char *text) {
  const struct libcrypto *crypto = openssl_refusal(openssl);
  int library = error_library(openssl, crypto);

  if (in_tls)
    push_error(crypto, ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, NULL);
  if (library != 0)
    push_error(crypto, library, REASON_REFUSED, text != NULL ? text : "verdict=refused");
}
