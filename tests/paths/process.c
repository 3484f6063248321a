/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What a process does around its connections: fork, threads, chroot, another user, a sandbox. */
#include "kit.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <openssl/err.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"

/* ---- fork ---- */

static enum outcome fork_before(const struct setup *setup) {
  OPENSSL_init_ssl(0, NULL);
  return in_child(connect_once, setup);
}

static enum outcome fork_after(const struct setup *setup) {
  enum outcome parent = connect_once(setup), child = in_child(connect_once, setup);

  if (parent != child)
    broken("parent %d, child %d", parent, child);
  return connect_once(setup);
}

static enum outcome after_policy_change(const struct setup *setup) {
  use_policy("changed");
  return connect_once(setup);
}

/* The child loads a policy that its parent never saw. */
static enum outcome fork_then_change(const struct setup *setup) {
  (void)connect_once(setup);
  return in_child(after_policy_change, setup);
}

static SSL_CTX *inherited_client, *inherited_server;

static enum outcome with_inherited(const struct setup *setup) {
  return connect_with(setup, inherited_client, inherited_server);
}

static enum outcome fork_with_contexts(const struct setup *setup) {
  inherited_client = client_context(setup);
  inherited_server = server_context(setup);
  return in_child(with_inherited, setup);
}

/* ---- Threads, with the policy replaced again and again ---- */

#define THREADS 64

static const struct setup *handed_on;
static SSL_CTX *shared_client, *shared_server;
static atomic_bool stop_threads;
static atomic_int handshakes, surprises;

static void *connect_all_the_time(void *arg) {
  enum outcome *expected = arg;

  while (!atomic_load(&stop_threads)) {
    if (connect_with(handed_on, shared_client, shared_server) != *expected)
      atomic_fetch_add(&surprises, 1);
    atomic_fetch_add(&handshakes, 1);
  }
  OPENSSL_thread_stop();
  return NULL;
}

/* Two policies with the same pins for this host. */
static void replace_for(int milliseconds) {
  for (int i = 0; i < milliseconds / 10; i++) {
    replace_policy(i % 2 == 0 ? "same" : "good");
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
}

static enum outcome threads(const struct setup *setup) {
  pthread_t running[THREADS];
  enum outcome expected;

  handed_on = setup;
  shared_client = client_context(setup);
  shared_server = server_context(setup);
  expected = connect_with(setup, shared_client, shared_server);
  for (int i = 0; i < THREADS; i++)
    if (pthread_create(&running[i], NULL, connect_all_the_time, &expected) != 0)
      broken("no thread");
  replace_for(2000);
  atomic_store(&stop_threads, true);
  for (int i = 0; i < THREADS; i++)
    pthread_join(running[i], NULL);
  SSL_CTX_free(shared_client);
  SSL_CTX_free(shared_server);
  if (atomic_load(&surprises) != 0 || atomic_load(&handshakes) < THREADS)
    broken("%d of %d handshakes came to something else", atomic_load(&surprises), atomic_load(&handshakes));
  return expected;
}

/* All threads use OpenSSL for the first time, at once. */
static void *connect_first(void *arg) {
  *(enum outcome *)arg = connect_once(handed_on);
  return NULL;
}

static enum outcome threads_at_start(const struct setup *setup) {
  pthread_t running[THREADS];
  enum outcome outcomes[THREADS];

  handed_on = setup;
  for (int i = 0; i < THREADS; i++)
    pthread_create(&running[i], NULL, connect_first, &outcomes[i]);
  for (int i = 0; i < THREADS; i++)
    pthread_join(running[i], NULL);
  for (int i = 1; i < THREADS; i++)
    if (outcomes[i] != outcomes[0])
      broken("thread %d comes to %d, another to %d", i, outcomes[i], outcomes[0]);
  return outcomes[0];
}

/* A thread that is cancelled while it is the first to read the policy must not leave others waiting. */
static void *make_context_while_cancelled(void *arg) {
  (void)arg;
  pthread_cancel(pthread_self());
  SSL_CTX_free(SSL_CTX_new(TLS_client_method()));
  pthread_testcancel();
  return NULL;
}

static enum outcome thread_cancelled(const struct setup *setup) {
  pthread_t thread;
  void *ended;

  OPENSSL_init_ssl(0, NULL); /* reads openssl.cnf, during which the thread could be cancelled as well */
  if (pthread_create(&thread, NULL, make_context_while_cancelled, NULL) != 0 ||
      pthread_join(thread, &ended) != 0)
    broken("no thread");
  if (ended != PTHREAD_CANCELED)
    broken("the thread was not cancelled");
  return connect_once(setup);
}

/* ---- Sandboxes ---- */

/* Connects in contexts that were made before; then once more when the policy has to be looked at again. */
static enum outcome confined(const struct setup *setup, void (*confine)(void), bool wait) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct setup other = {.chain = "bad", OTHER};
  enum outcome first, second;

  /* Files that OpenSSL itself opens at its first connection are not tested here. */
  if (connect_with(&other, client, server) == BROKEN)
    broken("no connection");
  /* Nor is what stdio opens for its first line. */
  printf("confined\n");
  confine();
  first = connect_with(setup, client, server);
  if (wait)
    wait_for_look();
  second = connect_with(setup, client, server);
  if (first != second)
    broken("first %d, then %d", first, second);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return second;
}

