/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "logs/log_lines.h"

#include <string.h>

void log_take_line(struct log_reading *reading, const char *line, bool from_journal) {
  const struct log_query *query = reading->query;
  struct log_record record;
  enum record_kind kind =
      from_journal ? record_from_journal(line, &record) : record_from_syslog(line, query->now, &record);
  if (kind == RECORD_DAMAGED)
    reading->damaged++;
  if (kind != RECORD_OURS)
    return;
  if (!query->has_since || record.time >= query->since)
    reading->each(&record, reading->arg);
  record_clear(&record);
}

/*
 * The first byte of a file says which kind it is: so no line within a syslog file, which may hold what any
 * user likes, can pass for one of the journal with its attested fields.
 */
void log_feed(struct log_reading *reading, struct log_lines *lines, int byte) {
  if (!lines->begun)
    lines->from_journal = byte == '{';
  lines->begun = true;
  if (byte != '\n') {
    lines->too_long = lines->too_long || lines->length + 1 == LONGEST_LINE;
    if (!lines->too_long)
      lines->line[lines->length++] = (char)byte;
    return;
  }
  lines->line[lines->length] = '\0';
  /* Nobody writes a NUL into a line of text. */
  if (!lines->too_long && strlen(lines->line) == lines->length)
    log_take_line(reading, lines->line, lines->from_journal);
  lines->length = 0;
  lines->too_long = false;
}
