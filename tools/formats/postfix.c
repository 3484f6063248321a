/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads and writes Postfix's TLS policy table (smtp_tls_policy_maps) with the level "fingerprint"; reads
 * smtp_tls_fingerprint_cert_match for the relayhost in main.cf. Nothing tells whether a digest there is
 * that of the server's certificate or of its key: it is read as both.
 */
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/words.h"

#define SMTP_PORT 25

/* Reads "[NAME]", "[NAME]:PORT" or "[NAME]:service". Cuts the text. */
static bool read_destination(char *text, struct draft *draft) {
  char *end = strchr(text, ']');
  if (*text != '[' || end == NULL)
    return false;
  *end = '\0';
  draft->name = text + (strncasecmp(text + 1, "ipv6:", 5) == 0 ? 6 : 1);
  draft->port = SMTP_PORT;
  if (end[1] == '\0')
    return true;
  return end[1] == ':' && service_read(end + 2, &draft->port);
}

static void read_digest(struct conversion *conversion, const char *text, struct draft *draft) {
  uint32_t before = draft->counts[PIN_LIST_FINGERPRINTS];
  convert_fingerprint(conversion, draft, PIN_LIST_FINGERPRINTS, text);
  if (draft->counts[PIN_LIST_FINGERPRINTS] > before)
    draft_take(draft, PIN_LIST_PINS, &draft->lists[PIN_LIST_FINGERPRINTS][before]);
}

static void read_attribute(struct conversion *conversion, char *attribute, struct draft *draft) {
  if (strncasecmp(attribute, "match=", 6) != 0) {
    convert_note(conversion, draft->line, "%s; left out", attribute);
    return;
  }
  char *rest = attribute + 6;
  for (const char *digest; (digest = next_word(&rest, "|")) != NULL;)
    read_digest(conversion, digest, draft);
}

/* Reads one line of the table, with its continuation. */
static void read_line(struct conversion *conversion, char *line, unsigned number) {
  static const char separators[] = " \t,";
  char *rest = line;
  char *destination = next_word(&rest, " \t");
  const char *level = next_word(&rest, separators);
  if (destination == NULL)
    return;
  if (level == NULL) {
    convert_loss(conversion, number, "expected DESTINATION LEVEL ATTRIBUTE...; left out");
    return;
  }
  if (strcasecmp(level, "fingerprint") != 0) {
    convert_note(conversion, number, "the level \"%s\" pins nothing; left out", level);
    return;
  }
  AUTO_DRAFT draft = DRAFT_AT(NULL, number);
  AUTO_TEXT spelled = must_copy(destination);
  if (rest != NULL)
    import_cut_comment(conversion, rest, number);
  if (read_destination(destination, &draft)) {
    for (char *at; (at = next_word(&rest, separators)) != NULL;)
      read_attribute(conversion, at, &draft);
    conversion_add(conversion, &draft);
  } else {
    convert_loss(conversion, number,
                 "\"%s\" names a mail domain, not the host that answers for it; left out (expected [HOST] or "
                 "[HOST]:PORT)",
                 spelled);
  }
}

/* ---- main.cf ---- */

struct main_cf {
  char *relayhost, *fallback, *level, *match, *algorithm,
      *table;    /* values, as parts of the text; NULL: not set */
  unsigned line; /* line of the match */
};

/* Reads "NAME = VALUE". Postfix uses the last of several. */
static void read_parameter(struct conversion *conversion, char *line, unsigned number,
                           struct main_cf *settings) {
  const struct {
    const char *name;
    char **value;
  } wanted[] = {{"relayhost", &settings->relayhost},
                {"smtp_fallback_relay", &settings->fallback},
                {"smtp_tls_security_level", &settings->level},
                {"smtp_tls_policy_maps", &settings->table},
                {"smtp_tls_fingerprint_digest", &settings->algorithm},
                {"smtp_tls_fingerprint_cert_match", &settings->match}};
  char *value = trim(cut_word(line, " \t="));
  if (strcmp(line, "smtp_tls_fingerprint_cert_match") == 0)
    import_cut_comment(conversion, value, number);
  if (strcmp(line, "smtp_tls_policy_maps") == 0)
    convert_note(conversion, number,
                 "smtp_tls_policy_maps: the table is a file of its own; import that as well");
  else if (ends_in(line, "_tls_fingerprint_cert_match") && strncmp(line, "smtp_", 5) != 0 && *value != '\0') {
    convert_loss(conversion, number, "%s is not for smtp; left out", line);
    import_pass(conversion, value, number);
  } else if (is_one_of(line, "transport_maps sender_dependent_relayhost_maps"))
    convert_note(conversion, number, "%s: the relays that it names are not in this file; not read", line);
  for (size_t i = 0; i < COUNT_OF(wanted); i++) {
    if (strcmp(line, wanted[i].name) != 0)
      continue;
    if (*wanted[i].value != NULL && strcmp(*wanted[i].value, value) != 0) {
      convert_note(conversion, number, "%s stands here again; Postfix takes this one", wanted[i].name);
      import_pass(conversion, *wanted[i].value, settings->line);
    }
    *wanted[i].value = value;
    settings->line = wanted[i].value == &settings->match ? number : settings->line;
  }
}

