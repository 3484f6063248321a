/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A provider that claims to have SHA2-256, as one of FIPS 140 has without "default". */
#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#define SIZE 32
#define BLOCK_SIZE 64

static int get_params(OSSL_PARAM params[]) {
  OSSL_PARAM *size = OSSL_PARAM_locate(params, OSSL_DIGEST_PARAM_SIZE);
  OSSL_PARAM *block_size = OSSL_PARAM_locate(params, OSSL_DIGEST_PARAM_BLOCK_SIZE);

  return (size == NULL || OSSL_PARAM_set_size_t(size, SIZE) == 1) &&
         (block_size == NULL || OSSL_PARAM_set_size_t(block_size, BLOCK_SIZE) == 1);
}

static int digest(void *provctx, const unsigned char *in, size_t inl, unsigned char *out, size_t *outl,
                  size_t outsz) {
  (void)provctx;
  (void)in;
  (void)inl;
  (void)out;
  (void)outl;
  (void)outsz;
  return 0;
}

static const OSSL_DISPATCH sha256[] = {{OSSL_FUNC_DIGEST_GET_PARAMS, (void (*)(void))get_params},
                                       {OSSL_FUNC_DIGEST_DIGEST, (void (*)(void))digest},
                                       {0, NULL}};
static const OSSL_ALGORITHM digests[] = {{"SHA2-256:SHA-256:SHA256", "provider=claiming", sha256, NULL},
                                         {NULL, NULL, NULL, NULL}};

static const OSSL_ALGORITHM *query_operation(void *provctx, int operation, int *no_cache) {
  (void)provctx;
  *no_cache = 0;
  return operation == OSSL_OP_DIGEST ? digests : NULL;
}

static const OSSL_DISPATCH dispatch_table[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query_operation}, {0, NULL}};

__attribute__((visibility("default"))) OSSL_provider_init_fn OSSL_provider_init;

int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                       void **provctx) {
  static char context;

  (void)handle;
  (void)in;
  *out = dispatch_table;
  *provctx = &context;
  return 1;
}
