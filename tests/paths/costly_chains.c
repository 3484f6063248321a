/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Chains that a server makes very long, crowded or costly. The policy blocks the key of the CA at the top, or
 * pins one. What is beyond a limit must not count as absent.
 */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define HOST "pinned.test.example"
#define MOST 48

/* The certificates from the server's upwards; clients trust the root that issued the topmost one. */
static struct {
  X509 *certificates[MOST];
  EVP_PKEY *keys[MOST];
  int count;
} chain;

static void extend(X509 *certificate, int nid, const char *value) {
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

  if (extension == NULL || X509_add_ext(certificate, extension, -1) != 1)
    broken("extension %s", value);
  X509_EXTENSION_free(extension);
}

static X509_NAME *name_of(const char *prefix, int number) {
  X509_NAME *name = X509_NAME_new();
  char text[64];

  snprintf(text, sizeof text, "%s %d", prefix, number);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0);
  return name;
}

static X509 *issue(EVP_PKEY *key, X509_NAME *subject, X509_NAME *issuer, EVP_PKEY *signer, bool is_ca) {
  X509 *certificate = X509_new();

  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1000 + rand() % 100000);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_set_subject_name(certificate, subject);
  X509_set_issuer_name(certificate, issuer);
  X509_set_pubkey(certificate, key);
  extend(certificate, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!is_ca)
    extend(certificate, NID_subject_alt_name, "DNS:" HOST ",DNS:other.test.example");
  if (X509_sign(certificate, signer, EVP_sha256()) <= 0)
    broken("signature");
  return certificate;
}

/* The key of every CA; NULL: each CA has a P-256 key of its own. */
static EVP_PKEY *common_key;

static EVP_PKEY *key_at(int depth) {
  if (depth == 0 || common_key == NULL)
    return EVP_EC_gen("P-256");
  EVP_PKEY_up_ref(common_key);
  return common_key;
}

/* at: the depth of the special key. */
static void make_chain(int count, int at, EVP_PKEY *special, EVP_PKEY *stranger) {
  X509 *root = read_certificate("root");
  EVP_PKEY *root_key = read_key("root");

  chain.count = count;
  for (int depth = count - 1; depth >= 0; depth--) {
    X509_NAME *subject = name_of("Deep", depth);
    X509_NAME *issuer =
        depth == count - 1 ? X509_NAME_dup(X509_get_subject_name(root)) : name_of("Deep", depth + 1);
    EVP_PKEY *signer = depth == count - 1 ? root_key : chain.keys[depth + 1];

    chain.keys[depth] = depth == at ? special : key_at(depth);
    /* Nobody has the private half of a special key, so another key makes the signatures. */
    if (depth + 1 == at)
      signer = stranger;
    chain.certificates[depth] = issue(chain.keys[depth], subject, issuer, signer, depth > 0);
    X509_NAME_free(subject);
    X509_NAME_free(issuer);
  }
  X509_free(root);
  EVP_PKEY_free(root_key);
}

static void pin_of(int depth, char ret_pin[64]) {
  unsigned char *der = NULL, digest[32];
  int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(chain.certificates[depth]), &der);

  EVP_Digest(der, (size_t)length, digest, NULL, EVP_sha256(), NULL);
  OPENSSL_free(der);
  strcpy(ret_pin, "sha256/");
  EVP_EncodeBlock((unsigned char *)ret_pin + 7, digest, sizeof digest);
}

/* blocked, listed: depths; -1: none, or a key that is in no certificate. */
static void write_policy(int blocked, const char *list, int listed) {
  static const char nowhere[] = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  FILE *file = fopen(getenv("PATHS_POLICY"), "we");
  char pin[64];

  if (file == NULL)
    broken("no policy");
  fprintf(file, "version = 1;\n");
  if (blocked >= 0) {
    strcpy(pin, nowhere);
    if (blocked < chain.count)
      pin_of(blocked, pin);
    fprintf(file, "blocked_keys = [ \"%s\" ];\n", pin);
  }
  if (list != NULL) {
    pin_of(listed, pin);
    fprintf(file, "hosts = ( { name = \"" HOST "\"; %s = [ \"%s\" ]; } );\n", list, pin);
  }
  fclose(file);
}

static enum outcome connect_deep(const struct setup *setup, X509 **more, int more_count) {
  SSL_CTX *client = client_context(setup), *server = SSL_CTX_new(TLS_server_method());
  enum outcome outcome;

