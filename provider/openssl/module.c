/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The OpenSSL provider: entry points, parameters and dispatch table. It provides no algorithm. OpenSSL and
 * the shim call it. */

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <syslog.h>

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "checked_name.h"
#include "common/log.h"
#include "common/module.h"
#include "common/policy_store.h"
#include "common/question.h"
#include "common/settings.h"
#include "hooks.h"
#include "libc_symbol.h"

/* OPENSSL_EXPORT is only `extern`; since we build with hidden visibility, entry points must be marked
 * visible. */
#define VISIBLE __attribute__((visibility("default")))

bool libc_lies_behind(void) {
  return true;
}

/* One load of the provider, in one library context. */
struct provider {
  const OSSL_CORE_HANDLE *handle;
  _Atomic(OSSL_FUNC_provider_free_fn *) deactivate; /* NULL: not ours to call, or already called */
  bool installed;
  char build_info[256];
  char policy_path[256];
  char generation[17];
};

#define PARAM_POLICY "policy"
#define PARAM_POLICY_HOSTS "policy-hosts"
#define PARAM_POLICY_GENERATION "policy-generation"

static const OSSL_PARAM gettable[] = {
    OSSL_PARAM_DEFN(OSSL_PROV_PARAM_NAME, OSSL_PARAM_UTF8_PTR, NULL, 0),
    OSSL_PARAM_DEFN(OSSL_PROV_PARAM_VERSION, OSSL_PARAM_UTF8_PTR, NULL, 0),
    OSSL_PARAM_DEFN(OSSL_PROV_PARAM_BUILDINFO, OSSL_PARAM_UTF8_PTR, NULL, 0),
    OSSL_PARAM_DEFN(OSSL_PROV_PARAM_STATUS, OSSL_PARAM_INTEGER, NULL, 0),
    OSSL_PARAM_DEFN(PARAM_POLICY, OSSL_PARAM_UTF8_PTR, NULL, 0),
    OSSL_PARAM_DEFN(PARAM_POLICY_HOSTS, OSSL_PARAM_UNSIGNED_INTEGER, NULL, 0),
    OSSL_PARAM_DEFN(PARAM_POLICY_GENERATION, OSSL_PARAM_UTF8_PTR, NULL, 0),
    OSSL_PARAM_END};

static const OSSL_PARAM *gettable_params(void *provctx) {
  (void)provctx;
  return gettable;
}

/* OSSL_PARAM_set_utf8_ptr is in libcrypto, which we do not link, so this does its work. */
static int set_text(OSSL_PARAM *param, const char *text) {
  if (param->data_type != OSSL_PARAM_UTF8_PTR)
    return 0;
  param->return_size = strlen(text);
  if (param->data != NULL)
    *(const char **)param->data = text;
  return 1;
}

/* Accepts integers of the sizes that callers use, signed or not: all our numbers are small and not
 * negative. */
static int set_number(OSSL_PARAM *param, uint32_t number) {
  uint64_t wide = number;

  if (param->data_type != OSSL_PARAM_INTEGER && param->data_type != OSSL_PARAM_UNSIGNED_INTEGER)
    return 0;
  if (param->data_size != sizeof wide && param->data_size != sizeof number)
    return 0;
  param->return_size = param->data_size;
  if (param->data == NULL)
    return 1;
  if (param->data_size == sizeof wide)
    memcpy(param->data, &wide, sizeof wide);
  else
    memcpy(param->data, &number, sizeof number);
  return 1;
}

static void copy_cut(const char *text, char *ret_text, size_t size) {
  size_t length = strlen(text);

  if (length >= size)
    length = size - 1;
  memcpy(ret_text, text, length);
  ret_text[length] = '\0';
}

static void format_generation(uint64_t generation, char ret_text[17]) {
  for (int i = 0; i < 16; i++)
    ret_text[i] = "0123456789abcdef"[generation >> (60 - 4 * i) & 15];
  ret_text[16] = '\0';
}

