/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Makes the next offer to a server: all that this OpenSSL has, without what the server chose so far. */
#ifndef PINCTL_SCAN_OFFERS_H
#define PINCTL_SCAN_OFFERS_H

#include "scan/registry.h"
#include "scan/scan.h"

/* Makes one offer after another, by the functions below that return a bool. */
struct offer_maker {
  const struct registry *registry;
  struct probe_offer offer;  /* the present offer; its texts belong to the maker */
  char *list;                /* owned; the groups or signatures of the offer */
  char *suites;              /* owned; the suites of the offer */
  char *groups, *signatures; /* owned; all that OpenSSL has */
};

/* registry: must outlive the maker. */
void offers_begin(struct offer_maker *maker, const struct registry *registry);
void offers_clear(struct offer_maker *maker);

/* The suites of the registry that can be offered in a version. */
const struct registered *offers_suites_of(const struct offer_maker *maker, enum scan_version version,
                                          size_t *ret_count);

/* OpenSSL's number of a version. */
int offers_version_number(enum scan_version version);
/* The newest version that the host accepted; SCAN_VERSIONS: none. */
enum scan_version offers_newest_version(const struct scan_host *host);

/* Whether this number was chosen already. */
bool choices_hold(const struct scan_choices *choices, uint16_t number);

/* Offers all suites of a version that the host has not chosen yet. False: none is left. */
bool offers_suites(struct offer_maker *maker, const struct scan_host *host, enum scan_version version);
/* Offers the suites that the server chose, in reverse: a server that chooses the same first follows its own
 * order. False: there are fewer than two. */
bool offers_backwards(struct offer_maker *maker, const struct scan_host *host, enum scan_version version);
/* Offers the groups (signature algorithms) that are left, with suites of the newest version that show the
 * choice. False: none is left, or no suite shows it. */
bool offers_groups(struct offer_maker *maker, const struct scan_host *host);
bool offers_signatures(struct offer_maker *maker, const struct scan_host *host);
/* Offers suites that the host accepted, so that it accepts again. False: it accepted none yet. */
bool offers_accepted(struct offer_maker *maker, const struct scan_host *host);

/* Whether offers_accepted would make an offer. */
bool offers_has_accepted(const struct scan_host *host);

#endif
