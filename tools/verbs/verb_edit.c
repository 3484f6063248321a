/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/must_use.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/prompt.h"
#include "edit/dropin.h"
#include "edit/existing_entry.h"
#include "edit/pause_edit.h"
#include "edit/policy_change.h"
#include "edit/policy_words.h"
#include "edit/present_text.h"
#include "verbs/verbs.h"
#include "view/enforced_policy.h"
#include "view/usable_policy.h"

/* ---- The editor ---- */

/* For the shell that runs the editor: signals are for the editor, which ends first. */
#define OUTLIVE_EDITOR "trap : INT QUIT HUP TERM; "
/* Where standard output is no terminal, the editor uses standard error. */
#define NOT_ON_OUTPUT "exec >&2; "

/* The shell command that runs the editor, which may have arguments, as in "code --wait". NULL, having said
 * why. For free(3). */
static char *command(void) {
  static const char *const names[] = {"VISUAL", "EDITOR"};
  for (size_t i = 0; i < 2; i++) {
    const char *value = getenv(names[i]);
    if (value != NULL && *value != '\0')
      return must_format(OUTLIVE_EDITOR "%s%s \"$1\"", isatty(STDOUT_FILENO) == 1 ? "" : NOT_ON_OUTPUT,
                         value);
  }
  /* Without a terminal the default editor would take a file for keys, or wait for ever. */
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
    say_error("there is no terminal; $VISUAL or $EDITOR names the command that edits the file");
    return NULL;
  }
  return must_copy(OUTLIVE_EDITOR "if command -v editor >/dev/null; then editor \"$1\"; else vi \"$1\"; fi");
}

/* Ctrl-C in the editor must not end pinctl. *ret_old: the previous actions. */
static const int terminal_signals[] = {SIGINT, SIGQUIT};
#define TERMINAL_SIGNAL_COUNT COUNT_OF(terminal_signals)

static void ignore_terminal_signals(struct sigaction *ret_old) {
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  for (size_t i = 0; i < TERMINAL_SIGNAL_COUNT; i++)
    sigaction(terminal_signals[i], &ignore, &ret_old[i]);
}

static void restore_terminal_signals(const struct sigaction *old) {
  for (size_t i = 0; i < TERMINAL_SIGNAL_COUNT; i++)
    sigaction(terminal_signals[i], &old[i], NULL);
}

/*
 * Lets the user edit a file in $VISUAL, else $EDITOR, else "editor" or vi, and waits. False, having said so:
 * the editor could not be run, or failed. False, too, where a signal asked pinctl to end meanwhile. The
 * editor may have written the file in any case.
 */
static bool editor_run(const char *path) {
  AUTO_TEXT line = command();
  if (line == NULL)
    return false;
  AUTO_TEXT file = must_copy(path);
  char shell[] = "/bin/sh", flag[] = "-c", name[] = "pinctl-edit";
  char *const arguments[] = {shell, flag, line, name, file, NULL};
  pid_t child = 0;
  struct sigaction old[TERMINAL_SIGNAL_COUNT];
  ignore_terminal_signals(old);
  int error = child_start(arguments, NULL, false, &child);
  int status = error == 0 ? child_wait(child) : 0;
  restore_terminal_signals(old);
  if (error != 0)
    return say_error("/bin/sh: %s", strerror(error));
  if (child_succeeded(status))
    return true;
  /* Not where a closed terminal has ended the editor, too. */
  if (end_asked() == 0)
    say_error("the editor failed; $VISUAL or $EDITOR names another one");
  return false;
}

static const struct option options[] = {SHARED_POLICY, SHARED_DRY_RUN};

/* One run of the verb. */
struct edit_session {
  const struct arguments *arguments;
  const char *host; /* canonical; NULL: the main file is edited, or the file with the first error */
  struct change *change;
  struct enforced_policy enforced; /* before the change */
  bool has_enforced;               /* it can be used */
  char *path;                      /* of the file that is edited */
  char *old_text;
  char *copy;         /* its path, in a folder of its own; NULL: there is none */
  bool worth_keeping; /* it differs from the file */
};

/* ---- Which file ---- */

/* The file with the entry that covers the host. NULL, having said why. For free(3). */
static char *file_of_host(const struct edit_session *session, const char *name) {
  const char *asked = strncmp(name, "*.", 2) == 0 ? name + 1 : name;
  AUTO_TEXT below = must_format("x%s", asked);
  const char *peer_name = asked == name ? name : below;
  struct pin_peer peer = {.names = &peer_name, .name_count = 1, .now = time(NULL)};
  struct pin_verdict verdict;
  if (session->has_enforced)
    pin_select(&session->enforced.policy, &peer, &verdict);
  if (session->has_enforced && verdict.count > 0)
    return policy_file_path(session->change, verdict.findings[0].entry.file);
  say_error("%s: no entry of the policy covers it; \"pinctl edit%s\" edits the main file", name,
            same_policy());
  return NULL;
}

