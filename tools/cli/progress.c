/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/progress.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "cli/output.h"

/* Narrower than any terminal, so that the line never wraps and can be cleared. */
#define LINE_SIZE 64

/* A step that is over within this time is not mentioned. */
#define QUIET_MICROSECONDS 1000000

static const char *volatile current; /* NULL: nothing is shown */
static int64_t began;                /* the time of the first progress_begin; 0: there was none */
static volatile sig_atomic_t shown;  /* columns that the line takes on the terminal */

static int64_t microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void append(char *line, size_t *length, const char *text) {
  for (; *text != '\0' && *length < LINE_SIZE; text++)
    line[(*length)++] = *text;
}

static void append_number(char *line, size_t *length, int64_t number) {
  char digits[24] = "";
  char *at = digits + sizeof digits - 1;
  do
    *--at = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  append(line, length, at);
}

/* A signal handler: calls only write(2) and clock_gettime(2), not snprintf(3), and preserves errno. */
static void show(int signal_number) {
  int saved_errno = errno;
  char line[LINE_SIZE];
  size_t length = 0;
  (void)signal_number;
  append(line, &length, "\rpinctl: ");
  append(line, &length, current);
  append(line, &length, ", ");
  append_number(line, &length, (microseconds() - began) / 1000000);
  append(line, &length, " s");
  if (write(STDERR_FILENO, line, length) > 0)
    shown = (sig_atomic_t)length - 1;
  errno = saved_errno;
}

/* first: microseconds until the first line; 0 stops the timer. */
static void set_timer(int64_t first) {
  struct itimerval timer = {
      .it_value = {.tv_sec = (time_t)(first / 1000000), .tv_usec = (suseconds_t)(first % 1000000)}};
  if (first > 0)
    timer.it_interval.tv_sec = 1;
  setitimer(ITIMER_REAL, &timer, NULL);
}

void progress_begin(const char *what) {
  struct sigaction action = {.sa_handler = show, .sa_flags = SA_RESTART};
  if (isatty(STDERR_FILENO) != 1)
    return;
  current = what;
  if (began == 0)
    began = microseconds();
  int64_t left = began + QUIET_MICROSECONDS - microseconds();
  sigaction(SIGALRM, &action, NULL);
  set_timer(left > 0 ? left : 1);
}

void progress_end(void) {
  if (current == NULL)
    return;
  set_timer(0);
  current = NULL;
  progress_hide();
}

void progress_hide(void) {
  char blank[LINE_SIZE + 2] = "\r";
  size_t columns = (size_t)shown;
  if (columns == 0)
    return;
  memset(blank + 1, ' ', columns);
  blank[columns + 1] = '\r';
  (void)!write(STDERR_FILENO, blank, columns + 2);
  shown = 0;
}

#define BAR_COLUMNS 40

void bar_show(size_t done, size_t count) {
  char bar[BAR_COLUMNS + 1] = "";
  if (count == 0 || isatty(STDERR_FILENO) != 1 || !terminal_is_able())
    return;
  size_t filled = done * BAR_COLUMNS / count;
  for (size_t i = 0; i < BAR_COLUMNS; i++)
    bar[i] = i < filled ? '#' : '.';
  if (done < count)
    fprintf(stderr, "\r[%s] %zu of %zu ", bar, done, count);
  else
    fputs("\r\033[K", stderr);
}
