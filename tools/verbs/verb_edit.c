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

/* The editor of the user. */

/* An interrupt is the editor's, not that of the shell that waits for it, and it ends after the editor. */
#define OUTLIVE_EDITOR "trap : INT QUIT HUP TERM; "
/* Where standard output is kept for what pinctl prints, or leads to a file, the editor shows itself
 * elsewhere. */
#define NOT_ON_OUTPUT "exec >&2; "

/* NULL, having said why. May hold arguments, as in "code --wait": so a shell takes it apart. */
static char *command(void) {
  static const char *const names[] = {"VISUAL", "EDITOR"};
  for (size_t i = 0; i < 2; i++) {
    const char *value = getenv(names[i]);
    if (value != NULL && *value != '\0')
      return must_format(OUTLIVE_EDITOR "%s%s \"$1\"", isatty(STDOUT_FILENO) == 1 ? "" : NOT_ON_OUTPUT,
                         value);
  }
  /* It would read what it takes for keys from a file, or wait for ever. */
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
    say_error("there is no terminal; $VISUAL or $EDITOR names the command that edits the file");
    return NULL;
  }
  return must_copy(OUTLIVE_EDITOR "if command -v editor >/dev/null; then editor \"$1\"; else vi \"$1\"; fi");
}

/*
 * What is typed on the terminal is the editor's: Ctrl-C must not end pinctl beside it. In `ret_old` what
 * these signals did before.
 */
static const int of_terminal[] = {SIGINT, SIGQUIT};
#define TERMINAL_SIGNALS COUNT_OF(of_terminal)

static void ignore_terminal(struct sigaction *ret_old) {
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  for (size_t i = 0; i < TERMINAL_SIGNALS; i++)
    sigaction(of_terminal[i], &ignore, &ret_old[i]);
}

static void heed_terminal(const struct sigaction *old) {
  for (size_t i = 0; i < TERMINAL_SIGNALS; i++)
    sigaction(of_terminal[i], &old[i], NULL);
}

/*
 * Lets the user edit a file in $VISUAL, else $EDITOR, else "editor" or vi, and waits. False: the editor could
 * not be run, or failed, and it said so; or pinctl was asked to end meanwhile (end_defer). The editor may
 * have written what it had by then.
 */
static bool editor_run(const char *path) {
  AUTO_TEXT line = command();
  if (line == NULL)
    return false;
  AUTO_TEXT file = must_copy(path);
  char shell[] = "/bin/sh", flag[] = "-c", name[] = "pinctl-edit";
  char *const arguments[] = {shell, flag, line, name, file, NULL};
  pid_t child = 0;
  struct sigaction old[TERMINAL_SIGNALS];
  ignore_terminal(old);
  int error = child_start(arguments, NULL, false, &child);
  int status = error == 0 ? child_wait(child) : 0;
  heed_terminal(old);
  if (error != 0)
    return say_error("/bin/sh: %s", strerror(error));
  if (child_succeeded(status))
    return true;
  /* A terminal that goes away takes the editor along. */
  if (end_asked() == 0)
    say_error("the editor failed; $VISUAL or $EDITOR names another one");
  return false;
}

static const struct option options[] = {SHARED_POLICY, SHARED_DRY_RUN};

/* One run of the verb. */
struct editing {
  const struct arguments *arguments;
  const char *host; /* canonical; NULL: the main file, or the one with the first mistake */
  struct change *change;
  struct enforced_policy enforced; /* before */
  bool has_enforced;
  char *path; /* of the file that is edited */
  char *old_text;
  char *copy;         /* in a folder of its own */
  bool worth_keeping; /* it says something else than the file */
};

/* ---- Which file ---- */

/* The file in which the entry stands that wins for the host. NULL, having said why. */
static char *file_of_host(const struct editing *editing, const char *name) {
  const char *asked = strncmp(name, "*.", 2) == 0 ? name + 1 : name;
  AUTO_TEXT below = must_format("x%s", asked);
  const char *peer_name = asked == name ? name : below;
  struct pin_peer peer = {.names = &peer_name, .name_count = 1, .now = time(NULL)};
  struct pin_verdict verdict;
  if (editing->has_enforced)
    pin_select(&editing->enforced.policy, &peer, &verdict);
  if (editing->has_enforced && verdict.count > 0)
    return standing_path(editing->change, verdict.findings[0].entry.file);
  say_error("%s: no entry of the policy covers it; \"pinctl edit%s\" edits the main file", name,
            same_policy());
  return NULL;
}

