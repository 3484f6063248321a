/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/host_port.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/usage.h"
#include "edit/dropin.h"
#include "edit/existing_entry.h"
#include "edit/policy_change.h"
#include "keys/pin_argument.h"
#include "probe/from_server.h"
#include "probe/probe_options.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    {.id = OPTION_BACKUP,
     .name = "backup",
     .argument = "PIN|@SET|FILE",
     .help = "also accept this key, not in use yet",
     .repeatable = true},
    {.id = OPTION_INTERMEDIATE,
     .name = "intermediate",
     .argument = "PIN|@SET|FILE",
     .help = "accept what a CA with this key issued",
     .repeatable = true},
    {.id = OPTION_ANCHOR,
     .name = "anchor",
     .argument = "PIN|@SET|FILE",
     .help = "the chain must end in one of these",
     .repeatable = true},
    {.id = OPTION_FINGERPRINT,
     .name = "fingerprint",
     .argument = "DIGEST|FILE",
     .help = "accept this very certificate",
     .repeatable = true},
    {.id = OPTION_PORT,
     .name = "port",
     .argument = "N",
     .help = "only on this port (default: every port)",
     .repeatable = true},
    {.id = OPTION_INCLUDE_SUBDOMAINS,
     .name = "include-subdomains",
     .help = "also every name below HOST, at any depth"},
    {.id = OPTION_MODE,
     .name = "mode",
     .argument = "enforce|audit|off",
     .one_of = true,
     .help = "refuse, only log, or do neither"},
    {.id = OPTION_REQUIRE,
     .name = "require",
     .argument = "any|all",
     .one_of = true,
     .help = "pins or intermediates, or both of them"},
    {.id = OPTION_EXPIRES, .name = "expires", .argument = "DATE", .help = "the last day, e.g. 2027-06-30"},
    {.id = OPTION_ON_EXPIRY,
     .name = "on-expiry",
     .argument = "audit|enforce",
     .one_of = true,
     .help = "afterwards only log, or keep enforcing"},
    {.id = OPTION_FROM_SERVER,
     .name = "from-server",
     .help = "ask the server, show its chain, and ask what to\npin; on the first --port, or 443"},
    {.id = OPTION_PIN,
     .name = "pin",
     .argument = "leaf|issuer|root",
     .one_of = true,
     .help = "pin this key of the server's chain"},
    {.id = OPTION_YES, .name = "yes", .help = "add it without asking"},
    {.id = OPTION_TRUST_UNVERIFIED,
     .name = "trust-unverified",
     .help = "even if the server's chain does not verify"},
    PROBE_OPTION_CA,
    PROBE_OPTION_STARTTLS,
    PROBE_OPTION_CONNECT,
    PROBE_OPTION_TIMEOUT,
    {.id = OPTION_COMMENT, .name = "comment", .argument = "TEXT", .help = "a note to keep with the entry"},
    SHARED_POLICY,
    SHARED_DRY_RUN,
};

static const struct {
  enum option_id option;
  enum pin_list list;
} list_options[] = {
    {OPTION_BACKUP, PIN_LIST_BACKUP_PINS},
    {OPTION_INTERMEDIATE, PIN_LIST_INTERMEDIATES},
    {OPTION_ANCHOR, PIN_LIST_ANCHORS},
    {OPTION_FINGERPRINT, PIN_LIST_FINGERPRINTS},
};

static const struct {
  enum option_id option;
  enum dropin_setting setting;
} setting_options[] = {
    {OPTION_MODE, DROPIN_MODE},           {OPTION_REQUIRE, DROPIN_REQUIRE}, {OPTION_EXPIRES, DROPIN_EXPIRES},
    {OPTION_ON_EXPIRY, DROPIN_ON_EXPIRY}, {OPTION_COMMENT, DROPIN_COMMENT},
};

static int wish_pin(const char *text, enum pin_list list, struct dropin *wish) {
  AUTO_TEXT pin = NULL;
  int status = pin_argument_read(text, list, &pin);
  if (status == EXIT_DONE)
    dropin_put_pin(wish, list, pin);
  return status;
}

/* What the command line asks for, read before the lock is taken: keys may be asked for on the terminal. */
static int read_wish(const struct arguments *arguments, struct dropin *wish) {
  for (size_t i = 1; i < arguments->operand_count; i++) {
    int status = wish_pin(arguments->operands[i], PIN_LIST_PINS, wish);
    if (status != EXIT_DONE)
      return status;
  }
  for (size_t i = 0; i < COUNT_OF(list_options); i++) {
    size_t cursor = 0;
    for (const char *text; (text = arguments_next(arguments, list_options[i].option, &cursor)) != NULL;) {
      int status = wish_pin(text, list_options[i].list, wish);
      if (status != EXIT_DONE)
        return status;
    }
  }
  wish->include_subdomains = arguments_has(arguments, OPTION_INCLUDE_SUBDOMAINS);
  for (size_t i = 0; i < COUNT_OF(setting_options); i++) {
    const char *value = arguments_value(arguments, setting_options[i].option);
    if (value != NULL)
      wish->settings[setting_options[i].setting] = must_copy(value);
  }
  return EXIT_DONE;
}

static void merge(struct dropin *into, const struct dropin *wish) {
  into->include_subdomains = into->include_subdomains || wish->include_subdomains;
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    for (size_t i = 0; i < wish->lists[list].count; i++)
      dropin_put_pin(into, (enum pin_list)list, wish->lists[list].items[i]);
  for (int i = 0; i < DROPIN_SETTING_COUNT; i++) {
    if (wish->settings[i] == NULL)
      continue;
    free(into->settings[i]);
    into->settings[i] = must_copy(wish->settings[i]);
  }
}

