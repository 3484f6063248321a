/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The keys of a host over time, as lines of text. */
#ifndef PINCTL_MONITOR_HISTORY_DRAWING_H
#define PINCTL_MONITOR_HISTORY_DRAWING_H

#include "monitor/history.h"

struct history_drawing;

struct history_drawing *drawing_new(void);
/* Takes NULL. */
void drawing_free(struct history_drawing *drawing);

/* A key of a server or of its issuer; those above are left out. Copies what it needs. */
void drawing_add(struct history_drawing *drawing, const struct history_row *row);

/* On stdout: from the first sight of any to `now`, a line each. Nothing where there is none. */
void drawing_print(const struct history_drawing *drawing, int64_t now);

#endif
