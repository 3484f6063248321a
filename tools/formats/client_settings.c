/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Fingerprints of certificates in the settings of clients: msmtp's tls_fingerprint, by accounts, and
 * WeeChat's irc.server.NAME.tls_fingerprint.
 */
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/lines.h"
#include "formats/names.h"

/* What one account or server says; the texts are parts of the conversion's. */
struct section {
  const char *name;
  const char *host, *own_host; /* what it says itself, not one that it inherits from */
  const char *tls_name;        /* by which a server is asked for, in place of the host */
  char *addresses;             /* of WeeChat, in place of the host: "NAME/PORT,NAME/PORT" */
  const char *tls, *checks;    /* "on" or "off"; NULL: not set */
  char *fingerprints;          /* NULL: none */
  uint16_t port;
  unsigned line; /* of the fingerprints */
  bool is_own;   /* they stand in the section itself, not in one that it inherits from */
};

struct sections {
  struct conversion *conversion;
  struct section *items;
  size_t count;
  struct names names;
  size_t current;   /* the one that msmtp's settings belong to */
  bool in_defaults; /* within WeeChat's [server_default] */
};

/* NULL: there is none of this name. */
static struct section *section_find(const struct sections *sections, const char *name) {
  size_t number = names_find(&sections->names, name);
  return number == NAMES_NONE ? NULL : &sections->items[number];
}

static struct section *section_add(struct sections *sections, const char *name) {
  sections->items = must_room(sections->items, sections->count, sizeof *sections->items);
  sections->items[sections->count] = (struct section){.name = name};
  names_add(&sections->names, name, sections->count);
  sections->current = sections->count;
  return &sections->items[sections->count++];
}

/* "NAME/PORT", or a name alone. Cuts the text. */
static void add_address(struct conversion *conversion, const struct draft *fingerprints, char *address) {
  struct draft draft = *fingerprints;
  char *slash = strrchr(address, '/');
  if (slash != NULL && port_read(slash + 1, &draft.port))
    *slash = '\0';
  draft.name = address;
  conversion_add_named(conversion, &draft);
}

static void take_fingerprints(struct conversion *conversion, const char *value, struct draft *draft) {
  AUTO_TEXT copy = must_copy(value);
  char *rest = copy;
  import_cut_comment(conversion, copy, draft->line);
  for (const char *word; (word = next_word(&rest, ", \t")) != NULL;)
    convert_fingerprint(conversion, draft, PIN_LIST_FINGERPRINTS, word);
}

static bool is_set(const char *value) {
  return value != NULL && *value != '\0';
}

static bool is_off(const char *value) {
  return value != NULL && strcmp(value, "off") == 0;
}

static void add_section(struct conversion *conversion, const struct section *section) {
  const char *own = section->tls_name != NULL ? section->tls_name : section->host;
  AUTO_DRAFT draft = DRAFT_AT(own != NULL ? own : conversion->host, section->line);
  draft.port = section->port;
  if (!is_set(section->fingerprints))
    return;
  take_fingerprints(conversion, section->fingerprints, &draft);
  char *rest = section->addresses;
  if (is_off(section->checks) && !is_off(section->tls))
    convert_only_logs(conversion, &draft,
                      section->addresses == NULL ? "tls_certcheck off" : "tls_verify off");
  if (is_off(section->tls))
    convert_note(conversion, section->line,
                 "this fingerprint stands beside \"tls off\", and says nothing; left out");
  else if (!is_set(rest))
    conversion_add_named(conversion, &draft);
  else
    for (char *host; (host = next_word(&rest, ", ")) != NULL;)
      add_address(conversion, &draft, host);
}

/* Cuts a line into its first word and the rest, both without blanks around them and quotes. */
static char *cut(char *line) {
  char *value = trim(cut_word(line, " \t="));
  size_t end = strlen(value);
  if (end >= 2 && *value == '"' && value[end - 1] == '"') {
    value[end - 1] = '\0';
    value++;
  }
  return value;
}

#define DEFAULTS ""

/* What a server of WeeChat does not say; msmtp's accounts have it from where they begin. */
static void inherit_defaults(struct sections *sections) {
  const struct section *defaults = section_find(sections, DEFAULTS);
  for (size_t i = 0; i < sections->count && defaults != NULL; i++) {
    struct section *section = &sections->items[i];
    if (section->addresses == NULL)
      continue;
    section->tls = section->tls == NULL ? defaults->tls : section->tls;
    section->checks = section->checks == NULL ? defaults->checks : section->checks;
    if (section->fingerprints != NULL)
      continue;
    section->fingerprints = defaults->fingerprints;
    section->line = defaults->line;
  }
}

