/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The steps of pin_compiled_begin: writing a compiled form beside its place. */
#ifndef PIN_COMPILED_BESIDE_H
#define PIN_COMPILED_BESIDE_H

/* Creates an empty file. Returns 0 or an errno value. The caller passes *ret_beside and *ret_fd to
 * pin_compiled_drop or pin_compiled_put. */
int pin_compiled_make_beside(const char *path, char **ret_beside, int *ret_fd);

/* Sets the file's mode and flushes it to the disk. Returns 0 or an errno value. */
int pin_compiled_make_durable(int fd);

#endif
