/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/passphrase.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"

/* Turned off before the prompt is printed, so that what the user types at once is not shown either. */
static void set_echo(int terminal, bool echo) {
  struct termios mode;
  if (tcgetattr(terminal, &mode) != 0)
    return;
  mode.c_lflag = echo ? mode.c_lflag | ECHO : mode.c_lflag & ~(tcflag_t)ECHO;
  tcsetattr(terminal, TCSANOW, &mode);
}

/* The terminal is opened first, since OpenSSL's prompt would fall back to standard input. */
enum passphrase_answer passphrase_ask(bool twice, char *buffer, int size) {
  int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0)
    return PASSPHRASE_NO_TERMINAL;
  set_echo(terminal, false);
  int status = EVP_read_pw_string(buffer, size, twice ? "New passphrase: " : "Passphrase: ", twice ? 1 : 0);
  set_echo(terminal, true);
  close(terminal);
  return status == 0 ? PASSPHRASE_GIVEN : PASSPHRASE_NOT_GIVEN;
}

bool passphrase_read(const char *path, char ret_passphrase[PASSPHRASE_SIZE]) {
  char *bytes = NULL;
  size_t length = 0;
  int error = file_read(path, &bytes, &length);
  if (error != 0)
    return say_error("%s: %s", path, strerror(error));
  size_t line = strcspn(bytes, "\r\n");
  bool good = line > 0 && line < PASSPHRASE_SIZE;
  if (good)
    *(char *)mempcpy(ret_passphrase, bytes, line) = '\0';
  else
    say_error("%s: expected a passphrase of 1 to %d bytes in its first line", path, PASSPHRASE_SIZE - 1);
  OPENSSL_cleanse(bytes, length);
  free(bytes);
  return good;
}
