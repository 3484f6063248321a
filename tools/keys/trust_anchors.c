/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "keys/trust_anchors.h"

#include <errno.h>
#include <fts.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/memory.h"
#include "cli/output.h"
#include "keys/key_object.h"

/*
 * Debian, Alpine and Arch; Fedora; openSUSE. Without the sub-folders "anchors" of the latter two, which
 * are for additions, and without /etc/ssl/certs, which has shipped and added roots.
 */
static const char *const usual_places[] = {
    "/usr/share/ca-certificates",
    "/usr/share/pki/ca-trust-source/ca-bundle.trust.p11-kit",
    "/usr/share/pki/trust/ca-certificates-mozilla.trust.p11-kit",
};

static void add_certificate(X509 *certificate, struct anchors *anchors) {
  struct object object;
  if (object_from_certificate(certificate, &object)) {
    anchors->keys = must_grow(anchors->keys, anchors->count + 1, sizeof *anchors->keys);
    anchors->keys[anchors->count++] = object.key;
  }
  object_clear(&object);
}

/* Skips a damaged certificate: it is then not an anchor, and chains that end in it are left out. */
static void add_file(const char *path, struct anchors *anchors) {
  BIO *bio = BIO_new_file(path, "r");
  for (bool ended = bio == NULL; !ended;) {
    X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
    if (certificate != NULL)
      add_certificate(certificate, anchors);
    else
      ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE || BIO_eof(bio);
    ERR_clear_error();
  }
  BIO_free(bio);
  ERR_clear_error();
}

/* 0 or an errno value. */
static int add_tree(const char *path, struct anchors *anchors) {
  AUTO_TEXT copy = must_copy(path);
  char *const paths[] = {copy, NULL};
  FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
  int error = tree == NULL ? errno : 0;
  for (FTSENT *entry; tree != NULL && (entry = fts_read(tree)) != NULL;) {
    if (entry->fts_info == FTS_F)
      add_file(entry->fts_path, anchors);
    else if (entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
      error = entry->fts_errno;
  }
  if (tree != NULL)
    fts_close(tree);
  return error;
}

static int compare(const void *a, const void *b) {
  return memcmp(a, b, sizeof(struct pin_digest));
}

bool anchors_read(const char *path, struct anchors *ret_anchors) {
  *ret_anchors = (struct anchors){0};
  int error = 0;
  for (size_t i = 0; path == NULL && i < COUNT_OF(usual_places); i++)
    add_tree(usual_places[i], ret_anchors);
  if (path != NULL)
    error = add_tree(path, ret_anchors);
  if (error != 0)
    say_error("%s: %s", path, strerror(error));
  else if (ret_anchors->count == 0 && path != NULL)
    say_error("%s: expected certificates in PEM", path);
  else if (ret_anchors->count == 0)
    say_error("the roots that this distribution ships are in none of the usual places; name the file or "
              "folder: --system-anchors");
  if (error != 0 || ret_anchors->count == 0)
    return false;
  qsort(ret_anchors->keys, ret_anchors->count, sizeof *ret_anchors->keys, compare);
  return true;
}

void anchors_clear(struct anchors *anchors) {
  free(anchors->keys);
  *anchors = (struct anchors){0};
}

bool anchors_hold(const struct anchors *anchors, const struct pin_digest *key) {
  return anchors->count > 0 &&
         bsearch(key, anchors->keys, anchors->count, sizeof *anchors->keys, compare) != NULL;
}
