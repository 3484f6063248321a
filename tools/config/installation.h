/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Where the other parts of this installation are: always relative to pinctl itself, never by a fixed path. */
#ifndef PINCTL_CONFIG_INSTALLATION_H
#define PINCTL_CONFIG_INSTALLATION_H

#include <stdbool.h>

struct installation {
  char *shim;   /* libpinning-preload.so */
  char *module; /* pinning.so as the shim loads it */
};

/* Only where they would be. False, having said why, where not even that can be told. To be cleared in any
 * case. */
bool installation_locate(struct installation *ret_installation);

/* Returns false, having said which is missing, unless both can be read. To be cleared in any case. */
bool installation_find(struct installation *ret_installation);
void installation_clear(struct installation *installation);

#endif
