/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A damaged image must be refused, or make no difference. */
#include "image_stage.h"
#include "runner.h"

#include <stdio.h>

static const struct pin_entry no_entries[] = {{.name = NULL}};
static const struct sample_spec empty_spec = {.entries = no_entries};

static struct sample sample, empty;

static int set_up(void) {
  return sample_make(&stage_spec, &sample) && sample_make(&empty_spec, &empty) && stage_open(sample.size) ? 0
                                                                                                          : 1;
}

static int tear_down(void) {
  stage_close();
  sample_clear(&sample);
  sample_clear(&empty);
  return 0;
}

static void test_names_addresses(void) {
  static const struct pin_entry without[] = {{.name = "foo.com", .mode = PIN_MODE_OFF}, {.name = NULL}};
  static const struct pin_entry with[] = {{.name = "2001:db8::1", .mode = PIN_MODE_OFF},
                                          {.name = "foo.com", .mode = PIN_MODE_OFF},
                                          {.name = NULL}};
  struct sample other;

  CU_ASSERT_FALSE(empty.policy.names_addresses);
  if (sample_make(&(struct sample_spec){.entries = without}, &other))
    CU_ASSERT_FALSE(other.policy.names_addresses);
  sample_clear(&other);
  if (sample_make(&(struct sample_spec){.entries = with}, &other))
    CU_ASSERT_TRUE(other.policy.names_addresses);
  sample_clear(&other);
}

/* The answers of the sound image include all kinds that the other tests compare with. */
static void test_sound(void) {
  struct stage_answers answers;
  struct stage_visit visited;
  bool seen[PIN_EXEMPT + 1] = {false};
  stage_ask(stage_put(sample.image, sample.size), sample.size, &answers);
  for (size_t n = 0; n < STAGE_NAMES; n++) {
    for (size_t p = 0; p < STAGE_PATHS; p++) {
      CU_ASSERT_NOT_EQUAL(answers.said[n][p].reason, PIN_REASON_DAMAGED);
      seen[answers.said[n][p].outcome] = true;
    }
  }
  for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
    CU_ASSERT_TRUE(seen[i]);
  CU_ASSERT_EQUAL(stage_visit_all(sample.image, sample.size, &visited), PIN_OK);
  CU_ASSERT_EQUAL(visited.count, 7);
  CU_ASSERT_TRUE(pin_policy_is_fresh(&sample.policy));
}

static bool compare_entry(const struct pin_entry *entry, void *arg) {
  size_t *count = arg;
  const struct pin_entry *written = &stage_spec.entries[entry->line - 1];
  ++*count;
  CU_ASSERT_STRING_EQUAL(entry->name, written->name);
  CU_ASSERT_STRING_EQUAL(entry->comment, written->comment ? written->comment : "");
  CU_ASSERT_STRING_EQUAL(entry->file, written->file ? written->file : "/etc/pinning/policy.cfg");
  CU_ASSERT_EQUAL(entry->include_subdomains, written->include_subdomains);
  CU_ASSERT_EQUAL(entry->mode, written->mode);
  CU_ASSERT_EQUAL(entry->require, written->require);
  CU_ASSERT_EQUAL(entry->expires, written->expires ? written->expires : PIN_NEVER);
  CU_ASSERT_EQUAL(entry->port_count, written->port_count);
  CU_ASSERT_EQUAL(entry->ports == NULL, written->port_count == 0);
  if (entry->ports)
    CU_ASSERT_EQUAL(memcmp(entry->ports, written->ports, written->port_count * sizeof(uint16_t)), 0);
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    CU_ASSERT_EQUAL(entry->lists[list].count, written->lists[list].count);
    for (uint32_t i = 0; i < entry->lists[list].count; i++)
      CU_ASSERT_EQUAL(memcmp(&entry->lists[list].digests[i], &written->lists[list].digests[i], 32), 0);
  }
  return true;
}

