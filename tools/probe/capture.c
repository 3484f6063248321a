/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/capture.h"

#include <stdio.h>

/* Where a context keeps its capture; -1 until the first is armed. */
static int capture_index = -1;

/*
 * Stands in for OpenSSL's verification, and says yes: verifying comes later, from the certificates alone. A
 * renegotiation may show others; the first ones count.
 */
static int take_certificates(X509_STORE_CTX *context, void *arg) {
  struct capture *capture = arg;
  const STACK_OF(X509) *shown = X509_STORE_CTX_get0_untrusted(context);
  int count = sk_X509_num(shown);
  if (capture->seen || count <= 0)
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

static void take_details(const SSL *ssl, int where, int value) {
  struct capture *capture = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), capture_index);
  const unsigned char *response = NULL;
  (void)value;
  if ((where & SSL_CB_HANDSHAKE_DONE) == 0 || capture == NULL || capture->completed)
    return;
  capture->completed = true;
  snprintf(capture->version, sizeof capture->version, "%s", SSL_get_version(ssl));
  snprintf(capture->cipher, sizeof capture->cipher, "%s", SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)));
  /* The macro takes the pointer without const, and only reads. */
  SSL *asked = (SSL *)(uintptr_t)ssl;
  capture->staple = SSL_get_tlsext_status_ocsp_resp(asked, &response) > 0;
}

bool capture_arm(SSL_CTX *context, struct capture *capture) {
  if (capture_index < 0)
    capture_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  if (capture_index < 0 || SSL_CTX_set_ex_data(context, capture_index, capture) != 1)
    return false;
  SSL_CTX_set_cert_verify_callback(context, take_certificates, capture);
  SSL_CTX_set_info_callback(context, take_details);
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_max_cert_list(context, PROBE_MOST_BYTES);
  return SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0") == 1 &&
         SSL_CTX_set_min_proto_version(context, 0) == 1 &&
         SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp) == 1;
}

void capture_clear(struct capture *capture) {
  for (size_t i = 0; i < capture->count; i++)
    X509_free(capture->certificates[i]);
  *capture = (struct capture){0};
}
