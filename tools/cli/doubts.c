/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/doubts.h"

#include "cli/output.h"
#include "cli/prompt.h"

/* Whoever is asked holds the lock, and every other writer of the policy waits. */
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
