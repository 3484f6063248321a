/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A compiled form that is made from another one and the texts of some drop-ins must be like one that is made
 * from the whole text: random policies, random changes, the same answers.
 */
#include "fixture.h"
#include "image.h"
#include "runner.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t state = 1;

/* Our own generator, so that a failure can be repeated. */
static unsigned draw(unsigned below) {
  state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return (unsigned)(state >> 33) % below;
}

/* ---- The contents of a policy, as text ---- */

struct saying {
  char **lines;
  size_t count;
};

static void note_line(struct saying *saying, char *line) {
  saying->lines = reallocarray(saying->lines, saying->count + 1, sizeof saying->lines[0]);
  saying->lines[saying->count++] = line;
}

static bool note_entry(const struct pin_entry *entry, void *arg) {
  char *line = NULL;
  size_t size;
  FILE *stream = open_memstream(&line, &size);
  fprintf(stream, "%s %d%d%d%d%d%d %lld %s:%u:%u %s ports", entry->name, entry->kind,
          entry->include_subdomains, entry->mode_is_default, entry->mode, entry->require, entry->on_expiry,
          (long long)entry->expires, entry->file, entry->line, entry->column, entry->comment);
  for (uint32_t i = 0; i < entry->port_count; i++)
    fprintf(stream, " %u", entry->ports[i]);
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    fprintf(stream, " list");
    for (uint32_t i = 0; i < entry->lists[list].count; i++)
      fprintf(stream, " %02x%02x", entry->lists[list].digests[i].bytes[0],
              entry->lists[list].digests[i].bytes[1]);
  }
  fclose(stream);
  note_line(arg, line);
  return true;
}

static void clear_saying(struct saying *saying) {
  for (size_t i = 0; i < saying->count; i++)
    free(saying->lines[i]);
  free(saying->lines);
}

