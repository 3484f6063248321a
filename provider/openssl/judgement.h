/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Turns a verification into a verdict: collects what is known of the peer, asks the policy, and logs the
 * outcome. The decision itself is made in policy/.
 */
#ifndef PIN_JUDGEMENT_H
#define PIN_JUDGEMENT_H

#include "common/question.h"
#include "kept_path.h"
#include "openssl.h"

/* Everything that is known about a peer to be judged. All of it is borrowed. */
struct subject_matter {
  struct openssl *openssl;
  const struct libcrypto *crypto;
  const struct libssl *libssl; /* NULL: no libssl is loaded */
  X509_VERIFY_PARAM *param;    /* holds the names to verify; may be NULL */
  SSL *ssl;                    /* the client's connection; NULL outside TLS */
  struct evidence evidence;
  bool verified;             /* OpenSSL's own verification ran with `param`, and no callback overrode it */
  const unsigned char *kept; /* the path that a session keeps, used instead of the evidence; NULL: none */
  size_t kept_size;          /* of `kept`, in bytes */
  /* A name that the program checks outside any connection: only an entry for it can refuse, and a refusal
   * leaves nothing in the error queue. NULL: none. */
  const char *checked_name;
  /* The name that the client sent, where libssl reports only the session's: "" for none. NULL: what libssl
   * reports is right. */
  const char *sent_name;
  enum question_stage stage;
  /* Only asks whether a session may be offered: a refusal leaves nothing in the error queue, and is logged
   * as a dropped session. */
  bool quiet;
};

/* A verdict and what goes with it. The strings and `proven` are owned; free them by judgement_clear. */
struct judgement {
  bool allowed;
  bool is_plain; /* allowed by a complete policy that names no address, with nothing to log */
  bool told;     /* the verdict was logged */
  /* The report of a refusal, cut to fit an entry of the error queue; NULL: none, or no memory. */
  char *text;
  /* What the session should keep of an allowed connection whose path was looked at; NULL: none. */
  struct kept_path *proven;
  uint64_t generation; /* of the policy that allowed it; only meaningful if is_plain */
};

/*
 * Decides whether the policy allows the connection. Logs what has to be logged. A refusal also leaves errors
 * in the queue (refusal.h), unless matter says otherwise; apart from that, errno and the error queue are as
 * before. The caller passes *ret_judgement to judgement_clear. Never fails: without memory it may refuse. Any
 * thread.
 */
void judge(const struct subject_matter *matter, struct judgement *ret_judgement);

/* Frees what the judgement owns; its other members stay. */
void judgement_clear(struct judgement *judgement);

#endif
