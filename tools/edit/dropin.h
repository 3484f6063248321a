/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Drop-ins that pinctl writes: files in policy.d with one entry each, whose head has a digest of the rest
 * (base/checksummed_text.h). Once somebody has edited such a file, pinctl never rewrites it, since comments
 * and the order of settings would be lost.
 */
#ifndef PINCTL_EDIT_DROPIN_H
#define PINCTL_EDIT_DROPIN_H

#include <stdint.h>
#include <stdio.h>

#include "base/memory.h"
#include "pinpolicy.h"
#include "view/entry_text.h"

/* The settings of an entry that have a text as value. */
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
  char *settings[DROPIN_SETTING_COUNT];   /* NULL: the setting is not written */
  struct text_list lists[PIN_LIST_COUNT]; /* "sha256/..." or "@pinset" */
};

/*
 * The file name for an entry: differs for different hosts and ports, has no slash, is not hidden, and has at
 * most 255 bytes. The host must be canonical. For free(3).
 */
char *dropin_file_name(const char *host, const uint16_t *ports, uint32_t port_count);

/* The host alone as a part of a file name, by the same rules. For free(3). */
char *host_file_name(const char *host);

/* A drop-in without settings and pins; copies the host and the ports. */
struct dropin *dropin_new(const char *host, const uint16_t *ports, uint32_t port_count);
/* Takes NULL. */
void dropin_free(struct dropin *dropin);

/* The text of the file. For free(3). */
char *dropin_render(const struct dropin *dropin);

/* Parses the text that dropin_render made; NULL: the text is another one, or was edited since. */
struct dropin *dropin_parse(const char *text);

/*
 * An edited text with a digest that matches again, so that the file stays pinctl's. NULL: pinctl could not
 * have written such a text. For free(3).
 */
char *dropin_update_digest(const char *text);

/*
 * Adds a copy of a pin to a list that does not have it yet; the pin must not be a text of this drop-in. A pin
 * is never both in pins and in backup_pins: adding it to one removes it from the other.
 */
void dropin_put_pin(struct dropin *dropin, enum pin_list list, const char *pin);
/* Removes a pin from one list. False: it was not there. */
bool dropin_drop_pin(struct dropin *dropin, enum pin_list list, const char *pin);

/* The number of pins in all lists. */
size_t dropin_pin_count(const struct dropin *dropin);

/*
 * Writes a policy that was read as the text of one main file with the same meaning, to restore it from the
 * compiled form where its files are lost. What the compiled form does not have is missing: comments between
 * entries, the names of pin sets, and in which file each entry was. For free(3).
 */
char *policy_text(const struct pin_policy *policy, const struct entries *entries);

#endif