static int compare_lines(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool are_same(const struct saying *one, const struct saying *other) {
  if (one->count != other->count)
    return false;
  for (size_t i = 0; i < one->count; i++) {
    if (strcmp(one->lines[i], other->lines[i]) != 0) {
      fprintf(stderr, "%s\n%s\n", one->lines[i], other->lines[i]);
      return false;
    }
  }
  return true;
}

#define CROWD "crowd.example"

/* The line of the entry for each port of the name with many entries. */
static bool find_the_same(const struct pin_policy *one, const struct pin_policy *other) {
  const struct pin_policy *policies[] = {one, other};
  for (unsigned port = 0; port < 210; port++) {
    const char *name = CROWD;
    const struct pin_peer peer = {.names = &name, .name_count = 1, .port = (uint16_t)port, .now = 1000};
    struct pin_verdict verdicts[2];
    for (size_t i = 0; i < 2; i++)
      pin_select(policies[i], &peer, &verdicts[i]);
    if (verdicts[0].outcome != verdicts[1].outcome || verdicts[0].reason != verdicts[1].reason ||
        verdicts[0].count != verdicts[1].count ||
        (verdicts[0].count > 0 && verdicts[0].findings[0].entry.line != verdicts[1].findings[0].entry.line))
      return false;
  }
  return true;
}

static bool has_crowd(const struct pin_policy *policy) {
  const char *name = CROWD;
  const struct pin_peer peer = {.names = &name, .name_count = 1, .now = 1000};
  struct pin_verdict verdict;
  pin_select(policy, &peer, &verdict);
  return verdict.reason == PIN_REASON_TOO_MANY_NAMES;
}

/* All entries, and for some names the entries of the name, in the order in which they are found. */
static bool say_the_same(const struct pin_policy *one, const struct pin_policy *other) {
  struct saying sayings[2] = {{0}};
  const struct pin_policy *policies[] = {one, other};
  for (size_t i = 0; i < 2; i++) {
    CU_ASSERT_EQUAL(pin_policy_visit(policies[i], note_entry, &sayings[i]), PIN_OK);
    qsort(sayings[i].lines, sayings[i].count, sizeof sayings[i].lines[0], compare_lines);
    for (unsigned host = 0; host < 40; host++) {
      char name[32];
      snprintf(name, sizeof name, "h%u.example", host);
      CU_ASSERT_EQUAL(pin_policy_visit_base(policies[i], name, note_entry, &sayings[i]), PIN_OK);
    }
    CU_ASSERT_EQUAL(pin_policy_visit_base(policies[i], CROWD, note_entry, &sayings[i]), PIN_OK);
  }
  bool same = are_same(&sayings[0], &sayings[1]) && find_the_same(one, other) &&
              one->generation == other->generation && one->entry_count == other->entry_count &&
              one->mode == other->mode && one->unlisted == other->unlisted &&
              one->names_addresses == other->names_addresses && one->names_hosts == other->names_hosts &&
              one->ignores_certificate_names == other->ignores_certificate_names &&
              one->blocked_keys.count == other->blocked_keys.count &&
              one->exempt_anchors.count == other->exempt_anchors.count;
  clear_saying(&sayings[0]);
  clear_saying(&sayings[1]);
  return same;
}

/* ---- Random text ---- */

#define SETS 3

static void write_digest(FILE *text, unsigned number) {
  fprintf(text, "\"%02x%02x%060x\"", number & 0xff, number >> 8, 0);
}

static void write_sets(FILE *text) {
  fputs("pinsets = {\n", text);
  for (unsigned set = 0; set < SETS; set++) {
    fprintf(text, "s%u = [ ", set);
    for (unsigned i = 0; i < 3 + set * 20; i++) {
      fputs(i > 0 ? ", " : "", text);
      write_digest(text, 100 * set + i);
    }
    fputs(" ];\n", text);
  }
  fputs("};\n", text);
}

static void write_pins(FILE *text, const char *list) {
  fprintf(text, " %s = [ ", list);
  if (draw(3) == 0) {
    fprintf(text, "\"@s%u\"", draw(SETS));
  } else {
    for (unsigned i = 0, count = 1 + (draw(6) == 0 ? 9 + draw(3) : draw(3)); i < count; i++) {
      fputs(i > 0 ? ", " : "", text);
      write_digest(text, 1000 + draw(4) + i);
    }
  }
  fputs(" ];", text);
}

/* host: may be in the policy already; or one is drawn. */
static void write_entry(FILE *text, unsigned host) {
  static const char *const forms[][2] = {
      {"h", ".example"}, {"*.h", ".example"}, {"2001:db8:0:1::", ""}, {"2001:db8::", ""}};
  const unsigned form = draw(8) < 5 ? 0 : draw(4);
  fprintf(text, "{ name = \"%s%u%s\";", forms[form][0], host, forms[form][1]);
  if (draw(4) == 0)
    fprintf(text, " ports = [ %u, %u ];", 1 + draw(4), 10 + draw(4));
  write_pins(text, draw(2) == 0 ? "pins" : "backup_pins");
  if (draw(4) == 0)
    write_pins(text, "intermediates");
  if (draw(4) == 0)
    fputs(" mode = \"audit\";", text);
  if (draw(4) == 0)
    fprintf(text, "\n comment = \"number %u\";", draw(100));
  fputs(" }", text);
}

static char *main_text(unsigned hosts) {
  char *bytes = NULL;
  size_t size;
  FILE *text = open_memstream(&bytes, &size);
  fputs(V, text);
  if (draw(2) == 0)
    fputs("mode = \"audit\";\nblocked_keys = [ \"@s1\" ];\n", text);
  if (draw(2) == 0)
    fputs("unlisted = \"observe\";\n", text);
  write_sets(text);
  fputs("hosts = (", text);
  for (unsigned i = 0; i < hosts; i++) {
    fputs(i > 0 ? ",\n" : "\n", text);
    write_entry(text, 1000 + i);
  }
  fputs(" );\n", text);
  fclose(text);
  return bytes;
}

/* Adds one to thirteen entries of one name after another entry, each for its own port and maybe one of
 * another group. */
static void write_crowd(FILE *text) {
  const unsigned first = 1 + 30 * draw(4);
  for (unsigned i = 0, count = 1 + draw(13); i < count; i++) {
    fprintf(text, ",\n{ name = \"" CROWD "\"; ports = [ %u", first + i);
    if (draw(3) == 0)
      fprintf(text, ", %u", first + i + 15);
    fputs(" ];", text);
    write_pins(text, "pins");
    fputs(" }", text);
  }
}

static char *drop_in_text(bool own) {
  char *bytes = NULL;
  size_t size;
  FILE *text = open_memstream(&bytes, &size);
  fputs(own ? "# Written by pinctl\n" : "# by hand\n", text);
  if (draw(30) == 0)
    fputs("blocked_keys = [ \"@s0\" ];\n", text);
  if (draw(30) == 0)
    fputs("mode = \"off\";\n", text);
  fputs("hosts = (", text);
  for (unsigned i = 0, count = draw(6) == 0 ? draw(40) : 1; i < count; i++) {
    fputs(i > 0 ? ",\n" : "\n", text);
    write_entry(text, draw(40));
    if (i == 0 && draw(3) == 0)
      write_crowd(text);
  }
  fputs(draw(40) == 0 ? " oops" : " );\n", text);
  fclose(text);
  return bytes;
}

/* ---- Changes ---- */

#define FILES 12

struct world {
  struct policy_folder folder;
  bool is_there[FILES];
  unsigned changed, refused, passed_on;
  unsigned beside_crowd; /* of the changed ones, with a crowd in the policy */
};

static void name_file(unsigned file, char *ret_name) {
  sprintf(ret_name, "f%02u.cfg", file);
}

/* One to three drop-ins are added, removed or changed. */
struct draft {
  struct pin_staged_file files[3];
  char names[3][16];
  unsigned numbers[3];
  char *texts[3];
  size_t count;
};

static void draft_change(struct world *world, struct draft *ret_draft) {
  *ret_draft = (struct draft){.count = 0};
  for (unsigned i = 0, count = 1 + draw(3); i < count; i++) {
    const unsigned number = draw(FILES);
    bool taken = false;
    for (size_t k = 0; k < ret_draft->count; k++)
      taken = taken || ret_draft->numbers[k] == number;
    bool goes = draw(4) == 0;
    if (taken || (goes && !world->is_there[number]))
      continue;
    const size_t at = ret_draft->count++;
    ret_draft->numbers[at] = number;
    name_file(number, ret_draft->names[at]);
    ret_draft->texts[at] = goes ? NULL : drop_in_text(number % 2 == 0);
    ret_draft->files[at] = (struct pin_staged_file){ret_draft->names[at], ret_draft->texts[at], -1};
    if (goes)
      continue;
    char waiting[32];
    snprintf(waiting, sizeof waiting, "waiting-%zu", at);
    folder_write(&world->folder, waiting, ret_draft->texts[at]);
    ret_draft->files[at].fd = open(folder_path(&world->folder, waiting), O_RDONLY | O_CLOEXEC);
  }
}

static void clear_draft(struct draft *draft) {
  for (size_t i = 0; i < draft->count; i++) {
    if (draft->files[i].fd >= 0)
      close(draft->files[i].fd);
    free(draft->texts[i]);
  }
}

static void put_in_place(struct world *world, const struct draft *draft) {
  for (size_t i = 0; i < draft->count; i++) {
    char path[64], waiting[32];
    snprintf(path, sizeof path, "policy.d/%s", draft->names[i]);
    snprintf(waiting, sizeof waiting, "waiting-%zu", i);
    int failed = draft->texts[i] == NULL
                     ? unlink(folder_path(&world->folder, path))
                     : rename(folder_path(&world->folder, waiting), folder_path(&world->folder, path));
    CU_ASSERT_EQUAL(failed, 0);
    world->is_there[draft->numbers[i]] = draft->texts[i] != NULL;
  }
}

static void compile_form(const struct world *world) {
  static struct compiled compiled;
  compile_folder(&world->folder, &compiled);
  CU_ASSERT_EQUAL(compiled.status, PIN_OK);
  if (compiled.status != PIN_OK) {
    fprintf(stderr, "%s", compiled.report);
    exit(1);
  }
  CU_ASSERT_EQUAL(pin_compiled_write(folder_path(&world->folder, "policy.db"), compiled.image, compiled.size),
                  0);
  compiled_free(&compiled);
}

/* The form must look at each of the files. */
static void watches_all(const struct world *world, const struct pin_compiled *form) {
  for (unsigned i = 0; i < FILES; i++) {
    char path[64], name[16];
    struct stat status;
    name_file(i, name);
    snprintf(path, sizeof path, "policy.d/%s", name);
    if (!world->is_there[i] || stat(folder_path(&world->folder, path), &status) != 0)
      continue;
    const struct timespec back[2] = {status.st_atim, status.st_mtim}, other[2] = {{1, 0}, {1, 0}};
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, folder_path(&world->folder, path), other, 0), 0);
    CU_ASSERT_FALSE(pin_compiled_is_current(form));
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, folder_path(&world->folder, path), back, 0), 0);
  }
  CU_ASSERT_TRUE(pin_compiled_is_current(form));
}

