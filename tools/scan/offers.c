/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/offers.h"

#include <openssl/ssl.h>

#include "base/memory.h"

/* Sets the security level inside a list of suites. */
#define LEVEL "@SECLEVEL=0"

bool choices_hold(const struct scan_choices *choices, uint16_t number) {
  for (size_t i = 0; i < choices->count; i++)
    if (choices->items[i].number == number)
      return true;
  return false;
}

/* The names of all that is not in `found` (NULL: of all), as a list; NULL: none is left. */
static char *names_without(const struct registered *all, size_t count, const struct scan_choices *found) {
  char *list = NULL;
  for (size_t i = 0; i < count; i++)
    if (found == NULL || !choices_hold(found, all[i].number))
      text_append(&list, ":", all[i].name);
  return list;
}

const struct registered *offers_suites_of(const struct offer_maker *maker, enum scan_version version,
                                          size_t *ret_count) {
  const struct registry *registry = maker->registry;
  bool newest = version == SCAN_TLS13;
  *ret_count = newest ? registry->suite13_count : registry->suite_count;
  return newest ? registry->suites13 : registry->suites;
}

int offers_version_number(enum scan_version version) {
  static const int numbers[] = {TLS1_3_VERSION, TLS1_2_VERSION, TLS1_1_VERSION, TLS1_VERSION};
  return numbers[version];
}

enum scan_version offers_newest_version(const struct scan_host *host) {
  enum scan_version version = SCAN_TLS13;
  while (version < SCAN_VERSIONS && !host->versions[version].accepted)
    version++;
  return version;
}

static void set_suites(struct offer_maker *maker, enum scan_version version, char *names) {
  free(maker->suites);
  maker->suites = names;
  if (version == SCAN_TLS13) {
    maker->offer.suites13 = maker->suites;
  } else {
    text_append(&maker->suites, ":", LEVEL);
    maker->offer.suites = maker->suites;
  }
}

static void begin_offer(struct offer_maker *maker, enum scan_version version) {
  maker->offer = (struct probe_offer){
      .version = offers_version_number(version), .groups = maker->groups, .signatures = maker->signatures};
}

bool offers_suites(struct offer_maker *maker, const struct scan_host *host, enum scan_version version) {
  size_t count = 0;
  const struct registered *all = offers_suites_of(maker, version, &count);
  char *names = names_without(all, count, &host->versions[version].suites);
  if (names == NULL)
    return false;
  begin_offer(maker, version);
  set_suites(maker, version, names);
  return true;
}

/* Offers the suites that the server chose so far. */
static void offer_found(struct offer_maker *maker, const struct scan_host *host, enum scan_version version,
                        bool backwards) {
  const struct scan_choices *found = &host->versions[version].suites;
  char *names = NULL;
  for (size_t i = 0; i < found->count; i++)
    text_append(&names, ":", found->items[backwards ? found->count - 1 - i : i].name);
  begin_offer(maker, version);
  set_suites(maker, version, names);
}

bool offers_backwards(struct offer_maker *maker, const struct scan_host *host, enum scan_version version) {
  if (host->versions[version].suites.count < 2)
    return false;
  offer_found(maker, host, version, true);
  return true;
}

/*
 * Offers only suites of the newest version that show the choice of a group (signature); else the server would
 * continue with another suite.
 */
static bool offer_suites_for(struct offer_maker *maker, const struct scan_host *host, bool signatures) {
  enum scan_version version = offers_newest_version(host);
  char *names = NULL;
  if (version == SCAN_VERSIONS || (signatures && version > SCAN_TLS12))
    return false;
  begin_offer(maker, version);
  const struct scan_choices *found = &host->versions[version].suites;
  for (size_t i = 0; i < found->count; i++) {
    struct suite_weakness weakness;
    bool exchanges =
        version == SCAN_TLS13 || found->items[i].group != 0 || (signatures && found->items[i].dh_bits != 0);
    if (exchanges && suite_weakness(found->items[i].number, &weakness) && !(signatures && weakness.anonymous))
      text_append(&names, ":", found->items[i].name);
  }
  if (names != NULL)
    set_suites(maker, version, names);
  return names != NULL;
}

/*
 * Up to TLS 1.2 the groups must include the curve of an ECDSA key, or the key cannot be used (RFC 8422, 5.1).
 * So once the server has chosen that curve, it stays in the offer as the last one.
 */
static char *with_curve_of_key(char *list, const struct registry *registry, const struct scan_host *host) {
  EVP_PKEY *key = host->shown.count == 0 ? NULL : X509_get0_pubkey(host->shown.items[0].certificate);
  const struct registered *curve = key == NULL ? NULL : curve_of_key(registry, key);
  bool needed = curve != NULL && list != NULL && offers_newest_version(host) != SCAN_TLS13;
  if (needed && choices_hold(&host->groups, curve->number))
    text_append(&list, ":", curve->name);
  return list;
}

bool offers_groups(struct offer_maker *maker, const struct scan_host *host) {
  const struct registry *registry = maker->registry;
  char *names = names_without(registry->groups, registry->group_count, &host->groups);
  free(maker->list);
  maker->list = with_curve_of_key(names, registry, host);
  bool good = maker->list != NULL && offer_suites_for(maker, host, false);
  maker->offer.groups = maker->list;
  return good;
}

bool offers_signatures(struct offer_maker *maker, const struct scan_host *host) {
  const struct registry *registry = maker->registry;
  free(maker->list);
  maker->list = names_without(registry->signatures, registry->signature_count, &host->signatures);
  bool good = maker->list != NULL && offer_suites_for(maker, host, true);
  maker->offer.signatures = maker->list;
  return good;
}

bool offers_has_accepted(const struct scan_host *host) {
  enum scan_version version = offers_newest_version(host);
  return version != SCAN_VERSIONS && host->versions[version].suites.count > 0;
}

bool offers_accepted(struct offer_maker *maker, const struct scan_host *host) {
  if (!offers_has_accepted(host))
    return false;
  offer_found(maker, host, offers_newest_version(host), false);
  return true;
}

void offers_begin(struct offer_maker *maker, const struct registry *registry) {
  *maker = (struct offer_maker){.registry = registry,
                                .groups = names_without(registry->groups, registry->group_count, NULL),
                                .signatures =
                                    names_without(registry->signatures, registry->signature_count, NULL)};
}

void offers_clear(struct offer_maker *maker) {
  free(maker->list);
  free(maker->suites);
  free(maker->groups);
  free(maker->signatures);
}
