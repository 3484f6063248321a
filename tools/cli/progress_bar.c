/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/progress_bar.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/output.h"

#define BAR_COLUMNS 40

void bar_show(size_t done, size_t count) {
  char bar[BAR_COLUMNS + 1] = "";
  if (count == 0 || isatty(STDERR_FILENO) != 1 || !terminal_is_able())
    return;
  size_t filled = done * BAR_COLUMNS / count;
  for (size_t i = 0; i < BAR_COLUMNS; i++)
    bar[i] = i < filled ? '#' : '.';
  if (done < count)
    fprintf(stderr, "\r[%s] %zu of %zu ", bar, done, count);
  else
    fputs("\r\033[K", stderr);
}
