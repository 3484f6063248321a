/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What is offered to a server next: all that this OpenSSL has, without what the server chose so far. */
#ifndef PINCTL_SCAN_OFFERS_H
#define PINCTL_SCAN_OFFERS_H

#include "scan/registry.h"
#include "scan/scan.h"

/* Each function below that returns a bool makes another offer of it. */
struct offer_maker {
  const struct registry *registry;
  struct probe_offer offer;  /* the last one made, until another is; its texts belong to the maker */
  char *list;                /* what the offer varies */
  char *suites;              /* of an offer of groups or signatures */
  char *groups, *signatures; /* all that OpenSSL has */
};

/* registry: must outlive it. */
void offers_begin(struct offer_maker *maker, const struct registry *registry);
void offers_clear(struct offer_maker *maker);

/* What can be offered in a version, as the registry has it. */
const struct registered *offers_suites_of(const struct offer_maker *maker, enum scan_version version,
                                          size_t *ret_count);

/* OpenSSL's number. */
int offers_version_number(enum scan_version version);
/* Of those that the host took; SCAN_VERSIONS: none. */
enum scan_version offers_newest_version(const struct scan_host *host);

/* Whether something was chosen already. */
bool choices_hold(const struct scan_choices *choices, uint16_t number);

/* All suites of a version that the host did not choose yet. False: none is left. */
bool offers_suites(struct offer_maker *maker, const struct scan_host *host, enum scan_version version);
/* What the server chose, backwards: whoever chooses the same again follows an order of his own. False: that
 * is one suite, or none. */
bool offers_backwards(struct offer_maker *maker, const struct scan_host *host, enum scan_version version);
/* The same of groups (signature algorithms), under the suites of the newest version that show the choice.
 * False: none is left, or no suite shows it. */
bool offers_groups(struct offer_maker *maker, const struct scan_host *host);
bool offers_signatures(struct offer_maker *maker, const struct scan_host *host);
/* What the host took, which it takes again. False: it took nothing yet. */
bool offers_accepted(struct offer_maker *maker, const struct scan_host *host);

/* Whether offers_accepted would make an offer. */
bool offers_has_accepted(const struct scan_host *host);

#endif
