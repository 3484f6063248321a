/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A program with OpenSSL linked into it. */
#include "linked.h"

int main(int argc, char **argv) {
  return linked_main(PATHS_LINKAGE, argc, argv);
}
