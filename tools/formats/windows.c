/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads and writes pin rules of Windows for "certutil -generatePinRulesCTL". They hold certificates, not
 * digests. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "formats/formats.h"
#include "formats/words.h"
#include "formats/xml.h"
#include "keys/key_decode.h"

#define NO_CERTIFICATE "expected a certificate in PEM or DER, or a .p7b; left out"

static void take_objects(const struct objects *objects, struct draft *draft) {
  for (size_t i = 0; i < objects->count; i++)
    draft_take(draft, PIN_LIST_PINS, &objects->items[i].key);
}

/*
 * Returns the path of a file below the folder of the rules, for free(3). Returns NULL for any other path:
 * the rules may come from somebody else.
 */
static char *path_below(const struct conversion *conversion, const char *name) {
  AUTO_TEXT unix_name = must_copy(name);
  for (char *at = unix_name; *at != '\0'; at++)
    *at = *at == '\\' ? '/' : *at;
  AUTO_TEXT surrounded = must_format("/%s/", unix_name);
  if (*unix_name == '/' || strstr(surrounded, "/../") != NULL || strchr(unix_name, ':') != NULL)
    return NULL;
  AUTO_TEXT directory = path_directory(conversion->path);
  return must_format("%s/%s", directory, unix_name);
}

/* Takes the key of a certificate, and frees the certificate. Returns false for NULL. */
static bool take_certificate(X509 *certificate, struct draft *draft) {
  struct object object = {0};
  bool good = certificate != NULL && object_from_certificate(certificate, &object);
  if (good)
    draft_take(draft, PIN_LIST_PINS, &object.key);
  object_clear(&object);
  return good;
}

/* Reads the certificates of a PKCS #7 file (RFC 2315) in DER or PEM. */
static bool read_pkcs7(const char *path, struct draft *draft) {
  BIO *file = BIO_new_file(path, "rb");
  PKCS7 *pkcs7 = file == NULL ? NULL : d2i_PKCS7_bio(file, NULL);
  if (file != NULL && pkcs7 == NULL && BIO_reset(file) == 0)
    pkcs7 = PEM_read_bio_PKCS7(file, NULL, NULL, NULL);
  const STACK_OF(X509) *certificates =
      pkcs7 != NULL && PKCS7_type_is_signed(pkcs7) ? pkcs7->d.sign->cert : NULL;
  int count = certificates == NULL ? 0 : sk_X509_num(certificates);
  bool good = count > 0;
  for (int i = 0; i < count; i++) {
    X509 *certificate = sk_X509_value(certificates, i);
    X509_up_ref(certificate);
    good = take_certificate(certificate, draft) && good;
  }
  PKCS7_free(pkcs7);
  BIO_free(file);
  return good;
}

static bool read_file(const char *path, struct draft *draft) {
  struct objects objects;
  struct stat status;
  if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
    return false;
  bool is_pkcs7 = ends_in(path, ".p7b") || ends_in(path, ".p7c") || ends_in(path, ".spc");
  if (is_pkcs7 && read_pkcs7(path, draft))
    return true;
  if (!objects_read(path, &objects))
    return false;
  take_objects(&objects, draft);
  objects_clear(&objects);
  return true;
}

/* A file that cannot be read keeps none of the others out. */
static bool read_folder(struct conversion *conversion, const char *path, unsigned line, struct draft *draft) {
  struct dirent **names = NULL;
  int count = scandir(path, &names, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    AUTO_TEXT file = must_format("%s/%s", path, names[i]->d_name);
    if (names[i]->d_name[0] != '.' && !read_file(file, draft))
      convert_loss(conversion, line, "%s: %s", file, NO_CERTIFICATE);
    free(names[i]);
  }
  free(names);
  return count >= 0;
}

static bool read_base64(const char *text, struct draft *draft) {
  unsigned char *der = must_alloc(strlen(text) + 3, 1);
  EVP_ENCODE_CTX *decoder = EVP_ENCODE_CTX_new();
  int length = 0;
  int rest = 0;
  EVP_DecodeInit(decoder);
  bool good = EVP_DecodeUpdate(decoder, der, &length, (const unsigned char *)text, (int)strlen(text)) >= 0 &&
              EVP_DecodeFinal(decoder, der + length, &rest) == 1;
  EVP_ENCODE_CTX_free(decoder);
  X509 *certificate = good ? certificate_from_der(der, (long)length + rest) : NULL;
  free(der);
  return take_certificate(certificate, draft);
}

