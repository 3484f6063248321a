/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "pinpolicy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Limits that keep later pairs from being pushed out of a report. The subjects come from whoever made the
 * certificates, so from the peer that is being refused. In bytes of the report, including escapes. */
#define MAX_SUBJECT 160
#define MAX_HOST 260
#define MAX_KEYS 10
#define MAX_DIGESTS 10

#define SECONDS_PER_DAY 86400
/* The Gregorian calendar repeats after 400 years. */
#define DAYS_PER_CYCLE 146097

#define ELLIPSIS " ..."
#define ELLIPSIS_LENGTH (sizeof ELLIPSIS - 1)

/* The texts are in the tables themselves: pointers would have to be relocated in each process. */
static const struct {
  char word[24], text[80];
} reasons[PIN_REASON_COUNT] = {
    [PIN_REASON_UNDECIDED] = {"undecided", "the connection was not judged"},
    [PIN_REASON_MATCHED] = {"matched", "the path satisfies the entry"},
    [PIN_REASON_OFF] = {"off", "the entry is switched off"},
    [PIN_REASON_NO_PIN] = {"no-pin", "no key on the path is pinned"},
    [PIN_REASON_NO_INTERMEDIATE] = {"no-intermediate", "no issuing CA on the path is pinned"},
    [PIN_REASON_NO_ANCHOR] = {"no-anchor", "the path does not end in a pinned anchor"},
    [PIN_REASON_BLOCKED_KEY] = {"blocked-key", "a key on the path is blocked"},
    [PIN_REASON_EXEMPT_ANCHOR] = {"exempt-anchor", "the path ends in an exempt anchor and was not checked"},
    [PIN_REASON_NO_KEY] = {"no-key", "the peer showed no key, or its path could not be proven"},
    [PIN_REASON_BAD_NAME] = {"bad-name", "the host name has an empty label"},
    [PIN_REASON_TOO_MANY_NAMES] = {"too-many-names",
                                   "the connection uses more pinned names than can be checked"},
    [PIN_REASON_TOO_MUCH_TO_SEE] = {"too-much-to-see",
                                    "the host's name could not be found among so many sockets or names"},
    [PIN_REASON_DAMAGED] = {"damaged", "the compiled policy is damaged"},
    [PIN_REASON_NOT_COVERED] = {"not-covered", "no entry covers the host"},
    [PIN_REASON_NO_POLICY] = {"no-policy", "there is no usable policy"},
    [PIN_REASON_WRONG_NAME] = {"wrong-name", "a CA is pinned, and the certificate is not for this host"},
    [PIN_REASON_OUT_OF_DATE] = {"out-of-date", "a CA is pinned, and the certificate is not valid now"},
    [PIN_REASON_NOT_A_SERVER] = {"not-a-server",
                                 "a CA is pinned, and the certificate is not one for a TLS server"},
    [PIN_REASON_UNLISTED] = {"unlisted", "no entry covers the host, and the policy has a say in such hosts"},
    [PIN_REASON_PATH_CUT] = {"path-cut", "the path is too long, or too costly, to be looked at as a whole"},
};

static const char outcome_words[][16] = {
    [PIN_REFUSED] = "refused", [PIN_ACCEPTED] = "accepted", [PIN_NOT_COVERED] = "not-covered",
    [PIN_AUDITED] = "audited", [PIN_EXEMPT] = "exempt",
};

static const char mode_words[][8] = {
    [PIN_MODE_ENFORCE] = "enforce", [PIN_MODE_AUDIT] = "audit", [PIN_MODE_OFF] = "off"};

static const char list_names[PIN_LIST_COUNT][16] = {
    [PIN_LIST_PINS] = "pins",
    [PIN_LIST_BACKUP_PINS] = "backup_pins",
    [PIN_LIST_FINGERPRINTS] = "fingerprints",
    [PIN_LIST_INTERMEDIATES] = "intermediates",
    [PIN_LIST_ANCHORS] = "anchors",
};

/* An invalid value from a caller must not lead out of a table. */
#define NAME_OF(table, index) ((size_t)(index) < sizeof(table) / sizeof *(table) ? (table)[index] : "unknown")

const char *pin_list_name(enum pin_list list) {
  return NAME_OF(list_names, list);
}

const char *pin_outcome_word(enum pin_outcome outcome) {
  return NAME_OF(outcome_words, outcome);
}

const char *pin_reason_word(enum pin_reason reason) {
  return (size_t)reason < PIN_REASON_COUNT ? reasons[reason].word : "unknown";
}

const char *pin_reason_text(enum pin_reason reason) {
  return (size_t)reason < PIN_REASON_COUNT ? reasons[reason].text : "unknown reason";
}

/* The line that is being written. Pairs are written whole or not at all: `cut` is the end of the last pair
 * that leaves room for "...". */
struct line {
  char *buffer;
  size_t size;
  size_t used;
  size_t cut;
  bool full;
};

