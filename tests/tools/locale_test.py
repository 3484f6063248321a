#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""The user's language: a German comma and the Turkish letters, for which "I" is no "i", change nothing but characters."""

import base64
import os
import re
import shutil
import subprocess
import tempfile

from pinctl_case import PinctlCase, issue, main

PIN = base64.b64encode(b"a" * 32).decode()
OTHER = base64.b64encode(b"b" * 32).decode()
LOCALES = (("de_DE", "UTF-8"), ("tr_TR", "UTF-8"), ("tr_TR", "ISO-8859-9"))


FOLDER = tempfile.mkdtemp(prefix="pinctl-locales-")


def setUpModule():
    for language, characters in LOCALES:
        subprocess.run(["localedef", "--no-archive", "-i", language, "-f", characters, f"{FOLDER}/{language}.{characters}"],
                       check=True, capture_output=True)


def tearDownModule():
    shutil.rmtree(FOLDER)


def lower_by(name):
    """What a program under that locale makes of "I"."""
    code = "import ctypes, locale; locale.setlocale(locale.LC_ALL, ''); print(ctypes.CDLL(None).tolower(ord('I')))"
    done = subprocess.run(["python3", "-c", code], env={"PATH": os.environ["PATH"], "LOCPATH": FOLDER, "LC_ALL": name},
                          capture_output=True, text=True, check=True)
    return chr(int(done.stdout))


class Locales(PinctlCase):
    def everywhere(self):
        for language, characters in LOCALES:
            name = f"{language}.{characters}"
            self.assertEqual(lower_by(name) == "i", language != "tr_TR", "the locale is not the one that was meant")
            # newlocale(3), which libconfig calls, frees what it has made of LOCPATH only sometimes.
            leaks = f"{os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0"
            yield name, {"LOCPATH": FOLDER, "LC_ALL": name, "LANG": name, "ASAN_OPTIONS": leaks}

    def test_words_in_both_cases(self):
        header = f'Public-Key-Pins: PIN-SHA256="{PIN}"; pin-sha256="{OTHER}"; MAX-AGE=3000; INCLUDESUBDOMAINS\n'
        for name, environment in self.everywhere():
            with self.subTest(name):
                shutil.rmtree(self.dropins, ignore_errors=True)
                self.pinctl("import", "--format", "hpkp", "--host", "ISTANBUL.example", "-", data=header.encode(), environment=environment)
                entry = self.json("list", environment=environment)["hosts"][0]
                self.assertEqual((entry["name"], entry["include_subdomains"]), ("istanbul.example", True))
                self.assertEqual(sorted(entry["pins"] + entry["backup_pins"]), sorted([f"sha256/{PIN}", f"sha256/{OTHER}"]))

    def test_names_of_a_certificate(self):
        """Without a word about a certificate that is for another name."""
        issue("upper", "/CN=x", extensions=("subjectAltName=DNS:MAIL.INSIDE.EXAMPLE", "basicConstraints=CA:FALSE"))
        for name, environment in self.everywhere():
            with self.subTest(name):
                shutil.rmtree(self.dropins, ignore_errors=True)
                done = self.pinctl("add", "inside.example", "--include-subdomains", "upper.pem", "--backup", "spare.pub", environment=environment)
                self.assertNotIn("warning", done.stderr)
                done = self.pinctl("add", "outside.example", "--include-subdomains", "upper.pem", environment=environment, status=None)
                self.assertIn("MAIL.INSIDE.EXAMPLE", done.stderr)

    def test_numbers_and_characters(self):
        """Numbers are printed for programs too; characters are those of the locale, and a name stays what it is."""
        for name, environment in self.everywhere():
            with self.subTest(name):
                shutil.rmtree(self.dropins, ignore_errors=True)
                self.pinctl("add", "x.org", "server.pem", "--backup", "spare.pub", environment=environment)
                asks = ("--timeout", "1", "--connect", "::127.0.0.1:9", "--json")
                for words, members in ((("monitor", "--no-history"), 2), (("scan", "x.org"), 2)):
                    done = self.pinctl(*words, *asks, environment=environment, status=1)
                    self.assertEqual(len(re.findall(r'"seconds": \d+\.\d{3}\b', done.stdout)), members, done.stdout)
                shown = self.pinctl("add", "M\u00fcnchen.Example", "server.pem", "--dry-run", "--yes", environment=environment,
                                    status=0 if name.endswith("UTF-8") else None)
                if name.endswith("UTF-8"):
                    self.assertIn('"xn--mnchen-3ya.example"', shown.stdout)


if __name__ == "__main__":
    main()
