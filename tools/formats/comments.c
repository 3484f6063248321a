/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/comments.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

enum place {
  ANYWHERE,
  BEHIND_BLANK,
  BEHIND_SIGN,          /* behind a blank, or the end of a statement or block */
  AT_START,             /* at the start of a line */
  BEHIND_BLANK_PERHAPS, /* certain only at the start of a line and in a script for PowerShell */
};

struct mark {
  const char *begin, *end; /* end "\n": the end of the line, which is not part of the comment */
  enum place place;
};

/* "]]", with as many "=" between as the beginning has. */
#define END_OF_LUA "]"

#define MOST_MARKS 7
static const struct style {
  const char *quotes;
  bool has_apostrophes;          /* "'" is a quote too, but only around a word and within one line */
  bool is_source;                /* has strings in three quotes and, in some languages, nested comments */
  struct mark marks[MOST_MARKS]; /* of two that begin alike, the longer one first */
} styles[] = {
    [COMMENTS_C] = {"\"'", false, true, {{"/*", "*/", ANYWHERE}, {"//", "\n", ANYWHERE}}},
    [COMMENTS_SOURCE] = {"\"'",
                         false,
                         false,
                         {{"/*", "*/", ANYWHERE},
                          {"--", "\n", AT_START},
                          {"//", "\n", BEHIND_SIGN},
                          {"#", "\n", BEHIND_SIGN}}},
    [COMMENTS_LUA] = {"\"'", false, false, {{"--[", END_OF_LUA, ANYWHERE}, {"--", "\n", ANYWHERE}}},
    [COMMENTS_XML] = {"", false, false, {{"<!--", "-->", ANYWHERE}}},
    [COMMENTS_SERVER] = {"\"",
                         true,
                         false,
                         {{"<!--", "-->", ANYWHERE},
                          {"//", "\n", AT_START},
                          {"/*", "*/", AT_START},
                          {"--", "\n", AT_START},
                          {"#", "\n", BEHIND_SIGN}}},
    [COMMENTS_HASH] = {"\"", true, false, {{"#", "\n", BEHIND_BLANK}}},
    [COMMENTS_SCRIPT] = {"\"",
                         true,
                         false,
                         {{"<#", "#>", BEHIND_BLANK_PERHAPS},
                          {"::", "\n", AT_START},
                          {"//", "\n", AT_START},
                          {"rem ", "\n", AT_START},
                          {"@rem ", "\n", AT_START},
                          {"#", "\n", BEHIND_BLANK}}},
    [COMMENTS_HASH_LINE] = {"\"", false, false, {{"#", "\n", AT_START}}},
    [COMMENTS_INI] = {"\"", false, false, {{"#", "\n", BEHIND_BLANK}, {";", "\n", BEHIND_BLANK}}},
};

struct scan {
  const struct style *style;
  bool is_sure;  /* what may not be a comment is none */
  bool is_shell; /* the first line names a shell other than PowerShell */
  bool nests;    /* comments nest, as in Kotlin and Swift */
  bool at_start; /* only blanks stand before it in the line */
  bool never_ends[MOST_MARKS];
};

static bool begins(const char *at, const char *word) {
  return strncasecmp(at, word, strlen(word)) == 0;
}

/* Returns the end of a block comment; `at` is behind its first mark. NULL: it does not end. */
static const char *end_of_block(struct scan *scan, const char *at, const struct mark *mark) {
  size_t depth = 1;
  for (const char *inner = at; scan->nests && *inner != '\0';) {
    bool opens = begins(inner, mark->begin), closes = begins(inner, mark->end);
    depth += opens ? 1 : 0;
    depth -= closes ? 1 : 0;
    inner += opens || closes ? strlen(mark->end) : 1;
    if (depth == 0)
      return inner;
  }
  scan->nests = false; /* A nested comment would have ended above. */
  const char *end = strstr(at, mark->end);
  return end == NULL ? NULL : end + strlen(mark->end);
}

/* Ends of --[[ ... ]] and --[==[ ... ]==]; `at` is behind "--[". NULL: the comment ends with its line. */
static const char *end_of_lua_block(const char *at) {
  size_t level = strspn(at, "=");
  if (at[level] != '[')
    return NULL;
  AUTO_TEXT end = must_format("]%.*s]", (int)level, at);
  const char *found = strstr(at, end);
  return found == NULL ? at + strlen(at) : found + strlen(end);
}

static bool is_in_place(const struct scan *scan, const char *at, enum place place) {
  bool is_perhaps = place == BEHIND_BLANK_PERHAPS;
  if (is_perhaps && scan->is_sure && (scan->is_shell || !scan->at_start))
    return false;
  return scan->at_start || place == ANYWHERE || (place == BEHIND_SIGN && strchr(";{}", at[-1]) != NULL) ||
         ((is_perhaps || place == BEHIND_BLANK || place == BEHIND_SIGN) && isspace((unsigned char)at[-1]));
}

/*
 * Returns the end of the comment that begins at `at`, or `at` if none does. A block that never ends is not
 * a comment: a list of paths may have "/" and "*" in it.
 */
