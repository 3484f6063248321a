/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/prompt.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "cli/output.h"

bool question_possible(void) {
  return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

/* Waits until a line can be read. A terminal gives whole lines, so none is waiting in stdin's buffer. */
static bool answer_comes(int seconds) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  time_t end = time(NULL) + seconds;
  int got = 0;
  do {
    time_t now = time(NULL);
    int rest = now < end && end - now <= seconds ? (int)(end - now) : 0;
    got = poll(&input, 1, rest * 1000);
  } while (got < 0 && errno == EINTR && end_asked() == 0);
  return got > 0;
}

static int last_of(const char *const *words) {
  int last = 0;
  while (words[last] != NULL)
    last++;
  return last - 1;
}

static void put_question(const char *question, const char *const *words) {
  put(stderr, BOLD, "%s", question);
  for (int i = 0; words[i] != NULL; i++)
    put(stderr, PLAIN, "%s[%c]%s", i == 0 ? " " : ", ", *words[i], words[i] + 1);
  put(stderr, PLAIN, "? ");
}

static int read_answer(const char *const *words, int last) {
  AUTO_TEXT line = NULL;
  size_t size = 0;
  ssize_t length = getline(&line, &size, stdin);
  if (length > 0 && line[length - 1] == '\n')
    line[--length] = '\0';
  for (int i = 0; length > 0 && i < last; i++)
    if (strcmp(line, words[i]) == 0 || (length == 1 && *line == *words[i]))
      return i;
  return last;
}

/* Ctrl-C, or no answer, counts as the last word. */
static int end_line(int last) {
  put(stderr, PLAIN, "\n");
  return last;
}

int question_ask(const char *question, const char *const *words) {
  int last = last_of(words);
  if (end_asked() != 0)
    return last;
  put_question(question, words);
  int answer = read_answer(words, last);
  return end_asked() == 0 ? answer : end_line(last);
}

int question_ask_within(const char *question, const char *const *words, int seconds) {
  int last = last_of(words);
  if (end_asked() != 0)
    return last;
  put_question(question, words);
  if (answer_comes(seconds))
    return read_answer(words, last);
  end_line(last);
  if (end_asked() != 0)
    return last;
  say_note("no answer within %d seconds counts as \"%s\"", seconds, words[last]);
  return last;
}

/* The lock is held during the question, and every other pinctl that writes the policy waits for it. */
#define ANSWER_SECONDS 120

int doubts_settle(const struct text_list *doubts, const char *subject, bool yes, bool dry_run) {
  static const char *const words[] = {"yes", "no", NULL};
  for (size_t i = 0; i < doubts->count; i++)
    say_warning("%s", doubts->items[i]);
  if (doubts->count == 0 || yes)
    return EXIT_DONE;
  AUTO_TEXT question = must_format("%s: change it all the same:", subject);
  if (!dry_run && question_possible() && question_ask_within(question, words, ANSWER_SECONDS) == 0)
    return EXIT_DONE;
  if (dry_run)
    say_error("%s: this would be refused without --yes", subject);
  else
    say_error("%s: that is hardly meant, so nothing was changed; --yes changes it all the same", subject);
  return EXIT_FINDING;
}
