/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Our info callbacks (SSL_set_info_callback(3)), which stand in for the program's. The program may read one
 * of ours and set it elsewhere at any time. So each of ours stands for one function of the program's, always
 * the same: wherever ours is set, it calls the program's function as if that one were set.
 */
#ifndef PIN_INFO_CALLBACK_H
#define PIN_INFO_CALLBACK_H

#include "hook.h"

/* To be called once for each hook, before any other function of this file. */
void info_callback_begin(struct hook *hook);

/*
 * The callback of ours that stands for `program` in this hook's OpenSSL. program: a function of the
 * program's, or one of ours (which gives that one's stand-in), or NULL for none. The same function always
 * gets the same answer. NULL: the process has more functions than MAX_STAND_INS. Any thread.
 */
info_fn *info_callback_for(struct hook *hook, info_fn *program);

/* Whether `info` is a callback of ours for this hook. info: may be NULL, which gives false. */
bool info_callback_is_ours(const struct hook *hook, info_fn *info);

#endif
