/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The certificate of one CA that will expire is one matter, however many hosts show it, and is told in one
 * form. */
#include "monitor/watch.h"

#include <string.h>

#include "base/memory.h"

#define MOST_NAMED 3

/* A CA's certificate that will expire. */
struct expiring {
  const struct finding *finding; /* of the first host that has it */
  const struct watch_host *last; /* that has it */
  size_t hosts;
  char *names; /* of the first hosts */
};

struct expiring_list {
  struct expiring *items;
  size_t count;
};

/* Two certificates of one subject are told apart by when they expire, which the text says. */
static struct expiring *expiring_of(struct expiring_list *list, const struct finding *finding) {
  for (size_t i = 0; i < list->count; i++)
    if (strcmp(list->items[i].finding->text, finding->text) == 0)
      return &list->items[i];
  list->items = must_room(list->items, list->count, sizeof *list->items);
  list->items[list->count] = (struct expiring){.finding = finding, .names = must_copy("")};
  return &list->items[list->count++];
}

static void count(struct expiring_list *list, const struct watch_host *host, const struct finding *finding) {
  struct expiring *expiring = expiring_of(list, finding);
  if (expiring->last == host)
    return;
  expiring->last = host;
  if (expiring->hosts++ >= MOST_NAMED)
    return;
  AUTO_TEXT name = watch_host_name(host);
  char *longer = must_format("%s%s%s", expiring->names, *expiring->names == '\0' ? "" : ", ", name);
  free(expiring->names);
  expiring->names = longer;
}

static void tell_once(struct watch *watch, const struct expiring *expiring) {
  const struct finding *finding = expiring->finding;
  AUTO_TEXT more = expiring->hosts <= MOST_NAMED ? must_copy("")
                                                 : must_format(" and %zu more", expiring->hosts - MOST_NAMED);
  watch_find_about(&watch->machine, finding->severity, ISSUER_EXPIRES, finding->about,
                   must_format("%s: in the chain%s of %zu host%s (%s%s)", finding->text,
                               expiring->hosts == 1 ? "" : "s", expiring->hosts,
                               expiring->hosts == 1 ? "" : "s", expiring->names, more));
}

void watch_join_issuers(struct watch *watch) {
  struct expiring_list list = {0};
  for (size_t i = 0; i < watch->count; i++)
    for (size_t j = 0; j < watch->hosts[i].finding_count; j++)
      if (strcmp(watch->hosts[i].findings[j].code, ISSUER_EXPIRES) == 0)
        count(&list, &watch->hosts[i], &watch->hosts[i].findings[j]);
  for (size_t i = 0; i < list.count; i++) {
    tell_once(watch, &list.items[i]);
    free(list.items[i].names);
  }
  free(list.items);
}
