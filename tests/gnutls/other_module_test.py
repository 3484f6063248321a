#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Tests the shim with another pinning-gnutls.so beside it: an older or newer version, or something else.

    other_module_test.py --pki FOLDER --preload FILE --module FILE --library FILE --older FILE --newer FILE SESSIONS"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "paths"))
import run  # noqa: E402

CLASS, CLASS_32, MACHINE = 4, 1, 18  # offsets of class and machine in an ELF header, and the class of a 32-bit program
ALL_REFUSED = {"right": "refused", "uncovered-tls1.2": "refused", "wrong-credentials-yes": "refused"}
AS_EVER = {"right": "accepted", "resumed-uncovered": "accepted", "wrong-tls1.2": "refused"}
NO_MODULE = 'event=not-enforced library=gnutls message="pinning-gnutls.so cannot be loaded" consequence="every host is refused"'
OLDER = ('event=not-enforced library=gnutls message="pinning-gnutls.so is older than libpinning-preload.so" '
         'consequence="every host is refused"')


def with_byte(file, offset, value):
    image = bytearray(pathlib.Path(file).read_bytes())
    image[offset] = value
    return bytes(image)


def modules(options):
    """Yields (name, what replaces the module, what the log says of it, outcomes)."""
    true = pathlib.Path(options.module).read_bytes()
    yield "its own", true, None, AS_EVER
    yield "newer", pathlib.Path(options.newer).read_bytes(), None, AS_EVER
    yield "older", pathlib.Path(options.older).read_bytes(), OLDER, ALL_REFUSED
    yield "the shim itself", pathlib.Path(options.preload).read_bytes(), NO_MODULE, ALL_REFUSED
    yield "of 32 bits", with_byte(options.module, CLASS, CLASS_32), NO_MODULE, ALL_REFUSED
    yield "of another processor", with_byte(options.module, MACHINE, true[MACHINE] ^ 1), NO_MODULE, ALL_REFUSED
    yield "empty", b"", NO_MODULE, ALL_REFUSED


def mistakes(options, folder, told, outcomes):
    for case, expected in outcomes.items():
        env = run.environment("shim", folder, options)
        done = subprocess.run([options.sessions, case], env=env, cwd=folder, capture_output=True, text=True, timeout=60,
                              errors="replace", check=False)
        outcome = (re.findall(r"^outcome: (.*)$", done.stdout, re.M) or [f"status {done.returncode}"])[-1]
        if outcome != expected:
            yield f"{case}: {outcome}, expected {expected}"
        if told is None and "not-enforced" in done.stderr or told is not None and told not in done.stderr:
            yield f"{case}: the log says: {done.stderr or 'nothing'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("pki", "preload", "module", "library", "older", "newer"):
        parser.add_argument(f"--{name}", required=True, type=os.path.abspath)
    parser.add_argument("sessions", type=os.path.abspath)
    options, failed = parser.parse_args(), 0
    for name, image, told, outcomes in modules(options):
        with tempfile.TemporaryDirectory(prefix="other-module-") as folder:
            place = pathlib.Path(folder, "pinning")
            place.mkdir()
            (place / "pinning-gnutls.so").write_bytes(image)
            here = argparse.Namespace(**{**vars(options), "preload": shutil.copy(options.preload, folder)})
            shutil.copy(options.library, folder)
            found = list(mistakes(here, folder, told, outcomes))
        print(f"{name:<22} {len(outcomes)} cases, {len(found)} wrong", *found, sep="\n    ")
        failed += len(found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
