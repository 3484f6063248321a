/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/invocation.h"
#include "cli/output.h"
#include "cli/passphrase.h"
#include "edit/existing_entry.h"
#include "keys/key_decode.h"
#include "keys/key_object.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    OPTION(ALGORITHM, "algorithm", KEY_PAIR_ALGORITHMS, "the kind of key (default: p256)", .one_of = true),
    OPTION(OUTPUT, "output", "DIR", "write the files to this folder (default: the\ncurrent one)",
           .older = "to"),
    OPTION(PASSPHRASE_FILE, "passphrase-file", "FILE",
           "take the passphrase from its first line (default:\nask on the terminal, twice)"),
    FLAG(NO_PASSPHRASE, "no-passphrase", "do not encrypt the private key"),
    OPTION(PORT, "port", "N", "change the entry for this port; give the option\nonce for each of its ports",
           .repeatable = true),
    SHARED_POLICY,
    SHARED_DRY_RUN,
    SHARED_JSON,
};

enum { FILE_KEY = 0, FILE_REQUEST, FILE_PUBLIC, FILE_COUNT };

static const struct {
  const char *suffix, *title, *member;
} files[FILE_COUNT] = {{"key", "key", "key"}, {"csr", "CSR", "csr"}, {"pub", "public key", "public_key"}};

/* The key to be made: three files and a pin. */
struct backup {
  char *host;
  uint16_t *ports;
  uint32_t port_count;
  const char *directory;
  char *paths[FILE_COUNT];
  char *texts[FILE_COUNT];
  char pin[PIN_DIGEST_TEXT_SIZE];
};

static void backup_clear(struct backup *backup) {
  if (backup->texts[FILE_KEY] != NULL)
    OPENSSL_cleanse(backup->texts[FILE_KEY], strlen(backup->texts[FILE_KEY]));
  for (int i = 0; i < FILE_COUNT; i++) {
    free(backup->paths[i]);
    free(backup->texts[i]);
  }
  free(backup->ports);
  free(backup->host);
}

static bool read_usage(const struct arguments *arguments, struct backup *backup) {
  const char *directory = arguments_value(arguments, OPTION_OUTPUT);
  if (!arguments_entry_name(arguments, arguments->operands[0], &backup->host) ||
      !arguments_ports(arguments, &backup->ports, &backup->port_count))
    return false;
  if (arguments_has(arguments, OPTION_PASSPHRASE_FILE) && arguments_has(arguments, OPTION_NO_PASSPHRASE))
    return wrong_usage(arguments->verb, "--passphrase-file and --no-passphrase contradict each other");
  if (arguments_has(arguments, OPTION_JSON) && arguments_has(arguments, OPTION_DRY_RUN))
    return wrong_usage(arguments->verb, "--dry-run prints a diff, which is no JSON");
  AUTO_TEXT name = host_file_name(backup->host);
  backup->directory = directory == NULL ? "." : directory;
  for (int i = 0; i < FILE_COUNT; i++)
    backup->paths[i] = directory == NULL ? must_format("%s-backup.%s", name, files[i].suffix)
                                         : must_format("%s/%s-backup.%s", directory, name, files[i].suffix);
  return true;
}

/* Checks that there is an entry for the pin, before the user is asked for a passphrase. */
static int check_entry(const struct arguments *arguments, const struct backup *backup) {
  struct edit edit;
  struct existing_entry *target = NULL;
  int status = edit_begin(arguments_policy(arguments), true, backup->host, &edit);
  if (status == EXIT_DONE)
    status =
        existing_entries_choose(&edit.existing, backup->host, backup->ports, backup->port_count, &target);
  if (status == EXIT_DONE)
    status = refuse_backup_alone(target, NULL);
  if (edit.existing.loaded.status == PIN_OK && edit.existing.count == 0)
    say_note("pin the key in use first: \"pinctl add %s FILE%s\", or with --from-server", backup->host,
             same_policy());
  edit_end(&edit);
  return status;
}

