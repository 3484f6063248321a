/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Chromium's file of named keys (transport_security_state_static.pins). Used by format_chromium.c. */
#ifndef PINCTL_FORMATS_CHROMIUM_PINS_H
#define PINCTL_FORMATS_CHROMIUM_PINS_H

#include "formats/conversion.h"
#include "formats/names.h"

struct named_key {
  const char *name; /* points into the text */
  struct pin_digest digest;
  unsigned line;
};

struct named_keys {
  char *text;
  struct named_key *items;
  size_t count;
  struct names names;
};

/* Reads the file; reports every mistake. To be cleared in any case. */
void named_keys_read(struct conversion *conversion, const char *path, struct named_keys *ret_keys);
void named_keys_clear(struct named_keys *keys);
/* NULL: there is none of this name. */
const struct named_key *named_keys_find(const struct named_keys *keys, const char *name);

#endif
