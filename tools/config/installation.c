/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "config/installation.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"

#define TOKEN "$LIB"

/*
 * The value of "$LIB" in the dynamic linker. glibc has no call for it, but tells whether a path leads to a
 * loaded library: the folder of libc is tested, without a leading /usr. Empty: unknown, as in an image, or
 * the C library has no "$LIB".
 */
static char *folder_of_this_architecture(void) {
  Dl_info libc;
  if (dladdr((void *)(uintptr_t)&getenv, &libc) == 0)
    return must_copy("");
  AUTO_TEXT real = realpath(libc.dli_fname, NULL);
  AUTO_TEXT folder = real == NULL ? must_copy("") : path_directory(real);
  const char *usr = strncmp(folder, "/usr/", strlen("/usr/")) == 0 ? "/usr" : "";
  AUTO_TEXT probe = real == NULL ? must_copy("") : must_format("%s/" TOKEN "/%s", usr, path_base(real));
  void *handle = dlopen(probe, RTLD_LAZY | RTLD_NOLOAD);
  if (handle == NULL || *folder != '/')
    return must_copy("");
  dlclose(handle);
  return must_copy(folder + strlen(usr) + 1);
}

static char *replace(const char *path, const char *from, const char *to) {
  const char *at = *from == '\0' ? NULL : strstr(path, from);
  return at == NULL ? must_copy(path)
                    : must_format("%.*s%s%s", (int)(at - path), path, to, at + strlen(from));
}

char *module_path_for_all(const char *path) {
  AUTO_TEXT folder = folder_of_this_architecture();
  AUTO_TEXT between = *folder == '\0' ? must_copy("") : must_format("/%s/", folder);
  return replace(path, between, "/" TOKEN "/");
}

char *module_path_here(const char *path) {
  AUTO_TEXT folder = folder_of_this_architecture();
  return *folder == '\0' ? must_copy(path) : replace(path, TOKEN, folder);
}

char *module_path_in(const char *path, const char *folder) {
  return strstr(path, TOKEN) == NULL ? NULL : replace(path, TOKEN, folder);
}

static char *library_directory(void) {
  AUTO_TEXT program = realpath("/proc/self/exe", NULL);
  if (program == NULL) {
    say_error("/proc/self/exe: %s", strerror(errno));
    return NULL;
  }
  AUTO_TEXT directory = path_directory(program);
  AUTO_TEXT relative = must_format("%s/" PINCTL_LIBDIR_FROM_BINDIR, directory);
  char *absolute = realpath(relative, NULL);
  if (absolute == NULL)
    say_error("%s: %s", relative, strerror(errno));
  return absolute;
}

static bool is_there(const char *path) {
  if (access(path, R_OK) == 0)
    return true;
  return say_error("%s: %s; is pinning completely installed?", path, strerror(errno));
}

bool installation_locate(struct installation *ret_installation) {
  *ret_installation = (struct installation){0};
  AUTO_TEXT directory = library_directory();
  if (directory == NULL)
    return false;
  ret_installation->shim = must_format("%s/libpinning-preload.so", directory);
  ret_installation->module = must_format("%s/" PINCTL_MODULES_SUBDIR "/pinning.so", directory);
  return true;
}

bool installation_find(struct installation *ret_installation) {
  return installation_locate(ret_installation) && is_there(ret_installation->shim) &&
         is_there(ret_installation->module);
}

static bool is_same_file(const char *a, const char *b) {
  AUTO_TEXT real_a = realpath(a, NULL);
  AUTO_TEXT real_b = realpath(b, NULL);
  return strcmp(real_a == NULL ? a : real_a, real_b == NULL ? b : real_b) == 0;
}

/* openssl.cnf writes "$" with a backslash. For free(3). */
static char *without_backslashes(const char *text) {
  char *plain = must_copy(text);
  char *to = plain;
  for (const char *at = text; *at != '\0'; at++)
    if (*at != '\\')
      *to++ = *at;
  *to = '\0';
  return plain;
}

static bool is_name_of_a_library(const char *word) {
  return strcmp(path_base(word), "pinning.so") == 0 || strcmp(path_base(word), "libpinning-preload.so") == 0;
}

/* A name without an absolute path may lead to our library. */
static bool may_be_ours(const struct installation *installation, const char *word) {
  if (*word != '/')
    return is_name_of_a_library(word);
  AUTO_TEXT file = module_path_here(word);
  return is_same_file(file, installation->module) || is_same_file(file, installation->shim);
}

bool installation_is_of_another(const struct installation *installation, const char *text) {
  AUTO_TEXT words = without_backslashes(text);
  bool names_another = false;
  char *rest_of_lines = words;
  for (char *line; (line = strsep(&rest_of_lines, "\r\n")) != NULL;) {
    char *rest = line[strspn(line, " \t")] == '#' ? NULL : line;
    for (char *word; (word = strsep(&rest, " \t:=\"'#;")) != NULL;) {
      if (may_be_ours(installation, word))
        return false;
      names_another |= *word == '/' && is_name_of_a_library(word);
    }
  }
  return names_another;
}

void installation_clear(struct installation *installation) {
  free(installation->shim);
  free(installation->module);
  *installation = (struct installation){0};
}
