/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A process forks while another of its threads holds a lock of OpenSSL's, which nothing releases in the
 * child. */
#include "kit.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"

static SSL_CTX *inherited_client, *inherited_server;

/* ---- A thread that stops while it holds a lock of OpenSSL's ---- */

/* The thread stops at its next request for memory under this lock; NULL: it does not stop. */
static _Thread_local const pthread_rwlock_t *stops_under;
static _Thread_local bool holds_lock;
/* How often the thread takes the lock and asks for memory before that; and whether it is inside. */
static _Thread_local int passes;
static _Thread_local bool is_passing;
/* Then it goes on to the next lock of any kind and waits there for the fork, because inside it might hold
 * that lock. */
static _Thread_local bool waits_later, waits_for_fork;
/* Or it takes this lock so many more times, and waits before it would take it once again. */
static _Thread_local const pthread_rwlock_t *waits_at;
static _Thread_local int takes_before;
static _Thread_local pthread_rwlock_t *written_last;
static atomic_bool inside, forked, thread_ended;

extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *memory, size_t size);

typedef int lock_fn(pthread_rwlock_t *lock);

static const struct timespec a_moment = {.tv_nsec = 1000000};

/* Waits as long as the forking thread may have to wait, then continues. */
static void stay_inside(void) {
  stops_under = NULL;
  holds_lock = false;
  waits_for_fork = waits_later;
  atomic_store(&inside, true);
  for (int tries = 0; tries < 300 && !atomic_load(&forked); tries++)
    nanosleep(&a_moment, NULL);
}

static void stop_or_pass(void) {
  is_passing = passes > 0;
  if (!is_passing)
    stay_inside();
}

static void wait_for_fork(const pthread_rwlock_t *next) {
  if (next == waits_at && stops_under == NULL && takes_before-- == 0)
    waits_for_fork = true;
  for (int tries = 0; waits_for_fork && tries < 5000 && !atomic_load(&forked); tries++)
    nanosleep(&a_moment, NULL);
  waits_for_fork = false;
}

/* These replace libc's functions in the whole process. */
#define EVERYBODYS __attribute__((visibility("default")))

EVERYBODYS void *malloc(size_t size) {
  if (holds_lock)
    stop_or_pass();
  return __libc_malloc(size);
}

EVERYBODYS void *realloc(void *memory, size_t size) {
  if (holds_lock)
    stop_or_pass();
  return __libc_realloc(memory, size);
}

static int call_libcs(const char *name, pthread_rwlock_t *lock) {
  void *symbol = dlsym(RTLD_NEXT, name);
  lock_fn *function;

  memcpy(&function, &symbol, sizeof function);
  return function(lock);
}

EVERYBODYS int pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
  int error;

  wait_for_fork(lock);
  error = call_libcs("pthread_rwlock_wrlock", lock);
  written_last = lock;
  holds_lock = holds_lock || (error == 0 && lock == stops_under);
  return error;
}

EVERYBODYS int pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
  int error;

  wait_for_fork(lock);
  error = call_libcs("pthread_rwlock_rdlock", lock);
  holds_lock = holds_lock || (error == 0 && lock == stops_under);
  return error;
}

EVERYBODYS int pthread_rwlock_unlock(pthread_rwlock_t *lock) {
  if (lock == stops_under) {
    holds_lock = false;
    passes -= is_passing ? 1 : 0;
    is_passing = false;
  }
  return call_libcs("pthread_rwlock_unlock", lock);
}

static const pthread_rwlock_t *lock_of_indexes(void) {
  written_last = NULL;
  if (CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_APP, 0, NULL, NULL, NULL, NULL) < 0 || written_last == NULL)
    broken("no index, or no lock");
  return written_last;
}

static const pthread_rwlock_t *lock_of_texts(void) {
  static ERR_STRING_DATA texts[2] = {{ERR_PACK(0, 0, 1), "text"}, {0, NULL}};

  written_last = NULL;
  if (ERR_load_strings(ERR_get_next_error_library(), texts) != 1 || written_last == NULL)
    broken("no texts, or no lock");
  return written_last;
}

/* ---- A program with memory functions of its own ---- */

static bool memory_is_locked; /* whether each request takes a lock */
static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;

static void lock_memory(void) {
  if (memory_is_locked)
    pthread_mutex_lock(&memory_lock);
}

