/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The chains that are kept of sessions, in a child that was forked while another thread of its parent was
 * changing them. The source is included, because nothing else can stop in the middle of it.
 */
#include "gnutls/kept_chain.c"

#include <sys/wait.h>

#include "runner.h"

/* Not a digest, but different for different data. */
static int hash(gnutls_digest_algorithm_t algorithm, const void *data, size_t size, void *ret_digest) {
  (void)algorithm;
  memset(ret_digest, 0, 32);
  memcpy(ret_digest, data, size < 32 ? size : 32);
  return 0;
}

static const struct library library = {.gnutls_hash_fast = hash};

static void remember(const char *session, const char *certificate) {
  gnutls_datum_t shown = {(unsigned char *)(uintptr_t)certificate, (unsigned)strlen(certificate)};
  struct evidence evidence = {&shown, 1, false};
  kept_chain_remember(&library, session, strlen(session), &evidence);
}

/* Whether the session is remembered with this certificate. */
static bool finds(const char *session, const char *certificate) {
  struct kept_chain *chain = kept_chain_find(&library, session, strlen(session));
  bool found = chain != NULL && chain->evidence.count == 1 &&
               chain->certificates[0].size == strlen(certificate) &&
               memcmp(chain->certificates[0].data, certificate, strlen(certificate)) == 0;
  kept_chain_free(chain);
  return found;
}

static bool finds_nothing(const char *session) {
  struct kept_chain *chain = kept_chain_find(&library, session, strlen(session));
  kept_chain_free(chain);
  return chain == NULL;
}

static void remembers(void) {
  remember("first", "of the first");
  remember("second", "of the second");
  CU_ASSERT_TRUE(finds("first", "of the first"));
  CU_ASSERT_TRUE(finds("second", "of the second"));
  CU_ASSERT_TRUE(finds_nothing("third"));
}

/* The digest of the second is stored before the chain of the first, as by a thread that is halfway. */
static void in_a_child(void) {
  unsigned char digest[32];
  int status = -1;
  CU_ASSERT_TRUE(take_turn());
  hash(GNUTLS_DIG_SHA256, "halfway", 7, digest);
  memcpy(remembered[0].digest, digest, sizeof digest);
  pid_t child = fork();
  if (child == 0) {
    bool good = finds_nothing("halfway");
    remember("new", "of the new");
    good = good && finds("new", "of the new") && finds_nothing("second");
    _exit(good ? 0 : 1);
  }
  CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
  CU_ASSERT_EQUAL(status, 0);
  /* Here the thread is still changing it. */
  CU_ASSERT_TRUE(finds_nothing("second"));
  end_turn();
  CU_ASSERT_TRUE(finds("second", "of the second"));
  for (unsigned i = 0; i < REMEMBERED; i++)
    kept_chain_free(remembered[i].chain);
}

int main(void) {
  static const struct unit_test tests[] = {
      {"remembers", remembers}, {"in a child", in_a_child}, {NULL, NULL}};
  static const struct unit_suite suite = {"kept chains", NULL, NULL, tests};

  return unit_run(&suite);
}
