/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Fingerprints of certificates in the settings of clients: msmtp's tls_fingerprint, by accounts, and
 * WeeChat's irc.server.NAME.tls_fingerprint.
 */
#include <ctype.h>
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/formats.h"

/* What one account or server says. */
struct section {
  char *name;
  char *host;
  char *addresses;    /* of WeeChat, in place of the host: "NAME/PORT,NAME/PORT" */
  char *fingerprints; /* NULL: none */
  uint16_t port;
  unsigned line; /* of the fingerprints */
};

struct sections {
  struct section *items;
  size_t count;
  size_t current; /* the one that msmtp's settings belong to */
};

static void set(char **to, const char *value) {
  free(*to);
  *to = value == NULL ? NULL : must_copy(value);
}

static struct section *section_find(const struct sections *sections, const char *name) {
  for (size_t i = 0; i < sections->count; i++)
    if (strcmp(sections->items[i].name, name) == 0)
      return &sections->items[i];
  return NULL;
}

/* A section with this name, and what `like` says, NULL: nothing. */
static struct section *section_add(struct sections *sections, const char *name, const struct section *like) {
  struct section copy = {.name = must_copy(name)};
  if (like != NULL) {
    copy.port = like->port;
    copy.line = like->line;
    set(&copy.host, like->host);
    set(&copy.fingerprints, like->fingerprints);
  }
  sections->items = must_grow(sections->items, sections->count + 1, sizeof *sections->items);
  sections->items[sections->count] = copy;
  sections->current = sections->count;
  return &sections->items[sections->count++];
}

static void sections_clear(struct sections *sections) {
  for (size_t i = 0; i < sections->count; i++) {
    free(sections->items[i].name);
    free(sections->items[i].host);
    free(sections->items[i].addresses);
    free(sections->items[i].fingerprints);
  }
  free(sections->items);
}

static void add_host(struct conversion *conversion, const struct section *section, const char *host,
                     uint16_t port) {
  struct draft draft = DRAFT_AT(host, section->line);
  draft.port = port;
  AUTO_TEXT copy = must_copy(section->fingerprints);
  char *rest = NULL;
  for (const char *word = strtok_r(copy, ", \t", &rest); word != NULL; word = strtok_r(NULL, ", \t", &rest))
    convert_fingerprint(conversion, &draft, PIN_LIST_FINGERPRINTS, word);
  conversion_add_named(conversion, &draft);
  draft_clear(&draft);
}

static void add_section(struct conversion *conversion, const struct section *section) {
  if (section->fingerprints == NULL || *section->fingerprints == '\0')
    return;
  if (section->addresses == NULL || *section->addresses == '\0') {
    add_host(conversion, section, section->host != NULL ? section->host : conversion->host, section->port);
    return;
  }
  AUTO_TEXT copy = must_copy(section->addresses);
  char *rest = NULL;
  for (char *host = strtok_r(copy, ", ", &rest); host != NULL; host = strtok_r(NULL, ", ", &rest)) {
    uint16_t port = 0;
    char *slash = strrchr(host, '/');
    if (slash != NULL && port_read(slash + 1, &port))
      *slash = '\0';
    add_host(conversion, section, host, port);
  }
}

/* Cuts a line into its first word and the rest, both without blanks around them and quotes. */
static char *cut(char *line) {
  size_t length = strcspn(line, " \t=");
  char *value = line + length + strspn(line + length, " \t=");
  line[length] = '\0';
  size_t end = strlen(value);
  while (end > 0 && isspace((unsigned char)value[end - 1]))
    value[--end] = '\0';
  if (end >= 2 && *value == '"' && value[end - 1] == '"') {
    value[end - 1] = '\0';
    value++;
  }
  return value;
}

typedef void setting_fn(struct sections *sections, const char *name, char *value, unsigned line);

