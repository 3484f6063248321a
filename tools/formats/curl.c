/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What curl(1) takes for --pinnedpubkey, on a command line, in .curlrc, or the value alone; and openconnect's
 * --servercert. Both hold keys of the server itself, for whatever host they are asked for.
 */
#include <string.h>

#include "base/memory.h"
#include "formats/curl.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/names.h"
#include "formats/option_text.h"

void curl_take_pins(struct conversion *conversion, const char *value, struct draft *draft) {
  AUTO_TEXT copy = must_copy(value);
  char *rest = NULL;
  for (const char *pin = strtok_r(copy, ";", &rest); pin != NULL; pin = strtok_r(NULL, ";", &rest)) {
    struct pin_digest digest;
    /* curl compares the characters: it takes no other spelling of a digest. */
    if (strncmp(pin, "sha256//", 8) == 0 && pin_digest_parse(pin, strlen(pin), &digest)) {
      convert_know(conversion, &digest);
      draft_take(draft, PIN_LIST_PINS, &digest);
    } else
      convert_loss(
          conversion, conversion->path, draft->line,
          "\"%s\": expected sha256//BASE64, and \";\" between several (of a key in a file, \"pinctl add\" "
          "takes the pin)",
          pin);
  }
}

/* The transfers of a text are separated by --next; of several values in one of them curl takes the last. */
struct transfer {
  const struct text_option *pins;
  size_t first, behind; /* its options */
};

/* Short options that take a value: that of -e, -H or -x may be a URL, and is no transfer's. */
#define CURL_WITH_VALUE "AbcCdDeEFHKmoPQrtTuUwxXyYz"
#define OPENCONNECT_WITH_VALUE "CceDFgikmPpQsUux"

/* A URL of the transfer: --url, or a word that stands alone, or behind an option that takes none. */
static bool is_target(const struct text_option *option) {
  static const char others[] =
      "proxy preproxy proxy1.0 referer doh-url header proxy-header data data-raw data-ascii "
      "data-binary data-urlencode json form form-string cookie user-agent user url-query "
      "write-out socks4 socks4a socks5 socks5-hostname";
  bool is_letter = *option->name != '\0' && option->name[1] == '\0';
  bool is_other = is_letter || is_one_of(option->name, others);
  return strcmp(option->name, "url") == 0 || (!is_other && strstr(option->value, "://") != NULL);
}

/* One URL of a transfer; NULL: --host, if it is given. */
static void add_target(struct conversion *conversion, const struct draft *pins, const char *url) {
  char *host = NULL;
  bool has_path = false;
  struct draft draft = *pins;
  draft.name = url != NULL && url_read(url, &host, &draft.port, &has_path) ? host : conversion->host;
  conversion_add_named(conversion, &draft);
  free(host);
}

/* --host names the host of a single transfer, whatever its URL says. */
static void add_transfer(struct conversion *conversion, const struct option_text *options,
                         const struct transfer *transfer, bool is_single) {
  struct draft draft = DRAFT_AT(NULL, transfer->pins->line);
  size_t targets = 0;
  curl_take_pins(conversion, transfer->pins->value, &draft);
  for (size_t i = transfer->first; i < transfer->behind; i++) {
    if ((is_single && conversion->host != NULL) || !is_target(&options->items[i]))
      continue;
    add_target(conversion, &draft, options->items[i].value);
    targets++;
  }
  if (targets == 0)
    add_target(conversion, &draft, NULL);
  draft_clear(&draft);
}

static void take_option(struct conversion *conversion, const struct text_option *option,
                        struct transfer *transfer) {
  if (strcmp(option->name, "pinnedpubkey") == 0) {
    if (transfer->pins != NULL)
      convert_note(conversion, conversion->path, transfer->pins->line,
                   "pinnedpubkey is given again in line %u, and curl takes that one", option->line);
    if (transfer->pins != NULL)
      import_pass(conversion, &format_curl, transfer->pins->value);
    transfer->pins = option;
  } else if (strcmp(option->name, "proxy-pinnedpubkey") == 0) {
    convert_note(conversion, conversion->path, option->line,
                 "proxy-pinnedpubkey pins the proxy, not the host; left out");
    import_pass(conversion, &format_curl, option->value);
  } else if (strcmp(option->name, "config") == 0 || strcmp(option->name, "K") == 0) {
    convert_loss(conversion, conversion->path, option->line, "%s: other files are not read", option->value);
  }
}

static void read_options(struct conversion *conversion) {
  struct option_text options = option_text_read(conversion->text, "curl", CURL_WITH_VALUE);
  struct transfer *transfers = must_alloc(options.count + 1, sizeof *transfers);
  size_t count = 0, pinned = 0;
  for (size_t i = 0; i < options.count; i++) {
    if (strcmp(options.items[i].name, "next") == 0)
      transfers[++count].first = i;
    transfers[count].behind = i + 1;
    take_option(conversion, &options.items[i], &transfers[count]);
  }
  for (size_t i = 0; i <= count; i++)
    pinned += transfers[i].pins != NULL ? 1 : 0;
  for (size_t i = 0; i <= count; i++)
    if (transfers[i].pins != NULL)
      add_transfer(conversion, &options, &transfers[i], pinned == 1);
  free(transfers);
  option_text_clear(&options);
}

