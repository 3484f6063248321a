/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "proof/proof.h"

#include <openssl/err.h>

#include "path.h"

_Static_assert(PROOF_MOST_KEYS == PATH_MAX_KEYS, "a proof is as long as a path");

/* Linked directly; pinning.so finds these by name in the OpenSSL that loaded it. */
static const struct libcrypto direct = {
#define X(name) .name = name,
    PIN_LIBCRYPTO_FUNCTIONS(X) PIN_LIBCRYPTO_REFUSAL_FUNCTIONS(X)
#undef X
};

bool openssl_sha256(const struct libcrypto *crypto, const void *data, size_t size,
                    unsigned char ret_digest[32]) {
  (void)crypto;
  return EVP_Digest(data, size, ret_digest, NULL, EVP_sha256(), NULL) == 1;
}

static void take(const struct path *path, struct proof *ret_proof) {
  for (size_t i = 0; i < path->pin.count; i++) {
    if (X509_up_ref(path->certificates[i]) != 1)
      return;
    ret_proof->certificates[ret_proof->count++] = path->certificates[i];
  }
}

void proof_make(X509 *peer, STACK_OF(X509) * sent, X509_STORE *store, struct proof *ret_proof) {
  struct evidence evidence = {.peer = peer, .untrusted = sent, .store = store};
  struct path path;
  *ret_proof = (struct proof){.count = 0};
  ERR_set_mark();
  path_init(&path);
  path_begin(&evidence, false, &path);
  while (path_extend(&direct, &path))
    continue;
  take(&path, ret_proof);
  ret_proof->cut = path.pin.cut;
  ret_proof->permission = path_permission(&direct, &path, path.pin.count);
  ret_proof->permitted = path.permitted;
  path_clear(&direct, &path);
  ERR_pop_to_mark();
}

void proof_clear(struct proof *proof) {
  for (size_t i = 0; i < proof->count; i++)
    X509_free(proof->certificates[i]);
  *proof = (struct proof){.count = 0};
}
