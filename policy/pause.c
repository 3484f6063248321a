/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "host_name.h"
#include "read_at.h"
#include "trust.h"
#include "verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_LINE "pinning-pause 1\n"
#define LAST_LINE "end\n"
#define SUFFIX ".pause"

bool pin_pause_path(const char *path, char *ret_path, size_t size) {
  size_t length = strlen(path);

  if (strcmp(path, PIN_DEFAULT_POLICY) == 0) {
    if (size < sizeof PIN_DEFAULT_PAUSE)
      return false;
    memcpy(ret_path, PIN_DEFAULT_PAUSE, sizeof PIN_DEFAULT_PAUSE);
    return true;
  }
  if (length + sizeof SUFFIX > size)
    return false;
  memcpy(ret_path, path, length);
  memcpy(ret_path + length, SUFFIX, sizeof SUFFIX);
  return true;
}

/* ---- The file ---- */

/* Whose pauses count. The machine's count only if they are root's, because a sandbox may give its user a
 * /run of his own. */
enum pauser { PAUSED_BY_OWNER, PAUSED_BY_ROOT };

static bool is_trusted(int fd, const struct stat *status, enum pauser pauser) {
  return pin_file_is_trusted(fd, status) && status->st_size > 0 && status->st_size <= PIN_PAUSE_FILE_SIZE &&
         (pauser == PAUSED_BY_OWNER || status->st_uid != geteuid() || status->st_uid == 0);
}

/* The text of the file, ending in NUL, freed by free(3). NULL: there is none that counts. */
static char *read_file(int fd, enum pauser pauser) {
  struct stat status;
  if (fstat(fd, &status) != 0 || !is_trusted(fd, &status, pauser))
    return NULL;
  size_t length = (size_t)status.st_size;
  char *text = malloc(length + 1);
  if (text == NULL)
    return NULL;
  text[length] = '\0';
  if (pin_read_at(fd, text, length, 0) == (ssize_t)length && strlen(text) == length)
    return text;
  free(text);
  return NULL;
}

/* O_NONBLOCK, so that a FIFO in its place does not block the process. */
static char *read_path(const char *path, enum pauser pauser, bool *ret_is_hidden) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  *ret_is_hidden = fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == EPERM);
  if (fd < 0)
    return NULL;
  char *text = read_file(fd, pauser);
  close(fd);
  return text;
}

/* Reads a number of at most 12 digits and the space after it. */
static bool read_number(char **at, int64_t *ret_number) {
  int64_t number = 0;
  int digits = 0;
  for (; **at >= '0' && **at <= '9' && digits < 13; digits++)
    number = 10 * number + (*(*at)++ - '0');
  *ret_number = number;
  return digits > 0 && digits < 13 && *(*at)++ == ' ';
}

/* Reads "SINCE UNTIL NAME" or "SINCE UNTIL NAME subdomains". Ends the name with a NUL in the text itself. */
static bool read_line(char *line, struct pin_pause *ret_pause) {
  if (!read_number(&line, &ret_pause->since) || !read_number(&line, &ret_pause->until))
    return false;
  ret_pause->name = line;
  char *space = strchr(line, ' ');
  ret_pause->include_subdomains = space != NULL;
  if (space != NULL) {
    *space = '\0';
    if (strcmp(space + 1, "subdomains") != 0)
      return false;
  }
  return *line != '\0' && ret_pause->until > ret_pause->since &&
         ret_pause->until - ret_pause->since <= PIN_PAUSE_LONGEST;
}

/* The next line, whose newline becomes a NUL. NULL: there is no complete line. */
static char *next_line(char **at) {
  char *line = *at;
  char *end = strchr(line, '\n');
  if (end == NULL)
    return NULL;
  *end = '\0';
  *at = end + 1;
  return line;
}

/* Whether the text is complete and has no mistake. Calls `visit`, unless NULL, for each pause. */
static bool each_line(char *text, pin_pause_visit_fn *visit, void *arg) {
  struct pin_pause pause;
  if (strncmp(text, FIRST_LINE, strlen(FIRST_LINE)) != 0)
    return false;
  text += strlen(FIRST_LINE);
  for (char *line; (line = next_line(&text)) != NULL;) {
    if (strcmp(line, "end") == 0)
      return *text == '\0';
    if (!read_line(line, &pause))
      return false;
    visit(&pause, arg);
  }
  return false;
}

static bool pass(const struct pin_pause *pause, void *arg) {
  (void)pause;
  (void)arg;
  return true;
}

/* Checks the whole text before any of it counts: half a file pauses nothing. */
static bool visit_text(const char *text, pin_pause_visit_fn *visit, void *arg) {
  size_t size = strlen(text) + 1;
  char *copy = malloc(size);
  if (copy == NULL)
    return false;
  memcpy(copy, text, size);
  bool whole = each_line(copy, pass, NULL);
  memcpy(copy, text, size);
  if (whole)
    each_line(copy, visit, arg);
  free(copy);
  return whole;
}

/* On a full disk a pause is in another place, which then replaces the usual file. If what is there cannot
 * be read or does not count, nothing is paused. */
