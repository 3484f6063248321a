/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Makes each allocation and each system call of pinning fail once, the n-th in the n-th child of this
 * program. There must be no crash, no leak and no accepted wrong key; connections to a host without an entry
 * must be unaffected; and the next connection must be as if nothing had failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>

#include "inject.h"
#include "kit.h"
#include "pinpolicy.h"

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define OPEN .unverified = true, .untrusting = true

/* From which moment calls are counted. */
enum stage {
  LOAD,   /* before OpenSSL reads its configuration */
  FIRST,  /* with the first connection, which reads the policy */
  WARM,   /* with the second */
  RELOAD, /* with the second, the policy having changed */
  RESUMED /* with the second, which resumes the session of the first */
};

/* What a child has seen, in memory shared with its parent. */
struct seen {
  enum outcome outcome, next;
  unsigned long calls;
  long blocks;
  bool asked; /* whether pinning asked libc for more than memory */
  char failed[32];
};

static struct seen *seen;

static enum outcome connect_counted(const struct setup *setup, SSL_CTX *client, SSL_CTX *server,
                                    SSL_SESSION *session, unsigned long failing) {
  struct link link;
  enum outcome outcome;

  inject_arm(failing);
  link_open(&link, setup, client, server);
  if (session != NULL)
    SSL_set_session(link.client, session);
  outcome = link_run(&link);
  link_close(&link);
  inject_disarm();
  return outcome;
}

/* Makes everything happen that happens once in a process: a refusal, and the end of an old policy. */
static void settle(const struct setup *setup, SSL_CTX *client) {
  const struct setup refused = {.chain = "bad", PINNED, .version = setup->version};
  SSL_CTX *server = server_context(&refused);

  for (int turn = 0; turn < 3; turn++) {
    (void)connect_with(&refused, client, server);
    inject_advance_clock(60);
  }
  SSL_CTX_free(server);
}

/* Connections and contexts that live as long as this struct. They occupy all places of
   provider/common/record.h, so that any other one allocates memory, as in a program with many of them. */
#define CROWD 300

struct crowd {
  SSL *connections[CROWD];
  X509_STORE_CTX *contexts[CROWD];
};

static struct crowd *gather_crowd(SSL_CTX *client) {
  struct crowd *crowd = calloc(1, sizeof *crowd);