/* The file with the first error; the main file where there is none. For free(3). */
static char *file_with_first_error(const struct edit_session *session) {
  const struct diagnostics *diagnostics = &session->enforced.loaded.diagnostics;
  for (size_t i = 0; i < diagnostics->count; i++)
    if (diagnostics->items[i].severity == PIN_ERROR && access(diagnostics->items[i].file, R_OK) == 0)
      return policy_file_path(session->change, diagnostics->items[i].file);
  return must_copy(session->change->policy);
}

static bool choose_file(struct edit_session *session) {
  size_t length = 0;
  session->path =
      session->host == NULL ? file_with_first_error(session) : file_of_host(session, session->host);
  if (session->path == NULL)
    return false;
  int error = file_read(session->path, &session->old_text, &length);
  if (error != 0)
    say_error("%s: %s", session->path, strerror(error));
  return error == 0;
}

/* ---- The copy ---- */

/* Checked before the user edits anything. */
static bool can_write(const struct edit_session *session) {
  AUTO_TEXT folder = path_directory(session->path);
  if (session->change->dry_run || access(folder, W_OK) == 0)
    return true;
  int error = errno;
  return say_error("%s: %s%s%s", folder, strerror(error), root_remedy(error),
                   pause_hint(session->change->policy, error));
}

static bool make_copy(struct edit_session *session) {
  const char *parent = secure_getenv("TMPDIR");
  AUTO_TEXT folder =
      must_format("%s/pinctl-edit-XXXXXX", parent == NULL || *parent == '\0' ? "/tmp" : parent);
  if (mkdtemp(folder) == NULL)
    return say_error("%s: %s; $TMPDIR names the folder for the copy", folder, strerror(errno));
  session->copy = must_format("%s/%s", folder, path_base(session->path));
  int error = file_replace(session->copy, session->old_text);
  if (error != 0)
    say_error("%s: %s", session->copy, strerror(error));
  return error == 0;
}

static void remove_copy(struct edit_session *session) {
  if (session->copy == NULL)
    return;
  AUTO_TEXT folder = path_directory(session->copy);
  unlink(session->copy);
  if (rmdir(folder) != 0 && errno == ENOTEMPTY)
    say_warning("%s: was not removed, since the editor has left files there", folder);
  free(session->copy);
  session->copy = NULL;
}

/* ---- The change ---- */

/* The changes for hosts are printed up to this number. */
#define MOST_LINES 30

static void print_changes(const struct edit_session *session, const struct loaded_policy *after) {
  struct text_list lines;
  bool good = policy_words(session->has_enforced ? &session->enforced.policy : NULL, &after->policy, &lines);
  if (good && lines.count == 0)
    say_note("what is enforced stays the same");
  for (size_t i = 0; i < lines.count && i < MOST_LINES; i++)
    put(stdout, PLAIN, "%s\n", lines.items[i]);
  if (lines.count > MOST_LINES)
    put(stdout, PLAIN, "and %zu more change%s\n", lines.count - MOST_LINES,
        lines.count - MOST_LINES == 1 ? "" : "s");
  text_list_clear(&lines);
}

/* Stages the edited text, which it takes over. A drop-in that pinctl wrote stays pinctl's where pinctl could
 * have written the new text, too. */
static void stage(struct edit_session *session, char *text) {
  struct dropin *was_own = dropin_parse(session->old_text);
  char *own = was_own == NULL ? NULL : dropin_update_digest(text);
  if (was_own != NULL && own == NULL)
    say_note("%s: is yours from now on; \"pinctl add\" and \"pinctl remove\" no longer change it",
             session->path);
  dropin_free(was_own);
  free(own == NULL ? NULL : text);
  change_stage(session->change, must_copy(session->path), must_copy(session->old_text),
               own == NULL ? text : own);
}

static void unstage(struct change *change) {
  struct file_change *file = &change->files[--change->count];
  free(file->path);
  free(file->old_text);
  free(file->new_text);
}

enum edited { EDITED_SOUND = 0, EDITED_WRONG, EDITED_NOT, EDITED_FAILED };

/*
 * Takes the lock, which is not held while the user edits, since that may take all night. So others may have
 * changed the policy meanwhile, or even this file, whose changes must not be lost. False, having said why.
 */
static bool begin_change(struct edit_session *session) {
  AUTO_TEXT present = NULL;
  if (!change_lock(session->change) || !present_text_read(session->path, &present))
    return false;
  if (!present_text_is(present, session->old_text))
    return say_error("%s: was changed meanwhile by somebody else (\"pinctl changes%s\" may show by whom); "
                     "start again, and "
                     "copy over what you wrote",
                     session->path, same_policy());
  enforced_policy_close(&session->enforced);
  session->has_enforced = enforced_policy_open(session->change->policy, &session->enforced);
  return true;
}

