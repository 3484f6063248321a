/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/proposals.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "monitor/history_sql.h"

/* What /proc/self/loginuid says where nobody has logged in. */
#define NO_LOGIN ((unsigned long)(uint32_t)-1)

const char *proposal_word(enum proposal_state state) {
  static const char *const words[] = {"pending", "approved", "rejected"};
  return words[state];
}

/* Under sudo the person is the one who logged in; the kernel keeps that, no variable could pretend it. */
static uid_t person(void) {
  unsigned long login = NO_LOGIN;
  FILE *file = fopen("/proc/self/loginuid", "re");
  if (file != NULL) {
    if (fscanf(file, "%lu", &login) != 1)
      login = NO_LOGIN;
    fclose(file);
  }
  return login == NO_LOGIN ? getuid() : (uid_t)login;
}

static char *person_name(void) {
  uid_t uid = person();
  const struct passwd *account = getpwuid(uid);
  return account == NULL ? must_format("uid %lu", (unsigned long)uid) : must_copy(account->pw_name);
}

static bool list_of(const char *word, enum pin_list *ret_list) {
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    if (strcmp(word, pin_list_name((enum pin_list)list)) != 0)
      continue;
    *ret_list = (enum pin_list)list;
    return true;
  }
  return false;
}

static const char *text_at(sqlite3_stmt *statement, int column) {
  const char *text = (const char *)sqlite3_column_text(statement, column);
  return text == NULL ? "" : text;
}

/* A row that this pinctl cannot read is nobody's proposal: passed over. */
static void take_row(sqlite3_stmt *statement, const char *host, struct proposals *proposals) {
  struct proposal proposal = {.port = (uint16_t)sqlite3_column_int(statement, 0),
                              .verified = sqlite3_column_int(statement, 4) != 0,
                              .at = sqlite3_column_int64(statement, 6)};
  const char *pin = text_at(statement, 1);
  const char *state = text_at(statement, 5);
  while (proposal.state < PROPOSAL_REJECTED && strcmp(state, proposal_word(proposal.state)) != 0)
    proposal.state++;
  if (!pin_digest_parse(pin, strlen(pin), &proposal.key) || !list_of(text_at(statement, 2), &proposal.list))
    return;
  proposal.host = must_copy(host);
  proposal.subject = must_copy(text_at(statement, 3));
  proposal.who = must_copy(text_at(statement, 7));
  proposals->items = must_grow(proposals->items, proposals->count + 1, sizeof *proposals->items);
  proposals->items[proposals->count++] = proposal;
}

bool proposals_read(struct history *history, const char *host, uint16_t port,
                    struct proposals *ret_proposals) {
  *ret_proposals = (struct proposals){0};
  if (history->version < 1)
    return true;
  sqlite3_stmt *statement =
      history_prepare(history,
                      "SELECT port, pin, list, subject, verified, state, at, who FROM proposals WHERE"
                      " host = ?1 AND (?2 = 0 OR port = ?2) ORDER BY port, at, pin",
                      host);
  if (statement == NULL)
    return false;
  int got = SQLITE_ERROR;
  sqlite3_bind_int(statement, 2, port);
  while ((got = sqlite3_step(statement)) == SQLITE_ROW)
    take_row(statement, host, ret_proposals);
  sqlite3_finalize(statement);
  return got == SQLITE_DONE || history_failed(history);
}

void proposals_clear(struct proposals *proposals) {
  for (size_t i = 0; i < proposals->count; i++) {
    free(proposals->items[i].host);
    free(proposals->items[i].subject);
    free(proposals->items[i].who);
  }
  free(proposals->items);
  *proposals = (struct proposals){0};
}

