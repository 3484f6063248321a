/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/questions.h"

#include <string.h>

#include <openssl/ssl.h>

#include "base/memory.h"
#include "scan/addresses.h"

/* The security level is part of a list of suites; what else this connection is able to stays as it is. */
#define LEVEL "@SECLEVEL=0"

enum stage {
  STAGE_SUITES = 0,
  STAGE_ORDER,
  STAGE_GROUPS,
  STAGE_SIGNATURES,
  STAGE_HTTPS,
  STAGE_HTTP,
  STAGE_ADDRESSES,
  STAGE_END
};

struct scan_questions {
  const struct registry *registry;
  enum stage stage;
  enum scan_version version; /* of the suites and their order */
  bool asked;                /* some question got an answer, or a refusal */
  bool by_address;           /* all addresses are asked */
  size_t address;            /* the one to ask next */
  bool repeated;             /* this one got neither, and is asked once more */
  struct probe_target target;
  struct probe_offer offer;
  char *refusal;             /* the first one's reason */
  char *list;                /* what the offer varies */
  char *suites;              /* of an offer of groups or signatures */
  char *groups, *signatures; /* all that OpenSSL has */
};

/* ---- Lists ---- */

static bool holds(const struct scan_choices *choices, uint16_t number) {
  for (size_t i = 0; i < choices->count; i++)
    if (choices->items[i].number == number)
      return true;
  return false;
}

static char *append(char *list, const char *name) {
  char *longer = list == NULL ? must_copy(name) : must_format("%s:%s", list, name);
  free(list);
  return longer;
}

/* All names but those of `found`, which may be NULL; NULL: none is left. */
static char *names_without(const struct registered *all, size_t count, const struct scan_choices *found) {
  char *list = NULL;
  for (size_t i = 0; i < count; i++)
    if (found == NULL || !holds(found, all[i].number))
      list = append(list, all[i].name);
  return list;
}

static const struct registered *find(const struct registered *all, size_t count, uint16_t number) {
  for (size_t i = 0; i < count; i++)
    if (all[i].number == number)
      return &all[i];
  return NULL;
}

static const struct registered *suites_of(const struct scan_questions *questions, size_t *ret_count) {
  const struct registry *registry = questions->registry;
  bool newest = questions->version == SCAN_TLS13;
  *ret_count = newest ? registry->suite13_count : registry->suite_count;
  return newest ? registry->suites13 : registry->suites;
}

static void add_choice(struct scan_choices *choices, const struct registered *chosen,
                       const struct probe_answer *answer) {
  choices->items = must_grow(choices->items, choices->count + 1, sizeof *choices->items);
  choices->items[choices->count++] = (struct scan_choice){
      .number = chosen->number, .name = chosen->shown, .group = answer->group, .dh_bits = answer->dh_bits};
}

/* ---- Offers ---- */

static int number_of_version(enum scan_version version) {
  static const int numbers[] = {TLS1_3_VERSION, TLS1_2_VERSION, TLS1_1_VERSION, TLS1_VERSION};
  return numbers[version];
}

static enum scan_version newest_version(const struct scan_host *host) {
  enum scan_version version = SCAN_TLS13;
  while (version < SCAN_VERSIONS && !host->versions[version].accepted)
    version++;
  return version;
}

static void set_suites(struct scan_questions *questions, enum scan_version version, char *names) {
  free(questions->suites);
  questions->suites = names;
  if (version == SCAN_TLS13) {
    questions->offer.suites13 = questions->suites;
  } else {
    questions->suites = append(questions->suites, LEVEL);
    questions->offer.suites = questions->suites;
  }
}

static void begin_offer(struct scan_questions *questions, enum scan_version version) {
  questions->offer = (struct probe_offer){.version = number_of_version(version),
                                          .groups = questions->groups,
                                          .signatures = questions->signatures};
}

static bool offer_suites(struct scan_questions *questions, const struct scan_host *host) {
  size_t count = 0;
  const struct registered *all = suites_of(questions, &count);
  char *names = names_without(all, count, &host->versions[questions->version].suites);
  if (names == NULL)
    return false;
  begin_offer(questions, questions->version);
  set_suites(questions, questions->version, names);
  return true;
}

