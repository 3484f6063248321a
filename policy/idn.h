/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Names in Unicode, by libidn2, which is loaded when the first such name is met and not needed otherwise. */
#ifndef PIN_IDN_H
#define PIN_IDN_H

/* Its ABI since version 2.0 of 2017. */
#define PIN_IDN_LIBRARY "libidn2.so.0"

enum pin_idn_result {
  PIN_IDN_DONE = 0,
  PIN_IDN_NO_LIBRARY, /* it is not installed */
  PIN_IDN_NO_NAME,    /* not UTF-8, or not a name by IDNA2008 with the mapping of UTS 46 */
  PIN_IDN_NO_MEMORY
};

/*
 * The A-labels of a name in UTF-8, in lower case. library: the soname of libidn2, PIN_IDN_LIBRARY but in
 * tests. *ret_ascii is for free(3) and written only on PIN_IDN_DONE.
 */
enum pin_idn_result pin_idn_to_ascii(const char *library, const char *name, char **ret_ascii);

#endif
