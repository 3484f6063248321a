/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of sample.h: policies and paths made without text. */
#include "sample.h"

#include "host_name.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stdlib.h>
#include <string.h>

/* Not random, so that a failure can be repeated; but each image has another stamp, as real ones have. */
static struct pin_image_seed seed = {.name_key = {1, 2}, .stamp = 3};

static enum pin_name_kind kind_of(const char *name) {
  char address[PIN_ADDRESS_TEXT_SIZE];
  if (strncmp(name, "*.", 2) == 0)
    return PIN_NAME_WILDCARD;
  return pin_address_canonical(name, strlen(name), address) ? PIN_NAME_ADDRESS : PIN_NAME_HOST;
}

static bool add_entries(struct pin_image_builder *builder, const struct pin_entry *entries) {
  for (uint32_t i = 0; entries[i].name; i++) {
    struct pin_entry entry = entries[i];
    entry.kind = kind_of(entry.name);
    entry.expires = entry.expires == 0 ? PIN_NEVER : entry.expires;
    entry.comment = entry.comment ? entry.comment : "";
    entry.file = entry.file ? entry.file : "/etc/pinning/policy.cfg";
    entry.line = entry.line == 0 ? i + 1 : entry.line;
    entry.column = entry.column == 0 ? 1 : entry.column;
    if (!pin_image_builder_add_entry(builder, &entry))
      return false;
  }
  return true;
}

static bool add_sources(struct pin_image_builder *builder, const struct pin_source_identity *sources) {
  for (; sources && sources->path; sources++) {
    if (!pin_image_builder_add_source(builder, sources))
      return false;
  }
  return true;
}

bool sample_make(const struct sample_spec *spec, struct sample *ret_sample) {
  memset(ret_sample, 0, sizeof *ret_sample);
  seed.stamp++;
  struct pin_image_builder *builder = pin_image_builder_new(&seed);
  if (builder)
    pin_image_builder_set_unlisted(builder, spec->unlisted);
  bool made = builder &&
              pin_image_builder_set_defaults(builder, spec->mode, spec->blocked_keys, spec->exempt_anchors) &&
              add_sources(builder, spec->sources) && add_entries(builder, spec->entries) &&
              pin_image_builder_finish(builder, &ret_sample->image, &ret_sample->size) == PIN_OK &&
              pin_policy_open(ret_sample->image, ret_sample->size, &ret_sample->policy) == PIN_OK;
  pin_image_builder_free(builder);
  /* In a set-up CUnit aborts on a failed assertion; there the result counts. */
  if (CU_get_current_test())
    CU_ASSERT_TRUE(made);
  return made;
}

void sample_clear(struct sample *sample) {
  free(sample->image);
  memset(sample, 0, sizeof *sample);
}

size_t sample_path(const uint8_t numbers[4], struct pin_path_key ret_keys[4]) {
  size_t count = 0;
  memset(ret_keys, 0, 4 * sizeof *ret_keys);
  for (; count < 4 && numbers[count] != 0; count++) {
    ret_keys[count].key.bytes[0] = numbers[count];
    ret_keys[count].certificate.bytes[0] = (uint8_t)(numbers[count] + 100);
  }
  return count;
}

enum pin_reason sample_vouch(void *arg, const struct pin_finding *finding, size_t depth) {
  (void)arg;
  (void)depth;
  (void)finding;
  return PIN_REASON_MATCHED;
}

void sample_ask(const struct pin_policy *policy, const char *name, uint16_t port, const struct pin_path *path,
                struct pin_verdict *ret_verdict) {
  const struct pin_peer peer = {.names = &name, .name_count = 1, .port = port, .now = 1000};
  if (pin_select(policy, &peer, ret_verdict) != PIN_NEEDS_NOTHING)
    pin_judge(policy, path, peer.now, ret_verdict);
}
