/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Remembers which hosts without an entry this process has logged: each host once for each key. The memory is
 * bounded, because somebody who makes a program connect chooses the names. A host whose place was reused is
 * logged again.
 */
#ifndef PIN_UNLISTED_TOLD_H
#define PIN_UNLISTED_TOLD_H

#include "pinpolicy.h"

/* A number for a host and the key that it shows, never 0. name, key: NULL if there is none. */
uint64_t unlisted_subject(const char *name, const struct pin_digest *key);

/* Whether the subject was logged. Any thread, no lock. */
bool unlisted_is_told(uint64_t subject);
/* Notes that the subject was logged. Any thread, no lock. */
void unlisted_note_told(uint64_t subject);

#endif
