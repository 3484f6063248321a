/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/registry.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/memory.h"
#include "probe/capture.h"

/* IANA's "TLS Supported Groups", the best first. registry_read leaves out those that OpenSSL lacks. */
static const struct registered all_groups[] = {
    {0x11ec, "X25519MLKEM768", "X25519MLKEM768"},
    {0x11eb, "SecP256r1MLKEM768", "SecP256r1MLKEM768"},
    {0x11ed, "SecP384r1MLKEM1024", "SecP384r1MLKEM1024"},
    {0x001d, "X25519", "x25519"},
    {0x0017, "P-256", "secp256r1"},
    {0x001e, "X448", "x448"},
    {0x0018, "P-384", "secp384r1"},
    {0x0019, "P-521", "secp521r1"},
    {0x0100, "ffdhe2048", "ffdhe2048"},
    {0x0101, "ffdhe3072", "ffdhe3072"},
    {0x0102, "ffdhe4096", "ffdhe4096"},
    {0x0103, "ffdhe6144", "ffdhe6144"},
    {0x0104, "ffdhe8192", "ffdhe8192"},
    {0x001a, "brainpoolP256r1", "brainpoolP256r1"},
    {0x001b, "brainpoolP384r1", "brainpoolP384r1"},
    {0x001c, "brainpoolP512r1", "brainpoolP512r1"},
    {0x0016, "secp256k1", "secp256k1"},
    {0x0015, "P-224", "secp224r1"},
    {0x0013, "P-192", "secp192r1"},
};

/* IANA's "TLS SignatureScheme". */
static const struct registered all_signatures[] = {
    {0x0905, "mldsa65", "mldsa65"},
    {0x0403, "ecdsa_secp256r1_sha256", "ecdsa_secp256r1_sha256"},
    {0x0503, "ecdsa_secp384r1_sha384", "ecdsa_secp384r1_sha384"},
    {0x0603, "ecdsa_secp521r1_sha512", "ecdsa_secp521r1_sha512"},
    {0x0807, "ed25519", "ed25519"},
    {0x0808, "ed448", "ed448"},
    {0x0804, "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha256"},
    {0x0805, "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha384"},
    {0x0806, "rsa_pss_rsae_sha512", "rsa_pss_rsae_sha512"},
    {0x0809, "rsa_pss_pss_sha256", "rsa_pss_pss_sha256"},
    {0x080a, "rsa_pss_pss_sha384", "rsa_pss_pss_sha384"},
    {0x080b, "rsa_pss_pss_sha512", "rsa_pss_pss_sha512"},
    {0x0401, "RSA+SHA256", "rsa_pkcs1_sha256"},
    {0x0501, "RSA+SHA384", "rsa_pkcs1_sha384"},
    {0x0601, "RSA+SHA512", "rsa_pkcs1_sha512"},
    {0x0303, "ECDSA+SHA224", "ecdsa_sha224"},
    {0x0301, "RSA+SHA224", "rsa_pkcs1_sha224"},
    {0x0203, "ECDSA+SHA1", "ecdsa_sha1"},
    {0x0201, "RSA+SHA1", "rsa_pkcs1_sha1"},
};

