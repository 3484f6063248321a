/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "config/conf_text.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "base/memory.h"
#include "config/conf_plan.h"

/* The first error is the parser's; later ones only say that it failed. */
static char *describe_error(long line) {
  const char *data = NULL;
  int flags = 0;
  unsigned long code = ERR_peek_error_all(NULL, NULL, NULL, &data, &flags);
  const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
  AUTO_TEXT text = must_format("%s%s%s", reason == NULL ? "unknown error" : reason,
                               data == NULL || *data == '\0' ? "" : ": ", data == NULL ? "" : data);
  return line > 0 ? must_format("line %ld is not understood (%s)", line, text)
                  : must_format("OpenSSL cannot read it (%s)", text);
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

STACK_OF(CONF_VALUE) * openssl_text_section(const CONF *conf, const char *section) {
  ERR_set_mark();
  STACK_OF(CONF_VALUE) *values = NCONF_get_section(conf, section);
  ERR_pop_to_mark();
  return values;
}

/* Not NCONF_get_string: it falls back to the default section, which OpenSSL's own modules do not. */
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
 * Of two settings of one name OpenSSL keeps the last. That `activate = 0` gives way is wanted; any other one
 * that did would be a setting lost.
 */
static bool is_overruled(const CONF_VALUE *value, STACK_OF(CONF_VALUE) * later) {
  if (strcmp(value->name, "activate") != 0)
    return false;
  for (int i = 0; i < sk_CONF_VALUE_num(later); i++)
    if (strcmp(sk_CONF_VALUE_value(later, i)->name, value->name) == 0)
      return true;
  return false;
}

/* Whether a section of `whole` is that of `first` and then that of `second`, in order. */
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

/* The first section that `listed` has and that is not the sum in `whole`, or NULL; points into `listed`. */
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
