/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The keys of a host over time: as lines of text, and for the HTML report (watch_html.c). */
#ifndef PINCTL_MONITOR_HISTORY_DRAWING_H
#define PINCTL_MONITOR_HISTORY_DRAWING_H

#include "monitor/history.h"

/* As much of a pin as tells keys apart at a glance. */
#define SHOWN_OF_PIN 15

/* From when to when a key was seen. */
struct stretch {
  int port, depth;
  char pin[SHOWN_OF_PIN + 1];
  int64_t first, last;
};

struct history_drawing {
  struct stretch *stretches; /* in the order in which they were added */
  size_t count;
};

struct history_drawing *drawing_new(void);
/* Takes NULL. */
void drawing_free(struct history_drawing *drawing);

/* The first sight of any; INT64_MAX where there is none. */
int64_t drawing_begins(const struct history_drawing *drawing);

/* A key of a server or of its issuer; those above are left out. Copies what it needs. */
void drawing_add(struct history_drawing *drawing, const struct history_row *row);

/* On stdout: from the first sight of any to `now`, a line each. Nothing where there is none. */
void drawing_print(const struct history_drawing *drawing, int64_t now);

#endif
