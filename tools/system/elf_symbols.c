/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads ELF files. */
#include "system/elf_symbols.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Each connection needs this function, and only OpenSSL has one of this name. */
#define TELLTALE_FUNCTION "SSL_CTX_new"
/* In the error messages of OpenSSL since 3.0, LibreSSL and BoringSSL (.cc). */
#define TELLTALE_FILE "ssl/ssl_lib.c"
/* Functions of GLib for TLS. */
#define GIO_PREFIX "g_tls_"
#define GIO_SWITCH "g_socket_client_set_tls"

/* Limits. Real programs have about 40 sections, up to 300 libraries, and up to 20 MiB of symbols. */
#define MOST_SECTIONS 4096
#define MOST_NEEDED 1024
#define LONGEST_TEXT ((size_t)4096)
#define LARGEST_TABLE ((uint64_t)64 << 20)
#define PIECE ((size_t)1 << 20)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OWN_ORDER ELFDATA2LSB
#else
#define OWN_ORDER ELFDATA2MSB
#endif

struct reader {
  int fd;
  bool is_wide;   /* 64 bits */
  uint64_t *left; /* bytes that may still be read */
  struct elf_look *look;
  struct elf_exports *exports; /* read only what the file exports; NULL: read everything */
  Elf64_Shdr *sections;        /* owned; 32-bit ones are converted */
  size_t count;
};

/* ---- Bytes ---- */

/* False: the file ends before, or no more may be read. */
static bool read_bytes(struct reader *reader, uint64_t offset, size_t size, void *to) {
  if (size > *reader->left) {
    reader->look->is_partial = true;
    return false;
  }
  *reader->left -= size;
  return file_read_at(reader->fd, to, size, (off_t)offset);
}

/* A whole section with a NUL behind it, for free(3); NULL: it cannot be read, or is too large. */
static char *read_table(struct reader *reader, const Elf64_Shdr *section) {
  if (section->sh_size > LARGEST_TABLE || section->sh_size > *reader->left) {
    reader->look->is_partial = true;
    return NULL;
  }
  char *bytes = must_alloc((size_t)section->sh_size + 1, 1);
  if (read_bytes(reader, section->sh_offset, (size_t)section->sh_size, bytes))
    return bytes;
  free(bytes);
  return NULL;
}

/* ---- Sections ---- */

static bool read_section(struct reader *reader, uint64_t table, size_t index, Elf64_Shdr *ret_section) {
  Elf32_Shdr narrow;
  if (reader->is_wide)
    return read_bytes(reader, table + index * sizeof *ret_section, sizeof *ret_section, ret_section);
  if (!read_bytes(reader, table + index * sizeof narrow, sizeof narrow, &narrow))
    return false;
  *ret_section = (Elf64_Shdr){.sh_name = narrow.sh_name,
                              .sh_type = narrow.sh_type,
                              .sh_offset = narrow.sh_offset,
                              .sh_size = narrow.sh_size,
                              .sh_link = narrow.sh_link};
  return true;
}

/* A count of 0: the first section has the number. */
static void read_sections(struct reader *reader, uint64_t table, size_t count, size_t *names) {
  Elf64_Shdr first = {0};
  if (table == 0 || !read_section(reader, table, 0, &first))
    return;
  if (count == 0)
    count = first.sh_size > MOST_SECTIONS ? MOST_SECTIONS + 1 : (size_t)first.sh_size;
  if (*names == SHN_XINDEX)
    *names = first.sh_link;
  reader->look->is_partial |= count > MOST_SECTIONS;
  count = count > MOST_SECTIONS ? MOST_SECTIONS : count;
  reader->sections = must_alloc(count + 1, sizeof *reader->sections);
  while (reader->count < count &&
         read_section(reader, table, reader->count, &reader->sections[reader->count]))
    reader->count++;
}

/* ---- Contents of sections ---- */

static const char *text_at(const char *texts, uint64_t size, uint64_t at) {
  return at < size ? texts + at : "";
}

static int compare_name(const void *name, const void *entry) {
  return strcmp(name, *(const char *const *)entry);
}

static void note_export(struct elf_exports *exports, const char *name) {
  const char *const *entry = bsearch(name, exports->names, exports->count, sizeof *entry, compare_name);
  if (entry != NULL)
    exports->found[entry - exports->names] = true;
}