/* The changed part must say what the whole text says. */
static void adopt(struct world *world, const struct draft *draft, char *beside, int fd) {
  struct pin_compiled form;
  static struct compiled whole;
  put_in_place(world, draft);
  CU_ASSERT_EQUAL(pin_compiled_put(folder_path(&world->folder, "policy.db"), beside, fd), 0);
  compile_folder(&world->folder, &whole);
  CU_ASSERT_EQUAL(whole.status, PIN_OK);
  CU_ASSERT_EQUAL(pin_compiled_open(folder_path(&world->folder, "policy.db"), &form), PIN_OK);
  CU_ASSERT_TRUE(say_the_same(&form.policy, &whole.policy));
  world->beside_crowd += has_crowd(&whole.policy);
  CU_ASSERT_TRUE(pin_compiled_is_current(&form));
  watches_all(world, &form);
  pin_compiled_close(&form);
  compiled_free(&whole);
}

/* One change: both ways must have the same result. */
static void change_once(struct world *world) {
  struct draft draft;
  struct pin_compiled form;
  void *image = NULL;
  size_t size;
  char *beside = NULL;
  int fd = -1;
  draft_change(world, &draft);
  CU_ASSERT_EQUAL(pin_compiled_open(folder_path(&world->folder, "policy.db"), &form), PIN_OK);
  struct pin_change change = {.current = &form, .files = draft.files, .count = draft.count};
  enum pin_status whole = pin_text_compile_staged(folder_path(&world->folder, "policy.cfg"), draft.files,
                                                  draft.count, NULL, NULL, &image, &size);
  enum pin_status checked = pin_compiled_change(&change, NULL, NULL, &beside, &fd);
  CU_ASSERT_PTR_NULL(beside);
  change.form = folder_path(&world->folder, "policy.db");
  enum pin_status part = pin_compiled_change(&change, NULL, NULL, &beside, &fd);
  pin_compiled_close(&form);
  /* A change that touches a crowd may pass the check and still be made from the whole text. */
  CU_ASSERT_TRUE(checked == part || (checked == PIN_OK && part == PIN_TOO_LARGE && whole == PIN_OK));
  CU_ASSERT_EQUAL(part == PIN_OK, beside != NULL);
  if (part == PIN_TOO_LARGE) {
    world->passed_on++;
    if (whole == PIN_OK) {
      put_in_place(world, &draft);
      compile_form(world);
    }
  } else {
    CU_ASSERT_EQUAL(part, whole);
    world->changed += part == PIN_OK;
    world->refused += part == PIN_INVALID;
    if (part == PIN_OK)
      adopt(world, &draft, beside, fd);
  }
  free(image);
  clear_draft(&draft);
}

