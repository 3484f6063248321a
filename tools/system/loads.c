/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The table of what programs load, and the search for libraries. */
#include "system/loads.h"

#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "system/tls_library.h"

/* Characters of a version behind a name: "3.11", "-3.0", "-2.4.so.1". */
#define VERSION_CHARACTERS "0123456789.-so"

#define PYTHON                                                                                               \
  "python3*/lib-dynload/_ssl.*.so python3*/*-packages/pycurl.*.so python3*/*-packages/*/_m2crypto*.so "      \
  "python3*/*-packages/cryptography/hazmat/bindings/_rust*.so python3*/*-packages/psycopg2/_psycopg.*.so "   \
  "python3*/*-packages/MySQLdb/_mysql.*.so"
#define PERL                                                                                                 \
  "perl5/*/auto/Net/SSLeay/SSLeay.so perl5/*/auto/Crypt/SSLeay/SSLeay.so perl5/*/auto/WWW/Curl/Curl.so"
#define RUBY "ruby/*/openssl.so ruby/vendor_ruby/*/mysql2/mysql2.so"
#define PHP "php/*/curl.so php/*/openssl.so php/*/pgsql.so php/*/ldap.so"
#define TCL "tcltk/*/tcltls*/*.so tcltk/*/tls*/*.so tcl*/tcltls*/*.so tcl*/tls*/*.so"
#define GUILE "guile/*/extensions/guile-gnutls-v-*.so guile/*/extensions/guile-curl.so"
#define PROLOG "swi-prolog/lib/*/ssl4pl.so swipl/lib/*/ssl4pl.so"
/* The last one is not for TLS, but is loaded too, and may bring some. */
#define GIO "gio/modules/libgiognutls.so gio/modules/libgioopenssl.so gio/modules/libgiolibproxy.so"
#define DOVECOT "dovecot/modules/libssl_iostream_openssl.so dovecot/libssl_iostream_openssl.so"
#define KERBEROS "krb5/plugins/tls/k5tls.so"
#define ERLANG "erlang/erts-*/bin/beam.smp"
#define APACHE "apache2/modules/mod_ssl.so apache2/modules/mod_gnutls.so httpd/modules/mod_ssl.so"

static const struct loads rows[] = {
    /* Interpreters. */
    {"python", true, false, PYTHON, 0},
    {"libpython", true, false, PYTHON, 0},
    {"pypy", true, false, "pypy3*/_pypy_openssl.*.so pypy*/lib_pypy/_cffi_ssl/*.so", 0},
    {"perl", true, false, PERL, 0},
    {"libperl", true, false, PERL, 0},
    {"ruby", true, false, RUBY, 0},
    {"libruby", true, false, RUBY, 0},
    {"php", true, false, PHP, 0},
    {"php-fpm", true, false, PHP, 0},
    {"php-cgi", true, false, PHP, 0},
    {"phpdbg", true, false, PHP, 0},
    {"libphp", true, false, PHP, 0},
    {"lua", true, false, "lua/*/ssl.so lua/*/_openssl.so lua/*/lcurl.so", 0},
    {"tclsh", true, false, TCL, 0},
    {"libtcl", true, false, TCL, 0},
    {"guile", true, false, GUILE, 0},
    {"libguile", true, false, GUILE, 0},
    {"racket", true, false, "/usr/share/racket/collects/openssl/libssl.rkt", TLS_OPENSSL},
    {"swipl", true, false, PROLOG, 0},
    {"libswipl", true, false, PROLOG, 0},
    /* Erlang has its own TLS, which uses only cryptography of OpenSSL. */
    {"beam.smp", true, false, "erlang/lib/ssl-*/ebin/ssl.app", TLS_OTHER},
    {"beam.smp", true, false, "erlang/lib/*tls-*/priv/lib/fast_tls.so", 0},
    {"mono-sgen", true, false, "libmono-btls-shared.so", 0},
    {"R", true, true, "R/modules/internet.so", 0},
    {"Rscript", true, false, "R/modules/internet.so", 0},
    {"libR", true, false, "R/modules/internet.so", 0},
    {"libodbc", true, false, "odbc/*.so", 0},
    /* Programs with plug-ins. */
    {"kinit", false, false, KERBEROS, 0},
    {"kinit.mit", false, false, KERBEROS, 0},
    {"kpasswd", false, false, KERBEROS, 0},
    {"kpasswd.mit", false, false, KERBEROS, 0},
    {"kvno", false, false, KERBEROS, 0},
    {"libdovecot", false, false, DOVECOT, 0},
    {"doveadm", false, false, DOVECOT, 0},
    {"libpurple", false, false, "purple-2/ssl-*.so purple-2/libgg.so", 0},
    {"libvlccore", false, false, "vlc/plugins/misc/libgnutls_plugin.so vlc/plugins/access/libavio_plugin.so",
     0},
    {"rsyslogd", false, false, "rsyslog/lmnsd_gtls.so rsyslog/lmnsd_ossl.so", 0},
    {"lighttpd", false, false,
     "lighttpd/mod_openssl.so lighttpd/mod_gnutls.so lighttpd/mod_mbedtls.so lighttpd/mod_nss.so", 0},
    {"apache", false, false, APACHE, 0}, /* untried */
    {"httpd", false, false, APACHE, 0},  /* untried: Fedora's */
    {"libgensio", false, false, "gensio/*/libgensio_ssl.so /usr/libexec/*/gensio/*/libgensio_ssl.so", 0},
    {"libQt6Network", false, false, "qt6/plugins/tls/*.so", 0}, /* untried */
    {GIO_TLS, false, false, GIO, 0},
    /* Programs that run others. */
    {"git", false, false, "git-core/git-remote-http /usr/libexec/git-core/git-remote-http", 0},
    {"casync", false, false, "casync/protocols/casync-http", 0},
    {"libapt-pkg", false, false, "apt/methods/http apt/methods/https", 0},
    {"gpg", false, false, "/usr/bin/dirmngr", 0},
    {"gpgsm", false, false, "/usr/bin/dirmngr", 0},
    {"postfix", false, false, "postfix/sbin/smtp /usr/libexec/postfix/smtp", 0},
    {"machinectl", false, false, "systemd/systemd-pull", 0},
    {"erlc", false, false, ERLANG, 0},
    {"gio", false, false, "gvfs/gvfsd-http /usr/libexec/gvfsd-http", 0},
    /* Scripts. */
    {"chromium", false, true, "chromium/chromium chromium-browser/chromium-browser", 0}, /* untried */
    {"erl", false, true, ERLANG, 0},
    {"dnf", false, true, "librepo.so.0", 0},
};