static bool read_certificate_of(struct conversion *conversion, xmlNode *node, struct draft *draft) {
  AUTO_TEXT base64 = xml_attribute(node, "Base64");
  if (base64 != NULL)
    return read_base64(base64, draft);
  AUTO_TEXT file = xml_attribute(node, "File");
  AUTO_TEXT directory = xml_attribute(node, "Directory");
  const char *name = file != NULL ? file : directory;
  AUTO_TEXT path = name == NULL ? NULL : path_below(conversion, name);
  if (path == NULL)
    return false;
  return file != NULL ? read_file(path, draft) : read_folder(conversion, path, xml_line(node), draft);
}

/* certutil also leaves out a certificate whose EndDate has passed. */
static void read_certificate(struct conversion *conversion, xmlNode *node, struct draft *draft) {
  xml_name_attributes(conversion, node, "File Directory Base64 EndDate", "certutil");
  AUTO_TEXT end = xml_attribute(node, "EndDate");
  int64_t seconds = 0;
  if (end != NULL && !date_time_read(end, &seconds)) {
    convert_loss(conversion, xml_line(node), "EndDate=\"%s\": expected YYYY-MM-DDThh:mm:ssZ", end);
    return;
  }
  if (end != NULL && seconds < conversion->now) {
    convert_note(conversion, xml_line(node), "the EndDate of a certificate has passed; left out");
    return;
  }
  if (end != NULL)
    convert_loss(conversion, xml_line(node), "a certificate's EndDate; left out");
  AUTO_TEXT file = xml_attribute(node, "File");
  if (file != NULL && ends_in(file, ".sst"))
    convert_loss(
        conversion, xml_line(node),
        "%s is a store of Windows, which is not read; left out (certutil -split -dump takes the certificates "
        "out)",
        file);
  else if (!read_certificate_of(conversion, node, draft))
    convert_loss(conversion, xml_line(node),
                 "File or Directory below the folder of the rules, or Base64: " NO_CERTIFICATE);
}

/* A leading dot or "*." stands for one label; with AllSubdomains for all names below. */
static void read_site(struct conversion *conversion, xmlNode *node, const struct draft *rule) {
  xml_name_attributes(conversion, node, "Domain AllSubdomains", "certutil");
  AUTO_TEXT domain = xml_attribute(node, "Domain");
  if (domain == NULL) {
    convert_loss(conversion, xml_line(node), "expected Domain=\"NAME\"");
    return;
  }
  const char *name = *domain == '*' ? domain + 1 : domain;
  bool is_wildcard = *name == '.';
  bool all = xml_boolean(conversion, node, "AllSubdomains", false);
  AUTO_TEXT wildcard = must_format("*%s", name);
  struct draft draft = *rule;
  draft.line = xml_line(node);
  draft.below_only = is_wildcard && all;
  draft.name = !is_wildcard ? name : (all ? name + 1 : wildcard);
  if (all && !is_wildcard)
    convert_note(conversion, draft.line,
                 "\"%s\": AllSubdomains has no effect without a leading dot; left out", name);
  conversion_add(conversion, &draft);
}

/* Reports elements that certutil's schema does not have there. */
static void report_others(struct conversion *conversion, xmlNode *parent, const char *const names[2]) {
  for (xmlNode *at = parent->children; at != NULL; at = at->next)
    if (at->type == XML_ELEMENT_NODE && !xml_is(at, names[0]) && !xml_is(at, names[1]))
      convert_loss(conversion, xml_line(at), "<%s>: expected <%s>; left out", (const char *)at->name,
                   names[0]);
}

static void read_rule(struct conversion *conversion, xmlNode *node, int64_t expires) {
  AUTO_DRAFT rule = DRAFT_AT(NULL, xml_line(node));
  report_others(conversion, node, (const char *const[]){"Certificate", "Site"});
  xml_name_attributes(conversion, node, "Name Error Log", "certutil");
  AUTO_TEXT error = xml_attribute(node, "Error");
  rule.expires = expires;
  bool refuses = error == NULL || is_one_of(error, "Revoked InvalidName");
  if (!refuses)
    rule.mode = PIN_MODE_AUDIT;
  if (!refuses && strcmp(error, "None") != 0)
    convert_loss(conversion, rule.line,
                 "Error=\"%s\": expected Revoked, InvalidName or None; the entries only log", error);
  for (xmlNode *at = xml_next(node->children, "Certificate"); at != NULL;
       at = xml_next(at->next, "Certificate"))
    read_certificate(conversion, at, &rule);
  for (xmlNode *at = xml_next(node->children, "Site"); at != NULL; at = xml_next(at->next, "Site"))
    read_site(conversion, at, &rule);
  if (xml_next(node->children, "Site") == NULL)
    convert_loss(conversion, rule.line, "a PinRule without a Site; left out");
}