/* ?1 host, ?2 port, ?3 pin, ?4 list, ?5 what, ?6 now, ?7 who. NULL, having said why. */
static sqlite3_stmt *prepare_decision(struct history *history, const char *sql,
                                      const struct proposal *proposal, const char *what) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  AUTO_TEXT who = person_name();
  sqlite3_stmt *statement = history_prepare(history, sql, proposal->host);
  if (statement == NULL)
    return NULL;
  pin_digest_format(&proposal->key, digest);
  history_bind(statement, proposal->port, digest);
  sqlite3_bind_text(statement, 4, pin_list_name(proposal->list), -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, 5, what, -1, SQLITE_TRANSIENT);
  sqlite3_bind_int64(statement, 6, time(NULL));
  sqlite3_bind_text(statement, 7, who, -1, SQLITE_TRANSIENT);
  return statement;
}

static bool note(struct history *history, const struct proposal *proposal, const char *decision) {
  sqlite3_stmt *statement =
      prepare_decision(history,
                       "INSERT INTO decisions (host, port, pin, list, decision, at, who)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                       proposal, decision);
  return statement != NULL && history_finish(history, statement);
}

static bool put_new(struct history *history, const struct proposal *proposal) {
  static const char sql[] =
      "INSERT INTO proposals (host, port, pin, list, state, at, who, subject, verified)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET state = excluded.state,"
      " at = excluded.at, who = excluded.who, subject = excluded.subject, verified = excluded.verified"
      " WHERE state = 'approved'";
  sqlite3_stmt *statement = prepare_decision(history, sql, proposal, proposal_word(PROPOSAL_PENDING));
  if (statement == NULL)
    return false;
  sqlite3_bind_text(statement, 8, proposal->subject, -1, SQLITE_TRANSIENT);
  sqlite3_bind_int(statement, 9, proposal->verified ? 1 : 0);
  return history_finish(history, statement);
}

bool proposal_make(struct history *history, const struct proposal *proposal, bool *ret_new) {
  *ret_new = false;
  if (!history_begin(history))
    return false;
  bool good = put_new(history, proposal);
  *ret_new = good && sqlite3_changes(history->database) > 0;
  if (*ret_new)
    good = note(history, proposal, "proposed");
  return history_end(history, good);
}

bool proposal_decide(struct history *history, const struct proposal *proposal, enum proposal_state state) {
  static const char sql[] = "UPDATE proposals SET state = ?5, at = ?6, who = ?7 WHERE host = ?1 AND port = ?2"
                            " AND pin = ?3 AND list = ?4";
  if (!history_begin(history))
    return false;
  sqlite3_stmt *statement = prepare_decision(history, sql, proposal, proposal_word(state));
  bool good = statement != NULL && history_finish(history, statement) &&
              note(history, proposal, proposal_word(state));
  return history_end(history, good);
}

bool decision_note(struct history *history, const char *host, uint16_t port, enum pin_list list,
                   const struct pin_digest *key, const char *decision) {
  AUTO_TEXT copy = must_copy(host);
  struct proposal proposal = {.host = copy, .port = port, .list = list, .key = *key};
  return note(history, &proposal, decision);
}

bool decisions_each(struct history *history, const char *host, uint16_t port, decision_row_fn *each,
                    void *arg) {
  if (history->version < 1)
    return true;
  sqlite3_stmt *statement = history_prepare(history,
                                            "SELECT port, pin, list, decision, at, who FROM decisions WHERE"
                                            " host = ?1 AND (?2 = 0 OR port = ?2) ORDER BY id",
                                            host);
  if (statement == NULL)
    return false;
  int got = SQLITE_ERROR;
  sqlite3_bind_int(statement, 2, port);
  while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
    struct decision_row row = {.port = sqlite3_column_int(statement, 0),
                               .pin = text_at(statement, 1),
                               .list = text_at(statement, 2),
                               .decision = text_at(statement, 3),
                               .at = sqlite3_column_int64(statement, 4),
                               .who = text_at(statement, 5)};
    each(&row, arg);
  }
  sqlite3_finalize(statement);
  return got == SQLITE_DONE || history_failed(history);
}
