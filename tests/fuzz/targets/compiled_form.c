/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The compiled form of a policy, made by an attacker who can compute checksums: the first byte of an input
 * says whether they are repaired, the rest from the eighth byte on is the file. Then only memory safety is
 * promised, and that unreadable parts refuse.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "image.h"

#define PREFIX 8
#define MEND_HEAD 1u
#define MEND_BLOCKS 2u

static void seal_block(const struct pin_image_head *head, uint8_t *image, enum pin_image_block kind,
                       uint64_t index, uint64_t offset, uint64_t size) {
  uint64_t checksum;
  if (size < sizeof checksum || size % PIN_IMAGE_UNIT != 0 || offset > head->size ||
      size > head->size - offset)
    return;
  checksum = pin_image_checksum(head->stamp, kind, index, image + offset, size);
  memcpy(image + offset, &checksum, sizeof checksum);
}

static void seal_files(const struct pin_image_head *head, uint8_t *image) {
  struct pin_image_file file;
  for (uint64_t at = 0; at + sizeof file <= head->files.size;) {
    memcpy(&file, image + head->files.offset + at, sizeof file);
    if (file.length >= head->files.size - at - sizeof file)
      return;
    uint64_t size = pin_image_round_up(sizeof file + file.length + 1);
    seal_block(head, image, PIN_BLOCK_FILE, at / PIN_IMAGE_UNIT, head->files.offset + at, size);
    at += size;
  }
}

static void seal_lists(const struct pin_image_head *head, uint8_t *image) {
  struct pin_image_list list;
  for (uint64_t at = 0; at + sizeof list <= head->lists.size;) {
    memcpy(&list, image + head->lists.offset + at, sizeof list);
    if (list.count > (head->lists.size - at - sizeof list) / sizeof(struct pin_digest))
      return;
    uint64_t size = sizeof list + list.count * sizeof(struct pin_digest);
    seal_block(head, image, PIN_BLOCK_LIST, at / PIN_IMAGE_UNIT, head->lists.offset + at, size);
    at += size;
  }
}

static void seal_pinsets(const struct pin_image_head *head, uint8_t *image) {
  struct pin_image_sources sources;
  if (head->sources.size < sizeof sources)
    return;
  memcpy(&sources, image + head->sources.offset, sizeof sources);
  seal_block(head, image, PIN_BLOCK_PINSETS, 0, sources.pinsets.offset, sources.pinsets.size);
}

static void seal_buckets(const struct pin_image_head *head, uint8_t *image) {
  uint64_t count = head->offsets.size / sizeof(uint32_t);
  for (uint64_t i = 0; i + 1 < count && i < UINT64_C(1) << head->bucket_bits; i++) {
    uint32_t bounds[2];
    memcpy(bounds, image + head->offsets.offset + i * sizeof(uint32_t), sizeof bounds);
    if (bounds[0] >= bounds[1] || bounds[1] * (uint64_t)PIN_IMAGE_UNIT > head->buckets.size)
      continue;
    seal_block(head, image, PIN_BLOCK_BUCKET, i, head->buckets.offset + bounds[0] * (uint64_t)PIN_IMAGE_UNIT,
               (bounds[1] - bounds[0]) * (uint64_t)PIN_IMAGE_UNIT);
  }
}

/* Makes the header valid, so that the part after it is looked at. */
static void seal(uint8_t *image, size_t size, unsigned what) {
  struct pin_image opened;
  struct pin_image_head head;
  if (size < sizeof head || (what & MEND_HEAD) == 0)
    return;
  memcpy(&head, image, sizeof head);
  memcpy(head.magic, PIN_IMAGE_MAGIC, sizeof head.magic);
  head.byte_order = PIN_IMAGE_BYTE_ORDER;
  head.version = PIN_IMAGE_VERSION;
  head.size = size;
  head.bucket_bits %= PIN_IMAGE_MAX_BUCKET_BITS + 1;
  head.checksum = pin_image_head_checksum(&head);
  memcpy(image, &head, sizeof head);
  if ((what & MEND_BLOCKS) == 0 || !pin_image_open(image, size, &opened))
    return;
  seal_block(&head, image, PIN_BLOCK_SETTINGS, 0, head.settings.offset, head.settings.size);
  seal_block(&head, image, PIN_BLOCK_SOURCES, 0, head.sources.offset, head.sources.size);
  seal_files(&head, image);
  seal_lists(&head, image);
  seal_pinsets(&head, image);
  seal_buckets(&head, image);
}

