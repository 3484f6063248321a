/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/arguments.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/edit_distance.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/invocation.h"
#include "cli/output.h"
#include "pinpolicy.h"

char *usage_line(const struct verb *verb) {
  return must_format("pinctl %s [options]%s%s", verb->name, *verb->operands == '\0' ? "" : " ",
                     verb->operands);
}

__attribute__((format(printf, 2, 0))) static void say_usage(const struct verb *verb, const char *format,
                                                            va_list values) {
  AUTO_TEXT message = must_vformat(format, values);
  AUTO_TEXT usage = usage_line(verb);
  say_error("%s: %s", verb->name, message);
  put(stderr, PLAIN, "Usage: %s\n", usage);
  put(stderr, PLAIN, "\"pinctl %s --help\" says more.\n", verb->name);
}

bool wrong_usage(const struct verb *verb, const char *format, ...) {
  va_list values;
  va_start(values, format);
  say_usage(verb, format, values);
  va_end(values);
  return false;
}

int usage_status(const struct verb *verb, const char *format, ...) {
  va_list values;
  va_start(values, format);
  say_usage(verb, format, values);
  va_end(values);
  return EXIT_USAGE;
}

/* Options that verbs have without a row in their tables. */
static const struct common {
  struct option option;
  const char *operand;       /* verbs whose operands begin with this word have it; NULL: see `reports` */
  enum verb_reports reports; /* verbs that report in this way have it; 0: all verbs have it */
} common[] = {
    {.option = OPTION(HOST_OPERAND, "host", "HOST", "the same as the operand HOST", .repeatable = true),
     .operand = "HOST"},
    {.option = OPTION(FILE_OPERAND, "file", "FILE", "the same as the operand FILE", .repeatable = true),
     .operand = "FILE"},
    {.option = FLAG(NO_NOTES, "quiet", "or -q: print no notes, only warnings and errors", .letter = 'q'),
     .reports = REPORTS_QUIETLY},
    {.option = FLAG(RESULT, "json", "print as JSON what was done, and all messages"),
     .reports = REPORTS_RESULT},
    {.option = FLAG(HELP, "help", "print this help")},
};

static bool has_own(const struct verb *verb, const char *name) {
  for (size_t i = 0; i < verb->option_count; i++)
    if (strcmp(verb->options[i].name, name) == 0)
      return true;
  return false;
}

static bool applies(const struct verb *verb, const struct common *common_one) {
  size_t bracket = *verb->operands == '[' ? 1 : 0;
  if (common_one->operand != NULL)
    return strncmp(verb->operands + bracket, common_one->operand, strlen(common_one->operand)) == 0 &&
           !has_own(verb, common_one->option.name);
  return common_one->reports == 0 || (verb->reports & common_one->reports) != 0;
}

/* The common options of a verb in turn, --help last; start with *cursor = 0. NULL: no more. */
static const struct option *common_option_next(const struct verb *verb, size_t *cursor) {
  while (*cursor < COUNT_OF(common)) {
    const struct common *next = &common[(*cursor)++];
    if (applies(verb, next))
      return &next->option;
  }
  return NULL;
}

const struct option *verb_option_next(const struct verb *verb, size_t *cursor) {
  if (*cursor < verb->option_count)
    return &verb->options[(*cursor)++];
  size_t at = *cursor - verb->option_count;
  const struct option *option = common_option_next(verb, &at);
  *cursor = verb->option_count + at;
  return option;
}

/* Whether the value of this option counts as an operand. */
static bool option_is_operand(enum option_id id) {
  return id == OPTION_HOST_OPERAND || id == OPTION_FILE_OPERAND;
}

static const struct option *find_option(const struct verb *verb, const char *name, size_t length) {
  size_t cursor = 0;
  for (const struct option *option; (option = verb_option_next(verb, &cursor)) != NULL;) {
    bool is_name = strlen(option->name) == length && strncmp(option->name, name, length) == 0;
    bool is_older_name =
        option->older != NULL && strlen(option->older) == length && strncmp(option->older, name, length) == 0;
    if (is_name || is_older_name)
      return option;
  }
  return NULL;
}

/* word: "-q". */
static const struct option *find_letter(const struct verb *verb, const char *word) {
  size_t cursor = 0;
  for (const struct option *option; (option = verb_option_next(verb, &cursor)) != NULL;)
    if (option->letter != '\0' && word[1] == option->letter && word[2] == '\0')
      return option;
  return NULL;
}

/* words: "a|b|c". */
static bool is_one_of(const char *words, const char *value) {
  size_t length = strlen(value);
  for (const char *word = words; word != NULL;) {
    const char *end = strchrnul(word, '|');
    if ((size_t)(end - word) == length && strncmp(word, value, length) == 0)
      return true;
    word = *end == '|' ? end + 1 : NULL;
  }
  return false;
}

