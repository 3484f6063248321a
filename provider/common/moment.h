/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Waits for another thread, in a function that must not be a cancellation point. */
#ifndef PIN_MOMENT_H
#define PIN_MOMENT_H

/* nanosleep(3), but a cancelled thread does not end in it. nanoseconds: less than a second. */
void moment_pass(long nanoseconds);

#endif
