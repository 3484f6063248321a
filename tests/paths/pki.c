/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Makes the keys, the certificates, the chains that servers show, and the policies, in the given folder. */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define NAMES                                                                                                \
  "DNS:pinned.test.example,DNS:ca.test.example,DNS:pathlen.test.example,DNS:other.test.example,"             \
  "DNS:both.test.example,DNS:*.wild.test.example,DNS:part.test.example,IP:127.0.0.1,"                        \
  "DNS:backup.test.example,DNS:print.test.example,DNS:issued.test.example,DNS:anchor.test.example,"          \
  "DNS:exempt.test.example,DNS:below.test.example,DNS:mx.below.test.example,DNS:depth.test.example,"         \
  "DNS:odd.test.example"
#define NAMES_OF_OTHERS "DNS:elsewhere.test.example,DNS:ca.test.example.elsewhere.test,IP:127.0.0.2"

enum id {
  ROOT,
  ISSUER,
  ISSUER_2,
  SHORT,
  BELOW_SHORT,
  GOOD,
  BAD,
  FORGED,
  DAMAGED,
  UNDER_LEAF,
  TOO_LONG,
  SHORT_OK,
  ROOT_2,
  EXEMPT,
  EXEMPT_ELSEWHERE,
  ELSEWHERE,
  MX,
  WILD_ONE,
  CLIENT,
  EXPIRED,
  EARLY,
  PLAIN,
  NOBODY,
  SINGLE,
  WILD,
  STARRED,
  COMMON_NAME,
  NAMESAKE,
  CROWDED,
  MANY_NAMED,
  LIMITED,
  OUTSIDE,
  INSIDE,
  OUTSIDE_PLAIN,
  BELOW_LIMITED,
  OUTSIDE_BELOW,
  MAIL,
  FROM_MAIL,
  BELOW_MAIL,
  FROM_BELOW_MAIL,
  WEB,
  FROM_WEB,
  ODD,
  FROM_ODD,
  BELOW_ODD,
  FROM_BELOW_ODD,
  ODD_ITSELF,
  CRITICAL_KEY_ID,
  CRITICAL_NO_CHECK,
  COUNT
};

struct subject {
  const char *file;
  const char *common_name;
  enum id named_issuer; /* whose name is in the certificate */
  enum id signer;       /* whose key signs it */
  const char *constraints;
  const char *names;  /* NULL: NAMES; "": only the common name; CROWD: more than pinning looks at;
                         MANY: more than pinning looks at for a session */
  const char *usage;  /* extended; NULL: any */
  const char *limits; /* name constraints; NULL: none */
  const char *odd;    /* a critical extension that OpenSSL or GnuTLS, or both, do not know; NULL: none */
  const char *odd_value;
  long begins, ends; /* in days from now; both 0: the usual times */
};

/* Markers, which differ only by their addresses. */
static const char crowd[] = "?", many[] = "?";
#define CROWD crowd
#define MANY many

#define ODD_ONE .odd = "1.2.3.4.5.6", .odd_value = "critical,DER:05:00"

