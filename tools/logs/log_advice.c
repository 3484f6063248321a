/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "logs/log_advice.h"

#include <string.h>

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/verb.h"

/* In the texts, HOST stands for the host of the line. */
struct text_of {
  const char *word, *text;
};

static const struct text_of reasons[] = {
    {"no-pin",
     "If the server has a new key on purpose: get its certificate from its owner and \"pinctl add HOST "
     "server.pem --backup spare.pub\". If not, somebody is in between: compare key0 with the server's "
     "own, and \"pinctl explain HOST\" from another network."},
    {"no-intermediate",
     "If the CA has begun to use another intermediate: take its key from the CA's documentation "
     "and \"pinctl add HOST --intermediate issuer.pem\". If it is another CA altogether, ask "
     "the server's owner before you allow it."},
    {"no-anchor",
     "The path ends elsewhere than expected. Does the program use another CA file, or none? Then "
     "give it the right one, or \"pinctl add HOST --anchor root.pem\". If the root is an inspecting "
     "proxy's, the policy did its work."},
    {"wrong-name",
     "Only a CA of the path is pinned, and the server's certificate is for another host. If it is the right "
     "server, have its certificate renewed with the name HOST, or pin the server's own key. If not, "
     "somebody has a certificate of that CA and is in between."},
    {"out-of-date",
     "Only a CA of the path is pinned, and the server's certificate has expired or is not valid yet: have "
     "it renewed, or set the clock of this machine."},
    {"not-a-server",
     "Only a CA of the path is pinned, and the certificate is not one for a TLS server: it needs another, or "
     "a client's certificate is being used by somebody in between."},
    {"path-cut",
     "The path is too long, or its keys are too large, to be looked at to its end: have the server send a "
     "usual chain. A stored session that kept too little is replaced by a full handshake, and nothing has to "
     "be done."},
    {"blocked-key",
     "A key on the path is blocked, and no entry can allow it: have it replaced on the server, or "
     "take it out of blocked_keys."},
    {"no-key",
     "The server showed no certificate that could be proven. Switch off anonymous and PSK suites, or let "
     "the program start without its stored sessions; \"pinctl explain HOST\" shows what the server "
     "sends."},
    {"unlisted",
     "The policy refuses hosts that no entry covers (unlisted = \"refuse\"). If this machine is to speak to "
     "it: "
     "\"pinctl add HOST --from-server\" pins its key, and \"pinctl add HOST --mode off\" lists it without "
     "any. If not, find out what made the program connect."},
    {"bad-name", "The name has an empty label: correct it where the program got it from."},
    {"too-many-names",
     "The program verifies too many names at once: let it use one name for each connection."},
    {"too-much-to-see", "The program gave no name, and it has too many sockets, or the certificate too many "
                        "names, to find the host "
                        "among them: let it send the server name."},
    {"damaged", "Restart the program. If it happens again, test the machine's memory and disk."},
    {"no-policy",
     "There is no usable policy, so every host is refused: \"pinctl check\" says what is wrong with "
     "it."},
    {"exempt-anchor",
     "It was let pass unchecked, as exempt_anchors says. If no inspecting proxy is meant to be "
     "there, take the anchor out."},
};

static const struct text_of events[] = {
    {"policy-error", "Correct the policy: \"pinctl check\" shows the place."},
    {"policy-unusable", "Correct the policy now: \"pinctl check\" shows what is wrong."},
    {"not-enforced",
     "This process is not protected: see troubleshooting, event=not-enforced, and \"pinctl status\"."},
    {"older-shim", "Restart the program: it runs since before an upgrade of pinning."},
    {"not-reported",
     "A host was refused, and the process had no memory left to say which: see what else is wrong with it."},
    {"policy-loaded", "Nothing: a changed policy was taken up."},
    {"session-dropped", "Nothing: a stored session is replaced by a full handshake."},
};

/* Returns NULL if there is no text for the word. */
static const char *look_up(const struct text_of *texts, size_t count, const char *word) {
  for (size_t i = 0; word != NULL && i < count; i++)
    if (strcmp(texts[i].word, word) == 0)
      return texts[i].text;
  return NULL;
}