static int refuse_other_ports(const struct standing *standing) {
  AUTO_TEXT ports = ports_format(standing->entry.ports, standing->entry.port_count);
  say_error(
      "%s:%u: there is an entry for \"%s\" on ports %s already; name the same ports, or remove it first",
      standing->path, (unsigned)standing->entry.line, standing->entry.name, ports);
  return EXIT_FAILED;
}

/* Finds the drop-in to add to, if there is one; refuses where another entry is in the way. */
static int find_target(const struct standings *standings, const struct dropin *wish,
                       const struct standing **ret_target) {
  *ret_target = NULL;
  for (size_t i = 0; i < standings->count; i++) {
    const struct standing *standing = &standings->items[i];
    const struct pin_entry *entry = &standing->entry;
    if (!ports_overlap(entry->ports, entry->port_count, wish->ports, wish->port_count))
      continue;
    if (standing->dropin == NULL)
      return refuse_foreign(standing);
    if (!ports_equal(entry->ports, entry->port_count, wish->ports, wish->port_count))
      return refuse_other_ports(standing);
    *ret_target = standing;
  }
  return EXIT_DONE;
}

static int stage(struct change *change, const struct standing *target, const struct dropin *wish,
                 bool *ret_unchanged) {
  *ret_unchanged = false;
  if (target == NULL)
    return standing_stage_new(change, wish);
  merge(target->dropin, wish);
  int status = refuse_backup_alone(target, target->dropin);
  if (status != EXIT_DONE)
    return status;
  char *text = dropin_render(target->dropin);
  *ret_unchanged = strcmp(text, target->text) == 0;
  change_stage(change, must_copy(target->path), must_copy(target->text), text);
  return EXIT_DONE;
}

/* Of a host without an entry so far. */
static bool new_entry_is_sound(const struct arguments *arguments, const struct dropin *wish) {
  const char *mode = wish->settings[DROPIN_MODE];
  if (mode != NULL && strcmp(mode, "off") == 0)
    return true;
  if (dropin_pin_count(wish) == 0)
    return wrong_usage(arguments->verb, "\"%s\" is new: expected at least one PIN or FILE", wish->host);
  if (accepts_backup_alone(wish))
    return wrong_usage(arguments->verb,
                       "\"%s\" is new: expected the PIN or FILE of the key in use beside the backup",
                       wish->host);
  return true;
}

static int add(const struct arguments *arguments, const struct dropin *wish) {
  struct change *change = change_new(arguments_policy(arguments), arguments_has(arguments, OPTION_DRY_RUN));
  if (change == NULL)
    return EXIT_FAILED;
  struct standings standings;
  const struct standing *target = NULL;
  bool unchanged = false;
  int status = standings_read(change, wish->host, &standings);
  if (status == EXIT_DONE)
    status = find_target(&standings, wish, &target);
  if (status == EXIT_DONE && target == NULL && !new_entry_is_sound(arguments, wish))
    status = EXIT_USAGE;
  if (status == EXIT_DONE)
    status = stage(change, target, wish, &unchanged);
  if (status == EXIT_DONE && unchanged) {
    say_note("%s: has all of this already; nothing was changed", wish->host);
  } else if (status == EXIT_DONE) {
    status = change_commit(change);
    if (status == EXIT_DONE && !change->dry_run)
      say_note("%s: %s %s", wish->host, target == NULL ? "added in" : "changed in",
               change->files[change->count - 1].path);
  }
  standings_clear(&standings);
  change_free(change);
  return status;
}

/* Options that mean nothing without --from-server are a mistake, not something to pass over. */
static bool server_options_are_used(const struct arguments *arguments) {
  static const enum option_id needing[] = {OPTION_PIN,    OPTION_YES,      OPTION_TRUST_UNVERIFIED,
                                           OPTION_CA,     OPTION_STARTTLS, OPTION_CONNECT,
                                           OPTION_TIMEOUT};
  for (size_t i = 0; i < COUNT_OF(needing) && !arguments_has(arguments, OPTION_FROM_SERVER); i++)
    if (arguments_has(arguments, needing[i]))
      return wrong_usage(arguments->verb, "--pin, --yes and the like need --from-server");
  return true;
}

static int run(const struct arguments *arguments) {
  AUTO_TEXT host = NULL;
  uint16_t *ports = NULL;
  uint32_t port_count = 0;
  const char *why = NULL;
  enum pin_status named = pin_name_canonical(arguments->operands[0], &host, &why);
  if (named != PIN_OK) {
    wrong_usage(arguments->verb, "\"%s\": %s", arguments->operands[0],
                named == PIN_INVALID ? why : "out of memory");
    return EXIT_USAGE;
  }
  if (!server_options_are_used(arguments) || !arguments_ports(arguments, &ports, &port_count))
    return EXIT_USAGE;
  struct dropin *wish = dropin_new(host, ports, port_count);
  free(ports);
  int status = read_wish(arguments, wish);
  if (status == EXIT_DONE && arguments_has(arguments, OPTION_FROM_SERVER))
    status = from_server_choose(arguments, wish);
  if (status == EXIT_DONE)
    status = add(arguments, wish);
  dropin_free(wish);
  return status;
}

const struct verb verb_add = {
    .name = "add",
    .operands = "HOST [PIN|@SET|FILE]...",
    .summary = "Pin a host to keys, or add keys to a pinned host",
    .details = "HOST is a host name, \"*.example.com\" or an IP address. A FILE is a certificate,\n"
               "chain, request or key; of a chain the leaf's key is taken. The entry goes into a\n"
               "file of its own in policy.d; entries written by hand are never touched. Nothing\n"
               "changes unless the whole policy is valid afterwards.",
    .example = "pinctl add api.example.com server.pem --backup spare.pub",
    .options = options,
    .option_count = COUNT_OF(options),
    .least_operands = 1,
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