static void read_lines(struct conversion *conversion, struct sections *sections, setting_fn *take) {
  AUTO_TEXT text = must_copy(conversion->text);
  char *rest = text;
  unsigned number = 0;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
    number++;
    line += strspn(line, " \t");
    if (*line != '\0' && *line != '#') {
      char *value = cut(line);
      take(sections, line, value, number);
    }
  }
  for (size_t i = 0; i < sections->count; i++) {
    /* What holds for all accounts is no account. */
    bool is_defaults = *sections->items[i].name == '\0' && sections->items[i].host == NULL;
    if (!is_defaults || sections->count == 1)
      add_section(conversion, &sections->items[i]);
  }
  sections_clear(sections);
}

/* ---- msmtp ---- */

#define DEFAULTS ""

/* "account NAME" or "account NAME : OTHER, ..."; what "defaults" says holds for all behind it. */
static void begin_account(struct sections *sections, char *value) {
  char *colon = strchr(value, ':');
  const char *other = colon == NULL ? DEFAULTS : colon + 1 + strspn(colon + 1, " \t");
  AUTO_TEXT like = must_copy_bytes(other, strcspn(other, " \t,"));
  value[strcspn(value, " \t:")] = '\0';
  section_add(sections, value, section_find(sections, like));
}

/* They may come again, behind an account. */
static void begin_defaults(struct sections *sections) {
  struct section *defaults = section_find(sections, DEFAULTS);
  if (defaults == NULL)
    section_add(sections, DEFAULTS, NULL);
  else
    sections->current = (size_t)(defaults - sections->items);
}

static void take_msmtp(struct sections *sections, const char *name, char *value, unsigned line) {
  if (strcmp(name, "account") == 0)
    begin_account(sections, value);
  else if (strcmp(name, "defaults") == 0 || sections->count == 0)
    begin_defaults(sections);
  struct section *last = &sections->items[sections->current];
  if (strcmp(name, "host") == 0) {
    set(&last->host, value);
  } else if (strcmp(name, "port") == 0) {
    port_read(value, &last->port);
  } else if (strcmp(name, "tls_fingerprint") == 0) {
    set(&last->fingerprints, value);
    last->line = line;
  }
}

static void read_msmtp(struct conversion *conversion) {
  struct sections sections = {0};
  read_lines(conversion, &sections, take_msmtp);
}

const struct format format_msmtp = {
    .name = "msmtp",
    .title = "msmtp's tls_fingerprint, by accounts",
    .mark = "tls_fingerprint\nhost\taccount\naccount\tdefaults\tfrom",
    .holds = HOLDS_HOSTS | HOLDS_ADDRESSES | HOLDS_PORTS | HOLDS_EVERY_PORT | HOLDS_FINGERPRINTS,
    .names_some_hosts = true,
    .read = read_msmtp,
};

/* ---- WeeChat ---- */

/* "libera.tls_fingerprint" in irc.conf, "irc.server.libera.tls_fingerprint" behind "/set". */
static void take_weechat(struct sections *sections, const char *name, char *value, unsigned line) {
  if (strcmp(name, "/set") == 0 || strcmp(name, "set") == 0) {
    name = value;
    value = cut(value);
  }
  const char *key = strrchr(name, '.');
  if (key == NULL)
    return;
  static const char prefix[] = "irc.server.";
  const char *start = strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name;
  if (start > key)
    return;
  AUTO_TEXT server = must_copy_bytes(start, (size_t)(key - start));
  struct section *section = section_find(sections, server);
  if (section == NULL)
    section = section_add(sections, server, NULL);
  if (strcmp(key, ".addresses") == 0) {
    set(&section->addresses, value);
  } else if (strcmp(key, ".tls_fingerprint") == 0 || strcmp(key, ".ssl_fingerprint") == 0) {
    set(&section->fingerprints, value);
    section->line = line;
  }
}

static void read_weechat(struct conversion *conversion) {
  struct sections sections = {0};
  read_lines(conversion, &sections, take_weechat);
}

const struct format format_weechat = {
    .name = "weechat",
    .title = "WeeChat's irc.conf, or /set commands",
    .mark = ".tls_fingerprint\t.ssl_fingerprint\n.addresses\tirc.server.",
    .holds = HOLDS_HOSTS | HOLDS_ADDRESSES | HOLDS_PORTS | HOLDS_EVERY_PORT | HOLDS_FINGERPRINTS,
    .names_some_hosts = true,
    .read = read_weechat,
};