static const char *end_of_comment(struct scan *scan, const char *at) {
  for (size_t i = 0; i < MOST_MARKS && scan->style->marks[i].begin != NULL; i++) {
    const struct mark *mark = &scan->style->marks[i];
    if (!is_in_place(scan, at, mark->place) || scan->never_ends[i] || !begins(at, mark->begin))
      continue;
    if (*mark->end == '\n')
      return at + strcspn(at, "\n");
    const char *behind = at + strlen(mark->begin);
    behind = *mark->end == *END_OF_LUA ? end_of_lua_block(behind) : end_of_block(scan, behind, mark);
    if (behind != NULL)
      return behind;
    scan->never_ends[i] = *mark->end != *END_OF_LUA;
  }
  return at;
}

/* Returns the end of the string that begins with the "'" at `at`, or `at` if that is only an apostrophe. */
static const char *end_of_quoted_word(const struct scan *scan, const char *at) {
  if (!scan->style->has_apostrophes || !(scan->at_start || isspace((unsigned char)at[-1])))
    return at;
  const char *end = at + 1;
  while (*end != '\0' && *end != '\n' && *end != '\'')
    end += *end == '\\' && end[1] != '\0' && end[1] != '\n' ? 2 : 1;
  return *end == '\'' && !isalnum((unsigned char)end[1]) ? end + 1 : at;
}

/* Returns the end of the string that begins at `at`, at most the end of its line, or `at` if none begins. */
static const char *end_of_string(const struct scan *scan, const char *at) {
  char quote = *at;
  if (quote == '\'' && strchr(scan->style->quotes, quote) == NULL)
    return end_of_quoted_word(scan, at);
  if (quote == '\0' || strchr(scan->style->quotes, quote) == NULL)
    return at;
  if (scan->style->is_source && begins(at, "\"\"\"")) {
    const char *end = strstr(at + 3, "\"\"\"");
    return end == NULL ? at + strlen(at) : end + 3;
  }
  for (at++; *at != '\0' && *at != '\n' && *at != quote;)
    at += *at == '\\' && at[1] != '\0' ? 2 : 1;
  return *at == quote ? at + 1 : at;
}

enum nesting { NESTS_NOT = 0, NESTS_PERHAPS, NESTS };

/* "#!/bin/sh" and others, but not "#!/usr/bin/env pwsh". */
static bool is_shell(const char *text) {
  AUTO_TEXT first = must_copy_bytes(text, strcspn(text, "\n"));
  return begins(first, "#!") && strcasestr(first, "pwsh") == NULL && strcasestr(first, "powershell") == NULL;
}

static char *blank(const char *text, enum comment_style style, bool nests, bool is_sure) {
  char *copy = must_copy(text);
  struct scan scan = {.style = &styles[style], .is_sure = is_sure, .nests = nests, .at_start = true};
  scan.is_shell = is_shell(text);
  for (char *at = copy; *at != '\0';) {
    const char *behind = end_of_comment(&scan, at);
    bool is_comment = behind > at;
    behind = is_comment ? behind : end_of_string(&scan, at);
    behind += behind == at ? 1 : 0;
    scan.at_start = *at == '\n' || (scan.at_start && isspace((unsigned char)*at));
    for (; at < behind; at++)
      *at = is_comment && *at != '\n' ? ' ' : *at;
  }
  return copy;
}

static bool is_of_word(char byte) {
  return isalnum((unsigned char)byte) || byte == '_';
}

/* Whether `word` stands here with blanks and a name behind it. */
static bool declares(const char *at, const char *word) {
  if (!begins(at, word))
    return false;
  const char *behind = at + strlen(word);
  const char *name = behind + strspn(behind, " \t");
  return name > behind && (is_of_word(*name) || *name == '<' || *name == '`');
}

/*
 * Comments nest in Kotlin and Swift, which declare by "fun" and "func", and not in Java, C and
 * Objective-C, whose statements end in ";". "val" and "let" alone do not decide: JavaScript declares by
 * "let" too.
 */
static enum nesting nesting_of(const char *text) {
  AUTO_TEXT bare = blank(text, COMMENTS_C, false, false);
  const struct scan scan = {.style = &styles[COMMENTS_C]};
  bool has_functions = false, has_let = false, has_val = false, has_statements = false;
  for (const char *at = bare; *at != '\0';) {
    const char *behind = end_of_string(&scan, at);
    bool is_word = is_of_word(*at);
    /* @"..." of Objective-C */
    if (*at == '#' ? begins(at, "#import") : *at == '@' && at[1] == '"')
      return NESTS_NOT;
    if (*at == ';')
      has_statements = has_statements || strchr("\r\n", at[1 + strspn(at + 1, " \t")]) != NULL;
    has_functions = has_functions || declares(at, "fun") || declares(at, "func");
    has_val = has_val || declares(at, "val");
    has_let = has_let || declares(at, "let");
    at = behind > at ? behind : at + 1;
    while (is_word && is_of_word(*at))
      at++;
  }
  if (has_functions || (has_val && !has_statements))
    return NESTS;
  return has_let && !has_statements ? NESTS_PERHAPS : NESTS_NOT;
}

char *comments_blank(const char *text, enum comment_style style) {
  return blank(text, style, styles[style].is_source && nesting_of(text) != NESTS_NOT, false);
}

char *comments_blank_sure(const char *text, enum comment_style style) {
  return blank(text, style, styles[style].is_source && nesting_of(text) == NESTS, true);
}
