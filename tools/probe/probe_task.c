/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/probe_task.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "probe/capture.h"
#include "probe/starttls.h"

/* For handshakes of libcurl and of our own. */
#define HANDSHAKE_FAILED "the TLS handshake failed: "

/* The most bytes of an HTTP field, over all its lines; libcurl allows the same for one line. */
#define MOST_OF_A_FIELD ((size_t)100 << 10)

struct probe_task {
  size_t index;
  const struct probe_target *target;
  const struct probe_settings *settings;
  CURL *handle;
  struct capture capture;
  struct request *request; /* owned; a request of our own; NULL: libcurl is at work */
  const char *request_error;
  enum request_progress progress; /* of the request */
  bool late;                      /* the request took too long */
  double started;
  struct curl_slist *connect; /* owned; to the target's address; NULL: as the settings say */
  struct probe_http http;
  char *field; /* owned; an HTTP field that may continue in the next line; NULL: none yet */
  size_t field_length;
  char error[CURL_ERROR_SIZE];
};

/*
 * libcurl calls this for an HTTPS proxy too, which is told apart by its verification: only that of the server
 * was turned off.
 */
static CURLcode arm(CURL *handle, void *context, void *arg) {
  struct probe_task *task = arg;
  (void)handle;
  if (SSL_CTX_get_verify_mode(context) != SSL_VERIFY_NONE)
    return CURLE_OK;
  return capture_arm(context, &task->capture) ? CURLE_OK : CURLE_SSL_CONNECT_ERROR;
}

static bool is_http(const struct probe_target *target) {
  return target->question == PROBE_HTTPS || target->question == PROBE_HTTP;
}

/* "http" makes a connection only, for a request of our own; "https" only a handshake, where TLS is at once.
 */
static char *url_of(const struct probe_target *target) {
  static const char *const schemes[] = {"https", "smtp", "imap", "pop3", "ftp", "http", "http"};
  _Static_assert(COUNT_OF(schemes) == PROBE_PROTOCOLS, "each protocol has a scheme");
  bool brackets = strchr(target->host, ':') != NULL;
  const char *scheme = target->question == PROBE_HANDSHAKE ? schemes[target->protocol]
                       : target->question == PROBE_HTTPS   ? "https"
                                                           : "http";
  return must_format("%s://%s%s%s:%u/", scheme, brackets ? "[" : "", target->host, brackets ? "]" : "",
                     target->port);
}

/* ---- HTTP ---- */

const char *probe_header_name(enum probe_header header) {
  static const char *const names[] = {"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options",
                                      "Referrer-Policy", "Permissions-Policy"};
  return names[header];
}

/* Finds the value of this header, without blanks around it. The pointers lead into the line. False: the line
 * is another one. */
static bool find_value(const char *line, size_t length, const char *name, const char **ret_from,
                       const char **ret_end) {
  size_t name_length = strlen(name);
  if (length <= name_length || strncasecmp(line, name, name_length) != 0 || line[name_length] != ':')
    return false;
  const char *from = line + name_length + 1;
  const char *end = line + length;
  while (from < end && strchr(" \t", *from) != NULL)
    from++;
  while (end > from && strchr(" \t\r\n", end[-1]) != NULL)
    end--;
  *ret_from = from;
  *ret_end = end;
  return true;
}

/* Copies the value, cut to its size. False: the line is another header. */
static bool take_header(const char *line, size_t length, const char *name,
                        char ret_value[PROBE_HEADER_SIZE]) {
  const char *from = NULL, *end = NULL;
  if (!find_value(line, length, name, &from, &end))
    return false;
  size_t kept = (size_t)(end - from) < PROBE_HEADER_SIZE ? (size_t)(end - from) : PROBE_HEADER_SIZE - 1;
  memcpy(ret_value, from, kept);
  ret_value[kept] = '\0';
  return true;
}

/*
 * Whether the line is a Content-Security-Policy that says who may frame the page. Directives are separated by
 * ";" (CSP, 2.2), policies in one header by "," (RFC 9110, 5.3); neither can be part of a value.
 */
