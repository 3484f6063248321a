#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Checks the sources without running them: formatting, includes between rooms, whether each header compiles alone, cppcheck,
# shell scripts, Python. Prints what is wrong, and exits with 1 if anything is.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

status=0

# All files that git tracks or would add, so files that are not committed yet are checked too.
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

# clang-format 14 takes these two names for C++ keywords and changes the spacing of the rest of the line.
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

# Only for the rooms that every process loads: clang-tidy would take too long for all files.
clang-tidy --quiet policy/*.c provider/common/*.c -- "${common[@]}" -Iprovider/common 2>/dev/null || report "clang-tidy"

shellcheck --external-sources --source-path=. "${shell_files[@]}" || report "shellcheck"

# Only undefined, unused and duplicate names (F). If a class has two tests of one name, the first one never runs.
mapfile -t python_files < <(sources '*.py')
flake8 --isolated --select=F "${python_files[@]}" || report "flake8"

# Every file that can have them begins with the two licence lines.
mapfile -t licensed < <(sources '*.map' '*.py' '*.cmake' '*CMakeLists.txt' 'tests/programs/drivers/*')
for file in "${c_files[@]}" "${shell_files[@]}" "${licensed[@]}"; do
  head -n 8 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || report "$file: no SPDX licence line"
done

exit $status
