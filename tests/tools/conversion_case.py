# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What the tests of import and export share."""

import base64
import hashlib
import os

from pinctl_case import PinctlCase


def raw(word):
    """32 bytes that stand for a key of this name."""
    return hashlib.sha256(word.encode()).digest()


def b64(word):
    return base64.b64encode(raw(word)).decode()


def pin(word):
    return "sha256/" + b64(word)


def colons(word):
    return ":".join(f"{byte:02X}" for byte in raw(word))


# What makes two entries the same entry, wherever they stand.
SAME = ("name", "include_subdomains", "ports", "mode", "pins", "backup_pins", "fingerprints", "intermediates", "anchors",
        "expires")


class ConversionCase(PinctlCase):
    def entries(self, policy=None):
        listed = self.json("list", *(("--policy", policy) if policy else ()))["hosts"]
        return sorted(({key: entry[key] for key in SAME} for entry in listed), key=lambda e: (e["name"], e["ports"]))

    def entry(self, name, **more):
        return {"name": name, "include_subdomains": False, "ports": [], "mode": "enforce", "pins": [], "backup_pins": [],
                "fingerprints": [], "intermediates": [], "anchors": [], "expires": None, **more}

    def file(self, name, text):
        path = os.path.join(self.folder, "in", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def imports(self, text, *words, name="list.txt", status=0, said=()):
        """Imports a text and returns the entries that came of it; nothing may change unless it is done."""
        path = self.file(name, text)
        before = self.policy_files()
        done = self.pinctl("import", path, *words, status=status)
        for expected in (said,) if isinstance(said, str) else said:
            self.assertIn(expected, done.stderr)
        if status != 0:
            self.assertEqual(self.policy_files(), before, done.stderr)
            return done
        return self.entries()

    def policy_files(self):
        return {name: data for name, data in self.snapshot().items() if not name.startswith("in/")}

    def policy_of(self, *hosts):
        """A policy with these settings of entries, in libconfig."""
        return self.write_policy("version = 1;\nhosts = (\n" + ",\n".join("  { %s }" % host for host in hosts) + "\n);\n")

    def exports(self, form, *words, status=0, said=()):
        done = self.pinctl("export", "--format", form, *words, status=status)
        for expected in (said,) if isinstance(said, str) else said:
            self.assertIn(expected, done.stderr)
        if status != 0:
            self.assertEqual(done.stdout, "")
        return done.stdout
