/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * lookup COMPILED HOSTS NAMES ROUNDS: looks up NAMES names that a compiled form of make-policy covers, and as
 * many that it does not, after one lookup of each. Prints nanoseconds of processor time per pin_select in the
 * fastest round, and the calls of the allocator meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "blocks.h"
#include "pinpolicy.h"

#define MAX_NAMES 4096
#define NAME_SIZE 48

static unsigned long allocations;

/* Replaces libc's functions, so that libc's own calls (strdup, opendir) count as well. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

void *malloc(size_t size) {
  allocations++;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  allocations++;
  return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
  allocations++;
  return __libc_realloc(block, size);
}

static char names[MAX_NAMES][NAME_SIZE];

/* Spread over the whole policy by a stride that has no factor in common with its size. */
static void choose_names(unsigned long hosts, unsigned long count, const char *prefix) {
  for (unsigned long i = 0; i < count; i++)
    snprintf(names[i], NAME_SIZE, "%s%lu.bench.example", prefix, 1 + i * 7919 % (hosts - 1));
}

static double nanoseconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Looks up every name once; returns how many were covered. */
static unsigned long ask(const struct pin_policy *policy, unsigned long count) {
  static struct pin_verdict verdict;
  unsigned long covered = 0;

  for (unsigned long i = 0; i < count; i++) {
    const char *name = names[i];
    struct pin_peer peer = {.names = &name, .name_count = 1, .port = 443, .now = 1};

    if (pin_select(policy, &peer, &verdict) != PIN_NEEDS_NOTHING)
      covered++;
    /* As at the end of a verification. */
    if (policy->blocks != NULL)
      pin_blocks_trim(policy->blocks);
  }
  return covered;
}

/* Nanoseconds per lookup; negative: the policy does not cover what it should. Other load can only add to a
 * round, so the fastest one counts. */
static double measure(const struct pin_policy *policy, unsigned long count, unsigned long rounds,
                      unsigned long expected) {
  double fastest = -1;

  if (ask(policy, count) != expected)
    return -1;
  for (unsigned long i = 0; i < rounds; i++) {
    double began = nanoseconds(), took;

    ask(policy, count);
    took = nanoseconds() - began;
    if (fastest < 0 || took < fastest)
      fastest = took;
  }
  return fastest / (double)count;
}

int main(int argc, char **argv) {
  unsigned long hosts = argc == 5 ? strtoul(argv[2], NULL, 10) : 0;
  unsigned long count = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
  unsigned long rounds = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
  struct pin_compiled compiled;
  double covered, uncovered;

  if (hosts < 2 || count == 0 || count > MAX_NAMES || rounds == 0) {
    fputs("usage: lookup COMPILED HOSTS NAMES ROUNDS\n", stderr);
    return 2;
  }
  if (pin_compiled_open(argv[1], &compiled) != PIN_OK) {
    fprintf(stderr, "%s: no compiled form\n", argv[1]);
    return 3;
  }
  allocations = 0;
  choose_names(hosts, count, "host");
  covered = measure(&compiled.policy, count, rounds, count);
  choose_names(hosts, count, "stranger");
  uncovered = measure(&compiled.policy, count, rounds, 0);
  printf("{\"covered_ns\": %.1f, \"uncovered_ns\": %.1f, \"allocations\": %lu}\n", covered, uncovered,
         allocations);
  pin_compiled_close(&compiled);
  return covered < 0 || uncovered < 0 ? 1 : 0;
}
