/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The policy whose compiled form is damaged, and the questions about it. */
#ifndef FUZZ_SUBJECT_H
#define FUZZ_SUBJECT_H

#include "corruption.h"
#include "pinpolicy.h"

#define SUBJECT_HOSTS 200u
#define SUBJECT_STRANGERS 40u
/* Each host is asked with its own key, with that of the edition before, and with one that no entry has. */
#define SUBJECT_QUESTIONS (3 * SUBJECT_HOSTS + SUBJECT_STRANGERS)

struct answer {
  enum pin_outcome outcome;
  enum pin_reason reason;
};

struct question {
  char name[48];
  struct pin_path_key keys[2]; /* the leaf's and its issuer's */
  struct answer right;         /* the answer of the text */
};

/*
 * Writes an edition of the policy to the file `path` and compiles it. Editions have the same hosts except for
 * some, with other keys. Returns false, after printing why, if nothing can be tested. ret_image->data is for
 * free(3).
 */
bool subject_compile(const char *path, unsigned edition, struct bytes *ret_image);

/* The questions about an edition, with the answers of its sound image. */
void subject_questions(unsigned edition, const struct bytes *image, struct question *ret_questions);

void subject_ask(const struct pin_policy *policy, const struct question *question, struct answer *ret_answer);

#endif