static void live(unsigned hosts, unsigned changes, struct world *ret_world) {
  *ret_world = (struct world){.changed = 0};
  folder_make(&ret_world->folder);
  char *text = main_text(hosts);
  folder_write(&ret_world->folder, "policy.cfg", text);
  CU_ASSERT_EQUAL(mkdir(folder_path(&ret_world->folder, "policy.d"), 0755), 0);
  compile_form(ret_world);
  for (unsigned i = 0; i < changes; i++)
    change_once(ret_world);
  free(text);
  folder_remove(&ret_world->folder);
}

/* Small forms are in memory, large ones in their file; buckets are split as entries are added. */
static void test_random_changes(void) {
  struct world world;
  unsigned changed = 0, refused = 0, passed_on = 0, beside_crowd = 0;
  for (unsigned round = 0; round < 12; round++) {
    live(round % 3 == 2 ? 700 : draw(20), 25, &world);
    changed += world.changed;
    refused += world.refused;
    passed_on += world.passed_on;
    beside_crowd += world.beside_crowd;
  }
  printf("%u changed, of which %u beside a crowd, %u refused, %u passed on\n", changed, beside_crowd, refused,
         passed_on);
  CU_ASSERT_TRUE(changed > 60 && refused > 20 && passed_on > 5 && beside_crowd > 5);
}

