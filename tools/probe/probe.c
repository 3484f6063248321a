/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/probe.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/must_use.h"
#include "cli/output.h"
#include "probe/probe_task.h"

#define OURS "pinning"

/* ---- The providers of this machine ---- */

/* Whether a text has no character that is special in a configuration. */
static bool is_word(const char *text) {
  return *text != '\0' && strpbrk(text, "$\\\"'`#=;[]\r\n") == NULL;
}

/* Names that occur twice are written "1.name": returns the name. */
static const char *without_number(const char *name) {
  const char *dot = strchr(name, '.');
  return dot != NULL && strspn(name, "0123456789") == (size_t)(dot - name) ? dot + 1 : name;
}

/* Whether this is pinning's provider: by its name, its identity or its file. */
static bool is_ours(const CONF *configuration, const CONF_VALUE *named) {
  const char *identity = NCONF_get_string(configuration, named->value, "identity");
  const char *module = NCONF_get_string(configuration, named->value, "module");
  const char *file = module == NULL ? NULL : strrchr(module, '/');
  file = file == NULL ? module : file + 1;
  return strcmp(without_number(named->name), OURS) == 0 ||
         (identity != NULL && strcmp(identity, OURS) == 0) ||
         (file != NULL && (strcmp(file, OURS) == 0 || strcmp(file, OURS ".so") == 0));
}

/* OpenSSL stops at the first of a list that fails, so each provider is loaded by a small configuration of its
 * own that includes the file. */
static void load_one(const char *path, const char *kind, const CONF_VALUE *named) {
  AUTO_TEXT text = must_format("pinctl_conf = pinctl_init\n[pinctl_init]\n%s = pinctl_list\n[pinctl_list]\n"
                               "%s = %s\n[default]\n.include %s\n",
                               kind, named->name, named->value, path);
  BIO *file = BIO_new_mem_buf(text, -1);
  CONF *configuration = NCONF_new(NULL);
  if (file != NULL && configuration != NULL && NCONF_load_bio(configuration, file, NULL) == 1)
    CONF_modules_load(configuration, "pinctl_conf", CONF_MFLAGS_SILENT | CONF_MFLAGS_IGNORE_ERRORS);
  NCONF_free(configuration);
  BIO_free(file);
}

/* kind: "providers" or "engines". */
static void load_list(const CONF *configuration, const char *path, const char *kind) {
  const char *all = NCONF_get_string(configuration, NULL, "openssl_conf");
  const char *list = all == NULL ? NULL : NCONF_get_string(configuration, all, kind);
  const STACK_OF(CONF_VALUE) *values = list == NULL ? NULL : NCONF_get_section(configuration, list);
  for (int i = 0; i < sk_CONF_VALUE_num(values); i++) {
    const CONF_VALUE *named = sk_CONF_VALUE_value(values, i);
    if (is_word(named->name) && is_word(named->value) && !is_ours(configuration, named))
      load_one(path, kind, named);
  }
}

static OSSL_PROVIDER *built_in;

/* Runs before OpenSSL's own clean-up, which was registered earlier. */
static void unload(void) {
  OSSL_PROVIDER_unload(built_in);
}

/* Loading any provider ends the implicit loading of the default one, so that one is loaded first, and
 * preferred. */
static bool load_built_in(void) {
  built_in = OSSL_PROVIDER_load(NULL, "default");
  return built_in != NULL && atexit(unload) == 0 &&
         EVP_set_default_properties(NULL, "?provider=default") == 1;
}

/*
 * Loads the providers and engines that this machine's openssl.cnf activates into OpenSSL's default context,
 * once, so that pinctl can use all algorithms that programs here can. It skips pinning's own provider, and
 * each one that cannot be loaded. Nothing else of that file applies to pinctl.
 */
static void machine_providers_load(void) {
  static bool done;
  char *path = done ? NULL : CONF_get1_default_config_file();
  CONF *configuration = path == NULL ? NULL : NCONF_new(NULL);
  done = true;
  ERR_set_mark();
  if (configuration != NULL && is_word(path) && NCONF_load(configuration, path, NULL) == 1 &&
      load_built_in()) {
    OPENSSL_load_builtin_modules();
    load_list(configuration, path, "engines");
    load_list(configuration, path, "providers");
  }
  ERR_pop_to_mark();
  NCONF_free(configuration);
  OPENSSL_free(path);
}

/* ---- An empty policy for this process ---- */

