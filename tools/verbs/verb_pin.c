/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "keys/key_object.h"
#include "probe/probe_options.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    FLAG(FROM_SERVER, "from-server", "each operand is a server HOST[:PORT] (default\nport: 443)"),
    PROBE_OPTIONS,
    SHARED_POLICY,
    SHARED_JSON,
};

static json_object *object_json(const char *file, const struct object *object) {
  json_object *json = json_object_new_object();
  json_object_object_add(json, "file", json_text(file));
  json_object_object_add(json, "role", json_text(role_word(object->role)));
  json_object_object_add(json, "subject", json_text(object->subject));
  json_object_object_add(json, "key_type", json_text(object->key_type));
  json_object_object_add(json, "pin", json_digest(&object->key));
  if (object->certificate != NULL)
    json_object_object_add(json, "fingerprint", json_digest(&object->fingerprint));
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

/* Whether the operand is HOST:PORT, and no file has that name. */
static bool names_server(const struct arguments *arguments, const char *operand) {
  AUTO_TEXT host = NULL;
  uint16_t port = 0;
  if (arguments_has(arguments, OPTION_FROM_SERVER))
    return true;
  return strchr(operand, '/') == NULL && access(operand, F_OK) != 0 &&
         host_and_port_read(operand, &host, &port) && port != 0 && host_can_be_asked(host);
}

/* Reads the chain of a server, and warns where it does not verify, since then anybody may have answered. */
static int read_server(const struct arguments *arguments, const char *operand, struct objects *ret_objects) {
  AUTO_TEXT host = NULL;
  uint16_t port = 0;
  struct probe_result result;
  if (!arguments_host_and_port(arguments, operand, &host, &port))
    return EXIT_USAGE;
  if (!host_can_be_asked(host))
    return usage_status(arguments->verb, "\"%s\": expected the name or address of a server", host);
  int status = probe_one(arguments, host, port, &result);
  if (status == EXIT_DONE && result.chain.error != X509_V_OK)
    say_warning("%s: the chain did not verify: %s; anybody may have answered", host,
                X509_verify_cert_error_string(result.chain.error));
  *ret_objects = result.certificates;
  result.certificates = (struct objects){0};
  probe_result_clear(&result);
  return status;
}

static int read_operand(const struct arguments *arguments, const char *operand, struct objects *ret_objects) {
  *ret_objects = (struct objects){0};
  if (names_server(arguments, operand))
    return read_server(arguments, operand, ret_objects);
  return objects_read(operand, ret_objects) ? EXIT_DONE : EXIT_FAILED;
}

/* Refuses options about servers where no operand is a server. */
static bool asks_as_wished(const struct arguments *arguments, char **operands, size_t count) {
  static const enum option_id about_servers[] = {OPTION_CA, OPTION_STARTTLS, OPTION_CONNECT, OPTION_TIMEOUT};
  for (size_t i = 0; i < count; i++)
    if (names_server(arguments, operands[i]))
      return true;
  for (size_t i = 0; i < COUNT_OF(about_servers); i++)
    if (arguments_has(arguments, about_servers[i]))
      return wrong_usage(arguments->verb, "--ca and the like need a server: HOST:PORT, or --from-server");
  return true;
}

static int run(const struct arguments *arguments) {
  static char standard_input[] = "-";
  char *only[] = {standard_input};
  char **files = arguments->operand_count == 0 ? only : arguments->operands;
  size_t count = arguments->operand_count == 0 ? 1 : arguments->operand_count;
  int status = EXIT_DONE;
  if (arguments_has(arguments, OPTION_FROM_SERVER) && arguments->operand_count == 0)
    return usage_status(arguments->verb, "--from-server: expected HOST[:PORT]");
  if (!asks_as_wished(arguments, files, count))
    return EXIT_USAGE;
  if (arguments->operand_count == 0 && isatty(STDIN_FILENO) == 1)
    say_note(
        "reading a certificate or key from standard input, up to Ctrl-D; \"pinctl pin FILE\" reads a file");
  json_object *array = arguments_has(arguments, OPTION_JSON) ? json_object_new_array() : NULL;
  for (size_t i = 0; i < count; i++) {
    struct objects objects;
    int read = read_operand(arguments, files[i], &objects);
    status = read == EXIT_DONE ? status : read;
    if (read == EXIT_DONE)
      print_file(files[i], &objects, array, count > 1);
    objects_clear(&objects);
  }
  if (array != NULL)
    json_print(array);
  return status;
}

const struct verb verb_pin = {
    .name = "pin",
    .group = "Pin hosts",
    .operands = "[FILE...|-|HOST:PORT...]",
    .summary = "Print the pin of every key in files",
    .details = "Reads certificates, chains, certificate requests, and public and private keys,\n"
               "in PEM (several in one file) or DER, and prints the role, the subject and the\n"
               "pin of each key. Without a FILE, or for \"-\", reads standard input. If a file is\n"
               "damaged, prints nothing of it. If no file is named HOST:PORT, it is a server,\n"
               "which is asked; compare what it shows with what its owner says.",
    .example = "pinctl pin server.pem",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
