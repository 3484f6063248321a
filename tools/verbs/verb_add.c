/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/host_port.h"
#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/prompt.h"
#include "edit/dropin.h"
#include "edit/existing_entry.h"
#include "edit/policy_change.h"
#include "explain/lint.h"
#include "keys/pin_argument.h"
#include "probe/from_server.h"
#include "probe/probe_options.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    OPTION(BACKUP, "backup", "PIN|@SET|FILE", "also accept this key, which is not in use yet",
           .repeatable = true),
    OPTION(INTERMEDIATE, "intermediate", "PIN|@SET|FILE", "accept what a CA with this key issued",
           .repeatable = true),
    OPTION(ANCHOR, "anchor", "PIN|@SET|FILE", "the chain must end in one of these keys", .repeatable = true),
    OPTION(FINGERPRINT, "fingerprint", "DIGEST|FILE", "accept exactly this certificate", .repeatable = true),
    OPTION(PORT, "port", "N", "only on this port (default: every port)", .repeatable = true),
    FLAG(INCLUDE_SUBDOMAINS, "include-subdomains", "also cover every name below HOST, at any depth"),
    FLAG(NO_INCLUDE_SUBDOMAINS, "no-include-subdomains", "no longer cover the names below HOST"),
    OPTION(MODE, "mode", "enforce|audit|off|default",
           "refuse, only log, or do neither; default: remove\nthe entry's own mode, so that the policy's "
           "applies",
           .one_of = true),
    OPTION(REQUIRE, "require", "any|all",
           "with both pins and intermediates: whether one of\nthe two must match, or both", .one_of = true),
    OPTION(EXPIRES, "expires", "DATE|never", "the last day, e.g. 2027-06-30; never: remove it"),
    OPTION(ON_EXPIRY, "on-expiry", "audit|enforce", "after that day only log, or keep enforcing",
           .one_of = true),
    FLAG(FROM_SERVER, "from-server",
         "connect to the server (on the first --port, or\n443), show its chain, and ask which key to pin"),
    OPTION(PIN, "pin", "leaf|issuer|root", "pin this key of the server's chain", .one_of = true),
    FLAG(YES, "yes", "do not ask, not even about what is almost\ncertainly a mistake"),
    FLAG(TRUST_UNVERIFIED, "trust-unverified", "go on even if the server's chain does not verify"),
    PROBE_OPTIONS,
    OPTION(COMMENT, "comment", "TEXT", "a note to keep with the entry"),
    FLAG(NO_COMMENT, "no-comment", "remove the note"),
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

/* One run of the verb. */
struct addition {
  const struct arguments *arguments;
  struct dropin *request;           /* what is to be added */
  bool narrower;                    /* --no-include-subdomains */
  bool unset[DROPIN_SETTING_COUNT]; /* settings that are to be removed from the entry */
  struct pin_argument *given;       /* the pins, in the order of the command line */
  enum pin_list *given_lists;       /* the list of each */
  const char **given_texts;         /* the argument of each */
  size_t given_count;
  const char *file;        /* the base name of the drop-in; points into the change */
  struct text_list before; /* the grave warnings about the entry before the change */
};

static int request_pin(struct addition *addition, const char *text, enum pin_list list) {
  size_t at = addition->given_count++;
  addition->given_lists[at] = list;
  addition->given_texts[at] = text;
  int status = pin_argument_take(text, list, &addition->given[at]);
  if (status == EXIT_DONE)
    dropin_put_pin(addition->request, list, addition->given[at].written);
  return status;
}

/* The word that removes a setting; NULL: there is none. */
static const char *word_for_none(enum dropin_setting setting) {
  return setting == DROPIN_EXPIRES ? "never" : setting == DROPIN_MODE ? "default" : NULL;
}

/* Checks only the day of a time; the parser of the policy checks the rest. */
static bool is_expiry(const char *text) {
  int64_t seconds;
  AUTO_TEXT day = must_format("%.10s", text);
  return strlen(day) == 10 && date_read(day, &seconds) && (text[10] == '\0' || text[10] == 'T');
}

