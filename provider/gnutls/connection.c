/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy_store.h"
#include "common/record.h"
#include "common/settings.h"
#include "common/text.h"
#include "extension.h"
#include "hello.h"
#include "judgement.h"
#include "kept_chain.h"
#include "program_hook.h"

/* What is known of a client's session. Owns its texts and `offered`. */
struct connection {
  struct library *library;
  struct program_hook hook;
  char *hello_name;    /* from the ClientHello; NULL: none */
  char *set_name;      /* from gnutls_server_name_set(3); NULL: none */
  char *verified_name; /* from gnutls_session_set_verify_cert(3); NULL: none */
  unsigned char *held; /* data of a session to be offered, kept until the ClientHello; NULL: none */
  size_t held_size;
  size_t held_early_data; /* bytes of early data that its server takes */
  /* What the server of the offered session showed; NULL: no session is offered, or it is not known. */
  struct kept_chain *offered;
  bool is_judged;    /* the offered session was judged and may be offered */
  bool is_client;    /* a ClientHello was sent */
  bool is_under_way; /* the handshake has begun and is not decided yet */
  bool is_decided;   /* this handshake was decided */
  bool is_refused;   /* a handshake of this session was refused, which ends the session */
  bool is_covered;   /* the policy had to look at the server's path */
  bool name_lost;    /* a name could not be kept for lack of memory, or not be read */
  bool is_media;     /* the ClientHello offers keys for media */
};

_Static_assert(sizeof(struct connection) <= RECORD_SIZE, "record.h sets no larger pieces aside");

/* NULL: there was no memory for it. */
static struct connection *connection_of(const struct library *library, gnutls_session_t session) {
  return extension_data(library, session);
}

static void connection_free(gnutls_ext_priv_data_t data) {
  struct connection *connection = data;

  if (connection == NULL)
    return;
  free(connection->hello_name);
  free(connection->set_name);
  free(connection->verified_name);
  free(connection->held);
  kept_chain_free(connection->offered);
  record_free(connection);
}

/* ---- Names ---- */

/* Replaces a text. bytes: NULL removes it. What follows a NUL is not part of the name. */
static void set_text(struct connection *connection, char **text, const void *bytes, size_t size) {
  char *copy = bytes != NULL ? malloc(size + 1) : NULL;

  if (copy != NULL) {
    memcpy(copy, bytes, size);
    copy[size] = '\0';
  }
  connection->name_lost = connection->name_lost || (bytes != NULL && copy == NULL);
  free(*text);
  *text = copy;
}

/* ---- The session that is held ---- */

static void let_go(struct connection *connection) {
  free(connection->held);
  connection->held = NULL;
}

static void forget_offer(struct connection *connection) {
  connection->is_judged = false;
  kept_chain_free(connection->offered);
  connection->offered = NULL;
}

/* ---- Verdict ---- */

static struct subject_matter matter_of(const struct connection *connection, gnutls_session_t session) {
  return (struct subject_matter){
      .library = connection->library,
      .session = session,
      .given = {connection->hello_name, connection->set_name, connection->verified_name},
      .name_lost = connection->name_lost,
      .is_media = connection->is_media};
}

static struct evidence shown(const struct library *library, gnutls_session_t session) {
  struct evidence evidence = {NULL, 0, false};

  evidence.certificates = library->gnutls_certificate_get_peers(session, &evidence.count);
  if (evidence.certificates == NULL)
    evidence.count = 0;
  evidence.is_raw_key =
      library->gnutls_certificate_type_get2(session, GNUTLS_CTYPE_SERVER) == GNUTLS_CRT_RAWPK;
  return evidence;
}

/* Marks the session refused and sends the alert. Returns what the hook must return. */
static int refuse(struct connection *connection, gnutls_session_t session) {
  int saved_errno = errno;

  connection->is_refused = true;
  if (atomic_load(&connection->library->late_bound))
    (void)connection->library->gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
  errno = saved_errno;
  return GNUTLS_E_CERTIFICATE_ERROR;
}

/* Judges the session. Returns what the hook must return; 0: allowed. */
static int decide(struct connection *connection, gnutls_session_t session) {
  const struct library *library = connection->library;
  struct subject_matter matter = matter_of(connection, session);
  struct judgement judgement;

  matter.evidence = shown(library, session);
  /* In TLS 1.3 a resumed session has nothing of the first handshake yet. */
  if (matter.evidence.count == 0 && connection->offered != NULL &&
      library->gnutls_session_is_resumed(session) != 0)
    matter.evidence = kept_chain_evidence(connection->offered);
  judgement = judge(&matter);
  connection->is_decided = true;
  connection->is_under_way = false;
  connection->is_covered = judgement.covered;
  return judgement.allowed ? 0 : refuse(connection, session);
}