static uint64_t sum;

static void read_bytes(const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    sum += ((const uint8_t *)bytes)[i];
}

static bool read_entry(const struct pin_entry *entry, void *arg) {
  (void)arg;
  read_bytes(entry->name, strlen(entry->name));
  read_bytes(entry->comment, strlen(entry->comment));
  read_bytes(entry->file, strlen(entry->file));
  read_bytes(entry->ports, entry->port_count * sizeof entry->ports[0]);
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    read_bytes(entry->lists[i].digests, entry->lists[i].count * sizeof(struct pin_digest));
  return true;
}

static void ask(const struct pin_policy *policy, const char *name, uint16_t port,
                const struct pin_path *path) {
  const struct pin_peer peer = {.names = &name, .name_count = 1, .port = port, .now = 1000};
  struct pin_verdict verdict;
  char report[PIN_REPORT_SIZE];
  if (pin_select(policy, &peer, &verdict) != PIN_NEEDS_NOTHING) {
    bool satisfied = pin_is_satisfied(policy, path, &verdict);
    pin_judge(policy, path, peer.now, &verdict);
    MUST(!satisfied || pin_allows(&verdict));
  }
  MUST(verdict.reason != PIN_REASON_DAMAGED || !pin_allows(&verdict));
  MUST(pin_report(&verdict, path, report, sizeof report) < sizeof report);
}

static void ask_all(const struct pin_policy *policy) {
  static const char *const names[] = {"a.example",  "x.a.example", "y.x.a.example",
                                      "A.EXAMPLE.", "::1",         "192.0.2.1",
                                      "unknown",    ".a.example",  ""};
  const struct pin_path_key keys[2] = {{.subject = "CN=x"}, {.key = {{1}}, .certificate = {{2}}}};
  const struct pin_path path = {.keys = keys, .count = 2};
  (void)pin_policy_visit(policy, read_entry, NULL);
  (void)pin_policy_is_fresh(policy);
  read_bytes(policy->blocked_keys.digests, policy->blocked_keys.count * sizeof(struct pin_digest));
  read_bytes(policy->exempt_anchors.digests, policy->exempt_anchors.count * sizeof(struct pin_digest));
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    ask(policy, names[i], 443, &path);
    ask(policy, names[i], 610, &path);
    ask(policy, names[i], 0, &path);
    (void)pin_policy_visit_base(policy, names[i], read_entry, NULL);
  }
}

/* A change that removes all but one drop-in from the form. The result must be a readable form. */
static void change(const struct pin_compiled *compiled) {
  static const char text[] =
      "# Written by pinctl\nhosts = ( { name = \"a.example\"; ports = [ 443 ]; mode = \"off\"; },\n"
      "{ name = \"z.example\"; pins = [ \"@a\" ]; } );\n";
  const struct pin_staged_file files[] = {{"b.cfg", text, -1}, {"c.cfg", NULL, -1}};
  const struct pin_change change = {compiled, files, sizeof files / sizeof files[0], fuzz_path("changed.db")};
  struct pin_compiled changed;
  char *beside = NULL;
  int fd = -1;
  enum pin_status status = pin_compiled_change(&change, NULL, NULL, &beside, &fd);
  MUST((status == PIN_OK) == (beside != NULL));
  if (beside == NULL)
    return;
  if (pin_compiled_open(beside, &changed) == PIN_OK) {
    (void)pin_policy_visit(&changed.policy, read_entry, NULL);
    pin_compiled_close(&changed);
  }
  pin_compiled_drop(beside, fd);
}

/* The same through a file, as processes read it. */
static void ask_file(const uint8_t *image, size_t size) {
  struct pin_compiled compiled;
  fuzz_write("policy.db", image, size);
  if (pin_compiled_open(fuzz_path("policy.db"), &compiled) != PIN_OK)
    return;
  (void)pin_compiled_is_of(&compiled, fuzz_path("policy.cfg"));
  (void)pin_compiled_is_current(&compiled);
  ask_all(&compiled.policy);
  change(&compiled);
  pin_compiled_close(&compiled);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct pin_policy policy;
  if (size <= PREFIX)
    return 0;
  size_t length = size - PREFIX;
  uint8_t *image = malloc(length);
  MUST(image != NULL);
  memcpy(image, data + PREFIX, length);
  seal(image, length, data[0]);
  if (pin_policy_open(image, length, &policy) == PIN_OK) {
    ask_all(&policy);
    ask_file(image, length);
  }
  free(image);
  return 0;
}