static void unlock_memory(void) {
  if (memory_is_locked)
    pthread_mutex_unlock(&memory_lock);
}

static void *change_memory(void *memory, size_t size, const char *file, int line) {
  void *changed;

  (void)file;
  (void)line;
  lock_memory();
  changed = realloc(memory, size);
  unlock_memory();
  return changed;
}

static void *get_memory(size_t size, const char *file, int line) {
  return change_memory(NULL, size, file, line);
}

static void free_memory(void *memory, const char *file, int line) {
  (void)file;
  (void)line;
  lock_memory();
  free(memory);
  unlock_memory();
}

static void have_own_memory(void) {
  if (CRYPTO_set_mem_functions(get_memory, change_memory, free_memory) != 1)
    broken("OpenSSL has asked for memory already");
}

/* ---- Forks while such a thread runs ---- */

static const pthread_rwlock_t *lock;

/* Forks when the thread is inside, or has nothing to do there. An alarm ends a child that hangs. */
static enum outcome fork_beside(void *(*thread_main)(void *), enum outcome (*in)(const struct setup *),
                                const struct setup *setup) {
  pthread_t thread;
  enum outcome outcome;

  if (pthread_create(&thread, NULL, thread_main, NULL) != 0)
    broken("no thread");
  while (!atomic_load(&inside) && !atomic_load(&thread_ended))
    sched_yield();
  outcome = in_child(in, setup);
  atomic_store(&forked, true);
  pthread_join(thread, NULL);
  return outcome;
}

static enum outcome before_the_alarm(const struct setup *setup) {
  atomic_store(&forked, true);
  alarm(30);
  return connect_with(setup, inherited_client, inherited_server);
}

static void *make_object(void *arg) {
  CRYPTO_EX_DATA data;
  int object;

  (void)arg;
  stops_under = lock;
  CRYPTO_new_ex_data(CRYPTO_EX_INDEX_APP, &object, &data);
  stops_under = NULL;
  CRYPTO_free_ex_data(CRYPTO_EX_INDEX_APP, &object, &data);
  atomic_store(&thread_ended, true);
  return NULL;
}

/* With so many classes of data, an object asks for memory while it holds the lock for reading. */
static enum outcome fork_beside_reader(const struct setup *setup) {
  if (OpenSSL_version_num() < 0x30200000L)
    not_applicable("this lock is everybody's alone");
  for (int i = 0; i < 12; i++)
    lock = lock_of_indexes();
  inherited_client = client_context(setup);
  inherited_server = server_context(setup);
  return fork_beside(make_object, before_the_alarm, setup);
}

static const struct setup *in_thread;

static SSL_CTX *threads_client, *threads_server;
static struct link threads_link;

static void open_threads_link(void) {
  threads_client = client_context(in_thread);
  threads_server = server_context(in_thread);
  SSL_CTX_set_session_cache_mode(threads_server, SSL_SESS_CACHE_OFF);
  link_open(&threads_link, in_thread, threads_client, threads_server);
}

static void run_threads_link(void) {
  stops_under = lock;
  waits_later = true;
  (void)link_run(&threads_link);
  stops_under = NULL;
  link_free(&threads_link, threads_client, threads_server);
  atomic_store(&thread_ended, true);
}

static void *connect_and_stop(void *arg) {
  open_threads_link();
  run_threads_link();
  return arg;
}

/* Without pinning, the thread holds no lock for writing and does not stop. */
static enum outcome fork_beside_connection(const struct setup *other, const struct setup *setup) {
  in_thread = other;
  inherited_client = client_context(setup);
  inherited_server = server_context(setup);
  return fork_beside(connect_and_stop, before_the_alarm, setup);
}

/* A thread makes the first connection of a client. */
static enum outcome fork_beside_client(const struct setup *setup) {
  static const struct setup other = {.chain = "bad", OTHER};

  lock = lock_of_indexes();
  return fork_beside_connection(&other, setup);
}

/* A thread gets its first refusal. */
static enum outcome fork_beside_refused(const struct setup *setup) {
  static const struct setup other = {.chain = "bad", OTHER}, pinned = {.chain = "bad", PINNED};

  (void)connect_once(&other);
  lock = lock_of_texts();
  return fork_beside_connection(&pinned, setup);
}

/* This call reaches the shim even if libcrypto's own calls do not, because they are bound within libcrypto.
 */
