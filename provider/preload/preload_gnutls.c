/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The preload shim for GnuTLS. gnutls_init(3) calls gnutls_handshake_set_max_packet_length(3) through
 * libgnutls' own link table, so every session passes through here however the program bound GnuTLS.
 * gnutls_init(3) itself is also replaced, for a libgnutls without such a link. The first call loads
 * pinning-gnutls.so, which does the rest.
 *
 * If that fails, every ClientHello is refused: the administrator asked for enforcement, and would not notice
 * that it is missing.
 */
#include <dlfcn.h>
#include <string.h>
#include <syslog.h>

#include "callers.h"
#include "common/gnutls_module.h"
#include "common/log.h"
#include "common/object.h"
#include "preload.h"
#include "resolved.h"

#define VISIBLE __attribute__((visibility("default")))
#define CALLER __builtin_extract_return_addr(__builtin_return_address(0))

/* How many objects may call the functions below: libgnutls itself, programs, libraries. */
#define MAX_CALLERS 128

#define FUNCTIONS(X)                                                                                         \
  X(gnutls_ext_register)                                                                                     \
  X(gnutls_handshake)                                                                                        \
  X(gnutls_handshake_set_hook_function)                                                                      \
  X(gnutls_handshake_set_max_packet_length)                                                                  \
  X(gnutls_init)                                                                                             \
  X(gnutls_record_get_max_early_data_size)                                                                   \
  X(gnutls_record_send_early_data)                                                                           \
  X(gnutls_server_name_set)                                                                                  \
  X(gnutls_session_get_data)                                                                                 \
  X(gnutls_session_get_data2)                                                                                \
  X(gnutls_session_set_data)                                                                                 \
  X(gnutls_session_set_verify_cert)                                                                          \
  X(gnutls_session_set_verify_cert2)

#define X(name) VISIBLE __typeof__(name) name;
FUNCTIONS(X)
#undef X

enum function {
#define X(name) INDEX_##name,
  FUNCTIONS(X)
#undef X
      COUNT
};

typedef void any_fn(void);

static const struct {
  const char *name;
  any_fn *ours;
} functions[COUNT] = {
#define X(name) {#name, (any_fn *)name},
    FUNCTIONS(X)
#undef X
};

/* An object that calls these functions. */
struct caller {
  struct caller_place place;
  const struct pinning_gnutls *module; /* NULL: not enforced, so its sessions are refused */
  void *real[COUNT];                   /* the functions that it would reach without us; NULL: none */
  __typeof__(gnutls_server_name_get) *server_name; /* gnutls_server_name_get; NULL: there is none */
};

static struct caller callers[MAX_CALLERS];

/* ---- Callers ---- */

/* Finds the function that a caller would reach without us. ours: the shim's function of that name; NULL:
 * it has none. */
static void *find(void *handle, const char *name, const void *ours) {
  void *symbol = handle != NULL ? dlsym(handle, name) : NULL;

  return symbol != NULL && symbol != ours ? symbol : dlsym(RTLD_NEXT, name);
}

static void *find_real(void *handle, enum function function) {
  const void *ours;

  memcpy(&ours, &functions[function].ours, sizeof ours);
  return find(handle, functions[function].name, ours);
}

static const struct pinning_gnutls *attach(const void *address_in_libgnutls) {
  void *symbol = preload_module_symbol(PINNING_GNUTLS_FROM_SHIM, "pinning_gnutls_attach");
  __typeof__(pinning_gnutls_attach) *attach_module;
  const struct pinning_gnutls *module;

  if (symbol == NULL) {
    log_line(LOG_CRIT, "event=not-enforced library=gnutls message=\"pinning-gnutls.so cannot be loaded\" "
                       "consequence=\"every host is refused\"");
    return NULL;
  }
  memcpy(&attach_module, &symbol, sizeof symbol);
  module = attach_module(address_in_libgnutls, &resolved_seen);
  if (module != NULL && module->size < sizeof *module) {
    log_line(LOG_CRIT, "event=not-enforced library=gnutls message=\"pinning-gnutls.so is older than "
                       "libpinning-preload.so\" consequence=\"every host is refused\"");
    return NULL;
  }
  return module;
}

static void set_up(void *place, void *handle, const struct object *object) {
  struct caller *caller = place;
  void *server_name;

  if (handle == NULL)
    handle = object_open(object->start);
  server_name = find(handle, "gnutls_server_name_get", NULL);
  memcpy(&caller->server_name, &server_name, sizeof server_name);
  for (enum function function = 0; function < COUNT; function++)
    caller->real[function] = find_real(handle, function);
  if (caller->real[INDEX_gnutls_init] != NULL)
    caller->module = attach(caller->real[INDEX_gnutls_init]);
}

static const struct callers table = {callers, sizeof callers[0], MAX_CALLERS, set_up};

static const struct caller *caller_of(const void *address) {
  return callers_of(&table, address);
}

/* Gets the real function of a caller. False: there is none, or the caller is not known. */
static bool real_function(const struct caller *caller, enum function function, void *ret_function) {
  if (caller == NULL || caller->real[function] == NULL)
    return false;
  memcpy(ret_function, &caller->real[function], sizeof caller->real[function]);
  return true;
}