static bool limits_framing(const char *line, size_t length) {
  static const char name[] = "frame-ancestors";
  const char *from = NULL, *end = NULL;
  if (!find_value(line, length, "Content-Security-Policy", &from, &end))
    return false;
  while (from < end) {
    while (from < end && strchr(" \t;,", *from) != NULL)
      from++;
    const char *word = from;
    while (from < end && strchr(" \t;,", *from) == NULL)
      from++;
    if ((size_t)(from - word) == sizeof name - 1 && strncasecmp(word, name, sizeof name - 1) == 0)
      return true;
    while (from < end && *from != ';' && *from != ',')
      from++;
  }
  return false;
}

/* The first Strict-Transport-Security counts (RFC 6797, 8.1). A proxy's answer comes before the server's. */
static void take_field(const char *line, size_t length, struct probe_http *http) {
  if (length > 5 && strncmp(line, "HTTP/", 5) == 0)
    *http = (struct probe_http){0};
  if (!http->has_hsts)
    http->has_hsts = take_header(line, length, "Strict-Transport-Security", http->hsts);
  if (*http->location == '\0')
    (void)take_header(line, length, "Location", http->location);
  for (int i = 0; i < PROBE_HEADERS; i++)
    if (*http->headers[i] == '\0' &&
        take_header(line, length, probe_header_name((enum probe_header)i), http->headers[i]))
      http->has[i] = true;
  http->limits_framing = http->limits_framing || limits_framing(line, length);
}

static void end_field(struct probe_task *task) {
  if (task->field != NULL)
    take_field(task->field, task->field_length, &task->http);
  free(task->field);
  task->field = NULL;
  task->field_length = 0;
}

/* Appends to the field, or begins one. */
static void add_to_field(struct probe_task *task, const char *bytes, size_t length) {
  size_t room = MOST_OF_A_FIELD - task->field_length;
  size_t taken = length < room ? length : room;
  task->field = must_grow(task->field, task->field_length + taken + 1, 1);
  memcpy(task->field + task->field_length, bytes, taken);
  task->field_length += taken;
}

/*
 * A line that begins with a blank continues the field before; the end of that line and the blanks count as
 * one space (RFC 9112, 5.2). So a field is complete only when the next line comes, or the empty one.
 */
static size_t take_line(char *line, size_t size, size_t count, void *arg) {
  struct probe_task *task = arg;
  size_t length = size * count;
  size_t blanks = 0;
  while (blanks < length && (line[blanks] == ' ' || line[blanks] == '\t'))
    blanks++;
  if (blanks > 0 && task->field != NULL) {
    while (task->field_length > 0 && strchr(" \t\r\n", task->field[task->field_length - 1]) != NULL)
      task->field_length--;
    add_to_field(task, " ", 1);
  } else {
    end_field(task);
  }
  add_to_field(task, line + blanks, length - blanks);
  return length;
}

/* Ends the transfer after the headers. */
static size_t refuse_body(char *bytes, size_t size, size_t count, void *arg) {
  (void)bytes;
  (void)arg;
  (void)size;
  (void)count;
  return 0;
}

