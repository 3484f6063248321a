/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/interrupt.h"
#include "cli/arguments.h"
#include "cli/invocation.h"
#include "cli/output.h"
#include "cli/result.h"
#include "config/config_trial.h"
#include "verbs/all_verbs.h"
#include "verbs/verbs.h"

static int unknown_verb(char **words) {
  verb_unknown(words[0], words + 1);
  return EXIT_USAGE;
}

static int run_reported(const struct arguments *arguments) {
  const struct verb *verb = arguments->verb;
  if (!arguments_has(arguments, OPTION_RESULT))
    return verb->run(arguments);
  if (!result_begin())
    return EXIT_FAILED;
  int status = verb->run(arguments);
  return result_end(verb->name, arguments_has(arguments, OPTION_DRY_RUN), status);
}

static int run_verb(const struct verb *verb, char **argv) {
  struct arguments arguments;
  int status = EXIT_USAGE;
  if (arguments_read(verb, argv, &arguments)) {
    if (arguments_has(&arguments, OPTION_HELP)) {
      help_print_verb(verb);
      status = EXIT_DONE;
    } else {
      if (arguments_has(&arguments, OPTION_NO_NOTES))
        output_hide_notes(true);
      status = run_reported(&arguments);
    }
  }
  arguments_clear(&arguments);
  return status;
}

/*
 * Only how bytes become characters: numbers and dates are printed for programs too. In a Turkish locale "I"
 * is no "i", and names of hosts, directives and headers would no longer be the same in both cases.
 */
static void take_locale(void) {
  setlocale(LC_CTYPE, "");
  if (tolower('I') == 'i')
    return;
  bool is_utf8 = MB_CUR_MAX > 1;
  if (!is_utf8 || setlocale(LC_CTYPE, "C.UTF-8") == NULL)
    setlocale(LC_CTYPE, "C");
}

int main(int argc, char **argv) {
  if (argc > 0 && strcmp(argv[0], TRIAL_NAME) == 0)
    return trial_main(argc, argv);
  take_locale();
  command_line_note(argv);
  all_verbs_are(verbs);
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
  int status = finish_output(verb == NULL ? unknown_verb(argv + 1) : run_verb(verb, argv + 2));
  end_now();
  return status;
}