/* NextUpdate is the first second in which the rules no longer hold. */
static int64_t read_next_update(struct conversion *conversion, xmlNode *root) {
  AUTO_TEXT next = xml_attribute(root, "NextUpdate");
  AUTO_TEXT duration = xml_attribute(root, "Duration");
  int64_t seconds = 0;
  if (next == NULL && duration != NULL)
    convert_note(conversion, xml_line(root),
                 "Duration begins when the list is made on Windows; the entries never expire");
  if (next == NULL)
    return PIN_NEVER;
  if (date_time_read(next, &seconds))
    return seconds - 1;
  convert_loss(conversion, xml_line(root),
               "NextUpdate=\"%s\": expected YYYY-MM-DDThh:mm:ssZ; the entries never expire", next);
  return PIN_NEVER;
}

static void read_windows(struct conversion *conversion) {
  xmlDoc *document;
  xmlNode *root = xml_read(conversion, "PinRules", &document);
  if (root != NULL) {
    xml_name_attributes(conversion, root, "NextUpdate Duration LogDuration LogEndDate ListIdentifier",
                        "certutil");
    int64_t expires = read_next_update(conversion, root);
    report_others(conversion, root, (const char *const[]){"PinRule", "PinRule"});
    for (xmlNode *node = xml_next(root->children, "PinRule"); node != NULL;
         node = xml_next(node->next, "PinRule"))
      read_rule(conversion, node, expires);
  }
  xmlFreeDoc(document);
}

static void write_certificate(struct xml_output *output, const struct conversion *conversion,
                              const struct pin_digest *digest) {
  for (size_t i = 0; i < conversion->certificates->count; i++) {
    const struct object *object = &conversion->certificates->items[i];
    if (object->certificate == NULL || memcmp(&object->key, digest, sizeof *digest) != 0)
      continue;
    unsigned char *der = NULL;
    int length = i2d_X509(object->certificate, &der);
    if (length <= 0)
      return;
    unsigned char *text = must_alloc((size_t)length * 2 + 4, 1);
    EVP_EncodeBlock(text, der, length);
    OPENSSL_free(der);
    xml_start(output, "Certificate");
    xml_put_attribute(output, "Base64", (const char *)text);
    xml_end(output);
    free(text);
    return;
  }
}

static void write_site(struct xml_output *output, const char *domain, bool all) {
  xml_start(output, "Site");
  xml_put_attribute(output, "Domain", domain);
  if (all)
    xml_put_attribute(output, "AllSubdomains", "true");
  xml_end(output);
}

static void write_rule(struct xml_output *output, const struct conversion *conversion,
                       const struct pin_entry *entry) {
  bool is_wildcard = entry->kind == PIN_NAME_WILDCARD;
  xml_start(output, "PinRule");
  xml_put_attribute(output, "Name", entry->name);
  xml_put_attribute(output, "Error", entry->mode == PIN_MODE_AUDIT ? "None" : "InvalidName");
  xml_put_attribute(output, "Log", "true");
  for (uint32_t i = 0; i < entry->lists[PIN_LIST_PINS].count; i++)
    write_certificate(output, conversion, &entry->lists[PIN_LIST_PINS].digests[i]);
  write_site(output, is_wildcard ? entry->name + 1 : entry->name, false);
  if (entry->include_subdomains) {
    AUTO_TEXT below = must_format(".%s", entry->name);
    write_site(output, below, true);
  }
  xml_end(output);
}

static void write_windows(struct conversion *conversion) {
  struct xml_output output;
  int64_t expires = conversion->count == 0 ? PIN_NEVER : conversion->items[0].entry.expires;
  xml_writer_open(conversion, &output);
  xml_start(&output, "PinRules");
  xml_put_attribute(&output, "ListIdentifier", "pinctl");
  if (expires == PIN_NEVER) {
    xml_put_attribute(&output, "Duration", "P28D");
    convert_note(conversion, 0, "the list is to be made anew on Windows within 28 days (Duration)");
  } else {
    AUTO_TEXT next = timestamp_utc(expires + 1);
    xml_put_attribute(&output, "NextUpdate", next);
  }
  for (size_t i = 0; i < conversion->count; i++)
    write_rule(&output, conversion, &conversion->items[i].entry);
  xml_end(&output);
  xml_writer_close(&output);
}

const struct format format_windows = {
    .name = "windows",
    .title = "Windows pin rules (XML for certutil)",
    .mark = "<PinRules",
    .holds = HOLDS_HOSTS | HOLDS_SUBDOMAINS | HOLDS_WILDCARDS | HOLDS_EVERY_PORT | HOLDS_ONE_EXPIRY |
             HOLDS_AUDIT | HOLDS_CA_KEYS,
    .least_pins = 1,
    .shows_certificates = true,
    .read = read_windows,
    .write = write_windows,
};
