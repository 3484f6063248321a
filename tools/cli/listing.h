/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Rows of a report, as a table or as an array of JSON objects. A verb names each value once, with the column
 * and the member that have it; the members keep the order in which they are given.
 */
#ifndef PINCTL_CLI_LISTING_H
#define PINCTL_CLI_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "cli/table.h"

struct listing;

/* form: of the table, or NULL for JSON, which goes into the array, or to stdout where that is NULL. */
struct listing *listing_new(const struct table_form *form, json_object *array);
bool listing_is_json(const struct listing *listing);

/* A value of the row that is being made. column: one of the headings; NULL: the table does not have it. key:
 * of the member; NULL: JSON does not have it. */
void listing_text(struct listing *listing, const char *column, const char *key, const char *text);
void listing_number(struct listing *listing, const char *column, const char *key, int64_t number);
/* In local time in the table, in UTC in JSON. */
void listing_time(struct listing *listing, const char *column, const char *key, int64_t moment);
/* For JSON alone; takes over the value. */
void listing_member(struct listing *listing, const char *key, json_object *value);
/* Ends the row. */
void listing_row(struct listing *listing);

/* Prints what has not been printed yet, and frees it. Returns how many rows there were. */
size_t listing_end(struct listing *listing);

#endif
