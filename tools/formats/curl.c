/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads and writes curl's --pinnedpubkey, on a command line, in .curlrc, or the value alone; reads
 * openconnect's --servercert. Both pin keys of the server itself, for whatever host they are asked for.
 */
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/option_text.h"
#include "formats/words.h"

/* One transfer of curl. --next separates transfers; of several values in one of them curl uses the last. */
struct transfer {
  const struct text_option *pins;
  size_t first, behind; /* its options; behind the name of the program, if that is there */
  bool has_program;
};

/* Short options with a value. The value of -e, -H or -x may be a URL, but not one of a transfer. */
#define CURL_WITH_VALUE "AbcCdDeEFHKmoPQrtTuUwxXyYz"
#define OPENCONNECT_WITH_VALUE "CceDFgikmPpQsUux"

static size_t end_of_command(const struct option_text *options, size_t first) {
  size_t end = first + (first < options->count ? 1 : 0);
  while (end < options->count && strcmp(options->items[end].name, "next") != 0)
    end++;
  return end;
}

/* Whether a word names the program: "curl", "$CURL", "/usr/bin/curl.exe", "i.org/curl:8.1" of a container;
 * not the URL of a file. */
static bool is_program(const char *word, const char *program) {
  const char *slash = strrchr(word, '/'), *base = slash == NULL ? word : slash + 1;
  AUTO_TEXT windows = must_format("%s.exe", program);
  AUTO_TEXT untagged = must_copy_bytes(base, strcspn(base, ":@}"));
  return strstr(word, "://") == NULL &&
         (ends_in(word, program) || ends_in(word, windows) || ends_in(untagged, program));
}

/* Returns the index behind the word that names the program, maybe behind an option of its wrapper ("docker
 * run --rm curl"), or else behind a variable that may be the program ("ssh a.org $VPN"): no server of it
 * stands before. Returns `first` if no word before the pins names it. */
static size_t behind_program(const struct option_text *options, size_t first, size_t behind,
                             const char *program, bool *ret_is_named) {
  size_t found = first;
  for (size_t i = first; i < behind && !is_one_of(options->items[i].name, "pinnedpubkey servercert"); i++) {
    const struct text_option *option = &options->items[i];
    *ret_is_named = option->is_of_command && is_program(option->value, program);
    if (*ret_is_named)
      return i + 1;
    if (option->is_of_command && *option->name == '\0' && *option->value == '$')
      found = i + 1;
  }
  return found;
}

/* Whether a long option has no value. */
static bool is_flag(const char *name) {
  static const char flags[] =
      "alpn anyauth append basic buffer ca-native cert-status clobber compressed compressed-ssh "
      "create-dirs crlf digest disable disable-eprt disable-epsv disallow-username-in-url "
      "doh-cert-status doh-insecure fail fail-early fail-with-body false-start form-escape "
      "ftp-create-dirs ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl ftp-ssl-ccc ftp-ssl-control "
      "ftp-ssl-reqd get globoff haproxy-protocol head http0.9 http1.0 http1.1 http2 "
      "http2-prior-knowledge http3 http3-only ignore-content-length include insecure ipv4 ipv6 "
      "junk-session-cookies keepalive list-only location location-trusted mail-rcpt-allowfails "
      "metalink mptcp negotiate netrc netrc-optional npn ntlm ntlm-wb out-null parallel "
      "parallel-immediate path-as-is post301 post302 post303 progress-bar progress-meter "
      "proxy-anyauth proxy-basic proxy-ca-native proxy-digest proxy-http2 proxy-insecure "
      "proxy-negotiate proxy-ntlm proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxy-tlsv1 "
      "proxytunnel raw remote-header-name remote-name remote-name-all remote-time remove-on-error "
      "retry-all-errors retry-connrefused sasl-ir sessionid show-error show-headers silent "
      "skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec ssl ssl-allow-beast "
      "ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 styled-output "
      "suppress-connect-headers tcp-fastopen tcp-nodelay tftp-no-options tls-earlydata tlsv1 "
      "tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time use-ascii verbose xattr";
  return strncmp(name, "no-", 3) == 0 || is_one_of(name, flags);
}

/* "x.org:8443/path" behind curl: a word alone, or behind an option without a value. */
static bool is_bare_target(const struct text_option *option) {
  const char *value = option->value;
  size_t length = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
  static const char own[] = "localhost";
  /* "test." is the end of a sentence. */
  const char *dot = memchr(value, '.', length);
  bool is_host = (dot != NULL && dot + 1 < value + length) ||
                 (length == strlen(own) && strncmp(value, own, length) == 0);
  return (*option->name == '\0' || is_flag(option->name)) && is_host && strchr(":/?", value[length]) != NULL;
}