/* The file of the first mistake, where there is one; else the main file. */
static char *file_to_mend(const struct editing *editing) {
  const struct diagnostics *diagnostics = &editing->enforced.loaded.diagnostics;
  for (size_t i = 0; i < diagnostics->count; i++)
    if (diagnostics->items[i].severity == PIN_ERROR && access(diagnostics->items[i].file, R_OK) == 0)
      return standing_path(editing->change, diagnostics->items[i].file);
  return must_copy(editing->change->policy);
}

static bool choose_file(struct editing *editing) {
  size_t length = 0;
  editing->path = editing->host == NULL ? file_to_mend(editing) : file_of_host(editing, editing->host);
  if (editing->path == NULL)
    return false;
  int error = file_read(editing->path, &editing->old_text, &length);
  if (error != 0)
    say_error("%s: %s", editing->path, strerror(error));
  return error == 0;
}

/* ---- The copy ---- */

/* Who may not write is to hear so before the work, not after it. */
static bool may_write(const struct editing *editing) {
  AUTO_TEXT folder = path_directory(editing->path);
  if (editing->change->dry_run || access(folder, W_OK) == 0)
    return true;
  int error = errno;
  return say_error("%s: %s%s%s", folder, strerror(error), root_remedy(error),
                   pause_hint(editing->change->policy, error));
}

static bool make_copy(struct editing *editing) {
  const char *parent = secure_getenv("TMPDIR");
  AUTO_TEXT folder =
      must_format("%s/pinctl-edit-XXXXXX", parent == NULL || *parent == '\0' ? "/tmp" : parent);
  if (mkdtemp(folder) == NULL)
    return say_error("%s: %s; $TMPDIR names the folder for the copy", folder, strerror(errno));
  editing->copy = must_format("%s/%s", folder, path_base(editing->path));
  int error = file_replace(editing->copy, editing->old_text);
  if (error != 0)
    say_error("%s: %s", editing->copy, strerror(error));
  return error == 0;
}

static void remove_copy(struct editing *editing) {
  if (editing->copy == NULL)
    return;
  AUTO_TEXT folder = path_directory(editing->copy);
  unlink(editing->copy);
  if (rmdir(folder) != 0 && errno == ENOTEMPTY)
    say_warning("%s: the editor has left something there", folder);
  free(editing->copy);
  editing->copy = NULL;
}

/* ---- What comes of it ---- */

/* More than this nobody reads. */
#define MOST_LINES 30

static void tell_in_words(const struct editing *editing, const struct loaded_policy *after) {
  struct entries before_entries = {0};
  struct entries after_entries = {0};
  struct text_list lines = {0};
  const struct pin_policy *before = editing->has_enforced ? &editing->enforced.policy : NULL;
  if ((before == NULL || entries_read(before, &before_entries)) &&
      entries_read(&after->policy, &after_entries))
    policy_words(before, &before_entries, &after->policy, &after_entries, &lines);
  if (lines.count == 0)
    say_note("what is enforced stays the same");
  for (size_t i = 0; i < lines.count && i < MOST_LINES; i++)
    put(stdout, PLAIN, "%s\n", lines.items[i]);
  if (lines.count > MOST_LINES)
    put(stdout, PLAIN, "and %zu changes more\n", lines.count - MOST_LINES);
  text_list_clear(&lines);
  entries_clear(&before_entries);
  entries_clear(&after_entries);
}

