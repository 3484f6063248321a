/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>

#include "base/memory.h"

/* Sets handlers, not SIG_IGN: programs that pinctl starts would inherit an ignored signal. */
static void handle(const int *signals, size_t count, const struct sigaction *action,
                   struct sigaction *ret_before) {
  for (size_t i = 0; i < count; i++) {
    sigaction(signals[i], NULL, &ret_before[i]);
    if (ret_before[i].sa_handler != SIG_IGN)
      sigaction(signals[i], action, NULL);
  }
}

static void restore(const int *signals, size_t count, const struct sigaction *before) {
  for (size_t i = 0; i < count; i++)
    sigaction(signals[i], &before[i], NULL);
}

/* ---- While many servers are asked ---- */

static const int interrupt = SIGINT;
static struct sigaction before_interrupt;
static volatile sig_atomic_t noted;

static void note_interrupt(int number) {
  (void)number;
  noted = 1;
}

void interrupt_hold(void) {
  const struct sigaction action = {.sa_handler = note_interrupt, .sa_flags = (int)SA_RESETHAND};
  noted = 0;
  handle(&interrupt, 1, &action, &before_interrupt);
}

void interrupt_release(void) {
  restore(&interrupt, 1, &before_interrupt);
}

bool interrupt_noted(void) {
  return noted != 0;
}

/* ---- While files are changed ---- */

/* SIGPIPE does not ask pinctl to end, but would kill it. */
static const int enders[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
static struct sigaction before_end[COUNT_OF(enders)];
static unsigned depth;
static bool is_too_late, is_postponed;
static volatile sig_atomic_t asked;

static void note_end(int number) {
  if (number != SIGPIPE && asked == 0)
    asked = number; /* the first signal counts: SIGHUP of a closed terminal may follow Ctrl-C */
}

void end_defer(void) {
  const struct sigaction action = {.sa_handler = note_end};
  if (depth++ == 0)
    handle(enders, COUNT_OF(enders), &action, before_end);
}

void end_deliver(void) {
  if (depth == 0 || --depth > 0)
    return;
  restore(enders, COUNT_OF(enders), before_end);
  is_too_late = false;
  if (!is_postponed)
    end_now();
}

int end_asked(void) {
  return is_too_late ? 0 : asked;
}

int end_noted(void) {
  return asked;
}

void end_too_late(void) {
  is_too_late = depth > 0;
}

void end_postpone(bool postpone) {
  is_postponed = postpone;
}

void end_now(void) {
  int number = asked;
  asked = 0;
  if (number == 0)
    return;
  fflush(NULL);
  raise(number);
}

void end_forget(void) {
  if (depth > 0)
    restore(enders, COUNT_OF(enders), before_end);
  depth = 0;
  asked = 0;
  is_too_late = false;
}
