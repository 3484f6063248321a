/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <string.h>

#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/usage.h"
#include "verbs/all_verbs.h"
#include "verbs/completion.h"
#include "verbs/verbs.h"

static const struct option options[] = {SHARED_POLICY};

static int run(const struct arguments *arguments) {
  static const struct {
    const char *shell;
    void (*print)(const struct verb *const *verbs);
  } shells[] = {
      {"bash", completion_print_bash}, {"zsh", completion_print_zsh}, {"fish", completion_print_fish}};
  const char *shell = arguments->operands[0];
  for (size_t i = 0; i < COUNT_OF(shells); i++) {
    if (strcmp(shells[i].shell, shell) == 0) {
      shells[i].print(all_verbs());
      return EXIT_DONE;
    }
  }
  return usage_status(arguments->verb, "\"%s\": expected %s", shell, arguments->verb->operands);
}

const struct verb verb_completion = {
    .name = "completion",
    .group = "Help",
    .operands = "bash|zsh|fish",
    .summary = "Print what completes command lines in a shell",
    .details = "Packages install it already. Otherwise, for example in ~/.bashrc:\n"
               "source <(pinctl completion bash)",
    .example = "pinctl completion bash",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
