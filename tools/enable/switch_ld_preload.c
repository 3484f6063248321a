/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Enables enforcement by ld.so.preload, for programs that never read openssl.cnf. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/output.h"
#include "config/installation.h"
#include "enable/ld_preload.h"
#include "enable/switching.h"

/* Tests the shim. An exit status. A name without a slash is left to the dynamic linker. */
static int try_shim(const struct switching *switching, const char *shim) {
  struct openssl_settings settings = {0};
  int status = switch_check_policy(&settings);
  if (status != EXIT_DONE)
    return status;
  AUTO_TEXT file = module_path_here(shim);
  if (*shim == '/' && access(file, R_OK) != 0)
    return say_failure("%s: %s", shim, strerror(errno));
  return switch_try_here(switching, switching->configuration == NULL ? "" : switching->configuration, shim);
}

/* Without a shim for 32 bits, each such program prints a message when it starts. */
static void warn_of_32_bit_programs(const char *shim) {
  static const char *const loaders[] = {"/lib/ld-linux.so.2", "/lib/ld-linux-armhf.so.3"};
  static const char *const folders[] = {"lib/i386-linux-gnu", "lib/arm-linux-gnueabihf", "lib32", "lib"};
  const char *found = NULL;
  for (size_t i = 0; sizeof(void *) > 4 && i < COUNT_OF(loaders); i++)
    found = access(loaders[i], X_OK) == 0 ? loaders[i] : found;
  if (found == NULL)
    return;
  for (size_t i = 0; i < COUNT_OF(folders); i++) {
    AUTO_TEXT narrow = module_path_in(shim, folders[i]);
    if (narrow != NULL && access(narrow, R_OK) == 0)
      return;
  }
  say_warning(
      "%s starts programs of 32 bits: each prints \"cannot be preloaded\" or \"wrong ELF class\" first, and "
      "the shim does not reach it, until there is a " PRELOAD_SHIM " of 32 bits",
      found);
}

static int switch_on(const struct switching *switching, const struct target *target, const char *rest,
                     const char *shim) {
  AUTO_TEXT by_hand = preload_find_shim(rest);
  if (by_hand != NULL) {
    say_note("%s: the shim was added by hand; it stays as it is", target->path);
    return try_shim(switching, by_hand);
  }
  AUTO_TEXT body = must_format("%s\n", shim);
  AUTO_TEXT text = preload_line_add(rest, body);
  if (!preload_comments_are_skipped(text))
    return say_failure("%s: glibc would read words of a comment there as libraries; keep one comment at most",
                       target->path);
  int status = try_shim(switching, shim);
  if (status != EXIT_DONE)
    return status;
  warn_of_32_bit_programs(shim);
  if (target->text == NULL || strcmp(text, target->text) != 0)
    return switch_put(switching, target, text);
  say_note("%s: already enabled", target->path);
  return EXIT_DONE;
}

static int switch_target_on(const struct switching *switching, const struct target *target) {
  struct block block;
  AUTO_TEXT shim = NULL;
  preload_line_find(target->text, &block);
  int status = EXIT_FAILED;
  if (switch_find_shim(switching, &shim))
    status = switch_on(switching, target, block.rest, shim);
  block_clear(&block);
  return status;
}

int switch_preload_on(const struct switching *switching) {
  return switch_file_on(switching, " --preload", switch_target_on);
}
