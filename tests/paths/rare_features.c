/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Features of OpenSSL that few programs use: the kernel's TLS and Multipath TCP, compressed certificates, SRP
 * and keys shared beside a certificate, Certificate Transparency, a program's own search for CAs, properties
 * of algorithms.
 */
#include "shared_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#define PINNED .sni = "pinned.test.example"
#define CA_PINNED .sni = "ca.test.example"
#define OTHER .sni = "other.test.example"
#define V12 .version = TLS1_2_VERSION

static enum outcome connect_and_free(const struct setup *setup, SSL_CTX *client, SSL_CTX *server) {
  struct link link;

  link_open(&link, setup, client, server);
  return link_finish(&link, client, server);
}

/* ---- The kernel's TLS ---- */

static enum outcome by_kernel(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  SSL_CTX_set_options(client, SSL_OP_ENABLE_KTLS);
  link_open(&link, setup, client, server);
  if (setsockopt(link.client_socket, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") != 0)
    not_applicable("the kernel has no TLS");
  return link_finish(&link, client, server);
}

/* ---- Several paths (RFC 8684) ---- */

static enum outcome by_multipath(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct sockaddr_in address = {.sin_family = AF_INET};
  struct setup apart = *setup;
  char port[8];
  struct link link;
  int listener = listen_on_loopback(port), fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  address.sin_port = htons((in_port_t)atoi(port));
  if (fd < 0)
    not_applicable("the kernel has no Multipath TCP");
  if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
      fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
    broken("no connection");
  if (apart.transport == SOCKET)
    apart.transport = BIO_PAIR;
  link_open(&link, &apart, client, server);
  link.client_socket = fd;
  /* Otherwise over a BIO of the program's, and the socket is the only connected one of the process. */
  if (setup->transport == SOCKET) {
    SSL_set_fd(link.client, fd);
    link_accept(&link, listener);
  }
  return link_finish(&link, client, server);
}

/* ---- Compressed certificates ---- */

static enum outcome compressed(const struct setup *setup) {
  int (*prefer)(SSL_CTX *, int *, size_t), (*compress)(SSL_CTX *, int);
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  void *symbols[] = {optional_symbol("SSL_CTX_set1_cert_comp_preference"),
                     optional_symbol("SSL_CTX_compress_certs")};
  int algorithms[] = {1, 2, 3}; /* RFC 8879: zlib, brotli, zstd */

  if (symbols[0] == NULL || symbols[1] == NULL)
    not_applicable("this OpenSSL compresses no certificates");
  memcpy(&prefer, &symbols[0], sizeof prefer);
  memcpy(&compress, &symbols[1], sizeof compress);
  for (int i = 0; i < 3; i++) {
    if (prefer(client, &algorithms[i], 1) == 1 && prefer(server, &algorithms[i], 1) == 1 &&
        compress(server, 0) == 1)
      return connect_and_free(setup, client, server);
  }
  not_applicable("this OpenSSL has no method to compress certificates");
}

/* ---- SRP, and a shared key beside an RSA certificate ---- */

/* A certificate for a new RSA key, because the other keys of these tests are elliptic curves. */
static X509 *self_signed(EVP_PKEY *key) {
  X509 *certificate = X509_new();
  X509_NAME *name = X509_NAME_new();

  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"RSA", -1, -1, 0);
  if (X509_set_version(certificate, X509_VERSION_3) != 1 ||
      ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) != 1 ||
      X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) == NULL ||
      X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) == NULL ||
      X509_set_subject_name(certificate, name) != 1 || X509_set_issuer_name(certificate, name) != 1 ||
      X509_set_pubkey(certificate, key) != 1 || X509_sign(certificate, key, EVP_sha256()) == 0)
    broken("no certificate");
  X509_NAME_free(name);
  return certificate;
}

