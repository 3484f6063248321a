/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 *   verify-cases FILE [PROVIDER]
 *
 * Verifies every case of the file (see case_file.h) as libssl verifies a peer, and prints a line for each
 * with all that a program can notice: id, verdict, error, its depth, the calls of the verify callback
 * (ok/error/depth), the length of the chain, and the codes of the error queue. Fails if PROVIDER is given and
 * not active, because the comparison would mean nothing.
 */

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "case_file.h"

/* The verify callback fills this, because it has no argument of its own. Larger than any case needs. */
static char calls[65536];
static size_t calls_length;

static int note_call(int ok, X509_STORE_CTX *context) {
  size_t room = sizeof calls - calls_length;
  int written = snprintf(calls + calls_length, room, " %d/%d/%d", ok, X509_STORE_CTX_get_error(context),
                         X509_STORE_CTX_get_error_depth(context));
  if (written > 0 && (size_t)written < room)
    calls_length += (size_t)written;
  return ok;
}

static bool prepare(X509_STORE_CTX *context, const struct verify_case *test) {
  if (X509_STORE_CTX_init(context, test->store, test->peer, test->untrusted) != 1)
    return false;
  if (X509_STORE_CTX_set_default(context, test->purpose) != 1)
    return false;
  X509_STORE_CTX_set_verify_cb(context, note_call);
  return X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(context), test->param) == 1;
}

static void print_error_queue(void) {
  unsigned long code;
  while ((code = ERR_get_error()) != 0)
    printf(" %08lx", code);
}

static bool verify(const struct verify_case *test) {
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  if (context == NULL || !prepare(context, test)) {
    X509_STORE_CTX_free(context);
    return false;
  }
  calls_length = 0;
  calls[0] = '\0';
  int verdict = X509_verify_cert(context);
  printf("%s\t%d\t%d\t%d\t%s\t%d\t", test->id, verdict, X509_STORE_CTX_get_error(context),
         X509_STORE_CTX_get_error_depth(context), calls, sk_X509_num(X509_STORE_CTX_get0_chain(context)));
  print_error_queue();
  putchar('\n');
  X509_STORE_CTX_free(context);
  return true;
}

static bool run(const struct verify_case *test) {
  ERR_clear_error();
  if (!test->unusable && test->peer != NULL)
    return verify(test);
  printf("%s\tunusable\n", test->id);
  return true;
}

static int run_all(FILE *file) {
  for (;;) {
    struct verify_case test;
    enum case_status status = case_read(file, &test);
    bool done = status == CASE_READ && run(&test);
    if (status == CASE_MALFORMED || (status == CASE_READ && !done))
      fprintf(stderr, "verify-cases: %s\n", test.id != NULL ? test.id : "out of memory");
    case_clear(&test);
    if (status == CASE_END_OF_FILE)
      return ferror(file) || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (!done)
      return EXIT_FAILURE;
  }
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 3) {
    fprintf(stderr, "usage: verify-cases FILE [PROVIDER]\n");
    return 2;
  }
  if (argc == 3 && OSSL_PROVIDER_available(NULL, argv[2]) != 1) {
    fprintf(stderr, "verify-cases: the provider %s is not active\n", argv[2]);
    return EXIT_FAILURE;
  }
  FILE *file = fopen(argv[1], "re");
  if (file == NULL) {
    perror(argv[1]);
    return EXIT_FAILURE;
  }
  int status = run_all(file);
  fclose(file);
  return status;
}
