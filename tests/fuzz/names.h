/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A policy with every sort of name, and a simple way to find which entry covers a name. */
#ifndef FUZZ_NAMES_H
#define FUZZ_NAMES_H

#include <stdbool.h>

/* Its entries accept one key that no certificate has. */
extern const char names_policy[];

/* Whether a label is empty, except after a trailing dot; also if there is no label at all. */
bool names_has_empty_label(const char *name);

/* The name of the entry; NULL: none. For names without an empty label, and for addresses in any spelling. */
const char *names_entry(const char *name);

/* Whether it is a host name that every client can send: letters, digits, hyphens, dots; and no address. */
bool names_is_plain(const char *name);

#endif
