/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "config/conf_lookup.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "base/file.h"
#include "base/memory.h"
#include "config/conf_plan.h"

char *openssl_error_text(void) {
  const char *data = NULL;
  int flags = 0;
  unsigned long code = ERR_peek_error_all(NULL, NULL, NULL, &data, &flags);
  if (code == 0)
    return NULL;
  const char *reason = ERR_reason_error_string(code);
  return must_format("%s%s%s", reason == NULL ? "unknown error" : reason,
                     data == NULL || *data == '\0' ? "" : ": ", data == NULL ? "" : data);
}

/* The first error is the parser's; later ones only say that it failed. */
static char *describe_error(long line) {
  AUTO_TEXT text = openssl_error_text();
  const char *words = text == NULL ? "unknown error" : text;
  return line > 0 ? must_format("line %ld is not understood (%s)", line, words)
                  : must_format("OpenSSL cannot read it (%s)", words);
}

CONF *openssl_text_parse(const char *text, char **ret_why) {
  long line = 0;
  ERR_clear_error();
  CONF *conf = NCONF_new(NULL);
  BIO *bio = BIO_new_mem_buf(text, -1);
  if (conf != NULL && bio != NULL && NCONF_load_bio(conf, bio, &line) == 1) {
    BIO_free(bio);
    return conf;
  }
  *ret_why = describe_error(line);
  BIO_free(bio);
  NCONF_free(conf);
  return NULL;
}

static STACK_OF(CONF_VALUE) * openssl_text_section(const CONF *conf, const char *section) {
  ERR_set_mark();
  STACK_OF(CONF_VALUE) *values = NCONF_get_section(conf, section);
  ERR_pop_to_mark();
  return values;
}

/* NCONF_get_string would fall back to the default section; OpenSSL's own modules do not. */
const char *openssl_text_setting(const CONF *conf, const char *section, const char *name) {
  STACK_OF(CONF_VALUE) *values = openssl_text_section(conf, section == NULL ? "default" : section);
  const char *last = NULL;
  for (int i = 0; i < sk_CONF_VALUE_num(values); i++)
    if (strcmp(sk_CONF_VALUE_value(values, i)->name, name) == 0)
      last = sk_CONF_VALUE_value(values, i)->value;
  return last;
}

static bool is_same(const CONF_VALUE *a, const CONF_VALUE *b) {
  return strcmp(a->name, b->name) == 0 && strcmp(a->value, b->value) == 0;
}

/*
 * Whether a later setting replaces this one: of two with one name OpenSSL keeps the last. That is wanted for
 * `activate = 0` only; any other setting would be lost.
 */
static bool is_overruled(const CONF_VALUE *value, STACK_OF(CONF_VALUE) * later) {
  if (strcmp(value->name, "activate") != 0)
    return false;
  for (int i = 0; i < sk_CONF_VALUE_num(later); i++)
    if (strcmp(sk_CONF_VALUE_value(later, i)->name, value->name) == 0)
      return true;
  return false;
}

/* Whether a section of `whole` has the settings of `first`, then those of `second`, in order. */
static bool is_sum(const CONF *first, const CONF *second, const CONF *whole, const char *section) {
  STACK_OF(CONF_VALUE) *
      parts[] = {openssl_text_section(first, section), openssl_text_section(second, section)};
  STACK_OF(CONF_VALUE) *sum = openssl_text_section(whole, section);
  int at = 0;
  for (int part = 0; part < 2; part++)
    for (int i = 0; i < sk_CONF_VALUE_num(parts[part]); i++) {
      const CONF_VALUE *wanted = sk_CONF_VALUE_value(parts[part], i);
      if (part == 0 && is_overruled(wanted, parts[1]))
        continue;
      if (at >= sk_CONF_VALUE_num(sum) || !is_same(sk_CONF_VALUE_value(sum, at++), wanted))
        return false;
    }
  return sum != NULL && at == sk_CONF_VALUE_num(sum);
}

/* The first section of `listed` that is not the sum in `whole`, or NULL; points into `listed`. */
static const char *find_difference(const CONF *first, const CONF *second, const CONF *whole,
                                   const CONF *listed) {
  STACK_OF(OPENSSL_CSTRING) *names = NCONF_get_section_names(listed);
  const char *different = NULL;
  for (int i = 0; different == NULL && i < sk_OPENSSL_CSTRING_num(names); i++) {
    const char *name = sk_OPENSSL_CSTRING_value(names, i);
    if (!is_sum(first, second, whole, name))
      different = name;
  }
  sk_OPENSSL_CSTRING_free(names);
  return different;
}

static char *compare(const CONF *first, const CONF *second, const CONF *whole) {
  const char *section = find_difference(first, second, whole, whole);
  if (section == NULL)
    section = find_difference(first, second, whole, first);
  return section == NULL ? NULL : must_format("section [%s] would no longer mean what it means now", section);
}

char *openssl_difference(const char *old_text, const char *added, const char *new_text) {
  char *why = NULL;
  CONF *first = openssl_text_parse(old_text, &why);
  CONF *second = why != NULL ? NULL : openssl_text_parse(added, &why);
  CONF *whole = why != NULL ? NULL : openssl_text_parse(new_text, &why);
  if (why == NULL)
    why = compare(first, second, whole);
  NCONF_free(first);
  NCONF_free(second);
  NCONF_free(whole);
  ERR_clear_error();
  return why;
}

#define PROVIDER "pinning"

