/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Images of an attacker, with correct checksums: they may do anything except cause a read outside themselves.
 */
#include "image_stage.h"
#include "runner.h"

static struct sample sample;

static int set_up(void) {
  return sample_make(&stage_spec, &sample) && stage_open(sample.size) ? 0 : 1;
}

static int tear_down(void) {
  stage_close();
  sample_clear(&sample);
  return 0;
}

static void seal(const struct pin_image_head *head, enum pin_image_block kind, uint64_t index, uint8_t *block,
                 uint64_t size) {
  uint64_t checksum = pin_image_checksum(head->stamp, kind, index, block, size);
  memcpy(block, &checksum, sizeof checksum);
}

/* Corrects every checksum that can be found within the image, as an attacker would. */
static void seal_all(uint8_t *image, size_t size) {
  struct pin_image_head head;
  memcpy(&head, image, sizeof head);
  head.checksum = pin_image_head_checksum(&head);
  memcpy(image, &head, sizeof head);
  struct pin_image opened;
  if (!pin_image_open(image, size, &opened))
    return;
  seal(&head, PIN_BLOCK_SETTINGS, 0, image + head.settings.offset, head.settings.size);
  seal(&head, PIN_BLOCK_SOURCES, 0, image + head.sources.offset, head.sources.size);
  for (uint64_t at = 0; at + sizeof(struct pin_image_file) < head.files.size; at += 8) {
    struct pin_image_file file;
    memcpy(&file, image + head.files.offset + at, sizeof file);
    if (file.length < head.files.size - at - sizeof file && file.length > 0)
      seal(&head, PIN_BLOCK_FILE, at / 8, image + head.files.offset + at,
           pin_image_round_up(sizeof file + file.length + 1));
  }
  for (uint64_t at = 0; at + sizeof(struct pin_image_list) < head.lists.size; at += 8) {
    struct pin_image_list list;
    memcpy(&list, image + head.lists.offset + at, sizeof list);
    if (list.count > 0 && list.count <= (head.lists.size - at - sizeof list) / 32)
      seal(&head, PIN_BLOCK_LIST, at / 8, image + head.lists.offset + at, sizeof list + list.count * 32);
  }
  for (uint64_t i = 0; i >> head.bucket_bits == 0; i++) {
    uint32_t offsets[2];
    memcpy(offsets, image + head.offsets.offset + i * 4, sizeof offsets);
    if (offsets[0] < offsets[1] && (uint64_t)offsets[1] * 8 <= head.buckets.size)
      seal(&head, PIN_BLOCK_BUCKET, i, image + head.buckets.offset + (uint64_t)offsets[0] * 8,
           (uint64_t)(offsets[1] - offsets[0]) * 8);
  }
}

/* Asks a hostile image everything; memory protection and sanitizers find bad reads. Returns whether it
 * opened. */
static bool survive(uint8_t *image, size_t size) {
  struct stage_answers answers;
  struct stage_visit visited;
  struct pin_policy policy;
  seal_all(image, size);
  stage_ask(image, size, &answers);
  stage_visit_all(image, size, &visited);
  if (answers.opened && pin_policy_open(image, size, &policy) == PIN_OK)
    pin_policy_is_fresh(&policy);
  return answers.opened;
}

/* Every 32-bit word of the image gets each of these values, with correct checksums. */
static void test_hostile_words(void) {
  static const uint32_t wild[] = {0,          1,          2,          7,          8,          9,
                                  0x7f,       0xff,       0xffff,     0x7fffffff, 0x80000000, 0xfffffff8,
                                  0xffffffff, 0x20000000, 0x01010101, 0x02020202, 0x03030303, 0x00030303};
  size_t opened = 0;
  for (size_t at = 0; at < sample.size; at += 4) {
    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++) {
      uint8_t *image = stage_put(sample.image, sample.size);
      memcpy(image + at, &wild[i], sizeof wild[i]);
      opened += survive(image, sample.size);
    }
  }
  CU_ASSERT_TRUE(opened > 1000);
}