/* What the server chose, backwards: whoever chooses the same again follows an order of his own. */
static bool offer_backwards(struct scan_questions *questions, const struct scan_host *host) {
  const struct scan_choices *found = &host->versions[questions->version].suites;
  char *names = NULL;
  if (found->count < 2)
    return false;
  for (size_t i = found->count; i > 0; i--)
    names = append(names, found->items[i - 1].name);
  begin_offer(questions, questions->version);
  set_suites(questions, questions->version, names);
  return true;
}

/*
 * Suites of the newest version under which a choice of groups (signatures) shows itself: a server would go on
 * with another suite otherwise.
 */
static bool offer_suites_for(struct scan_questions *questions, const struct scan_host *host,
                             bool signatures) {
  enum scan_version version = newest_version(host);
  char *names = NULL;
  if (version == SCAN_VERSIONS || (signatures && version > SCAN_TLS12))
    return false;
  begin_offer(questions, version);
  const struct scan_choices *found = &host->versions[version].suites;
  for (size_t i = 0; i < found->count; i++) {
    struct suite_weakness weakness;
    bool exchanges =
        version == SCAN_TLS13 || found->items[i].group != 0 || (signatures && found->items[i].dh_bits != 0);
    if (exchanges && suite_weakness(found->items[i].number, &weakness) && !(signatures && weakness.anonymous))
      names = append(names, found->items[i].name);
  }
  if (names != NULL)
    set_suites(questions, version, names);
  return names != NULL;
}

/*
 * Up to TLS 1.2 the curve of an ECDSA key has to be among the groups, or the key cannot be used at all (RFC
 * 8422, 5.1). It stays as the last one: a server that goes by its own order stops there.
 */
static char *with_curve_of_key(char *list, const struct scan_host *host) {
  char name[64] = "";
  EVP_PKEY *key = host->shown.count == 0 ? NULL : X509_get0_pubkey(host->shown.items[0].certificate);
  if (list == NULL || key == NULL || newest_version(host) == SCAN_TLS13 ||
      EVP_PKEY_base_id(key) != EVP_PKEY_EC || EVP_PKEY_get_group_name(key, name, sizeof name, NULL) != 1)
    return list;
  return append(list, name);
}

static bool offer_groups(struct scan_questions *questions, const struct scan_host *host) {
  const struct registry *registry = questions->registry;
  free(questions->list);
  questions->list =
      with_curve_of_key(names_without(registry->groups, registry->group_count, &host->groups), host);
  bool good = questions->list != NULL && offer_suites_for(questions, host, false);
  questions->offer.groups = questions->list;
  return good;
}

static bool offer_signatures(struct scan_questions *questions, const struct scan_host *host) {
  const struct registry *registry = questions->registry;
  free(questions->list);
  questions->list = names_without(registry->signatures, registry->signature_count, &host->signatures);
  bool good = questions->list != NULL && offer_suites_for(questions, host, true);
  questions->offer.signatures = questions->list;
  return good;
}

/* Only where HTTP is what one expects: other servers would wait for words of their own protocol. */
static bool offer_http(struct scan_questions *questions, struct scan_host *host) {
  bool plain = questions->stage == STAGE_HTTP;
  bool usual = host->port == 443 || (!plain && host->port == 8443);
  if (!usual || host->protocol != PROBE_TLS || newest_version(host) == SCAN_VERSIONS)
    return false;
  host->http_asked = true;
  questions->target.question = plain ? PROBE_HTTP : PROBE_HTTPS;
  questions->target.port = plain ? 80 : host->port;
  questions->target.offer = NULL;
  return true;
}

/*
 * What each address shows to the offer that the host took. The one that all else was asked of showed the
 * first chain.
 */