static bool has_value(const struct log_record *record, const char *key, const char *wanted) {
  const char *value = report_get(&record->report, key);
  return value != NULL && strcmp(value, wanted) == 0;
}

/* Replaces every HOST in the text. */
static char *with_host(const char *text, const char *host) {
  static const char placeholder[] = "HOST";
  char *result = must_copy("");
  for (const char *next; (next = strstr(text, placeholder)) != NULL; text = next + sizeof placeholder - 1) {
    char *longer = must_format("%s%.*s%s", result, (int)(next - text), text, host);
    free(result);
    result = longer;
  }
  char *whole = must_format("%s%s", result, text);
  free(result);
  return whole;
}

/* Whether the line comes from a trial of "enable": names below .invalid belong to nobody (RFC 2606). */
static bool is_own_trial(const struct log_record *record) {
  static const char suffix[] = ".pinctl.invalid";
  const char *host = report_get(&record->report, "host");
  size_t length = host == NULL ? 0 : strlen(host);
  return length >= sizeof suffix && strcmp(host + length - (sizeof suffix - 1), suffix) == 0;
}

#define OBSERVED_ADVICE                                                                                      \
  "No entry covers these hosts, and nothing was refused: \"pinctl learn\" proposes entries for those whose " \
  "keys it knows for long enough."

bool log_is_observed(const struct log_record *record) {
  return has_value(record, "verdict", "audited") && has_value(record, "reason", "unlisted") &&
         report_get(&record->report, "paused") == NULL;
}

static char *advice_about(const struct log_record *record) {
  const char *reason = report_get(&record->report, "reason");
  const char *event = report_get(&record->report, "event");
  const char *host = report_get(&record->report, "host");
  const char *text = log_is_observed(record) ? OBSERVED_ADVICE : look_up(reasons, COUNT_OF(reasons), reason);
  AUTO_TEXT name = NULL;
  const char *why = NULL;
  if (text == NULL)
    text = look_up(events, COUNT_OF(events), event);
  if (host == NULL || pin_name_canonical(host, &name, &why) != PIN_OK)
    name = must_copy("HOST");
  AUTO_TEXT advice = with_host(text == NULL ? "See troubleshooting." : text, name);
  if (is_own_trial(record))
    return must_copy("Nothing: pinctl tried a configuration, and it refused what it has to.");
  if (record_is_doubtful(record))
    return must_format("Another process wrote this line than it says: any user can write to the system log. "
                       "Do not rely on it. %s",
                       advice);
  if (report_get(&record->report, "paused") != NULL)
    return must_format("It is paused, and will be refused again: \"pinctl resume %s\" ends that now. %s",
                       name, advice);
  if (report_get(&record->report, "expired") != NULL)
    return must_format("The entry has expired: renew it, or remove it. %s", advice);
  return must_copy(advice);
}

/* Adds the option for the policy that was named to each command of pinctl. */
static char *with_policy(const char *text) {
  static const char command[] = "\"pinctl ";
  char *result = must_copy("");
  for (const char *next; (next = strstr(text, command)) != NULL;) {
    const char *end = next + sizeof command - 1;
    end += strcspn(end, "\"");
    char *longer = must_format("%s%.*s%s", result, (int)(end - text), text, same_policy());
    free(result);
    result = longer;
    text = end;
  }
  char *whole = must_format("%s%s", result, text);
  free(result);
  return whole;
}

char *log_advice(const struct log_record *record) {
  AUTO_TEXT advice = advice_about(record);
  return with_policy(advice);
}

bool log_is_finding(const struct log_record *record) {
  if (is_own_trial(record) || log_is_observed(record))
    return false;
  return has_value(record, "verdict", "refused") || has_value(record, "verdict", "audited") ||
         has_value(record, "event", "not-enforced") || has_value(record, "event", "policy-error") ||
         has_value(record, "event", "not-reported") || has_value(record, "event", "policy-unusable");
}