typedef void setting_fn(struct sections *sections, char *name, char *value, unsigned line);

static void read_lines(struct conversion *conversion, setting_fn *take) {
  struct sections sections = {.conversion = conversion};
  struct lines lines = lines_of(conversion->text);
  for (char *line; (line = lines_next(&lines)) != NULL;) {
    char *value = cut(line);
    take(&sections, line, value, lines.number);
  }
  inherit_defaults(&sections);
  for (size_t i = 0; i < sections.count; i++) {
    /* What holds for all accounts is no account. */
    bool is_defaults = *sections.items[i].name == '\0' && sections.items[i].host == NULL;
    if (!is_defaults || sections.count == 1)
      add_section(conversion, &sections.items[i]);
  }
  free(sections.items);
  names_clear(&sections.names);
  lines_clear(&lines);
}

/* Fingerprints of the current section; of several that it has itself programs take the last. */
static void set(struct sections *sections, char *value, unsigned line) {
  struct section *section = &sections->items[sections->current];
  AUTO_DRAFT passed = DRAFT_AT(NULL, section->line);
  if (section->is_own && is_set(section->fingerprints) &&
      (value == NULL || strcmp(section->fingerprints, value) != 0)) {
    convert_note(sections->conversion, section->line,
                 is_set(value) ? "a fingerprint is given again in line %u, which is taken"
                               : "the fingerprint is taken back in line %u",
                 line);
    take_fingerprints(sections->conversion, section->fingerprints, &passed);
  }
  section->fingerprints = value;
  section->line = line;
  section->is_own = true;
}

/* ---- msmtp ---- */

/* What another account says, where it says it. */
static void inherit(struct section *account, const struct section *other) {
  account->host = other->host != NULL ? other->host : account->host;
  account->tls_name = other->tls_name != NULL ? other->tls_name : account->tls_name;
  account->port = other->port != 0 ? other->port : account->port;
  account->tls = other->tls != NULL ? other->tls : account->tls;
  account->checks = other->checks != NULL ? other->checks : account->checks;
  if (other->fingerprints == NULL)
    return;
  account->fingerprints = other->fingerprints;
  account->line = other->line;
}

/* "account NAME" or "account NAME : OTHER, ...", in that order;
 * what "defaults" says holds for all behind it. */
static void begin_account(struct sections *sections, char *value, unsigned line) {
  char *others = strchr(value, ':');
  if (others != NULL)
    *others++ = '\0';
  value[strcspn(value, " \t")] = '\0';
  section_add(sections, value);
  const struct section *defaults = section_find(sections, DEFAULTS);
  if (defaults != NULL && others == NULL)
    inherit(&sections->items[sections->current], defaults);
  for (const char *name; (name = next_word(&others, ", \t")) != NULL;) {
    const struct section *other = section_find(sections, name);
    if (other != NULL)
      inherit(&sections->items[sections->current], other);
    else
      convert_loss(sections->conversion, line, "account %s: no account \"%s\" stands above it", value, name);
  }
}

/* They may come again, behind an account. */
static void begin_defaults(struct sections *sections) {
  const struct section *defaults = section_find(sections, DEFAULTS);
  if (defaults == NULL)
    section_add(sections, DEFAULTS);
  else
    sections->current = (size_t)(defaults - sections->items);
}

static void take_msmtp(struct sections *sections, char *name, char *value, unsigned line) {
  if (is_one_of(name, "host port tls tls_certcheck tls_host_override"))
    import_cut_comment(sections->conversion, value, line);
  if (strcmp(name, "account") == 0)
    begin_account(sections, value, line);
  else if (strcmp(name, "defaults") == 0 || sections->count == 0)
    begin_defaults(sections);
  struct section *last = &sections->items[sections->current];
  if (strcmp(name, "tls_host_override") == 0) {
    last->tls_name = value;
  } else if (strcmp(name, "host") == 0) {
    if (last->own_host != NULL && strcmp(last->own_host, value) != 0)
      convert_loss(sections->conversion, line,
                   "host %s: the account has the host %s already; the last is taken", value, last->own_host);
    last->own_host = last->host = value;
  } else if (strcmp(name, "port") == 0 && !port_read(value, &last->port)) {
    convert_loss(sections->conversion, line, "port %s: expected a number up to 65535", value);
  } else if (strcmp(name, "tls") == 0) {
    last->tls = value;
  } else if (strcmp(name, "tls_certcheck") == 0) {
    last->checks = value;
  } else if (strcmp(name, "tls_fingerprint") == 0) {
    set(sections, value, line);
  }
}

