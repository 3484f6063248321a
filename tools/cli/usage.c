/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/usage.h"

#include <stdarg.h>

#include "base/memory.h"
#include "cli/output.h"

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
