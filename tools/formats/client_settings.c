/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads fingerprints of certificates in the settings of clients: msmtp's tls_fingerprint, by accounts, and
 * WeeChat's irc.server.NAME.tls_fingerprint.
 */
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/words.h"

/* What an account or a server may set. */
enum setting { HOST, TLS_NAME, ADDRESSES, TLS, CHECKS, FINGERPRINTS, SETTING_COUNT };

/* One account or server. */
struct section {
  const char *name;
  char *values[SETTING_COUNT]; /* parts of the text; NULL: not set */
  bool is_own[SETTING_COUNT];  /* set in the section itself, not inherited */
  uint16_t port;
  unsigned line; /* of the fingerprints */
};

struct sections {
  struct conversion *conversion;
  const char *const *keys; /* the names of each setting, separated by blanks */
  struct section *items;
  size_t count;
  struct names names;
  size_t current;   /* the section that the next setting belongs to */
  bool in_defaults; /* within WeeChat's [server_default] */
};

/* Returns NULL if there is none of this name. */
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

/* Adds an entry for "NAME/PORT" or "NAME". Cuts the text. */
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
  char *const *values = section->values;
  const char *own = values[TLS_NAME] != NULL ? values[TLS_NAME] : values[HOST];
  AUTO_DRAFT draft = DRAFT_AT(own != NULL ? own : conversion->host, section->line);
  draft.port = section->port;
  if (!is_set(values[FINGERPRINTS]))
    return;
  take_fingerprints(conversion, values[FINGERPRINTS], &draft);
  char *rest = values[ADDRESSES];
  if (is_off(values[CHECKS]) && !is_off(values[TLS]))
    convert_only_logs(conversion, &draft, rest == NULL ? "tls_certcheck off" : "tls_verify off");
  if (is_off(values[TLS]))
    convert_note(conversion, section->line,
                 "this fingerprint stands beside \"tls off\" and has no effect; left out");
  else if (!is_set(rest))
    conversion_add_named(conversion, &draft);
  else
    for (char *host; (host = next_word(&rest, ", ")) != NULL;)
      add_address(conversion, &draft, host);
}

/* Cuts a line behind its first word and returns the rest, without blanks and quotes around it. */
static char *cut_value(char *line) {
  char *value = trim(cut_word(line, " \t="));
  size_t end = strlen(value);
  if (end >= 2 && *value == '"' && value[end - 1] == '"') {
    value[end - 1] = '\0';
    value++;
  }
  return value;
}

#define DEFAULTS ""

/* Copies what another section sets; overrides: also where the section has a value already. */
static void inherit(struct section *section, const struct section *other, bool overrides) {
  for (int i = 0; i < SETTING_COUNT; i++) {
    if (other->values[i] == NULL || (section->values[i] != NULL && !overrides))
      continue;
    section->values[i] = other->values[i];
    section->line = i == FINGERPRINTS ? other->line : section->line;
  }
  if (other->port != 0 && overrides)
    section->port = other->port;
}

/* A server of WeeChat inherits what it does not set itself. An account of msmtp inherits where it
 * begins. */
static void inherit_defaults(struct sections *sections) {
  const struct section *defaults = section_find(sections, DEFAULTS);
  for (size_t i = 0; i < sections->count && defaults != NULL; i++)
    if (sections->items[i].values[ADDRESSES] != NULL)
      inherit(&sections->items[i], defaults, false);
}

typedef void setting_fn(struct sections *sections, char *name, char *value, unsigned line);

static void read_lines(struct conversion *conversion, const char *const *keys, setting_fn *take) {
  struct sections sections = {.conversion = conversion, .keys = keys};
  struct lines lines = lines_of(conversion->text);
  for (char *line; (line = lines_next(&lines)) != NULL;) {
    char *value = cut_value(line);
    take(&sections, line, value, lines.number);
  }
  inherit_defaults(&sections);
  for (size_t i = 0; i < sections.count; i++) {
    /* The defaults are not an account. */
    bool is_defaults = *sections.items[i].name == '\0' && sections.items[i].values[HOST] == NULL;
    if (!is_defaults || sections.count == 1)
      add_section(conversion, &sections.items[i]);
  }
  free(sections.items);
  names_clear(&sections.names);
  lines_clear(&lines);
}

/* Makes this section the current one; adds it if it is new. */
static struct section *section_enter(struct sections *sections, const char *name) {
  struct section *section = section_find(sections, name);
  if (section == NULL)
    return section_add(sections, name);
  sections->current = (size_t)(section - sections->items);
  return section;
}

/* The setting that a key names; SETTING_COUNT: none. */
static enum setting setting_of(const struct sections *sections, const char *key) {
  int setting = 0;
  while (setting < SETTING_COUNT &&
         (sections->keys[setting] == NULL || !is_one_of(key, sections->keys[setting])))
    setting++;
  return (enum setting)setting;
}

