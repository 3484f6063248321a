/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/questions.h"

#include <string.h>

#include <openssl/ssl.h>

#include "base/memory.h"
#include "scan/addresses.h"
#include "scan/offers.h"

enum stage {
  STAGE_SUITES = 0,
  STAGE_ORDER,
  STAGE_SSL3,
  STAGE_SSL2,
  STAGE_GROUPS,
  STAGE_SIGNATURES,
  STAGE_HTTPS,
  STAGE_HTTP,
  STAGE_LACKING, /* suites that OpenSSL lacks: late, since its own offers cannot include what this finds */
  STAGE_ADDRESSES,
  STAGE_END
};

/*
 * What to do after a connection that ended without an alert. Some servers refuse that way; others, or a
 * firewall before them, limit the number of connections.
 */
enum doubt {
  DOUBT_NONE = 0,
  DOUBT_AGAIN,  /* ask again, after a pause */
  DOUBT_CONTROL /* then ask at once what was answered before: an answer shows that the other was refused */
};

/* Progress of a version. One that ended without an alert before a control was possible is asked again at the
 * end. */
enum progress { TO_ASK = 0, DOUBTFUL, SETTLED };

/* Seconds before a question is asked again: twice, then after each control that got no answer. */
static const double pauses[] = {0, 1, 2, 5, 10};
#define PAUSES COUNT_OF(pauses)
/* Ask so many times again before a control. */
#define BEFORE_CONTROL 2

/* Pause between two questions to a server that seems to limit connections. */
#define SLOW_SECONDS 1.0

struct scan_questions {
  struct offer_maker maker;
  enum stage stage;
  enum scan_version version; /* the version whose suites and order are asked */
  enum progress progress[SCAN_VERSIONS];
  enum doubt doubt;
  size_t pause;    /* index of the next pause */
  bool slow;       /* the server seems to limit connections */
  bool asked;      /* some question got an answer, or a refusal */
  bool by_address; /* ask each address of the name */
  long timeout;    /* of the resolver, in milliseconds */
  size_t address;  /* index of the address to ask next */
  struct probe_target target;
  uint16_t *lacking; /* owned; suites of the registry that are still to be offered */
  size_t lacking_count;
  char *refusal; /* owned; the reason of the first refusal; NULL: none yet */
};

static const struct registered *find(const struct registered *all, size_t count, uint16_t number) {
  for (size_t i = 0; i < count; i++)
    if (all[i].number == number)
      return &all[i];
  return NULL;
}

static void add_choice(struct scan_choices *choices, const struct registered *chosen,
                       const struct probe_answer *answer) {
  choices->items = must_grow(choices->items, choices->count + 1, sizeof *choices->items);
  choices->items[choices->count++] = (struct scan_choice){
      .number = chosen->number, .name = chosen->shown, .group = answer->group, .dh_bits = answer->dh_bits};
}

static bool offer_old(struct scan_questions *questions, const struct scan_host *host) {
  if (host->protocol != PROBE_TLS || !questions->asked)
    return false;
  questions->target.offer = NULL;
  questions->target.question = questions->stage == STAGE_SSL3 ? PROBE_SSL3 : PROBE_SSL2;
  return true;
}

static bool offer_lacking(struct scan_questions *questions, const struct scan_host *host) {
  if (host->protocol != PROBE_TLS || !questions->asked || questions->lacking_count == 0)
    return false;
  questions->target.offer = NULL;
  questions->target.question = PROBE_SUITES;
  questions->target.suites = questions->lacking;
  questions->target.suite_count = questions->lacking_count;
  return true;
}

/* Only on the usual ports of HTTP: other servers would wait for their own protocol. */
static bool offer_http(struct scan_questions *questions, struct scan_host *host) {
  bool plain = questions->stage == STAGE_HTTP;
  bool usual = host->port == 443 || (!plain && host->port == 8443);
  if (!usual || host->protocol != PROBE_TLS || offers_newest_version(host) == SCAN_VERSIONS)
    return false;
  host->http_asked = true;
  questions->target.question = plain ? PROBE_HTTP : PROBE_HTTPS;
  questions->target.port = plain ? 80 : host->port;
  questions->target.offer = NULL;
  return true;
}