static void note_symbol(struct reader *reader, const Elf64_Shdr *section, const char *name) {
  if (reader->exports != NULL)
    note_export(reader->exports, name);
  else if (strcmp(name, TELLTALE_FUNCTION) == 0) {
    reader->look->holds_openssl = true;
    reader->look->exports_openssl |= section->sh_type == SHT_DYNSYM;
  }
}

static void note_wanted(struct reader *reader, const char *name) {
  reader->look->asks_gio |=
      strncmp(name, GIO_PREFIX, strlen(GIO_PREFIX)) == 0 || strcmp(name, GIO_SWITCH) == 0;
}

static void scan_symbols(struct reader *reader, const Elf64_Shdr *section, const char *symbols,
                         const char *texts, uint64_t size) {
  size_t each = reader->is_wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
  for (uint64_t at = 0; at + each <= section->sh_size; at += each) {
    Elf64_Sym wide;
    Elf32_Sym narrow;
    memcpy(reader->is_wide ? (void *)&wide : (void *)&narrow, symbols + at, each);
    bool is_defined = (reader->is_wide ? wide.st_shndx : narrow.st_shndx) != SHN_UNDEF;
    uint32_t name = reader->is_wide ? wide.st_name : narrow.st_name;
    if (is_defined)
      note_symbol(reader, section, text_at(texts, size, name));
    else
      note_wanted(reader, text_at(texts, size, name));
  }
}

/* Texts may overlap, so a small table can make many long ones: their length is limited. */
static void take_dynamic(struct elf_look *look, int64_t tag, const char *text) {
  if ((tag == DT_NEEDED || tag == DT_RUNPATH || tag == DT_RPATH) &&
      strnlen(text, LONGEST_TEXT + 1) > LONGEST_TEXT) {
    look->is_partial = true;
    return;
  }
  if (tag == DT_NEEDED && look->needed.count < MOST_NEEDED)
    text_list_add(&look->needed, must_copy(text));
  look->is_partial |= tag == DT_NEEDED && look->needed.count >= MOST_NEEDED;
  if (tag == DT_RUNPATH || (tag == DT_RPATH && look->search == NULL)) {
    free(look->search);
    look->search = must_copy(text);
  }
}

static void scan_dynamic(struct reader *reader, const Elf64_Shdr *section, const char *entries,
                         const char *texts, uint64_t size) {
  size_t each = reader->is_wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
  for (uint64_t at = 0; at + each <= section->sh_size; at += each) {
    Elf64_Dyn wide;
    Elf32_Dyn narrow;
    memcpy(reader->is_wide ? (void *)&wide : (void *)&narrow, entries + at, each);
    int64_t tag = reader->is_wide ? wide.d_tag : narrow.d_tag;
    uint64_t value = reader->is_wide ? wide.d_un.d_val : narrow.d_un.d_val;
    if (tag == DT_NULL)
      return;
    take_dynamic(reader->look, tag, text_at(texts, size, value));
  }
}

/* Reads a section of entries, with the section of texts that it is linked to. */
static void scan_entries(struct reader *reader, const Elf64_Shdr *section) {
  if (section->sh_link >= reader->count)
    return;
  const Elf64_Shdr *linked = &reader->sections[section->sh_link];
  AUTO_TEXT entries = read_table(reader, section);
  AUTO_TEXT texts = entries == NULL ? NULL : read_table(reader, linked);
  if (texts == NULL)
    return;
  if (section->sh_type == SHT_DYNAMIC)
    scan_dynamic(reader, section, entries, texts, linked->sh_size);
  else
    scan_symbols(reader, section, entries, texts, linked->sh_size);
}

/* Searches in pieces that overlap, so that a text across two is found. */
static void scan_bytes(struct reader *reader, const Elf64_Shdr *section) {
  size_t overlap = strlen(TELLTALE_FILE) - 1;
  AUTO_TEXT piece = must_alloc(PIECE, 1);
  for (uint64_t at = 0; at < section->sh_size && !reader->look->holds_openssl; at += PIECE - overlap) {
    uint64_t rest = section->sh_size - at;
    size_t size = rest < PIECE ? (size_t)rest : PIECE;
    if (!read_bytes(reader, section->sh_offset + at, size, piece))
      return;
    reader->look->holds_openssl = memmem(piece, size, TELLTALE_FILE, strlen(TELLTALE_FILE)) != NULL;
  }
}

