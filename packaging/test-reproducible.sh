#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Builds the Debian packages twice, in different folders, under different umasks, time zones and languages, and compares
# them byte for byte:
#
#   packaging/test-reproducible.sh [BUILD-DEB-OPTION...]    the options of build-deb.sh except --out
#
# Exits with 1 if two packages differ.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/pinning-twice.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
(umask 022 && TZ=UTC LC_ALL=C.UTF-8 packaging/build-deb.sh "$@" --out "$scratch/one")
(umask 077 && TZ=Pacific/Kiritimati LC_ALL=C packaging/build-deb.sh "$@" --out "$scratch/two")

# The .buildinfo contains time and place of the build, and the .changes contains its digest.
digests() {
  (cd "$1" && sha256sum -- *.deb *.dsc *.tar.xz)
}
if ! diff <(digests "$scratch/one") <(digests "$scratch/two"); then
  echo "test-reproducible.sh: the two builds differ" >&2
  exit 1
fi
echo "the same bytes: $(digests "$scratch/one" | wc -l) files"
