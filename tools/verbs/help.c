/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/output.h"
#include "cli/usage.h"
#include "verbs/help.h"
#include "verbs/verbs.h"

#define EXIT_STATUS_HELP "Exit status: 0 done or all well; 1 a finding; 2 wrong usage; 3 could not be done"

/* The option on the left, the lines of its help one below the other on the right. */
static void print_option(const char *name, const char *argument, const char *help) {
  AUTO_TEXT left =
      must_format("--%s%s%s", name, argument == NULL ? "" : " ", argument == NULL ? "" : argument);
  if (strlen(left) > 24)
    printf("  %s\n  %-24s  ", left, "");
  else
    printf("  %-24s  ", left);
  for (const char *line = help;;) {
    const char *end = strchrnul(line, '\n');
    printf("%.*s\n", (int)(end - line), line);
    if (*end == '\0')
      return;
    line = end + 1;
    printf("  %-24s  ", "");
  }
}

void help_print_verb(const struct verb *verb) {
  AUTO_TEXT usage = usage_line(verb);
  printf("Usage: %s\n\n%s.\n", usage, verb->summary);
  if (verb->details != NULL)
    printf("\n%s\n", verb->details);
  if (verb->print_more != NULL)
    verb->print_more();
  puts("\nOptions:");
  for (size_t i = 0; i < verb->option_count; i++)
    print_option(verb->options[i].name, verb->options[i].argument, verb->options[i].help);
  print_option("help", NULL, "print this");
  printf("\nExample:\n  %s\n\n" EXIT_STATUS_HELP "\n", verb->example);
}

void help_print_all(void) {
  puts("Usage: pinctl VERB [options] [operands]\n\n"
       "Says which keys may stand behind which host, and shows what that comes to.\n\n"
       "Verbs:");
  for (size_t i = 0; verbs[i] != NULL; i++)
    printf("  %-12s  %s\n", verbs[i]->name, verbs[i]->summary);
  puts("\n\"pinctl VERB --help\" says what a verb takes and gives an example.\n" EXIT_STATUS_HELP);
}
