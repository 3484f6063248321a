# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
Compares pinpolicy(3) with the public headers: each function of the headers must be on the page with the same result and
parameters and be explained there, and the page has no others. Compares the versions of header, library and pages too.

The environment variables PINCTL and PINPOLICY name what was built.
"""

import ctypes
import os
import pathlib
import re
import subprocess
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
HEADERS = [SOURCE / "policy" / name for name in ("pinpolicy.h", "pinpolicy_version.h")]
PAGE = SOURCE / "docs" / "man" / "pinpolicy.3"


def plain(text):
    return re.sub(r"\s*\*\s*", " *", " ".join(text.split())).strip()


def declared(text):
    """{function name: (result, parameters)}"""
    text = re.sub(r"(?s)/\*.*?\*/|\bPIN_MUST_USE\s+", "", text)
    found = {}
    for result, name, parameters in re.findall(r"(?m)^(?!typedef)([a-z][\w *]*?)\b(pin_\w+)\(([^()]*)\);", text):
        found[name] = (plain(result), [plain(each) for each in parameters.split(",")])
    return found


def described(text):
    synopsis = re.search(r"(?ms)^\.Sh SYNOPSIS$(.*?)^\.Sh ", text).group(1)
    found = {}
    for result, line in re.findall(r"(?m)^\.Ft (.+)\n\.Fn (.+)$", synopsis):
        name, *parameters = re.findall(r'"[^"]*"|\S+', line)
        found[name] = (plain(result.strip('"')), [plain(each.strip('"')) for each in parameters])
    return found


class Library(unittest.TestCase):
    def setUp(self):
        self.header = "\n".join(header.read_text(encoding="utf-8") for header in HEADERS)
        self.page = PAGE.read_text(encoding="utf-8")

    def test_prototypes(self):
        self.assertGreater(len(declared(self.header)), 30)
        self.assertEqual(described(self.page), declared(self.header))

    def test_each_is_explained(self):
        text = self.page.split(".Sh DESCRIPTION")[1]
        missing = [name for name in declared(self.header) if not re.search(rf"(?m)^\.Fn {name}\b", text)]
        self.assertEqual(missing, [])

    def test_a_difference_shows(self):
        for before, after in ((".Ft bool\n.Fn pin_allows", ".Ft int\n.Fn pin_allows"), ('"size_t size" "struct pin_policy', '"struct pin_policy'),
                              (".Fn pin_version \"void\"\n", "")):
            self.assertIn(before, self.page)
            self.assertNotEqual(described(self.page.replace(before, after)), declared(self.header))

    def test_statuses(self):
        values = re.search(r"(?s)enum pin_status \{(.*?)\};", re.sub(r"(?s)/\*.*?\*/", "", self.header)).group(1)
        self.assertEqual(re.findall(r"(?m)^\.It Dv (PIN_\w+)$", self.page), re.findall(r"PIN_\w+", values))

    def test_version(self):
        numbers = re.findall(r"(?m)^#define PINPOLICY_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", self.header)
        self.assertEqual(len(numbers), 3)
        major, minor, patch = map(int, numbers)
        library = ctypes.CDLL(os.environ["PINPOLICY"])
        library.pin_version.restype = ctypes.c_uint
        self.assertEqual(library.pin_version(), major << 16 | minor << 8 | patch)
        text = ".".join(numbers)
        said = subprocess.run([os.environ["PINCTL"], "--version"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(said, f"pinctl {text}\n")
        changelog = (SOURCE / "packaging/debian/changelog").read_text(encoding="utf-8")
        self.assertTrue(changelog.startswith(f"pinning ({text})"), changelog[:40])
        self.assertRegex((SOURCE / "packaging/rpm/pinning.spec").read_text(encoding="utf-8"), rf"(?m)^Version: +{re.escape(text)}$")
        self.assertRegex((SOURCE / "NEWS.md").read_text(encoding="utf-8"), rf"(?m)^## {re.escape(text)}\b")


if __name__ == "__main__":
    unittest.main()