/* Every issuer comes before what it issues. */
static const struct subject subjects[COUNT] = {
    [ROOT] = {"root", "Root", ROOT, ROOT, "critical,CA:TRUE", .names = NULL},
    [ISSUER] = {"issuer", "Issuer", ROOT, ROOT, "critical,CA:TRUE", .names = NULL},
    [ISSUER_2] = {"issuer2", "Second issuer", ROOT, ROOT, "critical,CA:TRUE", .names = NULL},
    [SHORT] = {"short", "Short issuer", ROOT, ROOT, "critical,CA:TRUE,pathlen:0", .names = NULL},
    [BELOW_SHORT] = {"below", "Below the short issuer", SHORT, SHORT, "critical,CA:TRUE", .names = NULL},
    [GOOD] = {"good", "Good", ISSUER, ISSUER, "critical,CA:FALSE", .names = NULL},
    [BAD] = {"bad", "Bad", ISSUER_2, ISSUER_2, "critical,CA:FALSE", .names = NULL},
    [FORGED] = {"forged", "Forged", ISSUER, ISSUER_2, "critical,CA:FALSE", .names = NULL},
    [DAMAGED] = {"damaged", "Damaged", ISSUER, ISSUER, "critical,CA:FALSE", .names = NULL},
    [UNDER_LEAF] = {"underleaf", "Below a leaf", GOOD, GOOD, "critical,CA:FALSE", .names = NULL},
    [TOO_LONG] = {"toolong", "Too long a path", BELOW_SHORT, BELOW_SHORT, "critical,CA:FALSE", .names = NULL},
    [SHORT_OK] = {"shortok", "Within the path length", SHORT, SHORT, "critical,CA:FALSE", .names = NULL},
    [ROOT_2] = {"root2", "Exempt root", ROOT_2, ROOT_2, "critical,CA:TRUE", .names = NULL},
    [EXEMPT] = {"exempt", "Exempt", ROOT_2, ROOT_2, "critical,CA:FALSE", .names = NULL},
    [EXEMPT_ELSEWHERE] = {"exemptelse", "Exempt elsewhere", ROOT_2, ROOT_2, "critical,CA:FALSE",
                          .names = NAMES_OF_OTHERS},
    /* The pinned CA issued these to others, for other purposes, or at other times. */
    [ELSEWHERE] = {"elsewhere", "ca.test.example", ISSUER, ISSUER, "critical,CA:FALSE",
                   .names = NAMES_OF_OTHERS},
    [MX] = {"mx", "Below", ISSUER, ISSUER, "critical,CA:FALSE", .names = "DNS:mx.below.test.example"},
    [WILD_ONE] = {"wildone", "One of many", ISSUER, ISSUER, "critical,CA:FALSE",
                  .names = "DNS:a.wild.test.example"},
    [CLIENT] = {"client", "Client", ISSUER, ISSUER, "critical,CA:FALSE", .usage = "clientAuth"},
    [EXPIRED] = {"expired", "Expired", ISSUER, ISSUER, "critical,CA:FALSE", .begins = -30, .ends = -1},
    [EARLY] = {"early", "Too early", ISSUER, ISSUER, "critical,CA:FALSE", .begins = 1, .ends = 30},
    [PLAIN] = {"plain", "ca.test.example", ISSUER, ISSUER, "critical,CA:FALSE", .names = ""},
    [NOBODY] = {"nobody", "Nobody", ISSUER_2, ISSUER_2, "critical,CA:FALSE",
                .names = "DNS:nobody.test.example"},
    [SINGLE] = {"single", "Single", ISSUER, ISSUER, "critical,CA:FALSE",
                .names = "DNS:pinned.test.example,DNS:nobody.test.example"},
    [WILD] = {"wild", "pinned.test.example", ISSUER_2, ISSUER_2, "critical,CA:FALSE",
              .names = "DNS:nobody.test.example,DNS:*.wild.test.example"},
    [STARRED] = {"starred", "pinned.test.example", ISSUER_2, ISSUER_2, "critical,CA:FALSE",
                 .names = "DNS:*.test.example"},
    [COMMON_NAME] = {"commonname", "Pinned.test.example", ISSUER_2, ISSUER_2, "critical,CA:FALSE",
                     .names = ""},
    /* A CA that may issue for some names only, with certificates of its own and of a CA below it. */
    [LIMITED] = {"limited", "Limited issuer", ROOT, ROOT, "critical,CA:TRUE", .names = "",
                 .limits = "critical,permitted;DNS:inside.test.example,permitted;DNS:nobody.test.example"},
    [OUTSIDE] = {"outside", "Outside", LIMITED, LIMITED, "critical,CA:FALSE", .names = NULL},
    [INSIDE] = {"inside", "Inside", LIMITED, LIMITED, "critical,CA:FALSE",
                .names = "DNS:inside.test.example,DNS:a.inside.test.example"},
    [OUTSIDE_PLAIN] = {"outsideplain", "anchor.test.example", LIMITED, LIMITED, "critical,CA:FALSE",
                       .names = ""},
    [BELOW_LIMITED] = {"belowlimited", "Below the limited issuer", LIMITED, LIMITED, "critical,CA:TRUE",
                       .names = ""},
    [OUTSIDE_BELOW] = {"outsidebelow", "Outside below", BELOW_LIMITED, BELOW_LIMITED, "critical,CA:FALSE",
                       .names = NULL},
    /* A CA for mail only, what it issues, what a CA below it issues, and a CA for servers. */
    [MAIL] = {"mail", "Mail issuer", ROOT, ROOT, "critical,CA:TRUE", .names = "",
              .usage = "emailProtection,clientAuth"},
    [FROM_MAIL] = {"frommail", "From mail", MAIL, MAIL, "critical,CA:FALSE", .names = NULL},
    [BELOW_MAIL] = {"belowmail", "Below the mail issuer", MAIL, MAIL, "critical,CA:TRUE", .names = "",
                    .usage = "serverAuth"},
    [FROM_BELOW_MAIL] = {"frombelowmail", "From below mail", BELOW_MAIL, BELOW_MAIL, "critical,CA:FALSE",
                         .names = NULL},
    [WEB] = {"web", "Web issuer", ROOT, ROOT, "critical,CA:TRUE", .names = "",
             .usage = "serverAuth,clientAuth"},
    [ODD] = {"odd", "Odd issuer", ROOT, ROOT, "critical,CA:TRUE", .names = "", ODD_ONE},
    [FROM_ODD] = {"fromodd", "From odd", ODD, ODD, "critical,CA:FALSE", .names = NULL},
    [BELOW_ODD] = {"belowodd", "Below the odd issuer", ODD, ODD, "critical,CA:TRUE", .names = ""},
    [FROM_BELOW_ODD] = {"frombelowodd", "From below odd", BELOW_ODD, BELOW_ODD, "critical,CA:FALSE",
                        .names = NULL},
    [ODD_ITSELF] = {"odditself", "Odd itself", ISSUER, ISSUER, "critical,CA:FALSE", .names = NULL, ODD_ONE},
    /* Critical by mistake: GnuTLS knows the extension, OpenSSL does not. And the other way round. */
    [CRITICAL_KEY_ID] = {"keyid", "Critical key id", ISSUER, ISSUER, "critical,CA:FALSE", .names = NULL,
                         .odd = "2.5.29.14", .odd_value = "critical,DER:04:01:61"},
    [CRITICAL_NO_CHECK] = {"nocheck", "Critical no check", ISSUER, ISSUER, "critical,CA:FALSE", .names = NULL,
                           .odd = "1.3.6.1.5.5.7.48.1.5", .odd_value = "critical,DER:05:00"},
    [FROM_WEB] = {"fromweb", "From web", WEB, WEB, "critical,CA:FALSE", .names = NULL, .usage = "serverAuth"},
    /* It has the name of the CA that issued it, but is not self-signed for that. */
    [NAMESAKE] = {"namesake", "Issuer", ISSUER, ISSUER, "critical,CA:FALSE", .names = NULL},
    [CROWDED] = {"crowded", "Crowded", ISSUER_2, ISSUER_2, "critical,CA:FALSE", .names = CROWD},
    [MANY_NAMED] = {"many", "Many-named", ISSUER_2, ISSUER_2, "critical,CA:FALSE", .names = MANY},
};