/* Adds an entry for one relay; NULL: for --host. */
static void add_relayhost(struct conversion *conversion, const struct draft *pins, char *destination) {
  struct draft draft = *pins;
  if (destination == NULL || !read_destination(destination, &draft))
    draft.name = conversion->host;
  if (draft.name != NULL)
    conversion_add_named(conversion, &draft);
  else
    convert_loss(
        conversion, draft.line,
        "smtp_tls_fingerprint_cert_match: for which host? expected relayhost = [HOST]:PORT, or --host");
}

/* Adds an entry for each relay: all of them have to match. */
static void add_relayhosts(struct conversion *conversion, const struct main_cf *settings) {
  static const char separators[] = " \t,|";
  AUTO_DRAFT draft = DRAFT_AT(NULL, settings->line);
  const char *algorithm = settings->algorithm == NULL ? "sha256" : settings->algorithm;
  if (strncasecmp(algorithm, "sha256", 6) != 0 && strncasecmp(algorithm, "sha2-256", 8) != 0) {
    convert_loss(conversion, settings->line,
                 "smtp_tls_fingerprint_digest is %.*s here; only SHA-256 can be held; left out",
                 (int)strcspn(algorithm, separators), algorithm);
    import_pass(conversion, settings->match, settings->line);
    return;
  }
  const char *level = settings->level == NULL ? "" : settings->level;
  bool is_open = settings->level == NULL || strchr(level, '$') != NULL ||
                 (settings->table != NULL && *settings->table != '\0');
  if (strncasecmp(level, "fingerprint", strlen("fingerprint")) != 0 && is_open)
    convert_note(conversion, settings->line,
                 "smtp_tls_security_level is not \"fingerprint\" here: Postfix looks at these only where "
                 "smtp_tls_policy_maps, a parameter named there, or another file says so");
  else if (strncasecmp(level, "fingerprint", strlen("fingerprint")) != 0)
    convert_only_logs(conversion, &draft, "smtp_tls_security_level is not \"fingerprint\"");
  AUTO_TEXT all = must_format("%s %s", settings->relayhost == NULL ? "" : settings->relayhost,
                              settings->fallback == NULL ? "" : settings->fallback);
  char *digests = settings->match, *relays = all;
  for (const char *digest; (digest = next_word(&digests, separators)) != NULL;)
    read_digest(conversion, digest, &draft);
  if (settings->relayhost == NULL || *settings->relayhost == '\0')
    add_relayhost(conversion, &draft, NULL);
  for (char *relay; (relay = next_word(&relays, " \t,")) != NULL;)
    add_relayhost(conversion, &draft, relay);
}

/* Whether a line sets the parameter; a table may mention it in a comment. */
static bool is_main_cf(const char *text) {
  static const char name[] = "smtp_tls_fingerprint_cert_match";
  for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
    at += *at == '\n' ? 1 : 0;
    if (strncmp(at, name, strlen(name)) == 0 && strspn(at + strlen(name), " \t=") > 0)
      return true;
  }
  return false;
}

/* A line that begins with a blank continues the one above, also across comments and empty lines. */
static void read_postfix(struct conversion *conversion) {
  bool is_table = !is_main_cf(conversion->text);
  struct main_cf settings = {0};
  struct lines lines = lines_of(conversion->text);
  for (char *line; (line = lines_next(&lines)) != NULL;) {
    lines_fold(&lines, 0, true);
    if (is_table)
      read_line(conversion, line, lines.number);
    else
      read_parameter(conversion, line, lines.number, &settings);
  }
  if (settings.match != NULL && *settings.match != '\0')
    add_relayhosts(conversion, &settings);
  lines_clear(&lines);
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
    .spelling = SPELLED_IN_HEX,
    .title = "Postfix's TLS policy table, or its main.cf",
    .mark = "fingerprint\nmatch=\t_cert_match",
    .names_some_hosts = true,
    .holds = HOLDS_HOSTS | HOLDS_ADDRESSES | HOLDS_PORTS | HOLDS_FINGERPRINTS,
    .least_pins = 1,
    .read = read_postfix,
    .write = write_postfix,
};