/* ---- The hook ---- */

/* Stands in for the program's push function. With early data GnuTLS ignores a hook's result, and would
 * send that data without the ClientHello. */
static ssize_t push_nothing(gnutls_transport_ptr_t transport, const void *data, size_t size) {
  (void)transport;
  (void)data;
  (void)size;
  errno = EPIPE;
  return -1;
}

static bool are_same(const char *name, const char *other) {
  return name == other || (name != NULL && other != NULL && strcmp(name, other) == 0);
}

/*
 * Early data goes to whichever server the session belongs to. It is judged again if the program may have set
 * that session without us noticing, if it set another name than the one by which the session was judged, or
 * if the socket is not connected yet, in which case the data leaves as soon as it is.
 */
static int allow_early_data(struct connection *connection, gnutls_session_t session) {
  struct subject_matter matter = matter_of(connection, session);

  if (connection->is_judged && are_same(connection->hello_name, connection->set_name) &&
      !peer_is_to_come(connection->library, session))
    return 0;
  matter.is_stored = matter.leaves_now = true;
  if (connection->is_judged && connection->offered != NULL)
    matter.evidence = kept_chain_evidence(connection->offered);
  connection->is_refused = !judge(&matter).allowed;
  if (!connection->is_refused)
    return 0;
  connection->library->gnutls_transport_set_push_function(session, push_nothing);
  return GNUTLS_E_CERTIFICATE_ERROR;
}

static int see_client_hello(struct connection *connection, gnutls_session_t session,
                            const gnutls_datum_t *message) {
  int saved_errno = errno, result = 0;
  struct hello hello;

  connection->is_client = connection->is_under_way = true;
  connection->is_decided = false;
  if (!library_bind_late(connection->library))
    return refuse(connection, session);
  if (hello_read(message->data, message->size, &hello))
    set_text(connection, &connection->hello_name, hello.name, hello.name_size);
  else
    connection->name_lost = true;
  connection->is_media = hello.is_media;
  policy_prepare();
  if (hello.has_early_data)
    result = allow_early_data(connection, session);
  connection->is_judged = false;
  let_go(connection);
  errno = saved_errno;
  return result;
}

static int see_message(struct connection *connection, gnutls_session_t session, unsigned type, bool incoming,
                       const gnutls_datum_t *message) {
  if (connection->is_refused)
    return GNUTLS_E_CERTIFICATE_ERROR;
  if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO && !incoming)
    return see_client_hello(connection, session, message);
  if (!connection->is_client || !incoming || connection->is_decided ||
      (type != GNUTLS_HANDSHAKE_SERVER_HELLO_DONE && type != GNUTLS_HANDSHAKE_FINISHED))
    return 0;
  return decide(connection, session);
}

/* A client without a connection record is refused at its ClientHello. */
static int refuse_client(unsigned type, unsigned incoming) {
  return type == GNUTLS_HANDSHAKE_CLIENT_HELLO && incoming == 0 ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

static int see(struct library *library, gnutls_session_t session, unsigned type, unsigned when,
               unsigned incoming, const gnutls_datum_t *message) {
  struct connection *connection = connection_of(library, session);
  bool was_decided;
  int result;

  if (connection == NULL)
    return refuse_client(type, incoming);
  was_decided = connection->is_decided;
  /* Ours comes first, so that the program's hook cannot answer before it. */
  result = when == GNUTLS_HOOK_PRE ? see_message(connection, session, type, incoming != 0, message) : 0;
  if (result == 0)
    result = program_hook_call(&connection->hook, session, type, when, incoming, message);
  if (type == GNUTLS_HANDSHAKE_CHANGE_CIPHER_SPEC)
    program_hook_was_shown(&connection->hook, library, session, when, result);
  else if (result == 0 && connection->is_client && incoming != 0)
    program_hook_lend_slot(&connection->hook, library, session, type, when,
                           connection->is_decided && !was_decided);
  return result;
}

static int see_key(struct library *library, gnutls_session_t session, const char *label,
                   const gnutls_datum_t *secret) {
  struct connection *connection = connection_of(library, session);

  return connection != NULL ? program_hook_see_key(&connection->hook, library, session, label, secret) : 0;
}

/* GnuTLS passes only the session to these functions, so each library has its own set. */
#define LIBRARIES(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define X(index)                                                                                             \
  static int hook##index(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,          \
                         const gnutls_datum_t *message) {                                                    \
    return see(&libraries[index], session, type, when, incoming, message);                                   \
  }                                                                                                          \
  static int keylog##index(gnutls_session_t session, const char *label, const gnutls_datum_t *secret) {      \
    return see_key(&libraries[index], session, label, secret);                                               \
  }
