/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "policy_load.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "libc_symbol.h"
#include "log.h"
#include "object.h"
#include "text.h"

/* ---- Text: read by libpinpolicy, loaded only now and only here ---- */

typedef __typeof__(pin_text_compile_briefly) text_compile_fn;

/* Deep binding for a libpinpolicy that was built with a shared libconfig: that must call none of the
 * program's. */
static text_compile_fn *load_text_compile(void) {
  static const char anchor; /* an address in pinning.so */
  int flags = RTLD_NOW | RTLD_LOCAL | libc_deepbind();
  char path[PATH_MAX];
  void *library = NULL;
  void *symbol;
  text_compile_fn *function = NULL;

  if (object_sibling(&anchor, "../libpinpolicy.so.0", path, sizeof path))
    library = dlopen(path, flags);
  if (library == NULL)
    library = dlopen("libpinpolicy.so.0", flags);
  if (library == NULL)
    return NULL;
  symbol = dlsym(library, "pin_text_compile_briefly");
  memcpy(&function, &symbol, sizeof function);
  return function;
}

/* A value for between quotes: its own become single ones, and nothing in it disturbs a terminal. */
static void escape(const char *value, char *ret_text, size_t size) {
  size_t used = 0;

  for (; *value != '\0' && used + sizeof "\\xHH" <= size; value++) {
    unsigned char byte = (unsigned char)*value;

    if (byte == '"')
      ret_text[used++] = '\'';
    else if (byte < 0x20 || byte == 0x7f || byte == '\\')
      used += (size_t)snprintf(ret_text + used, size - used, "\\x%02X", byte);
    else
      ret_text[used++] = (char)byte;
  }
  ret_text[used] = '\0';
}

/* So many mistakes are told, of so many that are looked for: a text may hold one in each line. */
#define MISTAKES_TOLD 8
#define MISTAKES_SOUGHT 1000

static void log_diagnostic(const struct pin_diagnostic *diagnostic, void *arg) {
  char text[PIN_REPORT_SIZE], file[PIN_REPORT_SIZE / 2], message[PIN_REPORT_SIZE / 4];

  unsigned *count = arg;

  if (diagnostic->severity != PIN_ERROR || ++*count > MISTAKES_TOLD)
    return;
  escape(diagnostic->file, file, sizeof file);
  escape(diagnostic->message, message, sizeof message);
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
  escape(path, file, sizeof file);
  snprintf(text, sizeof text,
           "event=policy-error policy=\"%s\" message=\"%s%u mistakes more; pinctl check shows all of them\"",
           file, count >= MISTAKES_SOUGHT ? "at least " : "", count - MISTAKES_TOLD);
  log_line(LOG_ERR, text);
}

/*
 * What fails for want of memory or of a descriptor is tried once more: without a policy every host would be
 * refused, for what may be over in a moment.
 */
static bool compile_text(const char *path, bool quiet, void **ret_image, size_t *ret_size) {
  text_compile_fn *compile = load_text_compile();
  unsigned mistakes = 0;
  enum pin_status status;

  if (compile == NULL)
    compile = load_text_compile();
  if (compile == NULL) {
    say(quiet, "event=policy-error message=\"libpinpolicy.so.0 cannot be loaded\"");
    return false;
  }
  status = compile(path, MISTAKES_SOUGHT, quiet ? NULL : log_diagnostic, &mistakes, ret_image, ret_size);
  log_rest(path, mistakes);
  if (status == PIN_NO_MEMORY || status == PIN_UNREADABLE)
    status = compile(path, MISTAKES_SOUGHT, NULL, NULL, ret_image, ret_size);
  return status == PIN_OK;
}

static bool load_text(const char *path, bool quiet, struct loaded *ret_loaded) {
  size_t size = 0;
  void *image;

  if (!compile_text(path, quiet, &image, &size))
    return false;
  ret_loaded->is_form = false;
  ret_loaded->compiled.fd = -1;
  ret_loaded->compiled.memory = image;
  if (pin_policy_open(image, size, &ret_loaded->compiled.policy) == PIN_OK)
    return true;
  say(quiet, "event=policy-error message=\"libpinpolicy.so.0 is of another version than pinning.so\"");
  free(image);
  return false;
}

/* ---- The compiled form ---- */

void policy_log_damage(const char *path) {
  static const char beginning[] = "event=policy-error policy=\"";
  static const char end[] = "\" message=\"is damaged, or of another version\"";
  /* One buffer: a fibre may have 32 KiB of stack. */
  char text[sizeof beginning + PATH_MAX + sizeof end];

  memcpy(text, beginning, sizeof beginning - 1);
  if (!pin_compiled_path(path, text + sizeof beginning - 1, PATH_MAX))
    return;
  memcpy(text + strlen(text), end, sizeof end);
  log_line(LOG_ERR, text);
}

static bool is_same(const struct pin_file_identity *a, const struct pin_file_identity *b) {
  return a->device == b->device && a->inode == b->inode && a->changed_seconds == b->changed_seconds &&
         a->changed_nanoseconds == b->changed_nanoseconds;
}

static bool load_compiled(const char *path, const struct pin_file_identity *damaged, bool quiet,
                          struct loaded *ret_loaded) {
  char compiled_path[PATH_MAX];
  enum pin_status status;

  if (!pin_compiled_path(path, compiled_path, sizeof compiled_path))
    return false;
  status = pin_compiled_open(compiled_path, &ret_loaded->compiled);
  ret_loaded->is_form = true;
  if (status == PIN_DAMAGED && !quiet)
    policy_log_damage(path);
  if (status != PIN_OK)
    return false;
  if (!is_same(&ret_loaded->compiled.identity, damaged) && pin_compiled_is_of(&ret_loaded->compiled, path))
    return true;
  pin_compiled_close(&ret_loaded->compiled);
  return false;
}

enum load_result policy_load(const char *path, const struct pin_file_identity *damaged, bool quiet,
                             struct loaded *ret_loaded) {
  struct loaded form;
  bool has_form = load_compiled(path, damaged, quiet, &form);
  enum load_result result = LOAD_FAILED;

  if (has_form && pin_compiled_is_current(&form.compiled)) {
    *ret_loaded = form;
    result = LOAD_CURRENT;
  } else if (load_text(path, quiet, ret_loaded)) {
    result = LOAD_CURRENT;
  } else if (has_form) {
    *ret_loaded = form;
    result = LOAD_LAST_GOOD;
  }
  if (result == LOAD_FAILED)
    return result;
  if (has_form && !ret_loaded->is_form)
    pin_compiled_close(&form.compiled);
  ret_loaded->path = text_copy(path);
  return result;
}

void policy_unload(struct loaded *loaded) {
  pin_compiled_close(&loaded->compiled);
  free(loaded->path);
}
