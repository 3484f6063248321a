/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The text of an imported list, whose entries share pin sets. */
#ifndef PINCTL_FORMATS_LIST_RENDER_H
#define PINCTL_FORMATS_LIST_RENDER_H

#include "formats/conversion.h"

/* The text of edit/list_file.h's file. format: for its first line. For free(3). */
char *import_list_render(const struct conversion *conversion, const char *name, const char *format);

#endif
