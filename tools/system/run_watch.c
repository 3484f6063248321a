/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "system/run_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/child.h"
#include "base/memory.h"
#include "cli/output.h"
#include "system/known_program.h"
#include "system/process_reason.h"
#include "system/processes.h"
#include "system/tls_library.h"

/* A worker may be started late, when there is work for it. */
static const int pauses[] = {3000, 12000, 45000}; /* milliseconds */

static bool is_bare(const struct process *process, int ancestor) {
  /* Of PHP itself that was said at the start. */
  if (process->kind == PROCESS_PARTLY)
    return process->pid != ancestor || program_note_of(process->program) != PROGRAM_BINDS_DEEPLY;
  return process->kind == PROCESS_NOT_LOADED || process->kind == PROCESS_OLD;
}

/* The first descendant with a TLS library that is not enforced, or NULL. */
static const struct process *find_bare(const struct processes *processes, int ancestor) {
  for (size_t i = 0; i < processes->count; i++) {
    const struct process *process = &processes->items[i];
    if (is_bare(process, ancestor) && (process->pid == ancestor || process_is_below(process->pid, ancestor)))
      return process;
  }
  return NULL;
}

/* Whether something was said. */
static bool look(const char *program, int ancestor) {
  struct process_loading loading = {.configuration = ""};
  struct processes processes;
  processes_read(&loading, &processes);
  const struct process *bare = find_bare(&processes, ancestor);
  if (bare != NULL) {
    const char *reason = process_reason_text(bare->reason);
    say_warning("%s (process %d), started by %s, has %s and is NOT enforced%s%s", bare->program, bare->pid,
                program, (bare->libraries & ~bare->enforced & TLS_OPENSSL) != 0 ? "OpenSSL" : "GnuTLS",
                reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
  }
  bool said = bare != NULL;
  processes_clear(&processes);
  return said;
}

/* Only standard error stays: who waits for the end of the program's output does not wait for this. */
static void detach(int running) {
  int nowhere = open("/dev/null", O_RDWR);
  if (nowhere < 0 || dup2(nowhere, STDIN_FILENO) < 0 || dup2(nowhere, STDOUT_FILENO) < 0 ||
      dup2(running, STDERR_FILENO + 1) < 0)
    _exit(1);
  close_range(STDERR_FILENO + 2, ~0U, 0);
}

__attribute__((noreturn)) static void watch(const char *program, int ancestor, int running) {
  struct pollfd end = {.fd = STDERR_FILENO + 1, .events = POLLIN};
  detach(running);
  for (size_t i = 0; i < COUNT_OF(pauses); i++)
    if (poll(&end, 1, pauses[i]) != 0 || look(program, ancestor))
      break;
  _exit(0);
}

/* Forked twice: a program that waits for all its children does not meet one that it has not started. */
void run_watch_start(const char *program) {
  int self = getpid();
  int running = (int)syscall(SYS_pidfd_open, self, 0);
  if (running < 0)
    return;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    if (fork() == 0)
      watch(program, self, running);
    _exit(0);
  }
  if (child > 0)
    child_wait(child);
  close(running);
}
