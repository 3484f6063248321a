/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Findings about versions, suites, key exchange and HTTP. */
#include "scan/findings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/ssl.h>

#include "base/memory.h"
#include "scan/registry.h"

/* A finding has so many names; further ones are only counted. */
#define MOST_NAMES 4

struct names {
  char *text; /* NULL: none */
  size_t count;
};

static void name_if(bool belongs, struct names *names, const char *name) {
  if (belongs && names->count++ < MOST_NAMES)
    text_append(&names->text, ", ", name);
}

/* Adds one finding for all names, and clears them. lead: "accepts" or the like. */
static void find_names(struct scan_host *host, const char *code, const char *lead, struct names *names) {
  if (names->count > MOST_NAMES)
    finding_add(host, code, must_format("%s %s and %zu more", lead, names->text, names->count - MOST_NAMES));
  else if (names->count > 0)
    finding_add(host, code, must_format("%s %s", lead, names->text));
  free(names->text);
  *names = (struct names){0};
}

/* ---- Versions and suites ---- */

static void check_versions(struct scan_host *host) {
  if (host->ssl2 == SCAN_OLD_ACCEPTED)
    finding_add(host, "ssl2", must_copy("accepts SSL 2 (DROWN)"));
  if (host->ssl3 == SCAN_OLD_ACCEPTED)
    finding_add(host, "ssl3", must_copy("accepts SSL 3 (POODLE)"));
  if (host->versions[SCAN_TLS10].accepted)
    finding_add(host, "tls10", must_copy("accepts TLS 1.0"));
  if (host->versions[SCAN_TLS11].accepted)
    finding_add(host, "tls11", must_copy("accepts TLS 1.1"));
  if (!host->versions[SCAN_TLS13].accepted && !host->versions[SCAN_TLS13].unanswered)
    finding_add(host, "no-tls13", must_copy("does not accept TLS 1.3"));
}

/* The suites of all versions before TLS 1.3, each once. */
static struct scan_choices old_suites(const struct scan_host *host) {
  struct scan_choices all = {0};
  for (int version = SCAN_TLS12; version < SCAN_VERSIONS; version++) {
    const struct scan_choices *suites = &host->versions[version].suites;
    for (size_t i = 0; i < suites->count; i++) {
      size_t known = 0;
      while (known < all.count && all.items[known].number != suites->items[i].number)
        known++;
      if (known < all.count)
        continue;
      all.items = must_grow(all.items, all.count + 1, sizeof *all.items);
      all.items[all.count++] = suites->items[i];
    }
  }
  return all;
}

/* Whether a question got no answer: then something that was not found may be there. */
static bool some_unanswered(const struct scan_host *host) {
  bool some = false;
  for (int version = 0; version < SCAN_VERSIONS; version++)
    some = some || host->versions[version].unanswered;
  return some;
}

static void check_suites(struct scan_host *host, const struct scan_choices *suites) {
  struct names null = {0}, anonymous = {0}, small = {0}, rc4 = {0}, triple_des = {0}, fixed = {0}, cbc = {0};
  bool aead = host->versions[SCAN_TLS13].accepted || some_unanswered(host);
  bool secret_later = aead;
  for (size_t i = 0; i < suites->count; i++) {
    const char *name = suites->items[i].name;
    struct suite_weakness weakness;
    if (!suite_weakness(suites->items[i].number, &weakness))
      continue;
    name_if(weakness.null, &null, name);
    name_if(weakness.anonymous, &anonymous, name);
    name_if(weakness.export_grade, &small, name);
    name_if(weakness.rc4, &rc4, name);
    name_if(weakness.triple_des, &triple_des, name);
    name_if(weakness.static_key, &fixed, name);
    name_if(weakness.cbc, &cbc, name);
    secret_later = secret_later || !weakness.static_key;
    aead = aead || (!weakness.cbc && !weakness.null && !weakness.rc4);
  }
  /* Without a suite, as with SSL 3 and 2 alone, nothing is known. */
  if (suites->count == 0)
    aead = secret_later = true;
  if (!aead)
    finding_add(host, "no-aead", must_copy("accepts no suite with authenticated encryption"));
  find_names(host, "null-cipher", "accepts no encryption:", &null);
  find_names(host, "anonymous", "accepts suites without authentication:", &anonymous);
  find_names(host, "export-cipher", "accepts keys of 56 bits and fewer:", &small);
  find_names(host, "rc4", "accepts RC4:", &rc4);
  find_names(host, "triple-des", "accepts 3DES:", &triple_des);
  if (!secret_later)
    finding_add(host, "no-forward-secrecy", must_copy("accepts no suite with forward secrecy"));
  find_names(host, "static-rsa", "accepts suites without forward secrecy:", &fixed);
  find_names(host, "cbc", "accepts suites in CBC mode:", &cbc);
}

static void check_order(struct scan_host *host) {
  if (host->versions[SCAN_TLS12].order == SCAN_ORDER_CLIENT)
    finding_add(host, "client-order", must_copy("takes the suite that the client prefers, up to TLS 1.2"));
}

/* ---- Key exchange and handshake ---- */

static void check_primes(struct scan_host *host, const struct scan_choices *suites) {
  int least = 0;
  for (size_t i = 0; i < suites->count; i++)
    if (suites->items[i].dh_bits != 0 && (least == 0 || suites->items[i].dh_bits < least))
      least = suites->items[i].dh_bits;
  if (least != 0 && least < 2048)
    finding_add(host, least <= 1024 ? "tiny-dh" : "weak-dh",
                must_format("Diffie-Hellman with a prime of %d bits", least));
}