/*
 * Asks the next address, with an offer that the host accepted. The address of all earlier questions showed
 * the first chain, and is not asked again.
 */
static bool offer_to_address(struct scan_questions *questions, struct scan_host *host) {
  if (!questions->by_address || host->shown.count == 0)
    return false;
  if (questions->address < host->address_count && host->address != NULL &&
      strcmp(host->addresses[questions->address].address, host->address) == 0)
    host->addresses[questions->address++].key = host->shown.items[0].key;
  if (questions->address >= host->address_count || !offers_accepted(&questions->maker, host))
    return false;
  questions->target.address = host->addresses[questions->address].address;
  return true;
}

/* ---- The order of questions ---- */

struct scan_questions *questions_new(const struct registry *registry, bool by_address, long timeout) {
  struct scan_questions *questions = must_alloc(1, sizeof *questions);
  offers_begin(&questions->maker, registry);
  questions->by_address = by_address;
  questions->timeout = timeout;
  questions->lacking_count = registry->lacking_count;
  questions->lacking = must_alloc(registry->lacking_count, sizeof *questions->lacking);
  memcpy(questions->lacking, registry->lacking, registry->lacking_count * sizeof *questions->lacking);
  return questions;
}

void questions_free(struct scan_questions *questions) {
  if (questions == NULL)
    return;
  free(questions->refusal);
  free(questions->lacking);
  offers_clear(&questions->maker);
  free(questions);
}

static bool next_version(struct scan_questions *questions, const struct scan_host *host) {
  enum progress last = offers_has_accepted(host) ? DOUBTFUL : TO_ASK;
  if (questions->progress[questions->version] == TO_ASK)
    questions->progress[questions->version] = SETTLED;
  for (enum progress wanted = TO_ASK; wanted <= last; wanted++)
    for (int version = 0; version < SCAN_VERSIONS; version++)
      if (questions->progress[version] == wanted) {
        questions->progress[version] = TO_ASK;
        questions->version = (enum scan_version)version;
        return true;
      }
  return false;
}

static void advance(struct scan_questions *questions, const struct scan_host *host) {
  questions->doubt = DOUBT_NONE;
  if (questions->stage == STAGE_ORDER && next_version(questions, host))
    questions->stage = STAGE_SUITES;
  else
    questions->stage++;
}

static bool prepare(struct scan_questions *questions, struct scan_host *host) {
  switch (questions->stage) {
  case STAGE_SUITES:
    return offers_suites(&questions->maker, host, questions->version);
  case STAGE_ORDER:
    return offers_backwards(&questions->maker, host, questions->version);
  case STAGE_SSL3:
  case STAGE_SSL2:
    return offer_old(questions, host);
  case STAGE_GROUPS:
    return offers_groups(&questions->maker, host);
  case STAGE_SIGNATURES:
    return offers_signatures(&questions->maker, host);
  case STAGE_ADDRESSES:
    return offer_to_address(questions, host);
  case STAGE_LACKING:
    return offer_lacking(questions, host);
  default:
    return offer_http(questions, host);
  }
}

/* The addresses are asked last. */
static bool waits_for_resolver(const struct scan_questions *questions, struct scan_host *host) {
  return questions->stage == STAGE_ADDRESSES && addresses_pending(host, questions->timeout);
}

const struct probe_target *questions_next(struct scan_host *host, bool *ret_later) {
  struct scan_questions *questions = host->questions;
  questions->target = (struct probe_target){
      .host = host->host, .port = host->port, .protocol = host->protocol, .offer = &questions->maker.offer};
  *ret_later = waits_for_resolver(questions, host);
  if (questions->doubt == DOUBT_CONTROL) {
    (void)offers_accepted(&questions->maker, host);
    host->connections++;
    return &questions->target;
  }
  while (!*ret_later && questions->stage != STAGE_END && !prepare(questions, host)) {
    advance(questions, host);
    *ret_later = waits_for_resolver(questions, host);
  }
  if (*ret_later)
    return NULL;
  if (questions->stage == STAGE_END) {
    bool old = host->ssl3 == SCAN_OLD_ACCEPTED || host->ssl2 == SCAN_OLD_ACCEPTED;
    if (host->error == NULL && offers_newest_version(host) == SCAN_VERSIONS && !old) {
      host->error = questions->refusal;
      questions->refusal = NULL;
    }
    return NULL;
  }
  /* The lookup runs during all other questions. */
  if (host->connections++ == 0 && questions->by_address)
    addresses_begin(host);
  return &questions->target;
}

