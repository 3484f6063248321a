/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Decides which of several headers Public-Key-Pins in a text belongs to --host. */
#ifndef PINCTL_FORMATS_HPKP_H
#define PINCTL_FORMATS_HPKP_H

#include <stdbool.h>
#include <stddef.h>

/* Signs of an expression, whose value only a running program knows: a variable, a call, a placeholder. */
#define EXPRESSION "$%{("

struct header {
  char *value;
  unsigned line;
  bool report_only;
  bool is_of_host; /* its server block names --host */
  size_t server;   /* the number of its server block, in the order of the text */
};

struct headers {
  struct header *items;
  size_t count;
  bool are_sent; /* headers as sent, not a server's configuration */
};

/* Whether a value has a pin of any kind; a pin or another directive; a pin or an expression that may
 * become one. */
bool hpkp_has_pins(const char *value);
bool hpkp_has_directives(const char *value);
bool hpkp_may_have_pins(const struct header *header);

bool hpkp_is_same(const struct header *header, const struct header *other);

/* Sets for each header its server block, and whether that names `host`. The headers are in the order of
 * the text. */
void hpkp_find_servers(const char *text, const char *host, struct headers *headers);

/* Returns the header for --host, after hpkp_find_servers, or NULL if there is no header. *ret_is_open:
 * nothing tells which of several it is. */
struct header *hpkp_find_own(const struct headers *headers, bool *ret_is_open);

#endif