LIBRARIES(X)
#undef X

static struct hook_functions functions_of(const struct library *library) {
#define X(index) {hook##index, keylog##index},
  static const struct hook_functions functions[] = {LIBRARIES(X)};
#undef X
  _Static_assert(sizeof functions / sizeof functions[0] == MAX_LIBRARIES, "functions for each library");

  return functions[library - libraries];
}

/* ---- What the shim calls ---- */

static struct library *library_of(const struct pinning_gnutls *self) {
  return &libraries[(const struct library *)(const void *)self - libraries];
}

static void session_new(const struct pinning_gnutls *self, gnutls_session_t session) {
  struct library *library = library_of(self);
  int saved_errno = errno;
  struct connection *connection;

  if (connection_of(library, session) != NULL)
    return;
  connection = record_new(sizeof *connection);
  if (connection != NULL) {
    *connection = (struct connection){.library = library, .hook.ours = functions_of(library)};
    if (extension_keep(library, session, connection, connection_free)) {
      program_hook_take_slot(&connection->hook, library, session);
      errno = saved_errno;
      return;
    }
    record_free(connection);
  }
  /* Without a connection record the hook refuses. */
  library->gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH,
                                              functions_of(library).hook);
  errno = saved_errno;
}

static bool make_room(const struct pinning_gnutls *self) {
  int saved_errno = errno;
  bool has_room = extension_make_room(library_of(self));

  errno = saved_errno;
  return has_room;
}

static void set_hook(const struct pinning_gnutls *self, gnutls_session_t session, unsigned type, int when,
                     gnutls_handshake_hook_func hook) {
  struct library *library = library_of(self);
  struct connection *connection = connection_of(library, session);

  if (connection != NULL)
    program_hook_set(&connection->hook, library, session, type, when, hook);
}

static void server_named(const struct pinning_gnutls *self, gnutls_session_t session, const void *name,
                         size_t size) {
  struct connection *connection = connection_of(library_of(self), session);
  int saved_errno = errno;

  if (connection != NULL)
    set_text(connection, &connection->set_name, size > 0 ? name : NULL, size);
  errno = saved_errno;
}

static void name_verified(const struct pinning_gnutls *self, gnutls_session_t session, const char *name) {
  struct connection *connection = connection_of(library_of(self), session);
  int saved_errno = errno;

  if (connection != NULL)
    set_text(connection, &connection->verified_name, name, name != NULL ? strlen(name) : 0);
  errno = saved_errno;
}

static void data_verified(const struct pinning_gnutls *self, gnutls_session_t session,
                          const gnutls_typed_vdata_st *data, unsigned count) {
  char text[INET6_ADDRSTRLEN];

  for (unsigned i = 0; i < count; i++) {
    if (data[i].type == GNUTLS_DT_DNS_HOSTNAME)
      name_verified(self, session, (const char *)data[i].data);
    else if (data[i].type == GNUTLS_DT_IP_ADDRESS && (data[i].size == 4 || data[i].size == 16) &&
             inet_ntop(data[i].size == 4 ? AF_INET : AF_INET6, data[i].data, text, sizeof text) != NULL)
      name_verified(self, session, text);
  }
}

/* ---- Stored sessions ---- */

/* Whether the policy has no entry for the name. False for a name in Unicode, which may be covered by its
 * A-labels. */
static bool names_nobody(const struct pin_policy *policy, const char *name) {
  return name == NULL || (host_part_is_name(name) && !host_part_is_localhost(name) &&
                          pin_covers(policy, name, 0) == PIN_SELECTED_NOTHING);
}

/* Whether it is already clear that the policy does not apply to the session. */
static bool is_nobodys_matter(const struct connection *connection) {
  const struct pin_policy *policy;
  int cancel_state;
  bool is_plain;

  /* A thread that is cancelled while it reads the policy's file would never release the policy. */
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
  policy = policy_acquire();
  if (policy == NULL)
    is_plain = settings_allow_without_policy();
  else if (policy->blocked_keys.count > 0 || policy->unlisted != PIN_UNLISTED_IGNORE)
    is_plain = false;
  else
    is_plain = policy->entry_count == 0 ||
               (connection->set_name != NULL && names_nobody(policy, connection->set_name) &&
                names_nobody(policy, connection->verified_name));
  policy_release(policy);
  pthread_setcancelstate(cancel_state, NULL);
  return is_plain;
}