/* ---- A damaged form ---- */

struct damage {
  struct policy_folder folder;
  uint8_t *bytes;
  size_t size;
  uint64_t generation; /* of the policy after the change */
  struct pin_staged_file file;
};

static enum pin_status change_damaged(const struct damage *damage, uint64_t *ret_generation) {
  struct pin_compiled form, made;
  char *beside = NULL;
  int fd = -1;
  *ret_generation = 0;
  folder_write_bytes(&damage->folder, "policy.db", (const char *)damage->bytes, damage->size);
  enum pin_status status = pin_compiled_open(folder_path(&damage->folder, "policy.db"), &form);
  if (status != PIN_OK)
    return status;
  const struct pin_change change = {
      .current = &form, .files = &damage->file, .count = 1, .form = folder_path(&damage->folder, "new.db")};
  status = pin_compiled_change(&change, NULL, NULL, &beside, &fd);
  if (status == PIN_OK && beside != NULL && pin_compiled_open(beside, &made) == PIN_OK) {
    struct saying saying = {0};
    if (pin_policy_visit(&made.policy, note_entry, &saying) == PIN_OK)
      *ret_generation = made.policy.generation;
    clear_saying(&saying);
    pin_compiled_close(&made);
  }
  if (beside != NULL)
    pin_compiled_drop(beside, fd);
  pin_compiled_close(&form);
  return status;
}

static void prepare_damage(unsigned hosts, struct damage *ret_damage) {
  static struct compiled compiled;
  struct world world = {.changed = 0};
  folder_make(&world.folder);
  char *text = main_text(hosts);
  folder_write(&world.folder, "policy.cfg", text);
  folder_write(&world.folder, "policy.d/f01.cfg",
               "hosts = ( { name = \"h1.example\"; mode = \"off\"; } );\n");
  folder_write(&world.folder, "policy.d/f02.cfg",
               "hosts = ( { name = \"h2.example\"; mode = \"off\"; } );\n");
  compile_folder(&world.folder, &compiled);
  CU_ASSERT_EQUAL(compiled.status, PIN_OK);
  *ret_damage = (struct damage){.folder = world.folder, .bytes = compiled.image, .size = compiled.size};
  ret_damage->file =
      (struct pin_staged_file){"f01.cfg", "hosts = ( { name = \"h3.example\"; mode = \"off\"; } );\n", -1};
  CU_ASSERT_EQUAL(change_damaged(ret_damage, &ret_damage->generation), PIN_OK);
  CU_ASSERT_NOT_EQUAL(ret_damage->generation, 0);
  free(text);
}

