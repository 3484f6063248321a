/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The simplest reader of a policy: libconfig's tree of the whole text, and only the first mistake. */
#include <libconfig.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "canonical_name.h"
#include "date.h"
#include "fuzz.h"
#include "policy_dump.h"

#define MOST_ENTRIES 256
#define MOST_DIGESTS 1024
#define MOST_PORTS 1024

static const char *refusal;

const char *reference_refusal(void) {
  return refusal;
}

static bool refuse(const char *why) {
  refusal = why;
  return false;
}

struct digests {
  struct pin_digest digests[MOST_DIGESTS];
  uint32_t count;
};

struct ports {
  uint16_t ports[MOST_PORTS];
  uint32_t count;
};

struct seen_entry {
  char *name;
  struct ports ports;
};

/* Static, because it is too large for a stack. */
struct reference {
  const config_setting_t *pinsets; /* NULL: none */
  enum pin_mode mode;
  bool ignores_certificate_names;
  uint8_t unlisted;
  struct digests blocked_keys, exempt_anchors, lists[PIN_LIST_COUNT];
  struct seen_entry entries[MOST_ENTRIES];
  size_t entry_count;
  struct dump dump;
};

static const char *const mode_words[] = {"enforce", "audit", "off", NULL};
static const char *const require_words[] = {"any", "all", NULL};
static const char *const on_expiry_words[] = {"audit", "enforce", NULL};
static const char *const certificate_names_words[] = {"count", "ignore", NULL};
static const char *const unlisted_words[] = {"ignore", "observe", "refuse", NULL};

static bool read_string(const config_setting_t *setting, const char **ret_text) {
  *ret_text = config_setting_get_string(setting);
  return (*ret_text != NULL && (*ret_text)[0] != '\0') || refuse("no string, or an empty one");
}

static bool read_word(const config_setting_t *setting, const char *const words[], int *ret_word) {
  const char *text;
  if (!read_string(setting, &text))
    return false;
  for (*ret_word = 0; words[*ret_word] != NULL; ++*ret_word)
    if (strcmp(words[*ret_word], text) == 0)
      return true;
  return refuse("an unknown word");
}

static bool is_filled_list(const config_setting_t *setting) {
  return ((config_setting_is_list(setting) || config_setting_is_array(setting)) &&
          config_setting_length(setting) > 0) ||
         refuse("no list, or an empty one");
}

/* config_setting_get_member reads "a.b" and "a:b" as paths. */
static const config_setting_t *member(const config_setting_t *group, const char *name) {
  for (unsigned i = 0; group != NULL && i < (unsigned)config_setting_length(group); i++) {
    const config_setting_t *setting = config_setting_get_elem(group, i);
    if (strcmp(config_setting_name(setting), name) == 0)
      return setting;
  }
  return NULL;
}

static bool read_digests(const struct reference *reference, const config_setting_t *setting, bool in_pinset,
                         struct digests *digests) {
  const char *text;
  if (!is_filled_list(setting))
    return false;
  for (unsigned i = 0; i < (unsigned)config_setting_length(setting); i++) {
    if (!read_string(config_setting_get_elem(setting, i), &text))
      return false;
    MUST(digests->count < MOST_DIGESTS);
    if (text[0] != '@') {
      if (!pin_digest_parse(text, strlen(text), &digests->digests[digests->count++]))
        return refuse("a bad digest");
      continue;
    }
    const config_setting_t *pinset = member(reference->pinsets, text + 1);
    if (in_pinset || pinset == NULL)
      return refuse("a pin set in a pin set, or an unknown one");
    if (!read_digests(reference, pinset, true, digests))
      return false;
  }
  return true;
}

static bool read_pinsets(const struct reference *reference) {
  struct digests digests;
  for (unsigned i = 0; reference->pinsets != NULL && i < (unsigned)config_setting_length(reference->pinsets);
       i++) {
    digests.count = 0;
    if (!read_digests(reference, config_setting_get_elem(reference->pinsets, i), true, &digests))
      return false;
  }
  return true;
}

static int compare_ports(const void *a, const void *b) {
  return *(const uint16_t *)a - *(const uint16_t *)b;
}

static bool read_ports(const config_setting_t *setting, struct ports *ret_ports) {
  ret_ports->count = 0;
  if (!is_filled_list(setting))
    return false;
  for (unsigned i = 0; i < (unsigned)config_setting_length(setting); i++) {
    const config_setting_t *element = config_setting_get_elem(setting, i);
    int port = config_setting_get_int(element);
    if (config_setting_type(element) != CONFIG_TYPE_INT || port < 1 || port > 65535)
      return refuse("a bad port");
    MUST(ret_ports->count < MOST_PORTS);
    ret_ports->ports[ret_ports->count++] = (uint16_t)port;
  }
  qsort(ret_ports->ports, ret_ports->count, sizeof ret_ports->ports[0], compare_ports);
  for (uint32_t i = 1; i < ret_ports->count; i++)
    if (ret_ports->ports[i - 1] == ret_ports->ports[i])
      return refuse("a port twice");
  return true;
}

