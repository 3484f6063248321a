/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/invocation.h"

#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/memory.h"

/* A longer command line is cut. */
#define MOST_COLUMNS 400

static char **words;

void command_line_note(char **argv) {
  words = argv;
}

static void write_word(FILE *stream, const char *word) {
  size_t plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-");
  if (*word != '\0' && word[plain] == '\0') {
    fputs(word, stream);
    return;
  }
  fputc('\'', stream);
  for (; *word != '\0'; word++)
    if (*word == '\'')
      fputs("'\\''", stream);
    else
      fputc(*word, stream);
  fputc('\'', stream);
}

char *shell_word(const char *word) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  write_word(stream, word);
  memory_close(stream);
  return text;
}

char *command_line_text(void) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  fputs("pinctl", stream);
  for (char **word = words == NULL || *words == NULL ? NULL : words + 1; word != NULL && *word != NULL;
       word++) {
    fputc(' ', stream);
    write_word(stream, *word);
  }
  memory_close(stream);
  char *escaped = escape_short(text, MOST_COLUMNS);
  free(text);
  return escaped;
}

/* The user who logged in, which the audit system of the kernel keeps. False: it does not know. */
static bool login_user(uid_t *ret_user) {
  size_t length = 0;
  AUTO_TEXT text = NULL;
  if (file_read("/proc/self/loginuid", &text, &length) != 0 || length == 0)
    return false;
  unsigned long number = strtoul(text, NULL, 10);
  /* The highest number means nobody: a service, or a kernel without audit. */
  if (number >= UINT32_MAX)
    return false;
  *ret_user = (uid_t)number;
  return true;
}

/* The user who called sudo; NULL: nobody did. Only root's environment is believed. */
static const char *sudo_user(void) {
  const char *name = getuid() == 0 ? getenv("SUDO_USER") : NULL;
  return name != NULL && *name != '\0' ? name : NULL;
}

/* Escaped; NULL: acting_user was not called yet. */
static char *known_name;

static char *number_or_root(uid_t user) {
  return user == 0 ? must_copy("root") : must_format("uid %lu", (unsigned long)user);
}

char *acting_user(void) {
  uid_t user = getuid();
  if (known_name == NULL && sudo_user() == NULL) {
    login_user(&user);
    const struct passwd *entry = getpwuid(user);
    known_name = entry == NULL ? number_or_root(user) : escape_text(entry->pw_name);
  }
  return acting_user_unasked();
}

char *acting_user_unasked(void) {
  uid_t user = getuid();
  if (known_name != NULL)
    return must_copy(known_name);
  if (sudo_user() != NULL)
    return escape_text(sudo_user());
  login_user(&user);
  return number_or_root(user);
}
