# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import: damaged texts, large ones, and a list as large as those that browsers ship, in Chromium's structure:
imported in linear time, checked, enforced."""

import json
import os
import random
import resource
import subprocess

from conversion_case import A, ConversionCase, b64, colons, curl, hexed, pin
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


class Damaged(ConversionCase):
    FORMATS = ("android", "chromium", "curl", "envoy", "hpkp", "okhttp", "postfix", "tlsa", "trustkit", "windows")

    def test_nonsense_is_refused(self):
        for form in self.FORMATS:
            for text in ("", "\n\n", "\x01\x02\x1b[31m", b"\xff\xfe\x80", "a\x00b", "{" * 100000, "<a>" * 100000, "(" * 9999,
                         '"' * 99999, "x " * 99999):
                self.refuses(text, form)

    def test_text_that_ends_anywhere_is_refused(self):
        whole = {
            "android": f'<network-security-config><domain-config><domain>x.org</domain><pin-set><pin digest="SHA-256">{b64("a")}</pin>'
                       "</pin-set></domain-config></network-security-config>",
            "trustkit": "<plist><dict><key>TSKPinnedDomains</key><dict><key>x.org</key><dict><key>TSKPublicKeyHashes</key><array>"
                        f"<string>{b64('a')}</string></array></dict></dict></dict></plist>",
            "envoy": '{"sni": "x.org", "verify_certificate_spki": ["%s"]}' % b64("a"),
            "tlsa": f"_443._tcp.x.org. IN TLSA ( 3 1 1 {'ab' * 32} )",
        }
        for form, text in whole.items():
            for length in range(1, len(text), 17):
                self.refuses(text[:length], form)

    def test_xml_that_reaches_out_or_blows_up_is_refused(self):
        secret = self.file("secret", "x.example")
        for subset in ('<!ENTITY a "x.org">', f'<!ENTITY a SYSTEM "file://{secret}">', f'<!ENTITY % a SYSTEM "file://{secret}"> %a;',
                       '<!ENTITY b "' + "x" * 9999 + '">' + "".join(f'<!ENTITY {name} "{("&" + last + ";") * 10}">'
                                                                    for last, name in zip("bcdefgh", "cdefgha"))):
            text = (f"<!DOCTYPE network-security-config [{subset}]><network-security-config><domain-config><domain>&a;</domain>"
                    f'<pin-set><pin digest="SHA-256">{b64("a")}</pin></pin-set></domain-config></network-security-config>')
            self.refuses(text, "android")


class Large(ConversionCase):
    """Twice as much takes twice as long, not four times."""

    def seconds(self, form, text, *words):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        text, _, keys = text.partition("\f")
        path_of_text = self.file("large.txt", text)
        self.file("large.txt.pins", keys)
        self.pinctl("import", path_of_text, "--format", form, "--dry-run", "--lossy", *words, status=None)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    CASES = {
        "hpkp": (lambda n: "Public-Key-Pins: max-age=9\n" + f' ; pin-sha256="{b64("a")}"\n' * n, 20000, "--host", "x.org"),
        "hpkp-php": (lambda n: "<?php header('Public-Key-Pins: max-age=9' " + f".';pin-sha256=\"{b64('a')}\"'" * n + ");", 20000, "--host", "x.org"),
        "hpkp-traefik": (lambda n: f"Header set Public-Key-Pins '{curl('a')}'\nx " + "publicKey: " * n, 8000, "--host", "x.org"),
        "hpkp-names": (lambda n: "x " + "Public-Key-Pins: " * n, 8000, "--host", "x.org"),
        "hpkp-open": (lambda n: "add_header Public-Key-Pins 'max-age=1';\n" + '{"pin-sha256=' * n, 40000, "--host", "x.org"),
        "hpkp-open-and-closed": (lambda n: "add_header Public-Key-Pins 'max-age=1';\n" + '{"pin-sha256=' * n + '"}' * n, 40000, "--host", "x.org"),
        "hpkp-servers": (lambda n: "".join(f"server {{\nserver_name x{i}.org;\nadd_header Public-Key-Pins 'pin-sha256={b64(str(i))}';\n}}\n" for i in range(n)), 4000, "--host", "x9.org"),
        "apple": (lambda n: "<plist><array>" + "<dict><key>NSPinnedDomains</key><dict></dict></dict>" * n + "</array></plist>", 20000),
        "chromium": (lambda n: '{"pinsets": [{"name": "a", "static_spki_hashes": ["a"]}], "entries": []}\f' + "a\n-----BEGIN C\n" * n, 40000),
        "envoy-colons": (lambda n: f"- sni: x.org\n  verify_certificate_spki: [{b64('a')}]\n  x: \"" + ":" * n + "\"\n", 80000),
        "curl": (lambda n: "curl " + f"--pinnedpubkey {curl('a')} \\\n" * n + "https://x.org/", 20000, "--host", "x.org"),
        "git": (lambda n: '[http "https://x.org/"] ' * n + f"pinnedpubkey = {curl('a')}\n", 40000),
        "okhttp": (lambda n: "x.add(" * n + f'CertificatePinner.Builder().add("x.org", "{A}")', 40000),
        "okhttp-constants": (lambda n: f'val P = "{A}"\n' * n + 'CertificatePinner.Builder()\n' + '.add("x.org", P)\n' * n, 20000),
        "okhttp-imports": (lambda n: "import " * n + f'CertificatePinner.Builder().add("x.org", "{A}")', 80000),
        "okhttp-import-lines": (lambda n: "import .\n" * n + "import a" + ".A" * n + f'\nCertificatePinner.Builder().add("x.org", "{A}").add(A.{"B." * n}C, "{A}")', 40000),
        "okhttp-path": (lambda n: "x = CertificatePinner" + ".Builder" * n + f'\nCertificatePinner.Builder().add("x.org", "{A}")', 5000),
        "okhttp-import-path": (lambda n: "import a" + ".CertificatePinner" * n + f'\nCertificatePinner.Builder().add("x.org", "{A}")', 5000),
        "okhttp-apply": (lambda n: "x = X.Builder()" + ".f()" * n + ".apply {" + "add(a, b)\n" * n + "}\n", 5000),
        "curl-inner": (lambda n: f"curl --pinnedpubkey {curl('a')} https://x.org/ " + "$(a) `b` " * n + "$(" * n, 40000),
        "trustkit-one-literal": (lambda n: "x = [" + "{ kTSKPinnedDomains: {} }, kTSKPinnedDomains: [:], " * n + f'kTSKPinnedDomains: ["x.org": [kTSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"]]]]', 10000),
        "trustkit-nested": (lambda n: "x = " + "[" * n + 'kTSKPinnedDomains: [:],' * n + "]" * n, 10000),
        "trustkit-side-by-side": (lambda n: "x = Object.assign(" + "{}, " * n + "{ TSKPinnedDomains: {} }" * n + ")", 10000),
        "okhttp-text": (lambda n: 'CertificatePinner.Builder().add("x.org", "sha256/"' + '+ ""' * n + f' + "{b64("a")}")', 40000),
        "msmtp": (lambda n: "".join(f"account a{i}\nhost h{i}.org\ntls_fingerprint {colons('a')}\n" for i in range(n)), 10000),
        "weechat": (lambda n: "".join(f'a{i}.addresses = "h{i}.org"\na{i}.tls_fingerprint = "{hexed("a")}"\n' for i in range(n)), 10000),
        "postfix": (lambda n: "".join(f"[x.org]:{i + 1} fingerprint match={colons('a')}\n" for i in range(n)), 20000),
        "gnutls": (lambda n: "".join(f"|c0|x.org|443|0|6|{hexed(str(i))}\n" for i in range(n)), 10000),
        "tlsa": (lambda n: "".join(f"_443._tcp.x.org. TLSA 3 1 1 {hexed(str(i))}\n" for i in range(n)), 10000),
        "tlsa-origin": (lambda n: "$ORIGIN a\n" * n + f"_443._tcp.x.org. TLSA 3 1 1 {hexed('a')}\n", 20000),
        "knot_resolver": (lambda n: "TLS_FORWARD {} pin_sha256 " * n, 20000),
        "android": (lambda n: "<network-security-config><domain-config>" + "<domain>x.org</domain>" * n + "<pin-set/>" * n
                    + "</domain-config></network-security-config>", 20000),
        "firefox": (lambda n: f'kAFingerprint[] = "{b64("a")}"; kS_Data[] = {{' + "kAFingerprint," * n + "}; kS = { " + "kS_Data," * n
                    + " }; kPublicKeyPinningPreloadList[] = {" + "".join(f'{{ "h{i}.org", false, false, false, 1, &kS }},\n' for i in range(n)) + "};", 5000),
    }

    def test_time_is_linear(self):
        for name, (make, count, *words) in self.CASES.items():
            with self.subTest(name=name):
                form = name.split("-")[0]
                small = large = float("inf")
                # A busy machine only adds to a figure: what seems steep is measured again.
                for attempt in range(5):
                    small = min(small, self.seconds(form, make(count), *words))
                    large = min(large, self.seconds(form, make(2 * count), *words))
                    if attempt > 0 and large < 3.2 * max(small, 0.05):
                        break
                print(f"{name}: {count} {small:.3f} s, {2 * count} {large:.3f} s")
                self.assertLess(large, 3.2 * max(small, 0.05))


class BrowserList(ConversionCase):
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