/* Describes the policy of this process and returns its number of hosts. It goes into the build information
 * because `openssl list -providers -verbose` prints no value of any other parameter. */
static uint32_t describe_policy(struct provider *provider) {
  const struct pin_policy *policy = policy_acquire();
  uint32_t hosts = policy != NULL ? policy->entry_count : 0;

  copy_cut(settings_policy_path(), provider->policy_path, sizeof provider->policy_path);
  memcpy(provider->generation, "none", sizeof "none");
  if (policy != NULL)
    format_generation(policy->generation, provider->generation);
  snprintf(provider->build_info, sizeof provider->build_info, "%s; policy %.128s, hosts %u, generation %s",
           PINNING_VERSION, provider->policy_path, hosts, provider->generation);
  policy_release(policy);
  return hosts;
}

static int get_param(struct provider *provider, uint32_t hosts, OSSL_PARAM *param) {
  if (strcmp(param->key, OSSL_PROV_PARAM_NAME) == 0)
    return set_text(param, "Pinning Provider");
  if (strcmp(param->key, OSSL_PROV_PARAM_VERSION) == 0)
    return set_text(param, PINNING_VERSION);
  if (strcmp(param->key, OSSL_PROV_PARAM_BUILDINFO) == 0)
    return set_text(param, provider->build_info);
  if (strcmp(param->key, OSSL_PROV_PARAM_STATUS) == 0)
    return set_number(param, provider->installed ? 1 : 0);
  if (strcmp(param->key, PARAM_POLICY) == 0)
    return set_text(param, provider->policy_path);
  if (strcmp(param->key, PARAM_POLICY_HOSTS) == 0)
    return set_number(param, hosts);
  if (strcmp(param->key, PARAM_POLICY_GENERATION) == 0)
    return set_text(param, provider->generation);
  return 1;
}

static int get_params(void *provctx, OSSL_PARAM params[]) {
  struct provider *provider = provctx;
  int saved_errno = errno;
  uint32_t hosts = describe_policy(provider);
  int ok = 1;

  for (OSSL_PARAM *param = params; ok != 0 && param->key != NULL; param++)
    ok = get_param(provider, hosts, param);
  errno = saved_errno;
  return ok;
}

/*
 * Answers OpenSSL's searches for algorithms with "none". Decoding a key, or the first fetch of an algorithm,
 * asks all active providers under locks, which is wasted on us: our callbacks work whether we are active or
 * not. So at the first question we take back the activation that the configuration gave us (openssl-internals
 * P4). Not earlier, because `openssl list -providers` and pinctl show what is active.
 *
 * If the first question comes from a library context that another provider made as a child of this one,
 * OpenSSL asks for a lock that it already holds. glibc reports that, OpenSSL goes on, and all counts stay
 * right; only a libcrypto built with assertions would stop.
 */
static const OSSL_ALGORITHM *query_operation(void *provctx, int operation, int *no_cache) {
  struct provider *provider = provctx;
  OSSL_FUNC_provider_free_fn *deactivate = atomic_exchange(&provider->deactivate, NULL);

  (void)operation;
  *no_cache = 0;
  if (deactivate != NULL)
    deactivate(provider->handle, 1);
  return NULL;
}

/* The hooks stay: other library contexts and running connections still use them. */
static void teardown(void *provctx) {
  free(provctx);
}

/* The functions that OpenSSL offers us; either may be NULL. */
struct upcalls {
  OSSL_FUNC_core_get_params_fn *get_params;
  OSSL_FUNC_provider_free_fn *provider_free;
};

static struct upcalls find_upcalls(const OSSL_DISPATCH *in) {
  struct upcalls found = {NULL, NULL};

  for (; in->function_id != 0; in++) {
    if (in->function_id == OSSL_FUNC_CORE_GET_PARAMS)
      found.get_params = OSSL_FUNC_core_get_params(in);
    else if (in->function_id == OSSL_FUNC_PROVIDER_FREE)
      found.provider_free = OSSL_FUNC_provider_free(in);
  }
  return found;
}

