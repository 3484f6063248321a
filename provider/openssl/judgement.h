/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * From a verification to a verdict: gathers the peer, asks the policy, and has the outcome reported. Decides
 * nothing itself.
 */
#ifndef PIN_JUDGEMENT_H
#define PIN_JUDGEMENT_H

#include "common/question.h"
#include "kept_path.h"
#include "openssl.h"

/* What is to be judged. */
struct subject_matter {
  struct openssl *openssl;
  const struct libcrypto *crypto;
  const struct libssl *libssl; /* NULL where no libssl is loaded */
  X509_VERIFY_PARAM *param;    /* with the verified names */
  SSL *ssl;                    /* the client's connection; NULL outside TLS */
  struct evidence evidence;
  bool verified;             /* OpenSSL's own verification ran with `param`, and nobody overrode it */
  const unsigned char *kept; /* the path that a session keeps, judged in place of the evidence; NULL: none */
  size_t kept_size;
  const char *checked_name; /* which the program checks outside of any connection: nothing but an entry for it
                               refuses, and a refusal is not left in the error queue; NULL: none */
  const char *sent_name; /* where libssl tells the name of a session alone; "": none; NULL: what that tells */
  enum question_stage stage;
  bool quiet; /* only ask whether a session may be offered: a refusal is not left in the error queue, and
                 logged as what it is */
};

struct judgement {
  bool allowed;
  bool is_plain; /* allowed by a policy that is whole and names no address, with nothing to report */
  bool told;     /* the verdict went to the log */
  char *text; /* the report of a refusal, as far as it fits an entry of the error queue; owned; NULL: none, or
                 no memory */
  struct kept_path *proven; /* for the session of an allowed connection whose path was looked at; owned; NULL:
                               none */
  uint64_t generation;      /* of the policy, where is_plain */
};

/*
 * Whether the policy lets the connection go on. Logs and, on a refusal, leaves errors in the queue as
 * refusal.h says; otherwise errno and the error queue are as before. To be given to judgement_clear.
 */
void judge(const struct subject_matter *matter, struct judgement *ret_judgement);

void judgement_clear(struct judgement *judgement);

#endif