static bool offer_to_address(struct scan_questions *questions, struct scan_host *host) {
  enum scan_version version = newest_version(host);
  if (!questions->by_address || version == SCAN_VERSIONS || host->shown.count == 0)
    return false;
  if (questions->address == 0)
    addresses_find(host);
  if (questions->address < host->address_count && host->address != NULL &&
      strcmp(host->addresses[questions->address].address, host->address) == 0)
    host->addresses[questions->address++].key = host->shown.items[0].key;
  if (questions->address >= host->address_count)
    return false;
  const struct scan_choices *found = &host->versions[version].suites;
  char *names = NULL;
  for (size_t i = 0; i < found->count; i++)
    names = append(names, found->items[i].name);
  if (names == NULL)
    return false;
  begin_offer(questions, version);
  set_suites(questions, version, names);
  questions->target.address = host->addresses[questions->address].address;
  return true;
}

/* ---- The order of questions ---- */

struct scan_questions *questions_new(const struct registry *registry, bool by_address) {
  struct scan_questions *questions = must_alloc(1, sizeof *questions);
  questions->registry = registry;
  questions->by_address = by_address;
  questions->groups = names_without(registry->groups, registry->group_count, NULL);
  questions->signatures = names_without(registry->signatures, registry->signature_count, NULL);
  return questions;
}

void questions_free(struct scan_questions *questions) {
  if (questions == NULL)
    return;
  free(questions->refusal);
  free(questions->list);
  free(questions->suites);
  free(questions->groups);
  free(questions->signatures);
  free(questions);
}

static void advance(struct scan_questions *questions) {
  questions->repeated = false;
  if (questions->stage == STAGE_ORDER && questions->version + 1 < SCAN_VERSIONS) {
    questions->version++;
    questions->stage = STAGE_SUITES;
  } else {
    questions->stage++;
  }
}

static bool prepare(struct scan_questions *questions, struct scan_host *host) {
  switch (questions->stage) {
  case STAGE_SUITES:
    return offer_suites(questions, host);
  case STAGE_ORDER:
    return offer_backwards(questions, host);
  case STAGE_GROUPS:
    return offer_groups(questions, host);
  case STAGE_SIGNATURES:
    return offer_signatures(questions, host);
  case STAGE_ADDRESSES:
    return offer_to_address(questions, host);
  default:
    return offer_http(questions, host);
  }
}

const struct probe_target *questions_next(struct scan_host *host) {
  struct scan_questions *questions = host->questions;
  questions->target = (struct probe_target){
      .host = host->host, .port = host->port, .protocol = host->protocol, .offer = &questions->offer};
  while (questions->stage != STAGE_END && !prepare(questions, host))
    advance(questions);
  if (questions->stage == STAGE_END) {
    if (host->error == NULL && newest_version(host) == SCAN_VERSIONS) {
      host->error = questions->refusal;
      questions->refusal = NULL;
    }
    return NULL;
  }
  host->connections++;
  return &questions->target;
}

/* ---- Answers ---- */

/* False: this stage has nothing more to show. */
static bool take_suite(struct scan_questions *questions, struct scan_host *host,
                       const struct probe_answer *answer) {
  struct scan_suites *suites = &host->versions[questions->version];
  size_t count = 0;
  const struct registered *all = suites_of(questions, &count);
  if (answer->version != number_of_version(questions->version))
    return false;
  suites->accepted = true;
  const struct registered *chosen = find(all, count, answer->suite);
  if (chosen == NULL || holds(&suites->suites, answer->suite))
    return false;
  add_choice(&suites->suites, chosen, answer);
  return true;
}

static void take_order(struct scan_suites *suites, const struct probe_answer *answer) {
  const struct scan_choices *found = &suites->suites;
  if (answer->suite == found->items[0].number)
    suites->order = SCAN_ORDER_SERVER;
  else if (answer->suite == found->items[found->count - 1].number)
    suites->order = SCAN_ORDER_CLIENT;
}

static bool take_number(const struct registered *all, size_t count, uint16_t number,
                        struct scan_choices *found) {
  static const struct probe_answer nothing;
  const struct registered *chosen = number == 0 ? NULL : find(all, count, number);
  if (chosen == NULL || holds(found, number))
    return false;
  add_choice(found, chosen, &nothing);
  return true;
}

