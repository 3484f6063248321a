/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PIN_CANONICAL_NAME_H
#define PIN_CANONICAL_NAME_H

#include "pinpolicy.h"

/* Whether a name has bytes outside ASCII, so that its canonical form differs. */
bool pin_name_is_unicode(const char *name);

/* The kind of a canonical name. */
enum pin_name_kind pin_name_kind_of(const char *canonical);

/* pin_name_canonical with another file name for libidn2, for tests. */
enum pin_status pin_name_canonical_by(const char *idn_library, const char *name, char **ret_name,
                                      const char **ret_why);

#endif
