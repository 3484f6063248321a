/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The report of a scan, for people and as JSON. */
#include "scan/scan.h"

#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "scan/addresses.h"
#include "scan/registry.h"

/* The most steps that the report advises. */
#define MOST_STEPS 3

static const char *order_word(enum scan_order order) {
  static const char *const words[] = {"unknown", "server", "client"};
  return words[order];
}

/*
 * The command that pins the server's own keys, as all handshakes showed them. NULL: the chain did not verify,
 * so the keys may be an attacker's. For free(3).
 */
static char *pin_command(const struct scan_host *host) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  if (host->error != NULL || host->shown.count == 0 || host->chain.error != X509_V_OK)
    return NULL;
  pin_digest_format(&host->shown.items[0].key, digest);
  char *command = host->port == 443
                      ? must_format("pinctl add %s %s", host->host, digest)
                      : must_format("pinctl add %s --port %u %s", host->host, host->port, digest);
  for (size_t i = 0; i < host->others.count; i++) {
    pin_digest_format(&host->others.items[i].key, digest);
    text_append(&command, " ", digest);
  }
  return command;
}

/* ---- For people ---- */

static enum colour colour_of(enum scan_severity severity) {
  return severity == SCAN_CRITICAL ? RED : severity == SCAN_WARNING ? YELLOW : PLAIN;
}

static char *names_text(const struct scan_choices *choices) {
  char *text = must_copy("");
  for (size_t i = 0; i < choices->count; i++)
    text_append(&text, ", ", choices->items[i].name);
  return text;
}

static void print_line(const char *title, const struct scan_choices *choices, const char *more) {
  AUTO_TEXT names = names_text(choices);
  AUTO_TEXT lead = must_format("  %-11s", title);
  AUTO_TEXT text = must_format("%s%s", names, more);
  if (choices->count > 0)
    put_wrapped(PLAIN, lead, text);
}

static const char *old_word(enum scan_old old) {
  static const char *const words[] = {"not known", "refused", "accepted"};
  return words[old];
}

static void print_capabilities(const struct scan *scan, const struct scan_host *host) {
  for (int version = 0; version < SCAN_VERSIONS; version++) {
    const struct scan_suites *suites = &host->versions[version];
    const char *name = scan_version_name((enum scan_version)version);
    print_line(name, &suites->suites,
               suites->unanswered                   ? " (there may be more)"
               : suites->order == SCAN_ORDER_SERVER ? " (server's order)"
               : suites->order == SCAN_ORDER_CLIENT ? " (client's order)"
                                                    : "");
    if (suites->unanswered && suites->suites.count == 0)
      put(stdout, PLAIN, "  %-11snot known: no answer\n", name);
  }
  AUTO_TEXT old = must_format("SSL 3 %s, SSL 2 %s", old_word(host->ssl3), old_word(host->ssl2));
  put_wrapped(PLAIN, "  older      ", old);
  print_line("groups", &host->groups, "");
  print_line("signatures", &host->signatures, "");
  if (host->scts.count > 0) {
    AUTO_TEXT timestamps = must_format("%zu, of %zu logs%s", host->scts.count, host->sct_logs,
                                       scan->logs == NULL ? "" : " that count");
    put_wrapped(PLAIN, "  timestamps ", timestamps);
  }
  AUTO_TEXT addresses = addresses_text(host);
  if (addresses != NULL)
    put_wrapped(PLAIN, "  addresses  ", addresses);
}

/* Findings as a table or as JSON; the table has only those that are not known. */
static void list_findings(const struct scan_host *host, struct listing *listing) {
  for (size_t i = 0; i < host->finding_count; i++) {
    const struct scan_finding *finding = &host->findings[i];
    if (finding->known && !listing_is_json(listing))
      continue;
    listing_text(listing, "SEVERITY", "severity", scan_severity_word(finding->kind->severity));
    listing_text(listing, "CODE", "code", finding->kind->code);
    listing_text(listing, "FINDING", "text", finding->text);
    listing_member(listing, "known", json_object_new_boolean(finding->known));
    listing_text(listing, "WHAT TO DO", "remedy", finding->kind->remedy);
    listing_row(listing);
  }
  listing_end(listing);
}

