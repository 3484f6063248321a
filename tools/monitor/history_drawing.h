/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The keys of a host over time, drawn as lines of text, and by the HTML report (watch_html.c). */
#ifndef PINCTL_MONITOR_HISTORY_DRAWING_H
#define PINCTL_MONITOR_HISTORY_DRAWING_H

#include "monitor/history.h"

/* The first characters of a pin, enough to tell keys apart. */
#define SHOWN_OF_PIN 15

/* The period in which a key was seen. */
struct period {
  int port, depth;
  char pin[SHOWN_OF_PIN + 1];
  int64_t first, last;
};

struct history_drawing {
  struct period *periods; /* in the order in which they were added */
  size_t count;
};

struct history_drawing *drawing_new(void);
/* Takes NULL. */
void drawing_free(struct history_drawing *drawing);

/* When the first of the keys was first seen; INT64_MAX: there is none. */
int64_t drawing_begins(const struct history_drawing *drawing);

/* Adds the key of a row if it is the server's or its issuer's, not one above. Copies what it needs. */
void drawing_add(struct history_drawing *drawing, const struct history_row *row);

/* Prints a line for each key, from the first sight of any to `now`; nothing if there is none. */
void drawing_print(const struct history_drawing *drawing, int64_t now);

#endif
