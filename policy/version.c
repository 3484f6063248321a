/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "pinpolicy_version.h"

unsigned pin_version(void) {
  return PINPOLICY_VERSION_NUMBER;
}