/* What gnutls_session_set_data(3) would return: tries it on a session that is then thrown away, which also
 * tells the size of early data. */
static int result_of_setting(const struct library *library, const void *data, size_t size,
                             size_t *ret_early_data) {
  gnutls_session_t session;
  int result = library->gnutls_init(&session, GNUTLS_CLIENT);

  if (result < 0)
    return result;
  result = library->gnutls_session_set_data(session, data, size);
  *ret_early_data = library->gnutls_record_get_max_early_data_size(session);
  library->gnutls_deinit(session);
  return result;
}

static bool hold_session(const struct pinning_gnutls *self, gnutls_session_t session, const void *data,
                         size_t size, int *ret_result) {
  struct library *library = library_of(self);
  struct connection *connection = connection_of(library, session);
  int saved_errno = errno;
  unsigned char *copy;
  size_t early_data = 0;

  /* A server's session is not held: libgnutls itself calls this function to set what it found in the
   * server's cache. */
  if (connection == NULL || !library_bind_late(library) || is_nobodys_matter(connection)) {
    errno = saved_errno;
    return false;
  }
  *ret_result = result_of_setting(library, data, size, &early_data);
  if (*ret_result >= 0) {
    copy = malloc(size);
    if (copy != NULL) {
      memcpy(copy, data, size);
      free(connection->held);
      connection->held = copy;
      connection->held_size = size;
      connection->held_early_data = early_data;
    }
  }
  errno = saved_errno;
  return true;
}

/* Judged again at each call until the ClientHello is sent: the names may change, and the program may set
 * another session without us noticing, about which this one tells nothing. */
static void judge_held_session(const struct library *library, struct connection *connection,
                               gnutls_session_t session) {
  struct subject_matter matter;

  forget_offer(connection);
  connection->offered = kept_chain_find(library, connection->held, connection->held_size);
  matter = matter_of(connection, session);
  matter.is_stored = matter.quiet = true;
  if (connection->offered != NULL)
    matter.evidence = kept_chain_evidence(connection->offered);
  connection->is_judged = judge(&matter).allowed;
  if (connection->is_judged)
    (void)library->gnutls_session_set_data(session, connection->held, connection->held_size);
  else
    let_go(connection);
}

static void before_handshake(const struct pinning_gnutls *self, gnutls_session_t session) {
  const struct library *library = library_of(self);
  struct connection *connection = connection_of(library, session);
  int saved_errno = errno;

  if (connection == NULL)
    return;
  if (!connection->is_under_way)
    forget_offer(connection);
  if (connection->held != NULL)
    judge_held_session(library, connection, session);
  errno = saved_errno;
}

static int handshake_done(const struct pinning_gnutls *self, gnutls_session_t session, int result) {
  const struct connection *connection = connection_of(library_of(self), session);

  return result < 0 && connection != NULL && connection->is_refused ? GNUTLS_E_CERTIFICATE_ERROR : result;
}

static bool held_early_data(const struct pinning_gnutls *self, gnutls_session_t session, size_t *ret_size) {
  const struct connection *connection = connection_of(library_of(self), session);

  if (connection == NULL || connection->held == NULL)
    return false;
  *ret_size = connection->held_early_data;
  return true;
}

static void session_given(const struct pinning_gnutls *self, gnutls_session_t session, const void *data,
                          size_t size) {
  const struct library *library = library_of(self);
  struct connection *connection = connection_of(library, session);
  int saved_errno = errno;
  struct evidence evidence;

  if (connection == NULL || !connection->is_decided || !connection->is_covered || connection->is_refused)
    return;
  /* The session came from elsewhere, so its server has shown nothing here. */
  if (connection->offered == NULL && library->gnutls_session_is_resumed(session) != 0)
    return;
  evidence = shown(library, session);
  kept_chain_remember(library, data, size, &evidence);
  errno = saved_errno;
}

const struct pinning_gnutls connection_calls = {.size = sizeof connection_calls,
                                                .session_new = session_new,
                                                .make_room = make_room,
                                                .set_hook = set_hook,
                                                .before_handshake = before_handshake,
                                                .handshake_done = handshake_done,
                                                .hold_session = hold_session,
                                                .held_early_data = held_early_data,
                                                .session_given = session_given,
                                                .server_named = server_named,
                                                .name_verified = name_verified,
                                                .data_verified = data_verified};
