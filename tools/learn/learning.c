/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "learn/learning.h"

#include <unistd.h>

#include "base/memory.h"
#include "cli/output.h"
#include "monitor/watch_targets.h"

/* So often a server is asked that has several keys at once: one of two is missed once in a thousand times. */
#define REPETITIONS 10

/* The answers of one round. */
struct round {
  struct watch watch;
  const struct pin_policy *policy;
  size_t *candidates; /* by watch host */
};

static void add(struct round *round, const struct candidate *candidate, size_t index,
                enum probe_protocol protocol) {
  round->candidates = must_room(round->candidates, round->watch.count, sizeof *round->candidates);
  round->candidates[round->watch.count] = index;
  watch_add(&round->watch, candidate->host, candidate->port, protocol);
}

static void round_clear(struct round *round) {
  watch_clear(&round->watch);
  free(round->candidates);
}

/* ---- The history ---- */

/* What was found is worth more than the history: a default one that cannot be used is only warned of. */
static int use_history(const struct learning_history *how, struct candidates *candidates,
                       struct round *round) {
  if (how->path == NULL || (!how->keep && access(how->path, F_OK) != 0))
    return EXIT_DONE;
  struct history *history = history_open(how->path, !how->keep);
  bool good = history != NULL;
  /* First what was known before. */
  for (size_t i = 0; good && i < candidates->count; i++)
    if (candidates->items[i].state == CANDIDATE_OPEN)
      good = candidate_take_history(candidates, history, &candidates->items[i]);
  good = good && (!how->keep || history_record(history, &round->watch));
  history_close(history);
  if (!good && how->is_default)
    say_warning("no history was used; --history FILE has it elsewhere, --no-history uses none");
  return good || how->is_default ? EXIT_DONE : EXIT_FAILED;
}

/* ---- Asking ---- */

static int first_round(struct candidates *candidates, const struct probe_settings *settings,
                       const struct learning_history *history, struct round *round) {
  if (round->watch.count > 0 && !targets_look(&round->watch, round->policy, settings))
    return EXIT_FAILED;
  for (size_t i = 0; i < round->watch.count; i++)
    candidate_take_answer(candidates, round->policy, &round->watch.hosts[i],
                          &candidates->items[round->candidates[i]]);
  int status = use_history(history, candidates, round);
  for (size_t i = 0; i < candidates->count; i++)
    candidate_settle(candidates, &candidates->items[i]);
  return status;
}

/* Servers behind one name may have a key each: only what is shown now is proposed. */
static int second_round(struct candidates *candidates, const struct probe_settings *settings,
                        struct round *round) {
  if (round->watch.count > 0 && !targets_look(&round->watch, round->policy, settings))
    return EXIT_FAILED;
  for (size_t i = 0; i < round->watch.count; i++)
    candidate_take_repetition(candidates, &round->watch.hosts[i], &candidates->items[round->candidates[i]]);
  for (size_t i = 0; i < candidates->count; i++)
    candidate_settle(candidates, &candidates->items[i]);
  return EXIT_DONE;
}

int learning_ask(struct candidates *candidates, const struct pin_policy *policy,
                 const struct probe_settings *settings, const struct learning_history *history,
                 learning_protocol_fn *protocol_of, const void *arg) {
  struct round first = {.policy = policy, .watch = {.now = candidates->now}};
  struct round second = {.policy = policy, .watch = {.now = candidates->now}};
  for (size_t i = 0; i < candidates->count; i++)
    if (candidates->items[i].state == CANDIDATE_OPEN)
      add(&first, &candidates->items[i], i, protocol_of(candidates->items[i].port, arg));
  int status = first_round(candidates, settings, history, &first);
  round_clear(&first);
  for (size_t i = 0; i < REPETITIONS * candidates->count; i++)
    if (candidates->items[i / REPETITIONS].state == CANDIDATE_ALTERNATING)
      add(&second, &candidates->items[i / REPETITIONS], i / REPETITIONS,
          protocol_of(candidates->items[i / REPETITIONS].port, arg));
  if (status == EXIT_DONE)
    status = second_round(candidates, settings, &second);
  round_clear(&second);
  return status;
}

size_t learning_count(const struct candidates *candidates, enum candidate_state state) {
  size_t count = 0;
  for (size_t i = 0; i < candidates->count; i++)
    count += candidates->items[i].state == state ? 1 : 0;
  return count;
}
