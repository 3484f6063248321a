/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Where in the files of an OpenSSL configuration something stands; OpenSSL's own parser does not tell. */
#ifndef PINCTL_CONFIG_CONF_PLACE_H
#define PINCTL_CONFIG_CONF_PLACE_H

/*
 * Where lines written by hand activate the provider pinning: "file:line" of its section, which may be in a
 * file that this one includes, or the file alone where it is not found. For free(3); NULL: nothing activates
 * it. text: of the file `path`.
 */
char *conf_place_of_pinning(const char *path, const char *text);

#endif
