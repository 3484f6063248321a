/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What people read in the place of A-labels (RFC 3492), for display only: nothing is compared by it. */
#ifndef PINCTL_BASE_PUNYCODE_H
#define PINCTL_BASE_PUNYCODE_H

/*
 * A name with each of its labels "xn--..." as the characters that it stands for, unescaped. NULL where the
 * name has no such label, or one that stands for nothing, or for ASCII alone. For free(3).
 */
char *name_in_unicode(const char *name);

#endif