static void print_findings(const struct scan_host *host) {
  static const char *const headings[] = {"SEVERITY", "CODE", "FINDING", "WHAT TO DO", NULL};
  static const struct table_form form = {.headings = headings, .wrapping = 1U << 2 | 1U << 3};
  if (scan_host_findings(host) > 0)
    list_findings(host, listing_new(&form, NULL));
  else
    put(stdout, GREEN, host->finding_count == 0 ? "  nothing found\n" : "  nothing new\n");
}

/* Prints what keeps the host from a better grade. */
static void print_steps(const struct scan_host *host) {
  AUTO_TEXT steps = NULL;
  const struct scan_kind *before = NULL;
  size_t count = 0;
  for (size_t i = 0; i < host->finding_count && count < MOST_STEPS; i++) {
    const struct scan_kind *kind = host->findings[i].kind;
    if (kind == before || kind->cap == SCAN_GRADE_A_PLUS || kind->cap < host->grade)
      continue;
    text_append(&steps, "; ", kind->remedy);
    before = kind;
    count++;
  }
  if (steps != NULL)
    put_wrapped(PLAIN, "  to raise it: ", steps);
}

static char *past_text(const struct scan_past *past, const char *what) {
  AUTO_TEXT since = date_format(past->since);
  AUTO_TEXT others = past->keys < 2 ? must_copy("") : must_format(", %zu different ones in all", past->keys);
  return past->since == 0 ? must_format("%s: new%s", what, others)
                          : must_format("%s: since %s%s", what, since, others);
}

/* If the key changes and the issuer stays, advises to pin the issuer. */
static void print_past(const struct scan_host *host) {
  if (host->past[0].keys == 0)
    return;
  bool changes = host->past[0].keys > 1 || host->past[0].since == 0;
  bool issuer_stays = host->past[1].keys == 1 && host->past[1].since != 0;
  AUTO_TEXT key = past_text(&host->past[0], "its key");
  AUTO_TEXT issuer = past_text(&host->past[1], "its issuer's");
  AUTO_TEXT text =
      must_format("%s; %s%s", key, issuer,
                  changes && issuer_stays ? "; a pin of the issuer (--intermediate) lasts longer" : "");
  put_wrapped(PLAIN, "In the history: ", text);
}

static void print_host(const struct scan *scan, const struct scan_host *host) {
  size_t findings = scan_host_findings(host);
  enum colour colour = host->error != NULL ? PLAIN : colour_of(scan_host_severity(host));
  AUTO_TEXT name = host_and_port_format(host->host, host->port);
  AUTO_TEXT head = host->error != NULL ? must_copy(name)
                                       : must_format("%s grade %s, %zu finding%s, %zu connections", name,
                                                     scan_grade_word(host->grade), findings,
                                                     findings == 1 ? "" : "s", host->connections);
  put_fitted(colour == PLAIN ? BOLD : colour, "", head);
  if (host->error != NULL) {
    put_fitted(RED, "  ", host->error);
    return;
  }
  print_steps(host);
  print_capabilities(scan, host);
  print_findings(host);
  print_past(host);
  AUTO_TEXT command = pin_command(host);
  if (command == NULL)
    return;
  put_command("To pin it: ", command);
  if (host->others.count > 0)
    put(stdout, YELLOW,
        "It shows %zu keys, and may have more elsewhere: a pin of their issuer lasts longer.\n",
        host->others.count + 1);
}

void scan_print_table(const struct scan *scan) {
  size_t failed = 0;
  for (size_t i = 0; i < scan->count; i++) {
    print_host(scan, &scan->hosts[i]);
    put(stdout, PLAIN, "\n");
    failed += scan->hosts[i].error == NULL ? 0 : 1;
  }
  AUTO_TEXT interrupted =
      scan->interrupted_of == 0
          ? must_copy("")
          : must_format("; interrupted: only these of %zu were checked", scan->interrupted_of);
  AUTO_TEXT summary = must_format("%zu host%s in %.1f s, %zu unreachable%s", scan->count,
                                  scan->count == 1 ? "" : "s", scan->seconds, failed, interrupted);
  put_fitted(PLAIN, "", summary);
}

/* ---- JSON ---- */

