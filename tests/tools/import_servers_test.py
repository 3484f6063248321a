# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What zone files are written like besides what the other tables hold: origins that are none, aliases that lead nowhere.
Rows as in import_nasty_test.py; where only a note is said, it is in a table of its own."""

from conversion_case import pin, raw
from import_nasty_test import Nasty
from pinctl_case import main

A, B = pin("a"), pin("b")


def hexed(word):
    return raw(word).hex()


class Servers(Nasty):
    def noted(self, form, rows, *words):
        for number, (text, entries, said) in enumerate(rows):
            with self.subTest(form=form, number=number, text=text):
                done, found = self.taken(f"{form}-{number}", text, 0, "--format", form, *words)
                self.assertIn(said, done.stderr)
                self.assertEqual(found, entries)

    def test_tlsa(self):
        record = f"TLSA 3 1 1 {hexed('a')}\n"
        good = "_443._tcp.x.org. IN " + record
        one, two = {"x.org:443": [A]}, {"x.org:443": [A], "y.org:443": [B]}
        self.rows("tlsa", [
            (good + f"$ORIGIN y.org.\n$ORIGIN z.org. www\n_443._tcp TLSA 3 1 1 {hexed('b')}\n", {**one, "z.org:443": [B]}, "$ORIGIN: expected one name"),
            (good + f"$ORIGIN y.org.\n$ORIGIN\n_443._tcp.www TLSA 3 1 1 {hexed('b')}\n", one, "$ORIGIN: expected one name"),
            (good + f"$ORIGIN y.org.\n$ORIGIN {'a.' * 600}\n_443._tcp.www TLSA 3 1 1 {hexed('b')}\n", one, "$ORIGIN: longer than any name"),
            ("$ORIGIN .\n_443._tcp.x.org " + record, one, None),
            ("$ORIGIN org.\n$ORIGIN x\n_443._tcp " + record, one, None),
            ("$ORIGIN sub\n_443._tcp " + record + good, one, "is relative"),
            (f"_443._tcp.x.org. IN TLSA ( ( 3 1 1 )\n ( {hexed('a')} ) )\n", one, None),
            (good.rstrip("\n") + f" )\n_443._tcp.y.org. TLSA 3 1 1 {hexed('b')}\n", two, '")" closes nothing'),
            (good + f"_0443._tcp.y.org. TLSA 3 1 1 {hexed('b')}\n", one, "expected _PORT._tcp.NAME"),
            (good.replace("TLSA", "TYPE0052"), one, None),
            (good + f"_443._tcp.y.org. TYPE053 3 1 1 {hexed('b')}\n", one, None),
            (good + "_443._tcp.y.org. CNAME d.org.\nd.org. CNAME out.net.\n", one, "which leads to no record in this file"),
            (good + "_443._tcp.y.org. CNAME d.org.\nd.org. CNAME _443._tcp.y.org.\n", one, "which leads to no record in this file"),
            (good + "_443._tcp.y.org. CNAME d.org. e.org.\n", one, "aliases of this kind are not followed"),
            (good + "_443._tcp.y.org. ALIAS d.org.\n", one, "aliases of this kind are not followed"),
            (good + "*._tcp.y.org. ANAME d.org.\n", one, "aliases of this kind are not followed"),
            (good + "y.org. ALIAS d.org.\n", one, None),
        ])
        self.noted("tlsa", [
            ("$ORIGIN x.org\n_443._tcp " + record, one, "has no dot at its end"),
            ("$ORIGIN org\n$ORIGIN x\n_443._tcp " + record, one, "has no dot at its end"),
        ])


main()
