/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * What a GnuTLS client comes to against right and wrong servers, with and without the shim. Run by
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
  const char *first_policy; /* for a connection before, whose session is resumed; NULL: there is none */
  struct setup first;
  struct setup setup;
  bool resumes; /* and the session must be */
  bool fresh;   /* nothing is resumed: the connection before only comes first */
};

/* Before and after: a session of `first`, under another policy. */
#define RESUME(before, ...) .first_policy = (before), .first = {__VA_ARGS__}

static const struct test tests[] = {
    /* The key, and nothing but the key */
    {"right", "accepted", .setup = {.chain = "good", .name = PINNED}},
    {"right-tls1.2", "accepted", .setup = {.chain = "good", .name = PINNED, .old = true}},
    {"right-ca", "accepted", .setup = {.chain = "good", .name = CA}},
    {"right-ca-tls1.2", "accepted", .setup = {.chain = "good", .name = CA, .old = true}},
    {"uncovered", "accepted", .setup = {.chain = "bad", .name = OTHER}},
    {"uncovered-tls1.2", "accepted", .setup = {.chain = "bad", .name = OTHER, .old = true}},
    {"wrong", "refused", .setup = {.chain = "bad", .name = PINNED}},
    {"wrong-tls1.2", "refused", .setup = {.chain = "bad", .name = PINNED, .old = true}},
    {"wrong-dtls", "refused", .setup = {.chain = "bad", .name = PINNED, .datagram = true}},
    {"right-dtls", "accepted", .setup = {.chain = "good", .name = PINNED, .datagram = true}},
    {"uncovered-dtls", "accepted", .setup = {.chain = "bad", .name = OTHER, .datagram = true}},
    {"wrong-ca", "refused", .setup = {.chain = "bad", .name = CA}},

    /* Whatever the program verifies */
    {"right-afterwards", "accepted", .setup = {.chain = "good", .name = PINNED, .verification = AFTERWARDS}},
    {"wrong-afterwards", "refused", .setup = {.chain = "bad", .name = PINNED, .verification = AFTERWARDS}},
    {"wrong-credentials-yes", "refused",
     .setup = {.chain = "bad", .name = PINNED, .verification = CREDENTIALS_YES}},
    {"wrong-credentials-yes-tls1.2", "refused",
     .setup = {.chain = "bad", .name = PINNED, .verification = CREDENTIALS_YES, .old = true}},
    {"wrong-session-yes", "refused", .setup = {.chain = "bad", .name = PINNED, .verification = SESSION_YES}},
    {"right-by-library", "accepted", .setup = {.chain = "good", .name = PINNED, .verification = BY_LIBRARY}},
    {"wrong-by-library", "refused", .setup = {.chain = "bad", .name = PINNED, .verification = BY_LIBRARY}},
    {"untrusted-by-library", "rejected", "rejected",
     .setup = {.chain = "good", .name = PINNED, .verification = BY_LIBRARY, .untrusting = true}},
    {"uncovered-untrusted", "rejected", "rejected",
     .setup = {.chain = "bad", .name = OTHER, .verification = BY_LIBRARY, .untrusting = true}},

    /* And whatever it does with a refusal */
    {"wrong-stubborn", "refused", .setup = {.chain = "bad", .name = PINNED, .stubborn = true}},
    {"wrong-stubborn-tls1.2", "refused",
     .setup = {.chain = "bad", .name = PINNED, .stubborn = true, .old = true}},
    {"wrong-false-start", "refused",
     .setup = {.chain = "bad", .name = PINNED, .false_start = true, .old = true}},
    {"right-false-start", "accepted",
     .setup = {.chain = "good", .name = PINNED, .false_start = true, .old = true}},
    {"wrong-client-certificate", "refused",
     .setup = {.chain = "bad", .name = PINNED, .client_certificate = true}},
    {"wrong-client-certificate-tls1.2", "refused",
     .setup = {.chain = "bad", .name = PINNED, .client_certificate = true, .old = true}},
    {"right-client-certificate", "accepted",
     .setup = {.chain = "good", .name = PINNED, .client_certificate = true}},

    /* The path */
    {"appended-leaf", "refused", .setup = {.chain = "bad", .name = PINNED, .appended = "good"}},
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

    /* What a pinned CA says */
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
    {"exempt", "accepted", .policy = "exempt", .setup = {.chain = "bad", .name = PINNED}},

    /* Keys that are blocked, entries that only watch, a policy that cannot be read */
    {"blocked", "refused", .policy = "blocked", .setup = {.chain = "good", .name = OTHER}},
    {"blocked-above-namesake", "refused", .policy = "blocked",
     .setup = {.chain = "namesake", .name = OTHER, .trusted = "issuer"}},
    {"right-ca-above-namesake", "accepted", .setup = {.chain = "namesake", .name = CA, .trusted = "issuer"}},
    {"blocked-not", "accepted", .policy = "blocked", .setup = {.chain = "bad", .name = OTHER}},
    {"audited", "accepted", .policy = "audited", .setup = {.chain = "good", .name = PINNED}},
    {"audited-tls1.2", "accepted", .policy = "audited",
     .setup = {.chain = "good", .name = PINNED, .old = true}},

    {"paused", "accepted", .policy = "paused", .setup = {.chain = "bad", .name = PINNED}},
    {"policy-missing", "refused", .policy = "missing", .setup = {.chain = "good", .name = OTHER}},
    {"policy-broken", "refused", .policy = "broken", .setup = {.chain = "good", .name = OTHER}},
    {"policy-broken-later", "refused", .policy = "broken", RESUME("good", .chain = "good", .name = PINNED),
     .setup = {.chain = "bad", .name = PINNED}, .fresh = true},
    {"policy-broken-later-right", "accepted", .policy = "broken",
     RESUME("good", .chain = "good", .name = PINNED), .setup = {.chain = "good", .name = PINNED},
     .fresh = true},

    /* Hosts that no entry covers */
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
    {"unlisted-observed", "accepted", .policy = "observed", .setup = {.chain = "bad", .name = OTHER}},
    {"unlisted-observed-nameless", "accepted", .policy = "observed",
     .setup = {.chain = "elsewhere",
               .name = OTHER,
               .names = SEND_NOTHING,
               .own_transport = true,
               .datagram = true}},
    {"listed", "accepted", .policy = "unlisted", .setup = {.chain = "good", .name = PINNED}},
    {"listed-wrong", "refused", .policy = "unlisted", .setup = {.chain = "bad", .name = PINNED}},
    {"listed-client-certificate", "accepted", .policy = "unlisted",
     .setup = {.chain = "good", .name = PINNED, .client_certificate = true}},
    {"listed-off", "accepted", .policy = "unlisted-off", .setup = {.chain = "bad", .name = OTHER}},
    {"listed-address", "accepted", .policy = "unlisted",
     .setup = {.chain = "good", .name = PINNED, .names = SEND_NOTHING}},
    {"unlisted-session-of-before", "refused", .policy = "unlisted",
     RESUME("good", .chain = "good", .name = OTHER), .setup = {.chain = "good", .name = OTHER}},
    {"unlisted-session-of-before-tls1.2", "refused", .policy = "unlisted",
     RESUME("good", .chain = "good", .name = OTHER, .old = true),
     .setup = {.chain = "good", .name = OTHER, .old = true}},
    {"listed-resumed", "accepted", .policy = "unlisted", RESUME("unlisted", .chain = "good", .name = PINNED),
     .setup = {.chain = "good", .name = PINNED}, .resumes = true},
    {"listed-off-resumed", "accepted", .policy = "unlisted-off",
     RESUME("unlisted-off", .chain = "good", .name = OTHER), .setup = {.chain = "good", .name = OTHER},
     .resumes = true},
    {"observed-resumed", "accepted", .policy = "observed", RESUME("observed", .chain = "good", .name = OTHER),
     .setup = {.chain = "good", .name = OTHER}, .resumes = true},
    {"observed-resumed-of-before", "accepted", .policy = "observed",
     RESUME("good", .chain = "good", .name = OTHER, .old = true),
     .setup = {.chain = "good", .name = OTHER, .old = true}, .resumes = true},

    /* Who the server is */
    {"case", "refused", .setup = {.chain = "bad", .name = "PINNED.Test.Example"}},
    {"verified-name-only", "refused", .policy = "names",
     .setup = {.chain = "bad", .name = PINNED, .names = VERIFY_ONLY, .verification = BY_LIBRARY}},
    {"verified-name-typed", "refused", .policy = "names",
     .setup = {.chain = "bad", .name = PINNED, .names = VERIFY_ONLY, .verification = BY_LIBRARY_TYPED}},
    {"verified-name-right", "accepted", .policy = "names",
     .setup = {.chain = "good", .name = PINNED, .names = VERIFY_ONLY, .verification = BY_LIBRARY}},
    {"address", "refused", .setup = {.chain = "bad", .name = PINNED, .names = SEND_NOTHING}},
    {"address-right", "accepted", .setup = {.chain = "good", .name = PINNED, .names = SEND_NOTHING}},
    {"address-own-transport", "refused",
     .setup = {.chain = "bad", .name = PINNED, .names = SEND_NOTHING, .own_transport = true}},
    {"resolved", "refused", .policy = "resolved",
     .setup = {.chain = "bad", .name = "localhost", .names = RESOLVE_ONLY}},
    {"resolved-right", "accepted", .policy = "resolved",
     .setup = {.chain = "good", .name = "localhost", .names = RESOLVE_ONLY}},
    {"resolved-own-transport", "refused", .policy = "resolved",
     .setup = {.chain = "bad", .name = "localhost", .names = RESOLVE_ONLY, .own_transport = true}},
    {"certificate-names", "refused", .policy = "single",
     .setup = {.chain = "bad", .name = OTHER, .names = SEND_NOTHING, .datagram = true}},
    {"certificate-names-ignored", "accepted", .policy = "ignoring",
     .setup = {.chain = "bad", .name = OTHER, .names = SEND_NOTHING, .datagram = true}},

    /* Other ways than certificates */
    {"anonymous", "refused", .setup = {.chain = "good", .name = PINNED, .authentication = ANONYMOUS}},
    {"anonymous-uncovered", "accepted",
     .setup = {.chain = "good", .name = OTHER, .authentication = ANONYMOUS}},
    {"anonymous-dtls0.9", "refused",
     .setup = {.chain = "good", .name = PINNED, .authentication = ANONYMOUS, .datagram = true}},
    {"anonymous-dtls0.9-uncovered", "accepted",
     .setup = {.chain = "good", .name = OTHER, .authentication = ANONYMOUS, .datagram = true}},
    {"shared-key", "refused", .setup = {.chain = "good", .name = PINNED, .authentication = PRE_SHARED}},
    {"shared-key-tls1.2", "refused",
     .setup = {.chain = "good", .name = PINNED, .authentication = PRE_SHARED, .old = true}},
    {"shared-key-uncovered", "accepted",
     .setup = {.chain = "good", .name = OTHER, .authentication = PRE_SHARED}},
    {"raw-key", "accepted", .setup = {.chain = "good", .name = PINNED, .authentication = RAW_KEY}},
    {"raw-key-wrong", "refused", .setup = {.chain = "bad", .name = PINNED, .authentication = RAW_KEY}},
    {"raw-key-wrong-tls1.2", "refused",
     .setup = {.chain = "bad", .name = PINNED, .authentication = RAW_KEY, .old = true}},

    /* Hooks of the program's own */
    {"hook", "accepted", .setup = {.chain = "good", .name = PINNED, .program_hook = true}},
    {"hook-wrong", "refused", .setup = {.chain = "bad", .name = PINNED, .program_hook = true}},
    {"hook-fails", "rejected", "rejected", .setup = {.chain = "good", .name = PINNED, .hook_fails = true}},

    /* Sessions */
    {"resumed", "accepted", RESUME(NULL, .chain = "good", .name = PINNED),
     .setup = {.chain = "good", .name = PINNED}, .resumes = true},
    {"resumed-tls1.2", "accepted", RESUME(NULL, .chain = "good", .name = PINNED, .old = true),
     .setup = {.chain = "good", .name = PINNED, .old = true}, .resumes = true},
    {"resumed-ca", "accepted", RESUME(NULL, .chain = "good", .name = CA),
     .setup = {.chain = "good", .name = CA}, .resumes = true},
    {"resumed-uncovered", "accepted", RESUME(NULL, .chain = "bad", .name = OTHER),
     .setup = {.chain = "bad", .name = OTHER}, .resumes = true},
    {"resumed-uncovered-tls1.2", "accepted", RESUME(NULL, .chain = "bad", .name = OTHER, .old = true),
     .setup = {.chain = "bad", .name = OTHER, .old = true}, .resumes = true},
    /* The server's own sessions are its own affair, and those of its clients are resumed. */
    {"resumed-cached", "accepted", RESUME(NULL, .chain = "bad", .name = OTHER, .old = true, .cached = true),
     .setup = {.chain = "bad", .name = OTHER, .old = true, .cached = true}, .resumes = true},
    {"resumed-cached-pinned", "accepted",
     RESUME(NULL, .chain = "good", .name = PINNED, .old = true, .cached = true),
     .setup = {.chain = "good", .name = PINNED, .old = true, .cached = true}, .resumes = true},
    {"session-of-before", "refused", RESUME("nothing", .chain = "bad", .name = PINNED),
     .setup = {.chain = "bad", .name = PINNED}},
    {"session-of-before-tls1.2", "refused", RESUME("nothing", .chain = "bad", .name = PINNED, .old = true),
     .setup = {.chain = "bad", .name = PINNED, .old = true}},
    {"session-of-another", "refused", RESUME(NULL, .chain = "bad", .name = OTHER),
     .setup = {.chain = "bad", .name = PINNED}},
    {"session-withdrawn", "refused", .policy = "changed", RESUME("good", .chain = "good", .name = PINNED),
     .setup = {.chain = "good", .name = PINNED}},
    {"session-withdrawn-tls1.2", "refused", .policy = "changed",
     RESUME("good", .chain = "good", .name = PINNED, .old = true),
     .setup = {.chain = "good", .name = PINNED, .old = true}},
    {"session-withdrawn-ca", "refused", .policy = "changed", RESUME("good", .chain = "good", .name = CA),
     .setup = {.chain = "good", .name = CA}},
    {"early-data", "refused", RESUME("nothing", .chain = "bad", .name = PINNED, .early_data = "early"),
     .setup = {.chain = "bad", .name = PINNED, .early_data = "early"}},
    {"early-data-right", "accepted", RESUME(NULL, .chain = "good", .name = PINNED, .early_data = "early"),
     .setup = {.chain = "good", .name = PINNED, .early_data = "early"}, .resumes = true},
};

