/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The smallest module that OpenSSL accepts as a provider; it shows what loading any module costs. */
#include <openssl/core.h>
#include <openssl/core_dispatch.h>

static const OSSL_ALGORITHM *query_operation(void *provctx, int operation, int *no_cache) {
  (void)provctx;
  (void)operation;
  *no_cache = 0;
  return NULL;
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