static void test_entries_come_back(void) {
  size_t count = 0;
  CU_ASSERT_EQUAL(pin_policy_visit(&sample.policy, compare_entry, &count), PIN_OK);
  CU_ASSERT_EQUAL(count, 7);
}

static bool stop_at_once(const struct pin_entry *entry, void *arg) {
  (void)entry;
  ++*(size_t *)arg;
  return false;
}

static void test_visit_stops(void) {
  size_t count = 0;
  CU_ASSERT_EQUAL(pin_policy_visit(&sample.policy, stop_at_once, &count), PIN_OK);
  CU_ASSERT_EQUAL(count, 1);
}

/* A list that many entries share is stored once; a short list is stored in each entry. */
static void test_long_lists_once(void) {
  enum { HOSTS = 100, PINS = 200 };
  static struct pin_digest digests[2][PINS];
  static struct pin_entry many[HOSTS + 1];
  static char host[HOSTS][16];
  struct sample other;
  struct pin_verdict verdict;
  for (size_t i = 0; i < PINS; i++) {
    digests[0][i].bytes[0] = (uint8_t)i;
    digests[1][i].bytes[1] = (uint8_t)i;
  }
  for (size_t i = 0; i < HOSTS; i++) {
    snprintf(host[i], sizeof host[i], "h%zu.org", i);
    many[i].name = host[i];
    many[i].lists[PIN_LIST_PINS] = (struct pin_digest_list){digests[i % 2], PINS};
  }
  if (sample_make(&(struct sample_spec){.entries = many}, &other)) {
    CU_ASSERT_TRUE(other.size < 2 * sizeof digests[0] + HOSTS * 256);
    for (size_t i = 0; i < HOSTS; i++) {
      struct pin_path_key key = {.key = digests[i % 2][PINS - 1]};
      sample_ask(&other.policy, host[i], 443, &(struct pin_path){.keys = &key, .count = 1}, &verdict);
      CU_ASSERT_EQUAL(verdict.outcome, PIN_ACCEPTED);
      key.key = digests[(i + 1) % 2][PINS - 1];
      sample_ask(&other.policy, host[i], 443, &(struct pin_path){.keys = &key, .count = 1}, &verdict);
      CU_ASSERT_EQUAL(verdict.outcome, PIN_REFUSED);
    }
  }
  sample_clear(&other);
}

/* All entries of one base, and no others. */
static void test_visit_base(void) {
  static const struct {
    const char *base;
    size_t count;
  } bases[] = {{"foo.com", 2}, {"tree.org", 1}, {"192.0.2.1", 1}, {"*.foo.com", 0}, {"com", 0},
               {"FOO.com", 0}, {"foo.co", 0},   {"", 0},          {"long.org", 2},  {"www.foo.com", 0}};
  for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
    size_t count = 0;
    CU_ASSERT_EQUAL(pin_policy_visit_base(&sample.policy, bases[i].base, compare_entry, &count), PIN_OK);
    CU_ASSERT_EQUAL(count, bases[i].count);
    count = 0;
    CU_ASSERT_EQUAL(pin_policy_visit_base(&sample.policy, bases[i].base, stop_at_once, &count), PIN_OK);
    CU_ASSERT_EQUAL(count, bases[i].count > 0);
  }
  const struct pin_policy nothing = {.head = {0}};
  size_t count = 0;
  CU_ASSERT_EQUAL(pin_policy_visit_base(&nothing, "foo.com", stop_at_once, &count), PIN_DAMAGED);
}

/* The same entries in another order, with another key, are the same policy. */
static void test_generation(void) {
  struct pin_entry turned[8] = {{.name = NULL}};
  struct sample other;
  for (size_t i = 0; i < 7; i++) {
    turned[6 - i] = stage_spec.entries[i];
    turned[6 - i].line = (uint32_t)i + 1;
  }
  struct sample_spec turned_spec = stage_spec;
  turned_spec.entries = turned;
  if (sample_make(&turned_spec, &other))
    CU_ASSERT_EQUAL(other.policy.generation, sample.policy.generation);
  sample_clear(&other);
  turned[3].line++;
  if (sample_make(&turned_spec, &other))
    CU_ASSERT_NOT_EQUAL(other.policy.generation, sample.policy.generation);
  sample_clear(&other);
}