static void set_http_options(struct probe_task *task) {
  curl_easy_setopt(task->handle, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(task->handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(task->handle, CURLOPT_USERAGENT, "pinctl");
  curl_easy_setopt(task->handle, CURLOPT_HEADERFUNCTION, take_line);
  curl_easy_setopt(task->handle, CURLOPT_HEADERDATA, task);
  curl_easy_setopt(task->handle, CURLOPT_WRITEFUNCTION, refuse_body);
  curl_easy_setopt(task->handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  /* A connection that is reused shows no handshake. */
  curl_easy_setopt(task->handle, CURLOPT_FORBID_REUSE, 1L);
}

/* ---- Options for every question ---- */

const char *probe_proxy(void) {
  static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    const char *value = getenv(names[i]);
    if (value != NULL && *value != '\0')
      return value;
  }
  return NULL;
}

/* A request of our own uses the scheme "http", but the proxy for HTTPS. */
static bool set_usual_way(struct probe_task *task) {
  const char *proxy = probe_proxy();
  return curl_easy_setopt(task->handle, CURLOPT_CONNECT_TO, task->settings->connect) == CURLE_OK &&
         (!request_is_for(task->target) ||
          curl_easy_setopt(task->handle, CURLOPT_PROXY, proxy == NULL ? "" : proxy) == CURLE_OK);
}

/* The target's own address is connected to directly, without a proxy. */
static bool set_way(struct probe_task *task) {
  const char *address = task->target->address;
  if (address == NULL)
    return set_usual_way(task);
  bool brackets = strchr(address, ':') != NULL;
  AUTO_TEXT there = must_format("::%s%s%s:", brackets ? "[" : "", address, brackets ? "]" : "");
  task->connect = curl_slist_append(NULL, there);
  return task->connect != NULL &&
         curl_easy_setopt(task->handle, CURLOPT_CONNECT_TO, task->connect) == CURLE_OK &&
         curl_easy_setopt(task->handle, CURLOPT_PROXY, "") == CURLE_OK;
}

static bool set_options(struct probe_task *task) {
  CURL *handle = task->handle;
  AUTO_TEXT url = url_of(task->target);
  bool good = curl_easy_setopt(handle, CURLOPT_URL, url) == CURLE_OK &&
              curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, arm) == CURLE_OK &&
              curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, task) == CURLE_OK &&
              curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L) == CURLE_OK &&
              curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK &&
              curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, is_http(task->target) ? 0L : 1L) == CURLE_OK &&
              curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, task->settings->timeout) == CURLE_OK &&
              curl_easy_setopt(handle, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL) == CURLE_OK && set_way(task);
  if (!good)
    return false;
  /* libcurl would read the roots for every connection, and does not need them. */
  curl_easy_setopt(handle, CURLOPT_CAINFO, NULL);
  curl_easy_setopt(handle, CURLOPT_CAPATH, NULL);
  curl_easy_setopt(handle, CURLOPT_SSL_ENABLE_ALPN, 0L);
  curl_easy_setopt(handle, CURLOPT_HTTPPROXYTUNNEL, 1L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  /* A resumed session shows no certificates. */
  curl_easy_setopt(handle, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, task->error);
  if (is_http(task->target))
    set_http_options(task);
  return true;
}

struct probe_task *task_new(size_t index, const struct probe_target *target,
                            const struct probe_settings *settings) {
  struct probe_task *task = must_alloc(1, sizeof *task);
  *task = (struct probe_task){
      .index = index, .target = target, .settings = settings, .started = monotonic_seconds()};
  task->capture.offer = target->offer;
  task->handle = curl_easy_init();
  if (task->handle != NULL && set_options(task))
    return task;
  task_free(task);
  return NULL;
}

void task_free(struct probe_task *task) {
  if (task == NULL)
    return;
  request_free(task->request);
  free(task->field);
  curl_easy_cleanup(task->handle);
  curl_slist_free_all(task->connect);
  capture_clear(&task->capture);
  free(task);
}

size_t task_index(const struct probe_task *task) {
  return task->index;
}

CURL *task_handle(const struct probe_task *task) {
  return task->handle;
}

bool task_continues(struct probe_task *task, CURLcode code) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (!request_is_for(task->target) || code != CURLE_OK)
    return false;
  curl_easy_getinfo(task->handle, CURLINFO_ACTIVESOCKET, &socket);
  const char *host = host_is_address(task->target->host) ? NULL : task->target->host;
  if (socket != CURL_SOCKET_BAD)
    task->request = request_new(task->target, socket, host, &task->capture);
  if (task->request == NULL)
    task->request_error = "out of memory";
  return task->request != NULL;
}

bool task_step(struct probe_task *task) {
  if (task->request == NULL)
    return false;
  task->late = monotonic_seconds() - task->started > (double)task->settings->timeout / 1000;
  if (!task->late)
    task->progress = request_step(task->request, &task->request_error);
  return task->late || task->progress != REQUEST_WAITS;
}

bool task_wait(const struct probe_task *task, struct curl_waitfd *ret_wait) {
  if (task->request == NULL)
    return false;
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(task->handle, CURLINFO_ACTIVESOCKET, &socket);
  bool reads = request_event(task->request) == POLLIN;
  *ret_wait = (struct curl_waitfd){.fd = socket, .events = reads ? CURL_WAIT_POLLIN : CURL_WAIT_POLLOUT};
  return true;
}

/* Plain words for some of OpenSSL's reasons; the others stay as they are. */
static const char *plain_reason(const char *reason) {
  static const char *const words[][2] = {
      {"wrong version number", "the answer is not TLS"},
      {"SSL_ERROR_SYSCALL", "the server closed the connection without an alert"},
      {"unexpected eof", "the server closed the connection without an alert"}};
  for (size_t i = 0; i < COUNT_OF(words); i++)
    if (strstr(reason, words[i][0]) != NULL)
      return words[i][1];
  return reason;
}

