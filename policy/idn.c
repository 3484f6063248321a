/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "idn.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "libc_symbol.h"

/* From <idn2.h>, which is not needed to build this. Part of its ABI, the same in every version 2. */
#define IDN2_OK 0
#define IDN2_MALLOC (-100)
#define IDN2_NFC_INPUT 1       /* normalize the input */
#define IDN2_NONTRANSITIONAL 8 /* UTS 46 as in browsers: "ß" is kept and does not become "ss" */

typedef int to_ascii_fn(const char *input, char **output, int flags);
typedef void free_fn(void *pointer);

/* Finds a function; ISO C has no conversion from an object pointer. Returns whether it exists. */
static int find(void *library, const char *name, void *ret_function) {
  void *symbol = dlsym(library, name);
  memcpy(ret_function, &symbol, sizeof symbol);
  return symbol != NULL;
}

static enum pin_idn_result convert(void *library, const char *name, char **ret_ascii) {
  to_ascii_fn *to_ascii;
  free_fn *free_output;
  if (!find(library, "idn2_to_ascii_8z", &to_ascii) || !find(library, "idn2_free", &free_output))
    return PIN_IDN_NO_LIBRARY;
  char *output = NULL;
  int error = to_ascii(name, &output, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (error != IDN2_OK)
    return error == IDN2_MALLOC ? PIN_IDN_NO_MEMORY : PIN_IDN_NO_NAME;
  *ret_ascii = strdup(output);
  free_output(output);
  return *ret_ascii != NULL ? PIN_IDN_DONE : PIN_IDN_NO_MEMORY;
}

enum pin_idn_result pin_idn_to_ascii(const char *library, const char *name, char **ret_ascii) {
  /* RTLD_NODELETE, so that a policy with many such names does not map and unmap the library for each. Deep
   * binding, so that the library calls its own dependencies and no function of the program's. */
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | libc_deepbind());
  if (handle == NULL)
    return PIN_IDN_NO_LIBRARY;
  enum pin_idn_result result = convert(handle, name, ret_ascii);
  dlclose(handle);
  return result;
}
