/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/conversion.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "formats/formats.h"

/* A list of a million hosts may cause a million equal messages. */
#define MOST_SHOWN 20

/* Lists longer than this are not searched for repetitions, which would take quadratic time. */
#define MOST_COMPARED 64

void conversion_clear(struct conversion *conversion) {
  free(conversion->items);
  free(conversion->known);
  arena_clear(&conversion->arena);
  conversion->items = NULL;
  conversion->known = NULL;
  conversion->known_count = 0;
  conversion->count = conversion->capacity = 0;
}

static void say_finding(enum finding kind, const char *text) {
  if (kind == FINDING_ERROR)
    say_error("%s", text);
  else if (kind == FINDING_LOSS)
    say_warning("%s", text);
  else
    say_note("%s", text);
}

void convert_say(struct conversion *conversion, enum finding kind, const char *file, unsigned line,
                 const char *format, ...) {
  if (conversion->findings[kind]++ >= MOST_SHOWN)
    return;
  va_list values;
  va_start(values, format);
  AUTO_TEXT message = must_vformat(format, values);
  va_end(values);
  AUTO_TEXT text =
      line == 0 ? must_format("%s: %s", file, message) : must_format("%s:%u: %s", file, line, message);
  say_finding(kind, text);
}

void convert_note_branches(struct conversion *conversion) {
  if (strncmp(conversion->text, "#if", 3) == 0 || strstr(conversion->text, "\n#if") != NULL)
    convert_note(conversion, 0, "what stands in each branch of an #if is read");
}

void convert_say_rest(const struct conversion *conversion) {
  static const char *const plurals[] = {
      [FINDING_ERROR] = "errors", [FINDING_LOSS] = "losses", [FINDING_NOTE] = "notes"};
  for (int kind = FINDING_COUNT; kind-- > 0;) {
    if (conversion->findings[kind] <= MOST_SHOWN)
      continue;
    AUTO_TEXT text = must_format("%s: and %zu more %s", conversion->path,
                                 conversion->findings[kind] - MOST_SHOWN, plurals[kind]);
    say_finding((enum finding)kind, text);
  }
}

char *digest_base64(const struct pin_digest *digest) {
  char text[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(digest, text);
  return must_copy(text + strlen("sha256/"));
}

char *digest_hex(const struct pin_digest *digest) {
  char *text = must_alloc(2 * sizeof digest->bytes + 1, 1);
  for (size_t i = 0; i < sizeof digest->bytes; i++)
    sprintf(text + 2 * i, "%02x", digest->bytes[i]);
  return text;
}

void digests_write(FILE *out, const struct pin_digest_list *list, const char *before, const char *behind,
                   const char *between) {
  for (uint32_t i = 0; i < list->count; i++) {
    AUTO_TEXT text = digest_base64(&list->digests[i]);
    fprintf(out, "%s%s%s%s", i == 0 ? "" : between, before, text, behind);
  }
}

static bool holds(const struct pin_digest *digests, uint32_t count, const struct pin_digest *digest) {
  for (uint32_t i = 0; i < count && count <= MOST_COMPARED; i++)
    if (memcmp(&digests[i], digest, sizeof *digest) == 0)
      return true;
  return false;
}

bool digests_contain(const struct pin_digest_list *list, const struct pin_digest_list *others) {
  for (uint32_t i = 0; i < others->count; i++)
    if (!holds(list->digests, list->count, &others->digests[i]))
      return false;
  return true;
}

uint32_t digests_append(struct pin_digest *digests, uint32_t count, const struct pin_digest_list *others) {
  for (uint32_t i = 0; i < others->count; i++)
    if (!holds(digests, count, &others->digests[i]))
      digests[count++] = others->digests[i];
  return count;
}

struct pin_digest_list digests_join(struct arena *arena, const struct pin_digest_list *list,
                                    const struct pin_digest_list *others) {
  size_t most = (size_t)list->count + others->count;
  struct pin_digest *joined = arena_take(arena, most * sizeof *joined);
  if (list->count > 0)
    memcpy(joined, list->digests, list->count * sizeof *joined);
  return (struct pin_digest_list){.digests = joined, .count = digests_append(joined, list->count, others)};
}

void draft_take(struct draft *draft, enum pin_list list, const struct pin_digest *digest) {
  if (holds(draft->lists[list], draft->counts[list], digest))
    return;
  uint32_t count = draft->counts[list];
  draft->lists[list] = must_room(draft->lists[list], count, sizeof *draft->lists[list]);
  draft->lists[list][draft->counts[list]++] = *digest;
}

void draft_clear(struct draft *draft) {
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    free(draft->lists[i]);
  *draft = (struct draft){0};
}

/* A digest has 43 characters and one of padding. */
#define BASE64_CHARACTERS 43

/* Copies the characters of a digest, in the usual alphabet. False: there are other characters, or too
 * many. */
static bool read_characters(const char *text, char ret_characters[BASE64_CHARACTERS + 1]) {
  size_t count = 0;
  for (; *text != '\0' && *text != '='; text++) {
    if (isspace((unsigned char)*text))
      continue;
    if (count == BASE64_CHARACTERS)
      return false;
    ret_characters[count++] = *text == '-' ? '+' : *text == '_' ? '/' : *text;
  }
  ret_characters[count] = '\0';
  text += *text == '=' ? 1 : 0;
  return count == BASE64_CHARACTERS && text[strspn(text, " \t\n")] == '\0';
}

/* The last character holds four bits of the digest and two that have to be zero. */
static bool drop_stray_bits(char *last) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *found = strchr(alphabet, *last);
  size_t value = found == NULL ? 0 : (size_t)(found - alphabet);
  *last = found == NULL ? *last : alphabet[value & ~(size_t)3];
  return (value & 3) != 0;
}