bool loads_is_called(const char *file, const char *name) {
  size_t length = strlen(name);
  return strncmp(file, name, length) == 0 && file[length + strspn(file + length, VERSION_CHARACTERS)] == '\0';
}

const struct loads *loads_of(const char *path, const struct loads *after) {
  for (const struct loads *row = after == NULL ? rows : after + 1; row < rows + COUNT_OF(rows); row++)
    if (loads_is_called(path_base(path), row->name))
      return row;
  return NULL;
}

static void find_pattern(const char *pattern, struct text_list *files) {
  glob_t found = {0};
  if (glob(pattern, 0, NULL, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; i++)
      text_list_add(files, must_copy(found.gl_pathv[i]));
  globfree(&found);
}

void loads_find(const struct loads *loads, const struct text_list *folders, struct text_list *ret_files) {
  AUTO_TEXT patterns = must_copy(loads->files);
  char *rest = NULL;
  *ret_files = (struct text_list){0};
  for (char *word = strtok_r(patterns, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
    if (*word == '/')
      find_pattern(word, ret_files);
    for (size_t i = 0; *word != '/' && i < folders->count; i++) {
      AUTO_TEXT pattern = must_format("%s/%s", folders->items[i], word);
      find_pattern(pattern, ret_files);
    }
  }
}

#define ORIGIN "$ORIGIN"

/* Reads a line of ld.so.conf: a folder or none. library_folders reads the usual include itself. */
static void take_line(char *line, struct text_list *folders) {
  line[strcspn(line, "#")] = '\0';
  line += strspn(line, " \t");
  line[strcspn(line, " \t\r")] = '\0';
  if (*line == '/' && text_list_find(folders, line) == folders->count)
    text_list_add(folders, must_copy(line));
}

static void read_configuration(const char *path, struct text_list *folders) {
  size_t length = 0;
  AUTO_TEXT text = NULL;
  char *rest = NULL;
  if (file_read(path, &text, &length) != 0)
    return;
  for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
    take_line(line, folders);
}

void library_folders(struct text_list *ret_folders) {
  static const char *const usual[] = {"/lib64", "/usr/lib64", "/lib", "/usr/lib"};
  glob_t found = {0};
  *ret_folders = (struct text_list){0};
  read_configuration("/etc/ld.so.conf", ret_folders);
  if (glob("/etc/ld.so.conf.d/*.conf", 0, NULL, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; i++)
      read_configuration(found.gl_pathv[i], ret_folders);
  globfree(&found);
  for (size_t i = 0; i < COUNT_OF(usual); i++)
    text_list_add(ret_folders, must_copy(usual[i]));
}

static char *try_folder(const char *folder, size_t length, const char *object, const char *name) {
  AUTO_TEXT origin = path_directory(object);
  AUTO_TEXT path =
      length >= strlen(ORIGIN) && strncmp(folder, ORIGIN, strlen(ORIGIN)) == 0
          ? must_format("%s%.*s/%s", origin, (int)(length - strlen(ORIGIN)), folder + strlen(ORIGIN), name)
          : must_format("%.*s/%s", (int)length, folder, name);
  return access(path, R_OK) == 0 ? must_copy(path) : NULL;
}

char *library_find(const struct text_list *folders, const char *object, const char *search,
                   const char *name) {
  char *found = NULL;
  if (strchr(name, '/') != NULL)
    return access(name, R_OK) == 0 ? must_copy(name) : NULL;
  for (const char *at = search; found == NULL && at != NULL && *at != '\0';) {
    size_t length = strcspn(at, ":");
    found = try_folder(at, length, object, name);
    at += length + (at[length] == ':' ? 1 : 0);
  }
  for (size_t i = 0; found == NULL && i < folders->count; i++)
    found = try_folder(folders->items[i], strlen(folders->items[i]), object, name);
  return found;
}
