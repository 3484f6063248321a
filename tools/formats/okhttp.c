/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * OkHttp's CertificatePinner: the calls .add("PATTERN", "sha256/...") of a source in Java or Kotlin, or a
 * plain list of lines PATTERN -> sha256/...
 */
#include <string.h>

#include "base/memory.h"
#include "formats/formats.h"

/* "**.": the name and all below it; "*.": exactly one label. */
static void read_pattern(const char *pattern, struct draft *draft) {
  draft->include_subdomains = strncmp(pattern, "**.", 3) == 0;
  draft->name = draft->include_subdomains ? pattern + 3 : pattern;
}

static void read_pin(struct conversion *conversion, const char *text, unsigned line, struct draft *draft) {
  struct pin_digest digest;
  if (strncmp(text, "sha1/", 5) == 0)
    convert_loss(conversion, conversion->path, line, "\"%s\": only SHA-256 can be held", text);
  else if (strncmp(text, "sha256/", 7) == 0 && pin_digest_parse(text, strlen(text), &digest))
    draft_take(draft, PIN_LIST_PINS, &digest);
  else
    convert_error(conversion, conversion->path, line, "\"%s\": expected sha256/BASE64", text);
}

/* A source being walked through. */
struct source {
  const char *at;
  unsigned line;
};

static void step(struct source *source) {
  source->line += *source->at == '\n' ? 1 : 0;
  source->at++;
}

static void step_over(struct source *source, const char *end) {
  while (*source->at != '\0' && strncmp(source->at, end, strlen(end)) != 0)
    step(source);
}

/* White space and comments. */
static void skip_space(struct source *source) {
  for (;;) {
    while (*source->at != '\0' && strchr(" \t\r\n", *source->at) != NULL)
      step(source);
    if (strncmp(source->at, "//", 2) == 0)
      step_over(source, "\n");
    else if (strncmp(source->at, "/*", 2) == 0) {
      step_over(source, "*/");
      source->at += *source->at == '\0' ? 0 : 2;
    } else
      return;
  }
}

/* A string in double quotes, which begins here; NULL: it never ends. For free(3). */
static char *take_string(struct source *source) {
  const char *start = source->at + 1;
  const char *end = start;
  while (*end != '\0' && *end != '\n' && *end != '"')
    end += *end == '\\' && end[1] != '\0' ? 2 : 1;
  if (*end != '"')
    return NULL;
  source->at = end + 1;
  return must_copy_bytes(start, (size_t)(end - start));
}

/* The arguments of one call, behind its "(". False, having reported it: they are not all strings. */
static bool read_arguments(struct conversion *conversion, struct source *source,
                           struct text_list *arguments) {
  for (;;) {
    skip_space(source);
    if (*source->at == ')' && arguments->count > 0)
      return true;
    char *text = *source->at == '"' ? take_string(source) : NULL;
    if (text == NULL)
      break;
    text_list_add(arguments, text);
    skip_space(source);
    if (*source->at == ',')
      source->at++;
    else if (*source->at != ')')
      break;
  }
  convert_error(conversion, conversion->path, source->line, "expected .add(\"PATTERN\", \"sha256/...\")");
  return false;
}

static void read_call(struct conversion *conversion, struct source *source) {
  struct text_list arguments = {0};
  unsigned line = source->line;
  if (read_arguments(conversion, source, &arguments)) {
    struct draft draft = DRAFT_AT(NULL, line);
    read_pattern(arguments.items[0], &draft);
    for (size_t i = 1; i < arguments.count; i++)
      read_pin(conversion, arguments.items[i], line, &draft);
    conversion_add(conversion, &draft);
    draft_clear(&draft);
  }
  text_list_clear(&arguments);
}

/* Calls of .add( whose first argument is no string belong to something else. */
static void read_source(struct conversion *conversion) {
  struct source source = {.at = conversion->text, .line = 1};
  while (*source.at != '\0') {
    skip_space(&source);
    if (strncmp(source.at, ".add(", 5) == 0) {
      source.at += 5;
      skip_space(&source);
      if (*source.at == '"')
        read_call(conversion, &source);
    } else if (*source.at == '"') {
      AUTO_TEXT passed_over = take_string(&source);
      source.at += passed_over == NULL ? 1 : 0;
    } else if (*source.at != '\0') {
      step(&source);
    }
  }
}

static void read_line(struct conversion *conversion, char *line, unsigned number) {
  static const char separators[] = " \t\r,;";
  char *arrow = strstr(line, "->");
  char *start = line + strspn(line, separators);
  if (*start == '\0' || *start == '#' || strncmp(start, "//", 2) == 0)
    return;
  if (arrow == NULL) {
    convert_error(conversion, conversion->path, number, "expected PATTERN -> sha256/...");
    return;
  }
  *arrow = '\0';
  start[strcspn(start, separators)] = '\0';
  struct draft draft = DRAFT_AT(NULL, number);
  read_pattern(start, &draft);
  char *rest = NULL;
  for (const char *pin = strtok_r(arrow + 2, separators, &rest); pin != NULL;
       pin = strtok_r(NULL, separators, &rest))
    read_pin(conversion, pin, number, &draft);
  conversion_add(conversion, &draft);
  draft_clear(&draft);
}

static void read_okhttp(struct conversion *conversion) {
  if (strstr(conversion->text, ".add(") != NULL) {
    read_source(conversion);
    return;
  }
  AUTO_TEXT text = must_copy(conversion->text);
  char *rest = text;
  unsigned number = 0;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;)
    read_line(conversion, line, ++number);
}

static void write_okhttp(struct conversion *conversion) {
  fputs("CertificatePinner certificatePinner = new CertificatePinner.Builder()\n", conversion->out);
  for (size_t i = 0; i < conversion->count; i++) {
    const struct pin_entry *entry = &conversion->items[i].entry;
    const struct pin_digest_list *pins = &entry->lists[PIN_LIST_PINS];
    fprintf(conversion->out, "    .add(\"%s%s\"", entry->include_subdomains ? "**." : "", entry->name);
    for (uint32_t pin = 0; pin < pins->count; pin++) {
      char text[PIN_DIGEST_TEXT_SIZE];
      pin_digest_format(&pins->digests[pin], text);
      fprintf(conversion->out, ",\n        \"%s\"", text);
    }
    fputs(")\n", conversion->out);
  }
  fputs("    .build();\n", conversion->out);
}

const struct format format_okhttp = {
    .name = "okhttp",
    .title = "OkHttp's CertificatePinner (source, or a list)",
    .mark = "sha256/\n.add(\"",
    .holds =
        HOLDS_HOSTS | HOLDS_SUBDOMAINS | HOLDS_WILDCARDS | HOLDS_ADDRESSES | HOLDS_EVERY_PORT | HOLDS_CA_KEYS,
    .least_pins = 1,
    .adds_up = true,
    .read = read_okhttp,
    .write = write_okhttp,
};
