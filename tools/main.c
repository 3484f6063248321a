/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "cli/arguments.h"
#include "cli/command_line.h"
#include "cli/output.h"
#include "config/config_trial.h"
#include "verbs/help.h"
#include "verbs/verbs.h"

/* Words of other programs for what a command here does; its own distance would lead elsewhere. */
static const char *other_word_for(const char *name) {
  static const char *const words[][2] = {
      {"rm", "remove"},         {"delete", "remove"}, {"del", "remove"},     {"unpin", "remove"},
      {"ls", "list"},           {"get", "show"},      {"mv", "rename"},      {"move", "rename"},
      {"version", "--version"}, {"lint", "check"},    {"validate", "check"}, {"verify", "test"},
      {"on", "enable"},         {"off", "disable"},   {"watch", "monitor"},  {"revert", "undo"},
      {"new", "add"},           {"set", "add"},       {"logs", "log"},
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp(words[i][0], name) == 0)
      return words[i][1];
  return NULL;
}

static int unknown_verb(const char *name) {
  const char *other = other_word_for(name);
  const struct verb *nearest = verb_nearest(name);
  if (other != NULL)
    say_error("unknown command \"%s\"; did you mean \"pinctl %s\"?", name, other);
  else if (nearest == NULL)
    say_error("unknown command \"%s\"; \"pinctl --help\" lists all commands", name);
  else
    say_error("unknown command \"%s\"; did you mean \"pinctl %s\"?", name, nearest->name);
  return EXIT_USAGE;
}

static int run_verb(const struct verb *verb, char **argv) {
  struct arguments arguments;
  int status = EXIT_USAGE;
  if (arguments_read(verb, argv, &arguments)) {
    if (arguments_has(&arguments, OPTION_HELP)) {
      help_print_verb(verb);
      status = EXIT_DONE;
    } else {
      status = verb->run(&arguments);
    }
  }
  arguments_clear(&arguments);
  return status;
}

int main(int argc, char **argv) {
  if (argc > 0 && strcmp(argv[0], TRIAL_NAME) == 0)
    return trial_main(argc, argv);
  /* Only how bytes become characters: numbers and dates are printed for programs too. */
  setlocale(LC_CTYPE, "");
  command_line_note(argv);
  /* pinctl judges other configurations from outside, so it must not itself run under the one it finds. */
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
  if (argc < 2) {
    say_error("expected a command; \"pinctl --help\" lists all commands");
    return EXIT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    help_print_all();
    return finish_output(EXIT_DONE);
  }
  if (strcmp(argv[1], "--version") == 0) {
    puts("pinctl " PINNING_VERSION);
    return finish_output(EXIT_DONE);
  }
  const struct verb *verb = verb_find(argv[1]);
  return finish_output(verb == NULL ? unknown_verb(argv[1]) : run_verb(verb, argv + 2));
}