/* The same with small changes, which keep lengths plausible: each word a little larger or smaller. */
static void test_hostile_steps(void) {
  size_t opened = 0;
  for (size_t at = 0; at < sample.size; at += 4) {
    for (uint32_t step = 1; step <= 64; step = step < 8 ? step + 1 : step + 8) {
      for (int sign = -1; sign <= 1; sign += 2) {
        uint8_t *image = stage_put(sample.image, sample.size);
        uint32_t word;
        memcpy(&word, image + at, sizeof word);
        word = sign < 0 ? word - step : word + step;
        memcpy(image + at, &word, sizeof word);
        opened += survive(image, sample.size);
      }
    }
  }
  CU_ASSERT_TRUE(opened > 1000);
}

/* Changes several words at once, with our own generator, so that a failure can be repeated. */
static void test_hostile_random(void) {
  uint64_t state = 1;
  size_t opened = 0;
  for (size_t round = 0; round < 4000; round++) {
    uint8_t *image = stage_put(sample.image, sample.size);
    for (size_t i = 0; i < 1 + round % 6; i++) {
      state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
      size_t at = sizeof(struct pin_image_head) +
                  (size_t)((state >> 33) % (sample.size - sizeof(struct pin_image_head)));
      image[at] = (uint8_t)(state >> 20);
    }
    opened += survive(image, sample.size);
  }
  CU_ASSERT_TRUE(opened > 1000);
}

/* Changes one member of a header, corrects its checksum, and expects a refusal all the same. */
static void refuse_head(size_t offset, size_t size, uint64_t value) {
  uint8_t *image = stage_put(sample.image, sample.size);
  struct pin_policy policy;
  uint32_t narrow = (uint32_t)value;
  memcpy(image + offset, size == sizeof narrow ? (const void *)&narrow : &value, size);
  seal_all(image, sample.size);
  CU_ASSERT_EQUAL(pin_policy_open(image, sample.size, &policy), PIN_DAMAGED);
}

static void reverse(uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size / 2; i++) {
    uint8_t kept = bytes[i];
    bytes[i] = bytes[size - 1 - i];
    bytes[size - 1 - i] = kept;
  }
}

/* Reverses the integers of a header, as if a machine with the other byte order had written it. */
static void reverse_head(uint8_t *image) {
  static const size_t narrow[] = {
      offsetof(struct pin_image_head, byte_order), offsetof(struct pin_image_head, version),
      offsetof(struct pin_image_head, entry_count), offsetof(struct pin_image_head, bucket_bits)};
  static const size_t wide[] = {
      offsetof(struct pin_image_head, size), offsetof(struct pin_image_head, generation),
      offsetof(struct pin_image_head, stamp), offsetof(struct pin_image_head, name_key),
      offsetof(struct pin_image_head, name_key) + 8};
  for (size_t i = 0; i < sizeof narrow / sizeof narrow[0]; i++)
    reverse(image + narrow[i], sizeof(uint32_t));
  for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
    reverse(image + wide[i], sizeof(uint64_t));
  for (size_t at = offsetof(struct pin_image_head, settings); at < sizeof(struct pin_image_head);
       at += sizeof(uint64_t))
    reverse(image + at, sizeof(uint64_t));
}

/* Integers are in the machine's byte order, and the third word says which one that is. */
static void test_byte_order(void) {
  static const uint8_t little[] = {4, 3, 2, 1}, big[] = {1, 2, 3, 4};
  const uint16_t one = 1;
  uint8_t first;
  memcpy(&first, &one, sizeof first);
  uint8_t *image = stage_put(sample.image, sample.size);
  struct pin_policy policy;
  CU_ASSERT_EQUAL(memcmp(image, "PINIMAGE", 8), 0);
  CU_ASSERT_EQUAL(memcmp(image + 8, first == 1 ? little : big, 4), 0);
  CU_ASSERT_EQUAL(pin_policy_open(image, sample.size, &policy), PIN_OK);
  reverse_head(image);
  CU_ASSERT_EQUAL(memcmp(image + 8, first == 1 ? big : little, 4), 0);
  CU_ASSERT_EQUAL(pin_policy_open(image, sample.size, &policy), PIN_DAMAGED);
  /* Only the word with the byte order is reversed; all else, including the checksum, is this machine's. */
  refuse_head(offsetof(struct pin_image_head, byte_order), 4, __builtin_bswap32(PIN_IMAGE_BYTE_ORDER));
}

