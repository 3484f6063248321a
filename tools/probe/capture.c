/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ct.h>
#include <openssl/err.h>

#include "base/memory.h"
#include "probe/server_messages.h"

/* The index of the capture in the data of a context; -1 until the first is armed. */
static int capture_index = -1;

/* NULL: the capture was cleared already. */
static struct capture *capture_of(const SSL *ssl) {
  return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), capture_index);
}

/*
 * Replaces OpenSSL's verification, and accepts any chain: the certificates are verified later. A
 * renegotiation may show other certificates; the first ones count.
 */
static int take_certificates(X509_STORE_CTX *context, void *arg) {
  struct capture *capture =
      capture_of(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const STACK_OF(X509) *shown = X509_STORE_CTX_get0_untrusted(context);
  int count = sk_X509_num(shown);
  (void)arg;
  if (capture == NULL || capture->seen || count <= 0)
    return 1;
  capture->seen = true;
  capture->shown = (size_t)count;
  for (int i = 0; i < count && capture->count < PROBE_MOST_CERTIFICATES; i++) {
    X509 *certificate = sk_X509_value(shown, i);
    if (X509_up_ref(certificate) == 1)
      capture->certificates[capture->count++] = certificate;
  }
  return 1;
}

#ifndef OPENSSL_NO_CT
/* False: the timestamp has an unknown version. */
static bool take_timestamp(const SCT *timestamp, struct probe_sct *ret_sct) {
  unsigned char *log = NULL;
  sct_source_t source = SCT_get_source(timestamp);
  *ret_sct = (struct probe_sct){.source = (int)source,
                                .embedded = source == SCT_SOURCE_X509V3_EXTENSION,
                                .at = SCT_get_timestamp(timestamp)};
  if (SCT_get0_log_id(timestamp, &log) != sizeof ret_sct->log)
    return false;
  memcpy(ret_sct->log, log, sizeof ret_sct->log);
  int length = i2o_SCT(timestamp, &ret_sct->bytes);
  ret_sct->length = length > 0 ? (size_t)length : 0;
  return length > 0;
}

static void take_timestamps(SSL *ssl, struct capture *capture) {
  const STACK_OF(SCT) *timestamps = SSL_get0_peer_scts(ssl);
  struct probe_scts *scts = &capture->scts;
  for (int i = 0; i < sk_SCT_num(timestamps); i++) {
    scts->items = must_room(scts->items, scts->count, sizeof *scts->items);
    if (take_timestamp(sk_SCT_value(timestamps, i), &scts->items[scts->count]))
      scts->count++;
  }
}

static bool ask_for_timestamps(SSL_CTX *context) {
  return SSL_CTX_enable_ct(context, SSL_CT_VALIDATION_PERMISSIVE) == 1;
}
#else
static void take_timestamps(SSL *ssl, struct capture *capture) {
  (void)ssl;
  (void)capture;
}

static bool ask_for_timestamps(SSL_CTX *context) {
  (void)context;
  return true;
}
#endif

static void take_details(const SSL *ssl, int where, int value) {
  struct capture *capture = capture_of(ssl);
  const unsigned char *response = NULL;
  (void)value;
  if ((where & SSL_CB_HANDSHAKE_DONE) == 0 || capture == NULL || capture->completed)
    return;
  capture->completed = true;
  snprintf(capture->version, sizeof capture->version, "%s", SSL_get_version(ssl));
  snprintf(capture->cipher, sizeof capture->cipher, "%s", SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)));
  /* The macro takes a pointer without const, but only reads. */
  SSL *asked = (SSL *)(uintptr_t)ssl;
  long length = SSL_get_tlsext_status_ocsp_resp(asked, &response);
  capture->staple = length > 0;
  if (capture->offer == NULL)
    return;
  if (capture->staple)
    capture->staple_bytes = OPENSSL_memdup(response, (size_t)length);
  capture->staple_length = capture->staple_bytes == NULL ? 0 : (size_t)length;
  take_timestamps(asked, capture);
}

/* A handshake has ten; a server may send some tickets and key updates after it. */
#define MOST_MESSAGES 200

/* Makes each read return the end of the stream. */
static long read_nothing(BIO *bio, int operation, const char *bytes, size_t length, int number, long value,
                         int result, size_t *processed) {
  (void)bio, (void)bytes, (void)length, (void)number, (void)value, (void)processed;
  return operation == BIO_CB_READ ? 0 : result;
}

