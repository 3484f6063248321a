/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "system/elf_symbols.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gelf.h>
#include <libelf.h>

/* Every connection passes this function; nobody else has one of this name. */
#define TELLTALE_FUNCTION "SSL_CTX_new"
/* In the error messages of OpenSSL since 3.0, LibreSSL and BoringSSL (.cc). */
#define TELLTALE_FILE "ssl/ssl_lib.c"

static void look_at_symbols(Elf_Scn *section, const GElf_Shdr *header, Elf *elf, struct elf_look *look) {
  Elf_Data *data = elf_getdata(section, NULL);
  size_t count = data == NULL || header->sh_entsize == 0 ? 0 : data->d_size / header->sh_entsize;
  for (size_t i = 0; i < count; i++) {
    GElf_Sym symbol;
    if (gelf_getsym(data, (int)i, &symbol) == NULL || symbol.st_shndx == SHN_UNDEF)
      continue;
    const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
    if (name == NULL || strcmp(name, TELLTALE_FUNCTION) != 0)
      continue;
    look->holds_openssl = true;
    look->exports_openssl |= header->sh_type == SHT_DYNSYM;
  }
}

static void look_at_dynamic(Elf_Scn *section, const GElf_Shdr *header, Elf *elf, struct elf_look *look) {
  Elf_Data *data = elf_getdata(section, NULL);
  size_t count = data == NULL || header->sh_entsize == 0 ? 0 : data->d_size / header->sh_entsize;
  look->is_dynamic = true;
  for (size_t i = 0; i < count; i++) {
    GElf_Dyn entry;
    if (gelf_getdyn(data, (int)i, &entry) == NULL || entry.d_tag == DT_NULL)
      break;
    bool is_search = entry.d_tag == DT_RUNPATH || (entry.d_tag == DT_RPATH && look->search == NULL);
    if (entry.d_tag != DT_NEEDED && !is_search)
      continue;
    const char *text = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
    if (text == NULL)
      continue;
    if (entry.d_tag == DT_NEEDED) {
      text_list_add(&look->needed, must_copy(text));
    } else {
      free(look->search);
      look->search = must_copy(text);
    }
  }
}

static void look_at_bytes(Elf_Scn *section, struct elf_look *look) {
  Elf_Data *data = elf_rawdata(section, NULL);
  if (data != NULL && data->d_buf != NULL &&
      memmem(data->d_buf, data->d_size, TELLTALE_FILE, strlen(TELLTALE_FILE)) != NULL)
    look->holds_openssl = true;
}

static void look_at_section(Elf_Scn *section, size_t names, Elf *elf, struct elf_look *look) {
  GElf_Shdr header;
  if (gelf_getshdr(section, &header) == NULL)
    return;
  const char *name = elf_strptr(elf, names, header.sh_name);
  if (name == NULL)
    return;
  if (strcmp(name, ".note.go.buildid") == 0 || strcmp(name, ".go.buildinfo") == 0)
    look->is_go = true;
  if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM)
    look_at_symbols(section, &header, elf, look);
  else if (header.sh_type == SHT_DYNAMIC)
    look_at_dynamic(section, &header, elf, look);
  else if (strncmp(name, ".rodata", strlen(".rodata")) == 0 && header.sh_type == SHT_PROGBITS)
    look_at_bytes(section, look);
}

static void look_at_file(int fd, struct elf_look *look) {
  Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
  size_t names = 0;
  if (elf != NULL && elf_kind(elf) == ELF_K_ELF) {
    look->is_elf = true;
    if (elf_getshdrstrndx(elf, &names) == 0)
      for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;)
        look_at_section(section, names, elf, look);
  }
  elf_end(elf);
}

bool elf_look(const char *path, struct elf_look *ret_look) {
  *ret_look = (struct elf_look){0};
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0 || elf_version(EV_CURRENT) == EV_NONE) {
    if (fd >= 0)
      close(fd);
    return false;
  }
  look_at_file(fd, ret_look);
  close(fd);
  return true;
}

void elf_look_clear(struct elf_look *look) {
  text_list_clear(&look->needed);
  free(look->search);
  *look = (struct elf_look){0};
}