/* A policy that pins this key. */
static void pin_key(X509 *certificate) {
  const char *policy = getenv("PATHS_POLICY");
  FILE *file = policy != NULL ? fopen(policy, "w") : NULL;
  unsigned char *key = NULL, digest[32], text[64];
  int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);

  if (file == NULL || length <= 0 || EVP_Digest(key, (size_t)length, digest, NULL, EVP_sha256(), NULL) != 1)
    broken("no policy");
  EVP_EncodeBlock(text, digest, sizeof digest);
  fprintf(file, "version = 1;\nhosts = ( { name = \"pinned.test.example\"; pins = [ \"sha256/%s\" ]; } );\n",
          (const char *)text);
  OPENSSL_free(key);
  if (fclose(file) != 0)
    broken("no policy");
  wait_for_look();
}

/* A server with an RSA key, and a policy that pins this one or another: chain "good" or "bad". */
static SSL_CTX *rsa_server(const struct setup *setup) {
  EVP_PKEY *own = EVP_RSA_gen(2048), *other = EVP_RSA_gen(2048);
  X509 *certificate = self_signed(own), *pinned = self_signed(setup->chain[0] == 'g' ? own : other);
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());

  pin_key(pinned);
  SSL_CTX_set_session_id_context(context, (const unsigned char *)"paths", 5);
  if (SSL_CTX_use_certificate(context, certificate) != 1 || SSL_CTX_use_PrivateKey(context, own) != 1 ||
      SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) != 1)
    broken("no server");
  X509_free(certificate);
  X509_free(pinned);
  EVP_PKEY_free(own);
  EVP_PKEY_free(other);
  return context;
}

static void use_cipher(SSL_CTX *client, SSL_CTX *server, const char *cipher) {
  if (SSL_CTX_set_cipher_list(client, cipher) != 1 || SSL_CTX_set_cipher_list(server, cipher) != 1)
    not_applicable("this OpenSSL has no such cipher");
}

static enum outcome rsa_psk(const struct setup *setup) {
  SSL_CTX *server = rsa_server(setup), *client = client_context(setup);

  use_cipher(client, server, "RSA-PSK-AES128-GCM-SHA256");
  use_shared_key(client, server);
  return connect_and_free(setup, client, server);
}

#define USER "user"
#define PASSWORD "password"

static int take_user(SSL *ssl, int *ret_alert, void *arg) {
  int (*set)(SSL *, const char *, const char *, const char *);
  void *symbol = optional_symbol("SSL_set_srp_server_param_pw");

  (void)arg;
  memcpy(&set, &symbol, sizeof set);
  *ret_alert = SSL_AD_UNKNOWN_PSK_IDENTITY;
  return set(ssl, USER, PASSWORD, "2048") == 1 ? SSL_ERROR_NONE : SSL3_AL_FATAL;
}

static enum outcome srp_with(const struct setup *setup, SSL_CTX *server, const char *cipher) {
  SSL_CTX *client = client_context(setup);
  int (*set_user)(SSL_CTX *, char *), (*set_password)(SSL_CTX *, char *);
  int (*set_callback)(SSL_CTX *, int (*)(SSL *, int *, void *));
  void *symbols[] = {optional_symbol("SSL_CTX_set_srp_username"), optional_symbol("SSL_CTX_set_srp_password"),
                     optional_symbol("SSL_CTX_set_srp_username_callback")};
  char user[] = USER, password[] = PASSWORD;

  if (symbols[0] == NULL || symbols[1] == NULL || symbols[2] == NULL)
    not_applicable("this OpenSSL has no SRP");
  memcpy(&set_user, &symbols[0], sizeof set_user);
  memcpy(&set_password, &symbols[1], sizeof set_password);
  memcpy(&set_callback, &symbols[2], sizeof set_callback);
  if (set_user(client, user) != 1 || set_password(client, password) != 1 ||
      set_callback(server, take_user) != 1)
    not_applicable("this OpenSSL has no SRP");
  use_cipher(client, server, cipher);
  return connect_and_free(setup, client, server);
}

static enum outcome srp(const struct setup *setup) {
  return srp_with(setup, server_context(setup), "SRP-AES-128-CBC-SHA");
}

static enum outcome srp_rsa(const struct setup *setup) {
  return srp_with(setup, rsa_server(setup), "SRP-RSA-AES-128-CBC-SHA");
}

/* ---- Certificate Transparency ---- */

