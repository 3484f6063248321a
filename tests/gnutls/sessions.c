/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * How connections of a GnuTLS client to right and wrong servers end, with and without the shim. Run by
 * tests/paths/run.py: `--list` prints a line for each case, `CASE` prints its outcome.
 */
#include <stdio.h>
#include <string.h>

#include "kit.h"

#ifdef GNUTLS_IS_PLUGIN
__attribute__((visibility("default"))) int sessions_main(int count, char **arguments);
#define main sessions_main
#endif

#define PINNED "pinned.test.example"
#define CA "ca.test.example"
#define OTHER "other.test.example"

struct test {
  const char *name;
  const char *expected;     /* under the shim: accepted, refused or rejected; without it accepted, unless: */
  const char *without;      /* NULL: accepted */
  const char *policy;       /* NULL: good */
  const char *first_policy; /* for an earlier connection, whose session is resumed; NULL: there is none */
  struct setup first;
  struct setup setup;
  bool resumes;        /* the session must be resumed */
  const char *before;  /* the chain of the server from which another session is offered first, in vain */
  bool fresh;          /* nothing is resumed: the earlier connection only comes first */
  unsigned hook_calls; /* of a hook for one type of message */
};

#define HOOK(type, when)                                                                                     \
  .program_hook = true, .hook_type = GNUTLS_HANDSHAKE_##type, .hook_when = GNUTLS_HOOK_##when

/* Before and after: a session of `first` is used under another policy. */
#define RESUME(before, ...) .first_policy = (before), .first = {__VA_ARGS__}

/* The pinned host with its key and with another one; a host without an entry. */
#define RIGHT .chain = "good", .name = PINNED
#define WRONG .chain = "bad", .name = PINNED
#define UNCOVERED .chain = "bad", .name = OTHER

