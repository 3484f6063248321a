/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * make-policy FOLDER HOSTS NAME PIN: writes policy.cfg into the folder, with HOSTS entries of two pins each,
 * the last of which is NAME with PIN, and its compiled form beside it. Prints for the compilation the
 * seconds, the seconds of processor time and the peak memory in KiB, and the sizes of text and image in
 * bytes.
 */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "pinpolicy.h"

/* SplitMix64: pins that differ from each other, and are the same in every run. */
static uint64_t next_random(uint64_t *state) {
  uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);

  mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
  return mixed ^ (mixed >> 31);
}

static void random_pin(uint64_t *state, char ret_text[PIN_DIGEST_TEXT_SIZE]) {
  struct pin_digest digest;

  for (size_t i = 0; i < sizeof digest; i += sizeof(uint64_t)) {
    uint64_t word = next_random(state);

    memcpy(digest.bytes + i, &word, sizeof word);
  }
  pin_digest_format(&digest, ret_text);
}

static void write_entry(FILE *file, const char *name, const char *pin, const char *backup_pin, bool last) {
  fprintf(file, "  { name = \"%s\"; pins = [ \"%s\" ]; backup_pins = [ \"%s\" ]; }%s\n", name, pin,
          backup_pin, last ? "" : ",");
}

static bool write_text(const char *path, unsigned long hosts, const char *name, const char *pin) {
  FILE *file = fopen(path, "we");
  uint64_t state = 1;
  char first[PIN_DIGEST_TEXT_SIZE], second[PIN_DIGEST_TEXT_SIZE], host[64];
  bool failed;

  if (file == NULL)
    return false;
  fputs("version = 1;\nhosts = (\n", file);
  for (unsigned long i = 1; i < hosts; i++) {
    snprintf(host, sizeof host, "host%lu.bench.example", i);
    random_pin(&state, first);
    random_pin(&state, second);
    write_entry(file, host, first, second, false);
  }
  random_pin(&state, second);
  write_entry(file, name, pin, second, true);
  fputs(");\n", file);
  failed = ferror(file) != 0;
  return fclose(file) == 0 && !failed;
}

static double seconds(clockid_t clock) {
  struct timespec now;

  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_mistake(const struct pin_diagnostic *diagnostic, void *arg) {
  (void)arg;
  fprintf(stderr, "%s:%u: %s\n", diagnostic->file, diagnostic->line, diagnostic->message);
}

/* Compiles the policy and prints the costs; returns the exit status. */
static int compile(const char *text_path) {
  char compiled_path[PATH_MAX];
  struct rusage usage;
  struct stat text;
  double began = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
  void *image;
  size_t size;

  if (!pin_compiled_path(text_path, compiled_path, sizeof compiled_path) || stat(text_path, &text) != 0)
    return 3;
  if (pin_text_compile(text_path, print_mistake, NULL, &image, &size) != PIN_OK)
    return 3;
  if (pin_compiled_write(compiled_path, image, size) != 0) {
    free(image);
    return 3;
  }
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"seconds\": %.3f, \"processor_seconds\": %.3f, \"peak_kib\": %ld, \"text_bytes\": %lld, "
         "\"image_bytes\": %zu}\n",
         seconds(CLOCK_MONOTONIC) - began, seconds(CLOCK_PROCESS_CPUTIME_ID) - processor, usage.ru_maxrss,
         (long long)text.st_size, size);
  free(image);
  return 0;
}

int main(int argc, char **argv) {
  char path[PATH_MAX];
  unsigned long hosts = argc == 5 ? strtoul(argv[2], NULL, 10) : 0;

  if (hosts == 0) {
    fputs("usage: make-policy FOLDER HOSTS NAME PIN\n", stderr);
    return 2;
  }
  snprintf(path, sizeof path, "%s/policy.cfg", argv[1]);
  if (!write_text(path, hosts, argv[3], argv[4])) {
    perror(path);
    return 3;
  }
  return compile(path);
}