static int read_settings(struct addition *addition) {
  const struct arguments *arguments = addition->arguments;
  for (size_t i = 0; i < COUNT_OF(setting_options); i++) {
    enum dropin_setting setting = setting_options[i].setting;
    const char *value = arguments_value(arguments, setting_options[i].option);
    const char *none = word_for_none(setting);
    if (value != NULL && none != NULL && strcmp(value, none) == 0)
      addition->unset[setting] = true;
    else if (value != NULL)
      addition->request->settings[setting] = must_copy(value);
  }
  const char *expires = addition->request->settings[DROPIN_EXPIRES];
  if (expires != NULL && !is_expiry(expires))
    return usage_status(
        arguments->verb,
        "--expires \"%s\": expected a day that exists, such as 2027-06-30, an RFC 3339 time, or never",
        expires);
  addition->unset[DROPIN_COMMENT] = arguments_has(arguments, OPTION_NO_COMMENT);
  addition->narrower = arguments_has(arguments, OPTION_NO_INCLUDE_SUBDOMAINS);
  addition->request->include_subdomains = arguments_has(arguments, OPTION_INCLUDE_SUBDOMAINS);
  bool both = (addition->narrower && addition->request->include_subdomains) ||
              (addition->unset[DROPIN_COMMENT] && addition->request->settings[DROPIN_COMMENT] != NULL);
  if (both)
    wrong_usage(arguments->verb, "an option and its opposite were given");
  return both ? EXIT_USAGE : EXIT_DONE;
}

/* Reads the command line before the lock is taken, since it may ask for passphrases on the terminal. */
static int read_request(struct addition *addition) {
  const struct arguments *arguments = addition->arguments;
  size_t most = arguments->operand_count + arguments->value_count;
  addition->given = must_alloc(most, sizeof *addition->given);
  addition->given_lists = must_alloc(most, sizeof *addition->given_lists);
  addition->given_texts = must_alloc(most, sizeof *addition->given_texts);
  int status = read_settings(addition);
  for (size_t i = 1; i < arguments->operand_count && status == EXIT_DONE; i++)
    status = request_pin(addition, arguments->operands[i], PIN_LIST_PINS);
  for (size_t i = 0; i < COUNT_OF(list_options); i++) {
    size_t cursor = 0;
    for (const char *text;
         status == EXIT_DONE && (text = arguments_next(arguments, list_options[i].option, &cursor)) != NULL;)
      status = request_pin(addition, text, list_options[i].list);
  }
  return status;
}

static void merge(const struct addition *addition, struct dropin *into) {
  const struct dropin *request = addition->request;
  into->include_subdomains = (into->include_subdomains || request->include_subdomains) && !addition->narrower;
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    for (size_t i = 0; i < request->lists[list].count; i++)
      dropin_put_pin(into, (enum pin_list)list, request->lists[list].items[i]);
  for (int i = 0; i < DROPIN_SETTING_COUNT; i++) {
    if (request->settings[i] == NULL && !addition->unset[i])
      continue;
    free(into->settings[i]);
    into->settings[i] = request->settings[i] == NULL ? NULL : must_copy(request->settings[i]);
  }
}

static int refuse_other_ports(const struct existing_entry *item) {
  AUTO_TEXT ports = ports_format(item->entry.ports, item->entry.port_count);
  return say_failure(
      "%s:%u: there is an entry for \"%s\" on ports %s already; name the same ports, or remove it first",
      item->path, (unsigned)item->entry.line, item->entry.name, ports);
}

/* Finds the entry to add to; *ret_target NULL: there is none. Refuses where the
 * ports of another entry overlap with the request's without being the same. */
static int find_target(const struct existing_entries *existing, const struct dropin *request,
                       const struct existing_entry **ret_target) {
  *ret_target = NULL;
  for (size_t i = 0; i < existing->count; i++) {
    const struct existing_entry *item = &existing->items[i];
    const struct pin_entry *entry = &item->entry;
    if (!ports_overlap(entry->ports, entry->port_count, request->ports, request->port_count))
      continue;
    if (item->dropin == NULL)
      return refuse_foreign(item);
    if (!ports_equal(entry->ports, entry->port_count, request->ports, request->port_count))
      return refuse_other_ports(item);
    *ret_target = item;
  }
  return EXIT_DONE;
}

static int stage(struct change *change, const struct addition *addition, const struct existing_entry *target,
                 bool *ret_unchanged) {
  *ret_unchanged = false;
  if (target == NULL)
    return stage_new_entry(change, addition->request);
  merge(addition, target->dropin);
  int status = refuse_backup_alone(target, target->dropin);
  if (status != EXIT_DONE)
    return status;
  char *text = dropin_render(target->dropin);
  *ret_unchanged = strcmp(text, target->text) == 0;
  change_stage(change, must_copy(target->path), must_copy(target->text), text);
  return EXIT_DONE;
}