static const struct test tests[] = {
    /* Only the right key is accepted */
    {"right", "accepted", .setup = {RIGHT}},
    {"right-tls1.2", "accepted", .setup = {RIGHT, .old = true}},
    {"right-ca", "accepted", .setup = {.chain = "good", .name = CA}},
    {"right-ca-tls1.2", "accepted", .setup = {.chain = "good", .name = CA, .old = true}},
    {"uncovered", "accepted", .setup = {UNCOVERED}},
    {"uncovered-tls1.2", "accepted", .setup = {UNCOVERED, .old = true}},
    {"wrong", "refused", .setup = {WRONG}},
    {"wrong-tls1.2", "refused", .setup = {WRONG, .old = true}},
    {"wrong-dtls", "refused", .setup = {WRONG, .datagram = true}},
    {"right-dtls", "accepted", .setup = {RIGHT, .datagram = true}},
    {"uncovered-dtls", "accepted", .setup = {UNCOVERED, .datagram = true}},
    /* Only other connections of the process show where the datagrams could go. */
    {"nameless-dtls-beside", "refused",
     .setup = {.chain = "nobody", .names = SEND_NOTHING, .datagram = true, .beside = true}},
    {"media-beside", "accepted",
     .setup = {.chain = "nobody", .names = SEND_NOTHING, .datagram = true, .beside = true, .media = true}},
    {"media-named", "accepted", .setup = {RIGHT, .datagram = true, .beside = true, .media = true}},
    {"media-named-wrong", "refused", .setup = {WRONG, .datagram = true, .beside = true, .media = true}},
    {"wrong-ca", "refused", .setup = {.chain = "bad", .name = CA}},

    /* Whatever the program verifies */
    {"right-afterwards", "accepted", .setup = {RIGHT, .verification = AFTERWARDS}},
    {"wrong-afterwards", "refused", .setup = {WRONG, .verification = AFTERWARDS}},
    {"wrong-credentials-yes", "refused", .setup = {WRONG, .verification = CREDENTIALS_YES}},
    {"wrong-credentials-yes-tls1.2", "refused",
     .setup = {WRONG, .verification = CREDENTIALS_YES, .old = true}},
    {"wrong-session-yes", "refused", .setup = {WRONG, .verification = SESSION_YES}},
    {"right-by-library", "accepted", .setup = {RIGHT, .verification = BY_LIBRARY}},
    {"wrong-by-library", "refused", .setup = {WRONG, .verification = BY_LIBRARY}},
    {"untrusted-by-library", "rejected", "rejected",
     .setup = {RIGHT, .verification = BY_LIBRARY, .untrusting = true}},
    {"uncovered-untrusted", "rejected", "rejected",
     .setup = {UNCOVERED, .verification = BY_LIBRARY, .untrusting = true}},

    /* And whatever the program does after a refusal */
    {"wrong-stubborn", "refused", .setup = {WRONG, .stubborn = true}},
    {"wrong-stubborn-tls1.2", "refused", .setup = {WRONG, .stubborn = true, .old = true}},
    {"wrong-false-start", "refused", .setup = {WRONG, .false_start = true, .old = true}},
    {"right-false-start", "accepted", .setup = {RIGHT, .false_start = true, .old = true}},
    {"wrong-client-certificate", "refused", .setup = {WRONG, .client_certificate = true}},
    {"wrong-client-certificate-tls1.2", "refused", .setup = {WRONG, .client_certificate = true, .old = true}},
    {"right-client-certificate", "accepted", .setup = {RIGHT, .client_certificate = true}},

    /* A second handshake, in TLS 1.2 */
    {"second", "accepted", .setup = {RIGHT, .old = true, .second = "good"}},
    {"second-wrong", "refused", .setup = {RIGHT, .old = true, .second = "bad", .stubborn = true}},
    {"second-asked", "accepted", .setup = {RIGHT, .old = true, .second = "good", .second_asked = true}},
    {"second-asked-wrong", "refused", .setup = {RIGHT, .old = true, .second = "bad", .second_asked = true}},
    {"second-anonymous", "refused",
     .setup = {RIGHT, .old = true, .second = "good", .second_authentication = ANONYMOUS}},
    {"second-shared-key", "refused",
     .setup = {RIGHT, .old = true, .second = "good", .second_authentication = PRE_SHARED}},
    {"second-wrong-hook", "refused", .hook_calls = 2,
     .setup = {RIGHT, .old = true, .second = "bad", HOOK(CHANGE_CIPHER_SPEC, PRE)}},
    {"second-uncovered", "accepted", .setup = {.chain = "good", .name = OTHER, .old = true, .second = "bad"}},

    /* After the handshake */
    {"certificate-later", "accepted", .setup = {RIGHT, .asked_later = true}},
    {"certificate-later-wrong", "refused", .setup = {WRONG, .asked_later = true}},
    {"certificate-later-uncovered", "accepted", .setup = {UNCOVERED, .asked_later = true}},
    {"certificate-later-resumed", "accepted", RESUME(NULL, RIGHT), .setup = {RIGHT, .asked_later = true},
     .resumes = true},
    {"key-update", "accepted", .setup = {RIGHT, .key_update = true}},
    {"key-update-wrong", "refused", .setup = {WRONG, .key_update = true}},
    {"key-update-uncovered", "accepted", .setup = {UNCOVERED, .key_update = true}},

    /* The path */
    {"appended-leaf", "refused", .setup = {WRONG, .appended = "good"}},
    {"appended-issuer", "refused", .setup = {.chain = "bad", .name = CA, .appended = "issuer"}},
    {"stuffed", "refused", .setup = {.chain = "stuffed", .name = CA}},
    {"forged", "refused", .setup = {.chain = "forged", .name = CA}},
    {"damaged", "refused", .setup = {.chain = "damaged", .name = CA}},
    {"under-leaf", "refused", .setup = {.chain = "underleaf", .name = PINNED}},
    {"path-length", "refused", .setup = {.chain = "toolong", .name = "pathlen.test.example"}},
    {"path-length-kept", "accepted", .setup = {.chain = "shortok", .name = "pathlen.test.example"}},
    {"unsorted", "accepted", .setup = {.chain = "good", .name = CA, .appended = "issuer2", .reversed = true}},
    {"unsorted-wrong", "refused",
     .setup = {.chain = "bad", .name = CA, .appended = "issuer", .reversed = true}},
    {"duplicate", "accepted", .setup = {.chain = "good", .name = CA, .appended = "good"}},

    /* Limits of a pinned CA */
    {"ca-elsewhere", "refused", .setup = {.chain = "elsewhere", .name = CA}},
    {"ca-expired", "refused", .setup = {.chain = "expired", .name = CA}},
    {"ca-early", "refused", .setup = {.chain = "early", .name = CA}},
    {"ca-client", "refused", .setup = {.chain = "client", .name = CA}},

    {"limits-inside", "accepted", .policy = "issuer",
     .setup = {.chain = "inside", .name = "inside.test.example"}},
    {"limits-outside", "refused", .policy = "issuer",
     .setup = {.chain = "outside", .name = "anchor.test.example"}},
    {"limits-outside-plain", "refused", .policy = "issuer",
     .setup = {.chain = "outsideplain", .name = "anchor.test.example"}},
    {"limits-outside-below", "refused", .policy = "issuer",
     .setup = {.chain = "outsidebelow", .name = "anchor.test.example"}},
    {"limits-mail", "refused", .policy = "issuer",
     .setup = {.chain = "frommail", .name = "anchor.test.example"}},
    {"limits-mail-below", "refused", .policy = "issuer",
     .setup = {.chain = "frombelowmail", .name = "anchor.test.example"}},
    {"limits-mail-itself-pinned", "refused", .policy = "issuer",
     .setup = {.chain = "frommail", .name = "part.test.example"}},
    {"limits-mail-pinned-two-above", "refused", .policy = "issuer",
     .setup = {.chain = "frombelowmail", .name = "part.test.example"}},
    {"limits-mail-above-pinned", "accepted", .policy = "issuer",
     .setup = {.chain = "frombelowmail", .name = "depth.test.example"}},
    {"limits-mail-own-key", "accepted", .policy = "issuer",
     .setup = {.chain = "frommail", .name = "pinned.test.example"}},
    {"limits-web", "accepted", .policy = "issuer",
     .setup = {.chain = "fromweb", .name = "anchor.test.example"}},
    {"limits-odd", "refused", .policy = "issuer",
     .setup = {.chain = "fromodd", .name = "anchor.test.example"}},
    {"limits-odd-itself", "refused", .setup = {.chain = "odditself", .name = CA}},
    {"limits-odd-above-pinned", "accepted", .policy = "issuer",
     .setup = {.chain = "frombelowodd", .name = "odd.test.example"}},
    {"limits-odd-uncovered", "accepted", .setup = {.chain = "odditself", .name = OTHER}},
    {"limits-critical-key-id", "refused", .setup = {.chain = "keyid", .name = CA}},
    {"limits-critical-no-check", "accepted", .setup = {.chain = "nocheck", .name = CA}},
    {"limits-outside-own", "refused", .policy = "issuer",
     .setup = {.chain = "outside", .name = "both.test.example"}},

    /* An anchor that was not sent */
    {"anchor", "accepted", .policy = "issuer", .setup = {.chain = "good", .name = "anchor.test.example"}},
    {"anchor-not-trusted", "refused", .policy = "issuer",
     .setup = {.chain = "good", .name = "anchor.test.example", .untrusting = true}},
    {"anchor-elsewhere", "refused", .policy = "issuer",
     .setup = {.chain = "elsewhere", .name = "anchor.test.example"}},
    {"fingerprint", "accepted", .policy = "issuer", .setup = {.chain = "good", .name = "print.test.example"}},
    {"fingerprint-wrong", "refused", .policy = "issuer",
     .setup = {.chain = "bad", .name = "print.test.example"}},
    {"intermediate", "accepted", .policy = "issuer",
     .setup = {.chain = "good", .name = "issued.test.example"}},
    {"intermediate-wrong", "refused", .policy = "issuer",
     .setup = {.chain = "bad", .name = "issued.test.example"}},
    {"exempt", "accepted", .policy = "exempt", .setup = {WRONG}},

    /* Blocked keys, audit-only entries, an unreadable policy */
    {"blocked", "refused", .policy = "blocked", .setup = {.chain = "good", .name = OTHER}},
    {"blocked-above-namesake", "refused", .policy = "blocked",
     .setup = {.chain = "namesake", .name = OTHER, .trusted = "issuer"}},
    {"right-ca-above-namesake", "accepted", .setup = {.chain = "namesake", .name = CA, .trusted = "issuer"}},
    {"blocked-above-odd", "refused", .policy = "blocked", .setup = {.chain = "odditself", .name = OTHER}},
    {"blocked-not", "accepted", .policy = "blocked", .setup = {UNCOVERED}},
    {"audited", "accepted", .policy = "audited", .setup = {RIGHT}},
    {"audited-tls1.2", "accepted", .policy = "audited", .setup = {RIGHT, .old = true}},

    {"paused", "accepted", .policy = "paused", .setup = {WRONG}},
    {"policy-missing", "refused", .policy = "missing", .setup = {.chain = "good", .name = OTHER}},
    {"policy-broken", "refused", .policy = "broken", .setup = {.chain = "good", .name = OTHER}},
    {"policy-broken-later", "refused", .policy = "broken", RESUME("good", RIGHT), .setup = {WRONG},
     .fresh = true},
    {"policy-broken-later-right", "accepted", .policy = "broken", RESUME("good", RIGHT), .setup = {RIGHT},
     .fresh = true},

    /* Hosts without an entry */
    {"unlisted", "refused", .policy = "unlisted", .setup = {.chain = "good", .name = OTHER}},
    {"unlisted-tls1.2", "refused", .policy = "unlisted",
     .setup = {.chain = "good", .name = OTHER, .old = true}},
    {"unlisted-dtls", "refused", .policy = "unlisted",
     .setup = {.chain = "good", .name = OTHER, .datagram = true}},
    {"unlisted-yes", "refused", .policy = "unlisted",
     .setup = {.chain = "good", .name = OTHER, .verification = CREDENTIALS_YES, .stubborn = true}},
    {"unlisted-client-certificate", "refused", .policy = "unlisted",
     .setup = {.chain = "good", .name = OTHER, .client_certificate = true}},
    {"unlisted-anonymous", "refused", .policy = "unlisted",
     .setup = {.chain = "good", .name = OTHER, .authentication = ANONYMOUS}},
    {"unlisted-shared-key", "refused", .policy = "unlisted",
     .setup = {.chain = "good", .name = OTHER, .authentication = PRE_SHARED}},
    {"unlisted-raw-key", "refused", .policy = "unlisted",
     .setup = {.chain = "good", .name = OTHER, .authentication = RAW_KEY}},
    {"unlisted-nameless", "refused", .policy = "unlisted-nobody",
     .setup = {.chain = "good", .name = OTHER, .names = SEND_NOTHING}},
    {"unlisted-nameless-says-it-is-off", "refused", .policy = "unlisted-off",
     .setup = {.chain = "good", .name = OTHER, .names = SEND_NOTHING}},
    {"unlisted-nameless-says-it-is-off-dtls", "refused", .policy = "unlisted-off",
     .setup = {.chain = "good", .name = OTHER, .names = SEND_NOTHING, .datagram = true}},
    {"unlisted-audited", "accepted", .policy = "unlisted-audited", .setup = {.chain = "good", .name = OTHER}},
    {"unlisted-observed", "accepted", .policy = "observed", .setup = {UNCOVERED}},
    {"unlisted-observed-nameless", "accepted", .policy = "observed",
     .setup = {.chain = "elsewhere",
               .name = OTHER,
               .names = SEND_NOTHING,
               .own_transport = true,
               .datagram = true}},
    {"listed", "accepted", .policy = "unlisted", .setup = {RIGHT}},
    {"listed-wrong", "refused", .policy = "unlisted", .setup = {WRONG}},
    {"listed-client-certificate", "accepted", .policy = "unlisted",
     .setup = {RIGHT, .client_certificate = true}},
    {"listed-off", "accepted", .policy = "unlisted-off", .setup = {UNCOVERED}},
    {"listed-address", "accepted", .policy = "unlisted", .setup = {RIGHT, .names = SEND_NOTHING}},
    {"unlisted-session-of-before", "refused", .policy = "unlisted",
     RESUME("good", .chain = "good", .name = OTHER), .setup = {.chain = "good", .name = OTHER}},
    {"unlisted-session-of-before-tls1.2", "refused", .policy = "unlisted",
     RESUME("good", .chain = "good", .name = OTHER, .old = true),
     .setup = {.chain = "good", .name = OTHER, .old = true}},
    {"listed-resumed", "accepted", .policy = "unlisted", RESUME("unlisted", RIGHT), .setup = {RIGHT},
     .resumes = true},
    {"listed-off-resumed", "accepted", .policy = "unlisted-off",
     RESUME("unlisted-off", .chain = "good", .name = OTHER), .setup = {.chain = "good", .name = OTHER},
     .resumes = true},
    {"observed-resumed", "accepted", .policy = "observed", RESUME("observed", .chain = "good", .name = OTHER),
     .setup = {.chain = "good", .name = OTHER}, .resumes = true},
    {"observed-resumed-of-before", "accepted", .policy = "observed",
     RESUME("good", .chain = "good", .name = OTHER, .old = true),
     .setup = {.chain = "good", .name = OTHER, .old = true}, .resumes = true},

    /* Which host the server is */
    {"case", "refused", .setup = {.chain = "bad", .name = "PINNED.Test.Example"}},
    {"verified-name-only", "refused", .policy = "names",
     .setup = {WRONG, .names = VERIFY_ONLY, .verification = BY_LIBRARY}},
    {"verified-name-typed", "refused", .policy = "names",
     .setup = {WRONG, .names = VERIFY_ONLY, .verification = BY_LIBRARY_TYPED}},
    {"verified-name-right", "accepted", .policy = "names",
     .setup = {RIGHT, .names = VERIFY_ONLY, .verification = BY_LIBRARY}},
    {"address", "refused", .setup = {WRONG, .names = SEND_NOTHING}},
    {"address-right", "accepted", .setup = {RIGHT, .names = SEND_NOTHING}},
    {"address-own-transport", "refused", .setup = {WRONG, .names = SEND_NOTHING, .own_transport = true}},
    {"number-of-nothing", "accepted", .setup = {RIGHT, .number = OF_NOTHING}},
    {"number-of-nothing-wrong", "refused", .setup = {WRONG, .number = OF_NOTHING}},
    {"number-of-nothing-uncovered", "accepted", .setup = {UNCOVERED, .number = OF_NOTHING}},
    {"number-of-nothing-nameless", "accepted", .setup = {RIGHT, .names = SEND_NOTHING, .number = OF_NOTHING}},
    {"number-of-nothing-nameless-wrong", "refused",
     .setup = {WRONG, .names = SEND_NOTHING, .number = OF_NOTHING}},
    {"number-of-file", "accepted", .setup = {RIGHT, .number = OF_FILE}},
    {"number-of-file-wrong", "refused", .setup = {WRONG, .number = OF_FILE}},
    {"number-of-file-uncovered", "accepted", .setup = {UNCOVERED, .number = OF_FILE}},
    {"number-of-file-nameless", "accepted", .setup = {RIGHT, .names = SEND_NOTHING, .number = OF_FILE}},
    {"number-of-file-nameless-wrong", "refused", .setup = {WRONG, .names = SEND_NOTHING, .number = OF_FILE}},
    {"resolved", "refused", .policy = "resolved",
     .setup = {.chain = "bad", .name = "localhost", .names = RESOLVE_ONLY}},
    {"resolved-right", "accepted", .policy = "resolved",
     .setup = {.chain = "good", .name = "localhost", .names = RESOLVE_ONLY}},
    {"resolved-own-transport", "refused", .policy = "resolved",
     .setup = {.chain = "bad", .name = "localhost", .names = RESOLVE_ONLY, .own_transport = true}},
    {"certificate-names", "refused", .policy = "single",
     .setup = {UNCOVERED, .names = SEND_NOTHING, .datagram = true}},
    {"certificate-names-localhost", "refused", .policy = "single",
     .setup = {.chain = "bad", .name = "localhost", .datagram = true}},
    {"certificate-names-localhost-right", "accepted", .policy = "single",
     .setup = {.chain = "single", .name = "localhost", .datagram = true}},
    {"certificate-names-ignored", "accepted", .policy = "ignoring",
     .setup = {UNCOVERED, .names = SEND_NOTHING, .datagram = true}},

    /* Authentication without certificates */
    {"anonymous", "refused", .setup = {RIGHT, .authentication = ANONYMOUS}},
    {"anonymous-uncovered", "accepted",
     .setup = {.chain = "good", .name = OTHER, .authentication = ANONYMOUS}},
    {"anonymous-dtls0.9", "refused", .setup = {RIGHT, .authentication = ANONYMOUS, .datagram = true}},
    {"anonymous-dtls0.9-uncovered", "accepted",
     .setup = {.chain = "good", .name = OTHER, .authentication = ANONYMOUS, .datagram = true}},
    {"shared-key", "refused", .setup = {RIGHT, .authentication = PRE_SHARED}},
    {"shared-key-tls1.2", "refused", .setup = {RIGHT, .authentication = PRE_SHARED, .old = true}},
    {"shared-key-uncovered", "accepted",
     .setup = {.chain = "good", .name = OTHER, .authentication = PRE_SHARED}},
    {"raw-key", "accepted", .setup = {RIGHT, .authentication = RAW_KEY}},
    {"raw-key-wrong", "refused", .setup = {WRONG, .authentication = RAW_KEY}},
    {"raw-key-wrong-tls1.2", "refused", .setup = {WRONG, .authentication = RAW_KEY, .old = true}},

    /* Hooks of the program's own */
    {"hook", "accepted", .setup = {RIGHT, .program_hook = true}},
    {"hook-wrong", "refused", .setup = {WRONG, .program_hook = true}},
    {"hook-fails", "rejected", "rejected", .setup = {RIGHT, .hook_fails = true}},

    {"hook-ccs", "accepted", .hook_calls = 1, .setup = {RIGHT, HOOK(CHANGE_CIPHER_SPEC, PRE)}},
    {"hook-ccs-post", "accepted", .hook_calls = 1, .setup = {RIGHT, HOOK(CHANGE_CIPHER_SPEC, POST)}},
    {"hook-ccs-both", "accepted", .hook_calls = 2, .setup = {RIGHT, HOOK(CHANGE_CIPHER_SPEC, BOTH)}},
    {"hook-finished", "accepted", .hook_calls = 4, .setup = {RIGHT, HOOK(FINISHED, BOTH)}},
    {"hook-server-hello", "accepted", .hook_calls = 1, .setup = {RIGHT, HOOK(SERVER_HELLO, POST)}},
    {"hook-client-hello", "accepted", .hook_calls = 1, .setup = {RIGHT, HOOK(CLIENT_HELLO, PRE)}},
    {"hook-ccs-tls1.2", "accepted", .hook_calls = 1,
     .setup = {RIGHT, HOOK(CHANGE_CIPHER_SPEC, PRE), .old = true}},
    {"hook-ccs-post-tls1.2", "accepted", .hook_calls = 1,
     .setup = {RIGHT, HOOK(CHANGE_CIPHER_SPEC, POST), .old = true}},
    {"hook-ccs-both-tls1.2", "accepted", .hook_calls = 2,
     .setup = {RIGHT, HOOK(CHANGE_CIPHER_SPEC, BOTH), .old = true}},
    {"hook-finished-tls1.2", "accepted", .hook_calls = 4,
     .setup = {RIGHT, HOOK(FINISHED, BOTH), .old = true}},
    {"hook-server-hello-tls1.2", "accepted", .hook_calls = 1,
     .setup = {RIGHT, HOOK(SERVER_HELLO, POST), .old = true}},
    {"hook-client-hello-tls1.2", "accepted", .hook_calls = 1,
     .setup = {RIGHT, HOOK(CLIENT_HELLO, PRE), .old = true}},
    {"hook-tickets", "accepted", .hook_calls = 2, .setup = {RIGHT, HOOK(NEW_SESSION_TICKET, POST)}},
    {"hook-ccs-dtls", "accepted", .hook_calls = 1,
     .setup = {RIGHT, HOOK(CHANGE_CIPHER_SPEC, PRE), .datagram = true}},
    {"hook-ccs-resumed-tls1.2", "accepted", RESUME(NULL, RIGHT, .old = true),
     .setup = {RIGHT, .old = true, HOOK(CHANGE_CIPHER_SPEC, BOTH)}, .resumes = true, .hook_calls = 2},
    {"hook-ccs-wrong", "refused", .hook_calls = 1,
     .setup = {WRONG, .client_certificate = true, HOOK(CHANGE_CIPHER_SPEC, PRE)}},
    {"hook-ccs-wrong-tls1.2", "refused", .hook_calls = 1,
     .setup = {WRONG, .client_certificate = true, .old = true, HOOK(CHANGE_CIPHER_SPEC, PRE)}},
    {"hook-ccs-wrong-dtls", "refused", .hook_calls = 1,
     .setup = {WRONG, .datagram = true, HOOK(CHANGE_CIPHER_SPEC, PRE)}},

    /* Extensions of the program's own, for all sessions */
    {"extension", "accepted", .setup = {RIGHT, .extension = true}},
    {"extension-tls1.2", "accepted", .setup = {RIGHT, .extension = true, .old = true}},
    {"extension-wrong", "refused", .setup = {WRONG, .extension = true}},
    {"extension-late", "accepted", .setup = {RIGHT, .extension = true, .extension_late = true}},
    {"extension-late-wrong", "refused", .setup = {WRONG, .extension = true, .extension_late = true}},
    {"extension-uncovered", "accepted", .setup = {UNCOVERED, .extension = true}},
    {"again", "accepted", .setup = {RIGHT, .set_up_again = true}},
    {"again-wrong", "refused", .setup = {WRONG, .set_up_again = true}},
    {"extension-again", "accepted", .setup = {RIGHT, .extension = true, .set_up_again = true}},
    {"extension-again-wrong", "refused", .setup = {WRONG, .extension = true, .set_up_again = true}},
    {"extension-again-wrong-tls1.2", "refused",
     .setup = {WRONG, .extension = true, .set_up_again = true, .old = true}},
    {"extension-again-uncovered", "accepted", .setup = {UNCOVERED, .extension = true, .set_up_again = true}},

    /* Sessions */
    {"resumed", "accepted", RESUME(NULL, RIGHT), .setup = {RIGHT}, .resumes = true},
    {"resumed-tls1.2", "accepted", RESUME(NULL, RIGHT, .old = true), .setup = {RIGHT, .old = true},
     .resumes = true},
    {"resumed-ca", "accepted", RESUME(NULL, .chain = "good", .name = CA),
     .setup = {.chain = "good", .name = CA}, .resumes = true},
    {"resumed-uncovered", "accepted", RESUME(NULL, UNCOVERED), .setup = {UNCOVERED}, .resumes = true},
    {"resumed-uncovered-tls1.2", "accepted", RESUME(NULL, UNCOVERED, .old = true),
     .setup = {UNCOVERED, .old = true}, .resumes = true},
    /* The server's own sessions do not matter here, and those of its clients are resumed. */
    {"resumed-cached", "accepted", RESUME(NULL, UNCOVERED, .old = true, .cached = true),
     .setup = {UNCOVERED, .old = true, .cached = true}, .resumes = true},
    {"resumed-cached-pinned", "accepted", RESUME(NULL, RIGHT, .old = true, .cached = true),
     .setup = {RIGHT, .old = true, .cached = true}, .resumes = true},
    {"session-of-before", "refused", RESUME("nothing", WRONG), .setup = {WRONG}},
    {"session-of-before-tls1.2", "refused", RESUME("nothing", WRONG, .old = true),
     .setup = {WRONG, .old = true}},
    {"session-of-another", "refused", RESUME(NULL, UNCOVERED), .setup = {WRONG}},
    {"session-of-another-nameless", "refused", RESUME(NULL, UNCOVERED),
     .setup = {WRONG, .names = SEND_NOTHING}},
    {"session-of-another-nameless-tls1.2", "refused", RESUME(NULL, UNCOVERED, .old = true),
     .setup = {WRONG, .names = SEND_NOTHING, .old = true}},
    {"session-of-another-nameless-right-tls1.2", "accepted", RESUME(NULL, RIGHT, .old = true),
     .setup = {RIGHT, .names = SEND_NOTHING, .old = true}},
    {"resumed-localhost", "accepted", .policy = "single",
     RESUME("single", .chain = "single", .name = "localhost"),
     .setup = {.chain = "single", .name = "localhost"}, .resumes = true},
    {"session-of-before-localhost", "refused", .policy = "single",
     RESUME("nothing", .chain = "bad", .name = "localhost"), .setup = {.chain = "bad", .name = "localhost"}},
    {"session-of-before-localhost-tls1.2", "refused", .policy = "single",
     RESUME("nothing", .chain = "bad", .name = "localhost", .old = true),
     .setup = {.chain = "bad", .name = "localhost", .old = true}},
    {"session-withdrawn", "refused", .policy = "changed", RESUME("good", RIGHT), .setup = {RIGHT}},
    {"session-withdrawn-tls1.2", "refused", .policy = "changed", RESUME("good", RIGHT, .old = true),
     .setup = {RIGHT, .old = true}},
    {"session-withdrawn-ca", "refused", .policy = "changed", RESUME("good", .chain = "good", .name = CA),
     .setup = {.chain = "good", .name = CA}},
    /* That one session is allowed does not allow another one in its place. */
    {"session-then-anonymous", "refused", RESUME(NULL, RIGHT, .old = true),
     .setup = {RIGHT, .forgetful = true, .authentication = ANONYMOUS}},
    {"session-then-shared-key", "refused", RESUME(NULL, RIGHT),
     .setup = {RIGHT, .forgetful = true, .authentication = PRE_SHARED}},
    {"session-then-shared-key-tls1.2", "refused", RESUME(NULL, RIGHT, .old = true),
     .setup = {RIGHT, .forgetful = true, .authentication = PRE_SHARED, .old = true}},
    {"session-then-raw-key-wrong", "refused", RESUME(NULL, RIGHT),
     .setup = {WRONG, .forgetful = true, .authentication = RAW_KEY}},
    {"session-then-raw-key-wrong-tls1.2", "refused", RESUME(NULL, RIGHT, .old = true),
     .setup = {WRONG, .forgetful = true, .authentication = RAW_KEY, .old = true}},
    {"early-data", "refused", RESUME("nothing", WRONG, .early_data = "early"),
     .setup = {WRONG, .early_data = "early"}},
    {"early-data-localhost", "refused", .policy = "single",
     RESUME("nothing", .chain = "bad", .name = "localhost", .early_data = "early"),
     .setup = {.chain = "bad", .name = "localhost", .early_data = "early"}},
    {"early-data-right", "accepted", RESUME(NULL, RIGHT, .early_data = "early"),
     .setup = {RIGHT, .early_data = "early"}, .resumes = true},
    {"early-data-fast-open", "refused",
     RESUME("nothing", .chain = "nobody", .names = SEND_NOTHING, .early_data = "early"),
     .setup = {.chain = "nobody", .names = SEND_NOTHING, .early_data = "early", .fast_open = true}},
    {"early-data-fast-open-right", "accepted",
     RESUME(NULL, .chain = "good", .names = SEND_NOTHING, .early_data = "early"),
     .setup = {.chain = "good", .names = SEND_NOTHING, .early_data = "early", .fast_open = true}},
    {"early-data-fast-open-named", "accepted", RESUME(NULL, RIGHT, .early_data = "early"),
     .setup = {RIGHT, .early_data = "early", .fast_open = true}, .resumes = true},
    /* The socket does not show its peer yet, and nothing checks again before the data leave. */
    {"early-data-pending", "refused",
     RESUME("nothing", .chain = "nobody", .names = SEND_NOTHING, .early_data = "early"),
     .setup = {.chain = "nobody", .names = SEND_NOTHING, .early_data = "early", .pending = true}},
    {"early-data-pending-looked-up", "refused",
     RESUME("nothing", .chain = "nobody", .names = SEND_NOTHING, .early_data = "early"),
     .setup = {.chain = "nobody",
               .names = SEND_NOTHING,
               .early_data = "early",
               .looked_up = true,
               .pending = true}},
    {"early-data-pending-localhost", "refused",
     RESUME("nothing", .chain = "nobody", .name = "localhost", .early_data = "early"),
     .setup = {.chain = "nobody", .name = "localhost", .early_data = "early", .pending = true}},
    {"early-data-pending-named", "accepted", RESUME(NULL, RIGHT, .early_data = "early"),
     .setup = {RIGHT, .early_data = "early", .pending = true}, .resumes = true},
    {"early-data-pending-uncovered", "accepted", .policy = "nothing",
     RESUME("nothing", .chain = "nobody", .names = SEND_NOTHING, .early_data = "early"),
     .setup = {.chain = "nobody", .names = SEND_NOTHING, .early_data = "early", .pending = true},
     .resumes = true},
    {"early-data-looked-up", "refused", RESUME("nothing", WRONG, .early_data = "early"),
     .setup = {WRONG, .early_data = "early", .looked_up = true}},
    {"early-data-looked-up-right", "refused", RESUME(NULL, RIGHT, .early_data = "early"),
     .setup = {RIGHT, .early_data = "early", .looked_up = true}},
    {"early-data-looked-up-uncovered", "accepted", RESUME(NULL, UNCOVERED, .early_data = "early"),
     .setup = {UNCOVERED, .early_data = "early", .looked_up = true}, .resumes = true},
    /* A session that was allowed and never offered does not allow the one in its place, which another
     * server gave. */
    {"early-data-replaced", "refused", RESUME("nothing", WRONG, .forgetful = true, .early_data = "early"),
     .before = "good", .setup = {WRONG, .early_data = "early", .looked_up = true}},
    {"early-data-renamed", "refused", RESUME("nothing", WRONG, .forgetful = true, .early_data = "early"),
     .before = "good", .setup = {WRONG, .name_before = OTHER, .early_data = "early", .looked_up = true}},
    {"session-replaced", "refused", RESUME("nothing", WRONG, .forgetful = true), .before = "good",
     .setup = {WRONG, .looked_up = true}},
    {"session-replaced-uncovered", "accepted", RESUME("nothing", UNCOVERED, .forgetful = true),
     .before = "good", .setup = {UNCOVERED, .looked_up = true}},
    /* The name that is set past the shim is another one, which the session's server may not have. */
    {"early-data-name-looked-up", "refused",
     RESUME(NULL, .chain = "shortok", .name = "pathlen.test.example", .early_data = "early"),
     .setup = {.chain = "shortok", .name = "pathlen.test.example", .renamed = PINNED, .early_data = "early"}},
    {"early-data-name-looked-up-right", "accepted",
     RESUME(NULL, .chain = "good", .name = CA, .early_data = "early"),
     .setup = {.chain = "good", .name = CA, .renamed = PINNED, .early_data = "early"}},
    {"early-data-name-looked-up-uncovered", "accepted",
     RESUME(NULL, .chain = "good", .name = CA, .early_data = "early"),
     .setup = {.chain = "good", .name = CA, .renamed = OTHER, .early_data = "early"}},
    {"early-data-looked-up-uncovered-blocked", "refused", .policy = "blocked",
     RESUME("blocked", UNCOVERED, .early_data = "early"),
     .setup = {UNCOVERED, .early_data = "early", .looked_up = true}},
    {"early-data-uncovered-blocked", "accepted", .policy = "blocked",
     RESUME("blocked", UNCOVERED, .early_data = "early"), .setup = {UNCOVERED, .early_data = "early"},
     .resumes = true},
    {"session-looked-up-uncovered-blocked", "refused", .policy = "blocked", RESUME("blocked", UNCOVERED),
     .setup = {UNCOVERED, .looked_up = true}},
    {"early-data-before-name", "accepted", RESUME(NULL, RIGHT, .early_data = "early"),
     .setup = {RIGHT, .early_data = "early", .session_first = true}, .resumes = true},
    {"early-data-before-name-wrong", "refused", RESUME("nothing", WRONG, .early_data = "early"),
     .setup = {WRONG, .early_data = "early", .session_first = true}},
};

