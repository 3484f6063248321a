/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Where the other parts of this installation are: always relative to pinctl itself, never by a fixed path. */
#ifndef PINCTL_CONFIG_INSTALLATION_H
#define PINCTL_CONFIG_INSTALLATION_H

#include <stdbool.h>

#include "base/must_use.h"

struct installation {
  char *shim;   /* libpinning-preload.so */
  char *module; /* pinning.so as the shim loads it */
};

/* Only where they would be. False, having said why, where not even that can be told. To be cleared in any
 * case. */
MUST_USE bool installation_locate(struct installation *ret_installation);

/* Returns false, having said which is missing, unless both can be read. To be cleared in any case. */
MUST_USE bool installation_find(struct installation *ret_installation);

/*
 * Whether a text, an openssl.cnf, an ld.so.preload or a drop-in of a unit, names by whole paths the shim or
 * the module of other installations only. In doubt it is ours: what names a library that is about to go, and
 * be it without a path, must not stay.
 */
bool installation_is_of_another(const struct installation *installation, const char *text);

void installation_clear(struct installation *installation);

#endif