static void put(struct line *line, const char *text, size_t length) {
  if (line->full || length >= line->size - line->used) {
    line->full = true;
    return;
  }
  memcpy(line->buffer + line->used, text, length);
  line->used += length;
}

static void put_text(struct line *line, const char *text) {
  put(line, text, strlen(text));
}

static void put_number(struct line *line, uint64_t number) {
  char text[24];
  int length = snprintf(text, sizeof text, "%" PRIu64, number);
  put(line, text, (size_t)length);
}

static void begin_pair(struct line *line, const char *key) {
  if (line->used > 0)
    put(line, " ", 1);
  put_text(line, key);
}

static void end_pair(struct line *line) {
  if (!line->full && line->used + ELLIPSIS_LENGTH < line->size)
    line->cut = line->used;
}

static void put_pair(struct line *line, const char *key, const char *value) {
  begin_pair(line, key);
  put_text(line, value);
  end_pair(line);
}

/* How many bytes follow the first byte of a character in UTF-8 (RFC 3629, 4); -1: it is not a first byte.
 * Also gives the limits of the next byte. */
static int follow_bytes(unsigned char first, unsigned char *ret_low, unsigned char *ret_high) {
  *ret_low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  *ret_high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (first >= 0xc2 && first <= 0xdf)
    return 1;
  if (first >= 0xe0 && first <= 0xef)
    return 2;
  return first >= 0xf0 && first <= 0xf4 ? 3 : -1;
}

