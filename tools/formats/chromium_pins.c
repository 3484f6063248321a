/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/chromium_pins.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "formats/import.h"
#include "keys/key_decode.h"

/* Stands where a name would, and what follows it is a number of seconds. */
#define TIMESTAMP "PinsListTimestamp"

/* How long Chromium looks at a list. */
#define LONGEST_AGE ((int64_t)70 * SECONDS_PER_DAY)

static void note_age(struct conversion *conversion, const char *path, const char *seconds) {
  int64_t made = seconds == NULL ? 0 : strtoll(seconds, NULL, 10);
  AUTO_TEXT date = date_format(made);
  if (made > 0 && conversion->now - made > LONGEST_AGE)
    convert_note(conversion, path, 0,
                 "the list is of %s; Chromium looks at one for 70 days, the entries never expire", date);
}

/* Lines one by one; each is cut off where it ends. */
struct lines {
  char *rest;
  unsigned number; /* of the line taken last */
};

static char *next_line(struct lines *lines) {
  char *line = strsep(&lines->rest, "\n");
  if (line == NULL)
    return NULL;
  lines->number++;
  line[strcspn(line, "\r")] = '\0';
  return line;
}

/* Passes over empty lines and comments. */
static char *next_words(struct lines *lines) {
  char *line = next_line(lines);
  while (line != NULL && (*line == '\0' || *line == '#'))
    line = next_line(lines);
  return line;
}

static bool key_of_pem(const char *pem, struct pin_digest *ret_digest) {
  BIO *bio = BIO_new_mem_buf(pem, -1);
  struct object object = {0};
  X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
  bool good = certificate != NULL ? object_from_certificate(certificate, &object)
                                  : object_from_public_pem(pem, strlen(pem), &object);
  *ret_digest = object.key;
  object_clear(&object);
  BIO_free(bio);
  ERR_clear_error();
  return good;
}

/* From the line "-----BEGIN ..." that was just taken to its end. */
static bool read_pem(struct lines *lines, const char *begin, struct pin_digest *ret_digest) {
  char *pem = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&pem, &size);
  fprintf(stream, "%s\n", begin);
  bool ended = false;
  for (const char *line; !ended && (line = next_line(lines)) != NULL;) {
    fprintf(stream, "%s\n", line);
    ended = strncmp(line, "-----END ", 9) == 0;
  }
  memory_close(stream);
  bool good = ended && key_of_pem(pem, ret_digest);
  free(pem);
  return good;
}

static bool read_key(struct conversion *conversion, const char *path, struct lines *lines,
                     struct named_key *key) {
  const char *line = next_words(lines);
  unsigned number = lines->number;
  if (line != NULL && strncmp(line, "sha256/", 7) == 0 && pin_digest_parse(line, strlen(line), &key->digest))
    return true;
  if (line != NULL && strncmp(line, "-----BEGIN ", 11) == 0 && read_pem(lines, line, &key->digest))
    return true;
  convert_loss(conversion, path, number,
               "bad key for \"%s\"; expected sha256/BASE64, or a certificate or public key in PEM; left out",
               key->name);
  return false;
}

void named_keys_read(struct conversion *conversion, const char *path, struct named_keys *ret_keys) {
  *ret_keys = (struct named_keys){0};
  size_t length = 0;
  int error = file_read(path, &ret_keys->text, &length);
  bool good = error == 0 && import_text_decode(&ret_keys->text, &length);
  if (!good || strlen(ret_keys->text) != length) {
    convert_error(conversion, path, 0, "%s; expected the file of named keys (--pins FILE)",
                  error != 0 ? strerror(error) : "holds a NUL");
    return;
  }
  struct lines lines = {.rest = ret_keys->text};
  for (const char *name; (name = next_words(&lines)) != NULL;) {
    if (strcmp(name, TIMESTAMP) == 0) {
      note_age(conversion, path, next_words(&lines));
      continue;
    }
    struct named_key key = {.name = name, .line = lines.number};
    if (!read_key(conversion, path, &lines, &key))
      continue;
    /* Of two under one name the first counts. */
    if (names_add(&ret_keys->names, name, ret_keys->count)) {
      ret_keys->items = must_room(ret_keys->items, ret_keys->count, sizeof *ret_keys->items);
      ret_keys->items[ret_keys->count++] = key;
    } else {
      convert_loss(conversion, path, key.line, "\"%s\" is defined a second time; first in line %u", name,
                   ret_keys->items[names_find(&ret_keys->names, name)].line);
    }
  }
}

void named_keys_clear(struct named_keys *keys) {
  free(keys->text);
  free(keys->items);
  names_clear(&keys->names);
  *keys = (struct named_keys){0};
}

const struct named_key *named_keys_find(const struct named_keys *keys, const char *name) {
  size_t number = names_find(&keys->names, name);
  return number == NAMES_NONE ? NULL : &keys->items[number];
}
