/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/option_text.h"

#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/comments.h"
#include "formats/import.h"
#include "formats/words.h"

/* The separators of words. */
#define BLANKS " \t\n\v\f\r"

/* Takes over name and value. */
static void add(struct option_text *options, char *name, char *value, unsigned line) {
  options->items = must_room(options->items, options->count, sizeof *options->items);
  options->items[options->count++] =
      (struct text_option){.name = name, .value = value, .line = line, .is_of_command = options->in_command};
}

/* The signs that end a command or begin another. */
#define BETWEEN_COMMANDS ";|&()`"

/* The deepest nesting of commands that is read. */
#define DEEPEST_COMMAND 16

/* "</code>" of an HTML text. */
static bool is_end_tag(const char *at) {
  return at[0] == '<' && at[1] == '/' && at[2 + strspn(at + 2, "abcdefghijklmnopqrstuvwxyz")] == '>';
}

/* Whether a command ends here, outside of quotes. The ";" between two unquoted pins ends nothing. */
static bool ends_command(const char *at) {
  return (strchr(BETWEEN_COMMANDS, *at) != NULL && strncmp(at, ";sha256//", strlen(";sha256//")) != 0) ||
         is_end_tag(at);
}

static char *take_word(const char **at);

/* Skips a redirection ("2>&1", "&> FILE"), whose "&" and "|" end no command. Returns false if there is
 * none. */
static bool skip_redirection(const char **at) {
  size_t digits = strspn(*at, "0123456789");
  const char *sign = *at + digits + (digits == 0 && **at == '&' ? 1 : 0);
  /* In documentation <NAME> is a placeholder, not a redirection. */
  bool is_input = *sign == '<' && sign[1] != '\0' && strchr("&<" BLANKS, sign[1]) != NULL && **at != '&';
  if (*sign != '>' && !is_input)
    return false;
  *at = sign + strspn(sign, "<>&|");
  free(take_word(at));
  return true;
}

/* Takes the next word as a shell splits them, without its quotes. NULL: the end of the command. For
 * free(3). */
static char *take_word(const char **at) {
  do
    *at += strspn(*at, BLANKS);
  while (skip_redirection(at));
  if (**at == '#')
    *at += strlen(*at);
  if (**at == '\0' || ends_command(*at))
    return NULL;
  size_t room = 64, length = 0;
  char *word = must_alloc(room, 1);
  char quote = '\0';
  for (; **at != '\0' && (quote != '\0' || (strchr(BLANKS, **at) == NULL && !ends_command(*at))); ++*at) {
    char byte = **at;
    if (length + 1 == room)
      word = must_grow(word, room *= 2, 1);
    if (quote == '\0' && (byte == '"' || byte == '\''))
      quote = byte;
    else if (byte == quote)
      quote = '\0';
    else if (byte == '\\' && quote != '\'' && (*at)[1] != '\0')
      word[length++] = *++*at;
    else
      word[length++] = byte;
  }
  word[length] = '\0';
  return word;
}

static void add_next(struct option_text *options, unsigned number) {
  add(options, must_copy("next"), must_copy(""), number);
}

/* Reads a word of short options: the first one with a value takes the rest of the word, or the next word. */
static void read_short(const char *word, const char **line, unsigned number, const char *with_value,
                       struct option_text *options) {
  for (const char *at = word + 1; *at != '\0'; at++) {
    if (*at == ':') {
      add_next(options, number);
    } else if (strchr(with_value, *at) != NULL) {
      char *value = at[1] == '\0' ? take_word(line) : must_copy(at + 1);
      add(options, must_copy_bytes(at, 1), value == NULL ? must_copy("") : value, number);
      return;
    }
  }
}

/* Reads one command: "--name=VALUE", or "--name" and the next word if that is not an option. */
static void read_command(const char **line, unsigned number, const char *with_value,
                         struct option_text *options) {
  char *pending = NULL;
  for (char *word; (word = take_word(line)) != NULL;) {
    if (*word == '-' && pending != NULL)
      add(options, pending, must_copy(""), number), pending = NULL;
    if (strncmp(word, "--", 2) == 0) {
      char *equals = strchr(word, '=');
      char *name = must_copy_bytes(word + 2, equals == NULL ? strlen(word + 2) : (size_t)(equals - word - 2));
      if (equals != NULL)
        add(options, name, must_copy(equals + 1), number);
      else
        pending = name;
      free(word);
    } else if (*word != '-') {
      add(options, pending == NULL ? must_copy("") : pending, word, number);
      pending = NULL;
    } else {
      read_short(word, line, number, with_value, options);
      free(word);
    }
  }
  if (pending != NULL)
    add(options, pending, must_copy(""), number);
}

