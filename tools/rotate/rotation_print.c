/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "rotate/rotation_plan.h"

/* "retire", "pending", ... */
static const char *rotation_word(const struct rotation_step *step) {
  static const char *const words[] = {"failed",   "refused", "unverified", "new",   "pending",
                                      "rejected", "named",   "promote",    "retire"};
  if (step->done && step->kind == ROTATION_NEW)
    return "pending";
  if (step->done && step->kind == ROTATION_PROMOTE)
    return "promoted";
  if (step->done && step->kind == ROTATION_RETIRE)
    return "retired";
  return words[step->kind];
}

static bool has_key(const struct rotation_step *step) {
  static const struct pin_digest none;
  return memcmp(&step->key, &none, sizeof none) != 0;
}

/* What the user can do about a step, or "". For free(3). */
static char *remedy(const struct rotation_step *step) {
  const char *host = step->host->host;
  switch (step->kind) {
  case ROTATION_NEW:
    if (!step->done)
      return must_format("; \"pinctl rotate %s%s\" proposes it", host, same_policy());
    __attribute__((fallthrough));
  case ROTATION_PENDING:
    return must_format("; compare it, then \"pinctl approve %s%s\" or \"pinctl reject %s%s\"", host,
                       same_policy(), host, same_policy());
  case ROTATION_UNVERIFIED:
    return must_copy("; not proposed without --trust-unverified");
  case ROTATION_PROMOTE:
  case ROTATION_RETIRE:
    return step->done ? must_copy("")
                      : must_format("; \"pinctl rotate %s%s --yes\" does it", host, same_policy());
  default:
    return must_copy("");
  }
}

/* The words for a step: its key, if any, its text, and the remedy. For free(3). */
static char *words_of(const struct rotation_step *step) {
  char pin[PIN_DIGEST_TEXT_SIZE] = "";
  AUTO_TEXT what = remedy(step);
  if (has_key(step))
    pin_digest_format(&step->key, pin);
  return must_format("%s%s%s%s", pin, *pin == '\0' ? "" : " ", step->text, what);
}

static void add_row(const struct rotation_step *step, struct listing *listing) {
  bool keyed = has_key(step);
  AUTO_TEXT host = watch_host_name(step->host);
  AUTO_TEXT words = words_of(step);
  listing_text(listing, "STATE", "state", rotation_word(step));
  listing_text(listing, "HOST", NULL, host);
  listing_text(listing, "KEY", NULL, words);
  listing_member(listing, "done", json_object_new_boolean(step->done));
  listing_member(listing, "pin", keyed ? json_digest(&step->key) : NULL);
  listing_text(listing, NULL, "list", keyed ? pin_list_name(step->list) : NULL);
  listing_text(listing, NULL, "text", step->text);
  listing_row(listing);
}

void rotation_print_brief(const struct rotation *rotation) {
  for (size_t i = 0; i < rotation->count; i++) {
    const struct rotation_step *step = &rotation->items[i];
    AUTO_TEXT host = watch_host_name(step->host);
    AUTO_TEXT text = words_of(step);
    if (rotation_is_open(step))
      put(stdout, PLAIN, "%s %s: %s\n", rotation_word(step), host, text);
  }
}

void rotation_print(const struct watch *watch, const struct rotation *rotation) {
  static const char *const headings[] = {"STATE", "HOST", "KEY", NULL};
  if (rotation->count == 0) {
    put(stdout, PLAIN, "%zu server%s: nothing to do\n", watch->count, watch->count == 1 ? "" : "s");
    return;
  }
  static const struct table_form form = {.headings = headings, .wrapping = 1U << 1, .below = true};
  struct listing *listing = listing_new(&form, NULL);
  for (size_t i = 0; i < rotation->count; i++)
    add_row(&rotation->items[i], listing);
  listing_end(listing);
}

static json_object *host_json(const struct watch_host *host, const struct rotation *rotation) {
  json_object *json = json_object_new_object();
  json_object *steps = json_object_new_array();
  struct listing *listing = listing_new(NULL, steps);
  for (size_t i = 0; i < rotation->count; i++)
    if (rotation->items[i].host == host)
      add_row(&rotation->items[i], listing);
  listing_end(listing);
  json_object_object_add(json, "host", json_text(host->host));
  json_object_object_add(json, "port", json_object_new_int(host->port));
  json_object_object_add(json, "verdict", host->seen ? json_text(pin_outcome_word(host->outcome)) : NULL);
  json_object_object_add(json, "steps", steps);
  return json;
}

void rotation_print_json(const struct watch *watch, const struct rotation *rotation) {
  json_object *json = json_object_new_object();
  json_object *hosts = json_object_new_array();
  for (size_t i = 0; i < watch->count; i++)
    json_object_array_add(hosts, host_json(&watch->hosts[i], rotation));
  json_object_object_add(json, "to_do", json_object_new_boolean(rotation_status(rotation) != EXIT_DONE));
  json_object_object_add(json, "hosts", hosts);
  json_print(json);
}
