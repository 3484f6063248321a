/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/findings.h"

#include <string.h>

#include <openssl/evp.h>

#include "scan/registry.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const words[] = {"A+", "A", "A-", "B", "C", "D", "E", "F"};

const char *scan_grade_word(enum scan_grade grade) {
  return words[grade];
}

bool scan_grade_read(const char *word, enum scan_grade *ret_grade) {
  for (size_t i = 0; i < COUNT(words); i++)
    if (strcmp(words[i], word) == 0) {
      *ret_grade = (enum scan_grade)i;
      return true;
    }
  return false;
}

/* ---- The three parts of the score, each from 0 to 100 ---- */

static int version_score(const struct scan_host *host) {
  static const int scores[] = {100, 100, 95, 90};
  int best = host->ssl3 == SCAN_OLD_ACCEPTED ? 80 : 0;
  int worst = host->ssl2 == SCAN_OLD_ACCEPTED ? 0 : host->ssl3 == SCAN_OLD_ACCEPTED ? 80 : 100;
  for (int i = 0; i < SCAN_VERSIONS; i++)
    if (host->versions[i].accepted) {
      best = scores[i] > best ? scores[i] : best;
      worst = scores[i] < worst ? scores[i] : worst;
    }
  return (best + worst) / 2;
}

static int strength_score(int bits) {
  static const struct {
    int below;
    int score;
  } steps[] = {{512, 20}, {1024, 40}, {2048, 80}, {4096, 90}};
  for (size_t i = 0; i < COUNT(steps); i++)
    if (bits < steps[i].below)
      return steps[i].score;
  return 100;
}

/* The RSA key that is about as strong (NIST SP 800-57 part 1, table 2). */
static int as_rsa(int security_bits) {
  static const struct {
    int security;
    int rsa;
  } steps[] = {{192, 7680}, {128, 3072}, {112, 2048}, {80, 1024}};
  for (size_t i = 0; i < COUNT(steps); i++)
    if (security_bits >= steps[i].security)
      return steps[i].rsa;
  return 512;
}

static int key_score(const struct scan_host *host) {
  EVP_PKEY *key = host->shown.count == 0 ? NULL : X509_get0_pubkey(host->shown.items[0].certificate);
  int score = 100;
  if (key != NULL && EVP_PKEY_base_id(key) == EVP_PKEY_RSA)
    score = strength_score(EVP_PKEY_bits(key));
  else if (key != NULL)
    score = strength_score(as_rsa(EVP_PKEY_security_bits(key)));
  for (int i = 0; i < SCAN_VERSIONS; i++)
    for (size_t j = 0; j < host->versions[i].suites.count; j++) {
      int bits = host->versions[i].suites.items[j].dh_bits;
      if (bits != 0 && strength_score(bits) < score)
        score = strength_score(bits);
    }
  return score;
}

static int cipher_score_of(int bits) {
  if (bits == 0)
    return 0;
  return bits < 128 ? 20 : bits < 256 ? 80 : 100;
}

static int cipher_score(const struct scan_host *host) {
  int best = 0, worst = 100;
  for (int i = 0; i < SCAN_VERSIONS; i++)
    for (size_t j = 0; j < host->versions[i].suites.count; j++) {
      struct suite_weakness weakness;
      if (!suite_weakness(host->versions[i].suites.items[j].number, &weakness))
        continue;
      int score = cipher_score_of(weakness.bits);
      best = score > best ? score : best;
      worst = score < worst ? score : worst;
    }
  return (best + worst) / 2;
}

static enum scan_grade grade_of_score(int score) {
  static const struct {
    int least;
    enum scan_grade grade;
  } steps[] = {{80, SCAN_GRADE_A_PLUS},
               {65, SCAN_GRADE_B},
               {50, SCAN_GRADE_C},
               {35, SCAN_GRADE_D},
               {20, SCAN_GRADE_E}};
  for (size_t i = 0; i < COUNT(steps); i++)
    if (score >= steps[i].least)
      return steps[i].grade;
  return SCAN_GRADE_F;
}

void grade_host(struct scan_host *host) {
  host->score = (30 * version_score(host) + 30 * key_score(host) + 40 * cipher_score(host)) / 100;
  host->grade = grade_of_score(host->score);
  for (size_t i = 0; i < host->finding_count; i++)
    if (host->findings[i].kind->cap > host->grade)
      host->grade = host->findings[i].kind->cap;
}
