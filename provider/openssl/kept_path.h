/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The proven path in the form that a TLS session stores: digests, and whether the path is complete. A
 * resumed session verifies nothing, and one read from a file has only the peer's certificate. With this
 * record the policy can be asked again.
 */
#ifndef PIN_KEPT_PATH_H
#define PIN_KEPT_PATH_H

#include "path.h"

struct kept_path {
  size_t size; /* of `bytes` */
  unsigned char bytes[];
};

/*
 * Makes the stored form of a path. whole: the path is complete; otherwise nobody looked above its last key.
 * name: a name for which the peer's certificate was found valid, or NULL; a name over 255 bytes is left out.
 * The caller frees the result by free(3). NULL: the path is empty, or no memory.
 */
struct kept_path *kept_path_new(const struct path *path, bool whole, const char *name);

/* Whether these bytes, from any source, are a stored path: the right version of the form, and every length
 * fits. bytes: may be NULL. */
bool kept_path_is_one(const unsigned char *bytes, size_t size);

/*
 * Fills *ret_path from these bytes, instead of path_begin and path_extend. with_certificates: digests of
 * certificates are needed. *ret_whole: whether the path is complete. Returns false if the bytes are no stored
 * path or lack the certificates' digests; *ret_path is then unchanged.
 */
bool kept_path_read(const unsigned char *bytes, size_t size, bool with_certificates, struct path *ret_path,
                    bool *ret_whole);

/* Whether these bytes say that the peer's certificate is valid for this name. bytes: may be NULL. */
bool kept_path_speaks_for(const unsigned char *bytes, size_t size, const char *name);

#endif
