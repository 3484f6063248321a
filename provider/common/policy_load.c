/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "policy_load.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "clock.h"
#include "libc_symbol.h"
#include "log.h"
#include "object.h"
#include "text.h"

/* ---- Text: read by libpinpolicy, which is loaded only here, when needed ---- */

/* The functions of libpinpolicy that read text. */
struct text_reader {
  __typeof__(pin_text_compile_small) *small;
  __typeof__(pin_text_compile) *whole;
};

/* Loads libpinpolicy with deep binding, so that one built with a shared libconfig calls none of the
 * program's functions. */
static bool load_text_reader(struct text_reader *ret_reader) {
  static const char anchor; /* an address in pinning.so */
  int flags = RTLD_NOW | RTLD_LOCAL | libc_deepbind();
  char path[PATH_MAX];
  void *library = NULL;
  void *symbol;

  if (object_sibling(&anchor, "../libpinpolicy.so.0", path, sizeof path))
    library = dlopen(path, flags);
  if (library == NULL)
    library = dlopen("libpinpolicy.so.0", flags);
  if (library == NULL)
    return false;
  symbol = dlsym(library, "pin_text_compile_small");
  memcpy(&ret_reader->small, &symbol, sizeof symbol);
  symbol = dlsym(library, "pin_text_compile");
  memcpy(&ret_reader->whole, &symbol, sizeof symbol);
  return ret_reader->small != NULL && ret_reader->whole != NULL;
}

/* At most this many mistakes are logged, and at most this many looked for: a text may have one in each
 * line. */
#define MISTAKES_TOLD 8
#define MISTAKES_SOUGHT 1000

static void log_diagnostic(const struct pin_diagnostic *diagnostic, void *arg) {
  char text[PIN_REPORT_SIZE], file[PIN_REPORT_SIZE / 2], message[PIN_REPORT_SIZE / 4];

  unsigned *count = arg;

  if (diagnostic->severity != PIN_ERROR || ++*count > MISTAKES_TOLD)
    return;
  log_escape(diagnostic->file, file, sizeof file);
  log_escape(diagnostic->message, message, sizeof message);
  snprintf(text, sizeof text, "event=policy-error policy=\"%s:%u:%u\" message=\"%s\"", file, diagnostic->line,
           diagnostic->column, message);
  log_line(LOG_ERR, text);
}

static void say(bool quiet, const char *text) {
  if (!quiet)
    log_line(LOG_ERR, text);
}

static void log_rest(const char *path, unsigned count) {
  char text[PIN_REPORT_SIZE], file[PIN_REPORT_SIZE / 2];

  if (count <= MISTAKES_TOLD)
    return;
  log_escape(path, file, sizeof file);
  snprintf(text, sizeof text,
           "event=policy-error policy=\"%s\" message=\"%s%u mistakes more; pinctl check shows all of them\"",
           file, count >= MISTAKES_SOUGHT ? "at least " : "", count - MISTAKES_TOLD);
  log_line(LOG_ERR, text);
}

static void log_too_large(const char *path) {
  char text[PIN_REPORT_SIZE], file[PIN_REPORT_SIZE / 2];

  log_escape(path, file, sizeof file);
  snprintf(text, sizeof text,
           "event=policy-error policy=\"%s\" message=\"has more than %u KiB of text or %u files, which only "
           "pinctl reads, and no current compiled form; pinctl compile makes it\"",
           file, (unsigned)(PIN_SMALL_TEXT / 1024), (unsigned)PIN_SMALL_FILES);
  log_line(LOG_ERR, text);
}

/*
 * After a new version is installed and until the next pinctl compile, there may be no form that it can read.
 * A process that starts then reads the text even if it is large, because otherwise every host would be
 * refused.
 */
static bool reads_large_text(const struct loading *loading, enum pin_status form) {
  return form == PIN_OTHER_VERSION && loading->in_force == NULL;
}

/* Reading is tried twice if memory or a descriptor was missing: without a policy every host would be
 * refused, for a shortage that may be over in a moment. */
static enum pin_status compile_text(const char *path, const struct loading *loading, enum pin_status form,
                                    void **ret_image, size_t *ret_size) {
  struct text_reader reader = {0};
  bool quiet = loading->quiet || loading->quiet_of_mistakes;
  unsigned mistakes = 0;
  enum pin_status status;

  if (!load_text_reader(&reader) && !load_text_reader(&reader)) {
    say(quiet, "event=policy-error message=\"libpinpolicy.so.0 cannot be loaded\"");
    return PIN_UNREADABLE;
  }
  status = reader.small(path, MISTAKES_SOUGHT, quiet ? NULL : log_diagnostic, &mistakes, ret_image, ret_size);
  log_rest(path, mistakes);
  if (status == PIN_NO_MEMORY || status == PIN_UNREADABLE)
    status = reader.small(path, MISTAKES_SOUGHT, NULL, NULL, ret_image, ret_size);
  if (status == PIN_TOO_LARGE && reads_large_text(loading, form)) {
    status = reader.whole(path, quiet ? NULL : log_diagnostic, &mistakes, ret_image, ret_size);
    log_rest(path, mistakes);
    if (status == PIN_NO_MEMORY || status == PIN_UNREADABLE)
      status = reader.whole(path, NULL, NULL, ret_image, ret_size);
  }
  if (status == PIN_TOO_LARGE && !loading->quiet && !loading->form_may_be_made)
    log_too_large(path);
  return status;
}

