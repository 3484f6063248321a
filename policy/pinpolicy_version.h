/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The version of libpinpolicy. This is the only place that sets the project's version: CMake and the
 * packages read it here. docs/compatibility.md says when which number changes. */
#ifndef PINPOLICY_VERSION_H
#define PINPOLICY_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

#define PINPOLICY_VERSION_MAJOR 0
#define PINPOLICY_VERSION_MINOR 1
#define PINPOLICY_VERSION_PATCH 0
/* For comparisons by the preprocessor: 0x010203 is 1.2.3. */
#define PINPOLICY_VERSION_NUMBER                                                                             \
  (PINPOLICY_VERSION_MAJOR << 16 | PINPOLICY_VERSION_MINOR << 8 | PINPOLICY_VERSION_PATCH)

/* The PINPOLICY_VERSION_NUMBER of the library that is running, which may differ from the one at compile
 * time. */
unsigned pin_version(void);

#ifdef __cplusplus
}
#endif

#endif
