/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/from_server.h"

#include <string.h>
#include <time.h>

#include "base/host_port.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/prompt.h"
#include "keys/chain.h"
#include "probe/probe_options.h"
#include "view/loaded_policy.h"

/* Certificates with a shorter life are renewed by programs, which often make a new key each time. */
#define SHORT_LIFE_DAYS 200

enum choice { CHOICE_LEAF = 0, CHOICE_ISSUER, CHOICE_ROOT, CHOICE_NOTHING };

static const char *const choice_words[] = {"leaf", "issuer", "root", "nothing", NULL};

/* The key of a CA goes into a list that is for CAs only. */
static const enum pin_list choice_lists[] = {PIN_LIST_PINS, PIN_LIST_INTERMEDIATES, PIN_LIST_ANCHORS};

static int refuse_unverified(const struct arguments *arguments, const char *host, const struct chain *chain) {
  const char *why = X509_verify_cert_error_string(chain->error);
  if (chain->error == X509_V_OK)
    return EXIT_DONE;
  if (arguments_has(arguments, OPTION_TRUST_UNVERIFIED)) {
    say_warning("%s: the chain did not verify: %s; anybody may have answered", host, why);
    return EXIT_DONE;
  }
  say_error("%s: the chain did not verify: %s; anybody may have answered", host, why);
  say_note("compare its keys with what the server's owner says; then add them as they are printed above, or "
           "repeat this with --trust-unverified");
  return EXIT_FINDING;
}

static enum choice choose_key(const struct arguments *arguments) {
  const char *word = arguments_value(arguments, OPTION_PIN);
  for (int i = 0; word != NULL && choice_words[i] != NULL; i++)
    if (strcmp(word, choice_words[i]) == 0)
      return (enum choice)i;
  return (enum choice)question_ask("Pin the key of", choice_words);
}

/* NULL, having said so: the proven chain has no such certificate. */
static const struct object *chosen_object(const char *host, const struct chain *chain, enum choice choice) {
  const struct objects *path = &chain->path;
  if (choice == CHOICE_LEAF)
    return &path->items[0];
  if (choice == CHOICE_ISSUER && chain->proven > 1)
    return &path->items[1];
  if (choice == CHOICE_ROOT && chain->proven > 1 && path->items[chain->proven - 1].role == ROLE_ROOT)
    return &path->items[chain->proven - 1];
  say_error("%s: the proven chain has no %s", host, choice_words[choice]);
  return NULL;
}

/* Whether the new entry or an existing one has a backup pin. Errors of the policy are reported later. */
static bool has_backup(const struct arguments *arguments, const struct dropin *wish) {
  const char *name = wish->host;
  struct loaded_policy loaded;
  struct pin_verdict verdict = {0};
  struct pin_peer peer = {
      .names = &name, .name_count = 1, .port = wish->port_count > 0 ? wish->ports[0] : 0, .now = time(NULL)};
  policy_ask(arguments_policy(arguments), &loaded);
  if (loaded.status == PIN_OK)
    pin_select(&loaded.policy, &peer, &verdict);
  const struct pin_entry *entry = &verdict.findings[0].entry;
  bool backed =
      verdict.count > 0 && strcmp(entry->name, name) == 0 && entry->lists[PIN_LIST_BACKUP_PINS].count > 0;
  policy_clear(&loaded);
  return backed || wish->lists[PIN_LIST_BACKUP_PINS].count > 0;
}

static void warn_of_lockout(const struct arguments *arguments, const struct dropin *wish,
                            const struct chain *chain, enum choice choice) {
  int days = days_of_life(chain->path.items[0].certificate);
  if (choice != CHOICE_LEAF || has_backup(arguments, wish))
    return;
  if (days < SHORT_LIFE_DAYS)
    say_warning(
        "%s: this certificate lives %d days, and its key may change with the next one: add a --backup, or "
        "pin the issuer",
        wish->host, days);
}

static bool is_confirmed(const struct arguments *arguments, const char *host) {
  static const char *const words[] = {"yes", "no", NULL};
  AUTO_TEXT question = must_format("Add this to the policy for %s:", host);
  return arguments_has(arguments, OPTION_YES) || question_ask(question, words) == 0;
}

static int add_choice(const struct arguments *arguments, const struct chain *chain, struct dropin *wish) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  enum choice choice = choose_key(arguments);
  if (choice == CHOICE_NOTHING) {
    say_note("%s: nothing was changed", wish->host);
    return EXIT_FINDING;
  }
  const struct object *object = chosen_object(wish->host, chain, choice);
  if (object == NULL)
    return EXIT_FAILED;
  pin_digest_format(&object->key, digest);
  fputc('\n', stderr);
  AUTO_TEXT line = must_format("%s: %s", pin_list_name(choice_lists[choice]), digest);
  put(stderr, PLAIN, "%s\n", line);
  output_hear("note", line);
  warn_of_lockout(arguments, wish, chain, choice);
  if (!is_confirmed(arguments, wish->host)) {
    say_note("%s: nothing was changed", wish->host);
    return EXIT_FINDING;
  }
  struct text_list *list = &wish->lists[choice_lists[choice]];
  if (text_list_find(list, digest) == list->count)
    text_list_add(list, must_copy(digest));
  return EXIT_DONE;
}

static int check_usage(const struct arguments *arguments, const char *host) {
  if (!host_can_be_asked(host))
    return usage_status(arguments->verb, "--from-server: \"%s\": expected the name or address of a server",
                        host);
  bool decided = arguments_has(arguments, OPTION_PIN) && arguments_has(arguments, OPTION_YES);
  if (!decided && !question_possible())
    return usage_status(arguments->verb, "there is no terminal to ask on: give --pin and --yes");
  return EXIT_DONE;
}

int from_server_choose(const struct arguments *arguments, struct dropin *wish) {
  struct probe_result result;
  uint16_t port = wish->port_count > 0 ? wish->ports[0] : HTTPS_PORT;
  int status = check_usage(arguments, wish->host);
  if (status != EXIT_DONE)
    return status;
  status = probe_one(arguments, wish->host, port, &result);
  if (status == EXIT_DONE) {
    AUTO_TEXT summary = probe_summary(&result);
    AUTO_TEXT place = host_and_port_format(wish->host, port);
    put(stderr, PLAIN, "%s shows (%s):\n", place, summary);
    fputc('\n', stderr);
    chain_tree_print(&result.chain);
    status = refuse_unverified(arguments, wish->host, &result.chain);
  }
  if (status == EXIT_DONE)
    status = add_choice(arguments, &result.chain, wish);
  probe_result_clear(&result);
  return status;
}
