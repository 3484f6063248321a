/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Headers Public-Key-Pins of one text, and which of several is that of --host. */
#ifndef PINCTL_FORMATS_HPKP_H
#define PINCTL_FORMATS_HPKP_H

#include <stdbool.h>
#include <stddef.h>

/* What part of a value is only known when a program runs: a variable, a call, a place for something. */
#define EXPRESSION "$%{("

struct header {
  char *value;
  unsigned line;
  bool report_only;
  bool is_of_host; /* its server says that it is that of --host */
  size_t server;   /* the number of the server that it stands in, in the order of the text */
};

struct headers {
  struct header *items;
  size_t count;
  bool are_sent; /* not what a server is told to send */
};

/* Whether a value names a pin of any kind, a pin or another directive, or what may be one when a program
 * runs. */
bool hpkp_has_pins(const char *value);
bool hpkp_has_directives(const char *value);
bool hpkp_may_have_pins(const struct header *header);

bool hpkp_is_same(const struct header *header, const struct header *other);

/* Notes of each header which server it stands in, and whether that is `host`. They are in the order of the
 * text. */
void hpkp_find_servers(const char *text, const char *host, struct headers *headers);

/* The header of --host, after hpkp_find_servers; NULL: there is none. *ret_is_open: another one may be that,
 * and nothing tells. */
struct header *hpkp_find_own(const struct headers *headers, bool *ret_is_open);

#endif