static void test_hostile_head(void) {
  static const size_t sections[] = {
      offsetof(struct pin_image_head, settings), offsetof(struct pin_image_head, sources),
      offsetof(struct pin_image_head, files),    offsetof(struct pin_image_head, lists),
      offsetof(struct pin_image_head, offsets),  offsetof(struct pin_image_head, buckets)};
  static const uint64_t wild[] = {
      1, 4, UINT64_MAX, UINT64_MAX - 7, UINT64_MAX / 2, UINT64_C(1) << 63, UINT64_C(1) << 32, 0xfffffff8};
  refuse_head(0, 8, 0);
  refuse_head(offsetof(struct pin_image_head, byte_order), 4, 0x04030201);
  refuse_head(offsetof(struct pin_image_head, version), 4, PIN_IMAGE_VERSION + 1);
  refuse_head(offsetof(struct pin_image_head, version), 4, 0);
  refuse_head(offsetof(struct pin_image_head, size), 8, sample.size + 8);
  refuse_head(offsetof(struct pin_image_head, size), 8, UINT64_MAX);
  refuse_head(offsetof(struct pin_image_head, bucket_bits), 4, 0);
  refuse_head(offsetof(struct pin_image_head, bucket_bits), 4, 31);
  refuse_head(offsetof(struct pin_image_head, bucket_bits), 4, 64);
  refuse_head(offsetof(struct pin_image_head, bucket_bits), 4, UINT32_MAX);
  for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
    for (size_t k = 0; k < sizeof wild / sizeof wild[0]; k++) {
      refuse_head(sections[i], 8, wild[k]);
      refuse_head(sections[i] + 8, 8, wild[k]);
    }
    refuse_head(sections[i], 8, 0); /* overlaps the header itself */
  }
}

/* The count of entries differs from that of the buckets. */
static void test_wrong_count(void) {
  uint8_t *image = stage_put(sample.image, sample.size);
  struct stage_visit visited;
  const uint32_t count = 8;
  memcpy(image + offsetof(struct pin_image_head, entry_count), &count, sizeof count);
  seal_all(image, sample.size);
  CU_ASSERT_EQUAL(stage_visit_all(image, sample.size, &visited), PIN_DAMAGED);
  CU_ASSERT_EQUAL(visited.count, 7);
}

/* The first record of an image with a single bucket. */
static uint8_t *first_record(uint8_t *image) {
  struct pin_image_head head;
  memcpy(&head, image, sizeof head);
  CU_ASSERT_EQUAL(head.bucket_bits, 0);
  return image + head.buckets.offset + sizeof(uint64_t);
}

/* Words without a meaning, and ports that do not ascend. */
static void test_out_of_range(void) {
  static const struct {
    size_t offset;
    uint8_t largest;
  } members[] = {
      {offsetof(struct pin_image_record, kind), PIN_NAME_ADDRESS},
      {offsetof(struct pin_image_record, include_subdomains), 1},
      {offsetof(struct pin_image_record, mode_is_default), 1},
      {offsetof(struct pin_image_record, mode), PIN_MODE_OFF},
      {offsetof(struct pin_image_record, require), PIN_REQUIRE_ALL},
      {offsetof(struct pin_image_record, on_expiry), PIN_ON_EXPIRY_ENFORCE},
  };
  static const uint16_t ports[] = {25, 443};
  static const struct pin_entry bare[] = {{.name = "foo.com", .ports = ports, .port_count = 2},
                                          {.name = NULL}};
  static const struct sample_spec bare_spec = {.entries = bare};
  struct sample other;
  struct stage_visit visited;
  if (!sample_make(&bare_spec, &other))
    return;
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    for (int above = 0; above <= 1; above++) {
      uint8_t *image = stage_put(other.image, other.size);
      first_record(image)[members[i].offset] = (uint8_t)(members[i].largest + above);
      seal_all(image, other.size);
      CU_ASSERT_EQUAL(stage_visit_all(image, other.size, &visited), above ? PIN_DAMAGED : PIN_OK);
    }
  }
  uint8_t *image = stage_put(other.image, other.size);
  uint8_t *ports_at = first_record(image) + sizeof(struct pin_image_record) + strlen("foo.com") + 3;
  CU_ASSERT_EQUAL(memcmp(ports_at, ports, sizeof ports), 0);
  memcpy(ports_at, (const uint16_t[]){443, 25}, sizeof ports);
  seal_all(image, other.size);
  CU_ASSERT_EQUAL(stage_visit_all(image, other.size, &visited), PIN_DAMAGED);
  sample_clear(&other);
}

