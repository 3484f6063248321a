/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Cuts entries of a policy down to what a format can hold. Everything that is cut off is a loss. An entry
 * that would be empty, or would mean something else, is left out as a whole.
 */
#ifndef PINCTL_FORMATS_EXPORT_FIT_H
#define PINCTL_FORMATS_EXPORT_FIT_H

#include "formats/formats.h"

/* port: for entries for every port, if the format needs single ports; 0: not given. */
void export_fit(struct conversion *conversion, const struct format *format, const struct pin_entry *entry,
                uint16_t port);

/* Call after the last entry: checks what concerns all entries together. */
void export_fit_whole(struct conversion *conversion, const struct format *format);

#endif