static int approve(const CT_POLICY_EVAL_CTX *ctx, const STACK_OF(SCT) * scts, void *arg) {
  (void)ctx, (void)scts, (void)arg;
  return 1;
}

static int disapprove(const CT_POLICY_EVAL_CTX *ctx, const STACK_OF(SCT) * scts, void *arg) {
  (void)ctx, (void)scts, (void)arg;
  return 0;
}

static enum outcome with_transparency(const struct setup *setup, ssl_ct_validation_cb callback) {
  SSL_CTX *client = client_context(setup);

  if (SSL_CTX_set_ct_validation_callback(client, callback, NULL) != 1)
    broken("no Certificate Transparency");
  return connect_from(setup, client);
}

static enum outcome approved(const struct setup *setup) {
  return with_transparency(setup, approve);
}

static enum outcome disapproved(const struct setup *setup) {
  return with_transparency(setup, disapprove);
}

/* ---- A program's own search for CAs ---- */

static const char *found_name; /* of the only certificate that the search ever finds */

static int find_by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name,
                           X509_OBJECT *ret_object) {
  X509 *certificate = read_certificate(found_name);
  bool found = type == X509_LU_X509 && X509_NAME_cmp(name, X509_get_subject_name(certificate)) == 0;

  (void)lookup;
  if (found)
    X509_OBJECT_set1_X509(ret_object, certificate);
  X509_free(certificate);
  return found;
}

/* The client trusts only what the program's search finds. */
static enum outcome searching(const struct setup *setup, const char *name) {
  SSL_CTX *client = client_context(setup);
  X509_STORE *store = X509_STORE_new();
  X509_LOOKUP_METHOD *method = X509_LOOKUP_meth_new("paths");
  enum outcome outcome;

  found_name = name;
  if (X509_LOOKUP_meth_set_get_by_subject(method, (X509_LOOKUP_get_by_subject_fn)find_by_subject) != 1 ||
      X509_STORE_add_lookup(store, method) == NULL)
    broken("no search");
  SSL_CTX_set_cert_store(client, store);
  outcome = connect_from(setup, client);
  X509_LOOKUP_meth_free(method);
  return outcome;
}

static enum outcome finding_root(const struct setup *setup) {
  return searching(setup, "root");
}

/* Finds the pinned CA, which did not issue the server's certificate. */
static enum outcome finding_issuer(const struct setup *setup) {
  return searching(setup, "issuer");
}

/* ---- Properties of algorithms ---- */

static enum outcome with_context_properties(const struct setup *setup) {
  SSL_CTX *client = SSL_CTX_new_ex(NULL, "?fips=yes,provider=default", TLS_client_method());

  SSL_CTX_set_verify(client, setup->unverified ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
  if (SSL_CTX_load_verify_file(client, pki("cert-", "root", ".pem")) != 1)
    broken("no root");
  return connect_from(setup, client);
}

static enum outcome with_preferred_properties(const struct setup *setup) {
  if (EVP_set_default_properties(NULL, "?fips=yes") != 1)
    broken("no properties");
  return connect_once(setup);
}

/* When the server's certificate arrives, no algorithm is available; those fetched earlier are kept. */
static SSL_CTX *set_late;

static int take_algorithms(int preverified, X509_STORE_CTX *ctx) {
  (void)ctx;
  (void)EVP_set_default_properties(NULL, "provider=nobody");
  return preverified;
}

static enum outcome with_late_properties(const struct setup *setup) {
  set_late = client_context(setup);
  SSL_CTX_set_verify(set_late, SSL_VERIFY_PEER, take_algorithms);
  return connect_from(setup, set_late);
}

/* ---- Encrypted ClientHello ---- */

struct suite { /* OSSL_HPKE_SUITE(3), which 3.0 lacks */
  uint16_t kem, kdf, aead;
};

#define ECH_VERSION 0xfe0d /* RFC 9849 */

static void *ech_symbol(const char *name) {
  void *symbol = optional_symbol(name);

  if (symbol == NULL)
    not_applicable("this OpenSSL has no Encrypted ClientHello");
  return symbol;
}

/* public_name: the name that is readable outside of the encrypted name.
 * taken: the server has the key. */
static enum outcome encrypted(const struct setup *setup, const char *public_name, bool taken) {
  void *symbols[] = {ech_symbol("OSSL_ECHSTORE_new"), ech_symbol("OSSL_ECHSTORE_new_config"),
                     ech_symbol("SSL_CTX_set1_echstore"), ech_symbol("OSSL_ECHSTORE_free")};
  void *(*new_store)(OSSL_LIB_CTX *, const char *), *store;
  int (*new_config)(void *, uint16_t, uint8_t, const char *, struct suite);
  int (*set_store)(SSL_CTX *, void *);
  void (*free_store)(void *);
  struct suite suite = {0x20, 1, 1}; /* X25519, HKDF-SHA256, AES-128-GCM */
  SSL_CTX *client = client_context(setup), *server = server_context(setup);

