/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "system/process_reason.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "enable/ld_preload.h"
#include "system/elf_symbols.h"

#define SHIM "/libpinning-preload.so"
#define GNUTLS "libgnutls.so"
/* More generations do not occur between the first process of a service and one with TLS. */
#define MOST_ANCESTORS 16

/* ---- The environment ---- */

/* The value of a variable; for free(3), or NULL. */
static char *environment_of(const char *pid, const char *name) {
  AUTO_TEXT path = must_format("/proc/%s/environ", pid);
  AUTO_TEXT text = NULL;
  size_t length = 0;
  size_t name_length = strlen(name);
  if (file_read(path, &text, &length) != 0)
    return NULL;
  for (const char *at = text; at < text + length; at += strlen(at) + 1)
    if (strncmp(at, name, name_length) == 0 && at[name_length] == '=')
      return must_copy(at + name_length + 1);
  return NULL;
}

bool process_reads_other(const char *pid, const char *configuration) {
  AUTO_TEXT own = environment_of(pid, "OPENSSL_CONF");
  AUTO_TEXT real = own == NULL ? NULL : realpath(own, NULL);
  return own != NULL && (real == NULL || strcmp(real, configuration) != 0);
}

static bool has_other_modules(const char *pid) {
  AUTO_TEXT own = environment_of(pid, "OPENSSL_MODULES");
  return own != NULL;
}

/* A preloaded GnuTLS is bound in the usual way, even if a module needs it later. */
bool process_preloads_gnutls(const char *pid) {
  AUTO_TEXT by_environment = environment_of(pid, "LD_PRELOAD");
  AUTO_TEXT by_file = NULL;
  size_t length = 0;
  if (by_environment != NULL && strstr(by_environment, GNUTLS) != NULL)
    return true;
  return !process_has_other_root(pid) && file_read(PRELOAD_FILE, &by_file, &length) == 0 &&
         strstr(by_file, GNUTLS) != NULL;
}

/* ---- Ancestors ---- */

static long parent_of(const char *pid) {
  AUTO_TEXT path = must_format("/proc/%s/stat", pid);
  AUTO_TEXT text = NULL;
  size_t length = 0;
  long parent = 0;
  if (file_read(path, &text, &length) != 0)
    return 0;
  /* The name may have any characters, even parentheses. */
  const char *rest = strrchr(text, ')');
  return rest != NULL && sscanf(rest, ") %*c %ld", &parent) == 1 ? parent : 0;
}

bool process_is_below(int pid, int ancestor) {
  long now = pid;
  for (int i = 0; i < MOST_ANCESTORS && now > 1; i++) {
    AUTO_TEXT name = must_format("%ld", now);
    now = parent_of(name);
    if (now == ancestor)
      return true;
  }
  return false;
}

/* Whether "pinctl run" or "pinctl enable --systemd" has set its environment. */
static bool is_switched_on(const char *pid) {
  AUTO_TEXT preload = environment_of(pid, "LD_PRELOAD");
  AUTO_TEXT configuration = environment_of(pid, "OPENSSL_CONF");
  return (preload != NULL && strstr(preload, SHIM) != NULL) ||
         (configuration != NULL && strncmp(configuration, "/etc/pinning/", strlen("/etc/pinning/")) == 0);
}

/* Whether an ancestor was started under pinning, and did not pass its environment on. */
static bool was_cleared(const char *pid) {
  if (is_switched_on(pid))
    return false;
  long ancestor = parent_of(pid);
  for (int i = 0; i < MOST_ANCESTORS && ancestor > 1; i++) {
    AUTO_TEXT name = must_format("%ld", ancestor);
    if (is_switched_on(name))
      return true;
    ancestor = parent_of(name);
  }
  return false;
}

/* ---- The reason ---- */

bool process_has_other_root(const char *pid) {
  struct stat own;
  struct stat root;
  AUTO_TEXT path = must_format("/proc/%s/root", pid);
  return stat("/", &own) == 0 && stat(path, &root) == 0 &&
         (own.st_dev != root.st_dev || own.st_ino != root.st_ino);
}