static void read_msmtp(struct conversion *conversion) {
  read_lines(conversion, take_msmtp);
}

const struct format format_msmtp = {
    .name = "msmtp",
    .comments = COMMENTS_HASH_LINE,
    .spelling = SPELLED_IN_HEX,
    .title = "msmtp's tls_fingerprint, by accounts",
    .mark = "tls_fingerprint\nhost\taccount\naccount\tdefaults\tfrom",
    .holds = HOLDS_HOSTS | HOLDS_ADDRESSES | HOLDS_PORTS | HOLDS_EVERY_PORT | HOLDS_FINGERPRINTS,
    .names_some_hosts = true,
    .read = read_msmtp,
};

/* ---- WeeChat ---- */

/* The current section from now on. */
static struct section *server_of(struct sections *sections, const char *name) {
  struct section *section = section_find(sections, name);
  if (section == NULL)
    return section_add(sections, name);
  sections->current = (size_t)(section - sections->items);
  return section;
}

/* "add NAME ADDRESS -OPTION..." */
static void add_server(struct sections *sections, char *words, unsigned line) {
  const char *verb = next_word(&words, " \t"), *name = next_word(&words, " \t");
  char *address = next_word(&words, " \t");
  if (verb == NULL || !is_one_of(verb, "add addreplace") || address == NULL)
    return;
  struct section *section = server_of(sections, name);
  section->addresses = address;
  for (char *option; (option = next_word(&words, " \t")) != NULL;)
    if (strncmp(option + 1, "tls_fingerprint=", 16) == 0 || strncmp(option + 1, "ssl_fingerprint=", 16) == 0)
      set(sections, option + 17, line);
    else if (is_one_of(option, "-tls -ssl -notls -nossl"))
      section->tls = option[1] == 'n' ? "off" : "on";
    else if (is_one_of(option, "-tls_verify -ssl_verify -notls_verify -nossl_verify"))
      section->checks = option[1] == 'n' ? "off" : "on";
}

/* "libera.tls_fingerprint" in irc.conf, "irc.server.libera.tls_fingerprint" behind "/set"; for all servers
 * "tls_fingerprint" in [server_default], "irc.server_default.tls_fingerprint". */
static void take_weechat(struct sections *sections, char *name, char *value, unsigned line) {
  static const char prefix[] = "irc.server.", prefix_of_all[] = "irc.server_default.";
  if (*name == '[')
    sections->in_defaults = strcmp(name, "[server_default]") == 0;
  if (strcmp(name, "/server") == 0) {
    add_server(sections, value, line);
    return;
  }
  if (strcmp(name, "/set") == 0 || strcmp(name, "set") == 0) {
    name = value;
    value = cut(value);
  } else if (strcmp(name, "/unset") == 0) {
    name = value;
    value = value + strlen(value);
  }
  char *key = strrchr(name, '.');
  const char *server = strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name;
  if (key == NULL ? sections->in_defaults : strncmp(name, prefix_of_all, strlen(prefix_of_all)) == 0)
    server = DEFAULTS;
  else if (key == NULL || server > key)
    return;
  if (key == NULL)
    key = name;
  else
    *key++ = '\0';
  /* Without quotes it stands for no value of its own, in them for none at all. */
  if ((*value == '\0' && value[-1] != '"') || strcmp(value, "null") == 0)
    value = NULL;
  if (!is_one_of(key, "addresses tls ssl tls_verify ssl_verify tls_fingerprint ssl_fingerprint"))
    return;
  struct section *section = server_of(sections, server);
  if (strcmp(key, "addresses") == 0)
    section->addresses = value;
  else if (strlen(key) == strlen("tls"))
    section->tls = value;
  else if (strlen(key) == strlen("tls_verify"))
    section->checks = value;
  else
    set(sections, value, line);
}

static void read_weechat(struct conversion *conversion) {
  read_lines(conversion, take_weechat);
}

const struct format format_weechat = {
    .name = "weechat",
    .comments = COMMENTS_HASH_LINE,
    .spelling = SPELLED_IN_HEX,
    .title = "WeeChat's irc.conf, or /set commands",
    .mark = ".tls_fingerprint\t.ssl_fingerprint\n.addresses\tirc.server.",
    .holds = HOLDS_HOSTS | HOLDS_ADDRESSES | HOLDS_PORTS | HOLDS_EVERY_PORT | HOLDS_FINGERPRINTS,
    .names_some_hosts = true,
    .read = read_weechat,
};