/* Weak suites that builds of OpenSSL leave out (Debian's leaves out all), by OpenSSL's names. */
static const struct lacking {
  struct registered suite;
  int bits; /* 112: 3DES; fewer: DES and export suites */
  bool rc4, anonymous, static_key;
} lacking[] = {
#define SUITE(number, name, ...)                                                                             \
  { {number, name, name}, __VA_ARGS__ }
    SUITE(0xc007, "ECDHE-ECDSA-RC4-SHA", 128, true, false, false),
    SUITE(0xc011, "ECDHE-RSA-RC4-SHA", 128, true, false, false),
    SUITE(0x0005, "RC4-SHA", 128, true, false, true),
    SUITE(0x0004, "RC4-MD5", 128, true, false, true),
    SUITE(0xc016, "AECDH-RC4-SHA", 128, true, true, false),
    SUITE(0x0018, "ADH-RC4-MD5", 128, true, true, false),
    SUITE(0xc008, "ECDHE-ECDSA-DES-CBC3-SHA", 112, false, false, false),
    SUITE(0xc012, "ECDHE-RSA-DES-CBC3-SHA", 112, false, false, false),
    SUITE(0x0016, "DHE-RSA-DES-CBC3-SHA", 112, false, false, false),
    SUITE(0x0013, "DHE-DSS-DES-CBC3-SHA", 112, false, false, false),
    SUITE(0x000a, "DES-CBC3-SHA", 112, false, false, true),
    SUITE(0xc017, "AECDH-DES-CBC3-SHA", 112, false, true, false),
    SUITE(0x001b, "ADH-DES-CBC3-SHA", 112, false, true, false),
    SUITE(0x0015, "EDH-RSA-DES-CBC-SHA", 56, false, false, false),
    SUITE(0x0012, "EDH-DSS-DES-CBC-SHA", 56, false, false, false),
    SUITE(0x0009, "DES-CBC-SHA", 56, false, false, true),
    SUITE(0x001a, "ADH-DES-CBC-SHA", 56, false, true, false),
    SUITE(0x0064, "EXP1024-RC4-SHA", 56, true, false, true),
    SUITE(0x0062, "EXP1024-DES-CBC-SHA", 56, false, false, true),
    SUITE(0x0014, "EXP-EDH-RSA-DES-CBC-SHA", 40, false, false, false),
    SUITE(0x0011, "EXP-EDH-DSS-DES-CBC-SHA", 40, false, false, false),
    SUITE(0x0008, "EXP-DES-CBC-SHA", 40, false, false, true),
    SUITE(0x0006, "EXP-RC2-CBC-MD5", 40, false, false, true),
    SUITE(0x0003, "EXP-RC4-MD5", 40, true, false, true),
    SUITE(0x0019, "EXP-ADH-DES-CBC-SHA", 40, false, true, false),
    SUITE(0x0017, "EXP-ADH-RC4-MD5", 40, true, true, false),
#undef SUITE
};

static const struct lacking *find_lacking(uint16_t number) {
  for (size_t i = 0; i < COUNT_OF(lacking); i++)
    if (lacking[i].suite.number == number)
      return &lacking[i];
  return NULL;
}

const struct registered *lacking_suite(uint16_t number) {
  const struct lacking *found = find_lacking(number);
  return found == NULL ? NULL : &found->suite;
}

static uint16_t *lacking_numbers(const struct registry *registry, size_t *ret_count) {
  uint16_t *numbers = must_alloc(COUNT_OF(lacking), sizeof *numbers);
  size_t count = 0;
  for (size_t i = 0; i < COUNT_OF(lacking); i++) {
    size_t known = 0;
    while (known < registry->suite_count && registry->suites[known].number != lacking[i].suite.number)
      known++;
    if (known == registry->suite_count)
      numbers[count++] = lacking[i].suite.number;
  }
  *ret_count = count;
  return numbers;
}

static struct registered *keep_known(SSL_CTX *context, const struct registered *all, size_t count,
                                     bool (*knows)(SSL_CTX *, const char *), size_t *ret_count) {
  struct registered *known = must_alloc(count, sizeof *known);
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (knows(context, all[i].name))
      known[kept++] = all[i];
  ERR_clear_error();
  *ret_count = kept;
  return known;
}

/* Suites with a shared secret (PSK, SRP) are not for public servers. */
static bool needs_shared_secret(const SSL_CIPHER *suite) {
  int exchange = SSL_CIPHER_get_kx_nid(suite);
  return exchange == NID_kx_psk || exchange == NID_kx_ecdhe_psk || exchange == NID_kx_dhe_psk ||
         exchange == NID_kx_rsa_psk || exchange == NID_kx_srp ||
         SSL_CIPHER_get_auth_nid(suite) == NID_auth_psk;
}

/* The suites of TLS 1.3, or the older ones. */
static struct registered *suites_of(SSL_CTX *context, bool newest, size_t *ret_count) {
  const STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(context);
  int count = sk_SSL_CIPHER_num(all);
  struct registered *suites = must_alloc(count < 0 ? 0 : (size_t)count, sizeof *suites);
  size_t kept = 0;
  for (int i = 0; i < count; i++) {
    const SSL_CIPHER *suite = sk_SSL_CIPHER_value(all, i);
    const char *name = SSL_CIPHER_get_name(suite);
    if ((strcmp(SSL_CIPHER_get_version(suite), "TLSv1.3") == 0) == newest && !needs_shared_secret(suite))
      suites[kept++] =
          (struct registered){.number = SSL_CIPHER_get_protocol_id(suite), .name = name, .shown = name};
  }
  *ret_count = kept;
  return suites;
}