static bool keep(struct arguments *arguments, enum option_id id, const char *value) {
  arguments->values = must_grow(arguments->values, arguments->value_count + 1, sizeof *arguments->values);
  arguments->values[arguments->value_count++] = (struct argument_value){.id = id, .value = value};
  return true;
}

/* Hosts come first among the operands, wherever --host was given. */
static bool keep_operand(struct arguments *arguments, enum option_id id, const char *value) {
  size_t at = id == OPTION_HOST_OPERAND ? arguments->host_options++ : arguments->operand_count;
  memmove(&arguments->operands[at + 1], &arguments->operands[at],
          (arguments->operand_count - at) * sizeof *arguments->operands);
  arguments->operands[at] = (char *)(uintptr_t)value;
  arguments->operand_count++;
  return true;
}

static bool keep_value(struct arguments *arguments, const struct option *option, const char *value) {
  const struct verb *verb = arguments->verb;
  if (value == NULL || *value == '\0')
    return wrong_usage(verb, "--%s needs a value: %s", option->name, option->argument);
  if (option->one_of && !is_one_of(option->argument, value))
    return wrong_usage(verb, "--%s \"%s\": expected %s", option->name, value, option->argument);
  if (!option->repeatable && arguments_has(arguments, option->id))
    return wrong_usage(verb, "--%s was given twice", option->name);
  if (option_is_operand(option->id))
    return keep_operand(arguments, option->id, value);
  return keep(arguments, option->id, value);
}

static bool refuse_unknown(const struct verb *verb, const char *name, size_t length) {
  AUTO_TEXT word = must_copy_bytes(name, length);
  const char *nearest = NULL;
  size_t best = FAR;
  size_t cursor = 0;
  for (const struct option *option; (option = verb_option_next(verb, &cursor)) != NULL;)
    if (is_nearer(word, option->name, &best))
      nearest = option->name;
  return nearest == NULL ? wrong_usage(verb, "unknown option --%s", word)
                         : wrong_usage(verb, "unknown option --%s; did you mean --%s?", word, nearest);
}

/* Reads the option at **argv; *argv is its last word afterwards. */
static bool read_option(struct arguments *arguments, char ***argv) {
  const char *name = **argv + 2;
  const char *equals = strchr(name, '=');
  size_t length = equals == NULL ? strlen(name) : (size_t)(equals - name);
  const struct option *option = find_option(arguments->verb, name, length);
  if (option == NULL)
    return refuse_unknown(arguments->verb, name, length);
  if (option->argument == NULL && equals != NULL)
    return wrong_usage(arguments->verb, "--%s takes no value", option->name);
  if (option->argument == NULL)
    return keep(arguments, option->id, NULL);
  if (equals != NULL)
    return keep_value(arguments, option, equals + 1);
  const char *value = (*argv)[1];
  if (value != NULL)
    (*argv)++;
  return keep_value(arguments, option, value);
}

static bool check_operand_count(const struct arguments *arguments) {
  const struct verb *verb = arguments->verb;
  if (arguments->operand_count < verb->least_operands)
    return wrong_usage(verb, "expected %s", verb->operands);
  if (arguments->operand_count > verb->most_operands)
    return wrong_usage(verb, "unexpected \"%s\"", arguments->operands[verb->most_operands]);
  return true;
}