static const struct {
  const char *file;
  enum id certificates[5];
  int count;
} chains[] = {
    {"good", {GOOD, ISSUER}, 2},
    {"bad", {BAD, ISSUER_2}, 2},
    {"stuffed", {BAD, ISSUER_2, ISSUER, GOOD}, 4},
    {"forged", {FORGED, ISSUER}, 2},
    {"damaged", {DAMAGED, ISSUER}, 2},
    {"underleaf", {UNDER_LEAF, GOOD, ISSUER}, 3},
    {"toolong", {TOO_LONG, BELOW_SHORT, SHORT}, 3},
    {"shortok", {SHORT_OK, SHORT}, 2},
    {"exempt", {EXEMPT, ROOT_2}, 2},
    {"namesake", {NAMESAKE, ISSUER}, 2},
    {"exemptelse", {EXEMPT_ELSEWHERE, ROOT_2}, 2},
    {"elsewhere", {ELSEWHERE, ISSUER}, 2},
    {"mx", {MX, ISSUER}, 2},
    {"wildone", {WILD_ONE, ISSUER}, 2},
    {"client", {CLIENT, ISSUER}, 2},
    {"expired", {EXPIRED, ISSUER}, 2},
    {"early", {EARLY, ISSUER}, 2},
    {"plain", {PLAIN, ISSUER}, 2},
    {"nobody", {NOBODY, ISSUER_2}, 2},
    {"single", {SINGLE, ISSUER}, 2},
    {"wild", {WILD, ISSUER_2}, 2},
    {"starred", {STARRED, ISSUER_2}, 2},
    {"commonname", {COMMON_NAME, ISSUER_2}, 2},
    {"outside", {OUTSIDE, LIMITED, ROOT}, 3},
    {"inside", {INSIDE, LIMITED, ROOT}, 3},
    {"outsideplain", {OUTSIDE_PLAIN, LIMITED, ROOT}, 3},
    {"outsidebelow", {OUTSIDE_BELOW, BELOW_LIMITED, LIMITED, ROOT}, 4},
    {"frommail", {FROM_MAIL, MAIL, ROOT}, 3},
    {"frombelowmail", {FROM_BELOW_MAIL, BELOW_MAIL, MAIL, ROOT}, 4},
    {"fromweb", {FROM_WEB, WEB, ROOT}, 3},
    {"fromodd", {FROM_ODD, ODD, ROOT}, 3},
    {"frombelowodd", {FROM_BELOW_ODD, BELOW_ODD, ODD, ROOT}, 4},
    {"odditself", {ODD_ITSELF, ISSUER}, 2},
    {"keyid", {CRITICAL_KEY_ID, ISSUER}, 2},
    {"nocheck", {CRITICAL_NO_CHECK, ISSUER}, 2},
    {"crowded", {CROWDED, ISSUER_2}, 2},
    {"many", {MANY_NAMED, ISSUER_2}, 2},
};

