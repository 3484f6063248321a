/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Writing a page of HTML to stdout. It has no script and fetches nothing, so that it may be mailed or kept;
 * its colours are for light and for dark, and each text has a contrast of at least 4.5:1 in both.
 */
#ifndef PINCTL_MONITOR_HTML_H
#define PINCTL_MONITOR_HTML_H

/* Everything before the first element of the body. title: plain text. */
void html_begin(const char *title);
void html_end(void);

/* What a certificate brings is neither markup nor anything that turns the reading direction around. */
void html_text(const char *text);

/* Text with names in it: on a narrow screen they are broken behind a dot rather than within a word. */
void html_prose(const char *text);
void html_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A name, and where it is made of A-labels what people read in their place. */
void html_name(const char *name);

/* The same of a server's name or address, with its port. */
void html_host(const char *host, unsigned port);

#endif
