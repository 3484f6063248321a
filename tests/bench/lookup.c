/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * lookup COMPILED HOSTS ROUNDS: asks a compiled form of make-policy for names that it covers and names that
 * it does not, after each was asked for once. Prints nanoseconds of processor time per pin_select and the
 * calls of the allocator in between.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pinpolicy.h"

/* Enough that neither the names nor their buckets all lie in the first two caches. */
#define NAMES 4096
#define NAME_SIZE 48

static unsigned long allocations;

/* In the place of libc's, so that its own calls (strdup, opendir) count as well. */
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

static char names[NAMES][NAME_SIZE];

/* Spread over the whole policy by a stride that shares no factor with its size. */
static void choose_names(unsigned long hosts, const char *prefix) {
  for (unsigned long i = 0; i < NAMES; i++)
    snprintf(names[i], NAME_SIZE, "%s%lu.bench.example", prefix, 1 + i * 7919 % (hosts - 1));
}

static double nanoseconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Asks for every name once; how many were covered. */
static unsigned long ask(const struct pin_policy *policy) {
  static struct pin_verdict verdict;
  unsigned long covered = 0;

  for (size_t i = 0; i < NAMES; i++) {
    const char *name = names[i];
    struct pin_peer peer = {.names = &name, .name_count = 1, .port = 443, .now = 1};

    if (pin_select(policy, &peer, &verdict) != PIN_NEEDS_NOTHING)
      covered++;
  }
  return covered;
}

/* Nanoseconds per lookup; negative: the policy does not cover what it should. */
static double measure(const struct pin_policy *policy, unsigned long rounds, unsigned long expected) {
  double began;

  if (ask(policy) != expected)
    return -1;
  began = nanoseconds();
  for (unsigned long i = 0; i < rounds; i++)
    ask(policy);
  return (nanoseconds() - began) / ((double)rounds * NAMES);
}

int main(int argc, char **argv) {
  unsigned long hosts = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
  unsigned long rounds = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
  struct pin_compiled compiled;
  double covered, uncovered;

  if (hosts < 2 || rounds == 0) {
    fputs("usage: lookup COMPILED HOSTS ROUNDS\n", stderr);
    return 2;
  }
  if (pin_compiled_open(argv[1], &compiled) != PIN_OK) {
    fprintf(stderr, "%s: no compiled form\n", argv[1]);
    return 3;
  }
  allocations = 0;
  choose_names(hosts, "host");
  covered = measure(&compiled.policy, rounds, NAMES);
  choose_names(hosts, "stranger");
  uncovered = measure(&compiled.policy, rounds, 0);
  printf("{\"covered_ns\": %.1f, \"uncovered_ns\": %.1f, \"allocations\": %lu}\n", covered, uncovered,
         allocations);
  pin_compiled_close(&compiled);
  return covered < 0 || uncovered < 0 ? 1 : 0;
}