/* OpenSSL reads "providers.2" as "providers": the part behind the last dot only makes names different. */
static bool is_providers(const char *name) {
  const char *dot = strrchr(name, '.');
  size_t length = dot == NULL ? strlen(name) : (size_t)(dot - name);
  return length == strlen("providers") && strncmp(name, "providers", length) == 0;
}

/* Values of `activate` that do not activate. Up to OpenSSL 3.1 any value does. */
static bool is_denial(const char *value) {
  static const char *const words[] = {"0", "no", "off", "false"};
  for (size_t i = 0; i < COUNT_OF(words); i++)
    if (strcasecmp(value, words[i]) == 0)
      return true;
  return false;
}

static void read_provider(const CONF *conf, const CONF_VALUE *value, struct openssl_found *found) {
  const char *identity = openssl_text_setting(conf, value->value, "identity");
  const char *activate = openssl_text_setting(conf, value->value, "activate");
  const char *name = identity == NULL ? value->name : identity;
  bool active = activate != NULL && !is_denial(activate);
  found->any_named |= activate != NULL;
  found->any_active |= active;
  if (strcmp(name, PROVIDER) == 0) {
    if (!found->pinning_active)
      found->pinning = value->value;
    found->pinning_active |= active;
  } else if (strcmp(name, "default") == 0) {
    found->fallback = value->value;
    found->fallback_active |= active;
  }
}

static void read_providers(const CONF *conf, const char *section, struct openssl_found *found) {
  STACK_OF(CONF_VALUE) *values = openssl_text_section(conf, section);
  if (found->providers == NULL)
    found->providers = section;
  for (int i = 0; i < sk_CONF_VALUE_num(values); i++)
    read_provider(conf, sk_CONF_VALUE_value(values, i), found);
}

struct openssl_found openssl_look(const CONF *conf, const char *start) {
  struct openssl_found found = {.start = openssl_text_setting(conf, NULL, start)};
  STACK_OF(CONF_VALUE) *values = found.start == NULL ? NULL : openssl_text_section(conf, found.start);
  for (int i = 0; i < sk_CONF_VALUE_num(values); i++) {
    const CONF_VALUE *value = sk_CONF_VALUE_value(values, i);
    if (is_providers(value->name))
      read_providers(conf, value->value, &found);
  }
  return found;
}

/* The limit ends a file that includes itself. */
#define DEEPEST_INCLUDE 8
#define BLANKS " \t\r"

static char *place_in_file(const char *path, const char *section, int depth);

/* Whether a line is "[ name ]", with any text behind it. */
static bool begins_section(const char *line, const char *section) {
  line += strspn(line, BLANKS);
  if (*line != '[')
    return false;
  line += 1 + strspn(line + 1, BLANKS);
  size_t length = strlen(section);
  return strncmp(line, section, length) == 0 && line[length + strspn(line + length, BLANKS)] == ']';
}

/* The file of ".include FILE" or ".include = FILE", for free(3); NULL: the line is another one. */
static char *included_by(const char *line) {
  line += strspn(line, BLANKS);
  if (strncmp(line, ".include", strlen(".include")) != 0)
    return NULL;
  line += strlen(".include");
  line += strspn(line, BLANKS "=");
  size_t length = strcspn(line, "\n");
  while (length > 0 && strchr(BLANKS, line[length - 1]) != NULL)
    length--;
  return length == 0 ? NULL : must_copy_bytes(line, length);
}

static bool is_configuration(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot != NULL && (strcasecmp(dot, ".cnf") == 0 || strcasecmp(dot, ".conf") == 0);
}

/* Of an included folder OpenSSL reads only the files with these endings. */
static char *place_included(const char *path, const char *section, int depth) {
  DIR *stream = depth < DEEPEST_INCLUDE ? opendir(path) : NULL;
  char *place = stream == NULL ? place_in_file(path, section, depth) : NULL;
  for (const struct dirent *entry; stream != NULL && place == NULL && (entry = readdir(stream)) != NULL;) {
    AUTO_TEXT inner = must_format("%s/%s", path, entry->d_name);
    if (is_configuration(entry->d_name))
      place = place_in_file(inner, section, depth);
  }
  if (stream != NULL)
    closedir(stream);
  return place;
}

static char *place_in_text(const char *path, const char *text, const char *section, int depth) {
  unsigned number = 1;
  for (const char *line = text; line != NULL && *line != '\0'; number++) {
    const char *end = strchr(line, '\n');
    AUTO_TEXT included = included_by(line);
    if (begins_section(line, section))
      return must_format("%s:%u", path, number);
    char *place = included == NULL ? NULL : place_included(included, section, depth + 1);
    if (place != NULL)
      return place;
    line = end == NULL ? NULL : end + 1;
  }
  return NULL;
}

static char *place_in_file(const char *path, const char *section, int depth) {
  AUTO_TEXT text = NULL;
  size_t length = 0;
  bool readable = depth < DEEPEST_INCLUDE && file_read(path, &text, &length) == 0;
  return readable ? place_in_text(path, text, section, depth) : NULL;
}

char *conf_place_of_pinning(const char *path, const char *text) {
  static const char *const starts[] = {OPENSSL_START, NODEJS_START};
  AUTO_TEXT why = NULL;
  CONF *conf = text == NULL ? NULL : openssl_text_parse(text, &why);
  char *place = NULL;
  for (size_t i = 0; i < 2 && conf != NULL && place == NULL; i++) {
    struct openssl_found found = openssl_look(conf, starts[i]);
    if (!found.pinning_active)
      continue;
    place = place_in_text(path, text, found.pinning, 0);
    place = place == NULL ? must_copy(path) : place;
  }
  NCONF_free(conf);
  return place;
}
