# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""A list as large as those that browsers ship, in Chromium's structure: imported in linear time, checked, enforced."""

import json
import os
import random
import resource
import subprocess

from conversion_case import ConversionCase, pin
from pinctl_case import main, pin_of, read
from run_test import Server

PINNED = 30000
NOT_PINNED = 60000
PINSETS = 400
HEAD = """// Copyright. The list below is generated; its structure is that of transport_security_state_static.json.
//
// "pinsets" is a list of objects, "entries" is another; comments stand where they like.
{
"""


def write_list(folder, pinned, not_pinned, seed=1):
    """LIST.json and LIST.pins with so many hosts, and api.example.com pinned to the key of server.pem among them."""
    chance = random.Random(seed)
    with open(os.path.join(folder, "list.pins"), "w", encoding="utf-8") as file:
        file.write("# Keys and certificates.\n\nPinsListTimestamp\n1700000000\n")
        for number in range(PINSETS * 3):
            file.write(f"\nKey{number}\n{pin(str(number))}\n")
        file.write("\nTheServer\n" + read("server.pem").decode() + "\n\nTheSpare\n" + read("spare.pub").decode())
    sets = [{"name": f"set{number}", "static_spki_hashes": [f"Key{chance.randrange(PINSETS * 3)}" for _ in range(chance.randint(2, 12))]}
            for number in range(PINSETS)]
    sets.append({"name": "ours", "static_spki_hashes": ["TheServer", "TheSpare"], "report_uri": "http://example.com/"})
    entries = [{"name": "api.example.com", "policy": "custom", "mode": "force-https", "pins": "ours"}]
    for number in range(pinned - 1):
        entry = {"name": f"host{number}.zone{number % 997}.example", "policy": "custom", "mode": "force-https", "pins": f"set{number % PINSETS}"}
        if number % 3 == 0:
            entry["include_subdomains" if number % 2 else "include_subdomains_for_pinning"] = True
        entries.append(entry)
    entries += [{"name": f"plain{number}.test", "policy": "bulk-1-year", "mode": "force-https", "include_subdomains": True}
                for number in range(not_pinned)]
    chance.shuffle(entries)
    lines = ["    " + json.dumps(entry) for entry in entries]
    lines.insert(len(lines) // 2, "    // Half way.\n" + lines.pop(len(lines) // 2))
    with open(os.path.join(folder, "list.json"), "w", encoding="utf-8") as file:
        file.write(HEAD + '  "pinsets": [\n' + ",\n".join("    " + json.dumps(one) for one in sets))
        file.write('\n  ],\n\n  "entries": [\n' + ",\n".join(lines) + "\n  ]\n}\n")


class RealSize(ConversionCase):
    def cpu_seconds(self, *words):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.pinctl(*words)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    def take(self, pinned, not_pinned):
        folder = os.path.join(self.folder, f"in{pinned}")
        os.mkdir(folder)
        write_list(folder, pinned, not_pinned)
        return self.cpu_seconds("import", os.path.join(folder, "list.json"), "--policy", os.path.join(folder, "policy.cfg"))

    def test_time_grows_with_the_list_and_no_faster(self):
        small = self.take(PINNED // 4, NOT_PINNED // 4)
        large = self.take(PINNED, NOT_PINNED)
        print(f"{PINNED // 4} hosts {small:.2f} s, {PINNED} hosts {large:.2f} s of CPU")
        self.assertLess(large, 8 * max(small, 0.05), "four times as much; quadratic time would be sixteen times")

    def test_checked_updated_and_enforced(self):
        write_list(self.folder, PINNED, NOT_PINNED)
        source = os.path.join(self.folder, "list.json")
        self.assertIn(f"{PINNED} entries imported", self.pinctl("import", source).stderr)
        self.assertIn(f"valid, {PINNED} hosts, 0 errors", self.pinctl("check").stderr)
        shown = self.json("show", "below.host3.zone3.example")
        self.assertEqual(shown["entries"][0]["name"], "host3.zone3.example")
        self.assertEqual(self.json("show", "api.example.com")["entries"][0]["pins"], [pin_of("server.pem"), pin_of("other.pem")])
        self.enforced()
        with open(source, encoding="utf-8") as file:
            text = file.read()
        with open(source, "w", encoding="utf-8") as file:
            file.write(text.replace("host7.zone7.example", "host7.zone8.example"))
        diff = self.pinctl("import", source, "--dry-run").stdout
        self.assertEqual(sum(line.startswith(("-  {", "+  {")) for line in diff.splitlines()), 2, diff)
        subprocess.run(["patch", "-p0", "-s", "-d", "/"], input=diff.encode(), check=True, capture_output=True)
        self.assertIn("nothing was changed", self.pinctl("import", source).stderr)
        self.assertEqual(self.pinctl("show", "host7.zone7.example", status=1).returncode, 1)

    def enforced(self):
        # A program built without sanitizers cannot load a shim built with them.
        if os.environ.get("PINNING_SANITIZE"):
            return
        for certificate, status in (("server", 0), ("swapped", 60)):
            with Server(certificate) as port:
                done = self.pinctl("run", "--", "curl", "-sS", "--cacert", "root.pem", "--resolve",
                                   f"api.example.com:{port}:127.0.0.1", f"https://api.example.com:{port}/", status=status)
                self.assertEqual("s_server" in done.stdout, status == 0)


if __name__ == "__main__":
    main()