static json_object *names_json(const struct scan_choices *choices) {
  json_object *array = json_object_new_array();
  for (size_t i = 0; i < choices->count; i++)
    json_object_array_add(array, json_text(choices->items[i].name));
  return array;
}

static json_object *suites_json(const struct scan_choices *suites) {
  json_object *array = json_object_new_array();
  for (size_t i = 0; i < suites->count; i++) {
    const struct scan_choice *suite = &suites->items[i];
    json_object *json = json_object_new_object();
    json_object_object_add(json, "name", json_text(suite->name));
    json_object_object_add(json, "number", json_object_new_int(suite->number));
    json_object_object_add(json, "group", json_text_or_null(group_name(suite->group)));
    json_object_object_add(json, "dh_bits", suite->dh_bits == 0 ? NULL : json_object_new_int(suite->dh_bits));
    json_object_array_add(array, json);
  }
  return array;
}

static json_object *versions_json(const struct scan_host *host) {
  json_object *array = json_object_new_array();
  for (int i = 0; i < SCAN_VERSIONS; i++) {
    const struct scan_suites *suites = &host->versions[i];
    json_object *json = json_object_new_object();
    json_object_object_add(json, "version", json_text(scan_version_name((enum scan_version)i)));
    bool known = suites->accepted || !suites->unanswered;
    json_object_object_add(json, "accepted", known ? json_object_new_boolean(suites->accepted) : NULL);
    json_object_object_add(json, "order", json_text(order_word(suites->order)));
    json_object_object_add(json, "suites", suites_json(&suites->suites));
    json_object_array_add(array, json);
  }
  return array;
}

static void add_certificate(json_object *array, const struct object *object) {
  json_object *json = json_object_new_object();
  json_object_object_add(json, "role", json_text(role_word(object->role)));
  json_object_object_add(json, "subject", json_text(object->subject));
  json_object_object_add(json, "key", json_text(object->key_type));
  json_object_object_add(json, "pin", json_digest(&object->key));
  json_object_array_add(array, json);
}

static json_object *certificates_json(const struct objects *objects) {
  json_object *array = json_object_new_array();
  for (size_t i = 0; i < objects->count; i++)
    add_certificate(array, &objects->items[i]);
  return array;
}

static json_object *old_json(enum scan_old old) {
  return old == SCAN_OLD_UNKNOWN ? NULL : json_object_new_boolean(old == SCAN_OLD_ACCEPTED);
}

static json_object *addresses_json(const struct scan_host *host) {
  json_object *array = json_object_new_array();
  for (size_t i = 0; i < host->address_count; i++) {
    const struct scan_address *address = &host->addresses[i];
    json_object *json = json_object_new_object();
    json_object_object_add(json, "address", json_text(address->address));
    json_object_object_add(json, "pin", address->error == NULL ? json_digest(&address->key) : NULL);
    json_object_object_add(json, "error", json_text_or_null(address->error));
    json_object_array_add(array, json);
  }
  return array;
}

static json_object *timestamps_json(const struct scan_host *host) {
  static const char *const sources[] = {"unknown", "tls", "certificate", "ocsp"};
  static const char *const statuses[] = {NULL, "valid", "invalid", "unknown-log", "not-counted"};
  json_object *array = json_object_new_array();
  for (size_t i = 0; host->timestamps != NULL && i < host->scts.count; i++) {
    const struct scan_timestamp *timestamp = &host->timestamps[i];
    const unsigned source = (unsigned)host->scts.items[i].source;
    unsigned char log[48] = "";
    json_object *json = json_object_new_object();
    EVP_EncodeBlock(log, host->scts.items[i].log, sizeof host->scts.items[i].log);
    json_object_object_add(json, "source", json_text(sources[source < COUNT_OF(sources) ? source : 0]));
    json_object_object_add(json, "log", json_text_or_null(timestamp->log));
    json_object_object_add(json, "log_id", json_text((const char *)log));
    json_object_object_add(json, "at", json_time(timestamp->at / 1000));
    json_object_object_add(json, "status", json_text_or_null(statuses[timestamp->status]));
    json_object_array_add(array, json);
  }
  return array;
}