  SSL_CTX_use_certificate(server, chain.certificates[0]);
  SSL_CTX_use_PrivateKey(server, chain.keys[0]);
  for (int i = 0; i < more_count; i++)
    SSL_CTX_add1_chain_cert(server, more[i]);
  for (int depth = 1; depth < chain.count; depth++)
    SSL_CTX_add1_chain_cert(server, chain.certificates[depth]);
  /* By default OpenSSL verifies at most this many intermediates. */
  SSL_CTX_set_verify_depth(client, 100);
  outcome = connect_with(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome blocked_at_top(const struct setup *setup, int count) {
  make_chain(count, -1, NULL, NULL);
  write_policy(count - 1, NULL, 0);
  return connect_deep(setup, NULL, 0);
}

static enum outcome blocked_above_48(const struct setup *setup) {
  return blocked_at_top(setup, 48);
}

static enum outcome blocked_above_33(const struct setup *setup) {
  return blocked_at_top(setup, 33);
}

static enum outcome blocked_within(const struct setup *setup) {
  return blocked_at_top(setup, 12);
}

static enum outcome elsewhere_blocked(const struct setup *setup, int count) {
  make_chain(count, -1, NULL, NULL);
  write_policy(MOST, NULL, 0);
  return connect_deep(setup, NULL, 0);
}

static enum outcome elsewhere_blocked_12(const struct setup *setup) {
  return elsewhere_blocked(setup, 12);
}

static enum outcome elsewhere_blocked_24(const struct setup *setup) {
  return elsewhere_blocked(setup, 24);
}

static enum outcome elsewhere_blocked_48(const struct setup *setup) {
  return elsewhere_blocked(setup, 48);
}

static enum outcome own_key(const struct setup *setup) {
  make_chain(48, -1, NULL, NULL);
  write_policy(-1, "pins", 0);
  return connect_deep(setup, NULL, 0);
}

static enum outcome own_key_and_blocked(const struct setup *setup) {
  make_chain(48, -1, NULL, NULL);
  write_policy(47, "pins", 0);
  return connect_deep(setup, NULL, 0);
}

static enum outcome pin_within(const struct setup *setup) {
  make_chain(48, -1, NULL, NULL);
  write_policy(-1, "intermediates", 5);
  return connect_deep(setup, NULL, 0);
}

static enum outcome pin_above(const struct setup *setup) {
  make_chain(48, -1, NULL, NULL);
  write_policy(-1, "intermediates", 40);
  return connect_deep(setup, NULL, 0);
}

/* The last key within the limit is not the end of the chain. */
static enum outcome anchor_at_the_cut(const struct setup *setup) {
  make_chain(48, -1, NULL, NULL);
  write_policy(-1, "anchors", 31);
  return connect_deep(setup, NULL, 0);
}

/* ---- Keys that are too large ---- */

static EVP_PKEY *rsa_key(int bits, int exponent_bits) {
  BIGNUM *n = BN_new(), *e = BN_new();
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
  EVP_PKEY *key = NULL;
  OSSL_PARAM *params;

  BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
  BN_rand(e, exponent_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
  params = OSSL_PARAM_BLD_to_param(builder);
  if (EVP_PKEY_fromdata_init(context) != 1 ||
      EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
    broken("no RSA key");
  OSSL_PARAM_free(params);
  OSSL_PARAM_BLD_free(builder);
  EVP_PKEY_CTX_free(context);
  BN_free(n);
  BN_free(e);
  return key;
}

static enum outcome with_rsa(const struct setup *setup, int bits, int exponent_bits) {
  make_chain(3, 1, rsa_key(bits, exponent_bits), EVP_RSA_gen(2048));
  write_policy(MOST, NULL, 0);
  return connect_deep(setup, NULL, 0);
}

static enum outcome rsa_16384(const struct setup *setup) {
  return with_rsa(setup, 16384, 17);
}

static enum outcome rsa_2048(const struct setup *setup) {
  return with_rsa(setup, 2048, 17);
}

static enum outcome rsa_of_a_long_exponent(const struct setup *setup) {
  return with_rsa(setup, 3072, 3070);
}

/* ---- Keys that cost more than their size shows ---- */

static void push(OSSL_PARAM_BLD *builder, const char *name, const BIGNUM *number) {
  if (OSSL_PARAM_BLD_push_BN(builder, name, number) != 1)
    broken("no %s", name);
}

/* A key that signs and whose public exponent is as long as the modulus, so the private exponent is short. */
static EVP_PKEY *rsa_key_to_check_long(int bits) {
  BN_CTX *bignums = BN_CTX_new();
  BIGNUM *p = BN_new(), *q = BN_new(), *n = BN_new(), *d = BN_new(), *e = NULL;
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
  EVP_PKEY *key = NULL;
  OSSL_PARAM *params;

  BN_set_word(d, 65537);
  while (e == NULL) {
    BN_generate_prime_ex(p, bits / 2, 0, NULL, NULL, NULL);
    BN_generate_prime_ex(q, bits / 2, 0, NULL, NULL, NULL);
    BN_mul(n, p, q, bignums);
    BN_sub_word(p, 1);
    BN_sub_word(q, 1);
    BN_mul(p, p, q, bignums);
    e = BN_mod_inverse(NULL, d, p, bignums);
  }
  push(builder, OSSL_PKEY_PARAM_RSA_N, n);
  push(builder, OSSL_PKEY_PARAM_RSA_E, e);
  push(builder, OSSL_PKEY_PARAM_RSA_D, d);
  params = OSSL_PARAM_BLD_to_param(builder);
  if (EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) != 1)
    broken("no RSA key");
  OSSL_PARAM_free(params);
  OSSL_PARAM_BLD_free(builder);
  EVP_PKEY_CTX_free(context);
  BN_free(p);
  BN_free(q);
  BN_free(n);
  BN_free(d);
  BN_free(e);
  BN_CTX_free(bignums);
  return key;
}

/* Every CA of the chain has this key. */
static enum outcome with_long_checks(const struct setup *setup, int count, int bits) {
  EVP_PKEY *key = bits > 0 ? rsa_key_to_check_long(bits) : EVP_RSA_gen(3072);

  common_key = key;
  make_chain(count, -1, NULL, NULL);
  write_policy(MOST, NULL, 0);
  return connect_deep(setup, NULL, 0);
}

static enum outcome rsa_usual(const struct setup *setup) {
  return with_long_checks(setup, 12, 0);
}

static enum outcome rsa_checked_long_once(const struct setup *setup) {
  return with_long_checks(setup, 2, 3072);
}

static enum outcome rsa_checked_long(const struct setup *setup) {
  return with_long_checks(setup, 12, 3072);
}

/* ---- The issuer is in a crowd of certificates ---- */

/* The issuer is pinned, or the key at the top is blocked, which the crowd keeps from being reached. */
static enum outcome crowded(const struct setup *setup, int strangers, bool same_name, bool blocked) {
  X509 *crowd[200];
  EVP_PKEY *key = EVP_EC_gen("P-256");
  enum outcome outcome;

  make_chain(3, -1, NULL, NULL);
  for (int i = 0; i < strangers; i++) {
    X509_NAME *name = same_name ? name_of("Deep", 1) : name_of("Stranger", i);

    crowd[i] = issue(key, name, name, key, true);
    X509_NAME_free(name);
  }
  write_policy(blocked ? 2 : MOST, blocked ? NULL : "intermediates", 1);
  outcome = connect_deep(setup, crowd, strangers);
  for (int i = 0; i < strangers; i++)
    X509_free(crowd[i]);
  EVP_PKEY_free(key);
  return outcome;
}

static enum outcome few_strangers(const struct setup *setup) {
  return crowded(setup, 50, false, false);
}

static enum outcome many_strangers(const struct setup *setup) {
  return crowded(setup, 180, false, false);
}

static enum outcome few_namesakes(const struct setup *setup) {
  return crowded(setup, 5, true, false);
}

static enum outcome many_namesakes(const struct setup *setup) {
  return crowded(setup, 90, true, false);
}

static enum outcome blocked_behind_few(const struct setup *setup) {
  return crowded(setup, 50, false, true);
}

static enum outcome blocked_behind_many(const struct setup *setup) {
  return crowded(setup, 180, false, true);
}

/* ---- Issuers that could be overlooked, or found twice ---- */

/* The certificates at depth 1 and 2 issued each other, so the chain has no top. */
static enum outcome issued_in_a_circle(const struct setup *setup) {
  X509_NAME *subject = name_of("Deep", 2), *issuer = name_of("Deep", 1);

  make_chain(3, -1, NULL, NULL);
  X509_free(chain.certificates[2]);
  chain.certificates[2] = issue(chain.keys[2], subject, issuer, chain.keys[1], true);
  X509_NAME_free(subject);
  X509_NAME_free(issuer);
  write_policy(MOST, NULL, 0);
  return connect_deep(setup, NULL, 0);
}

/* If there is no other issuer, an expired one counts. */
static enum outcome blocked_above_expired(const struct setup *setup) {
  make_chain(3, -1, NULL, NULL);
  X509_gmtime_adj(X509_getm_notAfter(chain.certificates[1]), -3600);
  if (X509_sign(chain.certificates[1], chain.keys[2], EVP_sha256()) <= 0)
    broken("signature");
  write_policy(2, NULL, 0);
  return connect_deep(setup, NULL, 0);
}

/* clang-format off */
#define PINNED .sni = HOST, .host = HOST
#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define NONE , .unverified = true, .untrusting = true}
static const struct test_case cases[] = {
  {"blocked/within/verified", blocked_within, {OTHER}, WE_REFUSE},
  {"blocked/within/not-verified", blocked_within, {OTHER NONE, WE_REFUSE},
  {"blocked/above-33/verified", blocked_above_33, {OTHER}, WE_REFUSE},
  {"blocked/above-33/not-verified", blocked_above_33, {OTHER NONE, WE_REFUSE},
  {"blocked/above-48/verified", blocked_above_48, {OTHER}, WE_REFUSE},
  {"blocked/above-48/pinned-own-key", own_key_and_blocked, {PINNED}, WE_REFUSE},
  {"blocked/elsewhere/12/verified", elsewhere_blocked_12, {OTHER}, ALL_ACCEPT},
  {"blocked/elsewhere/12/not-verified", elsewhere_blocked_12, {OTHER NONE, ALL_ACCEPT},
  {"blocked/elsewhere/24/verified", elsewhere_blocked_24, {OTHER}, ALL_ACCEPT},
  {"blocked/elsewhere/24/ignored", elsewhere_blocked_24, {OTHER, .unverified = true}, ALL_ACCEPT},
  {"blocked/elsewhere/24/not-verified", elsewhere_blocked_24, {OTHER NONE, WE_REFUSE, .note = "more signatures than are checked"},
  {"blocked/elsewhere/48/verified", elsewhere_blocked_48, {OTHER}, WE_REFUSE, .note = "nobody looked at the end"},
  {"pinned/own-key/verified", own_key, {PINNED}, ALL_ACCEPT},
  {"pinned/own-key/not-verified", own_key, {PINNED NONE, ALL_ACCEPT},
  {"pinned/issuer-within/verified", pin_within, {PINNED}, ALL_ACCEPT},
  {"pinned/issuer-within/not-verified", pin_within, {PINNED NONE, ALL_ACCEPT},
  {"pinned/issuer-above/verified", pin_above, {PINNED}, WE_REFUSE},
  {"pinned/issuer-above/not-verified", pin_above, {PINNED NONE, WE_REFUSE},
  {"pinned/anchor-at-the-cut/verified", anchor_at_the_cut, {PINNED}, WE_REFUSE},
  {"pinned/anchor-at-the-cut/not-verified", anchor_at_the_cut, {PINNED NONE, WE_REFUSE},
  {"key/rsa-16384", rsa_16384, {OTHER NONE, WE_REFUSE},
  {"key/rsa-long-exponent", rsa_of_a_long_exponent, {OTHER NONE, ALL_ACCEPT, .note = "one is checked, and did not sign"},
  {"key/rsa-3072-signs", rsa_usual, {OTHER NONE, ALL_ACCEPT},
  {"key/rsa-long-exponent-signs-once", rsa_checked_long_once, {OTHER NONE, ALL_ACCEPT},
  {"key/rsa-long-exponent-signs", rsa_checked_long, {OTHER NONE, WE_REFUSE, .note = "each check takes as long as a signature"},
  {"key/rsa-2048", rsa_2048, {OTHER NONE, ALL_ACCEPT, .note = "it did not sign, so it is not on the path"},
  {"crowd/few-strangers", few_strangers, {PINNED NONE, ALL_ACCEPT},
  {"crowd/many-strangers", many_strangers, {PINNED NONE, WE_REFUSE},
  {"crowd/blocked-behind-few", blocked_behind_few, {OTHER NONE, WE_REFUSE},
  {"crowd/blocked-behind-many", blocked_behind_many, {OTHER NONE, WE_REFUSE},
  {"issuer/in-a-circle", issued_in_a_circle, {OTHER NONE, ALL_ACCEPT},
  {"issuer/expired", blocked_above_expired, {OTHER NONE, WE_REFUSE},
  {"crowd/few-namesakes", few_namesakes, {PINNED NONE, ALL_ACCEPT},
  {"crowd/many-namesakes", many_namesakes, {PINNED NONE, WE_REFUSE},
};
/* clang-format on */

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