static void need_root(void) {
  if (geteuid() != 0)
    not_applicable("only root may do this");
}

/* Enters an empty folder, below the one that run.py removes afterwards. */
static void enter_chroot(void) {
  const char *folder = getenv("PATHS_FOLDER");

  need_root();
  if (folder == NULL || chdir(folder) != 0 || mkdir("empty", 0755) != 0 || chroot("empty") != 0 ||
      chdir("/") != 0)
    broken("no chroot");
}

static void become_nobody(void) {
  need_root();
  if (setgid(65534) != 0 || setuid(65534) != 0)
    broken("no other user");
}

/* The name of this system call on 32-bit machines. */
#ifdef __NR_fstatat64
#define NUMBER_OF_FSTATAT __NR_fstatat64
#else
#define NUMBER_OF_FSTATAT __NR_newfstatat
#endif

#define LOAD_NUMBER BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define DENY(number, what)                                                                                   \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, (what))

static void forbid_files(unsigned int what) {
  struct sock_filter filter[] = {LOAD_NUMBER,
                                 DENY(__NR_open, what),
                                 DENY(__NR_openat, what),
                                 DENY(__NR_stat, what),
                                 DENY(__NR_lstat, what),
                                 DENY(NUMBER_OF_FSTATAT, what),
                                 DENY(__NR_statx, what),
                                 DENY(__NR_getdents64, what),
                                 BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};

  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
    broken("no seccomp");
}

static void forbid_files_by_error(void) {
  forbid_files(SECCOMP_RET_ERRNO | EPERM);
}

static void forbid_files_by_death(void) {
  forbid_files(SECCOMP_RET_KILL_PROCESS);
}

static void nothing(void) {
}

static enum outcome in_chroot(const struct setup *setup) {
  return confined(setup, enter_chroot, true);
}

/* No name, memory BIOs, and no /proc that lists the sockets: the socket that is connected to the pinned
 * address counts. */
static enum outcome unnamed_in_chroot(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  const struct setup by_socket = {.transport = SOCKET};
  struct link socket, link;
  enum outcome outcome;

  (void)connect_with(setup, client, server);
  printf("confined\n");
  link_open_nameless(&socket, &by_socket, client, server);
  enter_chroot();
  link_open_nameless(&link, setup, client, server);
  outcome = link_run(&link);
  link_close(&link);
  link_free(&socket, client, server);
  return outcome;
}

/* Writes the compiled form of the policy, as pinctl does. */
static void compile_policy(void) {
  const char *module = getenv("PATHS_MODULE"), *policy = getenv("PATHS_POLICY");
  int (*compile)(const char *, void *, void *, void **, size_t *);
  int (*write_form)(const char *, const void *, size_t);
  char path[PATH_MAX];
  void *library, *symbol, *image;
  size_t size;

  if (module == NULL || policy == NULL)
    broken("no module or policy");
  snprintf(path, sizeof path, "%.*s/../libpinpolicy.so.0", (int)(strrchr(module, '/') - module), module);
  library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    broken("%s", dlerror());
  symbol = dlsym(library, "pin_text_compile");
  memcpy(&compile, &symbol, sizeof compile);
  symbol = dlsym(library, "pin_compiled_write");
  memcpy(&write_form, &symbol, sizeof write_form);
  snprintf(path, sizeof path, "%.*s/policy.db", (int)(strrchr(policy, '/') - policy), policy);
  if (compile(policy, NULL, NULL, &image, &size) != 0 || write_form(path, image, size) != 0)
    broken("cannot compile %s", policy);
  free(image);
}

/* Like Dovecot's login processes: OpenSSL is initialised, without any object of a connection. The shim sees
 * an object of the program's, because libcrypto's own calls may stay within libcrypto. */
static enum outcome early_in_chroot(const struct setup *setup) {
  const char *folder = getenv("PATHS_PKI");
  CRYPTO_EX_DATA data;
  int object;