/* Whether a new entry has a pin that is no backup pin, unless its mode is "off". False, having said how the
 * verb is used. */
static bool new_entry_is_sound(const struct arguments *arguments, const struct dropin *request) {
  const char *mode = request->settings[DROPIN_MODE];
  if (mode != NULL && strcmp(mode, "off") == 0)
    return true;
  if (dropin_pin_count(request) == 0)
    return wrong_usage(arguments->verb, "\"%s\" is new: expected at least one PIN or FILE", request->host);
  if (accepts_backup_alone(request))
    return wrong_usage(arguments->verb,
                       "\"%s\" is new: expected the PIN or FILE of the key in use beside the backup",
                       request->host);
  return true;
}

/* Adds a doubt where a pin is the digest of a certificate that was given too: its key was meant. */
static void doubt_digest(const struct addition *addition, size_t at, struct text_list *doubts) {
  struct pin_digest digest;
  const char *written = addition->given[at].written;
  if (addition->given_lists[at] == PIN_LIST_FINGERPRINTS || addition->given[at].certificate != NULL ||
      !pin_digest_parse(written, strlen(written), &digest))
    return;
  for (size_t i = 0; i < addition->given_count; i++) {
    struct pin_digest fingerprint;
    if (addition->given[i].certificate != NULL &&
        X509_digest(addition->given[i].certificate, EVP_sha256(), fingerprint.bytes, NULL) == 1 &&
        memcmp(&fingerprint, &digest, sizeof digest) == 0)
      text_list_add(doubts, must_format("%s: is the digest of the certificate %s, not of its key; "
                                        "\"--fingerprint\" accepts a certificate",
                                        written, addition->given_texts[i]));
  }
}

/* Prints the warnings of "check", and asks for confirmation where a new one is almost surely a mistake. */
static int review(const struct loaded_policy *loaded, void *arg) {
  const struct addition *addition = arg;
  struct text_list doubts = {0};
  struct text_list grave, others;
  if (!entry_review(&loaded->policy, addition->request->host, addition->file, &grave, &others))
    return EXIT_FAILED;
  for (size_t i = 0; i < others.count; i++)
    say_warning("%s", others.items[i]);
  for (size_t i = 0; i < grave.count; i++)
    if (text_list_find(&addition->before, grave.items[i]) == addition->before.count)
      text_list_add(&doubts, must_copy(grave.items[i]));
    else
      say_warning("%s", grave.items[i]);
  for (size_t i = 0; i < addition->given_count; i++) {
    doubt_certificate(addition->given_texts[i], &addition->given[i], addition->given_lists[i],
                      addition->request->host, addition->request->include_subdomains, &doubts);
    doubt_digest(addition, i, &doubts);
  }
  int status = doubts_settle(&doubts, addition->request->host, arguments_has(addition->arguments, OPTION_YES),
                             arguments_has(addition->arguments, OPTION_DRY_RUN));
  text_list_clear(&doubts);
  text_list_clear(&grave);
  text_list_clear(&others);
  return status;
}

/* Notes the warnings about the entry before it is changed, and sets the review. */
static int begin_review(struct change *change, struct addition *addition,
                        const struct existing_entries *existing, const struct existing_entry *target) {
  struct text_list others = {0};
  bool good = target == NULL || entry_review(&existing->loaded.policy, addition->request->host,
                                             path_base(target->path), &addition->before, &others);
  text_list_clear(&others);
  addition->request->include_subdomains |=
      target != NULL && target->dropin->include_subdomains && !addition->narrower;
  change->review = review;
  change->review_arg = addition;
  return good ? EXIT_DONE : EXIT_FAILED;
}

static int commit(struct change *change, struct addition *addition, bool is_new) {
  const char *path = change->files[change->count - 1].path;
  addition->file = path_base(path);
  int status = change_commit(change);
  if (status == EXIT_DONE && !change->dry_run)
    say_note("%s: %s %s", addition->request->host, is_new ? "added in" : "changed in", path);
  return status;
}

