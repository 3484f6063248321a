/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Entries of a policy, cut down to what a format can hold. Everything that is cut off is counted as a loss;
 * an entry of which nothing is left, or that would mean something else, stays out as a whole.
 */
#ifndef PINCTL_FORMATS_EXPORT_FIT_H
#define PINCTL_FORMATS_EXPORT_FIT_H

#include "formats/formats.h"

/* port: for entries that are for every port, where the format holds single ports; 0: none was given. */
void export_fit(struct conversion *conversion, const struct format *format, const struct pin_entry *entry,
                uint16_t port);

/* After the last entry: what only all of them together can get wrong. */
void export_fit_whole(struct conversion *conversion, const struct format *format);

#endif
