/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A proven path as it is kept in a TLS session: digests, and how far was looked. A resumed session verifies
 * nothing, and one from a file has lost all certificates but the peer's; with this the policy can be asked
 * again without either.
 */
#ifndef PIN_KEPT_PATH_H
#define PIN_KEPT_PATH_H

#include "path.h"

struct kept_path {
  size_t size; /* of the bytes */
  unsigned char bytes[];
};

/*
 * whole: the path came to its end; otherwise nobody looked above its last key. name: for which the peer's
 * certificate was seen to speak; a longer one than a byte can tell, or NULL, is not kept. For free(3); NULL:
 * the path is empty, or no memory.
 */
struct kept_path *kept_path_new(const struct path *path, bool whole, const char *name);

/* Whether these bytes, from wherever, are a kept path: this version of the form, whole in every length. */
bool kept_path_is_one(const unsigned char *bytes, size_t size);

/*
 * Fills the path from such bytes, in place of path_begin and path_extend. with_certificates: digests of
 * certificates are needed. False: the bytes are no kept path, or lack these, and the path is unchanged.
 */
bool kept_path_read(const unsigned char *bytes, size_t size, bool with_certificates, struct path *ret_path,
                    bool *ret_whole);

/* Whether such bytes, or none, say that the peer's certificate speaks for this name. */
bool kept_path_speaks_for(const unsigned char *bytes, size_t size, const char *name);

#endif
