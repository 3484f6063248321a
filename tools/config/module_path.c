/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "config/module_path.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

#define TOKEN "$LIB"

/*
 * What the dynamic linker puts in the place of "$LIB": glibc has no call for it, but it says whether a path
 * leads to a library that is loaded. The folder of libc is tried, without the /usr before it. Empty: unknown,
 * as in an image, or where the C library knows no "$LIB".
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