  compile_policy();
  OPENSSL_init_ssl(0, NULL);
  CRYPTO_new_ex_data(CRYPTO_EX_INDEX_APP, &object, &data);
  CRYPTO_free_ex_data(CRYPTO_EX_INDEX_APP, &object, &data);
  printf("confined\n");
  need_root();
  if (folder == NULL || chroot(folder) != 0 || chdir("/") != 0 || setenv("PATHS_PKI", "/", 1) != 0)
    broken("no chroot");
  return connect_once(setup);
}

static enum outcome as_nobody(const struct setup *setup) {
  return confined(setup, become_nobody, true);
}

static enum outcome in_seccomp(const struct setup *setup) {
  return confined(setup, forbid_files_by_error, true);
}

static enum outcome in_deadly_seccomp(const struct setup *setup) {
  return confined(setup, forbid_files_by_death, false);
}

static enum outcome unconfined(const struct setup *setup) {
  return confined(setup, nothing, true);
}

/* Removes files under a running process: the last good policy stays in force. */
static enum outcome without_policy(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  enum outcome outcome;

  (void)connect_with(setup, client, server);
  if (unlink(getenv("PATHS_POLICY")) != 0)
    broken("no policy to remove");
  wait_for_look();
  outcome = connect_with(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* Captures standard error from now on. */
struct capture {
  int kept_err;
  FILE *file;
};

static struct capture capture_begin(void) {
  struct capture capture = {dup(STDERR_FILENO), tmpfile()};

  if (capture.file == NULL)
    broken("no file for the log");
  dup2(fileno(capture.file), STDERR_FILENO);
  return capture;
}

/* Passes on what was captured; returns how many of its lines contain the text. */
static int capture_end(const struct capture *capture, const char *text) {
  char line[4096];
  int found = 0;

  dup2(capture->kept_err, STDERR_FILENO);
  close(capture->kept_err);
  rewind(capture->file);
  while (fgets(line, sizeof line, capture->file) != NULL) {
    fputs(line, stderr);
    found += strstr(line, text) != NULL;
  }
  fclose(capture->file);
  return found;
}

static void expect_told(int told, int expected) {
  if (getenv("PINNING_DEBUG") != NULL && told != expected)
    broken("the log was told %d times", told);
}

/* A missing policy is looked for twice a second; the log gets at most one line a minute. */
static enum outcome policy_stays_away(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct capture capture = capture_begin();
  enum outcome outcome = BROKEN;

  if (unlink(getenv("PATHS_POLICY")) != 0)
    broken("no policy to remove");
  for (int look = 0; look < 14; look++) {
    wait_for_look();
    outcome = connect_with(setup, client, server);
  }
  expect_told(capture_end(&capture, "event=policy-unusable"), 1);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* If there never was a policy, the log gets a line when a host is looked up, and not before. */
static enum outcome policy_is_missing(const struct setup *setup) {
  struct capture capture;
  SSL_CTX *client, *server;
  enum outcome outcome;

  if (unlink(getenv("PATHS_POLICY")) != 0)
    broken("no policy to remove");
  capture = capture_begin();
  client = client_context(setup);
  server = server_context(setup);
  expect_told(capture_end(&capture, "event="), 0);
  capture = capture_begin();
  outcome = connect_with(setup, client, server);
  expect_told(capture_end(&capture, "event=policy-unusable"), 1);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* The policy is in force as soon as the file exists. */
static enum outcome policy_comes_late(const struct setup *setup) {
  SSL_CTX *client, *server;
  enum outcome outcome;
  char away[512];

  snprintf(away, sizeof away, "%s.away", getenv("PATHS_POLICY"));
  if (rename(getenv("PATHS_POLICY"), away) != 0)
    broken("no policy to move away");
  client = client_context(setup);
  server = server_context(setup);
  if (rename(away, getenv("PATHS_POLICY")) != 0)
    broken("no policy to move back");
  outcome = connect_with(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* ---- The environment ---- */

/* What the program writes to the environment later, perhaps while a thread reads it, changes nothing. */
static enum outcome variable_set_later(const struct setup *setup) {
  char other[512];

  (void)connect_once(setup);
  snprintf(other, sizeof other, "%s.other", getenv("PATHS_POLICY"));
  setenv("PATHS_POLICY", other, 1);
  replace_policy("changed");
  if (getenv("PINNING_POLICY") != NULL)
    setenv("PINNING_POLICY", other, 1);
  wait_for_look();
  return connect_once(setup);
}

/* ---- The log ---- */

#define FORGED "verdict=accepted"

static int lines_that_begin(FILE *file, const char *beginning) {
  char line[8192];
  int count = 0;

  rewind(file);
  while (fgets(line, sizeof line, file) != NULL) {
    fputs(line, stderr);
    count += strncmp(line, beginning, strlen(beginning)) == 0;
  }
  return count;
}

/* The name of a folder cannot forge lines of our log. */
static enum outcome name_of_two_lines(const struct setup *setup) {
  char policy[512];
  int kept_err = dup(STDERR_FILENO);
  FILE *file = tmpfile();
  enum outcome outcome;

  snprintf(policy, sizeof policy, "%s\"\n" FORGED " policy=\"", getenv("PATHS_POLICY"));
  if (getenv("PINNING_POLICY") != NULL)
    setenv("PINNING_POLICY", policy, 1);
  setenv("PATHS_POLICY", policy, 1);
  replace_policy("good");
  fflush(stderr);
  dup2(fileno(file), STDERR_FILENO);
  (void)connect_once(setup);
  use_policy("same");
  (void)connect_once(setup);
  use_policy("broken");
  outcome = connect_once(setup);
  dup2(kept_err, STDERR_FILENO);
  if (lines_that_begin(file, FORGED) != 0)
    broken("a line is forged");
  if (getenv("PINNING_POLICY") != NULL && lines_that_begin(file, "event=policy-") < 3)
    broken("the log is not told of the policy");
  fclose(file);
  return outcome;
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"fork/before/right-key", fork_before, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"fork/before/wrong-key", fork_before, {.chain = "bad", PINNED}, WE_REFUSE},
  {"fork/after/right-key", fork_after, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"fork/after/wrong-key", fork_after, {.chain = "bad", PINNED}, WE_REFUSE},
  {"fork/after/uncovered", fork_after, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"fork/then-change/right-key", fork_then_change, {.chain = "bad", PINNED}, ALL_ACCEPT},
  {"fork/then-change/wrong-key", fork_then_change, {.chain = "good", PINNED}, WE_REFUSE},
  {"fork/with-contexts/wrong-key", fork_with_contexts, {.chain = "bad", PINNED}, WE_REFUSE},
  {"fork/with-contexts/right-key", fork_with_contexts, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"threads/right-key", threads, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"threads/wrong-key-none", threads, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"threads/at-start/right-key", threads_at_start, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"threads/at-start/wrong-key", threads_at_start, {.chain = "bad", PINNED}, WE_REFUSE},
  {"threads/cancelled/right-key", thread_cancelled, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"threads/cancelled/wrong-key", thread_cancelled, {.chain = "bad", PINNED}, WE_REFUSE},
  {"confined/not/right-key", unconfined, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"confined/chroot/right-key", in_chroot, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"confined/chroot/wrong-key", in_chroot, {.chain = "bad", PINNED}, WE_REFUSE},
  {"confined/chroot/uncovered", in_chroot, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"confined/chroot/early/right-key", early_in_chroot, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"confined/chroot/early/wrong-key", early_in_chroot, {.chain = "bad", PINNED}, WE_REFUSE},
  {"confined/chroot/early/wrong-key-none", early_in_chroot, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"confined/chroot/early/uncovered", early_in_chroot, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"confined/chroot/unnamed/right-key", unnamed_in_chroot, {.chain = "good", .transport = MEMORY}, ALL_ACCEPT},
  {"confined/chroot/unnamed/wrong-key", unnamed_in_chroot, {.chain = "bad", .transport = MEMORY, .unverified = true}, WE_REFUSE},
  {"confined/user/right-key", as_nobody, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"confined/user/wrong-key", as_nobody, {.chain = "bad", PINNED}, WE_REFUSE},
  {"confined/seccomp/right-key", in_seccomp, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"confined/seccomp/wrong-key", in_seccomp, {.chain = "bad", PINNED}, WE_REFUSE},
  {"confined/seccomp/wrong-key-none", in_seccomp, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, WE_REFUSE},
  {"confined/deadly-seccomp/right-key", in_deadly_seccomp, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"policy-removed/right-key", without_policy, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"policy-removed/log", policy_stays_away, {.chain = "bad", PINNED}, WE_REFUSE},
  {"policy-removed/wrong-key", without_policy, {.chain = "bad", PINNED}, WE_REFUSE},
  {"policy-missing/log", policy_is_missing, {.chain = "good", PINNED}, WE_REFUSE},
  {"policy-late/right-key", policy_comes_late, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"policy-late/wrong-key", policy_comes_late, {.chain = "bad", PINNED}, WE_REFUSE},
  {"environment/set-later/right-key", variable_set_later, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"environment/set-later/wrong-key", variable_set_later, {.chain = "bad", PINNED}, WE_REFUSE},
  {"log/name-of-two-lines", name_of_two_lines, {.chain = "bad", PINNED}, WE_REFUSE},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
