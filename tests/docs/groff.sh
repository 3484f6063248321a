#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# groff.sh PAGE...: sets manual pages for a terminal of 80 columns, and fails if groff has a complaint.
set -eu
status=0
for page in "$@"; do
  complaints=$(groff -K utf8 -mandoc -Tutf8 -ww -rLL=78n -z "$page" 2>&1)
  if [ -n "$complaints" ]; then
    printf '%s: %s\n' "$page" "$complaints"
    status=1
  fi
done
exit $status
