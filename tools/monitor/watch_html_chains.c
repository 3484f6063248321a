/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/watch_html.h"

#include <stdio.h>

#include "base/memory.h"
#include "monitor/html.h"
#include "view/entry_text.h"

static void print_key(const struct watch_key *key) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  AUTO_TEXT expires = expiry_text(key->expires);
  pin_digest_format(&key->key, digest);
  printf("<div class=\"key%s%s\">", *key->entry_list == '\0' ? "" : " pinned",
         key->proven ? "" : " unproven");
  html_format("%s: %s", role_word(key->role), *key->subject == '\0' ? "(no subject)" : key->subject);
  printf("<br><small>%s<br>", digest);
  html_format("until %s%s%s%s", expires, *key->entry_list == '\0' ? "" : ", in ", key->entry_list,
              key->proven ? "" : ", not proven");
  fputs("</small></div>\n", stdout);
}

/* The keys that the entry would have accepted. */
static void print_expected(const struct watch *watch, const struct pin_entry *entry) {
  AUTO_TEXT place = entry_place(entry, watch->policy_path == NULL ? "" : watch->policy_path);
  fputs("<p>Expected by the entry ", stdout);
  html_name(entry->name);
  html_format(" (%s):", place);
  fputs("</p>\n<ul class=\"expected\">\n", stdout);
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    for (uint32_t i = 0; i < entry->lists[list].count; i++) {
      char digest[PIN_DIGEST_TEXT_SIZE];
      pin_digest_format(&entry->lists[list].digests[i], digest);
      printf("<li>%s: %s</li>\n", pin_list_name((enum pin_list)list), digest);
    }
  fputs("</ul>\n", stdout);
}

static void print_verdict(const struct watch *watch, const struct watch_host *host) {
  bool refused = host->outcome == PIN_REFUSED || host->outcome == PIN_AUDITED;
  printf("<p class=\"verdict%s\">", refused ? "" : host->outcome == PIN_ACCEPTED ? " ok" : " warning");
  html_format("%s: %s", pin_outcome_word(host->outcome), pin_reason_text(host->reason));
  fputs("</p>\n", stdout);
  if (refused && host->covered)
    print_expected(watch, &host->entry);
}

static void print_chain(const struct watch *watch, size_t index) {
  const struct watch_host *host = &watch->hosts[index];
  bool refused = host->outcome == PIN_REFUSED;
  printf("<section id=\"chain-%zu\"%s>\n<h3>", index, refused ? " class=\"refused\"" : "");
  html_host(host->host, host->port);
  printf(" <small><a href=\"#host-%zu\">to its row</a></small></h3>\n", index);
  print_verdict(watch, host);
  if (refused)
    fputs("<p>Shown by the server:</p>\n", stdout);
  fputs("<div class=\"chain\">\n", stdout);
  for (size_t i = 0; i < host->key_count; i++) {
    fputs(i == 0 ? "" : "<span>signed by</span>\n", stdout);
    print_key(&host->keys[i]);
  }
  fputs("</div>\n<p><small>", stdout);
  html_format("%s, %s", *host->version == '\0' ? "TLS was not completed" : host->version,
              *host->cipher == '\0' ? "no cipher" : host->cipher);
  fputs("</small></p>\n</section>\n", stdout);
}

static size_t print_some(const struct watch *watch, bool well, bool count_only) {
  size_t count = 0;
  for (size_t i = 0; i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    if (host->key_count == 0 || (host->severity == SEVERITY_OK) != well)
      continue;
    count++;
    if (!count_only)
      print_chain(watch, i);
  }
  return count;
}

void watch_html_chains(const struct watch *watch) {
  size_t well = print_some(watch, true, true);
  fputs("<h2 id=\"chains\">Chains</h2>\n", stdout);
  print_some(watch, false, false);
  if (well == 0)
    return;
  printf("<details><summary>%zu chain%s of hosts that are well</summary>\n", well, well == 1 ? "" : "s");
  print_some(watch, true, false);
  fputs("</details>\n", stdout);
}
