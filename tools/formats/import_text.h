/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* From the bytes of a file to the text that a format's reader is given. */
#ifndef PINCTL_FORMATS_IMPORT_TEXT_H
#define PINCTL_FORMATS_IMPORT_TEXT_H

#include "formats/conversion.h"

/*
 * Makes *text, `length` bytes and a NUL, the text of the conversion: UTF-16 with a byte order mark becomes
 * UTF-8, a byte order mark goes, and each end of a line becomes one newline. *text may be replaced by another
 * allocation; it stays the caller's. Returns false, having said what the file is and what helps, where it is
 * no text: a binary property list, compiled Android XML, or anything else with a NUL.
 */
bool import_text_prepare(struct conversion *conversion, char **text, size_t length);

/*
 * The same for another file of the format, without a word: UTF-8 and newlines. False: it begins with the byte
 * order mark of UTF-16, and is not that. A text with a NUL stays as it is.
 */
bool import_text_decode(char **text, size_t *length);

#endif
