/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Postfix's TLS policy table (smtp_tls_policy_maps) with the level "fingerprint". A digest there is that of
 * the server's certificate or of its key, and nobody can tell which: it is read as both.
 */
#include <ctype.h>
#include <netdb.h>
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/formats.h"

#define SMTP_PORT 25

/* "[NAME]", "[NAME]:PORT" or "[NAME]:service". Cuts the text. */
static bool read_destination(char *text, struct draft *draft) {
  char *end = strchr(text, ']');
  if (*text != '[' || end == NULL)
    return false;
  *end = '\0';
  draft->name = text + 1;
  draft->port = SMTP_PORT;
  if (end[1] == '\0')
    return true;
  if (end[1] != ':')
    return false;
  if (port_read(end + 2, &draft->port))
    return true;
  const struct servent *service = getservbyname(end + 2, "tcp");
  if (service == NULL)
    return false;
  draft->port = ntohs((uint16_t)service->s_port);
  return true;
}

static void read_digest(struct conversion *conversion, const char *text, struct draft *draft) {
  struct pin_digest digest;
  size_t length = strlen(text);
  bool shorter = length == 16 * 3 - 1 || length == 20 * 3 - 1;
  if (pin_digest_parse(text, length, &digest) && isxdigit((unsigned char)text[0])) {
    draft_take(draft, PIN_LIST_PINS, &digest);
    draft_take(draft, PIN_LIST_FINGERPRINTS, &digest);
  } else if (shorter && strspn(text, "0123456789abcdefABCDEF:") == length) {
    convert_loss(conversion, conversion->path, draft->line,
                 "\"%s\" is MD5 or SHA-1 (smtp_tls_fingerprint_digest); only SHA-256 can be held", text);
  } else {
    convert_error(conversion, conversion->path, draft->line,
                  "bad fingerprint \"%s\"; expected AB:CD:... of 32 bytes", text);
  }
}

static void read_attribute(struct conversion *conversion, char *attribute, struct draft *draft) {
  if (strncmp(attribute, "match=", 6) != 0) {
    convert_note(conversion, conversion->path, draft->line, "%s; left out", attribute);
    return;
  }
  char *rest = NULL;
  for (const char *digest = strtok_r(attribute + 6, "|", &rest); digest != NULL;
       digest = strtok_r(NULL, "|", &rest))
    read_digest(conversion, digest, draft);
}

/* One line of the table with those that continue it. */
static void read_line(struct conversion *conversion, char *line, unsigned number) {
  static const char separators[] = " \t\r\n,";
  char *rest = NULL;
  char *destination = strtok_r(line, " \t\r\n", &rest);
  const char *level = destination == NULL ? NULL : strtok_r(NULL, separators, &rest);
  if (destination == NULL)
    return;
  if (level == NULL) {
    convert_error(conversion, conversion->path, number, "expected DESTINATION LEVEL ATTRIBUTE...");
    return;
  }
  if (strcmp(level, "fingerprint") != 0) {
    convert_note(conversion, conversion->path, number, "the level \"%s\" pins nothing; left out", level);
    return;
  }
  struct draft draft = DRAFT_AT(NULL, number);
  AUTO_TEXT spelled = must_copy(destination);
  if (read_destination(destination, &draft)) {
    for (char *at; (at = strtok_r(NULL, separators, &rest)) != NULL;)
      read_attribute(conversion, at, &draft);
    conversion_add(conversion, &draft);
  } else {
    convert_loss(conversion, conversion->path, number,
                 "\"%s\" names a mail domain, not the host that answers for it; left out (expected [HOST] or "
                 "[HOST]:PORT)",
                 spelled);
  }
  draft_clear(&draft);
}

/* A comment or an empty line neither begins a line of the table nor ends one. */
static bool says_nothing(const char *line) {
  line += strspn(line, " \t\r");
  return *line == '\0' || *line == '#';
}

static void read_postfix(struct conversion *conversion) {
  AUTO_TEXT text = must_copy(conversion->text);
  char *rest = text;
  char *pending = NULL;
  unsigned pending_number = 0;
  unsigned number = 0;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
    number++;
    if (says_nothing(line)) {
      memset(line, ' ', strlen(line));
    } else if (!isspace((unsigned char)*line)) {
      if (pending != NULL)
        read_line(conversion, pending, pending_number);
      pending = line;
      pending_number = number;
      continue;
    }
    /* What strsep(3) cut goes on: the pending line gets its newline back. */
    if (pending != NULL && line > text)
      line[-1] = '\n';
  }
  if (pending != NULL)
    read_line(conversion, pending, pending_number);
}

static void write_digests(struct conversion *conversion, const struct pin_digest_list *list) {
  for (uint32_t i = 0; i < list->count; i++) {
    fputs(i == 0 ? "" : "|", conversion->out);
    for (size_t j = 0; j < sizeof list->digests[i].bytes; j++)
      fprintf(conversion->out, "%s%02X", j == 0 ? "" : ":", list->digests[i].bytes[j]);
  }
}

static void write_entry(struct conversion *conversion, const struct pin_entry *entry, uint16_t port) {
  struct pin_digest_list all =
      digests_join(&conversion->arena, &entry->lists[PIN_LIST_PINS], &entry->lists[PIN_LIST_FINGERPRINTS]);
  fprintf(conversion->out, "[%s]", entry->name);
  if (port != SMTP_PORT)
    fprintf(conversion->out, ":%u", (unsigned)port);
  fputs(" fingerprint match=", conversion->out);
  write_digests(conversion, &all);
  fputc('\n', conversion->out);
}

static void write_postfix(struct conversion *conversion) {
  fputs("# For smtp_tls_policy_maps; needs smtp_tls_fingerprint_digest = sha256.\n", conversion->out);
  for (size_t i = 0; i < conversion->count; i++) {
    const struct pin_entry *entry = &conversion->items[i].entry;
    for (uint32_t port = 0; port < entry->port_count; port++)
      write_entry(conversion, entry, entry->ports[port]);
  }
}

const struct format format_postfix = {
    .name = "postfix",
    .title = "Postfix's TLS policy table, level fingerprint",
    .mark = " fingerprint\nmatch=",
    .holds = HOLDS_HOSTS | HOLDS_ADDRESSES | HOLDS_PORTS | HOLDS_FINGERPRINTS,
    .least_pins = 1,
    .read = read_postfix,
    .write = write_postfix,
};