bool convert_decode(const char *text, struct pin_digest *ret_digest, bool *ret_stray) {
  char whole[] = "sha256/...........................................=";
  char *characters = whole + strlen("sha256/");
  if (!read_characters(text, characters))
    return false;
  *ret_stray = drop_stray_bits(&characters[BASE64_CHARACTERS - 1]);
  characters[BASE64_CHARACTERS] = '=';
  return pin_digest_parse(whole, strlen(whole), ret_digest);
}

void convert_know(struct conversion *conversion, const struct pin_digest *digest, unsigned line) {
  size_t count = conversion->known_count;
  conversion->known = must_room(conversion->known, count, sizeof *conversion->known);
  conversion->known[conversion->known_count++] = (struct known_digest){*digest, line};
}

void convert_pin(struct conversion *conversion, struct draft *draft, const char *text, unsigned line,
                 const char *what) {
  struct pin_digest digest;
  bool stray = false;
  if (!convert_decode(text, &digest, &stray)) {
    convert_loss(conversion, line, "bad %s \"%s\"; expected 32 bytes in base64", what, text);
    return;
  }
  if (stray)
    convert_note(conversion, line,
                 "%s \"%s\": stray bits in its last character; taken without them, as programs decode it (a "
                 "dummy is often written so)",
                 what, text);
  convert_know(conversion, &digest, line);
  draft_take(draft, PIN_LIST_PINS, &digest);
}

void convert_fingerprint(struct conversion *conversion, struct draft *draft, enum pin_list list,
                         const char *text) {
  struct pin_digest digest;
  size_t length = strlen(text);
  size_t digits = 0;
  for (size_t i = 0; i < length; i++)
    digits += isxdigit((unsigned char)text[i]) ? 1 : 0;
  bool is_hex = strspn(text, "0123456789abcdefABCDEF:") == length;
  const char *name = digits == 32 ? "MD5" : digits == 40 ? "SHA-1" : digits == 128 ? "SHA-512" : NULL;
  if (is_hex && pin_digest_parse(text, length, &digest)) {
    convert_know(conversion, &digest, draft->line);
    draft_take(draft, list, &digest);
  } else if (is_hex && name != NULL)
    convert_loss(conversion, draft->line, "\"%s\" is %s; only SHA-256 can be held", text, name);
  else
    convert_loss(conversion, draft->line, "bad fingerprint \"%s\"; expected 32 bytes in hexadecimal digits",
                 text);
}

/* Android and TrustKit accept single digits, and ignore a time behind the day. */
void convert_end(struct conversion *conversion, struct draft *draft, const char *what, const char *day,
                 unsigned line) {
  unsigned year, month, number;
  int length = 0;
  bool is_day =
      sscanf(day, "%4u-%2u-%2u%n", &year, &month, &number, &length) == 3 && strchr("T", day[length]) != NULL;
  AUTO_TEXT whole = is_day ? must_format("%04u-%02u-%02u", year, month, number) : NULL;
  int64_t start = 0;
  if (is_day && (date_time_read(day, &start) || date_read(whole, &start)))
    draft->expires = start - 1;
  else
    convert_loss(conversion, line, "%s \"%s\": expected YYYY-MM-DD", what, day);
}

void convert_only_logs(struct conversion *conversion, struct draft *draft, const char *setting) {
  convert_note(conversion, draft->line,
               "%s: the program goes on whatever key the server has; the entry only logs, unless --mode says "
               "otherwise",
               setting);
  draft->mode = PIN_MODE_AUDIT;
}

