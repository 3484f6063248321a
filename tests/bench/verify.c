/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * verify CHAIN ROOT NAME COUNT: verifies a chain (leaf first) against a root for a host COUNT times, after
 * one time that does not count. Prints the thread's processor time of the fastest verification in
 * nanoseconds, because other load can only add to one.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

struct subject {
  STACK_OF(X509) * chain;
  X509_STORE *store;
  const char *name;
};

static STACK_OF(X509) * read_chain(const char *path) {
  STACK_OF(X509) *chain = sk_X509_new_null();
  FILE *file = fopen(path, "re");
  X509 *certificate;

  while (file != NULL && (certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL)
    sk_X509_push(chain, certificate);
  if (file != NULL)
    fclose(file);
  return chain;
}

static bool verify(const struct subject *subject) {
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  bool ok =
      X509_STORE_CTX_init(context, subject->store, sk_X509_value(subject->chain, 0), subject->chain) == 1 &&
      X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(context), subject->name, 0) == 1 &&
      X509_verify_cert(context) == 1;

  X509_STORE_CTX_free(context);
  return ok;
}

static double nanoseconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Returns the exit status. */
static int measure(const struct subject *subject, unsigned long count) {
  double fastest = -1;

  if (!verify(subject)) {
    fputs("verify: the chain is refused\n", stderr);
    return 1;
  }
  for (unsigned long i = 0; i < count; i++) {
    double began = nanoseconds(), took;

    if (!verify(subject))
      return 1;
    took = nanoseconds() - began;
    if (fastest < 0 || took < fastest)
      fastest = took;
  }
  printf("%.1f\n", fastest);
  return 0;
}

int main(int argc, char **argv) {
  unsigned long count = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
  struct subject subject;
  int status = 3;

  if (count == 0) {
    fputs("usage: verify CHAIN ROOT NAME COUNT\n", stderr);
    return 2;
  }
  subject.chain = read_chain(argv[1]);
  subject.store = X509_STORE_new();
  subject.name = argv[3];
  if (sk_X509_num(subject.chain) > 0 && X509_STORE_load_file(subject.store, argv[2]) == 1)
    status = measure(&subject, count);
  sk_X509_pop_free(subject.chain, X509_free);
  X509_STORE_free(subject.store);
  return status;
}