static EVP_PKEY *keys[COUNT];
static X509 *certificates[COUNT];

static FILE *create(const char *kind, const char *name, const char *suffix) {
  char path[128];
  FILE *file;

  snprintf(path, sizeof path, "%s%s%s", kind, name, suffix);
  file = fopen(path, "w");
  if (file == NULL)
    err(2, "%s", path);
  return file;
}

static void extend(X509 *certificate, int nid, const char *value) {
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

  if (extension == NULL || X509_add_ext(certificate, extension, -1) != 1)
    errx(2, "extension %s", value);
  X509_EXTENSION_free(extension);
}

static void extend_oddly(X509 *certificate, const struct subject *subject) {
  X509_EXTENSION *extension = X509V3_EXT_nconf(NULL, NULL, subject->odd, subject->odd_value);

  if (extension == NULL || X509_add_ext(certificate, extension, -1) != 1)
    errx(2, "odd extension");
  X509_EXTENSION_free(extension);
}

/* Short names, so that the certificate stays below the size that a client accepts. */
static void extend_crowd(X509 *certificate, size_t count) {
  char *names = malloc(count * sizeof "DNS:abcd,"), *end = names;

  if (names == NULL)
    errx(2, "out of memory");
  for (size_t i = 0; i < count; i++)
    end += sprintf(end, "%sDNS:%04x", i > 0 ? "," : "", (unsigned)i);
  extend(certificate, NID_subject_alt_name, names);
  free(names);
}

static void extend_names(X509 *certificate, const char *names) {
  if (names == CROWD)
    extend_crowd(certificate, 10001);
  else if (names == MANY)
    extend_crowd(certificate, 257);
  else if (names == NULL)
    extend(certificate, NID_subject_alt_name, NAMES);
  else if (*names != '\0')
    extend(certificate, NID_subject_alt_name, names);
}

static X509_NAME *name_of(const char *common_name) {
  X509_NAME *name = X509_NAME_new();

  if (name == NULL || X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name,
                                                 -1, -1, 0) != 1)
    errx(2, "name %s", common_name);
  return name;
}