static const char empty_policy[] = "version = 1;\n";

/* Stays open: the module reads the policy again when it checks for changes. */
static int memory_file = -1;

/* The former value of PINNING_POLICY, owned; NULL: it was not set. */
static char *former_policy;

static bool make_memory_file(void) {
  if (memory_file < 0)
    memory_file = file_in_memory("pinctl-empty-policy", empty_policy);
  if (memory_file < 0)
    say_error("cannot make a file in memory: %s", strerror(errno));
  return memory_file >= 0;
}

/*
 * With the shim preloaded into this process, a host with a wrong key would be refused before its chain was
 * seen. So PINNING_POLICY names an empty policy from here to restore_policy. Returns false, having said why;
 * then restore_policy is not to be called.
 */
static bool set_empty_policy(void) {
  char path[48];
  if (!make_memory_file())
    return false;
  const char *own = getenv("PINNING_POLICY");
  former_policy = own == NULL ? NULL : must_copy(own);
  snprintf(path, sizeof path, "/proc/self/fd/%d", memory_file);
  return setenv("PINNING_POLICY", path, 1) == 0;
}

static void restore_policy(void) {
  if (former_policy == NULL)
    unsetenv("PINNING_POLICY");
  else
    setenv("PINNING_POLICY", former_policy, 1);
  free(former_policy);
  former_policy = NULL;
}

/* ---- Asking ---- */

/* The longest time between two checks of the time limits. */
#define LONGEST_WAIT_MS 200

struct run {
  CURLM *multi;
  X509_STORE *store;
  const struct probe_source *source;
  const struct probe_settings *settings;
  struct probe_task **tasks; /* settings->jobs of them; NULL: a free slot */
  size_t running;
};

enum probe_protocol probe_protocol_of_port(uint16_t port) {
  static const struct {
    uint16_t port;
    enum probe_protocol protocol;
  } usual[] = {{25, PROBE_SMTP}, {587, PROBE_SMTP},      {143, PROBE_IMAP}, {110, PROBE_POP3},
               {21, PROBE_FTP},  {5432, PROBE_POSTGRES}, {389, PROBE_LDAP}};
  for (size_t i = 0; i < COUNT_OF(usual); i++)
    if (usual[i].port == port)
      return usual[i].protocol;
  return PROBE_TLS;
}

void probe_result_clear(struct probe_result *result) {
  free(result->error);
  free(result->address);
  OPENSSL_free(result->staple_bytes);
  probe_scts_clear(&result->scts);
  objects_clear(&result->certificates);
  chain_clear(&result->chain);
  *result = (struct probe_result){0};
}

static void finish(struct run *run, size_t slot, CURLcode code) {
  struct probe_task *task = run->tasks[slot];
  struct probe_result result = {0};
  task_result(task, code, run->store, &result);
  run->source->done(task_index(task), &result, run->source->arg);
  probe_result_clear(&result);
  curl_multi_remove_handle(run->multi, task_handle(task));
  task_free(task);
  run->tasks[slot] = NULL;
  run->running--;
}

/* A target that cannot be started gets a result, too. */
static void start(struct run *run, size_t slot, size_t index, const struct probe_target *target) {
  struct probe_task *task = task_new(index, target, run->settings);
  if (task != NULL && curl_multi_add_handle(run->multi, task_handle(task)) == CURLM_OK) {
    run->tasks[slot] = task;
    run->running++;
    return;
  }
  task_free(task);
  struct probe_result result = {.error = must_copy("out of memory")};
  run->source->done(index, &result, run->source->arg);
  probe_result_clear(&result);
}

/* Fills free slots. Returns how long to wait for more, in milliseconds; -1: there is nothing to wait for. */
static long start_some(struct run *run) {
  const struct probe_source *source = run->source;
  long wait = LONGEST_WAIT_MS;
  for (size_t i = 0; i < run->settings->jobs; i++) {
    size_t index = 0;
    if (run->tasks[i] != NULL)
      continue;
    const struct probe_target *target = source->next(source->arg, &index, &wait);
    if (target == NULL)
      break;
    wait = LONGEST_WAIT_MS;
    start(run, i, index, target);
  }
  return wait < 0 && run->running > 0 ? LONGEST_WAIT_MS : wait;
}

static size_t slot_of(const struct run *run, CURL *handle) {
  size_t slot = 0;
  while (run->tasks[slot] == NULL || task_handle(run->tasks[slot]) != handle)
    slot++;
  return slot;
}

