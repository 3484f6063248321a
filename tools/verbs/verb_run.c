/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/child.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "config/installation.h"
#include "enable/mail_service.h"
#include "system/executable.h"
#include "system/known_program.h"
#include "system/process_reason.h"
#include "system/processes.h"
#include "system/tls_library.h"
#include "verbs/verbs.h"
#include "view/usable_policy.h"

/* ---- Looking for processes of the program that are not enforced ---- */

/* The times between looks, in milliseconds; a worker may be started late, when there is work for it. */
static const int pauses[] = {3000, 12000, 45000};

static bool is_unenforced(const struct process *process, int ancestor) {
  /* warn_of_modules has warned about the program itself. */
  if (process->kind == PROCESS_PARTLY)
    return process->pid != ancestor || program_note_of(process->program) != PROGRAM_BINDS_DEEPLY;
  return process->kind == PROCESS_NOT_LOADED || process->kind == PROCESS_OLD;
}

/* The first process of the program with a TLS library that is not enforced, or NULL. */
static const struct process *find_unenforced(const struct processes *processes, int ancestor) {
  for (size_t i = 0; i < processes->count; i++) {
    const struct process *process = &processes->items[i];
    if (is_unenforced(process, ancestor) &&
        (process->pid == ancestor || process_is_below(process->pid, ancestor)))
      return process;
  }
  return NULL;
}

/* Warns of the first such process. Whether there is one. */
static bool look(const char *program, int ancestor) {
  struct process_loading loading = {.configuration = ""};
  struct processes processes;
  processes_read(&loading, &processes);
  const struct process *unenforced = find_unenforced(&processes, ancestor);
  if (unenforced != NULL) {
    const char *reason = process_reason_text(unenforced->reason);
    say_warning("%s (process %d), started by %s, has %s and is NOT enforced%s%s", unenforced->program,
                unenforced->pid, program,
                (unenforced->libraries & ~unenforced->enforced & TLS_OPENSSL) != 0 ? "OpenSSL" : "GnuTLS",
                reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
  }
  bool said = unenforced != NULL;
  processes_clear(&processes);
  return said;
}

/* Closes all descriptors but standard error and the pidfd, so that nobody who waits for the end of the
 * program's output waits for this process. */
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

/*
 * Starts a process that looks at the program's processes a few times within the first minute, and warns once
 * where one is not enforced. It ends with the program. To be called by the process that is about to become
 * the program. Forks twice, so that a program that waits for all its children does not find this one. Does
 * nothing where it cannot be started.
 */
static void run_watch_start(const char *program) {
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

static const struct option options[] = {SHARED_POLICY};

/* Adds the shim to LD_PRELOAD. Spaces and colons separate libraries there, and cannot be quoted. */
static bool preload(const char *shim) {
  if (strpbrk(shim, " :") != NULL)
    return say_error("%s: a path with a space or a colon cannot be preloaded", shim);
  const char *present = getenv("LD_PRELOAD");
  AUTO_TEXT value =
      present == NULL || *present == '\0' ? must_copy(shim) : must_format("%s:%s", shim, present);
  return setenv("LD_PRELOAD", value, 1) == 0;
}

/* Sets an absolute path, since the program may change its working directory. */
static bool set_policy(const char *path) {
  AUTO_TEXT absolute = realpath(path, NULL);
  if (absolute == NULL)
    return say_error("%s: %s", path, strerror(errno));
  return setenv("PINNING_POLICY", absolute, 1) == 0;
}

static bool is_sound(const char *path) {
  struct loaded_policy loaded;
  bool sound = policy_load_sound(path, &loaded);
  policy_clear(&loaded);
  return sound;
}

/* Warns before the start, since the program may end before the first look. */
static void warn_of_modules(const char *program) {
  if (program_note_of(program) == PROGRAM_BINDS_DEEPLY && !process_preloads_gnutls("self"))
    say_warning("%s is NOT enforced where it uses GnuTLS: %s", program,
                process_reason_text(REASON_BOUND_DEEPLY));
}

/* Returns only when the program could not be run. */
static void execute(const struct arguments *arguments, const struct installation *installation) {
  const char *policy = arguments_policy(arguments);
  if (!is_sound(policy))
    return;
  AUTO_TEXT program = program_find(arguments->operands[0]);
  if (program == NULL)
    return;
  const char *why = program_unreachable(program);
  if (why != NULL)
    say_warning("%s is NOT enforced this way: %s, so the shim cannot act in it", program, why);
  if (!set_policy(policy) || !preload(installation->shim))
    return;
  AUTO_TEXT variables =
      must_format("LD_PRELOAD=%s PINNING_POLICY=%s", installation->shim, getenv("PINNING_POLICY"));
  warn_of_modules(program);
  mail_service_check_command(program, arguments->operands + 1, variables);
  if (why == NULL)
    run_watch_start(program);
  fflush(NULL);
  execv(program, arguments->operands);
  say_error("%s: %s", program, strerror(errno));
}

static int run(const struct arguments *arguments) {
  struct installation installation;
  if (installation_find(&installation))
    execute(arguments, &installation);
  installation_clear(&installation);
  return EXIT_FAILED;
}

const struct verb verb_run = {
    .name = "run",
    .group = "Switch enforcement on, and see where it holds",
    .operands = "[--] PROGRAM [ARGUMENT]...",
    .summary = "Run a program under enforcement, without any installation",
    .details = "The program, and every program that it starts, refuses hosts that do not show\n"
               "the pinned keys. The exit status is that of the program; 3 also means that it\n"
               "was not run, because the policy has errors or a file is missing. Programs that\n"
               "clear the environment of the programs that they start, as Postfix and Dovecot\n"
               "do, lose enforcement there: a warning comes within the first minute.",
    .example = "pinctl run --policy policy.cfg -- curl https://api.example.com/",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = OPERANDS_UNLIMITED,
    .program_follows = true,
    .run = run,
};
