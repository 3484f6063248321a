/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PINCTL_CONFIG_ROOT_DIRECTORY_H
#define PINCTL_CONFIG_ROOT_DIRECTORY_H

#include "base/must_use.h"

#include <stdbool.h>

/*
 * Makes a folder with an image or a chroot the root directory of this process, so that every path and link in
 * it means what it will mean there. For good. False, having said why, where that is not possible.
 */
MUST_USE bool enter_root(const char *root);

#endif
