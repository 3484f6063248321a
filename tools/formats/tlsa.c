/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads and writes TLSA records (RFC 6698) in zone files (RFC 1035, 5.1). */
#include <string.h>

#include <openssl/evp.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/formats.h"
#include "formats/words.h"
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

/* Words for the numbers of the three fields (RFC 6698, 2.1; RFC 7218, 2). */
static const char *const usages[] = {"PKIX-TA", "PKIX-EE", "DANE-TA", "DANE-EE"};
static const char *const selectors[] = {"Cert", "SPKI"};
static const char *const matchings[] = {"Full", "SHA2-256", "SHA2-512"};

static bool read_field(const char *text, const char *const *words, unsigned count, unsigned *ret_number) {
  const char *digit = text + strspn(text, "0");
  digit -= digit > text && *digit == '\0' ? 1 : 0;
  for (*ret_number = 0; *ret_number < count; ++*ret_number)
    if (strcasecmp(text, words[*ret_number]) == 0 ||
        (digit[0] == (char)('0' + *ret_number) && digit[1] == '\0'))
      return true;
  return false;
}

/* Joins and decodes hexadecimal digits, divided into words anywhere. NULL: they are not hexadecimal
 * digits. For OPENSSL_free. */
static unsigned char *read_hex(char *const *words, size_t count, long *ret_length) {
  size_t length = 0;
  for (size_t i = 0; i < count; i++)
    length += strlen(words[i]);
  AUTO_TEXT digits = must_alloc(length + 1, 1);
  char *to = digits;
  for (size_t i = 0; i < count; i++)
    to = stpcpy(to, words[i]);
  unsigned char *data = OPENSSL_hexstr2buf(digits, ret_length);
  /* OPENSSL_hexstr2buf also accepts colons. */
  if (data != NULL && (size_t)*ret_length * 2 == length)
    return data;
  OPENSSL_free(data);
  return NULL;
}

/* Reads USAGE SELECTOR MATCHING HEX..., or \# LENGTH HEX... (RFC 3597, 5), in which the first three bytes
 * are these fields. */
static bool read_data(const struct zone_record *record, struct tlsa *ret_tlsa) {
  char *const *words = record->data;
  *ret_tlsa = (struct tlsa){0};
  bool is_generic = record->data_count > 0 && strcmp(words[0], "\\#") == 0;
  size_t head = is_generic ? 2 : 3;
  if (record->data_count > head)
    ret_tlsa->data = read_hex(words + head, record->data_count - head, &ret_tlsa->length);
  if (ret_tlsa->data == NULL)
    return false;
  if (!is_generic)
    return read_field(words[0], usages, 4, &ret_tlsa->usage) &&
           read_field(words[1], selectors, 2, &ret_tlsa->selector) &&
           read_field(words[2], matchings, 3, &ret_tlsa->matching);
  if (ret_tlsa->length < 4 || strtol(words[1], NULL, 10) != ret_tlsa->length)
    return false;
  ret_tlsa->usage = ret_tlsa->data[0];
  ret_tlsa->selector = ret_tlsa->data[1];
  ret_tlsa->matching = ret_tlsa->data[2];
  ret_tlsa->length -= 3;
  memmove(ret_tlsa->data, ret_tlsa->data + 3, (size_t)ret_tlsa->length);
  return ret_tlsa->usage <= USAGE_DOMAIN && ret_tlsa->selector <= SELECTOR_KEY &&
         ret_tlsa->matching <= MATCHING_SHA512;
}

static bool hash_certificate(const struct tlsa *tlsa, struct pin_digest *ret_digest) {
  X509 *certificate = certificate_from_der(tlsa->data, tlsa->length);
  bool good = certificate != NULL && X509_digest(certificate, EVP_sha256(), ret_digest->bytes, NULL) == 1;
  X509_free(certificate);
  return good;
}

/* Computes the digest of the record. Returns false if the data is not what the fields say. */
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

/* Keys of both usages for CAs become intermediates: either may mean an intermediate. */
static enum pin_list list_of(const struct tlsa *tlsa) {
  if (tlsa->selector == SELECTOR_CERTIFICATE)
    return PIN_LIST_FINGERPRINTS;
  return tlsa->usage == USAGE_SERVER || tlsa->usage == USAGE_DOMAIN ? PIN_LIST_PINS : PIN_LIST_INTERMEDIATES;
}