static void read_curl(struct conversion *conversion) {
  if (strstr(conversion->text, "pinnedpubkey") != NULL) {
    read_options(conversion);
    return;
  }
  const char *start = conversion->text + strspn(conversion->text, " \t\n\"'");
  AUTO_TEXT value = must_copy_bytes(start, strcspn(start, " \t\n\"'"));
  struct draft draft = DRAFT_AT(conversion->host, 1);
  if (start[strlen(value) + strspn(start + strlen(value), " \t\n\"'")] != '\0')
    convert_loss(conversion, conversion->path, 1, "more than one value; the first is taken");
  curl_take_pins(conversion, value, &draft);
  conversion_add_named(conversion, &draft);
  draft_clear(&draft);
}

static void write_curl(struct conversion *conversion) {
  const struct pin_digest_list *pins = &conversion->items[0].entry.lists[PIN_LIST_PINS];
  for (uint32_t i = 0; i < pins->count; i++) {
    AUTO_TEXT text = digest_base64(&pins->digests[i]);
    fprintf(conversion->out, "%ssha256//%s", i == 0 ? "" : ";", text);
  }
  fputc('\n', conversion->out);
}

const struct format format_curl = {
    .name = "curl",
    .comments = COMMENTS_HASH,
    .pin_prefix = "sha256//",
    .title = "curl's --pinnedpubkey: the value, .curlrc, a script",
    .mark = "sha256//",
    .holds = HOLDS_ADDRESSES | HOLDS_EVERY_PORT,
    .names_some_hosts = true,
    .least_pins = 1,
    .read = read_curl,
    .write = write_curl,
};

/* ---- openconnect ---- */

static void take_servercert(struct conversion *conversion, const char *value, struct draft *draft) {
  if (strncmp(value, "pin-sha256:", 11) == 0)
    convert_pin(conversion, draft, value + 11, draft->line, "servercert");
  else if (strncmp(value, "sha256:", 7) == 0)
    convert_fingerprint(conversion, draft, PIN_LIST_FINGERPRINTS, value + 7);
  else
    convert_fingerprint(conversion, draft, PIN_LIST_FINGERPRINTS,
                        strncmp(value, "sha1:", 5) == 0 ? value + 5 : value);
}

/* What one command says, or one configuration. */
struct connection {
  struct draft draft;
  char *host;
  bool is_pinned;
};

static void finish_connection(struct conversion *conversion, struct connection *connection, bool is_last) {
  if (connection->is_pinned || (is_last && conversion->count + conversion->losses == 0))
    conversion_add_named(conversion, &connection->draft);
  draft_clear(&connection->draft);
  free(connection->host);
  *connection = (struct connection){.draft = DRAFT_AT(conversion->host, 0)};
}

/* The server of a connection; a second one that differs is not the one that the pins are for. */
static void take_server(struct conversion *conversion, const struct text_option *option,
                        struct connection *connection) {
  char *host = NULL;
  uint16_t port = 0;
  bool has_path = false;
  if (!url_read(option->value, &host, &port, &has_path))
    return;
  if (connection->host == NULL) {
    connection->host = host;
    connection->draft.name = host;
    connection->draft.port = port;
    return;
  }
  if (strcasecmp(connection->host, host) != 0 || connection->draft.port != port)
    convert_loss(conversion, conversion->path, option->line,
                 "\"%s\": a second server beside \"%s\"; left out", option->value, connection->host);
  free(host);
}

static void take_openconnect(struct conversion *conversion, const struct text_option *option,
                             struct connection *connection) {
  /* NetworkManager's names, then openconnect's. */
  if (strcmp(option->name, "servercert") == 0 || strcmp(option->name, "gwcert") == 0) {
    connection->draft.line = option->line;
    connection->is_pinned = true;
    take_servercert(conversion, option->value, &connection->draft);
  }
  /* A server stands alone, or behind an option that has no value. */
  static const char others[] =
      "gateway server background passwd-on-stdin no-dtls non-inter syslog quiet verbose "
      "timestamp no-proxy disable-ipv6 pfs";
  if ((*option->name == '\0' || is_one_of(option->name, others)) && strchr(option->value, '.') != NULL)
    take_server(conversion, option, connection);
}

static void read_openconnect(struct conversion *conversion) {
  struct option_text options = option_text_read(conversion->text, "openconnect", OPENCONNECT_WITH_VALUE);
  struct connection connection = {.draft = DRAFT_AT(conversion->host, 0)};
  for (size_t i = 0; i < options.count; i++) {
    if (strcmp(options.items[i].name, "next") == 0)
      finish_connection(conversion, &connection, false);
    else
      take_openconnect(conversion, &options.items[i], &connection);
  }
  finish_connection(conversion, &connection, true);
  option_text_clear(&options);
}

const struct format format_openconnect = {
    .name = "openconnect",
    .comments = COMMENTS_HASH,
    .pin_prefix = "pin-sha256:",
    .title = "openconnect's --servercert: configuration, script",
    .mark = "pin-sha256:\nservercert\tgwcert",
    .holds = HOLDS_ADDRESSES | HOLDS_EVERY_PORT | HOLDS_PORTS | HOLDS_FINGERPRINTS,
    .names_some_hosts = true,
    .read = read_openconnect,
};