/* Takes over the text. A drop-in of pinctl's that still says what pinctl could have written stays its own. */
static void stage(struct editing *editing, char *text) {
  struct dropin *was_own = dropin_parse(editing->old_text);
  char *own = was_own == NULL ? NULL : dropin_reseal(text);
  if (was_own != NULL && own == NULL)
    say_note("%s: is yours from now on; \"pinctl add\" and \"pinctl remove\" leave it alone", editing->path);
  dropin_free(was_own);
  free(own == NULL ? NULL : text);
  change_stage(editing->change, must_copy(editing->path), must_copy(editing->old_text),
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
 * No lock is held while somebody edits, for that may take all night. So others may have changed what is
 * enforced meanwhile, or this very file, which is not to be lost.
 */
static bool begin_change(struct editing *editing) {
  AUTO_TEXT present = NULL;
  if (!change_lock(editing->change) || !present_text_read(editing->path, &present))
    return false;
  if (!present_text_is(present, editing->old_text))
    return say_error(
        "%s: was changed meanwhile by somebody else (\"pinctl changes%s\" may know by whom); begin anew, and "
        "take over what you wrote",
        editing->path, same_policy());
  enforced_policy_close(&editing->enforced);
  editing->has_enforced = enforced_policy_open(editing->change->policy, &editing->enforced);
  return true;
}

static enum edited check(struct editing *editing) {
  struct loaded_policy after;
  if (!change_check(editing->change, &after))
    return EDITED_FAILED;
  bool sound = after.status == PIN_OK;
  diagnostics_print(stderr, &after.diagnostics);
  if (sound)
    tell_in_words(editing, &after);
  else
    say_error("%s: the policy would have errors", editing->path);
  policy_clear(&after);
  return sound ? EDITED_SOUND : EDITED_WRONG;
}

static enum edited edit_once(struct editing *editing) {
  AUTO_TEXT text = NULL;
  size_t length = 0;
  bool ended_well = editor_run(editing->copy);
  ended_well = !say_if_ended(editing->path) && ended_well;
  int error = file_read(editing->copy, &text, &length);
  if (error != 0 || strlen(text) != length) {
    say_error("%s: %s", editing->copy, error != 0 ? strerror(error) : "holds a NUL");
    return error != 0 ? EDITED_FAILED : EDITED_WRONG;
  }
  bool is_edited = strcmp(text, editing->old_text) != 0;
  editing->worth_keeping = is_edited;
  if (!is_edited || !ended_well || !begin_change(editing))
    return ended_well && !is_edited ? EDITED_NOT : EDITED_FAILED;
  stage(editing, text_take(&text));
  return check(editing);
}

/* A mistake at night must not cost what was typed, and --quiet not hide where it is. */
static int keep_copy(struct editing *editing) {
  say_warning("nothing was changed; what you wrote is in %s", editing->copy);
  free(editing->copy);
  editing->copy = NULL;
  return EXIT_FINDING;
}

static int commit(struct editing *editing) {
  int status = change_commit(editing->change);
  if (status != EXIT_DONE)
    keep_copy(editing);
  return status;
}

static int edit(struct editing *editing) {
  static const char *const words[] = {"edit again", "quit", NULL};
  for (;;) {
    enum edited edited = edit_once(editing);
    if (edited == EDITED_SOUND)
      return commit(editing);
    if (edited == EDITED_NOT) {
      say_note("%s: was not edited; nothing was changed", editing->path);
      return EXIT_DONE;
    }
    if (edited == EDITED_FAILED) {
      if (editing->worth_keeping)
        keep_copy(editing);
      return EXIT_FAILED;
    }
    if (editing->change->count > 0)
      unstage(editing->change);
    change_unlock(editing->change);
    if (!question_possible())
      return keep_copy(editing);
    /* Before the question, for it may be answered by Ctrl-C. */
    say_warning("what you wrote is in %s", editing->copy);
    if (question_ask("What now?", words) == 1)
      return keep_copy(editing);
  }
}

static int run(const struct arguments *arguments) {
  bool dry_run = arguments_has(arguments, OPTION_DRY_RUN);
  const char *policy = arguments_policy(arguments);
  AUTO_TEXT host = NULL;
  if (arguments->operand_count > 0 && !arguments_entry_name(arguments, arguments->operands[0], &host))
    return EXIT_USAGE;
  struct editing editing = {.arguments = arguments, .host = host, .change = change_prepare(policy, dry_run)};
  int status = EXIT_FAILED;
  if (access(policy, F_OK) != 0 && errno == ENOENT) {
    if (!policy_has_vanished(policy)) {
      say_error("%s: %s", policy, strerror(ENOENT));
      policy_say_remedy(policy, PIN_UNREADABLE);
    }
  } else {
    editing.has_enforced = enforced_policy_open(policy, &editing.enforced);
    /* Where what somebody wrote lies is said before the end. */
    end_defer();
    if (choose_file(&editing) && may_write(&editing) && make_copy(&editing) && !say_if_ended(editing.path))
      status = edit(&editing);
    enforced_policy_close(&editing.enforced);
  }
  if (status == EXIT_DONE && !dry_run && editing.change->count > 0)
    say_note("%s: changed, and in force", editing.path);
  remove_copy(&editing);
  end_deliver();
  free(editing.path);
  free(editing.old_text);
  change_free(editing.change);
  return status;
}

const struct verb verb_edit = {
    .name = "edit",
    .group = "Change the policy, and take it back",
    .operands = "[HOST]",
    .summary = "Edit the policy, checked before it is in force",
    .details = "Opens a copy of the main file, of the file with the entry for HOST, or of the\n"
               "file with the first mistake, in $VISUAL or $EDITOR. Afterwards says what changes\n"
               "for which host, and puts it in force with the compiled form. If there is a\n"
               "mistake, nothing changes, and you can edit again.",
    .example = "EDITOR=true pinctl edit",
    OPTIONS_IN(options),
    .most_operands = 1,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run,
};