static void call_by_the_shim(void) {
  CRYPTO_EX_DATA data;
  int object;

  CRYPTO_new_ex_data(CRYPTO_EX_INDEX_APP, &object, &data);
  CRYPTO_free_ex_data(CRYPTO_EX_INDEX_APP, &object, &data);
}

static int start_passes, start_takes;

static void *make_first_call(void *arg) {
  (void)arg;
  passes = start_passes;
  stops_under = waits_at = lock;
  takes_before = start_takes - 1 - start_passes;
  call_by_the_shim();
  stops_under = NULL;
  atomic_store(&thread_ended, true);
  return NULL;
}

static enum outcome first_of_all(const struct setup *setup) {
  atomic_store(&forked, true);
  alarm(30);
  return connect_once(setup);
}

/* A thread makes the first call that reaches the shim, which asks for an index of each of three classes.
 * OpenSSL itself takes the lock afterwards. */
static enum outcome fork_beside_start(const struct setup *setup, int nth, int takes) {
  start_passes = nth;
  start_takes = takes;
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
  lock = lock_of_indexes();
  return fork_beside(make_first_call, first_of_all, setup);
}

static enum outcome fork_at_first(const struct setup *setup) {
  return fork_beside_start(setup, 0, 3);
}

static enum outcome fork_at_second(const struct setup *setup) {
  return fork_beside_start(setup, 1, 3);
}

static enum outcome fork_at_third(const struct setup *setup) {
  return fork_beside_start(setup, 2, 3);
}

/* The same in programs with memory functions of their own. */
static enum outcome own_memory_beside_reader(const struct setup *setup) {
  have_own_memory();
  return fork_beside_reader(setup);
}

static enum outcome own_memory_beside_client(const struct setup *setup) {
  have_own_memory();
  return fork_beside_client(setup);
}

static enum outcome own_memory_beside_refused(const struct setup *setup) {
  have_own_memory();
  return fork_beside_refused(setup);
}

/* The lock is first taken for an object that shows whose memory functions are in force. */
static enum outcome own_memory_beside_start(const struct setup *setup) {
  have_own_memory();
  return fork_beside_start(setup, 0, 5);
}

static void *do_nothing(void *arg) {
  while (!atomic_load(&forked))
    sched_yield();
  return arg;
}

/* The program's handler was registered later, so it takes its memory lock before ours takes its lock. */
static enum outcome fork_with_locked_memory(const struct setup *setup) {
  pthread_t thread;
  enum outcome outcome;

  memory_is_locked = true;
  have_own_memory();
  inherited_client = client_context(setup);
  inherited_server = server_context(setup);
  if (pthread_atfork(lock_memory, unlock_memory, unlock_memory) != 0 ||
      pthread_create(&thread, NULL, do_nothing, NULL) != 0)
    broken("no thread");
  alarm(30);
  outcome = in_child(before_the_alarm, setup);
  atomic_store(&forked, true);
  pthread_join(thread, NULL);
  return outcome;
}

/* fork(2) is no cancellation point, so nothing within it may be one. */
static void *fork_while_cancelled(void *arg) {
  atomic_bool *ret_came_back = arg;
  pid_t child;
  int state;

  while (!atomic_load(&inside) && !atomic_load(&thread_ended))
    sched_yield();
  pthread_cancel(pthread_self());
  child = fork();
  if (child == 0)
    _exit(0);
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
  atomic_store(ret_came_back, child > 0 && waitpid(child, NULL, 0) == child);
  atomic_store(&forked, true);
  return NULL;
}

static enum outcome fork_cancelled(const struct setup *setup) {
  static const struct setup other = {.chain = "bad", OTHER};
  static atomic_bool came_back;
  pthread_t threads[2];

  in_thread = &other;
  OPENSSL_init_ssl(0, NULL);
  lock = lock_of_indexes();
  if (pthread_create(&threads[0], NULL, connect_and_stop, NULL) != 0 ||
      pthread_create(&threads[1], NULL, fork_while_cancelled, &came_back) != 0)
    broken("no thread");
  for (int i = 0; i < 2; i++)
    pthread_join(threads[i], NULL);
  if (!atomic_load(&came_back))
    broken("the thread ended in fork");
  return connect_once(setup);
}

static atomic_bool forking;