struct conversion_item *conversion_append(struct conversion *conversion, const struct pin_entry *entry) {
  if (conversion->count == conversion->capacity) {
    conversion->capacity = conversion->capacity == 0 ? 64 : 2 * conversion->capacity;
    conversion->items = must_grow(conversion->items, conversion->capacity, sizeof *conversion->items);
  }
  struct conversion_item *item = &conversion->items[conversion->count++];
  *item = (struct conversion_item){.entry = *entry};
  return item;
}

static enum pin_name_kind kind_of(const char *name) {
  if (name[0] == '*')
    return PIN_NAME_WILDCARD;
  bool numeric = strchr(name, ':') != NULL || strspn(name, "0123456789.") == strlen(name);
  return numeric ? PIN_NAME_ADDRESS : PIN_NAME_HOST;
}

/* Copies a list of the draft into the arena. Neighbouring hosts with the same pins share one copy. */
static struct pin_digest_list copy_list(struct conversion *conversion, const struct draft *draft, int list) {
  struct pin_digest_list *last = &conversion->copied[list];
  size_t size = draft->counts[list] * sizeof *draft->lists[list];
  if (size > 0 &&
      (last->count != draft->counts[list] || memcmp(last->digests, draft->lists[list], size) != 0))
    *last = (struct pin_digest_list){.digests = arena_copy(&conversion->arena, draft->lists[list], size),
                                     .count = draft->counts[list]};
  const struct pin_digest_list none = {0};
  return size == 0 ? none : *last;
}

static void append_draft(struct conversion *conversion, const struct draft *draft, const char *name) {
  struct arena *arena = &conversion->arena;
  struct pin_entry entry = {.name = arena_copy(arena, name, strlen(name) + 1),
                            .kind = kind_of(name),
                            .include_subdomains = draft->include_subdomains,
                            .mode = draft->mode,
                            .mode_is_default = draft->mode == PIN_MODE_ENFORCE,
                            .expires = draft->expires,
                            .comment = "",
                            .file = conversion->path,
                            .line = draft->line};
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    entry.lists[i] = copy_list(conversion, draft, i);
  if (draft->requires_all && entry.lists[PIN_LIST_PINS].count > 0 &&
      entry.lists[PIN_LIST_INTERMEDIATES].count > 0)
    entry.require = PIN_REQUIRE_ALL;
  if (draft->port != 0) {
    entry.ports = arena_copy(arena, &draft->port, sizeof draft->port);
    entry.port_count = 1;
  }
  conversion_append(conversion, &entry)->below_only = draft->below_only;
}

void conversion_add(struct conversion *conversion, const struct draft *draft) {
  AUTO_TEXT name = NULL;
  const char *why = NULL;
  enum pin_status status = pin_name_canonical(draft->name, &name, &why);
  uint32_t pins = 0;
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    pins += draft->counts[i];
  if (status != PIN_OK)
    convert_loss(conversion, draft->line, "bad name \"%s\": %s", draft->name,
                 why == NULL ? "out of memory" : why);
  else if (pins == 0 && draft->mode != PIN_MODE_OFF)
    convert_loss(conversion, draft->line, "\"%s\" has no pin that a policy can hold; left out", name);
  else if (kind_of(name) == PIN_NAME_WILDCARD && (conversion->format->holds & HOLDS_WILDCARDS) == 0 &&
           draft->name != conversion->host)
    convert_loss(conversion, draft->line, "\"%s\": this format knows no names with \"*\"; left out", name);
  else if ((draft->include_subdomains || draft->below_only) && kind_of(name) != PIN_NAME_HOST)
    convert_loss(conversion, draft->line, "\"%s\" has no names below it; left out", name);
  else
    append_draft(conversion, draft, name);
}

static bool is_same_name(const char *a, const char *b) {
  AUTO_TEXT left = NULL;
  AUTO_TEXT right = NULL;
  const char *why = NULL;
  return pin_name_canonical(a, &left, &why) == PIN_OK && pin_name_canonical(b, &right, &why) == PIN_OK
             ? strcmp(left, right) == 0
             : strcasecmp(a, b) == 0;
}

void conversion_add_named(struct conversion *conversion, const struct draft *draft) {
  if (draft->name == NULL) {
    conversion->nameless++;
    convert_loss(conversion, draft->line,
                 "nothing says whose pins these are; left out (--host names the host)");
    return;
  }
  if (conversion->host != NULL && !is_same_name(conversion->host, draft->name))
    convert_note(conversion, draft->line, "\"%s\" is another host than --host; left out", draft->name);
  else
    conversion_add(conversion, draft);
}
