/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "change.h"
#include "dropin.h"
#include "output.h"
#include "pin_argument.h"
#include "port.h"
#include "standing.h"

static const struct option options[] = {
    {.id = OPTION_PORT,
     .name = "port",
     .argument = "N",
     .help = "the entry for this port; again for each of its ports",
     .repeatable = true},
    SHARED_POLICY,
    SHARED_DRY_RUN,
};

/* What the command line asks for. */
struct wish {
  char *host;
  uint16_t *ports;
  uint32_t port_count;
  struct text_list pins;
};

static int refuse_several(const struct wish *wish, const struct standings *standings) {
  say_error("%s: has several entries; say which with --port:", wish->host);
  for (size_t i = 0; i < standings->count; i++) {
    const struct pin_entry *entry = &standings->items[i].entry;
    AUTO_TEXT ports = ports_format(entry->ports, entry->port_count);
    say_error("  ports %s (%s:%u)", ports, standings->items[i].path, (unsigned)entry->line);
  }
  return EXIT_FAILED;
}

static int find_target(const struct wish *wish, const struct standings *standings,
                       const struct standing **ret_target) {
  *ret_target = NULL;
  for (size_t i = 0; i < standings->count; i++) {
    const struct pin_entry *entry = &standings->items[i].entry;
    if (wish->port_count > 0 && !ports_equal(entry->ports, entry->port_count, wish->ports, wish->port_count))
      continue;
    if (*ret_target != NULL)
      return refuse_several(wish, standings);
    *ret_target = &standings->items[i];
  }
  if (*ret_target == NULL) {
    AUTO_TEXT ports = ports_format(wish->ports, wish->port_count);
    say_error("%s: the policy has no entry for it%s%s", wish->host, wish->port_count > 0 ? " on ports " : "",
              wish->port_count > 0 ? ports : "");
    return EXIT_FAILED;
  }
  return (*ret_target)->dropin == NULL ? refuse_foreign(*ret_target) : EXIT_DONE;
}

/* Takes one pin out of every list that has it. */
static bool drop_pin(struct dropin *dropin, const char *pin) {
  bool found = false;
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    size_t at = text_list_find(&dropin->lists[list], pin);
    if (at == dropin->lists[list].count)
      continue;
    text_list_remove(&dropin->lists[list], at);
    found = true;
  }
  return found;
}

static int drop_pins(const struct wish *wish, const struct standing *target) {
  for (size_t i = 0; i < wish->pins.count; i++) {
    if (drop_pin(target->dropin, wish->pins.items[i]))
      continue;
    say_error("%s: %s is not among its pins; nothing was changed", wish->host, wish->pins.items[i]);
    return EXIT_FAILED;
  }
  if (dropin_pin_count(target->dropin) > 0)
    return EXIT_DONE;
  say_error("%s: no pin would be left; \"pinctl remove %s\" removes the whole entry", wish->host, wish->host);
  return EXIT_FAILED;
}

static int stage(struct change *change, const struct wish *wish, const struct standing *target) {
  char *text = NULL;
  if (wish->pins.count > 0) {
    int status = drop_pins(wish, target);
    if (status != EXIT_DONE)
      return status;
    text = dropin_render(target->dropin);
  }
  change_stage(change, must_copy(target->path), must_copy(target->text), text);
  return EXIT_DONE;
}

static int remove_wished(const struct arguments *arguments, const struct wish *wish) {
  struct change *change = change_new(arguments_policy(arguments), arguments_has(arguments, OPTION_DRY_RUN));
  if (change == NULL)
    return EXIT_FAILED;
  struct standings standings;
  const struct standing *target = NULL;
  int status = standings_read(change, wish->host, &standings);
  if (status == EXIT_DONE)
    status = find_target(wish, &standings, &target);
  if (status == EXIT_DONE)
    status = stage(change, wish, target);
  if (status == EXIT_DONE)
    status = change_commit(change);
  if (status == EXIT_DONE && !change->dry_run)
    say_note("%s: %s %s", wish->host, wish->pins.count > 0 ? "changed in" : "removed with", target->path);
  standings_clear(&standings);
  change_free(change);
  return status;
}

/* In whichever list it is: a file means its key, so fingerprints are removed by their digest. */
static int read_wish(const struct arguments *arguments, struct wish *wish) {
  const char *why = NULL;
  if (pin_name_canonical(arguments->operands[0], &wish->host, &why) != PIN_OK) {
    wrong_usage(arguments->verb, "\"%s\": %s", arguments->operands[0], why == NULL ? "out of memory" : why);
    return EXIT_USAGE;
  }
  if (!arguments_ports(arguments, &wish->ports, &wish->port_count))
    return EXIT_USAGE;
  for (size_t i = 1; i < arguments->operand_count; i++) {
    char *pin = NULL;
    int status = pin_argument_read(arguments->operands[i], PIN_LIST_PINS, &pin);
    if (status != EXIT_DONE)
      return status;
    text_list_add(&wish->pins, pin);
  }
  return EXIT_DONE;
}

static int run(const struct arguments *arguments) {
  struct wish wish = {0};
  int status = read_wish(arguments, &wish);
  if (status == EXIT_DONE)
    status = remove_wished(arguments, &wish);
  free(wish.host);
  free(wish.ports);
  text_list_clear(&wish.pins);
  return status;
}

const struct verb verb_remove = {
    .name = "remove",
    .operands = "HOST [PIN|@SET|FILE]...",
    .summary = "Remove a host, or only some of its pins",
    .details = "Without a PIN the whole entry goes, and its file with it. An entry never loses\n"
               "its last pin this way, and entries written by hand are never touched.",
    .example = "pinctl remove api.example.com",
    .options = options,
    .option_count = COUNT_OF(options),
    .least_operands = 1,
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
