/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/proposals.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "cli/invocation.h"
#include "monitor/history_sql.h"

const char *proposal_word(enum proposal_state state) {
  static const char *const words[] = {"pending", "approved", "rejected"};
  return words[state];
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

/* Skips a row that this pinctl cannot read, e.g. of a later one. */
static void take_row(const struct sql_rows *rows, size_t row, const char *host, struct proposals *proposals) {
  struct proposal proposal = {.port = (uint16_t)sql_number(rows, row, 0),
                              .verified = sql_number(rows, row, 4) != 0,
                              .at = sql_number(rows, row, 6)};
  const char *pin = sql_text(rows, row, 1);
  const char *state = sql_text(rows, row, 5);
  while (proposal.state < PROPOSAL_REJECTED && strcmp(state, proposal_word(proposal.state)) != 0)
    proposal.state++;
  if (!pin_digest_parse(pin, strlen(pin), &proposal.key) || !list_of(sql_text(rows, row, 2), &proposal.list))
    return;
  proposal.host = must_copy(host);
  proposal.subject = must_copy(sql_text(rows, row, 3));
  proposal.who = must_copy(sql_text(rows, row, 7));
  proposals->items = must_room(proposals->items, proposals->count, sizeof *proposals->items);
  proposals->items[proposals->count++] = proposal;
}

bool proposals_read(struct history *history, const char *host, uint16_t port,
                    struct proposals *ret_proposals) {
  AUTO_ROWS rows = {0};
  *ret_proposals = (struct proposals){0};
  if (history->version < 1)
    return true;
  bool good = database_read(history->database,
                            "SELECT port, pin, list, subject, verified, state, at, who FROM proposals WHERE"
                            " host = ?1 AND (?2 = 0 OR port = ?2) ORDER BY port, at, pin",
                            SQL_VALUES(SQL_TEXT(host), SQL_NUMBER(port)), &rows);
  for (size_t i = 0; i < rows.count; i++)
    take_row(&rows, i, host, ret_proposals);
  return good;
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

/*
 * Runs a statement with the first `count` of these parameters: host, port, pin, list, state, now, who,
 * subject, verified. state: of the proposal, or the decision. False, having said why.
 */
static bool run_statement(struct history *history, const char *sql, size_t count,
                          const struct proposal *proposal, const char *state) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  AUTO_TEXT who = acting_user();
  pin_digest_format(&proposal->key, digest);
  const struct sql_value values[] = {
      SQL_TEXT(proposal->host),
      SQL_NUMBER(proposal->port),
      SQL_TEXT(digest),
      SQL_TEXT(pin_list_name(proposal->list)),
      SQL_TEXT(state),
      SQL_NUMBER(time(NULL)),
      SQL_TEXT(who),
      SQL_TEXT(proposal->subject),
      SQL_NUMBER(proposal->verified),
  };
  return database_change(history->database, sql, values, count);
}

static bool add_decision(struct history *history, const struct proposal *proposal, const char *decision) {
  return run_statement(history,
                       "INSERT INTO decisions (host, port, pin, list, decision, at, who)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                       7, proposal, decision);
}

bool proposal_make(struct history *history, const struct proposal *proposal, bool *ret_new) {
  static const char sql[] =
      "INSERT INTO proposals (host, port, pin, list, state, at, who, subject, verified)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET state = excluded.state,"
      " at = excluded.at, who = excluded.who, subject = excluded.subject, verified = excluded.verified"
      " WHERE state = 'approved'";
  *ret_new = false;
  if (!database_begin(history->database))
    return false;
  bool good = run_statement(history, sql, 9, proposal, proposal_word(PROPOSAL_PENDING));
  *ret_new = good && database_changed(history->database) > 0;
  if (*ret_new)
    good = add_decision(history, proposal, "proposed");
  return database_end(history->database, good);
}

bool proposal_decide(struct history *history, const struct proposal *proposal, enum proposal_state state) {
  static const char sql[] = "UPDATE proposals SET state = ?5, at = ?6, who = ?7 WHERE host = ?1 AND port = ?2"
                            " AND pin = ?3 AND list = ?4";
  if (!database_begin(history->database))
    return false;
  bool good = run_statement(history, sql, 7, proposal, proposal_word(state)) &&
              add_decision(history, proposal, proposal_word(state));
  return database_end(history->database, good);
}

bool decision_note(struct history *history, const char *host, uint16_t port, enum pin_list list,
                   const struct pin_digest *key, const char *decision) {
  AUTO_TEXT copy = must_copy(host);
  struct proposal proposal = {.host = copy, .port = port, .list = list, .key = *key};
  return add_decision(history, &proposal, decision);
}

bool decisions_each(struct history *history, const char *host, uint16_t port, decision_row_fn *each,
                    void *arg) {
  AUTO_ROWS rows = {0};
  if (history->version < 1)
    return true;
  bool good = database_read(history->database,
                            "SELECT port, pin, list, decision, at, who FROM decisions WHERE"
                            " host = ?1 AND (?2 = 0 OR port = ?2) ORDER BY id",
                            SQL_VALUES(SQL_TEXT(host), SQL_NUMBER(port)), &rows);
  for (size_t i = 0; i < rows.count; i++) {
    const struct decision_row row = {.port = (int)sql_number(&rows, i, 0),
                                     .pin = sql_text(&rows, i, 1),
                                     .list = sql_text(&rows, i, 2),
                                     .decision = sql_text(&rows, i, 3),
                                     .at = sql_number(&rows, i, 4),
                                     .who = sql_text(&rows, i, 5)};
    each(&row, arg);
  }
  return good;
}
