/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * A drop-in of pinctl's own: one file in policy.d with one entry. Its first lines say so and carry a digest
 * of the rest. A file that somebody edited since no longer agrees with it, and from then on is theirs:
 * libconfig drops comments when it writes, so pinctl never rewrites what a person wrote.
 */
#ifndef PINCTL_EDIT_DROPIN_H
#define PINCTL_EDIT_DROPIN_H

#include <stdint.h>
#include <stdio.h>

#include "base/memory.h"
#include "pinpolicy.h"
#include "view/entry_text.h"

/* The settings of an entry that are written as one word or text; NULL in a drop-in: not written. */
enum dropin_setting {
  DROPIN_MODE = 0,
  DROPIN_REQUIRE,
  DROPIN_EXPIRES,
  DROPIN_ON_EXPIRY,
  DROPIN_COMMENT,
  DROPIN_SETTING_COUNT
};

struct dropin {
  char *host;      /* canonical */
  uint16_t *ports; /* ascending */
  uint32_t port_count;
  bool include_subdomains;
  char *settings[DROPIN_SETTING_COUNT];
  struct text_list lists[PIN_LIST_COUNT]; /* "sha256/..." or "@pinset" */
};

/*
 * The name of the file for an entry: different for different hosts and ports, without a slash, never hidden,
 * at most 255 bytes. host must be canonical. For free(3).
 */
char *dropin_file_name(const char *host, const uint16_t *ports, uint32_t port_count);

/* The host alone as part of a file name, by the same rules and for free(3). */
char *host_file_name(const char *host);

/* Copies the host and the ports. */
struct dropin *dropin_new(const char *host, const uint16_t *ports, uint32_t port_count);
void dropin_free(struct dropin *dropin);

/* The text of the file. For free(3). */
char *dropin_render(const struct dropin *dropin);

/* Reads back what dropin_render wrote; NULL when the text is anything else, or was edited since. */
struct dropin *dropin_parse(const char *text);

/*
 * Of a file of pinctl's own that was edited: the same with a digest that agrees again, where it is no more
 * than pinctl could have written; else NULL. For free(3).
 */
char *dropin_reseal(const char *text);

/*
 * Adds a pin to a list, once; copies it (it must be no text of this drop-in). One that comes into use moves
 * from backup_pins to pins, and the other way round: it is never in both.
 */
void dropin_put_pin(struct dropin *dropin, enum pin_list list, const char *pin);
/* Takes a pin out of one list. False: it was not there. */
bool dropin_drop_pin(struct dropin *dropin, enum pin_list list, const char *pin);

/* How many pins it names in all lists. */
size_t dropin_pin_count(const struct dropin *dropin);

/*
 * The text of a policy that was read, had back from the compiled form where the files are lost: one main file
 * that means the same. What the compiled form does not keep is gone: comments between entries, names of pin
 * sets, which file an entry stood in. For free(3).
 */
char *policy_text(const struct pin_policy *policy, const struct entries *entries);

#endif
