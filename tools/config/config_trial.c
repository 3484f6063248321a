/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The parent of a trial: starts the process and reads its answer. */
#include "config/config_trial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/interrupt.h"
#include "config/conf_lookup.h"

/* Loading takes milliseconds, handshakes tens of them; a module that hangs must not block pinctl. */
#define TRIAL_SECONDS 30
#define PROVIDER_LINE "provider "
#define ERROR_LINE "error "
#define LOADER_LINE "ERROR: ld.so: "

/* A file in memory, which the child opens below /proc/self/fd: nothing is written to disk. */
static int write_configuration(const char *text) {
  int fd = memfd_create("openssl.cnf", 0);
  size_t length = strlen(text);
  if (fd >= 0 && write(fd, text, length) != (ssize_t)length) {
    close(fd);
    return -1;
  }
  return fd;
}

static void set_preload(const char *library) {
  if (library == NULL)
    unsetenv("LD_PRELOAD");
  else
    setenv("LD_PRELOAD", library, 1);
}

__attribute__((noreturn)) static void become_trial(const struct trial *trial, int key, int configuration,
                                                   int answer) {
  char name[] = TRIAL_NAME;
  AUTO_TEXT number = must_format("%d", key);
  char start[] = OPENSSL_START;
  char nodejs_start[] = NODEJS_START;
  char *arguments[] = {name, trial->nodejs ? nodejs_start : start, trial->handshakes ? number : NULL, NULL};
  AUTO_TEXT path = must_format("/proc/self/fd/%d", configuration);
  unsetenv("PINNING_DEBUG");
  set_preload(trial->preload);
  alarm(TRIAL_SECONDS);
  if (setenv("OPENSSL_CONF", path, 1) == 0 && dup2(answer, STDOUT_FILENO) >= 0 &&
      (trial->preload == NULL || dup2(answer, STDERR_FILENO) >= 0))
    execv("/proc/self/exe", arguments);
  dprintf(answer, ERROR_LINE "/proc/self/exe: %s\n", strerror(errno));
  _exit(127);
}

/* The dynamic linker only warns of a library that it cannot preload, in every program. */
static void take_complaint(const char *line, const char *preload, char **ret_why) {
  bool ours = strncmp(line, LOADER_LINE, strlen(LOADER_LINE)) == 0 && strstr(line, preload) != NULL;
  if (ours && *ret_why == NULL)
    *ret_why = must_copy(line);
}

static void take_line(const char *line, struct text_list *providers, char **ret_why) {
  if (strncmp(line, PROVIDER_LINE, strlen(PROVIDER_LINE)) == 0)
    text_list_add(providers, must_copy(line + strlen(PROVIDER_LINE)));
  else if (strncmp(line, ERROR_LINE, strlen(ERROR_LINE)) == 0 && *ret_why == NULL)
    *ret_why = must_copy(line + strlen(ERROR_LINE));
}

static void read_answer(int fd, const char *preload, struct text_list *providers, char **ret_why) {
  FILE *stream = fdopen(fd, "r");
  char *line = NULL;
  size_t room = 0;
  if (stream == NULL) {
    close(fd);
    return;
  }
  while (getline(&line, &room, stream) > 0) {
    line[strcspn(line, "\n")] = '\0';
    take_line(line, providers, ret_why);
    if (preload != NULL)
      take_complaint(line, preload, ret_why);
  }
  free(line);
  fclose(stream);
}

/* A child without an error line must have ended with status 0. */
static void judge_end(int status, char **ret_why) {
  if (*ret_why != NULL || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
    return;
  *ret_why = WIFSIGNALED(status)
                 ? must_format("a program that uses it is killed by signal %d (%s)", WTERMSIG(status),
                               strsignal(WTERMSIG(status)))
                 : must_format("a program that uses it ends with status %d", WEXITSTATUS(status));
}

/* Returns the exit status as wait(2) does; -1: no child was started. */
static int run_child(const struct trial *trial, int key, struct text_list *providers, char **ret_why) {
  int ends[2];
  int status = -1;
  int configuration = write_configuration(trial->configuration);
  if (configuration < 0 || pipe2(ends, O_CLOEXEC) != 0) {
    *ret_why = must_format("it cannot be tested: %s", strerror(errno));
    return status;
  }
  fflush(NULL);
  pid_t child = fork();
  if (child == 0)
    become_trial(trial, key, configuration, ends[1]);
  close(configuration);
  close(ends[1]);
  read_answer(ends[0], trial->preload, providers, ret_why);
  /* If a signal asks pinctl to end, it does not wait for the child. */
  if (child > 0 && end_asked() != 0)
    kill(child, SIGKILL);
  if (child > 0)
    status = child_wait(child);
  judge_end(status, ret_why);
  return status;
}

/* Each kind of key has its own process, since the policy with its pins is read only once, before the first
 * connection. */
bool trial_run(const struct trial *trial, struct text_list *ret_providers, char **ret_why) {
  int status = 0;
  *ret_providers = (struct text_list){0};
  *ret_why = NULL;
  for (int key = 0; key < TRIAL_KEYS; key++) {
    text_list_clear(ret_providers);
    free(*ret_why);
    *ret_why = NULL;
    status = run_child(trial, key, ret_providers, ret_why);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != TRIAL_OTHER_KEY)
      break;
  }
  return *ret_why == NULL;
}