/* A flipped bit is found, or makes no difference. */
static void flip_bits(unsigned hosts, unsigned flips) {
  struct damage damage;
  size_t unnoticed = 0, found = 0;
  prepare_damage(hosts, &damage);
  for (unsigned i = 0; i < flips; i++) {
    uint64_t generation;
    size_t bit = ((size_t)draw(1u << 30)) % (damage.size * 8);
    damage.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    enum pin_status status = change_damaged(&damage, &generation);
    unnoticed += status == PIN_OK && generation != damage.generation;
    found += status == PIN_DAMAGED;
    damage.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  CU_ASSERT_EQUAL(unnoticed, 0);
  CU_ASSERT_TRUE(found > flips / 2);
  free(damage.bytes);
  folder_remove(&damage.folder);
}

static void test_flipped_bits(void) {
  flip_bits(6, 1500);
  flip_bits(700, 300);
}

/* A form that is truncated after it was opened. */
static void test_shortened(void) {
  struct damage damage;
  struct pin_compiled form;
  char *beside = NULL;
  int fd = -1;
  prepare_damage(700, &damage);
  const char *path = folder_path(&damage.folder, "policy.db");
  CU_ASSERT_EQUAL(pin_compiled_open(path, &form), PIN_OK);
  CU_ASSERT_EQUAL(truncate(path, (off_t)damage.size / 2), 0);
  const struct pin_change change = {
      .current = &form, .files = &damage.file, .count = 1, .form = folder_path(&damage.folder, "new.db")};
  CU_ASSERT_EQUAL(pin_compiled_change(&change, NULL, NULL, &beside, &fd), PIN_DAMAGED);
  CU_ASSERT_PTR_NULL(beside);
  pin_compiled_close(&form);
  free(damage.bytes);
  folder_remove(&damage.folder);
}

/* ---- Messages ---- */

static void note_message(const struct pin_diagnostic *diagnostic, void *arg) {
  snprintf(arg, 512, "%s:%u: %s", strrchr(diagnostic->file, '/') + 1, diagnostic->line, diagnostic->message);
}

/* The message names the conflicting entry, although its text is not read. */
static void test_messages(void) {
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"hosts = ( { name = \"h2.example\"; mode = \"off\"; } );",
       "new.cfg:1: \"h2.example\" has an entry already at f02.cfg:1; expected one entry for each name, or "
       "different "
       "ports"},
      {"hosts = ( { name = \"h9.example\"; pins = [ \"@nosuch\" ]; } );",
       "new.cfg:1: unknown pin set \"nosuch\"; expected \"@\" and a name that pinsets defines"},
  };
  struct damage damage;
  prepare_damage(6, &damage);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct pin_compiled form;
    char *beside = NULL, said[512] = "", folder[128];
    int fd = -1;
    const struct pin_staged_file file = {"new.cfg", cases[i].text, -1};
    CU_ASSERT_EQUAL(pin_compiled_open(folder_path(&damage.folder, "policy.db"), &form), PIN_OK);
    const struct pin_change change = {.current = &form, .files = &file, .count = 1};
    CU_ASSERT_EQUAL(pin_compiled_change(&change, note_message, said, &beside, &fd), PIN_INVALID);
    snprintf(folder, sizeof folder, "%s/policy.d/", damage.folder.path);
    char *at = strstr(said, folder);
    if (at != NULL)
      memmove(at, at + strlen(folder), strlen(at + strlen(folder)) + 1);
    CU_ASSERT_STRING_EQUAL(said, cases[i].message);
    pin_compiled_close(&form);
  }
  free(damage.bytes);
  folder_remove(&damage.folder);
}

int main(void) {
  static const struct unit_test tests[] = {
      {"random changes", test_random_changes},
      {"flipped bits", test_flipped_bits},
      {"shortened", test_shortened},
      {"messages", test_messages},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"change", NULL, NULL, tests};
  return unit_run(&suite);
}