/* Returns the last sign of the "$(...)", "<(...)" or "`...`" that begins here, or the end of the text.
 * NULL: none begins. */
static const char *end_of_inner(const char *at) {
  if (*at == '`')
    return strchr(at + 1, '`');
  if (strchr("$<>", *at) == NULL || at[1] != '(')
    return NULL;
  size_t depth = 0;
  char quote = '\0';
  for (at++; *at != '\0'; at++) {
    if (quote != '\0' || *at == '"' || *at == '\'')
      quote = quote == '\0' ? *at : *at == quote ? '\0' : quote;
    else if (*at == '(')
      depth++;
    else if (*at == ')' && --depth == 0)
      break;
  }
  return at;
}

static void read_commands(const char *line, unsigned number, const char *with_value, unsigned depth,
                          struct option_text *options);

/* Reads the commands within a line, and returns the line with "$" in their place. For free(3). */
static char *read_inner_commands(const char *line, unsigned number, const char *with_value, unsigned depth,
                                 struct option_text *options) {
  char *around = must_alloc(strlen(line) + 1, 1);
  size_t length = 0;
  bool is_bare = true, is_open = true; /* outside of single and of double quotes */
  for (const char *end; *line != '\0'; line = end) {
    is_bare = *line == '\'' && is_open ? !is_bare : is_bare;
    is_open = *line == '"' && is_bare ? !is_open : is_open;
    end = is_bare && depth < DEEPEST_COMMAND ? end_of_inner(line) : NULL;
    if (end != NULL) {
      const char *start = line + (*line == '`' ? 1 : 2);
      AUTO_TEXT inner = must_copy_bytes(start, (size_t)(end - start));
      read_commands(inner, number, with_value, depth + 1, options);
      around[length++] = '$';
      end += *end != '\0' ? 1 : 0;
      continue;
    }
    end = line + (*line == '\\' && is_bare && line[1] != '\0' ? 2 : 1);
    memcpy(around + length, line, (size_t)(end - line));
    length += (size_t)(end - line);
  }
  around[length] = '\0';
  return around;
}

/* Reads all commands of a line, each by itself. */
static void read_commands(const char *line, unsigned number, const char *with_value, unsigned depth,
                          struct option_text *options) {
  AUTO_TEXT around = read_inner_commands(line, number, with_value, depth, options);
  options->in_command = true;
  for (const char *at = around; *at != '\0';
       at += is_end_tag(at) ? strcspn(at, ">") + 1 : strspn(at, BETWEEN_COMMANDS)) {
    add_next(options, number);
    read_command(&at, number, with_value, options);
  }
  add_next(options, number);
  options->in_command = false;
}

static char unescaped(char byte) {
  return byte == 'n' ? '\n' : byte == 't' ? '\t' : byte == 'r' ? '\r' : byte == 'v' ? '\v' : byte;
}

/* Takes a value in double quotes with escapes, or up to the next blank. *at moves behind it. For free(3). */
static char *take_value(const char **at) {
  size_t bare = strcspn(*at, " \t");
  char *value = must_copy_bytes(*at, **at == '"' ? strlen(*at) : bare);
  if (**at != '"') {
    *at += bare;
    return value;
  }
  size_t length = 0;
  for (++*at; **at != '\0' && **at != '"'; ++*at) {
    bool is_escape = **at == '\\' && (*at)[1] != '\0';
    *at += is_escape ? 1 : 0;
    value[length++] = is_escape ? unescaped(**at) : **at;
  }
  value[length] = '\0';
  return value;
}

/* Reads a line of a configuration. Text behind the value does not belong to it, but is kept as an operand. */
static void read_setting(const char *line, unsigned number, struct option_text *options) {
  line += strspn(line, "-");
  size_t length = strcspn(line, " \t=:");
  const char *at = line + length + strspn(line + length, " \t=:");
  if (length == 0)
    return;
  add(options, must_copy_bytes(line, length), take_value(&at), number);
  if (*at != '\0')
    add(options, must_copy(""), must_copy(at), number);
}

/* Reads a line of OpenWrt: "config interface 'vpn'", "option server 'x.org'". Returns false for any other
 * line. */
static bool read_uci(const char *line, unsigned number, struct option_text *options) {
  static const char option[] = "option", section[] = "config";
  const char *behind = line + strlen(option);
  bool is_option = strncmp(line, option, strlen(option)) == 0;
  if ((!is_option && strncmp(line, section, strlen(section)) != 0) || strchr(" \t", *behind) == NULL)
    return false;
  char *name = take_word(&behind), *value = take_word(&behind);
  if (is_option && name != NULL && value != NULL) {
    add(options, name, value, number);
    return true;
  }
  free(name);
  free(value);
  if (!is_option)
    add_next(options, number);
  return true;
}

