/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "log.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "libc_functions.h"
#include "pinpolicy.h"
#include "settings.h"
#include "text.h"

#define LINE_SIZE (PIN_REPORT_SIZE + 256)

/*
 * Writes the program's file name; a character that could end the pair or disturb a terminal becomes "_".
 * program_invocation_short_name is not used, because some programs write their title over the memory that it
 * points to.
 */
static void program_name(const struct libc_functions *libc, char *ret_name, size_t size) {
  char path[PATH_MAX];
  ssize_t length = libc->readlink("/proc/self/exe", path, sizeof path - 1);
  size_t written = 0;

  if (length > 0)
    path[length] = '\0';
  else if (libc->prctl(PR_GET_NAME, path) !=
           0) /* no /proc, in a chroot: the thread's name, 16 bytes at most */
    memcpy(path, "unknown", sizeof "unknown");
  for (const char *byte = text_base(path); *byte != '\0' && written + 1 < size; byte++)
    ret_name[written++] = (char)(*byte > ' ' && *byte < 0x7f && *byte != '"' && *byte != '=' ? *byte : '_');
  ret_name[written] = '\0';
}

/* Writes the time as /dev/log expects it (RFC 3164, section 4.1), with the C locale's month names whatever
 * the program has set. */
static void timestamp(char ret_stamp[32]) {
  static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  struct timespec now;
  struct tm local = {.tm_mday = 1};

  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  localtime_r(&now.tv_sec, &local);
  snprintf(ret_stamp, 32, "%s %2d %02d:%02d:%02d", months[local.tm_mon % 12], local.tm_mday, local.tm_hour,
           local.tm_min, local.tm_sec);
}

static void send_to_syslog(const struct libc_functions *libc, char *message, size_t length) {
  static struct sockaddr_un log_socket = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
  struct iovec line = {.iov_base = message, .iov_len = length};
  const struct msghdr datagram = {
      .msg_name = &log_socket, .msg_namelen = sizeof log_socket, .msg_iov = &line, .msg_iovlen = 1};
  int fd = libc->socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0)
    return;
  (void)!libc->sendmsg(fd, &datagram, MSG_NOSIGNAL);
  close(fd);
}

static size_t at_most(int length, size_t limit) {
  if (length < 0)
    return 0;
  return (size_t)length < limit ? (size_t)length : limit;
}

void log_escape(const char *value, char *ret_text, size_t size) {
  size_t used = 0;

  for (; *value != '\0' && used + sizeof "\\xHH" <= size; value++) {
    unsigned char byte = (unsigned char)*value;

    if (byte == '"')
      ret_text[used++] = '\'';
    else if (byte < 0x20 || byte == 0x7f || byte == '\\')
      used += (size_t)snprintf(ret_text + used, size - used, "\\x%02X", byte);
    else
      ret_text[used++] = (char)byte;
  }
  ret_text[used] = '\0';
}

void log_line(int priority, const char *text) {
  char stamp[32], program[64], message[LINE_SIZE + 64];
  struct libc_functions libc;
  int head, length;

  if (!libc_functions_bind(&libc))
    return;
  timestamp(stamp);
  program_name(&libc, program, sizeof program);
  head = snprintf(message, sizeof message, "<%d>%s pinning[%ld]: ", LOG_AUTHPRIV | priority, stamp,
                  (long)getpid());
  if (head < 0)
    return;
  length = snprintf(message + head, LINE_SIZE, "%s program=%s pid=%ld uid=%ld\n", text, program,
                    (long)getpid(), (long)libc.getuid());
  /* The newline is only for standard error; a datagram needs none. */
  send_to_syslog(&libc, message, (size_t)head + at_most(length, LINE_SIZE - 1) - 1);
  if (settings_debug())
    (void)!libc.write(STDERR_FILENO, message + head, at_most(length, LINE_SIZE - 1));
}