/* A transfer that libcurl has finished is done, unless a request of our own follows. */
static void take_messages(struct run *run) {
  int left = 0;
  for (CURLMsg *message; (message = curl_multi_info_read(run->multi, &left)) != NULL;) {
    if (message->msg != CURLMSG_DONE)
      continue;
    CURLcode code = message->data.result;
    size_t slot = slot_of(run, message->easy_handle);
    if (!task_continues(run->tasks[slot], code))
      finish(run, slot, code);
  }
}

static void step_tasks(struct run *run) {
  for (size_t i = 0; i < run->settings->jobs; i++)
    if (run->tasks[i] != NULL && task_step(run->tasks[i]))
      finish(run, i, CURLE_OK);
}

static void wait_for_some(struct run *run, struct curl_waitfd *waits, long wait) {
  unsigned count = 0;
  for (size_t i = 0; i < run->settings->jobs; i++)
    if (run->tasks[i] != NULL && task_wait(run->tasks[i], &waits[count]))
      count++;
  curl_multi_poll(run->multi, waits, count, (int)(wait < LONGEST_WAIT_MS ? wait : LONGEST_WAIT_MS), NULL);
}

static bool is_over(const struct run *run) {
  return run->settings->is_over != NULL && run->settings->is_over();
}

/* Drops the tasks that still run when the run ends early. */
static void drop_tasks(struct run *run) {
  for (size_t i = 0; i < run->settings->jobs; i++) {
    if (run->tasks[i] == NULL)
      continue;
    curl_multi_remove_handle(run->multi, task_handle(run->tasks[i]));
    task_free(run->tasks[i]);
  }
}

static void run_all(struct run *run) {
  struct curl_waitfd *waits = must_alloc(run->settings->jobs, sizeof *waits);
  for (long wait; !is_over(run) && (wait = start_some(run)) >= 0;) {
    size_t before = run->running;
    int unused = 0;
    curl_multi_perform(run->multi, &unused);
    take_messages(run);
    step_tasks(run);
    /* Fill a free slot at once. */
    if (run->running == before)
      wait_for_some(run, waits, wait);
  }
  free(waits);
}

/* With another TLS library we could not see the chain. */
static bool curl_is_usable(void) {
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  if (info->ssl_version != NULL && strncmp(info->ssl_version, "OpenSSL/", 8) == 0)
    return true;
  return say_error("this libcurl uses %s; expected one built with OpenSSL",
                   info->ssl_version == NULL ? "no TLS" : info->ssl_version);
}

static bool set_up(struct run *run) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !curl_is_usable())
    return false;
  machine_providers_load();
  run->store = chain_store_new(run->settings->ca_file);
  if (run->store == NULL)
    return false;
  run->multi = curl_multi_init();
  if (run->multi == NULL)
    say_error("libcurl: out of memory");
  return run->multi != NULL;
}

bool probe_run(const struct probe_source *source, const struct probe_settings *settings) {
  struct run run = {.source = source, .settings = settings};
  if (!set_empty_policy())
    return false;
  bool good = set_up(&run);
  if (good) {
    run.tasks = must_alloc(settings->jobs, sizeof *run.tasks);
    run_all(&run);
    drop_tasks(&run);
    free(run.tasks);
  }
  curl_multi_cleanup(run.multi);
  X509_STORE_free(run.store);
  restore_policy();
  return good;
}

/* ---- A list of targets ---- */

struct listed {
  const struct probe_target *targets;
  size_t count;
  size_t next; /* to be started */
  probe_result_fn *done;
  void *arg;
};

static const struct probe_target *next_listed(void *arg, size_t *ret_index, long *ret_wait) {
  struct listed *listed = arg;
  *ret_wait = -1;
  if (listed->next == listed->count)
    return NULL;
  *ret_index = listed->next++;
  return &listed->targets[*ret_index];
}

static void listed_done(size_t index, struct probe_result *result, void *arg) {
  const struct listed *listed = arg;
  listed->done(index, result, listed->arg);
}

bool probe_all(const struct probe_target *targets, size_t count, const struct probe_settings *settings,
               probe_result_fn *done, void *arg) {
  struct listed listed = {.targets = targets, .count = count, .done = done, .arg = arg};
  const struct probe_source source = {.next = next_listed, .done = listed_done, .arg = &listed};
  return probe_run(&source, settings);
}
