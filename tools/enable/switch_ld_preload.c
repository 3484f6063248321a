/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Enforcement through ld.so.preload, for programs that never read openssl.cnf. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "enable/commit_confirm.h"
#include "enable/ld_preload.h"
#include "enable/switching.h"

/* The word that is the shim, for free(3), or NULL. Comments run from '#' to the end of the line; spaces, tabs
 * and colons separate names. */
static char *find_shim(const char *text) {
  AUTO_TEXT copy = must_copy(text == NULL ? "" : text);
  char *rest_of_lines = NULL;
  for (char *line = strtok_r(copy, "\n", &rest_of_lines); line != NULL;
       line = strtok_r(NULL, "\n", &rest_of_lines)) {
    line[strcspn(line, "#")] = '\0';
    char *rest = NULL;
    for (char *word = strtok_r(line, " \t\r:", &rest); word != NULL; word = strtok_r(NULL, " \t\r:", &rest))
      if (strcmp(path_base(word), PRELOAD_SHIM) == 0)
        return must_copy(word);
  }
  return NULL;
}

/* An exit status. A name without a slash is the dynamic linker's to find. */
static int try_shim(const struct switching *switching, const char *shim) {
  struct openssl_settings settings = {0};
  int status = switch_check_policy(&settings);
  if (status != EXIT_DONE)
    return status;
  if (*shim == '/' && access(shim, R_OK) != 0) {
    say_error("%s: %s", shim, strerror(errno));
    return EXIT_FAILED;
  }
  if (!switching->in_image)
    return switch_try(NULL, "", shim) ? EXIT_DONE : EXIT_FAILED;
  say_note("not tested: programs of an image cannot run here");
  return EXIT_DONE;
}

static int switch_on(const struct switching *switching, const struct target *target, const char *rest,
                     const char *shim) {
  AUTO_TEXT by_hand = find_shim(rest);
  if (by_hand != NULL) {
    say_note("%s: the shim was put there by hand; it stays as it is", target->path);
    return try_shim(switching, by_hand);
  }
  AUTO_TEXT body = must_format("%s\n", shim);
  AUTO_TEXT text = preload_line_add(rest, body);
  if (!preload_comments_are_skipped(text)) {
    say_error("%s: glibc would take words of a comment there for libraries; leave one comment at most",
              target->path);
    return EXIT_FAILED;
  }
  int status = try_shim(switching, shim);
  if (status != EXIT_DONE)
    return status;
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
  struct target target;
  int status = EXIT_FAILED;
  if (target_open(switching->path, switching->dry_run ? TARGET_READ : TARGET_CHANGE, &target)) {
    if (confirm_is_pending(&target))
      say_error("%s: an earlier change waits to be confirmed (\"pinctl enable --preload --confirmed\", or "
                "\"pinctl disable --preload --unconfirmed\")",
                target.path);
    else
      status = switch_target_on(switching, &target);
  }
  target_close(&target);
  return status;
}