/* Whether a line of the text begins with `start`, behind blanks. */
static bool has_line(const char *text, const char *start) {
  for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
    at += strspn(at, BLANKS);
    if (strncmp(at, start, strlen(start)) == 0)
      return true;
  }
  return false;
}

static bool is_setting(const char *line) {
  const char *behind = line + strcspn(line, " \t");
  behind += strspn(behind, " \t");
  return *behind == '=' || *behind == ':';
}

static bool is_command(const char *line, const char *program) {
  AUTO_TEXT first = must_copy_bytes(line, strcspn(line, " \t"));
  const char *slash = strrchr(first, '/');
  bool named = strcmp(slash == NULL ? first : slash + 1, program) == 0;
  return named || (!is_setting(line) && strstr(line + strlen(first), " --") != NULL) ||
         (*line == '$' && line[1] == ' ');
}

struct option_text option_text_read(const char *text, const char *program, const char *with_value) {
  struct option_text options = {0};
  AUTO_TEXT bare = comments_blank(text, COMMENTS_SCRIPT);
  bool is_uci = has_line(bare, "option ") && has_line(bare, "config ");
  struct lines lines = lines_of(bare);
  for (char *line; (line = lines_next(&lines)) != NULL;) {
    bool has_program = is_command(line, program) || (!is_setting(line) && strstr(line, program) != NULL);
    lines_join_escaped(&lines, line, has_program ? program : NULL);
    if (is_uci && read_uci(line, lines.number, &options))
      continue;
    if (*line == '[')
      add_next(&options, lines.number);
    else if (is_command(line, program))
      read_commands(line, lines.number, with_value, 0, &options);
    else
      read_setting(line, lines.number, &options);
  }
  lines_clear(&lines);
  return options;
}

void option_text_name_unread(struct conversion *conversion, const struct option_text *options,
                             const char *words) {
  AUTO_TEXT copy = must_copy(words);
  char *rest = copy;
  for (const char *word; (word = next_word(&rest, " ")) != NULL;)
    for (size_t i = 0; i < options->count; i++) {
      const struct text_option *option = &options->items[i];
      import_name_unread(conversion, option->value, option->line, word);
      if (!is_one_of(option->name, words))
        import_name_unread(conversion, option->name, option->line, word);
    }
}

void option_text_clear(struct option_text *options) {
  for (size_t i = 0; i < options->count; i++) {
    free(options->items[i].name);
    free(options->items[i].value);
  }
  free(options->items);
  *options = (struct option_text){0};
}

size_t url_scheme(const char *url) {
  size_t length = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
  return length > 0 && strncmp(url + length, "://", 3) == 0 ? length + 3 : 0;
}

bool url_read(const char *url, char **ret_host, uint16_t *ret_port, bool *ret_has_path) {
  const char *start = url + url_scheme(url);
  size_t length = strcspn(start, "/?#");
  AUTO_TEXT authority = must_copy_bytes(start, length);
  const char *user = strrchr(authority, '@');
  const char *host = user == NULL ? authority : user + 1;
  bool bracketed = *host == '[';
  const char *end = bracketed ? strchr(host, ']') : host + strcspn(host, ":");
  *ret_port = 0;
  *ret_has_path = start[length] != '\0' && strcmp(start + length, "/") != 0;
  if (end == NULL || end == host)
    return false;
  const char *port = end + (bracketed ? 1 : 0);
  if (*port != '\0' && (*port != ':' || (port[1] != '\0' && !port_read(port + 1, ret_port))))
    return false;
  *ret_host = must_copy_bytes(host + (bracketed ? 1 : 0), (size_t)(end - host) - (bracketed ? 1 : 0));
  return true;
}

void curl_take_pins(struct conversion *conversion, const char *value, struct draft *draft) {
  AUTO_TEXT copy = must_copy(value);
  char *rest = NULL;
  for (const char *pin = strtok_r(copy, ";", &rest); pin != NULL; pin = strtok_r(NULL, ";", &rest)) {
    struct pin_digest digest;
    /* curl compares characters, so it accepts no other spelling of a digest */
    if (strncmp(pin, "sha256//", 8) == 0 && pin_digest_parse(pin, strlen(pin), &digest)) {
      convert_know(conversion, &digest, draft->line);
      draft_take(draft, PIN_LIST_PINS, &digest);
    } else
      convert_loss(
          conversion, draft->line,
          "\"%s\": expected sha256//BASE64, and \";\" between several (of a key in a file, \"pinctl add\" "
          "takes the pin)",
          pin);
  }
}
