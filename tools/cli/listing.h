/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * A report in rows that is printed as a table or as an array of JSON objects. The caller gives each value
 * once, with its column in the table and its key in the JSON object. Members keep the order in which they are
 * given.
 */
#ifndef PINCTL_CLI_LISTING_H
#define PINCTL_CLI_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "cli/table.h"

struct listing;

/* form: the table; NULL: JSON is made, and added to the array, or printed to stdout where `array` is NULL. */
struct listing *listing_new(const struct table_form *form, json_object *array);
bool listing_is_json(const struct listing *listing);

/* Adds a value to the current row. column: one of the headings; NULL: only JSON has this value. key: of the
 * JSON member; NULL: only the table has this value. text NULL: an empty cell, null in JSON. */
void listing_text(struct listing *listing, const char *column, const char *key, const char *text);
void listing_number(struct listing *listing, const char *column, const char *key, int64_t number);
/* Printed in local time in the table, in UTC in JSON. */
void listing_time(struct listing *listing, const char *column, const char *key, int64_t moment);
/* A member that only JSON has; takes over the value. */
void listing_member(struct listing *listing, const char *key, json_object *value);
/* Ends the row. */
void listing_row(struct listing *listing);

/* Prints the rest and frees the listing. Returns the number of rows. */
size_t listing_end(struct listing *listing);

#endif