/* Declares `caller` and `real`, the function of that name. If there is none, returns `missing`. */
#define REAL(name, missing)                                                                                  \
  const struct caller *caller = caller_of(CALLER);                                                           \
  __typeof__(name) *real;                                                                                    \
                                                                                                             \
  if (!real_function(caller, INDEX_##name, &real))                                                           \
  return missing

#define NO_LIBRARY GNUTLS_E_INTERNAL_ERROR

/* ---- Sessions ---- */

/* A handshake hook that refuses every message that is sent. */
static int refuse_hello(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                        const gnutls_datum_t *message) {
  (void)session;
  (void)type;
  (void)when;
  (void)message;
  return incoming == 0 ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

/* Whether this is a server's session, which is left alone. GnuTLS does not say whose a session is, but
 * refuses to tell a client which name was requested. Any answer but these two counts as a client's. */
static bool is_server(const struct caller *caller, gnutls_session_t session) {
  char name[1];
  size_t size = sizeof name;
  unsigned type;
  int result = caller->server_name != NULL ? caller->server_name(session, name, &size, &type, 0)
                                           : GNUTLS_E_INVALID_REQUEST;

  return result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE || result == GNUTLS_E_SHORT_MEMORY_BUFFER;
}

static void begin(const struct caller *caller, gnutls_session_t session) {
  __typeof__(gnutls_handshake_set_hook_function) *set_hook;

  if (is_server(caller, session))
    return;
  if (caller->module != NULL)
    caller->module->session_new(caller->module, session);
  else if (real_function(caller, INDEX_gnutls_handshake_set_hook_function, &set_hook))
    set_hook(session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE, refuse_hello);
}

int gnutls_init(gnutls_session_t *session, unsigned int flags) {
  REAL(gnutls_init, NO_LIBRARY);
  int result = real(session, flags);

  if (result >= 0)
    begin(caller, *session);
  return result;
}

void gnutls_handshake_set_max_packet_length(gnutls_session_t session, size_t max) {
  REAL(gnutls_handshake_set_max_packet_length, );
  real(session, max);
  begin(caller, session);
}

void gnutls_handshake_set_hook_function(gnutls_session_t session, unsigned int type, int when,
                                        gnutls_handshake_hook_func hook) {
  REAL(gnutls_handshake_set_hook_function, );
  if (is_server(caller, session))
    real(session, type, when, hook);
  else if (caller->module != NULL)
    caller->module->set_hook(caller->module, session, type, when, hook);
}

/* The module registers an extension too. That one must come first and must apply to all sessions. */
int gnutls_ext_register(const char *name, int id, gnutls_ext_parse_type_t point, gnutls_ext_recv_func receive,
                        gnutls_ext_send_func send, gnutls_ext_deinit_data_func release,
                        gnutls_ext_pack_func pack, gnutls_ext_unpack_func unpack) {
  REAL(gnutls_ext_register, NO_LIBRARY);
  if (caller->module != NULL && !caller->module->make_room(caller->module))
    return GNUTLS_E_MEMORY_ERROR;
  return real(name, id, point, receive, send, release, pack, unpack);
}

int gnutls_handshake(gnutls_session_t session) {
  REAL(gnutls_handshake, NO_LIBRARY);
  if (caller->module == NULL)
    return real(session);
  caller->module->before_handshake(caller->module, session);
  return caller->module->handshake_done(caller->module, session, real(session));
}

/* ---- Names ---- */

int gnutls_server_name_set(gnutls_session_t session, gnutls_server_name_type_t type, const void *name,
                           size_t size) {
  REAL(gnutls_server_name_set, NO_LIBRARY);
  int result = real(session, type, name, size);

  if (result >= 0 && caller->module != NULL && type == GNUTLS_NAME_DNS)
    caller->module->server_named(caller->module, session, name, size);
  return result;
}

void gnutls_session_set_verify_cert(gnutls_session_t session, const char *name, unsigned flags) {
  REAL(gnutls_session_set_verify_cert, );
  real(session, name, flags);
  if (caller->module != NULL)
    caller->module->name_verified(caller->module, session, name);
}

void gnutls_session_set_verify_cert2(gnutls_session_t session, gnutls_typed_vdata_st *data, unsigned count,
                                     unsigned flags) {
  REAL(gnutls_session_set_verify_cert2, );
  real(session, data, count, flags);
  if (caller->module != NULL)
    caller->module->data_verified(caller->module, session, data, count);
}

/* ---- Stored sessions ---- */

int gnutls_session_set_data(gnutls_session_t session, const void *data, size_t size) {
  REAL(gnutls_session_set_data, NO_LIBRARY);
  int result;

  if (caller->module != NULL && caller->module->hold_session(caller->module, session, data, size, &result))
    return result;
  return real(session, data, size);
}

int gnutls_session_get_data(gnutls_session_t session, void *ret_data, size_t *size) {
  REAL(gnutls_session_get_data, NO_LIBRARY);
  int result = real(session, ret_data, size);

  if (result >= 0 && ret_data != NULL && caller->module != NULL)
    caller->module->session_given(caller->module, session, ret_data, *size);
  return result;
}

int gnutls_session_get_data2(gnutls_session_t session, gnutls_datum_t *ret_data) {
  REAL(gnutls_session_get_data2, NO_LIBRARY);
  int result = real(session, ret_data);

  if (result >= 0 && ret_data != NULL && caller->module != NULL)
    caller->module->session_given(caller->module, session, ret_data->data, ret_data->size);
  return result;
}

size_t gnutls_record_get_max_early_data_size(gnutls_session_t session) {
  REAL(gnutls_record_get_max_early_data_size, 0);
  size_t size;

  if (caller->module != NULL && caller->module->held_early_data(caller->module, session, &size))
    return size;
  return real(session);
}

ssize_t gnutls_record_send_early_data(gnutls_session_t session, const void *data, size_t size) {
  REAL(gnutls_record_send_early_data, NO_LIBRARY);
  if (caller->module != NULL)
    caller->module->before_handshake(caller->module, session);
  return real(session, data, size);
}
