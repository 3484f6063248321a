#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
Finds which TLS libraries programs of Debian use, from their packages, and checks that `pinctl coverage` says the same.

    tests/releases/classes.py --pinctl build/dev/bin/pinctl [--keep DIR] [--write] [RELEASE...]

Fetches the packages of programs.tsv with all dependencies from the mirror of this machine, and unpacks them below DIR
(default: a temporary folder). It installs nothing. A program uses each library that readelf finds for any ELF file of its
own packages, directly or through other libraries: so plug-ins, helpers and modules count, whatever pinctl knows of them.
--write writes docs/classes.md; without it the table there must match. Exits with 1 if package, pinctl and document
disagree, with 3 if nothing can be fetched.
"""

import argparse
import fnmatch
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = HERE.parent.parent / "docs/classes.md"
SUITES = {"12": "bookworm", "13": "trixie"}
LIBRARIES = {r"libssl\.so\.[3-9]$": "openssl", r"libgnutls\.so\.": "gnutls", r"libssl3\.so$": "nss", r"libj(vm|li)\.so$": "java",
             r"lib(mbedtls|wolfssl|bearssl)\.so|libbotan-|libtls\.so\.0$": "other"}
REACHED = {"openssl", "gnutls"}
FOLDERS = ("usr/lib/x86_64-linux-gnu", "usr/lib")
MARK = "<!-- made by tests/releases/classes.py -->"


class Failure(Exception):
    pass


def rows():
    """Rows of programs.tsv: path, packages, and what else is known of the program."""
    for line in (HERE / "programs.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            path, packages, *more = line.split("\t")
            yield path, packages.split(), set(more)


def named(packages):
    """The programs that the command line names."""
    return [name.partition(":")[0] for name in packages if not name.startswith("+")]


class Release:
    """The packages of one release, fetched by an apt that believes nothing is installed."""

    def __init__(self, folder, suite):
        self.folder, self.suite, self.tree = folder / suite, suite, folder / suite / "tree"
        self.unpacked = self.folder / "unpacked"
        for part in ("apt/lists/partial", "apt/cache/archives/partial", "apt/sources"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        for part in ("bin", "sbin", "lib", "lib64"):
            (self.tree / "usr" / part).mkdir(parents=True, exist_ok=True)
            if not (self.tree / part).is_symlink():
                (self.tree / part).symlink_to(f"usr/{part}")
        self.unpacked.mkdir(exist_ok=True)
        (self.folder / "apt/status").touch()
        (self.folder / "apt/sources/debian.list").write_text(f"deb {self.mirror()} {suite} main\n", encoding="utf-8")
        state = self.folder / "apt"
        self.configuration = state / "apt.conf"
        self.configuration.write_text("".join(f'{name} "{value}";\n' for name, value in {
            "Dir::State": state, "Dir::State::lists": state / "lists", "Dir::State::status": state / "status",
            "Dir::Cache": state / "cache", "Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": state / "sources",
            "Dir::Etc::preferencesparts": "/dev/null", "Dir::Etc::main": "/dev/null", "APT::Install-Recommends": "false",
            "APT::Architecture": "amd64", "APT::Sandbox::User": ""}.items()), encoding="utf-8")

    @staticmethod
    def mirror():
        named = os.environ.get("PINNING_MIRROR")
        said = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)"], capture_output=True, check=False, text=True)
        found = [line for line in said.stdout.splitlines() if line.rstrip("/").endswith("/debian")]
        if not named and not found:
            raise Failure("apt knows no mirror of Debian; name one in PINNING_MIRROR")
        return named or found[0]

    def apt(self, *words):
        done = subprocess.run(["apt-get", "-qq", "--yes", *words], capture_output=True, check=False, text=True,
                              env={**os.environ, "APT_CONFIG": str(self.configuration)})
        if done.returncode:
            raise Failure(f"{self.suite}: apt-get {' '.join(words)}: {done.stderr}")
        return done.stdout

    def unpack(self, packages):
        """Fetches packages with all dependencies. Programs whose packages conflict are fetched one after the other."""
        said = self.apt("--simulate", "install", *packages)
        wanted = re.findall(r"(?m)^Inst (\S+)", said)
        missing = [name for name in wanted if not (self.unpacked / name).exists()]
        if missing:
            self.apt("--download-only", "install", *packages)
        for name in missing:
            deb = next((self.folder / "apt/cache/archives").glob(f"{name}_*.deb"))
            with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as archive:
                subprocess.run(["tar", "--extract", "--keep-directory-symlink", "--directory", self.tree], check=True,
                               stdin=archive.stdout)
            listing = subprocess.run(["dpkg-deb", "--contents", deb], check=True, capture_output=True, text=True).stdout
            (self.unpacked / name).write_text("\n".join(
                os.path.normpath(line.split(None, 5)[5]) for line in listing.splitlines() if line.startswith("-")), encoding="utf-8")

    def files(self, packages):
        for package in packages:
            pattern, _, only = package.lstrip("+").partition(":")
            for name in sorted(fnmatch.filter(os.listdir(self.unpacked), pattern)):
                for path in (self.unpacked / name).read_text(encoding="utf-8").splitlines():
                    if not path.startswith("usr/share/doc/") and fnmatch.fnmatch(os.path.basename(path), only or "*"):
                        yield self.tree / path

    def find(self, name, origin):
        for folder in (origin, *(self.tree / folder for folder in FOLDERS)):
            if (folder / name).exists():
                return (folder / name).resolve()
        return None

    @functools.lru_cache(maxsize=None)  # noqa: B019
    def needed(self, path):
        """(names of the libraries that an ELF file needs, their files, whether it calls GLib's TLS)"""
        with open(path, "rb") as file:
            if file.read(4) != b"\x7fELF":
                return frozenset(), frozenset(), False
        said = subprocess.run(["readelf", "--dynamic", "--dyn-syms", "--wide", path], capture_output=True, check=False, text=True,
                              errors="replace").stdout
        names = re.findall(r"\(NEEDED\).*\[(.*)\]", said)
        origin = [path.parent / word.replace("$ORIGIN", ".").lstrip("/") if "$ORIGIN" in word else self.tree / word.lstrip("/")
                  for line in re.findall(r"\((?:RUNPATH|RPATH)\).*\[(.*)\]", said) for word in line.split(":")]
        found = [next((at for at in (self.find(name, folder) for folder in [*origin, path.parent]) if at), None) for name in names]
        return frozenset(names), frozenset(at for at in found if at), bool(re.search(r"UND +(g_tls_|g_socket_client_set_tls)", said))

    def libraries(self, paths):
        """All libraries that these files need, directly or through others."""
        known, waiting, found = set(), [path for path in paths if path.is_file() and not path.is_symlink()], set()
        while waiting:
            path = waiting.pop()
            if path in known:
                continue
            known.add(path)
            names, files, asks_gio = self.needed(path)
            found |= {word for name in names for pattern, word in LIBRARIES.items() if re.match(pattern, name)}
            if not any(re.match(pattern, path.name) for pattern in LIBRARIES):
                waiting += files
            if asks_gio:
                waiting += (self.tree / FOLDERS[0] / "gio/modules").glob("libgio*.so")
        return found


def expected_class(libraries, is_open, is_linked):
    if is_open and (not is_linked or libraries <= REACHED):
        return "at-run-time"
    if not libraries:
        return "no-tls"
    if libraries <= REACHED:
        return "enforceable"
    return "mixed" if libraries & REACHED else "unreachable"


def look(release, pinctl, path, packages, more):
    """(what the packages say, as a cell of the table; what is wrong)"""
    try:
        release.unpack([*named(packages), "libc-bin"])
    except Failure as failure:
        if "Unable to locate package" in str(failure) or "has no installation candidate" in str(failure):
            return "not there", []
        raise
    by_text = {word.split("=")[0]: word.split("=")[1] for word in more if "=" in word and not word.startswith("only=")}
    libraries = release.libraries(release.files(packages))
    for word, pattern in by_text.items():
        if any(release.tree.glob(pattern)):
            libraries.add(word)
    program = next(release.tree.glob(path.lstrip("/")), None)
    if program is None:
        return "not there", [f"{release.suite}: {path}: not in {' '.join(packages)}"]
    path = f"/{program.relative_to(release.tree)}"
    linked = release.libraries([program.resolve()])
    said = subprocess.run([pinctl, "coverage", "--json", "--root", release.tree, path], capture_output=True, check=False, text=True)
    if said.returncode not in (0, 1):
        return "not there", [f"{release.suite}: {path}: {said.stderr.strip()}"]
    found = json.loads(said.stdout)["programs"][0]
    wrong = []
    expected = expected_class(libraries, "open" in more, linked)
    if (set(found["libraries"]), found["class"]) != (libraries, expected):
        wrong.append(f"{release.suite}: {path}: its packages have {expected}: {', '.join(sorted(libraries))}; "
                     f"pinctl says {found['class']}: {', '.join(found['libraries'])}")
    return f"{expected}: {', '.join(sorted(libraries))}" if libraries else expected, wrong


def table(cells, suites):
    lines = [MARK, f"| program | packages | {' | '.join(f'Debian {number}' for number in suites)} |", "| --- " * (2 + len(suites)) + "|"]
    for path, packages, _ in rows():
        lines.append(f"| `{path}` | {' '.join(named(packages))} | {' | '.join(cells[suite, path] for suite in suites.values())} |")
    return "\n".join(lines) + "\n"


def compare(found, write):
    before, mark, rest = DOCUMENT.read_text(encoding="utf-8").partition(MARK)
    if write:
        DOCUMENT.write_text(before + found, encoding="utf-8")
    elif mark + rest != found:
        print(f"{DOCUMENT} does not have this table; see --write", file=sys.stderr)
        return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pinctl", required=True, type=os.path.abspath)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("releases", nargs="*", choices=[*SUITES, []], metavar="RELEASE")
    options = parser.parse_args()
    suites = {number: suite for number, suite in SUITES.items() if not options.releases or number in options.releases}
    with tempfile.TemporaryDirectory(prefix="pinning-classes-", dir="/var/tmp") as scratch:
        cells, wrong = {}, []
        for suite in suites.values():
            release = Release((options.keep or pathlib.Path(scratch)).resolve(), suite)
            release.apt("update")
            for path, packages, more in rows():
                cells[suite, path], found = look(release, options.pinctl, path, packages, more)
                wrong += found
                for line in found:
                    print(line, file=sys.stderr, flush=True)
    found = table(cells, suites)
    print(found, end="")
    if suites == SUITES and not compare(found, options.write):
        wrong.append("the document")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"classes.py: {failure}", file=sys.stderr)
        sys.exit(3)