static int add(struct addition *addition) {
  const struct arguments *arguments = addition->arguments;
  const struct dropin *request = addition->request;
  struct change *change = change_new(arguments_policy(arguments), arguments_has(arguments, OPTION_DRY_RUN));
  if (change == NULL)
    return EXIT_FAILED;
  struct existing_entries existing;
  const struct existing_entry *target = NULL;
  bool unchanged = false;
  int status = existing_entries_read(change, request->host, &existing);
  if (status == EXIT_DONE)
    status = find_target(&existing, request, &target);
  if (status == EXIT_DONE && target == NULL && !new_entry_is_sound(arguments, request))
    status = EXIT_USAGE;
  if (status == EXIT_DONE)
    status = begin_review(change, addition, &existing, target);
  if (status == EXIT_DONE)
    status = stage(change, addition, target, &unchanged);
  if (status == EXIT_DONE && unchanged)
    say_note("%s: has all of this already; nothing was changed", request->host);
  else if (status == EXIT_DONE)
    status = commit(change, addition, target == NULL);
  existing_entries_clear(&existing);
  change_free(change);
  return status;
}

/* Refuses options that have no effect without --from-server. */
static bool server_options_are_used(const struct arguments *arguments) {
  static const enum option_id needing[] = {OPTION_PIN,      OPTION_TRUST_UNVERIFIED, OPTION_CA,
                                           OPTION_STARTTLS, OPTION_CONNECT,          OPTION_TIMEOUT};
  for (size_t i = 0; i < COUNT_OF(needing) && !arguments_has(arguments, OPTION_FROM_SERVER); i++)
    if (arguments_has(arguments, needing[i]))
      return wrong_usage(arguments->verb, "--pin, --ca and the like need --from-server");
  return true;
}

static void addition_clear(struct addition *addition) {
  for (size_t i = 0; i < addition->given_count; i++)
    pin_argument_clear(&addition->given[i]);
  free(addition->given);
  free(addition->given_lists);
  free(addition->given_texts);
  text_list_clear(&addition->before);
  dropin_free(addition->request);
}

static bool is_file(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* Whether a text can be the name of a host, and is no file ("-" is standard input). */
static bool is_only_a_name(const char *text) {
  AUTO_TEXT name = NULL;
  const char *why = NULL;
  return strcmp(text, "-") != 0 && access(text, F_OK) != 0 && pin_name_canonical(text, &name, &why) == PIN_OK;
}

/* Refuses a FILE before the HOST. "server.pem" could be a host, and a file can be named like a host, so both
 * operands are looked at. */
static bool host_comes_first(const struct arguments *arguments) {
  const char *host = arguments->operands[0];
  for (size_t i = 1; i < arguments->operand_count; i++)
    if (is_only_a_name(arguments->operands[i]) && is_file(host))
      return wrong_usage(arguments->verb, "\"%s\" is a file, and \"%s\" is none: the host comes first", host,
                         arguments->operands[i]);
  return true;
}

static int run(const struct arguments *arguments) {
  AUTO_TEXT host = NULL;
  uint16_t *ports = NULL;
  uint32_t port_count = 0;
  if (!host_comes_first(arguments) || !arguments_entry_name(arguments, arguments->operands[0], &host) ||
      !server_options_are_used(arguments) || !arguments_ports(arguments, &ports, &port_count))
    return EXIT_USAGE;
  struct addition addition = {.arguments = arguments, .request = dropin_new(host, ports, port_count)};
  free(ports);
  int status = read_request(&addition);
  if (status == EXIT_DONE && arguments_has(arguments, OPTION_FROM_SERVER))
    status = from_server_choose(arguments, addition.request);
  if (status == EXIT_DONE)
    status = add(&addition);
  addition_clear(&addition);
  return status;
}

const struct verb verb_add = {
    .name = "add",
    .operands = "HOST [PIN|@SET|FILE]...",
    .summary = "Pin a host to keys, or add keys to a pinned host",
    .details = "HOST is a host name, a wildcard (\"*.example.com\") or an IP address. FILE is a\n"
               "certificate, chain, certificate request or key; of a chain the leaf's key is\n"
               "taken. The entry is written to a drop-in of its own in policy.d; entries that\n"
               "people wrote by hand are never changed. Nothing changes unless the whole policy\n"
               "is valid afterwards. Prints what \"pinctl check\" would say about the entry. If\n"
               "something is almost certainly a mistake, asks on the terminal; without a\n"
               "yes there, or --yes, changes nothing (exit status 1).",
    .example = "pinctl add api.example.com server.pem --backup spare.pub",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = OPERANDS_UNLIMITED,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run,
};
