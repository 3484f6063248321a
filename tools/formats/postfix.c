/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Postfix's TLS policy table (smtp_tls_policy_maps) with the level "fingerprint", and the same in main.cf
 * (smtp_tls_fingerprint_cert_match) for the relayhost. A digest there is that of the server's certificate or
 * of its key, and nobody can tell which: it is read as both.
 */
#include <ctype.h>
#include <netdb.h>
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/formats.h"
#include "formats/import.h"

#define SMTP_PORT 25

/* "[NAME]", "[NAME]:PORT" or "[NAME]:service". Cuts the text. */
static bool read_destination(char *text, struct draft *draft) {
  char *end = strchr(text, ']');
  if (*text != '[' || end == NULL)
    return false;
  *end = '\0';
  draft->name = text + (strncasecmp(text + 1, "ipv6:", 5) == 0 ? 6 : 1);
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
  uint32_t before = draft->counts[PIN_LIST_FINGERPRINTS];
  convert_fingerprint(conversion, draft, PIN_LIST_FINGERPRINTS, text);
  if (draft->counts[PIN_LIST_FINGERPRINTS] > before)
    draft_take(draft, PIN_LIST_PINS, &draft->lists[PIN_LIST_FINGERPRINTS][before]);
}

static void read_attribute(struct conversion *conversion, char *attribute, struct draft *draft) {
  if (strncasecmp(attribute, "match=", 6) != 0) {
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
    convert_loss(conversion, conversion->path, number, "expected DESTINATION LEVEL ATTRIBUTE...; left out");
    return;
  }
  if (strcasecmp(level, "fingerprint") != 0) {
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

typedef void logical_line_fn(struct conversion *conversion, char *line, unsigned number, void *arg);

/* Lines that begin with a blank continue the one above; each is handed over whole, its newlines kept. */
static void each_logical_line(struct conversion *conversion, logical_line_fn *each, void *arg) {
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
        each(conversion, pending, pending_number, arg);
      pending = line;
      pending_number = number;
      continue;
    }
    /* What strsep(3) cut goes on: the pending line gets its newline back. */
    if (pending != NULL && line > text)
      line[-1] = '\n';
  }
  if (pending != NULL)
    each(conversion, pending, pending_number, arg);
}

static void read_table_line(struct conversion *conversion, char *line, unsigned number, void *arg) {
  (void)arg;
  read_line(conversion, line, number);
}

/* ---- main.cf ---- */

struct main_cf {
  char *relayhost, *level, *match, *algorithm;
  unsigned line; /* of the match */
};

/* "NAME = VALUE"; of several the last one counts. */
static void read_parameter(struct conversion *conversion, char *line, unsigned number, void *arg) {
  struct main_cf *settings = arg;
  const struct {
    const char *name;
    char **value;
  } wanted[] = {{"relayhost", &settings->relayhost},
                {"smtp_tls_security_level", &settings->level},
                {"smtp_tls_fingerprint_digest", &settings->algorithm},
                {"smtp_tls_fingerprint_cert_match", &settings->match}};
  size_t length = strcspn(line, " \t=");
  const char *value = line + length + strspn(line + length, " \t=\n");
  if (strncmp(line, "smtp_tls_policy_maps", length) == 0 && length > 8)
    convert_note(conversion, conversion->path, number,
                 "smtp_tls_policy_maps: the table is a file of its own; import that as well");
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    if (strlen(wanted[i].name) != length || strncmp(line, wanted[i].name, length) != 0)
      continue;
    if (*wanted[i].value != NULL && strcmp(*wanted[i].value, value) != 0) {
      convert_note(conversion, conversion->path, number, "%s stands here again; Postfix takes this one",
                   wanted[i].name);
      import_pass(conversion, &format_postfix, *wanted[i].value);
    }
    free(*wanted[i].value);
    *wanted[i].value = must_copy(value);
    settings->line = wanted[i].value == &settings->match ? number : settings->line;
  }
}

/* The pins for one relay; NULL: --host. */
static void add_relayhost(struct conversion *conversion, const struct draft *pins, char *destination) {
  struct draft draft = *pins;
  if (destination == NULL || !read_destination(destination, &draft))
    draft.name = conversion->host;
  if (draft.name != NULL)
    conversion_add_named(conversion, &draft);
  else
    convert_loss(
        conversion, conversion->path, draft.line,
        "smtp_tls_fingerprint_cert_match: for which host? expected relayhost = [HOST]:PORT, or --host");
}

/* All of the relays have to match. */
static void add_relayhosts(struct conversion *conversion, const struct main_cf *settings) {
  static const char separators[] = " \t\n,|";
  struct draft draft = DRAFT_AT(NULL, settings->line);
  AUTO_TEXT relays = must_copy(settings->relayhost == NULL ? "" : settings->relayhost);
  const char *algorithm = settings->algorithm == NULL ? "sha256" : settings->algorithm;
  if (strncasecmp(algorithm, "sha256", 6) != 0 && strncasecmp(algorithm, "sha2-256", 8) != 0) {
    convert_loss(conversion, conversion->path, settings->line,
                 "smtp_tls_fingerprint_digest is %.*s here; only SHA-256 can be held; left out",
                 (int)strcspn(algorithm, separators), algorithm);
    import_pass(conversion, &format_postfix, settings->match);
    return;
  }
  if (settings->level == NULL || strncmp(settings->level, "fingerprint", strlen("fingerprint")) != 0)
    convert_note(
        conversion, conversion->path, settings->line,
        "smtp_tls_security_level is not \"fingerprint\" here: Postfix itself does not look at these");
  char *rest = NULL;
  for (const char *digest = strtok_r(settings->match, separators, &rest); digest != NULL;
       digest = strtok_r(NULL, separators, &rest))
    read_digest(conversion, digest, &draft);
  char *relay = strtok_r(relays, " \t\n,", &rest);
  do
    add_relayhost(conversion, &draft, relay);
  while (relay != NULL && (relay = strtok_r(NULL, " \t\n,", &rest)) != NULL);
  draft_clear(&draft);
}

static void read_main_cf(struct conversion *conversion) {
  struct main_cf settings = {0};
  each_logical_line(conversion, read_parameter, &settings);
  if (settings.match != NULL && *settings.match != '\0')
    add_relayhosts(conversion, &settings);
  free(settings.algorithm);
  free(settings.relayhost);
  free(settings.level);
  free(settings.match);
}

/* Whether a line sets it; a table may speak of it in a comment. */
static bool is_main_cf(const char *text) {
  static const char name[] = "smtp_tls_fingerprint_cert_match";
  for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
    at += *at == '\n' ? 1 : 0;
    if (strncmp(at, name, strlen(name)) == 0 && strchr(" \t=", at[strlen(name)]) != NULL)
      return true;
  }
  return false;
}

static void read_postfix(struct conversion *conversion) {
  if (is_main_cf(conversion->text))
    read_main_cf(conversion);
  else
    each_logical_line(conversion, read_table_line, NULL);
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
    .comments = COMMENTS_HASH_LINE,
    .spelled_in_hex = true,
    .title = "Postfix's TLS policy table, or its main.cf",
    .mark = "fingerprint\nmatch=\t_cert_match",
    .names_some_hosts = true,
    .holds = HOLDS_HOSTS | HOLDS_ADDRESSES | HOLDS_PORTS | HOLDS_FINGERPRINTS,
    .least_pins = 1,
    .read = read_postfix,
    .write = write_postfix,
};
