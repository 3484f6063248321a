/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/probe_options.h"

#include <string.h>

#include <curl/curl.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"

/* libcurl needs one or two descriptors for each. */
#define MOST_JOBS 400
#define LONGEST_TIMEOUT 600

static bool read_connect(const struct arguments *arguments, struct probe_settings *settings) {
  size_t cursor = 0;
  for (const char *value; (value = arguments_next(arguments, OPTION_CONNECT, &cursor)) != NULL;) {
    size_t colons = 0;
    for (const char *at = value; (at = strchr(at, ':')) != NULL; at++)
      colons++;
    if (colons < 3)
      return wrong_usage(arguments->verb, "--connect \"%s\": expected HOST:PORT:ADDR:PORT", value);
    struct curl_slist *longer = curl_slist_append(settings->connect, value);
    if (longer == NULL)
      memory_exhausted();
    settings->connect = longer;
  }
  return true;
}

bool probe_options_read(const struct arguments *arguments, struct probe_settings *ret_settings) {
  long seconds = 10;
  long at_once = 64;
  *ret_settings = (struct probe_settings){.ca_file = arguments_value(arguments, OPTION_CA)};
  if (!arguments_number(arguments, OPTION_TIMEOUT, "seconds", 1, LONGEST_TIMEOUT, &seconds) ||
      !arguments_number(arguments, OPTION_JOBS, "a number", 1, MOST_JOBS, &at_once))
    return false;
  ret_settings->timeout = seconds * 1000;
  ret_settings->jobs = (size_t)at_once;
  return read_connect(arguments, ret_settings);
}

void probe_options_clear(struct probe_settings *settings) {
  curl_slist_free_all(settings->connect);
  settings->connect = NULL;
}

enum probe_protocol probe_options_protocol(const struct arguments *arguments, uint16_t port) {
  static const char *const words[] = {"none", "smtp", "imap", "pop3", "ftp", "postgres", "ldap"};
  _Static_assert(COUNT_OF(words) == PROBE_PROTOCOLS, "each protocol has a word");
  const char *word = arguments_value(arguments, OPTION_STARTTLS);
  for (size_t i = 0; word != NULL && i < COUNT_OF(words); i++)
    if (strcmp(words[i], word) == 0)
      return (enum probe_protocol)i;
  return probe_protocol_of_port(port);
}

bool host_can_be_asked(const char *host) {
  AUTO_TEXT canonical = NULL;
  const char *why = NULL;
  return strchr(host, '*') == NULL && pin_name_canonical(host, &canonical, &why) == PIN_OK;
}

static void keep_result(size_t index, struct probe_result *result, void *arg) {
  struct probe_result *kept = arg;
  (void)index;
  *kept = *result;
  *result = (struct probe_result){0};
}

int probe_one(const struct arguments *arguments, const char *host, uint16_t port,
              struct probe_result *ret_result) {
  struct probe_settings settings;
  port = port == 0 ? HTTPS_PORT : port;
  *ret_result = (struct probe_result){0};
  if (!probe_options_read(arguments, &settings)) {
    probe_options_clear(&settings);
    return EXIT_USAGE;
  }
  settings.jobs = 1;
  struct probe_target target = {
      .host = host, .port = port, .protocol = probe_options_protocol(arguments, port)};
  bool asked = probe_all(&target, 1, &settings, keep_result, ret_result);
  probe_options_clear(&settings);
  AUTO_TEXT place = host_and_port_format(host, port);
  if (asked && ret_result->error != NULL)
    say_error("%s: %s", place, ret_result->error);
  return asked && ret_result->error == NULL ? EXIT_DONE : EXIT_FAILED;
}

char *probe_summary(const struct probe_result *result) {
  if (*result->version == '\0')
    return must_copy("the handshake was not completed");
  return must_format("%s, %s, %s", result->version, result->cipher,
                     result->staple ? "with an OCSP response" : "no OCSP response");
}

json_object *probe_json(const struct probe_result *result) {
  bool completed = *result->version != '\0';
  json_object *json = json_object_new_object();
  json_object_object_add(json, "address", json_text_or_null(result->address));
  json_object_object_add(json, "tls", completed ? json_text(result->version) : NULL);
  json_object_object_add(json, "cipher", completed ? json_text(result->cipher) : NULL);
  json_object_object_add(json, "ocsp_response", json_object_new_boolean(result->staple));
  json_object_object_add(json, "shown", json_object_new_int64((int64_t)result->shown));
  return json;
}