  if (crowd == NULL)
    broken("no memory");
  for (int i = 0; i < CROWD; i++) {
    crowd->contexts[i] = X509_STORE_CTX_new();
    (void)X509_STORE_CTX_init(crowd->contexts[i], NULL, NULL, NULL);
    crowd->connections[i] = SSL_new(client);
    SSL_set_bio(crowd->connections[i], BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    (void)SSL_connect(crowd->connections[i]);
  }
  ERR_clear_error();
  return crowd;
}

/* Takes NULL. */
static void disperse(struct crowd *crowd) {
  for (int i = 0; crowd != NULL && i < CROWD; i++) {
    X509_STORE_CTX_free(crowd->contexts[i]);
    SSL_free(crowd->connections[i]);
  }
  free(crowd);
}

static void run_child(const struct setup *setup, enum stage stage, unsigned long failing) {
  SSL_CTX *client, *server;
  struct crowd *crowd = NULL;

  if (stage == LOAD)
    inject_arm(failing);
  client = stage == RESUMED ? caching_client(setup) : client_context(setup);
  server = server_context(setup);
  if (stage >= WARM)
    (void)connect_with(setup, client, server);
  if (stage == RELOAD) {
    replace_policy("same");
    inject_advance_clock(2);
  }
  if (stage == WARM || stage == RESUMED)
    crowd = gather_crowd(client);
  if (stage == LOAD) {
    seen->outcome = connect_with(setup, client, server);
    inject_disarm();
  } else {
    seen->outcome = connect_counted(setup, client, server, newest_session, failing);
  }
  seen->calls = inject_calls();
  seen->asked = inject_is_asked();
  snprintf(seen->failed, sizeof seen->failed, "%s", inject_failed());
  inject_advance_clock(60);
  seen->next = connect_with(setup, client, server);
  settle(setup, client);
  disperse(crowd);
  SSL_SESSION_free(newest_session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  seen->blocks = inject_live_blocks();
}

static void fork_child(const struct setup *setup, enum stage stage, unsigned long failing) {
  int status;
  pid_t child;

  memset(seen, 0, sizeof *seen);
  seen->outcome = seen->next = BROKEN;
  fflush(stdout);
  child = fork();
  if (child < 0)
    broken("no child");
  if (child == 0) {
    run_child(setup, stage, failing);
    fflush(stdout);
    _exit(0);
  }
  if (waitpid(child, &status, 0) != child || status != 0)
    broken("call %lu fails: the child ends with status %#x", failing, (unsigned)status);
}

static bool is_covered(const struct setup *setup) {
  return setup->sni == NULL || strcmp(setup->sni, "other.test.example") != 0;
}

static unsigned faults;

static void fault(unsigned long call, const struct seen *found, const struct seen *sound, const char *what) {
  printf("call %lu (%s) fails: %s (outcome %d, next %d, %ld blocks; otherwise %d, %d, %ld)\n", call,
         found->failed, what, found->outcome, found->next, found->blocks, sound->outcome, sound->next,
         sound->blocks);
  faults++;
}

static void judge(const struct setup *setup, unsigned long call, const struct seen *found,
                  const struct seen *sound) {
  if (sound->outcome != ACCEPTED && found->outcome == ACCEPTED)
    fault(call, found, sound, "a wrong key is accepted");
  if (!is_covered(setup) && found->outcome != sound->outcome)
    fault(call, found, sound, "an uncovered host notices");
  if (found->next != sound->next)
    fault(call, found, sound, "the next connection is another");
  if (found->blocks > sound->blocks)
    fault(call, found, sound, "memory is not given back");
}

static enum outcome fail_each(const struct setup *setup, enum stage stage) {
  struct seen sound;
  unsigned long call = 1;

  seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (seen == MAP_FAILED)
    broken("no memory");
  fork_child(setup, stage, 0);
  sound = *seen;
  for (; call <= seen->calls; call++) {
    if (stage == RELOAD)
      replace_policy("good");
    fork_child(setup, stage, call);
    if (seen->failed[0] == '\0')
      break;
    judge(setup, call, seen, &sound);
  }
  printf("%lu calls\n", call - 1);
  if (strcmp(getenv("PATHS_WAY"), "without") != 0 && call == 1)
    broken("no call of ours was seen");
  if (strcmp(getenv("PATHS_WAY"), "without") != 0 && !sound.asked)
    broken("ours get libc's functions past this program");
  return faults == 0 ? sound.outcome : BROKEN;
}

static void compile_policy(void) {
  char compiled[512];
  void *image;
  size_t size;

  if (!pin_compiled_path(getenv("PATHS_POLICY"), compiled, sizeof compiled) ||
      pin_text_compile(getenv("PATHS_POLICY"), NULL, NULL, &image, &size) != PIN_OK ||
      pin_compiled_write(compiled, image, size) != 0)
    broken("no compiled form");
  free(image);
}

static enum outcome load(const struct setup *setup) {
  return fail_each(setup, LOAD);
}

static enum outcome first(const struct setup *setup) {
  return fail_each(setup, FIRST);
}

static enum outcome first_compiled(const struct setup *setup) {
  compile_policy();
  return fail_each(setup, FIRST);
}

static enum outcome warm(const struct setup *setup) {
  return fail_each(setup, WARM);
}

static enum outcome reload(const struct setup *setup) {
  return fail_each(setup, RELOAD);
}

static enum outcome resumed(const struct setup *setup) {
  return fail_each(setup, RESUMED);
}

#define NAMELESS .sni = NULL, .host = NULL, .transport = SOCKET

static const struct test_case cases[] = {
    /* clang-format off */
  {"load/right-key", load, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"load/uncovered", load, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"load/wrong-key", load, {.chain = "bad", PINNED}, WE_REFUSE},
  {"first/right-key", first, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"first/uncovered", first, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"first/wrong-key", first, {.chain = "bad", PINNED}, WE_REFUSE},
  {"first/compiled/right-key", first_compiled, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"first/compiled/uncovered", first_compiled, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"first/compiled/wrong-key", first_compiled, {.chain = "bad", PINNED}, WE_REFUSE},
  {"warm/right-key", warm, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"warm/uncovered", warm, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"warm/wrong-key", warm, {.chain = "bad", PINNED}, WE_REFUSE},
  {"warm/wrong-key-none", warm, {.chain = "bad", PINNED, OPEN}, WE_REFUSE},
  {"warm/socket/wrong-key", warm, {.chain = "bad", PINNED, .transport = SOCKET}, WE_REFUSE},
  {"warm/nameless/wrong-key", warm, {.chain = "bad", NAMELESS}, WE_REFUSE},
  {"warm/nameless/wrong-key-none", warm, {.chain = "bad", NAMELESS, OPEN}, WE_REFUSE},
  {"reload/right-key", reload, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"reload/uncovered", reload, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"reload/wrong-key", reload, {.chain = "bad", PINNED}, WE_REFUSE},
  {"resumed/right-key", resumed, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"resumed/uncovered", resumed, {.chain = "bad", OTHER}, ALL_ACCEPT},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