/* Without key identifiers, which would keep OpenSSL from following a forged link. */
static void issue(enum id id) {
  const struct subject *subject = &subjects[id];
  X509 *certificate = X509_new();
  X509_NAME *name = name_of(subject->common_name);
  X509_NAME *issuer = name_of(subjects[subject->named_issuer].common_name);

  if (certificate == NULL)
    errx(2, "out of memory");
  keys[id] = EVP_EC_gen("P-256");
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)id + 1);
  bool usual = subject->begins == 0 && subject->ends == 0;
  X509_gmtime_adj(X509_getm_notBefore(certificate), 86400L * (usual ? -2 : subject->begins));
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * (usual ? 30 : subject->ends));
  X509_set_subject_name(certificate, name);
  X509_set_issuer_name(certificate, issuer);
  X509_set_pubkey(certificate, keys[id]);
  extend(certificate, NID_basic_constraints, subject->constraints);
  extend_names(certificate, subject->names);
  if (subject->usage != NULL)
    extend(certificate, NID_ext_key_usage, subject->usage);
  if (subject->limits != NULL)
    extend(certificate, NID_name_constraints, subject->limits);
  if (subject->odd != NULL)
    extend_oddly(certificate, subject);
  if (X509_sign(certificate, keys[subject->signer], EVP_sha256()) <= 0)
    errx(2, "signature of %s", subject->file);
  X509_NAME_free(name);
  X509_NAME_free(issuer);
  certificates[id] = certificate;
}

/* Changes a bit in the signature's last byte, so that everything can still be parsed. */
static void damage(enum id id) {
  unsigned char *der = NULL;
  int length = i2d_X509(certificates[id], &der);
  const unsigned char *cursor = der;

  if (length <= 0)
    errx(2, "encoding");
  der[length - 1] ^= 1;
  X509_free(certificates[id]);
  certificates[id] = d2i_X509(NULL, &cursor, length);
  OPENSSL_free(der);
}

static void write_key(enum id id) {
  FILE *file = create("key-", subjects[id].file, ".pem");

  PEM_write_PrivateKey(file, keys[id], NULL, NULL, 0, NULL, NULL);
  fclose(file);
  file = create("cert-", subjects[id].file, ".pem");
  PEM_write_X509(file, certificates[id]);
  fclose(file);
}

static void write_chains(void) {
  for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
    FILE *file = create("chain-", chains[i].file, ".pem");

    for (int j = 0; j < chains[i].count; j++)
      PEM_write_X509(file, certificates[chains[i].certificates[j]]);
    fclose(file);
  }
}

static const char *digest_of(unsigned char *der, int length) {
  static char text[2][64];
  static int turn;
  unsigned char digest[32];
  char *pin = text[turn++ % 2];

  if (length <= 0 || EVP_Digest(der, (size_t)length, digest, NULL, EVP_sha256(), NULL) != 1)
    errx(2, "digest");
  OPENSSL_free(der);
  strcpy(pin, "sha256/");
  EVP_EncodeBlock((unsigned char *)pin + strlen(pin), digest, sizeof digest);
  return pin;
}

static const char *pin_of(enum id id) {
  unsigned char *der = NULL;
  int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificates[id]), &der);

  return digest_of(der, length);
}

static const char *fingerprint_of(enum id id) {
  unsigned char *der = NULL;
  int length = i2d_X509(certificates[id], &der);

  return digest_of(der, length);
}

static void write_entry(FILE *file, const char *name, enum id id, bool last) {
  fprintf(file, "  { name = \"%s\"; pins = [ \"%s\" ]; }%s\n", name, pin_of(id), last ? "" : ",");
}

/* leaf, issuer: the pinned keys; another policy for the same names pins others. settings: text before the
   hosts. */
static void write_policy_with(const char *policy, const char *settings, enum id leaf, enum id issuer) {
  FILE *file = create("policy-", policy, ".cfg");

  fprintf(file, "version = 1;\n%s\nhosts = (\n", settings);
  write_entry(file, "pinned.test.example", leaf, false);
  write_entry(file, "ca.test.example", issuer, false);
  write_entry(file, "pathlen.test.example", SHORT, false);
  write_entry(file, "*.wild.test.example", leaf, false);
  write_entry(file, "both.test.example", issuer, false);
  write_entry(file, "127.0.0.1", leaf, true);
  fprintf(file, ");\n");
  fclose(file);
}