/* Entries with the hash of another name: the names themselves are compared, to their ends. */
static void test_same_hash(void) {
  static const char *const other_names[] = {"foo.con", "foo.comm", "foo.co", "*.foo.com"};
  for (size_t i = 0; i < sizeof other_names / sizeof other_names[0]; i++) {
    const struct pin_entry others[] = {{.name = other_names[i]}, {.name = NULL}};
    const struct sample_spec other_spec = {.entries = others};
    const uint64_t hash = pin_name_hash((const uint64_t[2]){1, 2}, "foo.com", strlen("foo.com"));
    struct sample other;
    struct pin_policy policy;
    struct pin_verdict verdict;
    if (sample_make(&other_spec, &other)) {
      uint8_t *image = stage_put(other.image, other.size);
      memcpy(first_record(image) + offsetof(struct pin_image_record, base_hash), &hash, sizeof hash);
      seal_all(image, other.size);
      CU_ASSERT_EQUAL(pin_policy_open(image, other.size, &policy), PIN_OK);
      sample_ask(&policy, "foo.com", 443, &(struct pin_path){.count = 0}, &verdict);
      CU_ASSERT_EQUAL(verdict.outcome, PIN_NOT_COVERED);
    }
    sample_clear(&other);
  }
}

/* A record of another base is only skipped if its size is possible. */
static void test_odd_sizes(void) {
  static const struct pin_entry bare[] = {{.name = "foo.com", .mode = PIN_MODE_OFF}, {.name = NULL}};
  static const struct sample_spec bare_spec = {.entries = bare};
  struct sample other;
  struct pin_policy policy;
  struct pin_verdict verdict;
  if (sample_make(&bare_spec, &other)) {
    struct pin_image_record record;
    memcpy(&record, first_record(stage_put(other.image, other.size)), sizeof record);
    const uint32_t sizes[] = {
        0, 8, sizeof record - 8, record.size - 1, record.size - 4, record.size + 8, UINT32_MAX};
    record.base_hash++;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      uint8_t *image = stage_put(other.image, other.size);
      record.size = sizes[i];
      memcpy(first_record(image), &record, sizeof record);
      seal_all(image, other.size);
      CU_ASSERT_EQUAL(pin_policy_open(image, other.size, &policy), PIN_OK);
      sample_ask(&policy, "foo.com", 443, &(struct pin_path){.count = 0}, &verdict);
      CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_DAMAGED);
    }
  }
  sample_clear(&other);
}

/* Strings that do not end where they should, up to the very end of the image. */
static void test_unterminated(void) {
  static const struct pin_entry bare[] = {{.name = "foo.com", .mode = PIN_MODE_OFF}, {.name = NULL}};
  static const struct sample_spec bare_spec = {.entries = bare};
  struct sample other;
  struct stage_visit visited;
  if (sample_make(&bare_spec, &other)) {
    const size_t name_end = strlen("foo.com"), comment_end = name_end + 1;
    const size_t overwritten[][2] = {{name_end, name_end + 1},
                                     {comment_end, comment_end + 1},
                                     {name_end, SIZE_MAX},
                                     {comment_end, SIZE_MAX}};
    for (size_t i = 0; i < sizeof overwritten / sizeof overwritten[0]; i++) {
      uint8_t *image = stage_put(other.image, other.size);
      uint8_t *name = first_record(image) + sizeof(struct pin_image_record);
      const size_t left = (size_t)(image + other.size - name);
      for (size_t at = overwritten[i][0]; at < overwritten[i][1] && at < left; at++)
        name[at] = 'x';
      seal_all(image, other.size);
      CU_ASSERT_EQUAL(stage_visit_all(image, other.size, &visited), PIN_DAMAGED);
      CU_ASSERT_EQUAL(visited.count, 0);
    }
  }
  sample_clear(&other);
}

int main(void) {
  static const struct unit_test tests[] = {
      {"hostile head", test_hostile_head},
      {"hostile words", test_hostile_words},
      {"hostile steps", test_hostile_steps},
      {"hostile at random", test_hostile_random},
      {"a wrong count", test_wrong_count},
      {"out of range", test_out_of_range},
      {"the same hash", test_same_hash},
      {"odd sizes", test_odd_sizes},
      {"unterminated strings", test_unterminated},
      {"byte order", test_byte_order},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"image_hostile", set_up, tear_down, tests};
  return unit_run(&suite);
}