static bool is_help(const char *word) {
  return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* "-" alone is an operand, standard input. */
static bool looks_like_option(const char *word) {
  return word[0] == '-' && word[1] != '\0';
}

static bool read_words(const struct verb *verb, char **argv, struct arguments *ret_arguments) {
  size_t words = 0;
  while (argv[words] != NULL)
    words++;
  struct arguments *arguments = ret_arguments;
  *arguments = (struct arguments){.verb = verb, .operands = must_alloc(words + 1, sizeof(char *))};
  bool options_ended = false;
  for (; *argv != NULL; argv++) {
    if (options_ended || !looks_like_option(*argv)) {
      arguments->operands[arguments->operand_count++] = *argv;
      options_ended = options_ended || verb->program_follows;
    } else if (strcmp(*argv, "--") == 0) {
      options_ended = true;
    } else if (is_help(*argv)) {
      return keep(arguments, OPTION_HELP, NULL);
    } else if ((*argv)[1] != '-') {
      const struct option *option = find_letter(verb, *argv);
      if (option == NULL)
        return wrong_usage(verb, "unknown option %s", *argv);
      keep(arguments, option->id, NULL);
    } else if (!read_option(arguments, &argv)) {
      return false;
    }
  }
  return check_operand_count(arguments);
}

char *policy_option(const char *path) {
  AUTO_TEXT word = shell_word(path);
  return strcmp(path, PIN_DEFAULT_POLICY) == 0 ? must_copy("") : must_format(" --policy %s", word);
}

/* The policy_option of this run; NULL: no command line was read yet. */
static char *option_of_run;

const char *same_policy(void) {
  return option_of_run == NULL ? "" : option_of_run;
}

bool arguments_read(const struct verb *verb, char **argv, struct arguments *ret_arguments) {
  if (!read_words(verb, argv, ret_arguments))
    return false;
  free(option_of_run);
  option_of_run = policy_option(arguments_policy(ret_arguments));
  return true;
}

void arguments_clear(struct arguments *arguments) {
  free(arguments->operands);
  free(arguments->values);
  *arguments = (struct arguments){0};
}

const char *arguments_next(const struct arguments *arguments, enum option_id id, size_t *cursor) {
  while (*cursor < arguments->value_count) {
    const struct argument_value *value = &arguments->values[(*cursor)++];
    if (value->id == id)
      return value->value;
  }
  return NULL;
}

bool arguments_has(const struct arguments *arguments, enum option_id id) {
  for (size_t i = 0; i < arguments->value_count; i++)
    if (arguments->values[i].id == id)
      return true;
  return false;
}

const char *arguments_value(const struct arguments *arguments, enum option_id id) {
  const char *last = NULL;
  for (size_t i = 0; i < arguments->value_count; i++)
    if (arguments->values[i].id == id)
      last = arguments->values[i].value;
  return last;
}

bool arguments_is(const struct arguments *arguments, enum option_id id, const char *word) {
  const char *value = arguments_value(arguments, id);
  return value != NULL && strcmp(value, word) == 0;
}

static const char *name_of(const struct verb *verb, enum option_id id) {
  size_t i = 0;
  while (i + 1 < verb->option_count && verb->options[i].id != id)
    i++;
  return verb->options[i].name;
}

bool arguments_number(const struct arguments *arguments, enum option_id id, const char *what, long least,
                      long most, long *number) {
  const char *value = arguments_value(arguments, id);
  if (value == NULL || number_read(value, least, most, number))
    return true;
  return wrong_usage(arguments->verb, "--%s \"%s\": expected %s from %ld to %ld",
                     name_of(arguments->verb, id), value, what, least, most);
}

const char *arguments_policy(const struct arguments *arguments) {
  const char *path = arguments_value(arguments, OPTION_POLICY);
  if (path == NULL)
    path = secure_getenv("PINNING_POLICY");
  return path == NULL || *path == '\0' ? PIN_DEFAULT_POLICY : path;
}

bool arguments_ports(const struct arguments *arguments, uint16_t **ret_ports, uint32_t *ret_count) {
  uint16_t *ports = must_alloc(arguments->value_count, sizeof *ports);
  uint32_t count = 0;
  *ret_ports = NULL;
  size_t cursor = 0;
  for (const char *value; (value = arguments_next(arguments, OPTION_PORT, &cursor)) != NULL; count++) {
    if (port_read(value, &ports[count]))
      continue;
    free(ports);
    return wrong_usage(arguments->verb, "--port \"%s\": expected a number from 1 to 65535", value);
  }
  ports_sort(ports, count);
  *ret_count = 0;
  for (uint32_t i = 0; i < count; i++)
    if (*ret_count == 0 || ports[*ret_count - 1] != ports[i])
      ports[(*ret_count)++] = ports[i];
  *ret_ports = ports;
  return true;
}

static bool takes_port(const struct verb *verb) {
  for (size_t i = 0; i < verb->option_count; i++)
    if (verb->options[i].id == OPTION_PORT)
      return true;
  return false;
}

bool arguments_entry_name(const struct arguments *arguments, const char *typed, char **ret_name) {
  const char *why = NULL;
  AUTO_TEXT host = NULL;
  uint16_t port = 0;
  enum pin_status named = host_name_read(typed, ret_name, &why);
  if (named == PIN_OK)
    return true;
  struct pin_digest digest;
  if (pin_digest_parse(typed, strlen(typed), &digest))
    return wrong_usage(arguments->verb, "\"%s\" is a pin; expected the HOST before it", typed);
  if (*typed == '[' && strchr(typed, ':') == NULL)
    return wrong_usage(arguments->verb, "\"%s\": only an IPv6 address stands in brackets", typed);
  if (host_and_port_read(typed, &host, &port) && port != 0)
    return takes_port(arguments->verb)
               ? wrong_usage(arguments->verb, "\"%s\": the port is an option: %s --port %u", typed, host,
                             (unsigned)port)
               : wrong_usage(arguments->verb, "\"%s\": a port is not taken here: %s", typed, host);
  return wrong_usage(arguments->verb, "\"%s\": %s", typed, named == PIN_INVALID ? why : "out of memory");
}

bool arguments_host_and_port(const struct arguments *arguments, const char *text, char **ret_host,
                             uint16_t *ret_port) {
  bool is_url = strpbrk(text, "/?#@") != NULL;
  if (!is_url && host_and_port_read(text, ret_host, ret_port))
    return true;
  return wrong_usage(arguments->verb, "\"%s\": expected HOST or HOST:PORT%s", text,
                     is_url ? ", without scheme and path" : "");
}
