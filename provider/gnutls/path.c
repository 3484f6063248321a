/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "path.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/sha256.h"
#include "understood.h"

/*
 * A peer chooses the keys of its certificates, so the work for checking signatures is limited. The unit is
 * about a microsecond. An RSA signature costs one multiplication for each bit of the exponent, and a
 * multiplication grows with the square of the modulus.
 */
#define WORK_LIMIT 10000
#define WORK_OF_OTHERS 2000
#define MAX_RSA_BITS 8192

/* Dates and critical extensions are checked elsewhere. Without the last flag, an issuer with the same name
 * and key would count as a signature. */
#define VERIFY_FLAGS                                                                                         \
  (GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS |                           \
   GNUTLS_VERIFY_IGNORE_UNKNOWN_CRIT_EXTENSIONS | GNUTLS_VERIFY_DO_NOT_ALLOW_SAME)

/* ---- Reading ---- */

static gnutls_x509_crt_t import(const struct library *library, const gnutls_datum_t *der) {
  gnutls_x509_crt_t certificate;

  if (library->gnutls_x509_crt_init(&certificate) < 0)
    return NULL;
  if (library->gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) >= 0)
    return certificate;
  library->gnutls_x509_crt_deinit(certificate);
  return NULL;
}

/* A certificate that the peer sent, read at the first call; NULL: it cannot be read. */
static gnutls_x509_crt_t sent(struct path *path, unsigned index) {
  if (path->evidence.is_raw_key || index >= path->evidence.count || index >= PATH_MAX_SENT)
    return NULL;
  if (path->sent[index] == NULL)
    path->sent[index] = import(path->library, &path->evidence.certificates[index]);
  return path->sent[index];
}

static struct slice slice_of(const gnutls_datum_t *datum) {
  return (struct slice){datum->data, datum->size};
}

/* Copies the bytes of a certificate; the caller frees them. False: no memory. */
static bool export_der(const struct library *library, gnutls_x509_crt_t certificate, struct slice *ret_der) {
  size_t size = 0;
  unsigned char *bytes;

  if (library->gnutls_x509_crt_export(certificate, GNUTLS_X509_FMT_DER, NULL, &size) !=
      GNUTLS_E_SHORT_MEMORY_BUFFER)
    return false;
  bytes = malloc(size);
  if (bytes == NULL)
    return false;
  if (library->gnutls_x509_crt_export(certificate, GNUTLS_X509_FMT_DER, bytes, &size) < 0) {
    free(bytes);
    return false;
  }
  *ret_der = (struct slice){bytes, size};
  return true;
}

/* ---- Proof ---- */

static bool is_self_issued(const struct path *path, const struct link *link) {
  return path->library->gnutls_x509_crt_check_issuer(link->certificate, link->certificate) != 0;
}

static bool may_issue(const struct path *path, gnutls_x509_crt_t issuer, gnutls_x509_crt_t subject) {
  const struct library *library = path->library;
  unsigned critical, is_ca = 0;
  int limit = -1;

  return library->gnutls_x509_crt_check_issuer(subject, issuer) != 0 &&
         library->gnutls_x509_crt_get_basic_constraints(issuer, &critical, &is_ca, &limit) >= 0 &&
         is_ca != 0 && (limit < 0 || path->subordinates <= limit);
}

static int64_t work_of(const struct library *library, const struct link *issuer) {
  int64_t modulus, exponent;
  struct slice key;
  unsigned bits;

  switch (library->gnutls_x509_crt_get_pk_algorithm(issuer->certificate, &bits)) {
  case GNUTLS_PK_RSA:
  case GNUTLS_PK_RSA_PSS:
    if (!der_public_key(issuer->der, &key) || !der_rsa_bits(key, &modulus, &exponent) ||
        modulus > MAX_RSA_BITS + 8)
      return WORK_LIMIT + 1;
    modulus = modulus / 512 + 1;
    return modulus * modulus * (exponent > 16 ? exponent : 16) / 16;
  case GNUTLS_PK_DSA:
    return 24 * (int64_t)(bits / 512 + 1) * (bits / 512 + 1);
  default:
    return WORK_OF_OTHERS / 4;
  }
}

/* Whether the issuer may sign and did sign. If checking takes too much work, returns false and cuts the
 * path. */
static bool did_sign(struct path *path, const struct link *issuer, gnutls_x509_crt_t subject) {
  int64_t work = work_of(path->library, issuer);
  unsigned status = GNUTLS_CERT_INVALID;

  if (work > path->work) {
    path->pin.cut = true;
    return false;
  }
  path->work -= work;
  return path->library->gnutls_x509_crt_verify(subject, &issuer->certificate, 1, VERIFY_FLAGS, &status) >=
             0 &&
         status == 0;
}

/* Whether nothing is above this certificate. An issuer may have given it its own name, and GnuTLS only
 * compares the names, so the signature decides. */
static bool is_self_signed(struct path *path, const struct link *link) {
  return is_self_issued(path, link) && did_sign(path, link, link->certificate);
}