static bool overlap(const struct ports *a, const struct ports *b) {
  /* No ports: every port. */
  if (a->count == 0 || b->count == 0)
    return true;
  for (uint32_t i = 0; i < a->count; i++)
    if (bsearch(&a->ports[i], b->ports, b->count, sizeof b->ports[0], compare_ports) != NULL)
      return true;
  return false;
}

/* Takes ownership of the name. */
static bool remember(struct reference *reference, char *name, const struct ports *ports) {
  MUST(reference->entry_count < MOST_ENTRIES);
  struct seen_entry *seen = &reference->entries[reference->entry_count++];
  seen->name = name;
  seen->ports = *ports;
  for (const struct seen_entry *earlier = reference->entries; earlier < seen; earlier++)
    if (strcmp(earlier->name, name) == 0 && overlap(&earlier->ports, ports))
      return refuse("two entries for one name and port");
  return true;
}

/* The entry whose settings are being read. */
struct draft {
  struct reference *reference;
  struct pin_entry entry;
  struct ports ports;
  char *name;
  bool has_list;
};

static bool read_list_setting(struct draft *draft, const config_setting_t *setting, const char *name) {
  for (int i = 0; i < PIN_LIST_COUNT; i++) {
    if (strcmp(name, pin_list_name((enum pin_list)i)) != 0)
      continue;
    draft->has_list = true;
    return read_digests(draft->reference, setting, false, &draft->reference->lists[i]);
  }
  return refuse("an unknown setting of an entry");
}

static bool read_name(struct draft *draft, const config_setting_t *setting) {
  const char *text, *why;
  return read_string(setting, &text) &&
         (pin_name_canonical(text, &draft->name, &why) == PIN_OK || refuse("a bad name"));
}

static bool read_date(struct draft *draft, const config_setting_t *setting) {
  const char *text;
  return read_string(setting, &text) && (pin_date_parse(text, &draft->entry.expires) || refuse("a bad date"));
}

static bool read_comment(struct draft *draft, const config_setting_t *setting) {
  draft->entry.comment = config_setting_get_string(setting);
  return draft->entry.comment != NULL || refuse("a comment that is no string");
}

static bool read_subdomains(struct draft *draft, const config_setting_t *setting) {
  draft->entry.include_subdomains = config_setting_get_bool(setting) != 0;
  return config_setting_type(setting) == CONFIG_TYPE_BOOL || refuse("no boolean");
}

static bool read_words(struct draft *draft, const config_setting_t *setting, const char *name) {
  int word = 0;
  if (strcmp(name, "mode") == 0) {
    if (!read_word(setting, mode_words, &word))
      return false;
    draft->entry.mode_is_default = false;
    draft->entry.mode = (enum pin_mode)word;
  } else if (strcmp(name, "require") == 0) {
    if (!read_word(setting, require_words, &word))
      return false;
    draft->entry.require = (enum pin_require)word;
  } else {
    if (!read_word(setting, on_expiry_words, &word))
      return false;
    draft->entry.on_expiry = (enum pin_on_expiry)word;
  }
  return true;
}

static bool read_entry_setting(struct draft *draft, const config_setting_t *setting) {
  const char *name = config_setting_name(setting);
  if (strcmp(name, "name") == 0)
    return read_name(draft, setting);
  if (strcmp(name, "include_subdomains") == 0)
    return read_subdomains(draft, setting);
  if (strcmp(name, "ports") == 0)
    return read_ports(setting, &draft->ports);
  if (strcmp(name, "mode") == 0 || strcmp(name, "require") == 0 || strcmp(name, "on_expiry") == 0)
    return read_words(draft, setting, name);
  if (strcmp(name, "expires") == 0)
    return read_date(draft, setting);
  if (strcmp(name, "comment") == 0)
    return read_comment(draft, setting);
  return read_list_setting(draft, setting, name);
}

static bool is_whole(struct draft *draft) {
  if (draft->name == NULL)
    return refuse("an entry without a name");
  draft->entry.kind = pin_name_kind_of(draft->name);
  if (draft->entry.include_subdomains && draft->entry.kind != PIN_NAME_HOST)
    return refuse("subdomains of what has none");
  return draft->has_list || draft->entry.mode == PIN_MODE_OFF || refuse("an entry without keys");
}

static bool take_entry(struct draft *draft) {
  struct reference *reference = draft->reference;
  draft->entry.name = draft->name;
  draft->entry.ports = draft->ports.ports;
  draft->entry.port_count = draft->ports.count;
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    draft->entry.lists[i] =
        (struct pin_digest_list){.digests = reference->lists[i].digests, .count = reference->lists[i].count};
  dump_add_entry(&reference->dump, &draft->entry);
  char *name = draft->name;
  draft->name = NULL;
  return remember(reference, name, &draft->ports);
}

