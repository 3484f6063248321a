/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A compiled form that waits beside its place: the steps of pin_compiled_begin. */
#ifndef PIN_COMPILED_BESIDE_H
#define PIN_COMPILED_BESIDE_H

/* An empty file. Returns 0 or an errno value; *ret_beside is for pin_compiled_drop or pin_compiled_put. */
int pin_compiled_make_beside(const char *path, char **ret_beside, int *ret_fd);

/* Gives it its mode, and has it on the disk. Returns 0 or an errno value. */
int pin_compiled_make_durable(int fd);

#endif