/* ---- Owners: _443._tcp.NAME, or a name that such an owner is an alias of (RFC 7671, 7) ---- */

/* A record or an alias of the zone. */
struct owned {
  char *owner;
  char *target; /* target of an alias; NULL: this is a record with a digest */
  struct pin_digest digest;
  enum pin_list list;
  unsigned line;
  bool is_relative, is_used;
  bool is_mixed; /* set in the first item of an owner that has an alias beside a record or another alias */
};

struct zone_contents {
  struct owned *items;
  size_t count;
};

static struct owned *contents_add(struct zone_contents *contents, const struct zone_record *record) {
  contents->items = must_room(contents->items, contents->count, sizeof *contents->items);
  struct owned *item = &contents->items[contents->count++];
  *item = (struct owned){
      .owner = must_copy(record->owner), .line = record->line, .is_relative = record->is_relative};
  return item;
}

static void contents_clear(struct zone_contents *contents) {
  for (size_t i = 0; i < contents->count; i++) {
    free(contents->items[i].owner);
    free(contents->items[i].target);
  }
  free(contents->items);
}

/* Whether a name is a host: not an address, which has no records, and not "x.org." with a second dot at
 * its end. */
static bool is_host(const char *name) {
  size_t length = strlen(name);
  return length > 0 && *name != '_' && name[length - 1] != '.' && strchr(name, ':') == NULL &&
         strspn(name, "0123456789.") < length;
}

/* Reads "_443._tcp.NAME" or "*._tcp.NAME" into the port (0: every port) and the name. False: another name. */
static bool read_owner(const char *owner, struct draft *draft) {
  const char *protocol = strchr(owner, '.');
  const char *name = protocol == NULL ? NULL : strchr(protocol + 1, '.');
  AUTO_TEXT port = protocol == NULL ? must_copy("") : must_copy_bytes(owner, (size_t)(protocol - owner));
  bool every_port = strcmp(port, "*") == 0;
  draft->name = name == NULL ? "" : name + 1;
  /* "_25._smtp._tcp.NAME" is something else, and no client asks for "_025" */
  return protocol != NULL && protocol[1] == '_' && is_host(draft->name) &&
         (every_port || (port[0] == '_' && port[1] != '0' && port_read(port + 1, &draft->port)));
}