static char *read_pauses(const char *path) {
  bool is_hidden;
  if (strcmp(path, PIN_DEFAULT_PAUSE) != 0)
    return read_path(path, PAUSED_BY_OWNER, &is_hidden);
  char *text = read_path(PIN_DISKLESS_PAUSE, PAUSED_BY_ROOT, &is_hidden);
  return text != NULL || !is_hidden ? text : read_path(path, PAUSED_BY_ROOT, &is_hidden);
}

enum pin_status pin_pause_visit(const char *path, pin_pause_visit_fn *visit, void *arg) {
  char *text = read_pauses(path);
  if (text == NULL)
    return PIN_UNREADABLE;
  bool whole = visit_text(text, visit, arg);
  free(text);
  return whole ? PIN_OK : PIN_DAMAGED;
}

/* ---- What is paused ---- */

static bool suffix_is(const struct pin_host_name *host, size_t index, const char *name) {
  const struct pin_name_suffix *suffix = &host->suffixes[index];
  return strlen(name) == suffix->length && pin_name_equal(suffix->text, name, suffix->length);
}

bool pin_pause_covers(const struct pin_pause *pause, const char *name) {
  struct pin_host_name host;
  if (strcmp(pause->name, PIN_PAUSE_ALL) == 0)
    return true;
  pin_host_name_read(name, pin_name_no_key, &host);
  if (host.has_empty_label || host.suffix_count == 0 || host.suffix_count != host.label_count)
    return false;
  size_t whole = host.suffix_count - 1;
  if (host.is_address || !pause->include_subdomains) {
    bool is_wildcard = !host.is_address && strncmp(pause->name, "*.", 2) == 0;
    return is_wildcard ? whole > 0 && suffix_is(&host, whole - 1, pause->name + 2)
                       : suffix_is(&host, whole, pause->name);
  }
  for (size_t i = 0; i <= whole; i++) {
    if (suffix_is(&host, i, pause->name))
      return true;
  }
  return false;
}

/* The question until when a name is paused. name: NULL for the whole machine. */
struct question {
  const char *name;
  int64_t now;
  int64_t until; /* 0: not paused */
};

static bool ask(const struct pin_pause *pause, void *arg) {
  struct question *question = arg;
  if (question->now < pause->since || question->now >= pause->until || pause->until <= question->until)
    return true;
  if (question->name == NULL ? strcmp(pause->name, PIN_PAUSE_ALL) == 0
                             : pin_pause_covers(pause, question->name))
    question->until = pause->until;
  return true;
}

static int64_t paused_until(const char *text, const char *name, int64_t now) {
  struct question question = {.name = name, .now = now};
  return visit_text(text, ask, &question) ? question.until : 0;
}

static int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* Until when every name that led to the finding is paused; 0: one is not. */
static int64_t finding_paused_until(const char *text, const struct pin_verdict *verdict, size_t index) {
  int64_t until = paused_until(text, verdict->findings[index].name, verdict->now);
  for (size_t i = 0; i < verdict->further_count && until > 0; i++) {
    if (verdict->further[i].finding == index)
      until = least(until, paused_until(text, verdict->further[i].name, verdict->now));
  }
  return until;
}

/* Whether a pause can help: something is wrong with the keys of a host. Other problems do not concern one
 * host, and a blocked key is somebody else's, whichever host shows it. */
static bool is_about_keys(enum pin_reason reason) {
  switch (reason) {
  case PIN_REASON_NO_PIN:
  case PIN_REASON_NO_INTERMEDIATE:
  case PIN_REASON_NO_ANCHOR:
  case PIN_REASON_NO_KEY:
  case PIN_REASON_WRONG_NAME:
  case PIN_REASON_OUT_OF_DATE:
  case PIN_REASON_NOT_A_SERVER:
  case PIN_REASON_PATH_CUT:
    return true;
  default:
    return false;
  }
}

static bool refuses(const struct pin_verdict *verdict, const struct pin_finding *finding) {
  /* If no finding decided, the refusal applies to every entry. */
  if (verdict->decisive == verdict->count)
    return true;
  return pin_finding_is_enforced(finding) && finding->reason != PIN_REASON_MATCHED &&
         finding->reason != PIN_REASON_EXEMPT_ANCHOR;
}

static int64_t hosts_paused_until(const char *text, const struct pin_verdict *verdict) {
  int64_t until = INT64_MAX;
  if (!is_about_keys(verdict->reason) || verdict->names_lost || verdict->may_hide_blocked)
    return 0;
  for (size_t i = 0; i < verdict->count; i++) {
    if (refuses(verdict, &verdict->findings[i]))
      until = least(until, finding_paused_until(text, verdict, i));
  }
  return until == INT64_MAX ? 0 : until;
}

void pin_pause_apply(const char *path, struct pin_verdict *verdict) {
  if (verdict->outcome != PIN_REFUSED)
    return;
  const int saved_errno = errno;
  char *text = read_pauses(path);
  if (text != NULL) {
    int64_t until = paused_until(text, NULL, verdict->now);
    if (until == 0)
      until = hosts_paused_until(text, verdict);
    if (until > 0) {
      verdict->outcome = PIN_AUDITED;
      verdict->paused_until = until;
    }
    free(text);
  }
  errno = saved_errno;
}
