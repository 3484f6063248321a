/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Damages the compiled form of a policy again and again, opens it as every process does, and asks it about
 * every host: each answer must be that of the text, or the refusal that makes a process read the text.
 *
 *   compiled-corruption [SEED [COUNT]]
 *
 * Prints the seed, with which a run can be repeated. Exits with 1 if an answer was wrong.
 */
#include "corruption.h"
#include "policy_folder.h"
#include "subject.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define DEFAULT_COUNT 10000

/* The edition in force, and the one that was compiled before it. */
#define EDITION 7u

struct fuzz {
  struct policy_folder folder;
  char policy[96], form[96];
  struct bytes sound, other;
  struct bytes damaged; /* room for the sound one */
  struct question questions[SUBJECT_QUESTIONS];
  uint64_t random;
  unsigned long opened, current, doubted; /* how many damaged forms got that far */
};

static bool set_up(struct fuzz *fuzz) {
  folder_make(&fuzz->folder);
  snprintf(fuzz->policy, sizeof fuzz->policy, "%s/policy.cfg", fuzz->folder.path);
  if (!pin_compiled_path(fuzz->policy, fuzz->form, sizeof fuzz->form) ||
      !subject_compile(fuzz->policy, EDITION - 1, &fuzz->other) ||
      !subject_compile(fuzz->policy, EDITION, &fuzz->sound) ||
      pin_compiled_write(fuzz->form, fuzz->sound.data, fuzz->sound.size) != 0)
    return false;
  subject_questions(EDITION, &fuzz->sound, fuzz->questions);
  fuzz->damaged.data = malloc(fuzz->sound.size);
  return fuzz->damaged.data != NULL;
}

static void tear_down(struct fuzz *fuzz) {
  free(fuzz->sound.data);
  free(fuzz->other.data);
  free(fuzz->damaged.data);
  folder_remove(&fuzz->folder);
}

/* Without O_TRUNC, because file systems wait for the disk when a truncated file is closed. */
static bool write_form(const struct fuzz *fuzz) {
  int fd = open(fuzz->form, O_WRONLY | O_CLOEXEC);
  bool written = fd >= 0 &&
                 write(fd, fuzz->damaged.data, fuzz->damaged.size) == (ssize_t)fuzz->damaged.size &&
                 ftruncate(fd, (off_t)fuzz->damaged.size) == 0;
  if (fd >= 0)
    close(fd);
  return written;
}

/* Reads every byte that an entry points at. */
static bool read_entry(const struct pin_entry *entry, void *arg) {
  size_t *sum = arg;
  *sum += strlen(entry->name) + strlen(entry->comment) + strlen(entry->file);
  for (uint32_t i = 0; i < entry->port_count; i++)
    *sum += entry->ports[i];
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    for (uint32_t i = 0; i < entry->lists[list].count; i++)
      *sum += entry->lists[list].digests[i].bytes[31];
  return true;
}

/*
 * Opens the form in memory of exactly its size, so that a sanitizer sees a read beyond its end, which a
 * mapped page would hide. The answers do not matter.
 */
static void read_copy(const struct fuzz *fuzz) {
  size_t size = fuzz->damaged.size, sum = 0;
  uint8_t *copy = malloc(size == 0 ? 1 : size);
  struct pin_policy policy;
  struct answer answer;
  if (copy == NULL)
    return;
  memcpy(copy, fuzz->damaged.data, size);
  if (pin_policy_open(copy, size, &policy) == PIN_OK) {
    pin_policy_visit(&policy, read_entry, &sum);
    pin_policy_is_fresh(&policy);
    for (size_t i = 0; i < SUBJECT_QUESTIONS; i += 7)
      subject_ask(&policy, &fuzz->questions[i], &answer);
  }
  free(copy);
}

static bool is_refused_as_damaged(const struct answer *answer) {
  return answer->outcome == PIN_REFUSED && answer->reason == PIN_REASON_DAMAGED;
}

/* Prints wrong answers, and returns how many there were. */
static unsigned ask_all(struct fuzz *fuzz, const struct pin_policy *policy) {
  unsigned wrong = 0, refusals = 0;
  for (size_t i = 0; i < SUBJECT_QUESTIONS; i++) {
    const struct question *question = &fuzz->questions[i];
    struct answer answer;
    subject_ask(policy, question, &answer);
    if (is_refused_as_damaged(&answer)) {
      refusals++;
    } else if (answer.outcome != question->right.outcome || answer.reason != question->right.reason) {
      wrong++;
      printf("  %s: %s (%s), but the text says %s\n", question->name, pin_outcome_word(answer.outcome),
             pin_reason_word(answer.reason), pin_outcome_word(question->right.outcome));
    }
  }
  fuzz->doubted += refusals > 0;
  return wrong;
}

/*
 * A form of another edition is not current, because its sources are those of that time; a process reads the
 * text. So only a current form, or one that has only bytes of this edition, must answer like the text.
 */
static unsigned examine(struct fuzz *fuzz, enum corruption corruption) {
  struct pin_compiled compiled;
  unsigned wrong = 0;
  if (pin_compiled_open(fuzz->form, &compiled) != PIN_OK)
    return 0;
  bool current = pin_compiled_is_of(&compiled, fuzz->policy) && pin_compiled_is_current(&compiled);
  fuzz->opened++;
  fuzz->current += current;
  if (current || corruption != CORRUPTION_TRANSPLANT)
    wrong = ask_all(fuzz, &compiled.policy);
  pin_compiled_close(&compiled);
  return wrong;
}

static bool damage_once(struct fuzz *fuzz, unsigned long number) {
  memcpy(fuzz->damaged.data, fuzz->sound.data, fuzz->sound.size);
  fuzz->damaged.size = fuzz->sound.size;
  enum corruption corruption = corrupt(&fuzz->random, &fuzz->damaged, &fuzz->other);
  if (!write_form(fuzz)) {
    perror(fuzz->form);
    return false;
  }
  read_copy(fuzz);
  if (examine(fuzz, corruption) == 0)
    return true;
  printf("corruption %lu, %s\n", number, corruption_name(corruption));
  return false;
}

/* Without damage every answer is the text's, and no host is refused: else the rest would prove nothing. */
static bool sound_is_sound(struct fuzz *fuzz) {
  struct pin_compiled compiled;
  if (pin_compiled_open(fuzz->form, &compiled) != PIN_OK)
    return false;
  bool sound =
      pin_compiled_is_current(&compiled) && ask_all(fuzz, &compiled.policy) == 0 && fuzz->doubted == 0;
  pin_compiled_close(&compiled);
  return sound;
}

static bool damage_all(struct fuzz *fuzz, unsigned long count) {
  if (!sound_is_sound(fuzz))
    return false;
  for (unsigned long number = 1; number <= count; number++)
    if (!damage_once(fuzz, number))
      return false;
  printf("%lu corruptions: %lu could be opened, %lu of them were current, %lu made hosts refused\n", count,
         fuzz->opened, fuzz->current, fuzz->doubted);
  return fuzz->doubted > 0 && fuzz->opened < count;
}

int main(int argc, char **argv) {
  static struct fuzz fuzz;
  unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 0) : DEFAULT_COUNT;
  if (getrandom(&fuzz.random, sizeof fuzz.random, 0) != sizeof fuzz.random)
    return 1;
  if (argc > 1)
    fuzz.random = strtoull(argv[1], NULL, 0);
  printf("seed %" PRIu64 "\n", fuzz.random);
  fflush(stdout);
  bool good = set_up(&fuzz) && damage_all(&fuzz, count);
  tear_down(&fuzz);
  return good ? 0 : 1;
}
