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

static int unknown_verb(const char *name) {
  verb_unknown(name);
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