#define COUNT (sizeof tests / sizeof tests[0])

static const char *without(const struct test *test) {
  return test->without != NULL ? test->without : "accepted";
}

static void list(void) {
  for (size_t i = 0; i < COUNT; i++)
    printf("%s\t%s\t%s\t%s\t0\t\n", tests[i].name, without(&tests[i]), without(&tests[i]), tests[i].expected);
}

/* A refused server must have received nothing of the program's, and must have received the alert. */
static void check_refused(const struct test *test, const struct result *result) {
  if (result->server_received != 0 || result->early_received != 0)
    broken("the server got %zu bytes, and %zu as early data", result->server_received,
           result->early_received);
  if (result->certificates != 0)
    broken("the server got the client's certificate");
  if (test->setup.stubborn && result->sent >= 0)
    broken("sending goes on after the refusal");
  if (result->hellos == 0 && result->server_error != GNUTLS_E_PREMATURE_TERMINATION)
    broken("without a ClientHello the server got something: %s", gnutls_strerror(result->server_error));
  /* A server that cannot read the early data skips what follows, too. */
  if (result->alert != GNUTLS_A_BAD_CERTIFICATE && !test->setup.datagram && result->hellos != 0 &&
      (test->before == NULL || test->setup.early_data == NULL))
    broken("the server was told %d, not bad_certificate", result->alert);
}