/* Whether a code point beyond ASCII moves the cursor, ends a line or changes the direction of the text. */
static bool is_unsafe(uint32_t point) {
  return point <= 0x9f || point == 0x61c || point == 0x200e || point == 0x200f ||
         (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

/* The length of the character at `text` if it may be printed as it is; 0: it must be escaped. */
static size_t printable_length(const unsigned char *text) {
  if (text[0] < 0x80)
    return text[0] >= 0x20 && text[0] != 0x7f && text[0] != '"' && text[0] != '\\';
  unsigned char low, high;
  const int follow = follow_bytes(text[0], &low, &high);
  uint32_t point = text[0] & (0x3fu >> (follow > 0 ? follow : 0));
  for (int i = 1; i <= follow; i++) {
    if (text[i] < low || text[i] > high)
      return 0;
    point = point << 6 | (text[i] & 0x3fu);
    low = 0x80;
    high = 0xbf;
  }
  return follow < 0 || is_unsafe(point) ? 0 : (size_t)follow + 1;
}

/* Writes at most `limit` bytes, without quotes; a longer text ends in "...". */
static void put_escaped(struct line *line, const char *text, size_t limit) {
  const unsigned char *at = (const unsigned char *)text;
  for (size_t written = 0; *at != '\0';) {
    char escaped[5];
    size_t taken = printable_length(at);
    size_t length = taken > 0 ? taken : sizeof escaped - 1;
    if (written + length > limit) {
      put_text(line, "...");
      return;
    }
    if (taken == 0)
      snprintf(escaped, sizeof escaped, "\\x%02X", *at);
    put(line, taken > 0 ? (const char *)at : escaped, length);
    written += length;
    at += taken > 0 ? taken : 1;
  }
}

static bool needs_quotes(const char *text) {
  static const char others[] = "-._:/*+@%,~";
  for (const char *at = text; *at != '\0'; at++) {
    bool plain = (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                 memchr(others, *at, sizeof others - 1) != NULL;
    if (!plain)
      return true;
  }
  return *text == '\0';
}

static void put_value(struct line *line, const char *text, size_t limit) {
  const char *quote = needs_quotes(text) ? "\"" : "";
  put_text(line, quote);
  put_escaped(line, text, limit);
  put_text(line, quote);
}

static void put_digest(struct line *line, const struct pin_digest *digest) {
  char text[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(digest, text);
  put_text(line, text);
}

static void report_peer(struct line *line, const struct pin_verdict *verdict) {
  if (verdict->name) {
    begin_pair(line, "host=");
    put_value(line, verdict->name, MAX_HOST);
    end_pair(line);
  }
  begin_pair(line, "port=");
  if (verdict->port != 0)
    put_number(line, verdict->port);
  else
    put_text(line, "unknown");
  end_pair(line);
}

/* Writes file and line, quoted as one value. */
static void report_place(struct line *line, const struct pin_entry *entry) {
  const char *quote = needs_quotes(entry->file) ? "\"" : "";
  begin_pair(line, "entry=");
  put_text(line, quote);
  put_escaped(line, entry->file, SIZE_MAX / 2);
  put_text(line, ":");
  put_number(line, entry->line);
  put_text(line, quote);
  end_pair(line);
}

static bool is_leap(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Writes a time as in RFC 3339, in UTC. gmtime_r(3) and strftime(3) are not used: they take a lock that
 * another thread may have held at a fork, and read the time zone from a file. */
static void report_time(struct line *line, const char *key, int64_t expires) {
  static const int month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int64_t second = (expires % SECONDS_PER_DAY + SECONDS_PER_DAY) % SECONDS_PER_DAY;
  /* Rounds down without subtracting first, which would overflow for the earliest times. */
  const int64_t days = expires / SECONDS_PER_DAY - (expires % SECONDS_PER_DAY < 0);
  int64_t day = (days % DAYS_PER_CYCLE + DAYS_PER_CYCLE) % DAYS_PER_CYCLE;
  int64_t year = 1970 + 400 * ((days - day) / DAYS_PER_CYCLE);
  for (; day >= 365 + is_leap(year); year++)
    day -= 365 + is_leap(year);
  int month = 0;
  for (; day >= month_days[month] + (month == 1 && is_leap(year)); month++)
    day -= month_days[month] + (month == 1 && is_leap(year));

  char text[64];
  snprintf(text, sizeof text, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02dZ", year, month + 1, (int)day + 1,
           (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
  put_pair(line, key, text);
}

static void report_entry(struct line *line, const struct pin_finding *finding) {
  put_pair(line, "mode=", NAME_OF(mode_words, finding->entry.mode));
  report_place(line, &finding->entry);
  if (finding->expired)
    report_time(line, "expired=", finding->entry.expires);
}

static void report_path(struct line *line, const struct pin_path *path) {
  for (size_t depth = 0; depth < path->count && depth < MAX_KEYS; depth++) {
    const struct pin_path_key *key = &path->keys[depth];
    begin_pair(line, "key");
    put_number(line, depth);
    put_text(line, "=\"");
    put_digest(line, &key->key);
    if (key->subject) {
      put_text(line, " ");
      put_escaped(line, key->subject, MAX_SUBJECT);
    }
    put_text(line, "\"");
    end_pair(line);
  }
  if (path->count <= MAX_KEYS)
    return;
  begin_pair(line, "keys=+");
  put_number(line, path->count - MAX_KEYS);
  end_pair(line);
}

static void report_list(struct line *line, const struct pin_entry *entry, enum pin_list list) {
  const struct pin_digest_list *digests = &entry->lists[list];
  put_text(line, pin_list_name(list));
  for (uint32_t i = 0; i < digests->count && i < MAX_DIGESTS; i++) {
    put_text(line, " ");
    put_digest(line, &digests->digests[i]);
  }
  if (digests->count > MAX_DIGESTS) {
    put_text(line, " +");
    put_number(line, digests->count - MAX_DIGESTS);
  }
}

static void report_expected(struct line *line, const struct pin_entry *entry) {
  const char *separator = "";
  begin_pair(line, "expected=\"");
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    if (entry->lists[list].count == 0)
      continue;
    put_text(line, separator);
    report_list(line, entry, (enum pin_list)list);
    separator = " ";
  }
  if (entry->require == PIN_REQUIRE_ALL)
    put_text(line, " require all");
  put_text(line, "\"");
  end_pair(line);
}

/* Whether the entry's lists tell what would have been accepted. */
static bool is_mismatch(enum pin_reason reason) {
  return reason == PIN_REASON_NO_PIN || reason == PIN_REASON_NO_INTERMEDIATE ||
         reason == PIN_REASON_NO_ANCHOR || reason == PIN_REASON_NO_KEY;
}

static size_t finish(struct line *line) {
  if (line->full) {
    line->used = line->cut;
    const char *ellipsis = line->used > 0 ? ELLIPSIS : &ELLIPSIS[1];
    size_t length = strlen(ellipsis);
    if (length < line->size - line->used) {
      memcpy(line->buffer + line->used, ellipsis, length);
      line->used += length;
    }
  }
  line->buffer[line->used] = '\0';
  return line->used;
}

size_t pin_report(const struct pin_verdict *verdict, const struct pin_path *path, char *buffer, size_t size) {
  struct line line = {.buffer = buffer, .size = size};
  const struct pin_finding *decisive =
      verdict->decisive < verdict->count ? &verdict->findings[verdict->decisive] : NULL;
  if (size == 0)
    return 0;
  put_pair(&line, "verdict=", pin_outcome_word(verdict->outcome));
  put_pair(&line, "reason=", pin_reason_word(verdict->reason));
  report_peer(&line, verdict);
  if (verdict->paused_until > 0)
    report_time(&line, "paused=", verdict->paused_until);
  if (decisive)
    report_entry(&line, decisive);
  if (verdict->certificate != PIN_REASON_UNDECIDED)
    put_pair(&line, "certificate=",
             verdict->certificate == PIN_REASON_MATCHED ? "good" : pin_reason_word(verdict->certificate));
  if (path && verdict->outcome != PIN_NOT_COVERED)
    report_path(&line, path);
  if (verdict->blocked_depth >= 0) {
    begin_pair(&line, "blocked=");
    put_number(&line, (uint64_t)verdict->blocked_depth);
    end_pair(&line);
  }
  if (decisive && is_mismatch(verdict->reason))
    report_expected(&line, &decisive->entry);
  return finish(&line);
}
