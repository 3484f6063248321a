/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* One question to one server. */
#ifndef PINCTL_PROBE_PROBE_TASK_H
#define PINCTL_PROBE_PROBE_TASK_H

#include <curl/curl.h>

#include "probe/probe.h"

struct probe_task;

/* NULL: no memory. target and settings must outlive the task. */
struct probe_task *task_new(size_t index, const struct probe_target *target,
                            const struct probe_settings *settings);
/* Takes NULL. The handle must have been removed from its multi handle. */
void task_free(struct probe_task *task);

size_t task_index(const struct probe_task *task);
CURL *task_handle(const struct probe_task *task);

/* After libcurl's part, which ended with `code`: whether task_step has more to do. */
bool task_continues(struct probe_task *task, CURLcode code);
/* Continues a request of our own, if there is one. True: the task has ended. */
bool task_step(struct probe_task *task);
/* Fills *ret_wait if a request of our own waits for its socket. */
bool task_wait(const struct probe_task *task, struct curl_waitfd *ret_wait);

/* The result. ret_result: zeroed by the caller. */
void task_result(struct probe_task *task, CURLcode code, X509_STORE *store, struct probe_result *ret_result);

#endif
