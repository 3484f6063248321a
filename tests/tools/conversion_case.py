# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What the tests of import and export share."""

import base64
import hashlib
import os
import re
import shutil

from pinctl_case import PinctlCase


def raw(word):
    """32 bytes that stand for a key of this name."""
    return hashlib.sha256(word.encode()).digest()


def b64(word):
    return base64.b64encode(raw(word)).decode()


def pin(word):
    return "sha256/" + b64(word)


def hexed(word):
    return raw(word).hex()


def colons(word):
    return ":".join(f"{byte:02X}" for byte in raw(word))


def curl(word):
    """A pin as curl and git spell it."""
    return "sha256//" + b64(word)


# Keys and entries of most cases. By convention the key "c" stands where nothing may be read, as in a comment.
A, B, C = pin("a"), pin("b"), pin("c")
ONE = {"x.org": [A]}
BOTH = {"x.org": [A, B]}
HOSTS = {"x.org": [A], "y.org": [B]}

# Parts of what pinctl says.
UNEXPECTED = "was not expected to have a pin"
NAMELESS = "nothing says whose pins"
NO_COMMENT = "knows no comments behind a value"
NO_WILDCARD = 'knows no names with "*"'


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

    def refuses(self, text, form, *said):
        """An import is refused with a message that names the file, holds nothing that a terminal obeys, and leaves no policy."""
        hosted = ("--host", "x.example") if form in ("curl", "hpkp", "envoy") else ()
        done = self.pinctl("import", self.file("evil", text), "--format", form, *hosted, status=None)
        self.assertIn(done.returncode, (1, 3), (form, text[:80], done.stderr))
        self.assertEqual(self.policy_files(), {})
        self.assertFalse(any(ord(sign) < 32 and sign != "\n" for sign in done.stderr), done.stderr)
        self.assertRegex(done.stderr, r"evil(:\d+)?: ")
        for expected in said:
            self.assertIn(expected, done.stderr, form)


class ImportCase(ConversionCase):
    """Cases of one format."""

    form = None
    setting = "pins"  # Of the entries that are compared.

    def forget(self):
        """Starts again from a policy without entries."""
        shutil.rmtree(os.path.join(self.folder, "policy.d"))

    def by_name(self, setting, entries):
        return {entry["name"] + "".join(f":{port}" for port in entry["ports"]): entry[setting] for entry in entries}

    def pins(self, text, *words, setting="pins", **options):
        """Imports a text and returns name:ports -> pins; what pinctl did, where that was refused."""
        done = self.imports(text, *words, **options)
        return self.by_name(setting, done) if isinstance(done, list) else done

    def fingerprints(self, text, *words, **options):
        return self.pins(text, *words, setting="fingerprints", **options)

    def taken(self, folder, text, status, *words):
        """Imports a text into a policy of its own: what pinctl did, and name:ports -> setting."""
        policy = os.path.join(self.folder, str(folder), "policy.cfg")
        os.mkdir(os.path.dirname(policy))
        done = self.pinctl("import", self.file("list.txt", text), "--policy", policy, *words, status=status)
        return done, self.by_name(self.setting, self.entries(policy) if done.returncode == 0 else [])

    def each(self, rows, check):
        """Calls check(FOLDER, the words that name the format, *row) for each row of a table, as a test of its own."""
        self.assertTrue(rows)
        for number, row in enumerate(rows):
            with self.subTest(form=self.form, number=number, text=row[0]):
                check(f"{number}", ("--format", self.form), *row)

    def rows(self, rows, *more):
        """Rows of (text, entries, said): with `said` the status is 1, and the entries are what --lossy takes then."""
        def check(folder, words, text, entries, said):
            words += more
            if said is not None:
                done, _ = self.taken(f"{folder}-strict", text, 1, *words)
                self.assertIn(said, done.stderr)
                self.assertRegex(done.stderr, r"list\.txt:\d+: ", "a message has its line")
                words += ("--lossy",)
            done, found = self.taken(folder, text, 0 if entries else 1, *words)
            self.assertEqual(found, entries, done.stderr)
        self.each(rows, check)

    def noted(self, rows):
        """Rows of (text, entries, said), where what is said is no loss."""
        def check(folder, words, text, entries, said):
            done, found = self.taken(folder, text, 0, *words)
            self.assertIn(said, done.stderr)
            self.assertEqual(found, entries)
        self.each(rows, check)

    def counted(self, said, rows):
        """Rows of (text, entries, how often this is said)."""
        def check(folder, words, text, entries, times):
            done, found = self.taken(folder, text, 0, *words)
            self.assertEqual((found, done.stderr.count(said)), (entries, times), done.stderr)
        self.each(rows, check)

    def looks(self, rows):
        """Rows of (text, whether the entry of x.org only logs, as the software itself goes on in spite of another key)."""
        def check(folder, words, text, looks):
            policy = os.path.join(self.folder, folder, "policy.cfg")
            os.mkdir(os.path.dirname(policy))
            done = self.pinctl("import", self.file("modes.txt", text), *words, "--policy", policy)
            found = {entry["name"]: entry["mode"] for entry in self.entries(policy)}
            self.assertEqual((found, done.stderr.count("the entry only logs")), ({"x.org": "audit" if looks else "enforce"}, int(looks)), done.stderr)
        self.each(rows, check)

    def spread(self, rows):
        """Rows of (text, mode, said) for members behind a "...", which a message names by that and not as the member ""."""
        self.setting = "mode"

        def check(folder, words, text, mode, said):
            done, found = self.taken(folder, text, 0, *words, *(["--lossy"] if said else []))
            self.assertEqual(found, {"x.org": mode})
            self.assertIn(said or "1 entries imported", done.stderr)
            self.assertEqual("warning" in done.stderr, said is not None, done.stderr)
            self.assertEqual('"":' in done.stderr or 'name ""' in done.stderr, said is not None and said.startswith('"":'), done.stderr)
        self.each(rows, check)

    def star(self, text, *words, port=""):
        """A "*" in place of HOST that the software itself compares letter by letter pins no host at all."""
        for number, (name, entries) in enumerate((("x.org", {"x.org" + port: [A]}), ("*.x.org", {}))):
            status = 0 if entries else 1
            done, found = self.taken(number, text.replace("HOST", name), status, "--format", self.form, *words)
            self.assertEqual((found, NO_WILDCARD in done.stderr), (entries, not entries), done.stderr)

    def lines_named(self, text, *words):
        """The lines of which is said that no pin was expected there."""
        done = self.pinctl("import", self.file("list.txt", text), "--format", self.form, "--dry-run", "--lossy", *words)
        return sorted(int(line) for line in re.findall(r"list\.txt:(\d+): .*" + UNEXPECTED, done.stderr))
