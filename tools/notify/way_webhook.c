/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "notify/ways.h"

/* The answer is not looked at. */
static size_t pass_over(char *bytes, size_t size, size_t count, void *arg) {
  (void)bytes;
  (void)arg;
  return size * count;
}

/* A redirect is no success and is not followed: what it leads to was not what the policy was asked about. */
static char *perform(CURL *handle, struct pinned_connection *connection) {
  long status = 0;
  char *failure = pinned_perform(handle, connection);
  if (failure != NULL)
    return failure;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300)
    return NULL;
  if (status >= 300 && status < 400)
    return must_format("answered %ld: it leads elsewhere, which is not followed", status);
  return must_format("answered %ld", status);
}

static bool set_options(CURL *handle, const struct notify_settings *settings, const char *body,
                        const struct curl_slist *headers) {
  return curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body) == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_USERAGENT, "pinctl") == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, pass_over) == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_TIMEOUT, settings->timeout) == CURLE_OK;
}

char *webhook_send(const struct notify_settings *settings, const struct notify_message *message,
                   const struct pin_policy *policy) {
  struct pinned_connection connection = {0};
  json_object *json = message_json(message);
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  CURL *handle = curl_easy_init();
  char *failure = NULL;
  if (handle != NULL && headers != NULL &&
      pinned_arm(handle, settings->webhook, policy, settings->webhook_ca, &connection) &&
      set_options(handle, settings, json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE),
                  headers))
    failure = perform(handle, &connection);
  else
    failure = must_copy("libcurl cannot be set up");
  failure = pinned_failure(&connection, "webhook", failure);
  curl_easy_cleanup(handle);
  curl_slist_free_all(headers);
  json_object_put(json);
  pinned_clear(&connection);
  return failure;
}
