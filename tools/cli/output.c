/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

#include "cli/output.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/progress.h"

/* The longest line of wrapped text, and the shortest that a narrow terminal gets. */
#define LINE_COLUMNS 80
#define LEAST_COLUMNS 40

bool terminal_is_able(void) {
  const char *terminal = getenv("TERM");
  return terminal != NULL && *terminal != '\0' && strcmp(terminal, "dumb") != 0;
}

static bool has_colours(FILE *stream) {
  const char *no_colour = getenv("NO_COLOR");
  if ((no_colour != NULL && *no_colour != '\0') || !terminal_is_able())
    return false;
  return isatty(fileno(stream)) == 1;
}

__attribute__((format(printf, 3, 0))) static void put_escaped(FILE *stream, enum colour colour,
                                                              const char *format, va_list values) {
  static const char *const codes[] = {"", "\033[1m", "\033[1;31m", "\033[32m", "\033[1;33m", "\033[36m"};
  size_t length = strlen(format);
  bool ends_line = length > 0 && format[length - 1] == '\n';
  AUTO_TEXT text = must_vformat(format, values);
  size_t text_length = strlen(text) - (ends_line ? 1 : 0);
  AUTO_TEXT escaped = escape_bytes(text, text_length);
  bool coloured = colour != PLAIN && has_colours(stream);
  fprintf(stream, "%s%s%s%s", coloured ? codes[colour] : "", escaped, coloured ? "\033[0m" : "",
          ends_line ? "\n" : "");
}

void put(FILE *stream, enum colour colour, const char *format, ...) {
  va_list values;
  va_start(values, format);
  put_escaped(stream, colour, format, values);
  va_end(values);
}

size_t output_columns(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_col > LINE_COLUMNS)
    return LINE_COLUMNS;
  return size.ws_col < LEAST_COLUMNS ? LEAST_COLUMNS : size.ws_col;
}

static void wrap(enum colour colour, const char *lead, const char *text, size_t columns) {
  AUTO_TEXT words = escape_text(text);
  size_t indent = strlen(lead);
  size_t column = indent;
  char *rest = NULL;
  fputs(lead, stdout);
  for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
    size_t width = text_width(word);
    bool first = column == indent;
    if (!first && column + 1 + width > columns) {
      printf("\n%*s", (int)indent, "");
      first = true;
      column = indent;
    }
    /* `put` escapes again, which changes nothing. */
    put(stdout, colour, "%s%s", first ? "" : " ", word);
    column += width + (first ? 0 : 1);
  }
  putchar('\n');
}

void put_wrapped(enum colour colour, const char *lead, const char *text) {
  wrap(colour, lead, text, output_columns());
}

void put_fitted(enum colour colour, const char *lead, const char *text) {
  wrap(colour, lead, text, isatty(STDOUT_FILENO) == 1 ? output_columns() : SIZE_MAX);
}

void put_metric(const char *name, const char *help, long long value) {
  printf("# HELP %s %s\n# TYPE %s gauge\n%s %lld\n", name, help, name, name, value);
}

void put_command(const char *lead, const char *command) {
  AUTO_TEXT words = escape_text(command);
  bool fits = isatty(STDOUT_FILENO) != 1 || text_width(lead) + text_width(words) <= output_columns();
  size_t columns = output_columns() - 2;
  size_t column = 2;
  char *rest = NULL;
  if (fits) {
    put(stdout, PLAIN, "%s%s\n", lead, words);
    return;
  }
  put(stdout, PLAIN, "%.*s\n", (int)strcspn(lead, ":") + 1, lead);
  for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
    size_t width = text_width(word);
    bool first = column == 2;
    bool breaks = !first && column + 1 + width > columns;
    put(stdout, PLAIN, "%s%s", first ? "  " : breaks ? " \\" : " ", breaks ? "" : word);
    column = breaks ? 4 + width : column + width + (first ? 0 : 1);
    if (breaks)
      printf("\n    %s", word);
  }
  putchar('\n');
}

static bool notes_are_hidden;
static output_listener *listener;

void output_hide_notes(bool hide) {
  notes_are_hidden = hide;
}

bool output_hides_notes(void) {
  return notes_are_hidden;
}

void output_listen(output_listener *to) {
  listener = to;
}

void output_hear(const char *severity, const char *text) {
  if (listener != NULL)
    listener(severity, text);
}

__attribute__((format(printf, 3, 0))) static void say(enum colour colour, const char *kind,
                                                      const char *format, va_list values) {
  AUTO_TEXT text = must_vformat(format, values);
  output_hear(*kind == '\0' ? "error" : *kind == 'w' ? "warning" : "note", text);
  if (*kind == 'n' && notes_are_hidden)
    return;
  progress_hide();
  /* On a pipe, too, earlier output to stdout comes before the message. */
  fflush(stdout);
  fputs("pinctl: ", stderr);
  put(stderr, colour, "%s", kind);
  put(stderr, PLAIN, "%s", text);
  fputc('\n', stderr);
}

