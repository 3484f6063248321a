/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "keys/key_object.h"
#include "verbs/verbs.h"

static const struct option options[] = {SHARED_POLICY, SHARED_JSON};

static json_object *object_json(const char *file, const struct object *object) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  json_object *json = json_object_new_object();
  pin_digest_format(&object->key, digest);
  json_object_object_add(json, "file", json_text(file));
  json_object_object_add(json, "role", json_text(role_word(object->role)));
  json_object_object_add(json, "subject", json_text(object->subject));
  json_object_object_add(json, "key_type", json_text(object->key_type));
  json_object_object_add(json, "pin", json_text(digest));
  if (object->certificate != NULL) {
    pin_digest_format(&object->fingerprint, digest);
    json_object_object_add(json, "fingerprint", json_text(digest));
  }
  return json;
}

static void print_object(const struct object *object) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&object->key, digest);
  put(stdout, BOLD, "%-12s", role_word(object->role));
  put(stdout, PLAIN, "  %s\n", *object->subject == '\0' ? "(no subject)" : object->subject);
  put(stdout, PLAIN, "%-12s  %s\n", "", digest);
}

static void print_file(const char *file, const struct objects *objects, json_object *array, bool named) {
  if (array == NULL && named)
    put(stdout, CYAN, "%s:\n", file);
  for (size_t i = 0; i < objects->count; i++) {
    if (array != NULL)
      json_object_array_add(array, object_json(file, &objects->items[i]));
    else
      print_object(&objects->items[i]);
  }
}

static int run(const struct arguments *arguments) {
  static char standard_input[] = "-";
  char *only[] = {standard_input};
  char **files = arguments->operand_count == 0 ? only : arguments->operands;
  size_t count = arguments->operand_count == 0 ? 1 : arguments->operand_count;
  json_object *array = arguments_has(arguments, OPTION_JSON) ? json_object_new_array() : NULL;
  int status = EXIT_DONE;
  for (size_t i = 0; i < count; i++) {
    struct objects objects;
    if (!objects_read(files[i], &objects)) {
      status = EXIT_FAILED;
      continue;
    }
    print_file(files[i], &objects, array, count > 1);
    objects_clear(&objects);
  }
  if (array != NULL)
    json_print(array);
  return status;
}

const struct verb verb_pin = {
    .name = "pin",
    .operands = "[FILE...|-]",
    .summary = "Print the pin of every key in files",
    .details = "Reads certificates, chains, certificate requests, public and private keys, in\n"
               "PEM (several in one file) or DER, and prints for each its role, its subject and\n"
               "the pin of its key. Without a FILE, or for \"-\", it reads standard input. Of a\n"
               "file that is damaged nothing is printed.",
    .example = "pinctl pin server.pem",
    .options = options,
    .option_count = COUNT_OF(options),
    .least_operands = 0,
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
