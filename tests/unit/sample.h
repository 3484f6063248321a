/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Policies made by hand, without any text, for the tests of everything after the parser. */
#ifndef UNIT_SAMPLE_H
#define UNIT_SAMPLE_H

#include "image_builder.h"
#include "pinpolicy.h"

/* A list of digests, each given by its first byte: SAMPLE_LIST(1, 2). At file scope it lives
 * forever. */
#define SAMPLE_LIST(...)                                                                                     \
  {                                                                                                          \
    (const struct pin_digest *)(const uint8_t[][32]){__VA_ARGS__},                                           \
        sizeof((const uint8_t[][32]){__VA_ARGS__}) / 32                                                      \
  }

/* A member of an entry's lists: .lists = {SAMPLE_GIVEN(PINS, {1}), SAMPLE_GIVEN(ANCHORS, {3})}. */
#define SAMPLE_GIVEN(list, ...) [PIN_LIST_##list] = SAMPLE_LIST(__VA_ARGS__)

struct sample_spec {
  /*
   * Ends with an entry without a name. An entry may leave out: the kind (found from the name), expires
   * (never), the file ("/etc/pinning/policy.cfg"), the line (its index, from 1), the column (1).
   */
  const struct pin_entry *entries;
  enum pin_mode mode;
  enum pin_unlisted unlisted;
  struct pin_digest_list blocked_keys, exempt_anchors;
  const struct pin_source_identity *sources; /* ends with one without a path; NULL: none */
};

struct sample {
  void *image;
  size_t size;
  struct pin_policy policy;
};

/*
 * Returns false, and fails the running test, if the policy cannot be made. Undo with sample_clear in both
 * cases.
 */
bool sample_make(const struct sample_spec *spec, struct sample *ret_sample);
void sample_clear(struct sample *sample);

/* Makes a path of at most four keys. Each key is given by its first byte, and its certificate by that plus
 * 100. numbers: from depth 0 on; fewer than four end with 0. Returns how many there are. */
size_t sample_path(const uint8_t numbers[4], struct pin_path_key ret_keys[4]);

/* A pin_vouch_fn: says that every certificate is as it should be. */
enum pin_reason sample_vouch(void *arg, const struct pin_finding *finding, size_t depth);

/* pin_select for one name, then pin_judge unless the verdict is final. */
void sample_ask(const struct pin_policy *policy, const char *name, uint16_t port, const struct pin_path *path,
                struct pin_verdict *ret_verdict);

#endif