/*
 * OpenSSL ignores some messages (HelloRequest) and reads on without giving control back. Endless ones would
 * stop the checks of time limits, and all other servers.
 */
static void count_message(SSL *ssl, struct capture *capture) {
  if (++capture->messages <= MOST_MESSAGES || capture->flooded)
    return;
  capture->flooded = true;
  BIO_set_callback_ex(SSL_get_rbio(ssl), read_nothing);
}

/* Notes what the server's messages say; that stays even if the handshake fails later. */
static void take_message(int written, int version, int type, const void *bytes, size_t length, SSL *ssl,
                         void *arg) {
  struct capture *capture = capture_of(ssl);
  (void)version, (void)arg;
  if (capture == NULL)
    return;
  capture->alerted = capture->alerted || type == SSL3_RT_ALERT;
  if (written == 0 && type == SSL3_RT_HANDSHAKE)
    count_message(ssl, capture);
  if (capture->offer != NULL && written == 0 && type == SSL3_RT_HANDSHAKE && !capture->completed)
    server_message_read(bytes, length, ssl, &capture->answer);
}

/* Limits a context to an offer. False: OpenSSL knows nothing of a list; what it does not know of a list that
 * it knows in part is left out. */
static bool set_offer(SSL_CTX *context, const struct probe_offer *offer) {
  /* Also connect to servers without RFC 5746. */
  SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
  return SSL_CTX_set_min_proto_version(context, offer->version) == 1 &&
         SSL_CTX_set_max_proto_version(context, offer->version) == 1 &&
         (offer->suites == NULL || SSL_CTX_set_cipher_list(context, offer->suites) == 1) &&
         (offer->suites13 == NULL || SSL_CTX_set_ciphersuites(context, offer->suites13) == 1) &&
         (offer->groups == NULL || offer_groups(context, offer->groups)) &&
         (offer->signatures == NULL || offer_signatures(context, offer->signatures)) &&
         ask_for_timestamps(context);
}

static void leave_context(struct capture *capture) {
  if (capture->context != NULL)
    SSL_CTX_set_ex_data(capture->context, capture_index, NULL);
  SSL_CTX_free(capture->context);
  capture->context = NULL;
}

/* A context may outlive its capture, with a connection that libcurl has yet to close; then it finds none. */
static bool take_context(SSL_CTX *context, struct capture *capture) {
  leave_context(capture);
  if (capture_index < 0)
    capture_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  if (capture_index < 0 || SSL_CTX_up_ref(context) != 1)
    return false;
  capture->context = context;
  return SSL_CTX_set_ex_data(context, capture_index, capture) == 1;
}

bool capture_arm(SSL_CTX *context, struct capture *capture) {
  if (!take_context(context, capture))
    return false;
  SSL_CTX_set_cert_verify_callback(context, take_certificates, NULL);
  SSL_CTX_set_info_callback(context, take_details);
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_max_cert_list(context, PROBE_MOST_BYTES);
  bool good = SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0") == 1 &&
              SSL_CTX_set_min_proto_version(context, 0) == 1 &&
              SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp) == 1;
  SSL_CTX_set_msg_callback(context, take_message);
  if (!good || capture->offer == NULL)
    return good;
  good = set_offer(context, capture->offer);
  capture->unaskable = !good;
  ERR_clear_error();
  return good;
}

void probe_scts_clear(struct probe_scts *scts) {
  for (size_t i = 0; i < scts->count; i++)
    OPENSSL_free(scts->items[i].bytes);
  free(scts->items);
  *scts = (struct probe_scts){0};
}

void capture_clear(struct capture *capture) {
  leave_context(capture);
  for (size_t i = 0; i < capture->count; i++)
    X509_free(capture->certificates[i]);
  OPENSSL_free(capture->staple_bytes);
  probe_scts_clear(&capture->scts);
  *capture = (struct capture){0};
}

/* OpenSSL's macros for these lists take text that is not const, though they do not write to it. */

bool offer_groups(SSL_CTX *context, const char *list) {
  AUTO_TEXT copy = must_copy(list);
  return SSL_CTX_set1_groups_list(context, copy) == 1;
}

bool offer_signatures(SSL_CTX *context, const char *list) {
  AUTO_TEXT copy = must_copy(list);
  return SSL_CTX_set1_sigalgs_list(context, copy) == 1;
}