static const char *judge(const struct test *test, const struct result *result) {
  if (result->error == GNUTLS_E_CERTIFICATE_ERROR) {
    check_refused(test, result);
    return "refused";
  }
  if (result->error < 0) {
    printf("%s\n", gnutls_strerror(result->error));
    return "rejected";
  }
  if (!result->echoed || result->server_received == 0)
    broken("no data came back");
  if (test->resumes && !result->resumed)
    broken("not resumed");
  if (test->setup.program_hook && test->setup.hook_type != 0 && result->hook_calls != test->hook_calls)
    broken("the program's hook was called %u times", result->hook_calls);
  if (test->setup.program_hook && test->setup.hook_type == 0 && result->hook_calls < 10)
    broken("the program's hook was called %u times", result->hook_calls);
  if ((test->setup.client_certificate || test->setup.asked_later) && result->certificates != 2)
    broken("the server got %u of the client's messages", result->certificates);
  if (test->resumes && test->setup.early_data != NULL && result->early_received == 0)
    broken("no early data");
  if (test->setup.session_first && result->early_room != EARLY_DATA_ROOM)
    broken("room for %zu bytes of early data", result->early_room);
  if (test->setup.extension && result->extensions != 2)
    broken("extensions were received %u times", result->extensions);
  return "accepted";
}

