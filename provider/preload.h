/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What the files of the preload shim share. */
#ifndef PIN_PRELOAD_H
#define PIN_PRELOAD_H

/*
 * Whether an entry of the policy covers the name, for any port: pinning_covers of pinning.so, which is loaded
 * for it. 1 also where it cannot be loaded.
 */
int preload_covers(const char *name);

#endif
