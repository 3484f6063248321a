/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * holder CHAIN ROOT HOST [MILLISECONDS COUNT]: a process that holds a policy for long. For each line of its
 * input it verifies the chain once and prints "accepted" or "refused", the processor time that this took in
 * microseconds, and by how many KiB its memory rose above what it was before, at its highest. With
 * MILLISECONDS it verifies COUNT times in that rhythm instead, and prints, of all together: how often each
 * verdict was, the highest and the whole time, the highest rise, and its private memory in the end.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

static STACK_OF(X509) * chain;
static X509_STORE *store;
static const char *host;

struct result {
  bool accepted;
  int64_t microseconds;
  long rise;
};

static int64_t processor_time(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* A line of a file in /proc/self that begins with `name`, in KiB; 0: there is none. */
static long kibibytes(const char *path, const char *name) {
  char line[256];
  long found = 0;
  FILE *file = fopen(path, "re");
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, name, strlen(name)) == 0)
      found += strtol(line + strlen(name), NULL, 10);
  if (file != NULL)
    fclose(file);
  return found;
}

static void forget_highest(void) {
  FILE *file = fopen("/proc/self/clear_refs", "we");
  if (file == NULL)
    return;
  fputs("5", file);
  fclose(file);
}

static struct result verify(void) {
  struct result result = {0};
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  forget_highest();
  long before = kibibytes("/proc/self/status", "VmRSS:");
  int64_t began = processor_time();
  result.accepted = X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain) == 1 &&
                    X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(context), host, 0) == 1 &&
                    X509_verify_cert(context) == 1;
  result.microseconds = processor_time() - began;
  result.rise = kibibytes("/proc/self/status", "VmHWM:") - before;
  X509_STORE_CTX_free(context);
  return result;
}

static void obey(void) {
  char line[16];
  while (fgets(line, sizeof line, stdin) != NULL) {
    struct result result = verify();
    printf("%s %" PRId64 " %ld\n", result.accepted ? "accepted" : "refused", result.microseconds,
           result.rise);
    fflush(stdout);
  }
}

static void keep_on(long milliseconds, long count) {
  const struct timespec pause = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
  int64_t highest = 0, whole = 0;
  long rise = 0, accepted = 0;
  for (long i = 0; i < count; i++) {
    struct result result = verify();
    accepted += result.accepted;
    whole += result.microseconds;
    if (result.microseconds > highest)
      highest = result.microseconds;
    if (i > 0 && result.rise > rise)
      rise = result.rise;
    nanosleep(&pause, NULL);
  }
  printf("accepted %ld refused %ld highest_us %" PRId64 " whole_us %" PRId64
         " rise_kib %ld private_kib %ld\n",
         accepted, count - accepted, highest, whole, rise,
         kibibytes("/proc/self/smaps_rollup", "Private_Dirty:"));
}

int main(int argc, char **argv) {
  FILE *file = argc > 3 ? fopen(argv[1], "re") : NULL;
  X509 *certificate;
  chain = sk_X509_new_null();
  while (file != NULL && (certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL)
    sk_X509_push(chain, certificate);
  store = X509_STORE_new();
  if (file == NULL || sk_X509_num(chain) == 0 || X509_STORE_load_file(store, argv[2]) != 1)
    return 2;
  fclose(file);
  host = argv[3];
  if (argc > 5)
    keep_on(strtol(argv[4], NULL, 10), strtol(argv[5], NULL, 10));
  else
    obey();
  return 0;
}
