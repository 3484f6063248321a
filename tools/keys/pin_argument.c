/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "keys/pin_argument.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/output.h"
#include "keys/key_object.h"

static bool is_preferred(const struct object *object, enum pin_list list) {
  switch (list) {
  case PIN_LIST_INTERMEDIATES:
    return object->role == ROLE_INTERMEDIATE;
  case PIN_LIST_ANCHORS:
    return object->role == ROLE_ROOT;
  case PIN_LIST_FINGERPRINTS:
    return object->role == ROLE_LEAF;
  default:
    return object->role != ROLE_INTERMEDIATE && object->role != ROLE_ROOT;
  }
}

static bool same_key(const struct object *a, const struct object *b) {
  return memcmp(&a->key, &b->key, sizeof a->key) == 0;
}

/*
 * Returns the object that is meant: the only preferred key (a certificate and its private key in one file
 * count as one), or the only object. NULL: several are possible.
 */
static const struct object *choose(const struct objects *objects, enum pin_list list) {
  const struct object *chosen = NULL;
  for (size_t i = 0; i < objects->count; i++) {
    const struct object *object = &objects->items[i];
    if (!is_preferred(object, list))
      continue;
    if (chosen != NULL && !same_key(chosen, object))
      return NULL;
    chosen = chosen == NULL ? object : chosen;
  }
  return chosen == NULL && objects->count == 1 ? &objects->items[0] : chosen;
}

/* A certificate may stand in the file with its private key. */
static void take_certificate(const struct objects *objects, const struct object *chosen,
                             struct pin_argument *argument) {
  for (size_t i = 0; i < objects->count && argument->certificate == NULL; i++) {
    const struct object *object = &objects->items[i];
    if (object->certificate == NULL || !same_key(object, chosen))
      continue;
    X509_up_ref(object->certificate);
    argument->certificate = object->certificate;
    argument->role = object->role;
  }
}

static int read_objects(const char *path, enum pin_list list, const struct objects *objects,
                        struct pin_argument *argument) {
  const struct object *object = choose(objects, list);
  if (object == NULL)
    return say_failure("%s: holds several keys, and which one is meant for %s cannot be told; name its pin "
                       "(\"pinctl pin\" prints them)",
                       path, pin_list_name(list));
  if (list == PIN_LIST_FINGERPRINTS && object->certificate == NULL)
    return say_failure("%s: expected a certificate for --fingerprint", path);
  argument->written = must_alloc(PIN_DIGEST_TEXT_SIZE, 1);
  pin_digest_format(list == PIN_LIST_FINGERPRINTS ? &object->fingerprint : &object->key, argument->written);
  take_certificate(objects, object, argument);
  return EXIT_DONE;
}

static int read_pinset(const char *text, char **ret_written) {
  static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  if (text[1] == '\0' || strspn(text + 1, characters) != strlen(text + 1)) {
    say_error("\"%s\": expected \"@\" and the name of a pin set", text);
    return EXIT_USAGE;
  }
  *ret_written = must_copy(text);
  return EXIT_DONE;
}

/* No file has such a name: a mistyped digest is not reported as a missing file. */
static bool looks_like_digest(const char *text) {
  return strncmp(text, "sha256/", 7) == 0 || strncmp(text, "pin-sha256=", 11) == 0;
}

int pin_argument_take(const char *text, enum pin_list list, struct pin_argument *ret_argument) {
  struct pin_digest digest;
  *ret_argument = (struct pin_argument){0};
  if (*text == '@')
    return read_pinset(text, &ret_argument->written);
  if (pin_digest_parse(text, strlen(text), &digest)) {
    ret_argument->written = must_alloc(PIN_DIGEST_TEXT_SIZE, 1);
    pin_digest_format(&digest, ret_argument->written);
    return EXIT_DONE;
  }
  if (looks_like_digest(text)) {
    say_error("\"%s\": expected the base64 form of 32 bytes, 44 characters with the padding", text);
    return EXIT_USAGE;
  }
  if (*text == '\0') {
    say_error("an empty word is no pin; is a variable of the shell not set?");
    return EXIT_USAGE;
  }
  if (strcmp(text, "-") != 0 && access(text, R_OK) != 0)
    return say_failure("%s: neither a pin (sha256/...) nor a file that can be read: %s", text,
                       strerror(errno));
  struct objects objects;
  if (!objects_read(text, &objects))
    return EXIT_FAILED;
  int status = read_objects(text, list, &objects, ret_argument);
  objects_clear(&objects);
  return status;
}

void pin_argument_clear(struct pin_argument *argument) {
  free(argument->written);
  X509_free(argument->certificate);
  *argument = (struct pin_argument){0};
}

int pin_argument_read(const char *text, enum pin_list list, char **ret_written) {
  struct pin_argument argument;
  int status = pin_argument_take(text, list, &argument);
  *ret_written = argument.written;
  argument.written = NULL;
  pin_argument_clear(&argument);
  return status;
}