static int refuse_present(const struct backup *backup, int file, int error) {
  AUTO_TEXT public_key = shell_word(backup->paths[FILE_PUBLIC]);
  say_error("%s: %s", backup->paths[file], strerror(error));
  if (error == EEXIST)
    say_note("a key is never overwritten; to pin this one: \"pinctl add %s --backup %s%s\"", backup->host,
             public_key, same_policy());
  return EXIT_FAILED;
}

static int check_files(const struct backup *backup) {
  struct stat status;
  for (int i = 0; i < FILE_COUNT; i++)
    if (lstat(backup->paths[i], &status) == 0)
      return refuse_present(backup, i, EEXIST);
  if (access(backup->directory, W_OK | X_OK) == 0)
    return EXIT_DONE;
  return say_failure("%s: %s; --output DIR writes elsewhere", backup->directory, strerror(errno));
}

/* *ret_passphrase "": the key is not to be encrypted. */
static int get_passphrase(const struct arguments *arguments, char ret_passphrase[PASSPHRASE_SIZE]) {
  const char *path = arguments_value(arguments, OPTION_PASSPHRASE_FILE);
  *ret_passphrase = '\0';
  if (arguments_has(arguments, OPTION_NO_PASSPHRASE) || arguments_has(arguments, OPTION_DRY_RUN))
    return EXIT_DONE;
  if (path != NULL)
    return passphrase_read(path, ret_passphrase) ? EXIT_DONE : EXIT_FAILED;
  enum passphrase_answer answer = passphrase_ask(true, ret_passphrase, PASSPHRASE_SIZE);
  if (answer == PASSPHRASE_NO_TERMINAL)
    return usage_status(arguments->verb,
                        "there is no terminal to ask on: expected --passphrase-file or --no-passphrase");
  if (answer == PASSPHRASE_GIVEN && *ret_passphrase != '\0')
    return EXIT_DONE;
  return say_failure("no key was made: expected the same passphrase twice; --no-passphrase does without");
}

/* Makes the texts of the files, and the pin from the text of the public key. */
static bool make_texts(EVP_PKEY *key, const char *passphrase, struct backup *backup) {
  struct object object = {0};
  backup->texts[FILE_KEY] = key_pair_private_text(key, *passphrase == '\0' ? NULL : passphrase);
  backup->texts[FILE_REQUEST] = key_pair_request_text(key, backup->host);
  backup->texts[FILE_PUBLIC] = key_pair_public_text(key);
  for (int i = 0; i < FILE_COUNT; i++)
    if (backup->texts[i] == NULL)
      return false;
  const char *public_text = backup->texts[FILE_PUBLIC];
  bool good = object_from_public_pem(public_text, strlen(public_text), &object);
  pin_digest_format(&object.key, backup->pin);
  object_clear(&object);
  return good;
}

static int make_key(const struct arguments *arguments, struct backup *backup) {
  char passphrase[PASSPHRASE_SIZE];
  const char *algorithm = arguments_value(arguments, OPTION_ALGORITHM);
  int status = get_passphrase(arguments, passphrase);
  EVP_PKEY *key = status == EXIT_DONE ? key_pair_new(algorithm == NULL ? "p256" : algorithm) : NULL;
  if (status == EXIT_DONE)
    status = key != NULL && make_texts(key, passphrase, backup) ? EXIT_DONE : EXIT_FAILED;
  EVP_PKEY_free(key);
  OPENSSL_cleanse(passphrase, sizeof passphrase);
  return status;
}

/* Writes all files durably, or none. */
static int write_files(const struct backup *backup) {
  int written = 0;
  int error = 0;
  while (written < FILE_COUNT && error == 0) {
    error = file_write_new(backup->paths[written], backup->texts[written]);
    written += error == 0 ? 1 : 0;
  }
  if (error == 0)
    error = directory_sync(backup->directory);
  if (error == 0)
    return EXIT_DONE;
  int status = refuse_present(backup, written < FILE_COUNT ? written : 0, error);
  while (written > 0)
    unlink(backup->paths[--written]);
  return status;
}