static void write_policy(const char *policy, enum id leaf, enum id issuer) {
  write_policy_with(policy, "", leaf, issuer);
}

/* The same pins, with a list of keys that holds for all hosts. */
static void write_policy_listing(const char *policy, const char *list, enum id listed, const char *more,
                                 enum id leaf) {
  char settings[256];

  snprintf(settings, sizeof settings, "%s = [ \"%s\" ];%s", list, pin_of(listed), more);
  write_policy_with(policy, settings, leaf, ISSUER);
}

/* Like "good", with one more name, which only libidn2 can read. */
static void write_unicode_policy(void) {
  FILE *file = create("policy-", "unicode", ".cfg");

  fprintf(file, "version = 1;\nhosts = (\n");
  write_entry(file, "pinned.test.example", GOOD, false);
  write_entry(file, "127.0.0.1", GOOD, false);
  write_entry(file, "b\303\274cher.test.example", GOOD, true);
  fprintf(file, ");\n");
  fclose(file);
}

static void write_list(FILE *file, const char *name, const char *list, const char *digest, bool last) {
  fprintf(file, "  { name = \"%s\"; %s = [ \"%s\" ]; }%s\n", name, list, digest, last ? "" : ",");
}

/* Names a CA in every possible way. */
static void write_issuer_policy(const char *policy, const char *settings) {
  FILE *file = create("policy-", policy, ".cfg");

  fprintf(file, "version = 1;\n%s\nexempt_anchors = [ \"%s\" ];\nhosts = (\n", settings, pin_of(ROOT_2));
  write_list(file, "ca.test.example", "pins", pin_of(ISSUER), false);
  write_list(file, "backup.test.example", "backup_pins", pin_of(ISSUER), false);
  write_list(file, "print.test.example", "fingerprints", fingerprint_of(ISSUER), false);
  write_list(file, "issued.test.example", "intermediates", pin_of(ISSUER), false);
  write_list(file, "anchor.test.example", "anchors", pin_of(ROOT), false);
  write_list(file, "inside.test.example", "anchors", pin_of(ROOT), false);
  write_list(file, "both.test.example", "pins", pin_of(LIMITED), false);
  write_list(file, "pathlen.test.example", "pins", pin_of(OUTSIDE), false);
  write_list(file, "part.test.example", "pins", pin_of(MAIL), false);
  write_list(file, "pinned.test.example", "pins", pin_of(FROM_MAIL), false);
  write_list(file, "depth.test.example", "pins", pin_of(BELOW_MAIL), false);
  write_list(file, "odd.test.example", "pins", pin_of(BELOW_ODD), false);
  write_list(file, "*.wild.test.example", "pins", pin_of(ISSUER), false);
  write_list(file, "127.0.0.1", "pins", pin_of(ISSUER), false);
  fprintf(file, "  { name = \"below.test.example\"; include_subdomains = true; pins = [ \"%s\" ]; },\n",
          pin_of(ISSUER));
  write_list(file, "elsewhere.test.example", "pins", pin_of(ELSEWHERE), false);
  write_list(file, "exempt.test.example", "pins", pin_of(GOOD), true);
  fprintf(file, ");\n");
  fclose(file);
}

/* Only one host. */
static void write_host_policy(const char *policy, const char *host) {
  FILE *file = create("policy-", policy, ".cfg");

  fprintf(file, "version = 1;\nhosts = (\n");
  write_entry(file, host, GOOD, true);
  fprintf(file, ");\n");
  fclose(file);
}

/* A host with an entry by its address, behind a proxy with another key. */
static void write_proxied_policy(void) {
  FILE *file = create("policy-", "proxied", ".cfg");

  fprintf(file, "version = 1;\nhosts = (\n");
  write_entry(file, "localhost", GOOD, false);
  write_entry(file, "127.0.0.1", BAD, true);
  fprintf(file, ");\n");
  fclose(file);
}

