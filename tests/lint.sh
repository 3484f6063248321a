#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Looks at the sources without running them: formatting, rooms that use others, headers that need others, cppcheck,
# shell scripts, Python.
# Prints what is wrong and leaves with 1 if anything is.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

status=0

# Everything git knows or would take: what is not yet committed is looked at too.
sources() {
  git ls-files --cached --others --exclude-standard -- "$@"
}

report() {
  echo "lint: $1"
  status=1
}

mapfile -t c_files < <(sources '*.c' '*.h')
mapfile -t headers < <(sources '*.h')
mapfile -t shell_files < <(sources | xargs -r grep -lsE '^#!/bin/(ba)?sh|^# shellcheck shell=')
if [ ${#c_files[@]} -eq 0 ] || [ ${#shell_files[@]} -eq 0 ]; then
  report "no sources found; is this a git work tree?"
fi

clang-format --dry-run -Werror "${c_files[@]}" || report "clang-format"

# clang-format 14 takes these two for words of C++ and spaces the rest of the line as such.
if grep -nE '(^|[(,]) *(const |static |struct |enum )*[a-z_0-9]+ +\*?(new|class)( = |;|,|\[|\))' "${c_files[@]}" | grep -vE ':[0-9]+: *(/\*|\*)'; then
  report "a variable called new or class"
fi

tests/rooms.py --check || report "an arrow between rooms that is not allowed"

common=(--std=c11 -D_GNU_SOURCE -Ipolicy -Iprovider -Iprovider/openssl -Itools -Itests/unit)
read -ra xml < <(pkg-config --cflags libxml-2.0)
for header in "${headers[@]}"; do
  gcc "${common[@]}" "${xml[@]}" -Wall -Wextra -Werror -Wno-deprecated-declarations -fsyntax-only -x c "$header" ||
    report "$header does not compile alone"
done

cppcheck --quiet --library=tests/noreturn.cfg "${common[@]}" --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -j 2 \
  "${c_files[@]}" || report "cppcheck"

# Of the rooms that every process loads: they are few enough files for a lint.
clang-tidy --quiet policy/*.c provider/common/*.c -- "${common[@]}" -Iprovider/common 2>/dev/null || report "clang-tidy"

shellcheck --external-sources --source-path=. "${shell_files[@]}" || report "shellcheck"

# Names alone: a test whose name stands twice in its class never runs.
mapfile -t python_files < <(sources '*.py')
flake8 --isolated --select=F "${python_files[@]}" || report "flake8"

# Every file that can carry them begins with the two lines of licence.
mapfile -t licensed < <(sources '*.map' '*.py' '*.cmake' '*CMakeLists.txt' 'tests/programs/drivers/*')
for file in "${c_files[@]}" "${shell_files[@]}" "${licensed[@]}"; do
  head -n 8 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || report "$file: no SPDX licence line"
done

exit $status
