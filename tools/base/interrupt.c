/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/interrupt.h"

#include <stddef.h>
#include <stdio.h>

#include "base/memory.h"

static volatile sig_atomic_t noted;

static void note(int number) {
  (void)number;
  noted = 1;
}

void interrupt_hold(struct interrupt *ret_interrupt) {
  struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND};
  noted = 0;
  sigaction(SIGINT, NULL, &ret_interrupt->before);
  ret_interrupt->held = ret_interrupt->before.sa_handler != SIG_IGN;
  if (ret_interrupt->held)
    sigaction(SIGINT, &action, NULL);
}

void interrupt_release(const struct interrupt *interrupt) {
  if (interrupt->held)
    sigaction(SIGINT, &interrupt->before, NULL);
}

bool interrupt_noted(void) {
  return noted != 0;
}

/* ---- While files are changed ---- */

/* The last one asks for nothing, but would end the process. Handlers, since what is ignored stays so in the
 * programs that are started. */
static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
#define NUMBERS COUNT_OF(numbers)

static struct sigaction before[NUMBERS];
static unsigned depth;
static bool is_too_late, is_postponed;
static volatile sig_atomic_t asked;

static void note_end(int number) {
  if (number != SIGPIPE && asked == 0)
    asked = number; /* The first; a terminal that goes away may follow Ctrl-C. */
}

void end_defer(void) {
  struct sigaction action = {.sa_handler = note_end};
  if (depth++ > 0)
    return;
  for (size_t i = 0; i < NUMBERS; i++) {
    sigaction(numbers[i], NULL, &before[i]);
    if (before[i].sa_handler != SIG_IGN)
      sigaction(numbers[i], &action, NULL);
  }
}

static void restore(void) {
  for (size_t i = 0; i < NUMBERS; i++)
    sigaction(numbers[i], &before[i], NULL);
}

void end_deliver(void) {
  if (depth == 0 || --depth > 0)
    return;
  restore();
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
    restore();
  depth = 0;
  asked = 0;
  is_too_late = false;
}
