/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of subject.h: writes editions of a policy, and the questions about them. */
#include "subject.h"

#include <stdio.h>
#include <stdlib.h>

/* The kind of an entry, by the host's number. */
enum sort {
  SORT_EXACT = 0,
  SORT_WILDCARD,
  SORT_SUBDOMAINS,
  SORT_ALL,
  SORT_AUDIT,
  SORT_FINGERPRINT,
  SORT_COUNT
};

/* Whether the host has an entry in this edition; other hosts have none in the next one. */
static bool is_listed(unsigned edition, unsigned host) {
  return (host + edition) % 10 != 0;
}

/* A different key for every edition, host and depth. */
static struct pin_digest key_of(unsigned edition, unsigned host, unsigned depth) {
  uint64_t state = (uint64_t)edition << 48 | (uint64_t)host << 16 | depth;
  struct pin_digest key;
  for (size_t i = 0; i < sizeof key.bytes; i++)
    key.bytes[i] = (uint8_t)random_next(&state);
  return key;
}

static void print_list(FILE *file, const char *name, unsigned edition, unsigned host, unsigned depth) {
  char text[PIN_DIGEST_TEXT_SIZE];
  struct pin_digest key = key_of(edition, host, depth);
  pin_digest_format(&key, text);
  fprintf(file, " %s = [ \"%s\" ];", name, text);
}

/* So many entries of one name that they are stored by port; their keys are wrong at any other place. */
static bool has_neighbours(unsigned host) {
  return host % (4 * SORT_COUNT) == 0;
}

static void print_neighbours(FILE *file, unsigned edition, unsigned host) {
  for (unsigned port = 430; port < 456; port++) {
    if (port == 443)
      continue;
    fprintf(file, "  { name = \"host%u.example\"; ports = [ %u, %u ];", host, port, port + 300);
    print_list(file, "pins", edition + 1, host, 0);
    fputs(" },\n", file);
  }
}

static void print_entry(FILE *file, unsigned edition, unsigned host) {
  enum sort sort = (enum sort)(host % SORT_COUNT);
  fprintf(file, "  { name = \"%shost%u.example\";", sort == SORT_WILDCARD ? "*." : "", host);
  print_list(file, sort == SORT_FINGERPRINT ? "fingerprints" : "pins", edition, host, 0);
  if (has_neighbours(host))
    fputs(" ports = [ 200, 443 ];", file);
  if (sort == SORT_SUBDOMAINS)
    fputs(" include_subdomains = true; ports = [ 443, 8443 ];", file);
  if (sort == SORT_ALL)
    print_list(file, "require = \"all\"; intermediates", edition, host, 1);
  if (sort == SORT_AUDIT)
    fputs(" mode = \"audit\";", file);
  fputs(" },\n", file);
  if (has_neighbours(host))
    print_neighbours(file, edition, host);
}

static bool write_text(const char *path, unsigned edition) {
  FILE *file = fopen(path, "w");
  if (file == NULL)
    return false;
  fputs("version = 1;\n", file);
  /* No host is asked with this key, but with a list of blocked keys, no answer is found without looking at
   * keys. */
  print_list(file, "blocked_keys", edition, SUBJECT_HOSTS, 0);
  fputs("\nhosts = (\n", file);
  for (unsigned host = 0; host < SUBJECT_HOSTS; host++)
    if (is_listed(edition, host))
      print_entry(file, edition, host);
  fputs("  { name = \"last.example\"; mode = \"off\"; }\n);\n", file);
  return fclose(file) == 0;
}

static void print_diagnostic(const struct pin_diagnostic *diagnostic, void *arg) {
  (void)arg;
  fprintf(stderr, "%s:%u: %s\n", diagnostic->file, diagnostic->line, diagnostic->message);
}

bool subject_compile(const char *path, unsigned edition, struct bytes *ret_image) {
  void *image = NULL;
  if (!write_text(path, edition)) {
    perror(path);
    return false;
  }
  bool good = pin_text_compile(path, print_diagnostic, NULL, &image, &ret_image->size) == PIN_OK;
  ret_image->data = image;
  return good;
}

static void name_host(unsigned host, char ret_name[48]) {
  static const char *const below[SORT_COUNT] = {[SORT_WILDCARD] = "a.", [SORT_SUBDOMAINS] = "b.a."};
  const char *labels = below[host % SORT_COUNT];
  snprintf(ret_name, 48, "%shost%u.example", labels == NULL ? "" : labels, host);
}

static void take_keys(struct question *question, unsigned edition, unsigned host) {
  for (unsigned depth = 0; depth < 2; depth++)
    question->keys[depth] = (struct pin_path_key){.key = key_of(edition, host, depth),
                                                  .certificate = key_of(edition, host, depth)};
}

void subject_questions(unsigned edition, const struct bytes *image, struct question *ret_questions) {
  const unsigned editions[] = {edition, edition - 1, edition + 1};
  struct question *question = ret_questions;
  for (unsigned host = 0; host < SUBJECT_HOSTS; host++) {
    for (unsigned i = 0; i < 3; i++, question++) {
      name_host(host, question->name);
      take_keys(question, editions[i], host);
    }
  }
  for (unsigned i = 0; i < SUBJECT_STRANGERS; i++, question++) {
    snprintf(question->name, sizeof question->name, "stranger%u.example", i);
    take_keys(question, edition + 1, i);
  }
  struct pin_policy policy;
  if (pin_policy_open(image->data, image->size, &policy) != PIN_OK)
    abort();
  for (size_t i = 0; i < SUBJECT_QUESTIONS; i++)
    subject_ask(&policy, &ret_questions[i], &ret_questions[i].right);
}

void subject_ask(const struct pin_policy *policy, const struct question *question,
                 struct answer *ret_answer) {
  const char *name = question->name;
  const struct pin_peer peer = {.names = &name, .name_count = 1, .port = 443, .now = 1000};
  const struct pin_path path = {.keys = question->keys, .count = 2};
  struct pin_verdict verdict;
  if (pin_select(policy, &peer, &verdict) != PIN_NEEDS_NOTHING)
    pin_judge(policy, &path, peer.now, &verdict);
  ret_answer->outcome = verdict.outcome;
  ret_answer->reason = verdict.reason;
}