static int pin_it(const struct arguments *arguments, const struct backup *backup) {
  struct edit edit;
  struct existing_entry *target = NULL;
  bool dry_run = arguments_has(arguments, OPTION_DRY_RUN);
  int status = edit_begin(arguments_policy(arguments), dry_run, backup->host, &edit);
  if (status == EXIT_DONE)
    status =
        existing_entries_choose(&edit.existing, backup->host, backup->ports, backup->port_count, &target);
  if (status == EXIT_DONE && target->dropin == NULL) {
    status = refuse_foreign_adding(target, PIN_LIST_BACKUP_PINS, backup->pin);
  } else if (status == EXIT_DONE) {
    dropin_put_pin(target->dropin, PIN_LIST_BACKUP_PINS, backup->pin);
    edit_stage(&edit);
    status = change_commit(edit.change);
  }
  edit_end(&edit);
  return status;
}

static void print_json(const struct backup *backup, bool pinned) {
  json_object *json = json_object_new_object();
  for (int i = 0; i < FILE_COUNT; i++)
    json_object_object_add(json, files[i].member, json_text(backup->paths[i]));
  json_object_object_add(json, "pin", json_text(backup->pin));
  json_object_object_add(json, "in_policy", json_object_new_boolean(pinned));
  json_print(json);
}

static void print(const struct backup *backup) {
  for (int i = 0; i < FILE_COUNT; i++)
    put(stdout, PLAIN, "%-12s  %s\n", files[i].title, backup->paths[i]);
  put(stdout, PLAIN, "%-12s  %s\n", "pin", backup->pin);
}

static int write_and_pin(const struct arguments *arguments, const struct backup *backup) {
  AUTO_TEXT public_key = shell_word(backup->paths[FILE_PUBLIC]);
  int status = write_files(backup);
  if (status != EXIT_DONE)
    return status;
  status = pin_it(arguments, backup);
  if (arguments_has(arguments, OPTION_JSON))
    print_json(backup, status == EXIT_DONE);
  else
    print(backup);
  if (status == EXIT_DONE)
    say_note("%s: the policy accepts this key once it is used; keep %s offline until then", backup->host,
             backup->paths[FILE_KEY]);
  else
    say_note(
        "%s: the key was made and kept, but its pin is not in the policy; \"pinctl add %s --backup %s%s\" "
        "adds it to an entry that pinctl wrote",
        backup->host, backup->host, public_key, same_policy());
  return status;
}

static int run(const struct arguments *arguments) {
  struct backup backup = {0};
  int status = read_usage(arguments, &backup) ? check_entry(arguments, &backup) : EXIT_USAGE;
  if (status == EXIT_DONE)
    status = check_files(&backup);
  if (status == EXIT_DONE)
    status = make_key(arguments, &backup);
  if (status == EXIT_DONE && arguments_has(arguments, OPTION_DRY_RUN)) {
    status = pin_it(arguments, &backup);
    say_note("each run makes a new key, so the pin will differ");
  } else if (status == EXIT_DONE) {
    status = write_and_pin(arguments, &backup);
  }
  backup_clear(&backup);
  return status;
}

const struct verb verb_backup_key = {
    .name = "backup-key",
    .operands = "HOST",
    .summary = "Make the next key of a host, and accept it already",
    .details = "Writes a new private key (PKCS#8, encrypted), a certificate request for HOST and\n"
               "the public key to HOST-backup.key, .csr and .pub, with mode 0600, and never\n"
               "overwrites a file. Then adds the pin to the entry's backup_pins. If that fails,\n"
               "the key is kept, and a message says so. Keep the key offline until it is needed:\n"
               "\"pinctl rotate\" notices when it comes into use.",
    .example = "pinctl backup-key api.example.com --passphrase-file passphrase.txt",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 1,
    .reports = REPORTS_QUIETLY,
    .run = run,
};
