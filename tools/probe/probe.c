/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/probe.h"

#include <string.h>

#include <curl/curl.h>

#include "base/memory.h"
#include "cli/output.h"
#include "probe/probe_task.h"
#include "probe/unpinned.h"

/* Longer than this without looking at deadlines would make them late. */
#define LONGEST_WAIT_MS 200

struct run {
  CURLM *multi;
  X509_STORE *store;
  const struct probe_target *targets;
  size_t count;
  const struct probe_settings *settings;
  probe_result_fn *done;
  void *arg;
  struct probe_task **tasks; /* settings->jobs of them; NULL: a free place */
  size_t next;               /* target to be started */
  size_t running;
};

enum probe_protocol probe_protocol_of_port(uint16_t port) {
  static const struct {
    uint16_t port;
    enum probe_protocol protocol;
  } usual[] = {{25, PROBE_SMTP}, {587, PROBE_SMTP},      {143, PROBE_IMAP}, {110, PROBE_POP3},
               {21, PROBE_FTP},  {5432, PROBE_POSTGRES}, {389, PROBE_LDAP}};
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
    if (usual[i].port == port)
      return usual[i].protocol;
  return PROBE_TLS;
}

void probe_result_clear(struct probe_result *result) {
  free(result->error);
  free(result->address);
  objects_clear(&result->certificates);
  chain_clear(&result->chain);
  *result = (struct probe_result){0};
}

static void finish(struct run *run, size_t place, CURLcode code) {
  struct probe_task *task = run->tasks[place];
  struct probe_result result = {0};
  task_result(task, code, run->store, &result);
  run->done(task_index(task), &result, run->arg);
  probe_result_clear(&result);
  curl_multi_remove_handle(run->multi, task_handle(task));
  task_free(task);
  run->tasks[place] = NULL;
  run->running--;
}

/* A target that cannot even be started is a result like any other. */
static void start(struct run *run, size_t place) {
  size_t index = run->next++;
  struct probe_task *task = task_new(index, &run->targets[index], run->settings);
  if (task != NULL && curl_multi_add_handle(run->multi, task_handle(task)) == CURLM_OK) {
    run->tasks[place] = task;
    run->running++;
    return;
  }
  task_free(task);
  struct probe_result result = {.error = must_copy("out of memory")};
  run->done(index, &result, run->arg);
  probe_result_clear(&result);
}

static size_t place_of(const struct run *run, CURL *handle) {
  size_t place = 0;
  while (run->tasks[place] == NULL || task_handle(run->tasks[place]) != handle)
    place++;
  return place;
}

/* What libcurl has finished is done, unless a request of ours follows. */
static void take_messages(struct run *run) {
  int left = 0;
  for (CURLMsg *message; (message = curl_multi_info_read(run->multi, &left)) != NULL;) {
    if (message->msg != CURLMSG_DONE)
      continue;
    CURLcode code = message->data.result;
    size_t place = place_of(run, message->easy_handle);
    if (!task_continues(run->tasks[place], code))
      finish(run, place, code);
  }
}

static void step_tasks(struct run *run) {
  for (size_t i = 0; i < run->settings->jobs; i++)
    if (run->tasks[i] != NULL && task_step(run->tasks[i]))
      finish(run, i, CURLE_OK);
}

static void wait_for_some(struct run *run, struct curl_waitfd *waits) {
  unsigned count = 0;
  for (size_t i = 0; i < run->settings->jobs; i++)
    if (run->tasks[i] != NULL && task_wait(run->tasks[i], &waits[count]))
      count++;
  curl_multi_poll(run->multi, waits, count, LONGEST_WAIT_MS, NULL);
}

static void run_all(struct run *run) {
  struct curl_waitfd *waits = must_alloc(run->settings->jobs, sizeof *waits);
  while (run->next < run->count || run->running > 0) {
    for (size_t i = 0; i < run->settings->jobs && run->next < run->count; i++)
      if (run->tasks[i] == NULL)
        start(run, i);
    int unused = 0;
    curl_multi_perform(run->multi, &unused);
    take_messages(run);
    step_tasks(run);
    if (run->running > 0)
      wait_for_some(run, waits);
  }
  free(waits);
}

/* Another TLS library would hide the chain from us. */
static bool curl_is_usable(void) {
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  if (info->ssl_version != NULL && strncmp(info->ssl_version, "OpenSSL/", 8) == 0)
    return true;
  say_error("this libcurl uses %s; expected one built with OpenSSL",
            info->ssl_version == NULL ? "no TLS" : info->ssl_version);
  return false;
}

static bool set_up(struct run *run) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !curl_is_usable())
    return false;
  run->store = chain_store_new(run->settings->ca_file);
  if (run->store == NULL)
    return false;
  run->multi = curl_multi_init();
  if (run->multi == NULL)
    say_error("libcurl: out of memory");
  return run->multi != NULL;
}

bool probe_all(const struct probe_target *targets, size_t count, const struct probe_settings *settings,
               probe_result_fn *done, void *arg) {
  struct run run = {.targets = targets, .count = count, .settings = settings, .done = done, .arg = arg};
  if (!leave_own_pins())
    return false;
  bool good = set_up(&run);
  if (good) {
    run.tasks = must_alloc(settings->jobs, sizeof *run.tasks);
    run_all(&run);
    free(run.tasks);
  }
  curl_multi_cleanup(run.multi);
  X509_STORE_free(run.store);
  return_to_own_pins();
  return good;
}