static enum pin_status load_text(const char *path, const struct loading *loading, enum pin_status form,
                                 struct loaded *ret_loaded) {
  int64_t began = clock_milliseconds();
  size_t size = 0;
  void *image;
  enum pin_status status = compile_text(path, loading, form, &image, &size);

  if (status != PIN_OK)
    return status;
  ret_loaded->is_form = false;
  ret_loaded->taken_at = began;
  ret_loaded->compiled.fd = -1;
  ret_loaded->compiled.mapped = NULL;
  ret_loaded->compiled.memory = image;
  if (pin_policy_open(image, size, &ret_loaded->compiled.policy) == PIN_OK)
    return PIN_OK;
  say(loading->quiet,
      "event=policy-error message=\"libpinpolicy.so.0 is of another version than pinning.so\"");
  free(image);
  return PIN_DAMAGED;
}

/* ---- The compiled form ---- */

static void log_form(const char *path, const char *message) {
  char text[LOG_PATH_SIZE + 256], shown[LOG_PATH_SIZE], form[PATH_MAX];

  if (!pin_compiled_path(path, form, sizeof form))
    return;
  log_escape(form, shown, sizeof shown);
  snprintf(text, sizeof text, "event=policy-error policy=\"%s\" message=\"%s\"", shown, message);
  log_line(LOG_ERR, text);
}

void policy_log_damage(const char *path) {
  log_form(path, "is damaged, or of another version");
}

static bool is_same(const struct pin_file_identity *a, const struct pin_file_identity *b) {
  return a->device == b->device && a->inode == b->inode && a->changed_seconds == b->changed_seconds &&
         a->changed_nanoseconds == b->changed_nanoseconds;
}

/* PIN_OK: there is a form of this very policy, current or not. */
static enum pin_status load_compiled(const char *path, const struct loading *loading,
                                     struct loaded *ret_loaded) {
  char compiled_path[PATH_MAX];
  enum pin_status status;
  bool quiet = loading->quiet || loading->quiet_of_mistakes;

  if (!pin_compiled_path(path, compiled_path, sizeof compiled_path))
    return PIN_UNREADABLE;
  status = pin_compiled_open(compiled_path, &ret_loaded->compiled);
  ret_loaded->is_form = true;
  ret_loaded->taken_at = 0;
  if (status == PIN_DAMAGED && !quiet)
    policy_log_damage(path);
  if (status == PIN_OTHER_VERSION && !quiet)
    log_form(path, "is of another version; pinctl compile writes it anew");
  if (status != PIN_OK)
    return status;
  if (!is_same(&ret_loaded->compiled.identity, loading->damaged) &&
      pin_compiled_is_of(&ret_loaded->compiled, path))
    return PIN_OK;
  pin_compiled_close(&ret_loaded->compiled);
  return PIN_DAMAGED;
}

static bool was_written_before(const struct loaded *form, const struct loaded *text) {
  const struct pin_compiled *compiled = &form->compiled;

  return compiled->written_seconds * 1000 + compiled->written_nanoseconds / 1000000 < text->taken_at;
}

/* Whether a form that is not current was written after the policy in force. */
static bool is_later(const struct loaded *form, const struct loaded *in_force) {
  if (in_force == NULL)
    return true;
  if (in_force->is_form)
    return form->compiled.policy.generation != in_force->compiled.policy.generation &&
           !is_same(&form->compiled.identity, &in_force->compiled.identity);
  return !was_written_before(form, in_force);
}

/* Whether the form is current and not older than a text in force. A quick look may miss the change that
 * made this process read the text. */
static bool is_current(const struct loaded *form, const struct loading *loading) {
  const struct loaded *in_force = loading->in_force;

  return pin_compiled_seems_current(&form->compiled, loading->look) &&
         (in_force == NULL || in_force->is_form || !was_written_before(form, in_force));
}

static bool is_missing(const char *path) {
  struct stat status;

  return stat(path, &status) != 0 && errno == ENOENT;
}

/* Loads something other than a current form. */
static enum load_result load_other(const char *path, const struct loading *loading,
                                   enum pin_status form_status, const struct loaded *form,
                                   struct loaded *ret_loaded) {
  enum pin_status status;
  bool has_form = form_status == PIN_OK;

  if (loading->text_is_early || loading->form_only || (!has_form && loading->nobody_asks && is_missing(path)))
    return LOAD_TOO_EARLY;
  status = load_text(path, loading, form_status, ret_loaded);
  if (status == PIN_OK)
    return LOAD_CURRENT;
  if (status == PIN_TOO_LARGE && loading->form_may_be_made)
    return LOAD_TOO_EARLY;
  if (!has_form || !is_later(form, loading->in_force))
    return LOAD_FAILED;
  *ret_loaded = *form;
  return LOAD_LAST_GOOD;
}

enum load_result policy_load(const char *path, const struct loading *loading, struct loaded *ret_loaded) {
  struct loaded form;
  enum pin_status form_status = load_compiled(path, loading, &form);
  bool has_form = form_status == PIN_OK;
  enum load_result result = LOAD_CURRENT;

  if (has_form && is_current(&form, loading))
    *ret_loaded = form;
  else
    result = load_other(path, loading, form_status, &form, ret_loaded);
  if (has_form && (result == LOAD_FAILED || result == LOAD_TOO_EARLY || !ret_loaded->is_form))
    pin_compiled_close(&form.compiled);
  if (result == LOAD_CURRENT || result == LOAD_LAST_GOOD)
    ret_loaded->path = text_copy(path);
  return result;
}

void policy_unload(struct loaded *loaded) {
  pin_compiled_close(&loaded->compiled);
  free(loaded->path);
}