/* ---- Answers ---- */

/* False: this stage is over. */
static bool take_suite(struct scan_questions *questions, struct scan_host *host,
                       const struct probe_answer *answer) {
  struct scan_suites *suites = &host->versions[questions->version];
  size_t count = 0;
  const struct registered *all = offers_suites_of(&questions->maker, questions->version, &count);
  if (answer->version != offers_version_number(questions->version))
    return false;
  suites->accepted = true;
  const struct registered *chosen = find(all, count, answer->suite);
  if (chosen == NULL || choices_hold(&suites->suites, answer->suite))
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
  if (chosen == NULL || choices_hold(found, number))
    return false;
  add_choice(found, chosen, &nothing);
  return true;
}

static bool take_choice(struct scan_questions *questions, struct scan_host *host,
                        const struct probe_answer *answer) {
  const struct registry *registry = questions->maker.registry;
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

/*
 * Keeps the first chain, and of later chains each new key. An OCSP response and timestamps belong to the
 * certificate that they came with, not to another one with the same key.
 */
static void take_certificates(struct scan_host *host, struct probe_result *result) {
  if (result->certificates.count == 0)
    return;
  struct object *leaf = &result->certificates.items[0];
  bool first = host->shown.count == 0;
  bool same =
      first || memcmp(&host->shown.items[0].fingerprint, &leaf->fingerprint, sizeof leaf->fingerprint) == 0;
  if (first) {
    host->shown = result->certificates;
    host->shown_count = result->shown;
    result->certificates = (struct objects){0};
  } else if (!is_known(host, leaf)) {
    host->others.items = must_grow(host->others.items, host->others.count + 1, sizeof *host->others.items);
    host->others.items[host->others.count++] = *leaf;
    *leaf = (struct object){0};
  }
  if (!same)
    return;
  if (!host->staple && result->staple) {
    host->staple = true;
    host->staple_bytes = result->staple_bytes;
    host->staple_length = result->staple_length;
    result->staple_bytes = NULL;
  }
  if (host->scts.count == 0) {
    probe_scts_clear(&host->scts); /* frees the array of one in which none could be read */
    host->scts = result->scts;
    result->scts = (struct probe_scts){0};
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

/* Leaves a question without an answer. */
static void give_up(struct scan_questions *questions, struct scan_host *host) {
  host->incomplete = true;
  if (questions->stage == STAGE_SUITES)
    host->versions[questions->version].unanswered = true;
  advance(questions, host);
}

static double ask_again(struct scan_questions *questions, struct scan_host *host) {
  questions->doubt = DOUBT_AGAIN;
  if (questions->pause < PAUSES)
    return pauses[questions->pause++];
  give_up(questions, host);
  return SLOW_SECONDS;
}

static void take_refusal(struct scan_questions *questions, struct scan_host *host,
                         const struct probe_result *result) {
  questions->asked = true;
  if (questions->refusal == NULL)
    questions->refusal = must_copy(result->error);
  advance(questions, host);
}

/* Handles neither an answer nor a clear refusal. Returns the seconds before the next question. */
static double take_failure(struct scan_questions *questions, struct scan_host *host,
                           const struct probe_result *result) {
  bool hung_up = result->refused;
  if (result->unaskable) {
    give_up(questions, host);
    return 0;
  }
  if (!questions->asked && !hung_up) {
    host->error = must_copy(result->error == NULL ? "no answer" : result->error);
    questions->stage = STAGE_END;
    return 0;
  }
  bool control_failed = questions->doubt == DOUBT_CONTROL;
  bool failed_early = !hung_up && !result->timed_out;
  questions->slow = questions->slow || control_failed || failed_early;
  bool early = hung_up && questions->pause < BEFORE_CONTROL;
  if (questions->doubt == DOUBT_NONE || early || control_failed || failed_early)
    return ask_again(questions, host);
  if (!hung_up) {
    give_up(questions, host);
  } else if (offers_has_accepted(host)) {
    questions->doubt = DOUBT_CONTROL;
  } else {
    questions->progress[questions->version] = DOUBTFUL;
    questions->pause = 0;
    take_refusal(questions, host, result);
  }
  return 0;
}

/* An address may not answer at all; one that hung up may limit connections, and is asked again. */
static double take_address(struct scan_questions *questions, struct scan_host *host,
                           struct probe_result *result) {
  if (result->certificates.count == 0 && result->refused && questions->doubt == DOUBT_NONE) {
    questions->doubt = DOUBT_AGAIN;
    return SLOW_SECONDS;
  }
  questions->doubt = DOUBT_NONE;
  struct scan_address *address = &host->addresses[questions->address++];
  if (result->certificates.count > 0)
    address->key = result->certificates.items[0].key;
  else
    address->error = must_copy(result->error == NULL ? "no certificate" : result->error);
  take_certificates(host, result);
  return 0;
}

/* Some servers wait for more of a message that they do not understand: that is neither, and not asked again.
 */
static void take_old(struct scan_questions *questions, struct scan_host *host,
                     const struct probe_result *result) {
  enum scan_old *old = questions->stage == STAGE_SSL3 ? &host->ssl3 : &host->ssl2;
  *old = result->answer.version != 0 ? SCAN_OLD_ACCEPTED
         : result->refused           ? SCAN_OLD_REFUSED
                                     : SCAN_OLD_UNKNOWN;
  advance(questions, host);
}

/* The version is the one that the server chose; a suite that was not offered is ignored. */
static double take_lacking(struct scan_questions *questions, struct scan_host *host,
                           const struct probe_result *result) {
  const struct probe_answer *answer = &result->answer;
  size_t at = 0, version = SCAN_TLS12;
  if (answer->version == 0 && !result->alerted)
    return take_failure(questions, host, result);
  questions->pause = 0;
  questions->doubt = DOUBT_NONE;
  while (at < questions->lacking_count && questions->lacking[at] != answer->suite)
    at++;
  while (version < SCAN_VERSIONS && offers_version_number((enum scan_version)version) != answer->version)
    version++;
  if (at == questions->lacking_count || version == SCAN_VERSIONS) {
    advance(questions, host);
    return 0;
  }
  questions->lacking[at] = questions->lacking[--questions->lacking_count];
  host->versions[version].accepted = true;
  add_choice(&host->versions[version].suites, lacking_suite(answer->suite), answer);
  return 0;
}

/* The server may not speak HTTP, but the handshake before must succeed. */
static double take_http(struct scan_questions *questions, struct scan_host *host,
                        const struct probe_result *result) {
  bool encrypted = questions->stage == STAGE_HTTPS;
  if (encrypted && result->certificates.count == 0)
    return take_failure(questions, host, result);
  *(encrypted ? &host->https : &host->http) = result->http;
  advance(questions, host);
  return 0;
}

static double take_offer(struct scan_questions *questions, struct scan_host *host,
                         struct probe_result *result) {
  bool answered = result->answer.version != 0;
  if (!answered && !(result->refused && result->alerted))
    return take_failure(questions, host, result);
  questions->pause = 0;
  if (questions->doubt == DOUBT_CONTROL) {
    advance(questions, host);
    return 0;
  }
  questions->doubt = DOUBT_NONE;
  questions->asked = true;
  take_facts(host, result);
  if (!answered)
    take_refusal(questions, host, result);
  else if (!take_choice(questions, host, &result->answer))
    advance(questions, host);
  return 0;
}

double questions_take(struct scan_host *host, struct probe_result *result) {
  struct scan_questions *questions = host->questions;
  double seconds = 0;
  if (questions->doubt == DOUBT_CONTROL)
    seconds = take_offer(questions, host, result);
  else if (questions->stage == STAGE_SSL3 || questions->stage == STAGE_SSL2)
    take_old(questions, host, result);
  else if (questions->stage == STAGE_LACKING)
    seconds = take_lacking(questions, host, result);
  else if (questions->stage == STAGE_ADDRESSES)
    seconds = take_address(questions, host, result);
  else if (questions->stage == STAGE_HTTPS || questions->stage == STAGE_HTTP)
    seconds = take_http(questions, host, result);
  else
    seconds = take_offer(questions, host, result);
  return questions->slow && seconds < SLOW_SECONDS ? SLOW_SECONDS : seconds;
}
