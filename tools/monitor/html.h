/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Writes a page of HTML to stdout. The page has no script and fetches nothing, so that it can be mailed or
 * kept. It has colours for light and dark, and all text has a contrast of at least 4.5:1 in both.
 */
#ifndef PINCTL_MONITOR_HTML_H
#define PINCTL_MONITOR_HTML_H

/* Everything before the first element of the body. title: plain text. */
void html_begin(const char *title);
void html_end(void);

/* Text from anywhere, e.g. a certificate: markup and characters that change the reading direction are
 * escaped. */
void html_text(const char *text);

/* Text with names in it: a narrow screen breaks them behind a dot. */
void html_prose(const char *text);
void html_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A name; one with A-labels is followed by its form in Unicode. */
void html_name(const char *name);

/* The same for the name or address of a server, with its port. */
void html_host(const char *host, unsigned port);

#endif
