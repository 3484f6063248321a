/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* TLSA records (RFC 6698) as a zone file has them (RFC 1035, 5.1). */
#include <string.h>

#include <openssl/evp.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/formats.h"
#include "formats/zone_text.h"
#include "keys/key_decode.h"

enum usage { USAGE_CA = 0, USAGE_SERVER = 1, USAGE_ANCHOR = 2, USAGE_DOMAIN = 3 };
enum selector { SELECTOR_CERTIFICATE = 0, SELECTOR_KEY = 1 };
enum matching { MATCHING_WHOLE = 0, MATCHING_SHA256 = 1, MATCHING_SHA512 = 2 };

struct tlsa {
  unsigned usage, selector, matching;
  unsigned char *data;
  long length;
};

/* "_443._tcp.NAME" or "*._tcp.NAME": cut into the port (0: every port) and the name. */
static bool read_owner(struct conversion *conversion, const struct zone_record *record, struct draft *draft) {
  const char *owner = record->owner;
  const char *protocol = strchr(owner, '.');
  const char *name = protocol == NULL ? NULL : strchr(protocol + 1, '.');
  AUTO_TEXT port = protocol == NULL ? must_copy("") : must_copy_bytes(owner, (size_t)(protocol - owner));
  bool every_port = strcmp(port, "*") == 0;
  bool good = name != NULL && protocol[1] == '_' && name[1] != '\0' &&
              (every_port || (port[0] == '_' && port_read(port + 1, &draft->port)));
  if (!good)
    convert_error(conversion, conversion->path, record->line, "\"%s\": expected _PORT._tcp.NAME", owner);
  else if (strncasecmp(protocol, "._tcp.", 6) != 0)
    convert_note(conversion, conversion->path, record->line, "\"%s\": a policy does not tell protocols apart",
                 owner);
  draft->name = good ? name + 1 : NULL;
  draft->line = record->line;
  return good;
}

static bool read_number(const char *text, unsigned *ret_number) {
  if (strlen(text) != 1 || *text < '0' || *text > '9')
    return false;
  *ret_number = (unsigned)(*text - '0');
  return true;
}

/* USAGE SELECTOR MATCHING HEX..., the last cut into words as anybody likes. */
static bool read_data(const struct zone_record *record, struct tlsa *ret_tlsa) {
  *ret_tlsa = (struct tlsa){0};
  if (record->data_count < 4 || !read_number(record->data[0], &ret_tlsa->usage) ||
      !read_number(record->data[1], &ret_tlsa->selector) ||
      !read_number(record->data[2], &ret_tlsa->matching) || ret_tlsa->usage > USAGE_DOMAIN ||
      ret_tlsa->selector > SELECTOR_KEY || ret_tlsa->matching > MATCHING_SHA512)
    return false;
  size_t length = 0;
  for (size_t i = 3; i < record->data_count; i++)
    length += strlen(record->data[i]);
  AUTO_TEXT digits = must_alloc(length + 1, 1);
  char *to = digits;
  for (size_t i = 3; i < record->data_count; i++)
    to = stpcpy(to, record->data[i]);
  ret_tlsa->data = OPENSSL_hexstr2buf(digits, &ret_tlsa->length);
  /* That function also takes colons. */
  return ret_tlsa->data != NULL && (size_t)ret_tlsa->length * 2 == length;
}

static bool hash_certificate(const struct tlsa *tlsa, struct pin_digest *ret_digest) {
  X509 *certificate = certificate_from_der(tlsa->data, tlsa->length);
  bool good = certificate != NULL && X509_digest(certificate, EVP_sha256(), ret_digest->bytes, NULL) == 1;
  X509_free(certificate);
  return good;
}

/* The digest that it stands for; false: the data is none of what it says it is. */
static bool digest_of(const struct tlsa *tlsa, struct pin_digest *ret_digest) {
  if (tlsa->matching == MATCHING_SHA256) {
    if (tlsa->length != (long)sizeof ret_digest->bytes)
      return false;
    memcpy(ret_digest->bytes, tlsa->data, sizeof ret_digest->bytes);
    return true;
  }
  if (tlsa->selector == SELECTOR_CERTIFICATE)
    return hash_certificate(tlsa, ret_digest);
  struct object object = {0};
  bool good = object_from_public_der(tlsa->data, tlsa->length, &object);
  *ret_digest = object.key;
  object_clear(&object);
  return good;
}

