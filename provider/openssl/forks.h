/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What is to be asked of an OpenSSL before the process forks is asked then, and fork_lock.h holds in it. */
#ifndef PIN_FORKS_H
#define PIN_FORKS_H

/* From now on. Once is enough. */
void forks_watch(void);

#endif