static void check_groups(struct scan_host *host) {
  static const uint16_t weak[] = {0x0015 /* secp224r1 */, 0x0013 /* secp192r1 */};
  struct names names = {0};
  for (size_t i = 0; i < host->groups.count; i++)
    for (size_t j = 0; j < COUNT_OF(weak); j++)
      if (host->groups.items[i].number == weak[j])
        name_if(true, &names, host->groups.items[i].name);
  find_names(host, "weak-group", "accepts", &names);
}

/* The hash is the upper byte of the older numbers; 2 is SHA-1 (RFC 5246, 7.4.1.4.1). */
static void check_signatures(struct scan_host *host) {
  struct names names = {0};
  for (size_t i = 0; i < host->signatures.count; i++)
    if (host->signatures.items[i].number >> 8 == 2)
      name_if(true, &names, host->signatures.items[i].name);
  find_names(host, "sha1-handshake", "signs handshakes with", &names);
}

static void check_handshake(struct scan_host *host) {
  if (host->compressed)
    finding_add(host, "compression", must_copy("accepts compression in TLS (CRIME)"));
  if (host->no_renegotiation_info)
    finding_add(host, "insecure-renegotiation", must_copy("does not know secure renegotiation"));
  if (host->incomplete)
    finding_add(host, "unanswered", must_copy("some questions got no answer: there may be more findings"));
}

/* ---- HTTP ---- */

#define SECONDS_OF_HALF_A_YEAR 15768000LL

/* The number behind "max-age=" (RFC 6797, 6.1.1); -1: there is none. */
static long long max_age(const char *value) {
  static const char name[] = "max-age";
  for (const char *at = value; at != NULL; at = strchr(at, ';')) {
    at += strspn(at, "; \t");
    if (strncasecmp(at, name, sizeof name - 1) != 0)
      continue;
    const char *digits = at + sizeof name - 1;
    digits += strspn(digits, " \t");
    if (*digits != '=')
      continue;
    digits += 1 + strspn(digits + 1, " \t\"");
    return strspn(digits, "0123456789") == 0 ? -1 : strtoll(digits, NULL, 10);
  }
  return -1;
}

/* Whether the value has a directive of this name. */
static bool has_directive(const char *value, const char *name) {
  size_t length = strlen(name);
  for (const char *at = value; at != NULL; at = strchr(at, ';')) {
    at += strspn(at, "; \t");
    if (strncasecmp(at, name, length) == 0 && strchr("; \t", at[length]) != NULL)
      return true;
  }
  return false;
}

static void check_hsts(struct scan_host *host) {
  long long age = host->https.has_hsts ? max_age(host->https.hsts) : -1;
  if (age <= 0) {
    finding_add(host, "no-hsts",
                must_copy(host->https.has_hsts ? "its Strict-Transport-Security has no max-age"
                                               : "sends no Strict-Transport-Security"));
    return;
  }
  if (age < SECONDS_OF_HALF_A_YEAR)
    finding_add(host, "short-hsts", must_format("Strict-Transport-Security for %lld days only", age / 86400));
  if (!has_directive(host->https.hsts, "includeSubDomains"))
    finding_add(host, "hsts-host-only", must_copy("Strict-Transport-Security without includeSubDomains"));
}

/* A redirect without a scheme stays on HTTP. */
static void check_redirect(struct scan_host *host) {
  bool redirects = host->http.status >= 300 && host->http.status < 400 && *host->http.location != '\0';
  if (redirects && strncasecmp(host->http.location, "https://", 8) != 0)
    finding_add(host, "no-redirect", must_format("port 80 redirects to %s", host->http.location));
  else if (!redirects && host->http.status >= 200 && host->http.status < 400)
    finding_add(host, "no-redirect", must_copy("answers on port 80 without a redirect to HTTPS"));
}

/* Whether a header is there and has the value that protects visitors. */
static bool protects(const struct probe_http *http, enum probe_header header) {
  const char *value = http->headers[header];
  if (header == PROBE_X_CONTENT_TYPE_OPTIONS)
    return http->has[header] && strcasecmp(value, "nosniff") == 0;
  if (header == PROBE_X_FRAME_OPTIONS && http->limits_framing)
    return true;
  return http->has[header] && *value != '\0';
}

static void check_headers(struct scan_host *host) {
  struct names names = {0};
  for (int i = 0; i < PROBE_HEADERS; i++)
    name_if(!protects(&host->https, (enum probe_header)i), &names, probe_header_name((enum probe_header)i));
  find_names(host, "missing-headers", "sends no effective header", &names);
}

static void check_http(const struct scan *scan, struct scan_host *host) {
  if (host->https.status != 0)
    check_hsts(host);
  if (host->https.status != 0 && scan->headers)
    check_headers(host);
  check_redirect(host);
}

void find_in_protocol(const struct scan *scan, struct scan_host *host) {
  struct scan_choices suites = old_suites(host);
  check_versions(host);
  check_suites(host, &suites);
  check_order(host);
  check_primes(host, &suites);
  check_groups(host);
  check_signatures(host);
  check_handshake(host);
  check_http(scan, host);
  free(suites.items);
}