static bool read_entry(struct reference *reference, const config_setting_t *group) {
  struct draft draft = {
      .reference = reference,
      .entry = {.mode = reference->mode, .mode_is_default = true, .expires = PIN_NEVER, .comment = ""}};
  bool good = config_setting_is_group(group) || refuse("an entry that is no group");
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    reference->lists[i].count = 0;
  for (unsigned i = 0; good && i < (unsigned)config_setting_length(group); i++)
    good = read_entry_setting(&draft, config_setting_get_elem(group, i));
  good = good && is_whole(&draft) && take_entry(&draft);
  free(draft.name);
  return good;
}

/* All settings except `hosts`, which needs them. */
static bool read_settings(struct reference *reference, const config_setting_t *root) {
  bool has_version = false;
  for (unsigned i = 0; i < (unsigned)config_setting_length(root); i++) {
    const config_setting_t *setting = config_setting_get_elem(root, i);
    const char *name = config_setting_name(setting);
    int word = 0;
    bool good = true;
    if (strcmp(name, "version") == 0) {
      has_version = true;
      good = (config_setting_type(setting) == CONFIG_TYPE_INT && config_setting_get_int(setting) == 1) ||
             refuse("an unknown version");
    } else if (strcmp(name, "mode") == 0) {
      good = read_word(setting, mode_words, &word);
      reference->mode = (enum pin_mode)word;
    } else if (strcmp(name, "certificate_names") == 0) {
      good = read_word(setting, certificate_names_words, &word);
      reference->ignores_certificate_names = word == 1;
    } else if (strcmp(name, "unlisted") == 0) {
      good = read_word(setting, unlisted_words, &word);
      reference->unlisted = (uint8_t)word;
    } else if (strcmp(name, "blocked_keys") == 0) {
      good = read_digests(reference, setting, false, &reference->blocked_keys);
    } else if (strcmp(name, "exempt_anchors") == 0) {
      good = read_digests(reference, setting, false, &reference->exempt_anchors);
    } else if (strcmp(name, "hosts") != 0 && strcmp(name, "pinsets") != 0) {
      good = refuse("an unknown setting");
    }
    if (!good)
      return false;
  }
  return has_version || refuse("no version");
}

static struct pin_digest_list view(const struct digests *digests) {
  return (struct pin_digest_list){.digests = digests->digests, .count = digests->count};
}

static bool read_policy(struct reference *reference, const config_setting_t *root) {
  const config_setting_t *hosts = member(root, "hosts");
  reference->pinsets = member(root, "pinsets");
  if (reference->pinsets != NULL && !config_setting_is_group(reference->pinsets))
    return refuse("pinsets that are no group");
  if (hosts != NULL && !config_setting_is_list(hosts))
    return refuse("hosts that are no list");
  if (!read_pinsets(reference) || !read_settings(reference, root))
    return false;
  const struct pin_policy settings = {.mode = reference->mode,
                                      .ignores_certificate_names = reference->ignores_certificate_names,
                                      .unlisted = reference->unlisted,
                                      .blocked_keys = view(&reference->blocked_keys),
                                      .exempt_anchors = view(&reference->exempt_anchors)};
  dump_add_settings(&reference->dump, &settings);
  for (unsigned i = 0; hosts != NULL && i < (unsigned)config_setting_length(hosts); i++)
    if (!read_entry(reference, config_setting_get_elem(hosts, i)))
      return false;
  return true;
}

/* libconfig 1.5 leaks when it refuses a text. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define PARDON_LEAKS __lsan_disable()
#define ALLOW_NO_LEAKS __lsan_enable()
#endif
#elif defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#define PARDON_LEAKS __lsan_disable()
#define ALLOW_NO_LEAKS __lsan_enable()
#endif
#ifndef PARDON_LEAKS
#define PARDON_LEAKS (void)0
#define ALLOW_NO_LEAKS (void)0
#endif

/* If the last line is a comment without a newline, libconfig reports a mistake; we do not. */
static bool read_text(config_t *config, const char *text) {
  locale_t locale = uselocale((locale_t)0);
  size_t length = strlen(text);
  char *lines = malloc(length + 2);
  MUST(lines != NULL);
  memcpy(lines, text, length);
  memcpy(lines + length, "\n", 2);
  PARDON_LEAKS;
  bool good = config_read_string(config, lines) == CONFIG_TRUE;
  ALLOW_NO_LEAKS;
  uselocale(locale);
  free(lines);
  return good;
}

char *reference_dump(const char *text) {
  struct reference *reference = calloc(1, sizeof *reference);
  config_t config;
  char *dump = NULL;
  MUST(reference != NULL);
  config_init(&config);
  bool good = read_text(&config, text) ? read_policy(reference, config_root_setting(&config))
                                       : refuse(config_error_text(&config));
  dump = dump_finish(&reference->dump);
  for (size_t i = 0; i < reference->entry_count; i++)
    free(reference->entries[i].name);
  free(reference);
  config_destroy(&config);
  if (good)
    return dump;
  free(dump);
  return NULL;
}
