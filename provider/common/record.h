/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Memory without which a connection cannot be judged. A few pieces are set aside, so that one allocation that
 * fails does not refuse a host that no entry covers.
 */
#ifndef PIN_RECORD_H
#define PIN_RECORD_H

#include <stddef.h>

/* Larger ones are not set aside. */
#define RECORD_SIZE 256

/* Zeroed; NULL: no memory, and all that was set aside is taken. From any thread. */
void *record_new(size_t size);
/* Takes NULL. */
void record_free(void *record);

#endif