/* Sets a value in the current section. The programs use the last of several. */
static void put_setting(struct sections *sections, enum setting setting, char *value, unsigned line) {
  struct section *section = &sections->items[sections->current];
  const char *earlier = section->is_own[setting] ? section->values[setting] : NULL;
  AUTO_DRAFT passed = DRAFT_AT(NULL, section->line);
  bool differs = value == NULL || (earlier != NULL && strcmp(earlier, value) != 0);
  if (setting == HOST && earlier != NULL && differs)
    convert_loss(sections->conversion, line,
                 "host %s: the account has the host %s already; the last is taken", value, earlier);
  if (setting == FINGERPRINTS && is_set(earlier) && differs) {
    convert_note(sections->conversion, section->line,
                 is_set(value) ? "a fingerprint is given again in line %u, which is taken"
                               : "the fingerprint is taken back in line %u",
                 line);
    take_fingerprints(sections->conversion, earlier, &passed);
  }
  section->values[setting] = value;
  section->is_own[setting] = true;
  section->line = setting == FINGERPRINTS ? line : section->line;
}

/* ---- msmtp ---- */

static const char *const msmtp_keys[SETTING_COUNT] = {[HOST] = "host",
                                                      [TLS_NAME] = "tls_host_override",
                                                      [TLS] = "tls",
                                                      [CHECKS] = "tls_certcheck",
                                                      [FINGERPRINTS] = "tls_fingerprint"};

/* "account NAME" or "account NAME : OTHER, ...": inherits from the others in that order, or from the
 * defaults that stand above it. */
static void begin_account(struct sections *sections, char *value, unsigned line) {
  char *others = strchr(value, ':');
  if (others != NULL)
    *others++ = '\0';
  value[strcspn(value, " \t")] = '\0';
  section_add(sections, value);
  const struct section *defaults = section_find(sections, DEFAULTS);
  if (defaults != NULL && others == NULL)
    inherit(&sections->items[sections->current], defaults, true);
  for (const char *name; (name = next_word(&others, ", \t")) != NULL;) {
    const struct section *other = section_find(sections, name);
    if (other != NULL)
      inherit(&sections->items[sections->current], other, true);
    else
      convert_loss(sections->conversion, line, "account %s: no account \"%s\" stands above it", value, name);
  }
}

static void take_msmtp(struct sections *sections, char *key, char *value, unsigned line) {
  enum setting setting = setting_of(sections, key);
  bool is_port = strcmp(key, "port") == 0;
  if (is_port || (setting != SETTING_COUNT && setting != FINGERPRINTS))
    import_cut_comment(sections->conversion, value, line);
  if (strcmp(key, "account") == 0)
    begin_account(sections, value, line);
  else if (strcmp(key, "defaults") == 0 || sections->count == 0)
    section_enter(sections, DEFAULTS);
  if (is_port && !port_read(value, &sections->items[sections->current].port))
    convert_loss(sections->conversion, line, "port %s: expected a number up to 65535", value);
  if (setting != SETTING_COUNT)
    put_setting(sections, setting, value, line);
}

static void read_msmtp(struct conversion *conversion) {
  read_lines(conversion, msmtp_keys, take_msmtp);
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

static const char *const weechat_keys[SETTING_COUNT] = {[ADDRESSES] = "addresses",
                                                        [TLS] = "tls ssl",
                                                        [CHECKS] = "tls_verify ssl_verify",
                                                        [FINGERPRINTS] = "tls_fingerprint ssl_fingerprint"};

/* "add NAME ADDRESS -OPTION...": "-tls", "-notls", "-tls_fingerprint=VALUE" */
static void add_server(struct sections *sections, char *words, unsigned line) {
  static char on[] = "on", off[] = "off";
  const char *verb = next_word(&words, " \t"), *name = next_word(&words, " \t");
  char *address = next_word(&words, " \t");
  if (verb == NULL || !is_one_of(verb, "add addreplace") || address == NULL)
    return;
  section_enter(sections, name);
  put_setting(sections, ADDRESSES, address, line);
  for (char *option; (option = next_word(&words, " \t")) != NULL;) {
    char *equals = strchr(option, '=');
    bool has_value = equals != NULL, is_no = strncmp(option, "-no", 3) == 0;
    char *value = has_value ? equals + 1 : is_no ? off : on;
    if (*option != '-')
      continue;
    if (has_value)
      *equals = '\0';
    enum setting setting = setting_of(sections, option + (is_no ? 3 : 1));
    if (has_value ? setting == FINGERPRINTS && !is_no : setting == TLS || setting == CHECKS)
      put_setting(sections, setting, value, line);
  }
}

/* One setting: "libera.tls_fingerprint" in irc.conf, "irc.server.libera.tls_fingerprint" behind
 * "/set". For all servers: "tls_fingerprint" in [server_default], or
 * "irc.server_default.tls_fingerprint". */
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
    value = cut_value(value);
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
  /* An empty value without quotes, or null, sets nothing; in quotes it is a value of its own. */
  if ((*value == '\0' && value[-1] != '"') || strcmp(value, "null") == 0)
    value = NULL;
  enum setting setting = setting_of(sections, key);
  if (setting == SETTING_COUNT)
    return;
  section_enter(sections, server);
  put_setting(sections, setting, value, line);
}

static void read_weechat(struct conversion *conversion) {
  read_lines(conversion, weechat_keys, take_weechat);
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