/* libcurl's message, without OpenSSL's numbers before the reason. */
static char *error_text(const struct probe_task *task, CURLcode code) {
  const char *said = *task->error == '\0' ? curl_easy_strerror(code) : task->error;
  double limit = (double)task->settings->timeout / 1000;
  if (task->capture.flooded)
    return must_copy(HANDSHAKE_FAILED "the server sends messages without end");
  if (task->late || code == CURLE_OPERATION_TIMEDOUT)
    return must_format("no answer within %g s", limit);
  if (task->progress == REQUEST_NO_HANDSHAKE)
    return must_format(HANDSHAKE_FAILED "%s", plain_reason(task->request_error));
  if (task->request_error != NULL)
    return must_copy(task->request_error);
  if (code == CURLE_OK)
    return must_copy("the server shows no certificate");
  if (code == CURLE_USE_SSL_FAILED)
    return must_copy("the server does not offer TLS");
  if (code != CURLE_SSL_CONNECT_ERROR && code != CURLE_PEER_FAILED_VERIFICATION)
    return must_copy(said);
  /* "error:0A000410:SSL routines::sslv3 alert", maybe behind the name of the library. */
  const char *reason = strstr(said, "error:") != NULL ? strrchr(said, ':') + 1 : said;
  return must_format(HANDSHAKE_FAILED "%s", plain_reason(reason));
}

/* Skips certificates whose key cannot be read. False: it is the server's own. */
static bool take_certificates(struct capture *capture, struct objects *objects) {
  objects->items = must_alloc(capture->count, sizeof *objects->items);
  for (size_t i = 0; i < capture->count; i++) {
    X509 *certificate = capture->certificates[i];
    capture->certificates[i] = NULL;
    if (object_from_certificate(certificate, &objects->items[objects->count])) {
      objects->count++;
      continue;
    }
    object_clear(&objects->items[objects->count]);
    if (i == 0)
      return false;
  }
  return objects->count > 0;
}

/* Sets the fields that need no certificate. */
static void take_answer(struct probe_task *task, CURLcode code, struct probe_result *result) {
  struct capture *capture = &task->capture;
  char *address = NULL;
  result->seconds = monotonic_seconds() - task->started;
  curl_easy_getinfo(task->handle, CURLINFO_PRIMARY_IP, &address);
  if (address != NULL && *address != '\0')
    result->address = must_copy(address);
  result->timed_out = task->late || code == CURLE_OPERATION_TIMEDOUT;
  bool asked_by_us = task->target->question >= PROBE_SSL3;
  result->unaskable = capture->unaskable;
  result->refused = code == CURLE_SSL_CONNECT_ERROR || task->progress == REQUEST_NO_HANDSHAKE ||
                    (asked_by_us && task->progress == REQUEST_FAILED);
  result->alerted = capture->alerted;
  result->answer = capture->answer;
  result->staple_bytes = capture->staple_bytes;
  result->staple_length = capture->staple_length;
  capture->staple_bytes = NULL;
  result->scts = capture->scts;
  capture->scts = (struct probe_scts){0};
  end_field(task);
  result->http = task->http;
  curl_easy_getinfo(task->handle, CURLINFO_RESPONSE_CODE, &result->http.status);
  /* "100 Continue" and the like are not the answer. */
  if (result->http.status < 200)
    result->http.status = 0;
}

void task_result(struct probe_task *task, CURLcode code, X509_STORE *store, struct probe_result *ret_result) {
  struct capture *capture = &task->capture;
  take_answer(task, code, ret_result);
  if (!capture->seen) {
    ret_result->error = error_text(task, code);
    return;
  }
  ret_result->timed_out = false;
  ret_result->shown = capture->shown;
  ret_result->staple = capture->staple;
  memcpy(ret_result->version, capture->version, sizeof capture->version);
  memcpy(ret_result->cipher, capture->cipher, sizeof capture->cipher);
  if (!take_certificates(capture, &ret_result->certificates))
    ret_result->error = must_copy("the key of the server's certificate cannot be read");
  else if (task->target->offer == NULL &&
           !chain_prove_in(store, &ret_result->certificates, task->target->host, &ret_result->chain))
    ret_result->error = must_copy("OpenSSL could not build a chain from what the server shows");
}
