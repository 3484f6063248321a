/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of case_file.h: reads cases of certificate verification. */
#include "case_file.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

/* A setter reads one line's value, or the PEM block that follows. false: OpenSSL rejects it. */
typedef bool setter(struct verify_case *test, const char *value, FILE *file);

static bool set_purpose(struct verify_case *test, const char *value, FILE *file) {
  (void)file;
  test->purpose = strcmp(value, "client") == 0 ? "ssl_client" : "ssl_server";
  return true;
}

static bool set_time(struct verify_case *test, const char *value, FILE *file) {
  (void)file;
  X509_VERIFY_PARAM_set_time(test->param, (time_t)strtoll(value, NULL, 10));
  return true;
}

static bool set_depth(struct verify_case *test, const char *value, FILE *file) {
  (void)file;
  X509_VERIFY_PARAM_set_depth(test->param, atoi(value));
  return true;
}

static bool set_host(struct verify_case *test, const char *value, FILE *file) {
  (void)file;
  return X509_VERIFY_PARAM_set1_host(test->param, value, 0) == 1;
}

static bool set_ip(struct verify_case *test, const char *value, FILE *file) {
  (void)file;
  return X509_VERIFY_PARAM_set1_ip_asc(test->param, value) == 1;
}

static bool set_email(struct verify_case *test, const char *value, FILE *file) {
  (void)file;
  return X509_VERIFY_PARAM_set1_email(test->param, value, 0) == 1;
}

static bool add_trusted(struct verify_case *test, const char *value, FILE *file) {
  (void)value;
  X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
  bool done = certificate != NULL && X509_STORE_add_cert(test->store, certificate) == 1;
  X509_free(certificate);
  return done;
}

static bool add_untrusted(struct verify_case *test, const char *value, FILE *file) {
  (void)value;
  X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
  if (certificate != NULL && sk_X509_push(test->untrusted, certificate) > 0)
    return true;
  X509_free(certificate);
  return false;
}

static bool set_peer(struct verify_case *test, const char *value, FILE *file) {
  (void)value;
  X509_free(test->peer);
  test->peer = PEM_read_X509(file, NULL, NULL, NULL);
  return test->peer != NULL;
}

static bool add_crl(struct verify_case *test, const char *value, FILE *file) {
  (void)value;
  X509_CRL *crl = PEM_read_X509_CRL(file, NULL, NULL, NULL);
  bool done = crl != NULL && X509_STORE_add_crl(test->store, crl) == 1;
  X509_CRL_free(crl);
  X509_VERIFY_PARAM_set_flags(test->param, X509_V_FLAG_CRL_CHECK);
  return done;
}

static const struct keyword {
  const char *word;
  setter *set;
} keywords[] = {
    {"for", set_purpose}, {"time", set_time},   {"depth", set_depth},     {"host", set_host},
    {"ip", set_ip},       {"email", set_email}, {"trusted", add_trusted}, {"untrusted", add_untrusted},
    {"peer", set_peer},   {"crl", add_crl}};

static setter *find_setter(const char *word) {
  for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
    if (strcmp(keywords[i].word, word) == 0)
      return keywords[i].set;
  }
  return NULL;
}

/* The value of a line without the line's end; the keyword is cut off. */
static char *split(char *line) {
  line[strcspn(line, "\n")] = '\0';
  char *blank = strchr(line, ' ');
  if (blank == NULL)
    return line + strlen(line);
  *blank = '\0';
  return blank + 1;
}

static enum case_status read_settings(FILE *file, char **line, size_t *size, struct verify_case *test) {
  while (getline(line, size, file) > 0) {
    const char *value = split(*line);
    if (strcmp(*line, "end") == 0)
      return CASE_READ;
    setter *set = find_setter(*line);
    if (set == NULL)
      return CASE_MALFORMED;
    if (!set(test, value, file))
      test->unusable = true;
  }
  return CASE_MALFORMED;
}

enum case_status case_read(FILE *file, struct verify_case *ret_case) {
  *ret_case = (struct verify_case){.purpose = "ssl_server"};
  char *line = NULL;
  size_t size = 0;
  enum case_status status = CASE_END_OF_FILE;

  if (getline(&line, &size, file) > 0) {
    const char *id = split(line);
    ret_case->id = strdup(id);
    ret_case->store = X509_STORE_new();
    ret_case->untrusted = sk_X509_new_null();
    ret_case->param = X509_VERIFY_PARAM_new();
    bool complete = ret_case->id != NULL && ret_case->store != NULL && ret_case->untrusted != NULL &&
                    ret_case->param != NULL;
    status =
        complete && strcmp(line, "case") == 0 ? read_settings(file, &line, &size, ret_case) : CASE_MALFORMED;
  }
  free(line);
  return status;
}

void case_clear(struct verify_case *test) {
  free(test->id);
  X509_STORE_free(test->store);
  sk_X509_pop_free(test->untrusted, X509_free);
  X509_free(test->peer);
  X509_VERIFY_PARAM_free(test->param);
  *test = (struct verify_case){0};
}
