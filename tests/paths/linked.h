/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PATHS_LINKED_H
#define PATHS_LINKED_H

#include "kit.h"

/* The place of the program's OpenSSL. */
enum linkage {
  LINKED_SHARED,
  LINKED_EXPORTED, /* inside the program, which exports its functions */
  LINKED_HIDDEN    /* inside the program, which exports nothing */
};

/* Also the entry of the plug-in, which is found by name. */
__attribute__((visibility("default"))) int linked_main(enum linkage linkage, int argc, char **argv);

#endif
