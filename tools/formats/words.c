/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/words.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

#define BLANKS " \t"

struct lines lines_of(const char *text) {
  char *copy = must_copy(text);
  return (struct lines){.text = copy, .rest = copy};
}

void lines_clear(struct lines *lines) {
  free(lines->text);
  *lines = (struct lines){0};
}

static char *take(struct lines *lines) {
  char *line = strsep(&lines->rest, "\n");
  lines->passed += line != NULL ? 1 : 0;
  return line;
}

static bool says_nothing(const char *line) {
  return strchr("#\n", line[strspn(line, BLANKS)]) != NULL;
}

char *lines_next(struct lines *lines) {
  char *line = take(lines);
  while (line != NULL && says_nothing(line))
    line = take(lines);
  lines->number = lines->passed;
  lines->indent = line == NULL ? 0 : strspn(line, BLANKS);
  return line == NULL ? NULL : line + lines->indent;
}

void lines_fold(struct lines *lines, size_t indent, bool over_comments) {
  while (lines->rest != NULL) {
    bool passes = over_comments && says_nothing(lines->rest);
    if (!passes && strspn(lines->rest, BLANKS) <= indent)
      return;
    char *line = take(lines);
    line[-1] = ' ';
    if (passes)
      memset(line, ' ', strlen(line));
  }
}

static bool is_blank(char byte) {
  return byte != '\0' && strchr(BLANKS, byte) != NULL;
}

/* Whether a line calls the program: a folder or another command may stand before its name, and ".exe"
 * behind. */
static bool calls(const char *line, const char *program) {
  for (const char *at = line; (at = strstr(at, program)) != NULL; at++) {
    const char *behind = at + strlen(program);
    behind += strncmp(behind, ".exe", 4) == 0 ? 4 : 0;
    if ((at == line || strchr(BLANKS "/\\", at[-1]) != NULL) && (*behind == '\0' || is_blank(*behind)))
      return true;
  }
  return false;
}

/* Whether the number of backticks in the line is even. */
static bool is_balanced(const char *line) {
  size_t count = 0;
  for (; *line != '\0'; line++)
    count += *line == '`' ? 1 : 0;
  return count % 2 == 0;
}

/*
 * Whether a line goes on behind "^" (cmd) or "`" (PowerShell). The sign must stand apart from the word
 * before it or, in cmd, from the next line; otherwise it belongs to a word. A next line that calls the
 * program is a new command.
 */
static bool goes_on_in_windows(const char *line, size_t length, const char *next, const char *program) {
  char last = line[length - 1];
  bool is_apart = length > 1 && is_blank(line[length - 2]);
  bool is_sign =
      (last == '^' && (is_apart || is_blank(*next))) || (last == '`' && is_apart && !is_balanced(line));
  return is_sign && !calls(next, program);
}

void lines_join_escaped(struct lines *lines, char *line, const char *program) {
  for (size_t length = strlen(line); length > 0 && lines->rest != NULL;) {
    if (line[length - 1] != '\\' &&
        (program == NULL || !goes_on_in_windows(line, length, lines->rest, program)))
      return;
    const char *next = take(lines);
    size_t more = strlen(next);
    memmove(line + length - 1, next, more + 1);
    length += more - 1;
  }
}

char *next_word(char **rest, const char *separators) {
  char *word = strsep(rest, separators);
  while (word != NULL && *word == '\0')
    word = strsep(rest, separators);
  return word;
}

char *cut_word(char *line, const char *separators) {
  size_t length = strcspn(line, separators);
  char *behind = line + length + strspn(line + length, separators);
  line[length] = '\0';
  return behind;
}

char *trim(char *text) {
  while (isspace((unsigned char)*text))
    text++;
  size_t length = strlen(text);
  while (length > 0 && isspace((unsigned char)text[length - 1]))
    text[--length] = '\0';
  return text;
}

static bool find(const char *word, const char *words, int (*compare)(const char *, const char *, size_t)) {
  for (size_t length; *words != '\0'; words += length + (words[length] == ' ' ? 1 : 0)) {
    length = strcspn(words, " ");
    if (strlen(word) == length && compare(word, words, length) == 0)
      return true;
  }
  return false;
}

bool is_one_of(const char *word, const char *words) {
  return find(word, words, strncmp);
}

bool is_one_of_caseless(const char *word, const char *words) {
  return find(word, words, strncasecmp);
}

bool ends_in(const char *text, const char *ending) {
  size_t length = strlen(text), of_ending = strlen(ending);
  return length >= of_ending && strcasecmp(text + length - of_ending, ending) == 0;
}

bool names_add(struct names *names, const char *name, size_t number) {
  if (names_find(names, name) != NAMES_NONE)
    return false;
  if (names->numbers == NULL)
    names->numbers = json_object_new_object();
  json_object_object_add(names->numbers, name, json_object_new_int64((int64_t)number));
  return true;
}

size_t names_find(const struct names *names, const char *name) {
  json_object *number = NULL;
  return names->numbers != NULL && json_object_object_get_ex(names->numbers, name, &number)
             ? (size_t)json_object_get_int64(number)
             : NAMES_NONE;
}

void names_clear(struct names *names) {
  json_object_put(names->numbers);
  *names = (struct names){0};
}