/* Entries by name only, two of them for one name with different ports. */
static void write_names_policy(void) {
  FILE *file = create("policy-", "names", ".cfg");

  fprintf(file, "version = 1;\ncertificate_names = \"ignore\";\nhosts = (\n");
  fprintf(file, "  { name = \"localhost\"; ports = [ 1 ]; pins = [ \"%s\" ]; },\n", pin_of(BAD));
  fprintf(file, "  { name = \"localhost\"; ports = [ 2 ]; pins = [ \"%s\" ]; },\n", pin_of(NOBODY));
  write_entry(file, "pinned.test.example", GOOD, true);
  fprintf(file, ");\n");
  fclose(file);
}

/* Entries with ports, and many mistakes. */
static void write_broken_policy(void) {
  FILE *file = create("policy-", "broken", ".cfg");

  fprintf(file, "version = 1;\nhosts = (\n");
  for (int i = 0; i < 20; i++)
    fprintf(file, "  { name = \"%d.test.example\"; ports = [ 1, 2, 2 ]; pins = [ \"sha256/%d\" ]; },\n", i,
            i);
  write_entry(file, "pinned.test.example", GOOD, true);
  fprintf(file, ");\n");
  fclose(file);
}

static void write_line_policy(const char *policy, const char *settings) {
  FILE *file = create("policy-", policy, ".cfg");

  fprintf(file, "version = 1;\n%s\n", settings);
  fclose(file);
}

int main(int argc, char **argv) {
  if (argc != 2 || chdir(argv[1]) != 0)
    errx(2, "usage: paths-pki FOLDER");
  for (int id = 0; id < COUNT; id++)
    issue((enum id)id);
  damage(DAMAGED);
  for (int id = 0; id < COUNT; id++)
    write_key((enum id)id);
  write_chains();
  write_policy("good", GOOD, ISSUER);
  write_policy("same", GOOD, ISSUER_2);
  write_policy("changed", BAD, ISSUER_2);
  write_policy("issuers", ISSUER, ISSUER);
  write_policy("single", SINGLE, ISSUER);
  write_policy_with("audited", "mode = \"audit\";", BAD, ISSUER_2);
  write_policy_listing("blocked", "blocked_keys", ISSUER, "", GOOD);
  write_policy_listing("blocked-other", "blocked_keys", ISSUER_2, "", GOOD);
  write_policy_listing("blocked-ignoring", "blocked_keys", ISSUER_2, " certificate_names = \"ignore\";",
                       GOOD);
  write_policy_listing("blocked-audited", "blocked_keys", ISSUER, " mode = \"audit\";", GOOD);
  write_policy_listing("exempt", "exempt_anchors", ROOT, "", BAD);
  write_policy_listing("exempt-ignoring", "exempt_anchors", ISSUER, " certificate_names = \"ignore\";", BAD);
  write_policy_listing("exempt-issuer", "exempt_anchors", ISSUER, "", BAD);
  write_unicode_policy();
  write_issuer_policy("issuer", "");
  write_issuer_policy("issuer-ignoring", "certificate_names = \"ignore\";");
  /* The only name that every machine resolves to the loopback, without its address. */
  write_host_policy("resolved", "localhost");
  /* An address of the loopback to which that name does not resolve. */
  write_host_policy("aside", "127.0.0.2");
  write_proxied_policy();
  write_policy_with("ignoring", "certificate_names = \"ignore\";", GOOD, ISSUER);
  write_names_policy();
  write_policy_with("unlisted", "unlisted = \"refuse\";", GOOD, ISSUER);
  write_policy_with("unlisted-audited", "unlisted = \"refuse\"; mode = \"audit\";", GOOD, ISSUER);
  write_policy_with("observed", "unlisted = \"observe\";", GOOD, ISSUER);
  write_line_policy("unlisted-off",
                    "unlisted = \"refuse\"; hosts = ( { name = \"other.test.example\"; mode = "
                    "\"off\"; } );");
  write_line_policy("unlisted-nobody", "unlisted = \"refuse\";");
  write_broken_policy();
  write_line_policy("nothing", "hosts = ( { name = \"unrelated.test.example\"; mode = \"off\"; } );");
  return 0;
}