  memcpy(&new_store, &symbols[0], sizeof new_store);
  memcpy(&new_config, &symbols[1], sizeof new_config);
  memcpy(&set_store, &symbols[2], sizeof set_store);
  memcpy(&free_store, &symbols[3], sizeof free_store);
  store = new_store(NULL, NULL);
  if (store == NULL || new_config(store, ECH_VERSION, 0, public_name, suite) != 1 ||
      set_store(client, store) != 1 || (taken && set_store(server, store) != 1))
    broken("no Encrypted ClientHello");
  free_store(store);
  return connect_and_free(setup, client, server);
}

static enum outcome encrypted_and_taken(const struct setup *setup) {
  return encrypted(setup, "public.test.example", true);
}

static enum outcome encrypted_not_taken(const struct setup *setup) {
  return encrypted(setup, "public.test.example", false);
}

static enum outcome pinned_outside(const struct setup *setup) {
  return encrypted(setup, "pinned.test.example", true);
}

static enum outcome pinned_outside_not_taken(const struct setup *setup) {
  return encrypted(setup, "pinned.test.example", false);
}

#define NAME_OUTSIDE "OpenSSL tells and verifies the public name then, and ends the connection in any case"

static const struct test_case cases[] = {
    /* clang-format off */
  {"kernel/right-key", by_kernel, {.chain = "good", PINNED, .transport = SOCKET}, ALL_ACCEPT},
  {"kernel/wrong-key", by_kernel, {.chain = "bad", PINNED, .transport = SOCKET}, WE_REFUSE},
  {"kernel/wrong-key-none", by_kernel, {.chain = "bad", PINNED, .unverified = true, .transport = SOCKET}, WE_REFUSE},
  {"kernel/wrong-key-tls1.2", by_kernel, {.chain = "bad", PINNED, V12, .transport = SOCKET}, WE_REFUSE},
  {"kernel/uncovered", by_kernel, {.chain = "bad", OTHER, .transport = SOCKET}, ALL_ACCEPT},

  {"multipath/right-key", by_multipath, {.chain = "good", .transport = SOCKET}, ALL_ACCEPT},
  {"multipath/wrong-key", by_multipath, {.chain = "bad", .transport = SOCKET}, WE_REFUSE},
  {"multipath/memory/right-key", by_multipath, {.chain = "good", .transport = MEMORY}, ALL_ACCEPT},
  {"multipath/memory/wrong-key", by_multipath, {.chain = "bad", .transport = MEMORY}, WE_REFUSE},

  {"compressed/right-key", compressed, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"compressed/right-ca", compressed, {.chain = "good", CA_PINNED}, ALL_ACCEPT},
  {"compressed/wrong-key", compressed, {.chain = "bad", PINNED}, WE_REFUSE},
  {"compressed/wrong-key-none", compressed, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"compressed/ca-beside-path", compressed, {.chain = "stuffed", CA_PINNED}, WE_REFUSE},
  {"compressed/uncovered", compressed, {.chain = "bad", OTHER}, ALL_ACCEPT},

  {"rsa-psk/right-key", rsa_psk, {.chain = "good", PINNED, V12, .unverified = true}, ALL_ACCEPT},
  {"rsa-psk/wrong-key", rsa_psk, {.chain = "bad", PINNED, V12, .unverified = true}, WE_REFUSE},
  {"rsa-psk/uncovered", rsa_psk, {.chain = "bad", OTHER, V12, .unverified = true}, ALL_ACCEPT},
  {"srp/pinned", srp, {PINNED, V12}, WE_REFUSE},
  {"srp/pinned-none", srp, {PINNED, V12, .unverified = true}, WE_REFUSE},
  {"srp/uncovered", srp, {OTHER, V12}, ALL_ACCEPT},
  {"srp-rsa/right-key", srp_rsa, {.chain = "good", PINNED, V12, .unverified = true}, ALL_ACCEPT},
  {"srp-rsa/wrong-key", srp_rsa, {.chain = "bad", PINNED, V12, .unverified = true}, WE_REFUSE},
  {"srp-rsa/uncovered", srp_rsa, {.chain = "bad", OTHER, V12, .unverified = true}, ALL_ACCEPT},

  {"transparency/right-key", approved, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"transparency/wrong-key", approved, {.chain = "bad", PINNED}, WE_REFUSE},
  {"transparency/wrong-key-none", approved, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"transparency/wrong-key-tls1.2", approved, {.chain = "bad", PINNED, V12}, WE_REFUSE},
  {"transparency/ca-beside-path", approved, {.chain = "stuffed", CA_PINNED}, WE_REFUSE},
  {"transparency/uncovered", approved, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"transparency/disapproved/right-key", disapproved, {.chain = "good", PINNED}, OPENSSL_REJECTS},

  {"search/right-key", finding_root, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"search/right-ca", finding_root, {.chain = "good", CA_PINNED}, ALL_ACCEPT},
  {"search/wrong-key", finding_root, {.chain = "bad", PINNED}, WE_REFUSE},
  {"search/ca-beside-path", finding_root, {.chain = "stuffed", CA_PINNED}, WE_REFUSE},
  {"search/ca-found", finding_issuer, {.chain = "bad", CA_PINNED, .unverified = true}, WE_REFUSE},
  {"search/uncovered", finding_root, {.chain = "bad", OTHER}, ALL_ACCEPT},

  {"properties/context/right-key", with_context_properties, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"properties/context/wrong-key", with_context_properties, {.chain = "bad", PINNED}, WE_REFUSE},
  {"properties/context/ca-beside-path", with_context_properties, {.chain = "stuffed", CA_PINNED}, WE_REFUSE},
  {"properties/preferred/right-ca", with_preferred_properties, {.chain = "good", CA_PINNED}, ALL_ACCEPT},
  {"properties/preferred/wrong-key", with_preferred_properties, {.chain = "bad", PINNED}, WE_REFUSE},
  {"properties/preferred/forged-link", with_preferred_properties, {.chain = "forged", CA_PINNED, .unverified = true}, WE_REFUSE},
  {"encrypted/right-key", encrypted_and_taken, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"encrypted/right-ca", encrypted_and_taken, {.chain = "good", CA_PINNED}, ALL_ACCEPT},
  {"encrypted/wrong-key", encrypted_and_taken, {.chain = "bad", PINNED}, WE_REFUSE},
  {"encrypted/wrong-key-none", encrypted_and_taken, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"encrypted/ca-beside-path", encrypted_and_taken, {.chain = "stuffed", CA_PINNED}, WE_REFUSE},
  {"encrypted/uncovered", encrypted_and_taken, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"encrypted/pinned-outside", pinned_outside, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"encrypted/not-taken/right-key", encrypted_not_taken, {.chain = "good", PINNED}, OPENSSL_REJECTS},
  {"encrypted/not-taken/wrong-key", encrypted_not_taken, {.chain = "bad", PINNED}, OPENSSL_REJECTS, .note = NAME_OUTSIDE},
  {"encrypted/not-taken/wrong-key-none", encrypted_not_taken, {.chain = "bad", PINNED, .unverified = true}, OPENSSL_REJECTS, .note = NAME_OUTSIDE},
  {"encrypted/not-taken/pinned-outside", pinned_outside_not_taken, {.chain = "bad", OTHER}, BOTH_REFUSE, .note = NAME_OUTSIDE},

  {"properties/late/wrong-key", with_late_properties, {.chain = "bad", PINNED, V12}, BOTH_REFUSE},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