bool say_error(const char *format, ...) {
  va_list values;
  va_start(values, format);
  say(PLAIN, "", format, values);
  va_end(values);
  return false;
}

int say_failure(const char *format, ...) {
  va_list values;
  va_start(values, format);
  say(PLAIN, "", format, values);
  va_end(values);
  return EXIT_FAILED;
}

void say_warning(const char *format, ...) {
  va_list values;
  va_start(values, format);
  say(YELLOW, "warning: ", format, values);
  va_end(values);
}

void say_note(const char *format, ...) {
  va_list values;
  va_start(values, format);
  say(CYAN, "note: ", format, values);
  va_end(values);
}

bool say_if_ended(const char *what) {
  int number = end_asked();
  if (number != 0)
    say_error("%s: ended by a signal (%s); nothing was changed", what, strsignal(number));
  return number != 0;
}

void say_if_late(const char *what, const char *command) {
  int number = end_noted();
  if (number == 0)
    return;
  AUTO_TEXT back =
      command == NULL ? must_copy("") : must_format(", and \"pinctl %s\" takes it back", command);
  say_warning("%s: the signal to end (%s) came too late: the change is made%s", what, strsignal(number),
              back);
}

const char *root_remedy(int error) {
  bool refused = error == EACCES || error == EPERM;
  if (error == ENOSPC || error == EDQUOT)
    return "; make room there";
  if (error == EROFS)
    return "; make it writable";
  if (!refused)
    return "";
  return geteuid() != 0
             ? "; try it as root"
             : "; what holds root back may be a security module such as SELinux or AppArmor (see the "
               "system log), or \"chattr +i\" (see \"lsattr\")";
}

json_object *json_text(const char *text) {
  size_t length = strlen(text);
  AUTO_TEXT valid = must_alloc(3 * length + 1, 1);
  char *to = valid;
  for (size_t at = 0; at < length;) {
    uint32_t point = 0;
    size_t step = utf8_decode(text + at, length - at, &point);
    to = step == 0 ? stpcpy(to, "\xef\xbf\xbd") : mempcpy(to, text + at, step);
    at += step == 0 ? 1 : step;
  }
  return json_object_new_string(valid);
}

json_object *json_text_or_null(const char *text) {
  return text == NULL ? NULL : json_text(text);
}

json_object *json_digest(const struct pin_digest *digest) {
  char text[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(digest, text);
  return json_object_new_string(text);
}

json_object *json_time(int64_t moment) {
  AUTO_TEXT text = timestamp_utc(moment);
  return json_object_new_string(text);
}

json_object *json_seconds(double seconds) {
  AUTO_TEXT text = must_format("%.3f", seconds);
  return json_object_new_double_s(seconds, text);
}

/* Prints a character that may have to be escaped. It is within a string, where \uXXXX means the character. */
static void print_point(FILE *stream, const char *bytes, size_t length, uint32_t point) {
  if (is_plain(point))
    fwrite(bytes, 1, length, stream);
  else if (point < 0x10000)
    fprintf(stream, "\\u%04x", (unsigned)point);
  else
    fprintf(stream, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((point - 0x10000) >> 10)),
            (unsigned)(0xdc00 + (point & 0x3ff)));
}

/* The length of the printable ASCII at the beginning. */
static size_t easy_length(const char *text, size_t length) {
  size_t at = 0;
  while (at < length && text[at] >= ' ' && text[at] <= '~')
    at++;
  return at;
}

static void print_json(FILE *stream, json_object *value, int flags, size_t indent) {
  size_t length = 0;
  const char *text =
      json_object_to_json_string_length(value, flags | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
  for (size_t at = 0; at < length;) {
    uint32_t point = 0;
    size_t easy = easy_length(text + at, length - at);
    fwrite(text + at, 1, easy, stream);
    at += easy;
    if (at == length)
      break;
    size_t step = utf8_decode(text + at, length - at, &point);
    /* A newline between members; within strings newlines are escaped already. */
    if (text[at] == '\n')
      fprintf(stream, "\n%*s", (int)indent, "");
    else
      print_point(stream, text + at, step == 0 ? 1 : step, point);
    at += step == 0 ? 1 : step;
  }
  json_object_put(value);
}

void json_print(json_object *value) {
  json_write(stdout, value);
}

void json_print_line(json_object *value) {
  print_json(stdout, value, JSON_C_TO_STRING_PLAIN, 0);
  putchar('\n');
}

void json_write_part(FILE *stream, json_object *value, size_t indent) {
  print_json(stream, value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED, indent);
}

void json_write(FILE *stream, json_object *value) {
  json_write_part(stream, value, 0);
  fputc('\n', stream);
}

int finish_output(int status) {
  if (fflush(stdout) == 0 && ferror(stdout) == 0)
    return status;
  return say_failure("standard output: %s", strerror(errno));
}
