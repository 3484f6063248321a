/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Which hosts without an entry this process has told the log of: each once for each key. The memory is
 * bounded, since whoever makes a program connect chooses the names; a host whose place was taken is told of
 * again.
 */
#ifndef PIN_UNLISTED_TOLD_H
#define PIN_UNLISTED_TOLD_H

#include "pinpolicy.h"

/* A number for a host and the key that it shows; key: NULL where it shows none. Never 0. */
uint64_t unlisted_subject(const char *name, const struct pin_digest *key);

/* Any thread, no lock. */
bool unlisted_is_told(uint64_t subject);
void unlisted_note_told(uint64_t subject);

#endif