static int compare_owners(const void *a, const void *b) {
  const struct owned *left = a;
  const struct owned *right = b;
  int order = strcasecmp(left->owner, right->owner);
  return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

/* Returns the first item of an owner. NULL: there is none, or no server loads it. The items are sorted. */
static struct owned *find_owned(const struct zone_contents *contents, const char *name) {
  size_t first = 0, behind = contents->count;
  while (first < behind) {
    size_t middle = first + (behind - first) / 2;
    if (strcasecmp(contents->items[middle].owner, name) < 0)
      first = middle + 1;
    else
      behind = middle;
  }
  bool found = first < contents->count && strcasecmp(contents->items[first].owner, name) == 0;
  return found && !contents->items[first].is_mixed ? &contents->items[first] : NULL;
}

/* The most records that are taken for an alias: more than fit into a DNS message. */
#define MOST_RECORDS 2048

/* Digits of a digest, or of its first word, since dig(1) divides digests. */
#define LEAST_DIGITS 40

/* A longer chain of aliases than resolvers follow. */
#define MOST_ALIASES 16

static void add_entry(struct conversion *conversion, const struct owned *record, const char *owner,
                      unsigned line, bool is_relative) {
  AUTO_DRAFT draft = DRAFT_AT(NULL, line);
  if (!read_owner(owner, &draft))
    return;
  if (strncasecmp(strchr(owner, '.'), "._tcp.", 6) != 0) {
    convert_loss(conversion, line,
                 "\"%s\": a policy does not tell protocols apart, and would ask it of TCP; left out", owner);
  } else if (is_relative && strchr(draft.name, '.') == NULL) {
    convert_loss(conversion, line,
                 "\"%s\" is relative, and no $ORIGIN says to what; left out (--origin NAME)", owner);
  } else {
    if (is_relative)
      convert_note(
          conversion, line,
          "\"%s\" has no dot at its end, and no $ORIGIN says what it is relative to; taken as a whole name "
          "(--origin NAME)",
          owner);
    draft_take(&draft, record->list, &record->digest);
    conversion_add(conversion, &draft);
  }
}

/* Adds entries for the records of a name, or of the names that it is an alias of. */
static void take_owned(struct conversion *conversion, const struct zone_contents *contents,
                       const struct owned *asking) {
  const char *name = asking->owner;
  bool has_records = false;
  for (int i = 0; i < MOST_ALIASES && name != NULL; i++) {
    const char *next = NULL;
    size_t records = 0;
    for (struct owned *at = find_owned(contents, name);
         at != NULL && at < contents->items + contents->count && strcasecmp(at->owner, name) == 0; at++) {
      if (i > 0 && ++records > MOST_RECORDS) {
        convert_loss(conversion, asking->line,
                     "\"%s\" is an alias of a name with more than %d records; the first were taken",
                     asking->owner, MOST_RECORDS);
        break;
      }
      at->is_used = true;
      has_records = has_records || at->target == NULL;
      if (at->target == NULL)
        add_entry(conversion, at, asking->owner, i == 0 ? at->line : asking->line, asking->is_relative);
      else
        next = at->target;
    }
    name = next;
  }
  if (!has_records)
    convert_loss(conversion, asking->line,
                 "\"%s\" is an alias of \"%s\", which leads to no record in this file", asking->owner,
                 asking->target);
}

static bool is_same_target(const struct owned *item, const struct owned *other) {
  return item->target == NULL || other->target == NULL ? item->target == other->target
                                                       : strcasecmp(item->target, other->target) == 0;
}

/* Reports owners that have an alias and something else (RFC 1034, 3.6.2). */
static void report_mixed(struct conversion *conversion, struct zone_contents *contents) {
  struct draft draft = DRAFT_AT(NULL, 0);
  for (size_t i = 0, end; i < contents->count; i = end) {
    struct owned *first = &contents->items[i];
    bool has_record = false;
    for (end = i; end < contents->count && strcasecmp(contents->items[end].owner, first->owner) == 0; end++) {
      has_record = has_record || contents->items[end].target == NULL;
      first->is_mixed = first->is_mixed || !is_same_target(&contents->items[end], first);
    }
    if (first->is_mixed && (has_record || read_owner(first->owner, &draft)))
      convert_loss(conversion, first->line,
                   "\"%s\" has an alias beside something else, which no server loads; left out",
                   first->owner);
    for (size_t j = i; j < end && first->is_mixed; j++)
      contents->items[j].is_used = true;
  }
}

static void take_services(struct conversion *conversion, struct zone_contents *contents) {
  struct draft draft = DRAFT_AT(NULL, 0);
  if (contents->count > 1)
    qsort(contents->items, contents->count, sizeof *contents->items, compare_owners);
  report_mixed(conversion, contents);
  for (size_t i = 0; i < contents->count; i++) {
    const struct owned *item = &contents->items[i];
    bool is_first = i == 0 || strcasecmp(item[-1].owner, item->owner) != 0;
    if (is_first && !item->is_mixed && read_owner(item->owner, &draft))
      take_owned(conversion, contents, item);
  }
  for (size_t i = 0; i < contents->count; i++)
    if (contents->items[i].target == NULL && !contents->items[i].is_used)
      convert_loss(conversion, contents->items[i].line,
                   "\"%s\": expected _PORT._tcp.NAME, and no alias of that form leads here; left out",
                   contents->items[i].owner);
}

static void read_record(struct conversion *conversion, const struct zone_record *record,
                        struct zone_contents *contents) {
  struct tlsa tlsa;
  struct pin_digest digest = {{0}};
  if (!read_data(record, &tlsa))
    convert_loss(
        conversion, record->line,
        "expected TLSA with a usage from 0 to 3, a selector 0 or 1, a matching type from 0 to 2, and "
        "hexadecimal digits; left out");
  else if (tlsa.matching == MATCHING_SHA512)
    convert_loss(conversion, record->line, "\"%s\": a SHA-512 digest; left out", record->owner);
  else if (!digest_of(&tlsa, &digest))
    convert_loss(conversion, record->line,
                 "the data is not what selector %u and matching type %u say; left out", tlsa.selector,
                 tlsa.matching);
  else {
    struct owned *item = contents_add(contents, record);
    item->digest = digest;
    item->list = list_of(&tlsa);
  }
  OPENSSL_free(tlsa.data);
}

/* Whether a word is a type of records (RFC 1035 and later), by name or as TYPE65534. */
static bool is_type(const char *word) {
  static const char types[] = "A AAAA AFSDB AMTRELAY APL AVC CAA CDNSKEY CDS CERT CNAME CSYNC DHCID DLV "
                              "DNAME DNSKEY DS EID EUI48 EUI64 "
                              "GPOS HINFO HIP HTTPS IPSECKEY ISDN KEY KX L32 L64 LOC LP MB MD MF MG MINFO MR "
                              "MX NAPTR NID NIMLOC NINFO NS "
                              "NSAP NSEC NSEC3 NSEC3PARAM NULL NXT OPENPGPKEY PTR PX RKEY RP RRSIG RT SIG "
                              "SINK SMIMEA SOA SPF SRV SSHFP "
                              "SVCB TA TALINK TXT URI WKS X25 ZONEMD ALIAS ANAME";
  bool is_number = strncasecmp(word, "TYPE", 4) == 0 && word[4] != '\0' &&
                   word[4 + strspn(word + 4, "0123456789")] == '\0';
  return is_number || is_one_of_caseless(word, types);
}

/* Reports what may be a misspelled TLSA record: data like a digest, or the word TLSA, in a record of no
 * known type. */
static void report_other(struct conversion *conversion, const struct text_list *words,
                         const struct zone_record *record) {
  bool speaks = false;
  /* a valid alias was taken before */
  bool is_other = is_type(record->type) && strcasecmp(record->type, "CNAME") != 0;
  for (size_t i = 0; i < words->count && !is_other; i++) {
    const char *word = words->items[i];
    speaks = speaks || strcasestr(word, "TLSA") != NULL || strcasestr(word, "TYPE52") != NULL;
    for (; *word != '\0' && !speaks; word += *word != '\0' ? 1 : 0) {
      size_t digits = strspn(word, "0123456789abcdefABCDEF");
      speaks = digits >= LEAST_DIGITS;
      word += digits;
    }
  }
  if (speaks)
    convert_loss(conversion, record->line, "\"%s\": no type of records, or other data behind it; left out",
                 record->type);
}

static void read_tlsa(struct conversion *conversion) {
  struct zone_text zone;
  struct zone_record record;
  struct zone_contents contents = {0};
  zone_text_open(conversion, &zone);
  while (zone_text_next(&zone, &record)) {
    bool is_service = *record.owner == '_' || *record.owner == '*';
    if (record.is_other_class && is_one_of_caseless(record.type, "TLSA CNAME DNAME"))
      convert_loss(conversion, record.line, "\"%s\" is of another class than IN; left out", record.owner);
    else if (strcmp(record.type, "TLSA") == 0)
      read_record(conversion, &record, &contents);
    else if (strcasecmp(record.type, "CNAME") == 0 && record.data_count == 1)
      contents_add(&contents, &record)->target = zone_text_absolute(&zone, record.data[0]);
    else if (is_service && is_one_of_caseless(record.type, "CNAME DNAME ALIAS ANAME"))
      convert_loss(conversion, record.line, "%s: aliases of this kind are not followed; left out",
                   record.type);
    else
      report_other(conversion, &zone.words, &record);
  }
  zone_text_close(&zone);
  take_services(conversion, &contents);
  contents_clear(&contents);
}

static void write_list(FILE *out, const char *owner, const struct pin_digest_list *list, const char *head) {
  for (uint32_t i = 0; i < list->count; i++) {
    AUTO_TEXT hex = digest_hex(&list->digests[i]);
    fprintf(out, "%s IN TLSA %s %s\n", owner, head, hex);
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
    .mark = "TLSA\tTYPE52\n._\t_tcp\tIN TLSA",
    .holds = HOLDS_HOSTS | HOLDS_PORTS | HOLDS_EVERY_PORT | HOLDS_CA_KEYS | HOLDS_ROLES | HOLDS_FINGERPRINTS,
    .least_pins = 1,
    .adds_up = true,
    .read = read_tlsa,
    .write = write_tlsa,
};