static bool take_choice(struct scan_questions *questions, struct scan_host *host,
                        const struct probe_answer *answer) {
  const struct registry *registry = questions->registry;
  if (questions->stage == STAGE_SUITES)
    return take_suite(questions, host, answer);
  if (questions->stage == STAGE_GROUPS)
    return take_number(registry->groups, registry->group_count, answer->group, &host->groups);
  if (questions->stage == STAGE_SIGNATURES)
    return take_number(registry->signatures, registry->signature_count, answer->signature, &host->signatures);
  if (answer->version != 0)
    take_order(&host->versions[questions->version], answer);
  return false;
}

static bool is_known(const struct scan_host *host, const struct object *leaf) {
  bool known = memcmp(&host->shown.items[0].key, &leaf->key, sizeof leaf->key) == 0;
  for (size_t i = 0; !known && i < host->others.count; i++)
    known = memcmp(&host->others.items[i].key, &leaf->key, sizeof leaf->key) == 0;
  return known;
}

/* The first chain stays, and of the later ones each new key. What came with the first one's handshake belongs
 * to it. */
static void take_certificates(struct scan_host *host, struct probe_result *result) {
  if (result->certificates.count == 0)
    return;
  struct object *leaf = &result->certificates.items[0];
  if (host->shown.count == 0) {
    host->shown = result->certificates;
    host->shown_count = result->shown;
    result->certificates = (struct objects){0};
  } else if (!is_known(host, leaf)) {
    host->others.items = must_grow(host->others.items, host->others.count + 1, sizeof *host->others.items);
    host->others.items[host->others.count++] = *leaf;
    *leaf = (struct object){0};
  } else if (memcmp(&host->shown.items[0].key, &leaf->key, sizeof leaf->key) != 0) {
    return;
  }
  if (!host->staple && result->staple && host->others.count == 0) {
    host->staple = true;
    host->staple_bytes = result->staple_bytes;
    host->staple_length = result->staple_length;
    result->staple_bytes = NULL;
  }
  if (host->sct_count == 0 && result->sct_count > 0 && host->others.count == 0) {
    host->sct_count = result->sct_count;
    memcpy(host->sct_log_ids, result->sct_logs, sizeof host->sct_log_ids);
  }
}

static void take_facts(struct scan_host *host, struct probe_result *result) {
  const struct probe_answer *answer = &result->answer;
  take_certificates(host, result);
  if (host->address == NULL && result->address != NULL) {
    host->address = result->address;
    result->address = NULL;
  }
  if (answer->version == 0)
    return;
  host->compressed = host->compressed || answer->compressed;
  if (answer->version < TLS1_3_VERSION && !answer->renegotiation_info)
    host->no_renegotiation_info = true;
}

/* Neither an answer nor a refusal. Returns whether the question is to be repeated. */
static bool miss(struct scan_questions *questions, struct scan_host *host,
                 const struct probe_result *result) {
  if (!questions->asked) {
    host->error = must_copy(result->error == NULL ? "no answer" : result->error);
    questions->stage = STAGE_END;
    return false;
  }
  questions->repeated = !questions->repeated;
  if (!questions->repeated) {
    host->incomplete = true;
    advance(questions);
  }
  return questions->repeated;
}

static void take_address(struct scan_questions *questions, struct scan_host *host,
                         struct probe_result *result) {
  struct scan_address *address = &host->addresses[questions->address++];
  if (result->certificates.count > 0)
    address->key = result->certificates.items[0].key;
  else
    address->error = must_copy(result->error == NULL ? "no certificate" : result->error);
  take_certificates(host, result);
}

bool questions_take(struct scan_host *host, struct probe_result *result) {
  struct scan_questions *questions = host->questions;
  if (questions->stage == STAGE_ADDRESSES) {
    take_address(questions, host, result);
    return true;
  }
  if (questions->stage == STAGE_HTTPS || questions->stage == STAGE_HTTP) {
    *(questions->stage == STAGE_HTTPS ? &host->https : &host->http) = result->http;
    advance(questions);
    return true;
  }
  bool answered = result->answer.version != 0;
  if (!answered && !result->refused)
    return !miss(questions, host, result);
  questions->asked = true;
  questions->repeated = false;
  take_facts(host, result);
  if (!answered && questions->refusal == NULL)
    questions->refusal = must_copy(result->error);
  if (!answered || !take_choice(questions, host, &result->answer))
    advance(questions);
  return true;
}