#define COUNT (sizeof tests / sizeof tests[0])

static const char *without(const struct test *test) {
  return test->without != NULL ? test->without : "accepted";
}

static void list(void) {
  for (size_t i = 0; i < COUNT; i++)
    printf("%s\t%s\t%s\t%s\t0\t\n", tests[i].name, without(&tests[i]), without(&tests[i]), tests[i].expected);
}

/* Nothing of the program's may have reached a server that was refused, and it was told so. */
static void check_refused(const struct test *test, const struct result *result) {
  if (result->server_received != 0 || result->early_received != 0)
    broken("the server got %zu bytes, and %zu as early data", result->server_received,
           result->early_received);
  if (result->certificates != 0)
    broken("the server got the client's certificate");
  if (test->setup.stubborn && result->sent >= 0)
    broken("sending goes on after the refusal");
  if (result->alert != GNUTLS_A_BAD_CERTIFICATE && !test->setup.datagram && result->hellos != 0)
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
  if (test->setup.program_hook && result->hook_calls < 10)
    broken("the program's hook was called %u times", result->hook_calls);
  if (test->setup.client_certificate && result->certificates != 2)
    broken("the server got %u of the client's messages", result->certificates);
  if (test->resumes && test->setup.early_data != NULL && result->early_received == 0)
    broken("no early data");
  return "accepted";
}

static void run(const struct test *test) {
  struct setup setup = test->setup;
  struct result before, result;

  kit_begin();
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