/* "https_proxy=http://p.org" before a command. */
static bool is_variable(const struct text_option *option) {
  size_t length = strspn(option->value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
  return *option->name == '\0' && length > 0 && option->value[length] == '=';
}

/* Whether an option gives a URL of the transfer: --url, a word alone, or one behind an option without a
 * value. *ret_is_odd: a URL behind an unknown option. */
static bool is_target(const struct text_option *option, bool *ret_is_odd) {
  static const char others[] =
      "proxy preproxy proxy1.0 referer doh-url header proxy-header data data-raw data-ascii "
      "data-binary data-urlencode json form form-string cookie user-agent user url-query "
      "write-out socks4 socks4a socks5 socks5-hostname ipfs-gateway request-target variable pinnedpubkey "
      "proxy-pinnedpubkey";
  /* "--expand-NAME" is --NAME with variables in the value */
  const char *name = option->name + (strncmp(option->name, "expand-", 7) == 0 ? 7 : 0);
  bool is_letter = *name != '\0' && name[1] == '\0';
  bool is_url = option->is_of_command && !is_variable(option) && url_scheme(option->value) > 0;
  bool is_alone = *name == '\0' || is_flag(name);
  *ret_is_odd = is_url && !is_alone && !is_letter && !is_one_of(name, others) && strcmp(name, "url") != 0;
  return strcmp(name, "url") == 0 || (is_url && is_alone);
}

/* Adds an entry for one URL of a transfer. NULL: for --host, if given. */
static void add_target(struct conversion *conversion, const struct draft *pins, const char *url) {
  char *host = NULL;
  bool has_path = false;
  struct draft draft = *pins;
  if (url != NULL && strncasecmp(url, "http://", strlen("http://")) == 0) {
    convert_loss(conversion, draft.line, "\"%s\" is without TLS; left out", url);
    return;
  }
  draft.name = url != NULL && url_read(url, &host, &draft.port, &has_path) ? host : conversion->host;
  conversion_add_named(conversion, &draft);
  free(host);
}

/* Adds the entries of a transfer. With a single transfer --host overrides its URLs. */
static void add_transfer(struct conversion *conversion, const struct option_text *options,
                         const struct transfer *transfer, bool is_single) {
  AUTO_DRAFT draft = DRAFT_AT(NULL, transfer->pins->line);
  size_t targets = 0;
  curl_take_pins(conversion, transfer->pins->value, &draft);
  for (size_t i = transfer->first; i < transfer->behind; i++) {
    const struct text_option *option = &options->items[i];
    bool is_odd = false;
    bool counts = is_target(option, &is_odd) || (transfer->has_program && is_bare_target(option));
    if ((is_single && conversion->host != NULL) || (!counts && !is_odd))
      continue;
    if (is_odd)
      convert_loss(conversion, option->line,
                   "--%s %s: an unknown option: nobody can tell whether the URL is its value; left out",
                   option->name, option->value);
    else
      add_target(conversion, &draft, option->value);
    targets += counts ? 1 : 0;
  }
  if (targets == 0)
    add_target(conversion, &draft, NULL);
}

static void take_option(struct conversion *conversion, const struct text_option *option,
                        struct transfer *transfer) {
  if (strcmp(option->name, "pinnedpubkey") == 0) {
    if (transfer->pins != NULL)
      convert_note(conversion, transfer->pins->line,
                   "pinnedpubkey is given again in line %u, and curl takes that one", option->line);
    if (transfer->pins != NULL)
      import_pass(conversion, transfer->pins->value, transfer->pins->line);
    transfer->pins = option;
  } else if (strcmp(option->name, "proxy-pinnedpubkey") == 0) {
    convert_note(conversion, option->line, "proxy-pinnedpubkey pins the proxy, not the host; left out");
    import_pass(conversion, option->value, option->line);
  } else if (strcmp(option->name, "config") == 0 || strcmp(option->name, "K") == 0) {
    convert_loss(conversion, option->line, "%s: other files are not read", option->value);
  }
}

static void read_options(struct conversion *conversion) {
  struct option_text options = option_text_read(conversion->text, "curl", CURL_WITH_VALUE);
  struct transfer *transfers = must_alloc(options.count + 1, sizeof *transfers);
  size_t count = 0, pinned = 0;
  for (size_t i = 0, behind; i < options.count; i = behind) {
    struct transfer *transfer = &transfers[count++];
    behind = end_of_command(&options, i);
    transfer->first = behind_program(&options, i, behind, "curl", &transfer->has_program);
    transfer->behind = behind;
    for (size_t j = i; j < behind; j++)
      take_option(conversion, &options.items[j], transfer);
    pinned += transfer->pins != NULL ? 1 : 0;
  }
  for (size_t i = 0; i < count; i++)
    if (transfers[i].pins != NULL)
      add_transfer(conversion, &options, &transfers[i], pinned == 1);
  option_text_name_unread(conversion, &options, "pinnedpubkey proxy-pinnedpubkey");
  free(transfers);
  option_text_clear(&options);
}

/* The value alone, maybe in quotes. */
static void read_value(struct conversion *conversion) {
  static const char around[] = " \t\"'";
  AUTO_TEXT bare = comments_blank(conversion->text, conversion->comments);
  struct lines lines = lines_of(bare);
  char *rest = lines_next(&lines);
  const char *value = next_word(&rest, around);
  AUTO_DRAFT draft = DRAFT_AT(conversion->host, lines.number);
  if (next_word(&rest, around) != NULL || lines_next(&lines) != NULL)
    convert_loss(conversion, draft.line, "more than one value; the first is taken");
  curl_take_pins(conversion, value == NULL ? "" : value, &draft);
  conversion_add_named(conversion, &draft);
  lines_clear(&lines);
}

static void read_curl(struct conversion *conversion) {
  if (strstr(conversion->text, "pinnedpubkey") != NULL)
    read_options(conversion);
  else
    read_value(conversion);
}

static void write_curl(struct conversion *conversion) {
  const struct pin_digest_list *pins = &conversion->items[0].entry.lists[PIN_LIST_PINS];
  digests_write(conversion->out, pins, "sha256//", "", ";");
  fputc('\n', conversion->out);
}

const struct format format_curl = {
    .name = "curl",
    .comments = COMMENTS_SCRIPT,
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

/* Takes a --servercert: the digest of a key or, without a prefix, of a certificate. */
static void take_servercert(struct conversion *conversion, const char *value, struct draft *draft) {
  if (strncmp(value, "pin-sha256:", 11) == 0)
    convert_pin(conversion, draft, value + 11, draft->line, "servercert");
  else if (strncmp(value, "sha256:", 7) == 0)
    convert_fingerprint(conversion, draft, PIN_LIST_PINS, value + 7);
  else
    convert_fingerprint(conversion, draft, PIN_LIST_FINGERPRINTS,
                        strncmp(value, "sha1:", 5) == 0 ? value + 5 : value);
}

/* openconnect's own name, NetworkManager's and OpenWrt's. */
#define OPENCONNECT_PINS "servercert gwcert serverhash"

/* One command or configuration of openconnect. */
struct connection {
  struct draft draft; /* its line is that of the pins; 0: no pins */
  char *host;
};

/* Takes the server of a connection. A second, different server is a loss: it is not the one that the pins
 * are for. */
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
    connection->draft.port = port == 0 ? connection->draft.port : port;
    return;
  }
  if (strcasecmp(connection->host, host) != 0 || (port != 0 && connection->draft.port != port))
    convert_loss(conversion, option->line, "\"%s\": a second server beside \"%s\"; left out", option->value,
                 connection->host);
  free(host);
}