/* Registered earlier, so it runs after our handler. Gives the thread time to get inside, if it can. */
static void let_thread_begin(void) {
  open_threads_link();
  atomic_store(&forking, true);
  for (int tries = 0; tries < 500 && !atomic_load(&inside) && !atomic_load(&thread_ended); tries++)
    nanosleep(&a_moment, NULL);
}

static void *connect_while_forking(void *arg) {
  while (!atomic_load(&forking))
    sched_yield();
  run_threads_link();
  return arg;
}

/* A thread starts to use the lock after our handler has waited for the threads that used it. */
static enum outcome fork_beside_late(const struct setup *setup) {
  static const struct setup other = {.chain = "bad", OTHER};
  pthread_t thread;
  enum outcome outcome;

  if (pthread_atfork(let_thread_begin, NULL, NULL) != 0)
    broken("no handler");
  OPENSSL_init_ssl(0, NULL);
  call_by_the_shim();
  (void)SSL_get_ex_data_X509_STORE_CTX_idx();
  lock = lock_of_indexes();
  in_thread = &other;
  if (pthread_create(&thread, NULL, connect_while_forking, NULL) != 0)
    broken("no thread");
  outcome = in_child(first_of_all, setup);
  atomic_store(&forked, true);
  pthread_join(thread, NULL);
  return outcome;
}

/* Forks at the end of the process, after OpenSSL has cleaned up. */
static void fork_at_exit(void) {
  pid_t child = fork();
  int status;

  if (child == 0)
    _exit(0);
  if (waitpid(child, &status, 0) != child || status != 0)
    _exit(3);
}

static enum outcome fork_after_cleanup(const struct setup *setup) {
  pthread_t thread;

  if (atexit(fork_at_exit) != 0 || pthread_create(&thread, NULL, do_nothing, NULL) != 0)
    broken("no thread");
  pthread_detach(thread);
  inherited_client = client_context(setup);
  SSL_CTX_free(inherited_client);
  return ACCEPTED;
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"reader/right-key", fork_beside_reader, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"reader/wrong-key", fork_beside_reader, {.chain = "bad", PINNED}, WE_REFUSE},
  {"reader/uncovered", fork_beside_reader, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"start/first/right-key", fork_at_first, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"start/first/wrong-key", fork_at_first, {.chain = "bad", PINNED}, .without = ACCEPTED, .provider = ACCEPTED, .shim = REFUSED, .note = "it reads no configuration"},
  {"start/second/right-key", fork_at_second, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"start/second/wrong-key", fork_at_second, {.chain = "bad", PINNED}, .without = ACCEPTED, .provider = ACCEPTED, .shim = REFUSED, .note = "it reads no configuration"},
  {"start/third/right-key", fork_at_third, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"start/third/wrong-key", fork_at_third, {.chain = "bad", PINNED}, .without = ACCEPTED, .provider = ACCEPTED, .shim = REFUSED, .note = "it reads no configuration"},
  {"client/right-key", fork_beside_client, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"client/uncovered", fork_beside_client, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"refused/wrong-key", fork_beside_refused, {.chain = "bad", PINNED}, WE_REFUSE},
  {"own-memory/reader/right-key", own_memory_beside_reader, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"own-memory/reader/wrong-key", own_memory_beside_reader, {.chain = "bad", PINNED}, WE_REFUSE},
  {"own-memory/start/right-key", own_memory_beside_start, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"own-memory/start/wrong-key", own_memory_beside_start, {.chain = "bad", PINNED}, .without = ACCEPTED, .provider = ACCEPTED, .shim = REFUSED, .note = "it reads no configuration"},
  {"own-memory/client/right-key", own_memory_beside_client, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"own-memory/refused/wrong-key", own_memory_beside_refused, {.chain = "bad", PINNED}, WE_REFUSE},
  {"own-memory/locked/right-key", fork_with_locked_memory, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"own-memory/locked/wrong-key", fork_with_locked_memory, {.chain = "bad", PINNED}, WE_REFUSE},
  {"cancelled/right-key", fork_cancelled, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"cancelled/wrong-key", fork_cancelled, {.chain = "bad", PINNED}, WE_REFUSE},
  {"late/right-key", fork_beside_late, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"late/wrong-key", fork_beside_late, {.chain = "bad", PINNED}, WE_REFUSE},
  {"cleaned-up", fork_after_cleanup, {.chain = "good", PINNED}, ALL_ACCEPT},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