/* ---- Looking for an issuer ---- */

/* Two CAs may have certified each other; a path never contains a certificate twice. */
static bool is_on_path(const struct path *path, struct slice der) {
  for (size_t depth = 0; depth < path->pin.count; depth++) {
    const struct slice *other = &path->links[depth].der;

    if (other->size == der.size && memcmp(other->bytes, der.bytes, der.size) == 0)
      return true;
  }
  return false;
}

static bool is_valid_now(const struct library *library, gnutls_x509_crt_t certificate) {
  int64_t now = clock_seconds();

  return library->gnutls_x509_crt_get_activation_time(certificate) <= now &&
         library->gnutls_x509_crt_get_expiration_time(certificate) >= now;
}

/* Finds an issuer among the certificates that were sent. valid: look for one that is within its dates, or
 * for one that is not. */
static bool choose_sent(struct path *path, const struct link *subject, bool valid, struct link *ret_issuer) {
  for (unsigned i = 1; i < path->evidence.count && i < PATH_MAX_SENT; i++) {
    struct link issuer = {.certificate = sent(path, i), .der = slice_of(&path->evidence.certificates[i])};

    if (issuer.certificate == NULL || !may_issue(path, issuer.certificate, subject->certificate) ||
        is_valid_now(path->library, issuer.certificate) != valid || is_on_path(path, issuer.der) ||
        !did_sign(path, &issuer, subject->certificate))
      continue;
    *ret_issuer = issuer;
    return true;
  }
  return false;
}

static bool find_sent(struct path *path, const struct link *subject, struct link *ret_issuer) {
  if (choose_sent(path, subject, true, ret_issuer) || choose_sent(path, subject, false, ret_issuer))
    return true;
  path->pin.cut = path->pin.cut || path->evidence.count > PATH_MAX_SENT;
  return false;
}

/* Uses a trusted certificate as issuer if it fits. Takes ownership of it. False: it does not fit, or no
 * memory. */
static bool take_found(struct path *path, const struct link *subject, gnutls_x509_crt_t certificate,
                       struct link *ret_issuer) {
  struct link issuer = {.certificate = certificate, .is_found = true};

  if (!export_der(path->library, certificate, &issuer.der)) {
    path->pin.cut = true;
    path->library->gnutls_x509_crt_deinit(certificate);
    return false;
  }
  if (may_issue(path, certificate, subject->certificate) && !is_on_path(path, issuer.der) &&
      did_sign(path, &issuer, subject->certificate)) {
    *ret_issuer = issuer;
    return true;
  }
  path->library->gnutls_x509_crt_deinit(certificate);
  free((void *)(size_t)issuer.der.bytes);
  return false;
}

static bool find_in_credentials(struct path *path, const struct link *subject, struct link *ret_issuer) {
  const struct library *library = path->library;
  gnutls_x509_crt_t issuer = NULL;
  void *credentials = NULL;

  if (library->gnutls_credentials_get(path->session, GNUTLS_CRD_CERTIFICATE, &credentials) < 0 ||
      library->gnutls_certificate_get_issuer(credentials, subject->certificate, &issuer, GNUTLS_TL_GET_COPY) <
          0)
    return false;
  return take_found(path, subject, issuer, ret_issuer);
}

/* Programs that verify by themselves may have empty credentials. */
static bool find_in_system(struct path *path, const struct link *subject, struct link *ret_issuer) {
  gnutls_x509_trust_list_t list = library_system_trust(path->library);
  gnutls_x509_crt_t issuer = NULL;

  if (list == NULL) {
    path->pin.cut = true;
    return false;
  }
  if (path->library->gnutls_x509_trust_list_get_issuer(list, subject->certificate, &issuer,
                                                       GNUTLS_TL_GET_COPY) < 0)
    return false;
  return take_found(path, subject, issuer, ret_issuer);
}

/* Writes the next certificate, but does not count it yet. False: there is none that is proven. */
static bool prove_next(struct path *path) {
  size_t depth = path->pin.count;
  const struct link *subject;
  struct link *issuer;

  if (depth == 0) {
    if (path->evidence.count == 0)
      return false;
    /* Not read yet: mostly only its key is needed, which is taken from its bytes. */
    path->links[0] = (struct link){.der = slice_of(&path->evidence.certificates[0])};
    return true;
  }
  if (depth == 1)
    path->links[0].certificate = sent(path, 0);
  subject = &path->links[depth - 1];
  if (subject->certificate == NULL || path->pin.cut || is_self_signed(path, subject) || path->pin.cut)
    return false;
  if (depth == PATH_MAX_KEYS) {
    path->pin.cut = true;
    return false;
  }
  issuer = &path->links[depth];
  if (!find_in_credentials(path, subject, issuer) && !find_sent(path, subject, issuer) &&
      !find_in_system(path, subject, issuer))
    return false;
  /* Another issuer of the same name may have been too costly to check, but this one is proven. */
  path->pin.cut = false;
  if (!is_self_issued(path, issuer))
    path->subordinates++;
  return true;
}