static void take_openconnect(struct conversion *conversion, const struct text_option *option,
                             struct connection *connection) {
  if (is_one_of(option->name, OPENCONNECT_PINS)) {
    connection->draft.line = option->line;
    take_servercert(conversion, option->value, &connection->draft);
  }
  if (strcmp(option->name, "config") == 0 && option->is_of_command)
    convert_loss(conversion, option->line, "%s: other files are not read", option->value);
  if (strcmp(option->name, "port") == 0 && !option->is_of_command && connection->draft.port == 0 &&
      !port_read(option->value, &connection->draft.port))
    convert_loss(conversion, option->line, "port %s: expected a number up to 65535", option->value);
  /* A server stands alone or behind an option without a value. */
  static const char others[] =
      "gateway server uri background passwd-on-stdin no-dtls non-inter syslog quiet verbose "
      "timestamp no-proxy disable-ipv6 pfs allow-insecure-crypto authenticate cookieonly cookie-on-stdin "
      "juniper "
      "dump-http-traffic no-deflate no-http-keepalive no-passwd no-xmlpost no-external-auth printcookie";
  bool is_operand = *option->name == '\0' && option->is_of_command;
  if ((is_operand || is_one_of(option->name, others)) && !is_variable(option) &&
      strpbrk(option->value, ".[") != NULL)
    take_server(conversion, option, connection);
}

static void read_openconnect(struct conversion *conversion) {
  struct option_text options = option_text_read(conversion->text, "openconnect", OPENCONNECT_WITH_VALUE);
  size_t behind = 0;
  do {
    struct connection connection = {.draft = DRAFT_AT(conversion->host, 0)};
    size_t first = behind;
    behind = end_of_command(&options, first);
    bool is_named = false;
    for (size_t i = behind_program(&options, first, behind, "openconnect", &is_named); i < behind; i++)
      take_openconnect(conversion, &options.items[i], &connection);
    bool is_last = behind >= options.count;
    if (connection.draft.line > 0 || (is_last && conversion->count + conversion->findings[FINDING_LOSS] == 0))
      conversion_add_named(conversion, &connection.draft);
    draft_clear(&connection.draft);
    free(connection.host);
  } while (behind < options.count);
  option_text_name_unread(conversion, &options, OPENCONNECT_PINS);
  option_text_clear(&options);
}

const struct format format_openconnect = {
    .name = "openconnect",
    .comments = COMMENTS_SCRIPT,
    .pin_prefix = "sha256:",
    .spelling = SPELLED_IN_BOTH,
    .title = "openconnect's --servercert: configuration, script",
    .mark = "pin-sha256:\nservercert\tgwcert\tserverhash",
    .holds = HOLDS_ADDRESSES | HOLDS_EVERY_PORT | HOLDS_PORTS | HOLDS_FINGERPRINTS,
    .names_some_hosts = true,
    .read = read_openconnect,
};
