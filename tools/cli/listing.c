/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/listing.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/json.h"
#include "cli/output.h"

struct listing {
  const struct table_form *form;   /* NULL: JSON is made */
  struct table *table;             /* NULL: JSON is made */
  char *cells[TABLE_MOST_COLUMNS]; /* of the current row; NULL: the cell is empty */
  json_object *array;              /* the caller's; NULL: each object is printed at once, to `stream` */
  struct json_stream stream;
  json_object *object; /* the current row; NULL: it has no member yet */
  size_t rows;
};

struct listing *listing_new(const struct table_form *form, json_object *array) {
  struct listing *listing = must_alloc(1, sizeof *listing);
  *listing = (struct listing){.form = form, .array = array};
  if (form != NULL)
    listing->table = table_new(form);
  else if (array == NULL)
    json_stream_open(&listing->stream, NULL, '[');
  return listing;
}

bool listing_is_json(const struct listing *listing) {
  return listing->form == NULL;
}

static void set_cell(struct listing *listing, const char *column, const char *text) {
  size_t at = 0;
  while (strcmp(listing->form->headings[at], column) != 0)
    at++;
  listing->cells[at] = must_copy(text);
}

void listing_member(struct listing *listing, const char *key, json_object *value) {
  if (!listing_is_json(listing)) {
    json_object_put(value);
    return;
  }
  if (listing->object == NULL)
    listing->object = json_object_new_object();
  json_object_object_add(listing->object, key, value);
}

void listing_text(struct listing *listing, const char *column, const char *key, const char *text) {
  if (listing_is_json(listing) && key != NULL)
    listing_member(listing, key, json_text_or_null(text));
  else if (!listing_is_json(listing) && column != NULL)
    set_cell(listing, column, text == NULL ? "" : text);
}

void listing_number(struct listing *listing, const char *column, const char *key, int64_t number) {
  AUTO_TEXT text = must_format("%" PRId64, number);
  if (listing_is_json(listing))
    listing_member(listing, key, json_object_new_int64(number));
  else
    listing_text(listing, column, NULL, text);
}

void listing_time(struct listing *listing, const char *column, const char *key, int64_t moment) {
  AUTO_TEXT text = listing_is_json(listing) ? timestamp_utc(moment) : timestamp_local(moment);
  listing_text(listing, column, key, text);
}

void listing_row(struct listing *listing) {
  if (!listing_is_json(listing)) {
    table_add(listing->table, (const char *const *)listing->cells);
    for (size_t i = 0; i < TABLE_MOST_COLUMNS; i++)
      free(listing->cells[i]);
    memset(listing->cells, 0, sizeof listing->cells);
  } else if (listing->array != NULL) {
    json_object_array_add(listing->array, listing->object);
  } else {
    json_stream_add(&listing->stream, NULL, listing->object);
  }
  listing->object = NULL;
  listing->rows++;
}

size_t listing_end(struct listing *listing) {
  size_t rows = listing->rows;
  if (listing->table != NULL)
    table_print(listing->table);
  else if (listing->array == NULL)
    json_stream_close(&listing->stream);
  free(listing);
  return rows;
}
