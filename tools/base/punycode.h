/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Decodes internationalised host names (A-labels, RFC 3492). For display only: names are never compared in
 * this form. */
#ifndef PINCTL_BASE_PUNYCODE_H
#define PINCTL_BASE_PUNYCODE_H

/*
 * The name with each label "xn--..." replaced by its Unicode characters, unescaped. NULL: no label is of that
 * form, or one is invalid or decodes to ASCII only. For free(3).
 */
char *name_in_unicode(const char *name);

#endif
