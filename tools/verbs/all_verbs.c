/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verbs/all_verbs.h"

#include <string.h>

#include "base/edit_distance.h"
#include "base/memory.h"
#include "cli/output.h"

static const struct verb *const *verbs;

void all_verbs_are(const struct verb *const *all) {
  verbs = all;
}

const struct verb *const *all_verbs(void) {
  return verbs;
}

const struct verb *verb_find(const char *name) {
  for (size_t i = 0; verbs[i] != NULL; i++)
    if (strcmp(verbs[i]->name, name) == 0)
      return verbs[i];
  return NULL;
}

/* The verb with the most similar name; NULL: none is similar. */
static const struct verb *verb_nearest(const char *name) {
  const struct verb *nearest = NULL;
  size_t best = FAR;
  AUTO_TEXT lower = must_copy(name);
  for (char *at = lower; *at != '\0'; at++)
    *at = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
  for (size_t i = 0; verbs[i] != NULL; i++)
    if (is_nearer(lower, verbs[i]->name, &best))
      nearest = verbs[i];
  return nearest;
}

/* The command for a word that other programs use; by its spelling another command could be suggested. */
static const char *other_word_for(const char *name) {
  static const char *const words[][2] = {
      {"rm", "remove"},         {"delete", "remove"},   {"del", "remove"},     {"unpin", "remove"},
      {"ls", "list"},           {"get", "show"},        {"mv", "rename"},      {"move", "rename"},
      {"version", "--version"}, {"lint", "check"},      {"validate", "check"}, {"verify", "test"},
      {"on", "enable"},         {"off", "disable"},     {"watch", "monitor"},  {"revert", "undo"},
      {"new", "add"},           {"set", "add"},         {"logs", "log"},       {"mode", "add"},
      {"unpause", "resume"},    {"continue", "resume"}, {"reload", "compile"}, {"apply", "compile"},
      {"start", "enable"},      {"stop", "disable"},    {"find", "show"},      {"info", "show"},
      {"visudo", "edit"},       {"-V", "--version"},    {"-v", "--version"},
  };
  for (size_t i = 0; i < COUNT_OF(words); i++)
    if (strcmp(words[i][0], name) == 0)
      return words[i][1];
  return NULL;
}

/* The first of the words that is a command, typed behind its operand; NULL: there is none. */
static const char *verb_among(char *const *words) {
  for (; *words != NULL; words++)
    if (verb_find(*words) != NULL)
      return *words;
  return NULL;
}

void verb_unknown(const char *name, char *const *rest) {
  const char *other = other_word_for(name);
  const struct verb *nearest = verb_nearest(name);
  const char *among = verb_among(rest);
  if (*name == '-' && other == NULL)
    say_error(
        "expected a command before %s, as in \"pinctl list --policy FILE\"; \"pinctl --help\" lists all "
        "commands",
        name);
  else if (other != NULL)
    say_error("unknown command \"%s\"; did you mean \"pinctl %s\"?", name, other);
  else if (nearest == NULL && among != NULL)
    say_error("unknown command \"%s\"; the command comes first, as in \"pinctl %s %s\"", name, among, name);
  else if (nearest == NULL)
    say_error("unknown command \"%s\"; \"pinctl --help\" lists all commands", name);
  else
    say_error("unknown command \"%s\"; did you mean \"pinctl %s\"?", name, nearest->name);
}
