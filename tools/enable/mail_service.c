/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "enable/mail_service.h"

#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "enable/managed_block.h"

#define SETTING "import_environment"

/* ---- Reading the setting ---- */

/* In Postfix a value continues in lines that begin with a blank. */
static const char *end_of_setting(const char *line) {
  const char *end = next_line(line);
  while (*end == ' ' || *end == '\t')
    end = next_line(end);
  return end;
}

static bool has_variable(const char *text, const char *name, size_t length) {
  for (const char *line = text; *line != '\0'; line = next_line(line)) {
    const char *start = line + strspn(line, " \t");
    if (strncmp(start, SETTING, strlen(SETTING)) != 0)
      continue;
    const char *end = end_of_setting(line);
    const char *found = memmem(start, (size_t)(end - start), name, length);
    if (found != NULL)
      return true;
  }
  return false;
}

/* Whether the setting of a matching file has the first of the variables. */
static bool is_listed(const char *pattern, const char *variables) {
  glob_t found = {0};
  bool listed = false;
  size_t length = strcspn(variables, "=");
  if (glob(pattern, 0, NULL, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; i++) {
      size_t unused = 0;
      AUTO_TEXT text = NULL;
      listed |= file_read(found.gl_pathv[i], &text, &unused) == 0 && has_variable(text, variables, length);
    }
  globfree(&found);
  return listed;
}

/* ---- The warnings ---- */

static void check_postfix(const char *folder, const char *variables) {
  AUTO_TEXT file = must_format("%s/main.cf", folder);
  if (is_listed(file, variables))
    return;
  say_warning("Postfix passes to its processes only what " SETTING
              " lists, so they are NOT enforced this way "
              "until you set it and restart Postfix: postconf -c %s -e \"" SETTING
              "=$(postconf -c %s -h " SETTING ") %s\"",
              folder, folder, variables);
}

/* file: the configuration; NULL: the usual one, with the files that it includes. */
static void check_dovecot(const char *file, const char *variables) {
  if (file != NULL
          ? is_listed(file, variables)
          : is_listed("/etc/dovecot/*.conf", variables) || is_listed("/etc/dovecot/conf.d/*.conf", variables))
    return;
  say_warning("Dovecot passes to its processes only what " SETTING
              " lists, so they are NOT enforced this way "
              "until you add at the end of %s: " SETTING " = $" SETTING " %s",
              file == NULL ? "/etc/dovecot/local.conf" : file, variables);
}

/* ---- Which service it is ---- */

/* The value of the option "-c"; NULL: not given. */
static const char *configuration_of(char *const *arguments) {
  for (; *arguments != NULL; arguments++)
    if (strncmp(*arguments, "-c", 2) == 0)
      return (*arguments)[2] != '\0' ? *arguments + 2 : arguments[1];
  return NULL;
}

void mail_service_check_command(const char *program, char *const *arguments, const char *variables) {
  const char *name = path_base(program);
  const char *given = configuration_of(arguments);
  const char *environment = getenv("MAIL_CONFIG");
  if (strcmp(name, "postfix") == 0 || strstr(program, "/postfix/") != NULL)
    check_postfix(given != NULL ? given : environment != NULL ? environment : "/etc/postfix", variables);
  else if (strcmp(name, "dovecot") == 0)
    check_dovecot(given, variables);
}

void mail_service_check_unit(const char *unit, const char *variables) {
  if (strncmp(unit, "postfix", strlen("postfix")) == 0)
    check_postfix("/etc/postfix", variables);
  else if (strncmp(unit, "dovecot", strlen("dovecot")) == 0)
    check_dovecot(NULL, variables);
}