static void test_empty(void) {
  struct pin_verdict verdict;
  struct stage_visit visited;
  sample_ask(&empty.policy, "foo.com", 443, &(struct pin_path){.count = 0}, &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_NOT_COVERED);
  CU_ASSERT_EQUAL(stage_visit_all(empty.image, empty.size, &visited), PIN_OK);
  CU_ASSERT_EQUAL(visited.count, 0);
  CU_ASSERT_NOT_EQUAL(empty.policy.generation, 0);
}

static void flip_every_bit(const struct sample *original) {
  struct stage_answers before, answers;
  struct stage_visit sound, visited;
  size_t unsafe = 0, unnoticed = 0;
  uint8_t *image = stage_put(original->image, original->size);
  stage_ask(image, original->size, &before);
  CU_ASSERT_EQUAL(stage_visit_all(image, original->size, &sound), PIN_OK);
  for (size_t bit = 0; bit < original->size * 8; bit++) {
    image[bit / 8] ^= (uint8_t)(1u << bit % 8);
    stage_ask(image, original->size, &answers);
    unsafe += !stage_is_safe(&answers, &before);
    unsafe += answers.opened && bit / 8 < sizeof(struct pin_image_head);
    unnoticed += stage_visit_all(image, original->size, &visited) == PIN_OK && visited.bytes != sound.bytes;
    image[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  CU_ASSERT_EQUAL(unsafe, 0);
  CU_ASSERT_EQUAL(unnoticed, 0);
}

static void test_flipped_bits(void) {
  flip_every_bit(&sample);
  flip_every_bit(&empty);
}

/* A flipped bit in the sources can only make the policy look changed. */
/* One flipped bit must not be able to compensate another. */
static void test_flipped_pairs(void) {
  enum { WORDS = 24, BITS = 64 * WORDS };
  uint64_t block[WORDS], word = 1;
  size_t unnoticed = 0;
  for (size_t i = 0; i < WORDS; i++)
    block[i] = word = pin_image_mix(word, i);
  const uint8_t *bytes = (const uint8_t *)block;
  const uint64_t sound = pin_image_checksum(1, PIN_BLOCK_BUCKET, 2, bytes, sizeof block);
  for (size_t i = 64; i < BITS; i++) {
    block[i / 64] ^= UINT64_C(1) << i % 64;
    for (size_t j = i + 1; j < BITS; j++) {
      block[j / 64] ^= UINT64_C(1) << j % 64;
      unnoticed += pin_image_checksum(1, PIN_BLOCK_BUCKET, 2, bytes, sizeof block) == sound;
      block[j / 64] ^= UINT64_C(1) << j % 64;
    }
    block[i / 64] ^= UINT64_C(1) << i % 64;
  }
  CU_ASSERT_EQUAL(unnoticed, 0);
}

static void test_flipped_sources(void) {
  uint8_t *image = stage_put(sample.image, sample.size);
  struct pin_image_head head;
  struct pin_policy policy;
  memcpy(&head, image, sizeof head);
  for (uint64_t bit = head.sources.offset * 8; bit < (head.sources.offset + head.sources.size) * 8; bit++) {
    image[bit / 8] ^= (uint8_t)(1u << bit % 8);
    CU_ASSERT_EQUAL(pin_policy_open(image, sample.size, &policy), PIN_OK);
    CU_ASSERT_FALSE(pin_policy_is_fresh(&policy));
    image[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
}

static void test_truncated(void) {
  struct pin_policy policy;
  for (size_t size = 0; size < sample.size; size++) {
    uint8_t *image = stage_put(sample.image, size);
    CU_ASSERT_EQUAL(pin_policy_open(image, size, &policy), PIN_DAMAGED);
  }
  uint8_t *longer = stage_put(sample.image, sample.size);
  memmove(longer - 8, longer, sample.size);
  CU_ASSERT_EQUAL(pin_policy_open(longer - 8, sample.size + 8, &policy), PIN_DAMAGED);
  CU_ASSERT_EQUAL(pin_policy_open(longer - 8, sample.size, &policy), PIN_OK);
  memmove(longer - 1, longer - 8, sample.size);
  CU_ASSERT_EQUAL(pin_policy_open(longer - 1, sample.size, &policy), PIN_DAMAGED);
  CU_ASSERT_EQUAL(pin_policy_open(NULL, 0, &policy), PIN_DAMAGED);
}

/* Every run of eight bytes replaces every other, like a lost or misdirected write. */
static void test_spliced(void) {
  struct stage_answers before, answers;
  size_t unsafe = 0;
  uint8_t *image = stage_put(sample.image, sample.size);
  const uint8_t *original = sample.image;
  stage_ask(image, sample.size, &before);
  for (size_t to = 0; to < sample.size; to += 8) {
    for (size_t from = 0; from < sample.size; from += 56) {
      const size_t longest = sample.size - (from > to ? from : to);
      const size_t length = longest < 64 ? longest : 64;
      memcpy(image + to, original + from, length);
      stage_ask(image, sample.size, &answers);
      unsafe += !stage_is_safe(&answers, &before);
      memcpy(image + to, original + to, length);
    }
  }
  CU_ASSERT_EQUAL(unsafe, 0);
}

/* A bucket from another image of the same shape, in which one entry has other keys: a half-written update. */
static void test_mixed_generations(void) {
  struct pin_entry changed[8];
  struct pin_digest wrong[2] = {{{77}}, {{78}}};
  struct sample other;
  struct pin_image_head head;
  struct stage_answers before, answers;
  memcpy(changed, stage_spec.entries, sizeof changed);
  changed[0].lists[PIN_LIST_PINS].digests = wrong;
  struct sample_spec changed_spec = stage_spec;
  changed_spec.entries = changed;
  if (sample_make(&changed_spec, &other)) {
    CU_ASSERT_EQUAL(other.size, sample.size);
    CU_ASSERT_NOT_EQUAL(other.policy.generation, sample.policy.generation);
    uint8_t *image = stage_put(sample.image, sample.size);
    stage_ask(image, sample.size, &before);
    memcpy(&head, image, sizeof head);
    memcpy(image + head.buckets.offset, (const uint8_t *)other.image + head.buckets.offset,
           (size_t)head.buckets.size);
    stage_ask(image, sample.size, &answers);
    CU_ASSERT_TRUE(answers.opened);
    CU_ASSERT_TRUE(stage_is_safe(&answers, &before));
    for (size_t p = 0; p < STAGE_PATHS; p++)
      CU_ASSERT_EQUAL(answers.said[0][p].reason, PIN_REASON_DAMAGED);
  }
  sample_clear(&other);
}

int main(void) {
  static const struct unit_test tests[] = {
      {"a sound image", test_sound},
      {"entries come back", test_entries_come_back},
      {"a visit can be stopped", test_visit_stops},
      {"long lists once", test_long_lists_once},
      {"entries of one base", test_visit_base},
      {"the generation", test_generation},
      {"an empty policy", test_empty},
      {"addresses are told", test_names_addresses},
      {"every flipped bit", test_flipped_bits},
      {"every pair of flipped bits", test_flipped_pairs},
      {"every flipped bit of the sources", test_flipped_sources},
      {"truncated", test_truncated},
      {"spliced", test_spliced},
      {"mixed generations", test_mixed_generations},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"image", set_up, tear_down, tests};
  return unit_run(&suite);
}
