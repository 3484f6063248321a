/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Waiting for another thread, in the middle of a function that is no cancellation point. */
#ifndef PIN_MOMENT_H
#define PIN_MOMENT_H

/* nanosleep(3), but a thread that was cancelled does not end in it. */
void moment_pass(long nanoseconds);

#endif