/* ---- The path as a whole ---- */

static bool hash_link(const struct path *path, const struct link *link, struct pin_path_key *ret_key) {
  struct slice key = link->der;

  memset(ret_key, 0, sizeof *ret_key);
  if (!path->evidence.is_raw_key && !der_public_key(link->der, &key))
    return false;
  sha256(key.bytes, key.size, ret_key->key.bytes);
  if (path->with_certificates && !path->evidence.is_raw_key)
    sha256(link->der.bytes, link->der.size, ret_key->certificate.bytes);
  return true;
}

void path_begin(struct library *library, gnutls_session_t session, const struct evidence *evidence,
                struct path *ret_path) {
  memset(ret_path->sent, 0, sizeof ret_path->sent);
  ret_path->pin = (struct pin_path){.keys = ret_path->keys};
  ret_path->library = library;
  ret_path->session = session;
  ret_path->evidence = *evidence;
  ret_path->with_certificates = false;
  ret_path->subordinates = 0;
  ret_path->link_count = 0;
  ret_path->work = WORK_LIMIT;
  ret_path->subjects = NULL;
}

gnutls_x509_crt_t path_peer(struct path *path) {
  return sent(path, 0);
}

bool path_extend(struct path *path) {
  size_t depth = path->pin.count;

  if (!prove_next(path))
    return false;
  path->link_count = depth + 1;
  if (!hash_link(path, &path->links[depth], &path->keys[depth])) {
    path->pin.count = 0;
    return false;
  }
  path->pin.count++;
  return true;
}

static bool permits_below(const struct path *path, gnutls_x509_name_constraints_t constraints, size_t depth) {
  const struct library *library = path->library;

  for (size_t below = 0; below < depth; below++) {
    gnutls_x509_crt_t certificate = path->links[below].certificate;

    /* A self-issued CA certificate changes the key and not the name, so constraints do not bind it (RFC
     * 5280, 6.1.3 (b)). */
    if (below > 0 && is_self_issued(path, &path->links[below]))
      continue;
    if (library->gnutls_x509_name_constraints_check_crt(constraints, GNUTLS_SAN_DNSNAME, certificate) == 0 ||
        library->gnutls_x509_name_constraints_check_crt(constraints, GNUTLS_SAN_IPADDRESS, certificate) == 0)
      return false;
  }
  return true;
}

/* Whether the name constraints of the CA at this depth permit everything below it. */
static bool names_are_permitted(const struct path *path, size_t depth) {
  const struct library *library = path->library;
  gnutls_x509_name_constraints_t constraints;
  unsigned critical;
  bool permitted;
  int result;

  if (library->gnutls_x509_name_constraints_init(&constraints) < 0)
    return false;
  result = library->gnutls_x509_crt_get_name_constraints(path->links[depth].certificate, constraints, 0,
                                                         &critical);
  permitted = result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ||
              (result >= 0 && permits_below(path, constraints, depth));
  library->gnutls_x509_name_constraints_deinit(constraints);
  return permitted;
}

static bool is_for_servers(const struct library *library, gnutls_x509_crt_t issuer) {
  return library->gnutls_x509_crt_check_key_purpose(issuer, GNUTLS_KP_TLS_WWW_SERVER, 0) != 0 &&
         is_understood(library, issuer);
}

enum pin_reason path_permission(const struct path *path, size_t highest) {
  for (size_t depth = 1; depth <= highest && depth < path->pin.count; depth++) {
    if (!is_for_servers(path->library, path->links[depth].certificate))
      return PIN_REASON_NOT_A_SERVER;
    if (!names_are_permitted(path, depth))
      return PIN_REASON_WRONG_NAME;
  }
  return PIN_REASON_MATCHED;
}

void path_describe(struct path *path) {
  path->subjects = calloc(path->pin.count, sizeof *path->subjects);
  for (size_t depth = 0; path->subjects != NULL && depth < path->pin.count; depth++) {
    size_t size = PATH_SUBJECT_SIZE;

    if (depth == 0)
      path->links[0].certificate = sent(path, 0);
    if (path->links[depth].certificate == NULL ||
        path->library->gnutls_x509_crt_get_dn(path->links[depth].certificate, path->subjects[depth], &size) <
            0)
      continue;
    path->subjects[depth][PATH_SUBJECT_SIZE - 1] = '\0';
    path->keys[depth].subject = path->subjects[depth];
  }
}

void path_clear(struct path *path) {
  for (size_t depth = 0; depth < path->link_count; depth++) {
    if (!path->links[depth].is_found)
      continue;
    path->library->gnutls_x509_crt_deinit(path->links[depth].certificate);
    free((void *)(size_t)path->links[depth].der.bytes);
  }
  for (unsigned i = 0; i < PATH_MAX_SENT; i++) {
    if (path->sent[i] != NULL)
      path->library->gnutls_x509_crt_deinit(path->sent[i]);
  }
  free(path->subjects);
  path->subjects = NULL;
}