/* A session with the same host under a good key. */
static struct result connect_before(const struct test *test) {
  struct setup setup = {.chain = test->before, .name = PINNED, .early_data = "early"};
  struct result result;

  use_policy("good");
  result = connection(&setup);
  if (result.error < 0 || result.session.data == NULL)
    broken("no session before: %s", gnutls_strerror(result.error));
  return result;
}

static void run(const struct test *test) {
  struct setup setup = test->setup;
  struct result before, result, replaced;

  kit_begin();
  if (test->before != NULL) {
    replaced = connect_before(test);
    setup.session_before = &replaced.session;
  }
  if (test->first.chain != NULL) {
    use_policy(test->first_policy != NULL ? test->first_policy : "good");
    before = connection(&test->first);
    if (before.error < 0 || before.session.data == NULL)
      broken("no session: %s", gnutls_strerror(before.error));
    setup.session = test->fresh ? NULL : &before.session;
  }
  use_policy(test->policy != NULL ? test->policy : "good");
  result = connection(&setup);
  printf("outcome: %s\n", judge(test, &result));
}

int main(int count, char **arguments) {
  if (count != 2)
    return 2;
  if (strcmp(arguments[1], "--list") == 0) {
    list();
    return 0;
  }
  for (size_t i = 0; i < COUNT; i++) {
    if (strcmp(tests[i].name, arguments[1]) == 0) {
      run(&tests[i]);
      return 0;
    }
  }
  return 2;
}