static SSL_CTX *widest_context(void) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (context == NULL)
    return NULL;
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, 0);
  /* Without the suites for integrity only (RFC 9150), which only some releases have. */
  if (SSL_CTX_set_ciphersuites(context,
                               "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:"
                               "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256") != 1)
    ERR_clear_error();
  if (SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL:@SECLEVEL=0") == 1)
    return context;
  SSL_CTX_free(context);
  return NULL;
}

bool registry_read(struct registry *ret_registry) {
  SSL_CTX *context = widest_context();
  *ret_registry = (struct registry){0};
  if (context == NULL)
    return false;
  ret_registry->suites = suites_of(context, false, &ret_registry->suite_count);
  ret_registry->lacking = lacking_numbers(ret_registry, &ret_registry->lacking_count);
  ret_registry->suites13 = suites_of(context, true, &ret_registry->suite13_count);
  ret_registry->groups =
      keep_known(context, all_groups, COUNT_OF(all_groups), offer_groups, &ret_registry->group_count);
  ret_registry->signatures = keep_known(context, all_signatures, COUNT_OF(all_signatures), offer_signatures,
                                        &ret_registry->signature_count);
  SSL_CTX_free(context);
  return ret_registry->suite_count > 0;
}

void registry_clear(struct registry *registry) {
  free(registry->suites);
  free(registry->lacking);
  free(registry->suites13);
  free(registry->groups);
  free(registry->signatures);
  *registry = (struct registry){0};
}

const char *group_name(uint16_t number) {
  for (size_t i = 0; i < COUNT_OF(all_groups); i++)
    if (all_groups[i].number == number)
      return all_groups[i].shown;
  return NULL;
}

/* OpenSSL's number of a curve, by any of its names. */
static int curve_number(const char *name) {
  int number = EC_curve_nist2nid(name);
  return number != NID_undef ? number : OBJ_sn2nid(name);
}

const struct registered *curve_of_key(const struct registry *registry, const EVP_PKEY *key) {
  char name[64] = "";
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || EVP_PKEY_get_group_name(key, name, sizeof name, NULL) != 1)
    return NULL;
  int curve = curve_number(name);
  for (size_t i = 0; curve != NID_undef && i < registry->group_count; i++)
    if (curve_number(registry->groups[i].name) == curve)
      return &registry->groups[i];
  return NULL;
}

/* OpenSSL needs a connection to look up a suite; one is made, and kept. */
static const SSL_CIPHER *suite_of(uint16_t number) {
  static SSL *lookup;
  const unsigned char bytes[2] = {(unsigned char)(number >> 8), (unsigned char)(number & 0xff)};
  if (lookup == NULL) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    lookup = context == NULL ? NULL : SSL_new(context);
    SSL_CTX_free(context);
  }
  return lookup == NULL ? NULL : SSL_CIPHER_find(lookup, bytes);
}

bool suite_weakness(uint16_t number, struct suite_weakness *ret_weakness) {
  const SSL_CIPHER *suite = suite_of(number);
  *ret_weakness = (struct suite_weakness){0};
  const struct lacking *other = suite == NULL ? find_lacking(number) : NULL;
  if (other != NULL)
    *ret_weakness = (struct suite_weakness){.anonymous = other->anonymous,
                                            .rc4 = other->rc4,
                                            .triple_des = other->bits == 112,
                                            .export_grade = other->bits < 112,
                                            .static_key = other->static_key,
                                            .cbc = !other->rc4,
                                            .bits = other->bits};
  if (suite == NULL)
    return other != NULL;
  int cipher = SSL_CIPHER_get_cipher_nid(suite);
  int exchange = SSL_CIPHER_get_kx_nid(suite);
  int secret_bits = SSL_CIPHER_get_bits(suite, NULL);
  ret_weakness->bits = secret_bits;
  ret_weakness->null = cipher == NID_undef || secret_bits == 0;
  ret_weakness->anonymous = SSL_CIPHER_get_auth_nid(suite) == NID_auth_null;
  ret_weakness->rc4 = cipher == NID_rc4;
  ret_weakness->triple_des = cipher == NID_des_ede3_cbc;
  ret_weakness->export_grade = !ret_weakness->null && secret_bits < 112;
  ret_weakness->static_key = exchange != NID_kx_ecdhe && exchange != NID_kx_dhe && exchange != NID_kx_any;
  ret_weakness->cbc = !ret_weakness->null && !ret_weakness->rc4 && SSL_CIPHER_is_aead(suite) == 0;
  return true;
}