/* A CA's key counts only in a CA, whichever of the two usages names it: both may mean an intermediate. */
static enum pin_list list_of(const struct tlsa *tlsa) {
  if (tlsa->selector == SELECTOR_CERTIFICATE)
    return PIN_LIST_FINGERPRINTS;
  return tlsa->usage == USAGE_SERVER || tlsa->usage == USAGE_DOMAIN ? PIN_LIST_PINS : PIN_LIST_INTERMEDIATES;
}

static void read_record(struct conversion *conversion, const struct zone_record *record) {
  struct draft draft = DRAFT_AT(NULL, record->line);
  struct tlsa tlsa;
  struct pin_digest digest = {{0}};
  bool read = read_data(record, &tlsa);
  if (!read)
    convert_error(
        conversion, conversion->path, record->line,
        "expected TLSA with a usage from 0 to 3, a selector 0 or 1, a matching type from 0 to 2, and "
        "hexadecimal digits");
  else if (tlsa.matching != MATCHING_SHA512 && !digest_of(&tlsa, &digest))
    convert_error(conversion, conversion->path, record->line,
                  "the data is not what selector %u and matching type %u say", tlsa.selector, tlsa.matching);
  else if (read_owner(conversion, record, &draft) && tlsa.matching == MATCHING_SHA512)
    convert_loss(conversion, conversion->path, record->line, "\"%s\": a SHA-512 digest; left out",
                 draft.name);
  else if (draft.name != NULL) {
    draft_take(&draft, list_of(&tlsa), &digest);
    conversion_add(conversion, &draft);
  }
  OPENSSL_free(tlsa.data);
  draft_clear(&draft);
}

static void read_tlsa(struct conversion *conversion) {
  struct zone_text zone;
  struct zone_record record;
  zone_text_open(conversion, &zone);
  while (zone_text_next(&zone, &record))
    if (strcasecmp(record.type, "TLSA") == 0)
      read_record(conversion, &record);
  zone_text_close(&zone);
}

static void write_list(FILE *out, const char *owner, const struct pin_digest_list *list, const char *head) {
  for (uint32_t i = 0; i < list->count; i++) {
    fprintf(out, "%s IN TLSA %s ", owner, head);
    for (size_t j = 0; j < sizeof list->digests[i].bytes; j++)
      fprintf(out, "%02x", list->digests[i].bytes[j]);
    fputc('\n', out);
  }
}

static void write_records(FILE *out, const char *owner, const struct pin_entry *entry) {
  write_list(out, owner, &entry->lists[PIN_LIST_PINS], "3 1 1");
  write_list(out, owner, &entry->lists[PIN_LIST_FINGERPRINTS], "3 0 1");
  write_list(out, owner, &entry->lists[PIN_LIST_INTERMEDIATES], "2 1 1");
}

static void write_tlsa(struct conversion *conversion) {
  for (size_t i = 0; i < conversion->count; i++) {
    const struct pin_entry *entry = &conversion->items[i].entry;
    for (uint32_t port = 0; port < entry->port_count; port++) {
      AUTO_TEXT owner = must_format("_%u._tcp.%s.", (unsigned)entry->ports[port], entry->name);
      write_records(conversion->out, owner, entry);
    }
    if (entry->port_count > 0)
      continue;
    AUTO_TEXT owner = must_format("*._tcp.%s.", entry->name);
    write_records(conversion->out, owner, entry);
  }
}

const struct format format_tlsa = {
    .name = "tlsa",
    .title = "TLSA records in a zone file (RFC 6698)",
    .mark = "TLSA\n._",
    .holds = HOLDS_HOSTS | HOLDS_PORTS | HOLDS_EVERY_PORT | HOLDS_CA_KEYS | HOLDS_ROLES | HOLDS_FINGERPRINTS,
    .least_pins = 1,
    .adds_up = true,
    .read = read_tlsa,
    .write = write_tlsa,
};
