/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Converts names in Unicode by libidn2, which is loaded when the first such name is found. */
#ifndef PIN_IDN_H
#define PIN_IDN_H

/* The file name of its ABI since version 2.0 of 2017. */
#define PIN_IDN_LIBRARY "libidn2.so.0"

enum pin_idn_result {
  PIN_IDN_DONE = 0,
  PIN_IDN_NO_LIBRARY, /* libidn2 is not installed */
  PIN_IDN_NO_NAME,    /* not UTF-8, or not a valid name by IDNA2008 with the mapping of UTS 46 */
  PIN_IDN_NO_MEMORY
};

/* Converts a name in UTF-8 to lower-case A-labels. library: the file name of libidn2; PIN_IDN_LIBRARY
 * except in tests. *ret_ascii is written only on PIN_IDN_DONE; the caller frees it by free(3). */
enum pin_idn_result pin_idn_to_ascii(const char *library, const char *name, char **ret_ascii);

#endif