/*
 * Reads our settings and returns whether the configuration activated us. A program that called
 * OSSL_PROVIDER_load(3) must take its activation back itself. A provider's parameters are everything in its
 * section (openssl-internals P3).
 */
static bool read_settings(const OSSL_CORE_HANDLE *handle, OSSL_FUNC_core_get_params_fn *core_get_params) {
  char *policy = NULL, *on_policy_error = NULL, *activate = NULL;
  OSSL_PARAM params[] = {OSSL_PARAM_DEFN("policy", OSSL_PARAM_UTF8_PTR, &policy, 0),
                         OSSL_PARAM_DEFN("on_policy_error", OSSL_PARAM_UTF8_PTR, &on_policy_error, 0),
                         OSSL_PARAM_DEFN("activate", OSSL_PARAM_UTF8_PTR, &activate, 0), OSSL_PARAM_END};

  if (core_get_params == NULL || core_get_params(handle, params) != 1)
    return false;
  settings_configure(policy, on_policy_error);
  return activate != NULL && strcmp(activate, "1") == 0;
}

static const OSSL_DISPATCH dispatch_table[] = {
    {OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))teardown},
    {OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, (void (*)(void))gettable_params},
    {OSSL_FUNC_PROVIDER_GET_PARAMS, (void (*)(void))get_params},
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query_operation},
    {0, NULL}};

/* Logs if the hooks could not be installed. Returns `attached`. */
static bool report(bool attached) {
  if (attached)
    return true;
  log_line(LOG_CRIT,
           "event=not-enforced message=\"the functions of this process's OpenSSL cannot be found\"");
  return false;
}

/* Usually only root can enter a chroot, where the policy file cannot be read. A program may do so before
 * it has its first SSL_CTX (connection.c), as Dovecot's login processes do. */
static void prepare_for_chroot(void) {
  int saved_errno = errno;

  if (getauxval(AT_EUID) == 0)
    policy_take_form();
  errno = saved_errno;
}

VISIBLE int pinning_attach(const void *address, const struct pinning_seen *seen) {
  question_use_seen(seen);
  prepare_for_chroot();
  return report(hooks_install_for_checks(address));
}

VISIBLE int pinning_allows(const void *check_host, struct x509_st *certificate, const char *name) {
  int saved_errno = errno;
  struct hook *hook = hooks_find(check_host);
  bool allowed = hook != NULL && checked_name_is_allowed(hook, certificate, name);

  errno = saved_errno;
  return allowed;
}

VISIBLE int pinning_covers(const char *name) {
  const struct pin_policy *policy = policy_acquire();
  int covers = policy == NULL || pin_covers(policy, name, 0) != PIN_SELECTED_NOTHING;

  policy_release(policy);
  return covers;
}

VISIBLE OSSL_provider_init_fn OSSL_provider_init;

int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                       void **provctx) {
  struct upcalls upcalls = find_upcalls(in);
  struct provider *provider;
  const void *upcall;
  bool by_configuration, installed;

  /* This comes first because it needs no memory: if the rest fails, OpenSSL goes on without the provider,
   * but not without our hooks. */
  by_configuration = read_settings(handle, upcalls.get_params);
  memcpy(&upcall, &upcalls.get_params, sizeof upcall);
  installed = report(hooks_install(upcall));
  prepare_for_chroot();
  provider = malloc(sizeof *provider);
  if (provider == NULL)
    return 0;
  provider->handle = handle;
  provider->build_info[0] = provider->policy_path[0] = provider->generation[0] = '\0';
  provider->installed = installed;
  atomic_init(&provider->deactivate, by_configuration ? upcalls.provider_free : NULL);
  *out = dispatch_table;
  *provctx = provider;
  return 1;
}