static enum edited check(struct edit_session *session) {
  struct loaded_policy after;
  change_check(session->change, &after);
  bool sound = after.status == PIN_OK;
  diagnostics_print(stderr, &after.diagnostics);
  if (sound)
    print_changes(session, &after);
  else
    say_error("%s: the policy would have errors", session->path);
  policy_clear(&after);
  return sound ? EDITED_SOUND : EDITED_WRONG;
}

static enum edited edit_once(struct edit_session *session) {
  AUTO_TEXT text = NULL;
  size_t length = 0;
  bool ended_well = editor_run(session->copy);
  ended_well = !say_if_ended(session->path) && ended_well;
  int error = file_read(session->copy, &text, &length);
  if (error != 0 || strlen(text) != length) {
    say_error("%s: %s", session->copy, error != 0 ? strerror(error) : "holds a NUL");
    return error != 0 ? EDITED_FAILED : EDITED_WRONG;
  }
  bool is_edited = strcmp(text, session->old_text) != 0;
  session->worth_keeping = is_edited;
  if (!is_edited || !ended_well || !begin_change(session))
    return ended_well && !is_edited ? EDITED_NOT : EDITED_FAILED;
  stage(session, text_take(&text));
  return check(session);
}

/* Leaves the copy, so that nothing typed is lost. A warning, since --quiet must not hide where it is. */
static int keep_copy(struct edit_session *session) {
  say_warning("nothing was changed; what you wrote is in %s", session->copy);
  free(session->copy);
  session->copy = NULL;
  return EXIT_FINDING;
}

static int commit(struct edit_session *session) {
  int status = change_commit(session->change);
  if (status != EXIT_DONE)
    keep_copy(session);
  return status;
}

static int edit(struct edit_session *session) {
  static const char *const words[] = {"edit again", "quit", NULL};
  for (;;) {
    enum edited edited = edit_once(session);
    if (edited == EDITED_SOUND)
      return commit(session);
    if (edited == EDITED_NOT) {
      say_note("%s: was not edited; nothing was changed", session->path);
      return EXIT_DONE;
    }
    if (edited == EDITED_FAILED) {
      if (session->worth_keeping)
        keep_copy(session);
      return EXIT_FAILED;
    }
    if (session->change->count > 0)
      unstage(session->change);
    change_unlock(session->change);
    if (!question_possible())
      return keep_copy(session);
    /* Before the question, which the user may answer with Ctrl-C. */
    say_warning("what you wrote is in %s", session->copy);
    if (question_ask("What now?", words) == 1)
      return keep_copy(session);
  }
}

static int run(const struct arguments *arguments) {
  bool dry_run = arguments_has(arguments, OPTION_DRY_RUN);
  const char *policy = arguments_policy(arguments);
  AUTO_TEXT host = NULL;
  if (arguments->operand_count > 0 && !arguments_entry_name(arguments, arguments->operands[0], &host))
    return EXIT_USAGE;
  struct edit_session session = {
      .arguments = arguments, .host = host, .change = change_prepare(policy, dry_run)};
  int status = EXIT_FAILED;
  if (access(policy, F_OK) != 0 && errno == ENOENT) {
    if (!policy_has_vanished(policy)) {
      say_error("%s: %s", policy, strerror(ENOENT));
      policy_say_remedy(policy, PIN_UNREADABLE);
    }
  } else {
    session.has_enforced = enforced_policy_open(policy, &session.enforced);
    /* So that pinctl says where the copy is before a signal ends it. */
    end_defer();
    if (choose_file(&session) && can_write(&session) && make_copy(&session) && !say_if_ended(session.path))
      status = edit(&session);
    enforced_policy_close(&session.enforced);
  }
  if (status == EXIT_DONE && !dry_run && session.change->count > 0)
    say_note("%s: changed, and in force", session.path);
  remove_copy(&session);
  end_deliver();
  free(session.path);
  free(session.old_text);
  change_free(session.change);
  return status;
}

const struct verb verb_edit = {
    .name = "edit",
    .group = "Change the policy, and take it back",
    .operands = "[HOST]",
    .summary = "Edit the policy, checked before it is in force",
    .details = "Opens a copy of the main file, of the file whose entry covers HOST, or of the\n"
               "file with the first mistake, in $VISUAL or $EDITOR. Afterwards says what changes\n"
               "for which host, and puts it in force with the compiled form. If there is a\n"
               "mistake, nothing changes, and you can edit again.",
    .example = "EDITOR=true pinctl edit",
    OPTIONS_IN(options),
    .most_operands = 1,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run,
};