static void scan_section(struct reader *reader, const Elf64_Shdr *section, const char *name) {
  struct elf_look *look = reader->look;
  look->is_go |= strcmp(name, ".note.go.buildid") == 0 || strcmp(name, ".go.buildinfo") == 0;
  look->is_dynamic |= section->sh_type == SHT_DYNAMIC;
  if (section->sh_type == SHT_SYMTAB || section->sh_type == SHT_DYNSYM || section->sh_type == SHT_DYNAMIC)
    scan_entries(reader, section);
  else if (strncmp(name, ".rodata", strlen(".rodata")) == 0 && section->sh_type == SHT_PROGBITS)
    scan_bytes(reader, section);
}

static void scan_exports(struct reader *reader) {
  for (size_t i = 0; i < reader->count; i++) {
    if (reader->sections[i].sh_type != SHT_DYNSYM)
      continue;
    reader->look->is_dynamic = true;
    scan_entries(reader, &reader->sections[i]);
  }
}

static void scan_sections(struct reader *reader, size_t names) {
  if (reader->exports != NULL) {
    scan_exports(reader);
    return;
  }
  if (names >= reader->count) {
    reader->look->is_partial = true;
    return;
  }
  uint64_t size = reader->sections[names].sh_size;
  AUTO_TEXT texts = read_table(reader, &reader->sections[names]);
  for (size_t i = 0; texts != NULL && i < reader->count; i++)
    scan_section(reader, &reader->sections[i], text_at(texts, size, reader->sections[i].sh_name));
}

/* ---- The file ---- */

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#else
#define OWN_MACHINE EM_NONE /* only the word size tells */
#endif

static void scan_file(struct reader *reader) {
  union {
    unsigned char ident[EI_NIDENT];
    Elf64_Ehdr wide;
    Elf32_Ehdr narrow;
  } head = {.wide = {.e_ident = {0}}};
  struct elf_look *look = reader->look;
  if (!read_bytes(reader, 0, sizeof head.narrow, &head) || memcmp(head.ident, ELFMAG, SELFMAG) != 0)
    return;
  look->is_elf = true;
  reader->is_wide = head.ident[EI_CLASS] == ELFCLASS64;
  look->is_foreign = reader->is_wide != (sizeof(void *) == 8) || head.ident[EI_DATA] != OWN_ORDER ||
                     (OWN_MACHINE != EM_NONE && head.wide.e_machine != OWN_MACHINE);
  if (head.ident[EI_DATA] != OWN_ORDER ||
      (reader->is_wide && !read_bytes(reader, 0, sizeof head.wide, &head))) {
    look->is_partial = true;
    return;
  }
  size_t names = reader->is_wide ? head.wide.e_shstrndx : head.narrow.e_shstrndx;
  read_sections(reader, reader->is_wide ? head.wide.e_shoff : head.narrow.e_shoff,
                reader->is_wide ? head.wide.e_shnum : head.narrow.e_shnum, &names);
  scan_sections(reader, names);
  free(reader->sections);
}

static bool read_file(const char *path, struct reader *reader) {
  int error = file_open_regular(path, &reader->fd);
  if (error != 0) {
    errno = error;
    return false;
  }
  scan_file(reader);
  close(reader->fd);
  return true;
}

bool elf_look(const char *path, uint64_t *left, struct elf_look *ret_look) {
  *ret_look = (struct elf_look){0};
  struct reader reader = {.left = left, .look = ret_look};
  return read_file(path, &reader);
}

bool elf_find_exports(const char *path, uint64_t *left, struct elf_exports *exports) {
  struct elf_look look = {0};
  struct reader reader = {.left = left, .look = &look, .exports = exports};
  return read_file(path, &reader) && look.is_dynamic && !look.is_partial;
}

void elf_look_clear(struct elf_look *look) {
  text_list_clear(&look->needed);
  free(look->search);
  *look = (struct elf_look){0};
}