static json_object *headers_json(const struct probe_http *http) {
  json_object *array = json_object_new_array();
  for (int i = 0; i < PROBE_HEADERS; i++) {
    json_object *json = json_object_new_object();
    json_object_object_add(json, "name", json_text(probe_header_name((enum probe_header)i)));
    json_object_object_add(json, "value", http->has[i] ? json_text(http->headers[i]) : NULL);
    json_object_array_add(array, json);
  }
  return array;
}

static json_object *http_json(const struct scan_host *host) {
  if (!host->http_asked)
    return NULL;
  json_object *json = json_object_new_object();
  json_object_object_add(json, "https_status", json_object_new_int64(host->https.status));
  json_object_object_add(json, "hsts", host->https.has_hsts ? json_text(host->https.hsts) : NULL);
  json_object_object_add(json, "headers", headers_json(&host->https));
  json_object_object_add(json, "http_status", json_object_new_int64(host->http.status));
  json_object_object_add(json, "location",
                         *host->http.location == '\0' ? NULL : json_text(host->http.location));
  return json;
}

static json_object *findings_json(const struct scan_host *host) {
  json_object *array = json_object_new_array();
  list_findings(host, listing_new(NULL, array));
  return array;
}

static json_object *past_json(const struct scan_host *host) {
  static const char *const names[] = {"key", "issuer"};
  json_object *json = json_object_new_object();
  for (size_t i = 0; i < 2; i++) {
    AUTO_TEXT name = must_format("%ss", names[i]);
    AUTO_TEXT since_name = must_format("%s_since", names[i]);
    int64_t since = host->past[i].since;
    json_object_object_add(json, name, json_object_new_int64((int64_t)host->past[i].keys));
    json_object_object_add(json, since_name, since == 0 ? NULL : json_time(since));
  }
  return json;
}

static json_object *host_json(const struct scan_host *host) {
  json_object *json = json_object_new_object();
  AUTO_TEXT command = pin_command(host);
  json_object_object_add(json, "host", json_text(host->host));
  json_object_object_add(json, "port", json_object_new_int(host->port));
  json_object_object_add(json, "error", json_text_or_null(host->error));
  json_object_object_add(json, "complete", json_object_new_boolean(host->error == NULL && !host->incomplete));
  json_object_object_add(json, "address", json_text_or_null(host->address));
  json_object_object_add(json, "connections", json_object_new_int64((int64_t)host->connections));
  json_object_object_add(json, "seconds", json_seconds(host->seconds));
  json_object_object_add(json, "grade", host->error != NULL ? NULL : json_text(scan_grade_word(host->grade)));
  json_object_object_add(json, "score", host->error != NULL ? NULL : json_object_new_int(host->score));
  json_object_object_add(json, "findings", findings_json(host));
  json_object_object_add(json, "versions", versions_json(host));
  json_object_object_add(json, "ssl3", old_json(host->ssl3));
  json_object_object_add(json, "ssl2", old_json(host->ssl2));
  json_object_object_add(json, "groups", names_json(&host->groups));
  json_object_object_add(json, "signatures", names_json(&host->signatures));
  json_object_object_add(json, "certificates", certificates_json(&host->shown));
  json_object_object_add(json, "other_certificates", certificates_json(&host->others));
  json_object_object_add(json, "addresses", addresses_json(host));
  json_object_object_add(json, "history", past_json(host));
  json_object_object_add(json, "pin_command", json_text_or_null(command));
  json_object_object_add(json, "ocsp_response", json_object_new_boolean(host->staple));
  json_object_object_add(json, "timestamps", timestamps_json(host));
  json_object_object_add(json, "timestamp_logs", json_object_new_int64((int64_t)host->sct_logs));
  json_object_object_add(json, "http", http_json(host));
  return json;
}

void scan_print_json(const struct scan *scan) {
  json_object *json = json_object_new_object();
  json_object *hosts = json_object_new_array();
  for (size_t i = 0; i < scan->count; i++)
    json_object_array_add(hosts, host_json(&scan->hosts[i]));
  json_object_object_add(json, "at", json_time(scan->now));
  json_object_object_add(json, "seconds", json_seconds(scan->seconds));
  json_object_object_add(json, "interrupted_of",
                         scan->interrupted_of == 0 ? NULL
                                                   : json_object_new_int64((int64_t)scan->interrupted_of));
  json_object_object_add(json, "hosts", hosts);
  json_print(json);
}
