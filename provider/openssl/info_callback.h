/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Info callbacks (SSL_set_info_callback(3)) that stand in for a program's. The program may read ours and set
 * it anywhere, later or in the middle of an event, so each of ours stands for one function of the program's,
 * and always for that one: wherever it is set, the program's function is called as if it stood there itself.
 */
#ifndef PIN_INFO_CALLBACK_H
#define PIN_INFO_CALLBACK_H

#include "hook.h"

/* Once for each hook, before any callback is asked for. */
void info_callback_begin(struct hook *hook);

/*
 * The callback that stands for `program`, a program's function, one of ours, or NULL (none) in this hook's
 * OpenSSL. The same for the same function. NULL: a process has more of them than there are callbacks of ours.
 */
info_fn *info_callback_for(struct hook *hook, info_fn *program);

/* Whether it is one of ours for this hook. info: may be NULL, which is none. */
bool info_callback_is_ours(const struct hook *hook, info_fn *info);

#endif