static bool is_foreign(const char *pid) {
  AUTO_TEXT path = must_format("/proc/%s/exe", pid);
  struct elf_look look;
  uint64_t head = 64; /* bytes: all that tells the architecture */
  bool foreign = elf_look(path, &head, &look) && look.is_elf && look.is_foreign;
  elf_look_clear(&look);
  return foreign;
}

/* Both give their workers only the variables that a setting lists. */
static enum process_reason reason_of_program(const char *program) {
  if (strstr(program, "/postfix/") != NULL)
    return REASON_POSTFIX;
  return strstr(program, "/dovecot/") != NULL ? REASON_DOVECOT : REASON_NOT_READ;
}

/* The environment is checked before the root: Postfix and others change their root after reading all files.
 */
enum process_reason process_find_reason(const char *pid, const char *program,
                                        const struct process_loading *loading) {
  enum process_reason by_program = reason_of_program(program);
  bool is_on = loading->configured != 0 || loading->preloaded != 0;
  if (is_foreign(pid))
    return REASON_FOREIGN;
  if (was_cleared(pid))
    return by_program == REASON_NOT_READ ? REASON_CLEARED : by_program;
  if (process_reads_other(pid, loading->configuration))
    return REASON_OTHER_CONFIGURATION;
  if (loading->configured != 0 && !loading->by_path && has_other_modules(pid))
    return REASON_OTHER_MODULES;
  if (by_program != REASON_NOT_READ && !is_on)
    return by_program;
  if (process_has_other_root(pid))
    return REASON_OTHER_ROOT;
  return is_on ? REASON_NOT_READ : REASON_NONE;
}

const char *process_reason_word(enum process_reason reason) {
  static const char *const words[] = {
      [REASON_NONE] = NULL,
      [REASON_OTHER_ROOT] = "other-root",
      [REASON_FOREIGN] = "other-architecture",
      [REASON_OTHER_CONFIGURATION] = "other-configuration",
      [REASON_OTHER_MODULES] = "other-modules",
      [REASON_POSTFIX] = "postfix",
      [REASON_DOVECOT] = "dovecot",
      [REASON_CLEARED] = "cleared-environment",
      [REASON_SHIM_ONLY] = "shim-only",
      [REASON_BOUND_DEEPLY] = "gnutls-bound-deeply",
      [REASON_NOT_READ] = "configuration-not-read",
  };
  return words[reason];
}

const char *process_reason_text(enum process_reason reason) {
  static const char *const texts[] = {
      [REASON_NONE] = NULL,
      [REASON_OTHER_ROOT] = "it has another root directory: enable pinning there",
      [REASON_FOREIGN] = "it has another architecture: install pinning for that one too",
      [REASON_OTHER_CONFIGURATION] = "OPENSSL_CONF in its environment names another file: unset it, or run "
                                     "\"pinctl enable --openssl-conf\" on that file",
      [REASON_OTHER_MODULES] =
          "OPENSSL_MODULES in its environment hides the module: give the module's whole path in openssl.cnf "
          "(\"pinctl enable\" does that, or says how)",
      [REASON_POSTFIX] =
          "Postfix passes on only what import_environment lists: see \"Services\" in programs.md",
      [REASON_DOVECOT] =
          "Dovecot passes on only what import_environment lists: see \"Services\" in programs.md",
      [REASON_CLEARED] =
          "a process that started it had pinning, but gave it another environment: enable pinning in "
          "openssl.cnf (\"pinctl enable\")",
      [REASON_SHIM_ONLY] = "only the shim reaches GnuTLS: \"pinctl enable --preload\", or \"pinctl run\"",
      [REASON_BOUND_DEEPLY] =
          "PHP's modules bind their GnuTLS past the shim: preload libgnutls.so.30 behind it (see PHP in "
          "programs.md)",
      [REASON_NOT_READ] =
          "it does not read openssl.cnf, or has not used TLS yet: the shim works (\"pinctl run\", "
          "\"pinctl enable --systemd UNIT --preload\")",
  };
  return texts[reason];
}
