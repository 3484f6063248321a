/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The journal, as journalctl(1) prints it. A child, and not libsystemd: that is needed on systems without
 * systemd too, once pinctl is linked with it, and gives nothing more.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "cli/output.h"
#include "logs/log_lines.h"

/* Behind /dev/log where journald runs. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

bool log_has_journal(void) {
  return access(JOURNAL_SOCKET, F_OK) == 0;
}

/* Ended by NULL. --all: without it, a field of more than 4096 bytes is printed as null. */
static const char **command_line(const struct log_query *query, char *since, const char **ret_words) {
  static const char *const always[] = {
      "journalctl",
      "--output=json",
      "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_HOSTNAME,_UID,_PID,_EXE",
      "--all",
      "--no-pager",
      "--facility=authpriv",
      ("--identifier=" LOG_IDENTIFIER),
  };
  size_t count = 0;
  for (; count < COUNT_OF(always); count++)
    ret_words[count] = always[count];
  if (query->has_since)
    ret_words[count++] = since;
  if (query->follow)
    ret_words[count++] = "--follow";
  if (query->follow)
    ret_words[count++] = query->has_since ? "--lines=all" : "--lines=0";
  ret_words[count] = NULL;
  return ret_words;
}

/* 0 or an errno value. *ret_output: what it prints. */
static int start(const struct log_query *query, pid_t *ret_child, FILE **ret_output) {
  const char *words[16];
  AUTO_TEXT since = must_format("--since=@%" PRId64, query->since);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return errno;
  command_line(query, since, words);
  union {
    const char **constant;
    char **arguments;
  } line = {.constant = words};
  const struct child_streams streams = {.in = -1, .out = ends[1], .err = -1};
  int error = child_start(line.arguments, &streams, false, ret_child);
  close(ends[1]);
  if (error == 0)
    *ret_output = fdopen(ends[0], "r");
  else
    close(ends[0]);
  return error;
}

static int finish(pid_t child) {
  if (child_succeeded(child_wait(child)))
    return EXIT_DONE;
  return say_failure("journalctl failed; --file FILE reads a log without it");
}

int log_read_journal(struct log_reading *reading) {
  pid_t child = 0;
  FILE *output = NULL;
  AUTO_TEXT line = NULL;
  size_t size = 0;
  int error = start(reading->query, &child, &output);
  if (error != 0 || output == NULL)
    return say_failure("journalctl: %s", strerror(error != 0 ? error : ENOMEM));
  for (ssize_t length; (length = getline(&line, &size, output)) > 0;) {
    if (line[length - 1] == '\n')
      line[length - 1] = '\0';
    log_take_line(reading, line, true);
  }
  fclose(output);
  return finish(child);
}
