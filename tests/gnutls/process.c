/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Forks, threads, and many connections of one process. Run in the same way as sessions.c. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit.h"

static const struct setup right = {.chain = "good", .name = "pinned.test.example"},
                          wrong = {.chain = "bad", .name = "pinned.test.example"};
static const struct setup right_ca = {.chain = "good", .name = "ca.test.example"},
                          wrong_ca = {.chain = "bad", .name = "ca.test.example"};
static const struct setup uncovered = {.chain = "bad", .name = "other.test.example"};

#define THREADS 8
#define ROUNDS 6

/* Whether the wrong key is refused, and the others are not. */
static bool is_enforced(void) {
  struct result refused = connection(&wrong), refused_ca = connection(&wrong_ca);

  return refused.error == GNUTLS_E_CERTIFICATE_ERROR && refused.server_received == 0 &&
         refused_ca.error == GNUTLS_E_CERTIFICATE_ERROR && refused_ca.server_received == 0;
}

static bool goes_on(void) {
  return connection(&right).echoed && connection(&right_ca).echoed && connection(&uncovered).echoed;
}

static const char *outcome(bool enforced, bool accepted) {
  if (!accepted)
    return "rejected";
  return enforced ? "refused" : "accepted";
}

/* In a child that was forked while all of it was in use. */
static void run_fork(void) {
  struct result before = connection(&right);
  int status = -1;
  pid_t child;

  if (!before.echoed)
    broken("the first connection: %s", gnutls_strerror(before.error));
  fflush(stdout);
  child = fork();
  if (child == 0) {
    printf("outcome: %s\n", outcome(is_enforced(), goes_on()));
    fflush(stdout);
    _exit(0);
  }
  if (waitpid(child, &status, 0) != child || status != 0)
    broken("the child: %d", status);
  printf("outcome: %s\n", outcome(is_enforced(), goes_on()));
}

static void *one_thread(void *arg) {
  bool *outcomes = arg;

  outcomes[0] = outcomes[1] = true;
  for (int i = 0; i < ROUNDS; i++) {
    outcomes[0] = is_enforced() && outcomes[0];
    outcomes[1] = goes_on() && outcomes[1];
  }
  return NULL;
}

static void run_threads(void) {
  bool outcomes[THREADS][2];
  pthread_t threads[THREADS];

  for (int i = 0; i < THREADS; i++) {
    if (pthread_create(&threads[i], NULL, one_thread, outcomes[i]) != 0)
      broken("no thread");
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    printf("outcome: %s\n", outcome(outcomes[i][0], outcomes[i][1]));
  }
}

/* More sessions are kept than pinning remembers: the first is no longer resumed, the last one is. */
static void run_many(void) {
  struct setup setup = right;
  struct result first = connection(&right), last = first;

  for (int i = 0; i < 70; i++)
    last = connection(&right);
  setup.session = &first.session;
  first = connection(&setup);
  setup.session = &last.session;
  last = connection(&setup);
  if (!first.echoed || !last.echoed || !last.resumed)
    broken("the first %s resumed, the last %s", first.resumed ? "is" : "is not",
           last.resumed ? "is" : "is not");
  if (strcmp(getenv("PATHS_WAY"), "shim") == 0 && first.resumed)
    broken("the first is resumed");
  puts("outcome: accepted");
}

static const struct {
  const char *name;
  const char *expected; /* under the shim */
  void (*run)(void);
} tests[] = {
    {"fork", "refused", run_fork}, {"threads", "refused", run_threads}, {"many", "accepted", run_many}};

int main(int count, char **arguments) {
  if (count != 2)
    return 2;
  if (strcmp(arguments[1], "--list") == 0) {
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
      printf("%s\taccepted\taccepted\t%s\t0\t\n", tests[i].name, tests[i].expected);
    return 0;
  }
  for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
    if (strcmp(tests[i].name, arguments[1]) != 0)
      continue;
    kit_begin();
    tests[i].run();
    return 0;
  }
  return 2;
}
