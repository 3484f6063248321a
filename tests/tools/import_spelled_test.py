# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Spellings of pins and hosts that once were read as something else, passed over, or not read: templates of Kotlin and
Swift, what is added to a list, names that have a "*" for nobody, digests spelled in the other way, and headers that
programs are told to send without their name."""

from conversion_case import b64, colons, pin
from import_nasty_test import UNEXPECTED, Nasty, curl, hexed
from pinctl_case import main

A, B, C = pin("a"), pin("b"), pin("c")
ONE = {"x.org": [A]}
BOTH = {"x.org": [A, B]}
NOT_HERE = "is not written out in this file"
NO_WILDCARD = 'knows no names with "*"'


class Sources(Nasty):
    def test_okhttp(self):
        head = "val b = CertificatePinner.Builder()\n"
        constants = f'const val PIN = "{b64("a")}"\nconst val HOST = "x.org"\n'
        inside = f"object Pins {{\n{constants}}}\n"
        other = f'b.add("y.org", "{B}")\n'
        second = {"y.org": [B]}
        self.rows("okhttp", [
            (head + constants + 'b.add("x.org", "sha256/$PIN")\n', ONE, None),
            (head + constants + 'b.add("x.org", "sha256/${PIN}")\n', ONE, None),
            (head + inside + constants + 'b.add("$HOST", "sha256/${Pins.PIN}")\n', ONE, None),
            (head + constants + f'b.add("api.$HOST", """{A}""")\n', {"api.x.org": [A]}, None),
            (head + inside + constants + 'b.add("""${Pins.HOST}""", """sha256/$PIN""")\n', ONE, None),
            (head + constants + other + 'b.add("x.org", "sha256/\\$PIN")\n', second, "bad pin"),
            (head + constants + other + 'b.add("x.org", "sha256/$PINS")\n', second, NOT_HERE),
            (head + constants + other + 'b.add("x.org", "sha256/${PIN.trim()}")\n', second, NOT_HERE),
            (head + constants + other + 'b.add("x.org", "sha256/${if (d) "x" else PIN}")\n', second, NOT_HERE),
            (head + constants + other + 'b.add("x.org", "sha256/${PIN")\n', second, NOT_HERE),
            (head + constants + other + 'b.add("x.org", "sha256/$")\n', second, "bad pin"),
            (head + constants + other + 'b.add("$HOST$HOST", "sha256/$PIN$PIN")\n', second, "bad pin"),
            (head + constants + f'b.add("${{this.HOST}}", "{A}")\n', ONE, None),
            (head + inside + f'b.add(Pins.HOST, "{A}")\n', ONE, None),
            (head + constants + other + f'b.add(Pins.HOST, "{A}")\n', second, "the host is not written out"),
            (head + 'val host = "x.org"\n' + other + f'b.add("${{request.url.host}}", "{A}")\n', second, "the host is not written out"),
            (head + 'val host = "x.org"\n' + other + f'b.add("${{url.host}}", "{A}")\n', second, "the host is not written out"),
            (head + 'val host = "x.org"\n' + other + f'b.add(request.url.host, "{A}")\n', second, "the host is not written out"),
            (head + 'val host = "x.org"\n' + other + f'b.add(uri("").host, "{A}")\n', second, "the host is not written out"),
            (head + constants + other + f'object Old {{ const val HOST = "z.org" }}\nb.add("${{Old.HOST}}", "{A}")\n', {**second, "z.org": [A]}, None),
            (head + constants + 'fun f(PIN: String) = 1\n' + other + 'b.add("x.org", "sha256/$PIN")\n', second, NOT_HERE),
            (head + constants + f'const val PIN = "{b64("c")}"\n' + other + 'b.add("x.org", "sha256/$PIN")\n', second, NOT_HERE),
            (head + constants + f'// const val PIN = "{b64("c")}"\nb.add("x.org", "sha256/$PIN") // $HOST\n', ONE, None),
            (f"x.org -> {A}\n# y.org -> {C}\n// z.org -> {C}\n", ONE, None),
        ])

    def test_trustkit(self):
        def swift(hashes, name='"x.org"'):
            return f"let c = [kTSKPinnedDomains: [{name}: [kTSKPublicKeyHashes: {hashes}]]]\n"
        good, added = f'["{b64("a")}"]', "what is added to a list or dictionary"
        listed = {"x.org": [A]}
        self.rows("trustkit", [
            (swift(good), listed, None),
            (swift(good + " + more"), listed, added),
            (swift(good + "\n + more"), listed, added),
            (swift(good + ".map { $0 }"), listed, added),
            (swift(good + " ?? more"), listed, added),
            (swift(good + " as [String]"), listed, None),
            (swift(good + " as? [String]"), listed, None),
            (swift(good + " as [String] + more"), listed, added),
            (swift(good + " as! [String]\n + more"), listed, added),
            (swift(good + " as? [String] ?? more"), listed, added),
            (swift(f'["{b64("a")}", "{b64("b")}" as String + more]'), listed, "a hash that is no string here"),
            (f'c[kTSKPinnedDomains] = ["x.org": [kTSKPublicKeyHashes: {good}]] as [String: Any]\nc.describe()\n', listed, None),
            (swift(good).replace("]]]", "]].merging(more)]"), listed, added),
            (swift(good) + "c.description\n", listed, None),
            (f'TSKPinnedDomains: {{ [HOST]: {{ TSKPublicKeyHashes: {good} }} }},\nconst HOST = "x.org";\n', listed, None),
            (f'class Hosts {{ static HOST = "x.org"; }}\nTSKPinnedDomains: {{ [Hosts.HOST]: {{ TSKPublicKeyHashes: {good} }} }},\n', listed, None),
            (f'TSKPinnedDomains: {{ [env.HOST]: {{ TSKPublicKeyHashes: {good} }} }},\nconst HOST = "x.org";\n', {}, "a key that is not written out"),
            (f'TSKPinnedDomains: {{ [sub + HOST]: {{ TSKPublicKeyHashes: {good} }} }},\nconst HOST = "x.org";\n', {}, "a key that is not written out"),
            (f'TSKPinnedDomains: {{ [host()]: {{ TSKPublicKeyHashes: {good} }} }},\n', {}, "a key that is not written out"),
            (swift(good, '"*.x.org"'), {}, NO_WILDCARD),
            (swift(f'["{b64("a")}", "\\(other)"]'), listed, "a hash that is no string here"),
        ])


class Names(Nasty):
    """A "*" that the software itself compares letter by letter pins no host at all."""

    def rows_of(self, form, text, *words, port=""):
        for number, (name, entries) in enumerate((("x.org", {"x.org" + port: [A]}), ("*.x.org", {}))):
            status = 0 if entries else 1
            done, found = self.taken(f"{form}-{number}", text.replace("HOST", name), status, "--format", form, *words)
            self.assertEqual((found, NO_WILDCARD in done.stderr), (entries, not entries), done.stderr)

    def test_formats(self):
        keys = ("--pins", self.file("keys.pins", f"K\n{A}\n"))
        self.rows_of("android", "<network-security-config><domain-config><domain>HOST</domain><pin-set>"
                     f'<pin digest="SHA-256">{b64("a")}</pin></pin-set></domain-config></network-security-config>')
        self.rows_of("chromium", '{"pinsets": [{"name": "s", "static_spki_hashes": ["K"]}], "entries": [{"name": "HOST", "pins": "s"}]}', *keys)
        self.rows_of("envoy", f'sni: "HOST"\nverify_certificate_spki: [{b64("a")}]\n')
        self.rows_of("tlsa", f"_443._tcp.HOST. TLSA 3 1 1 {hexed('a')}\n", port=":443")
        self.rows_of("stubby", f'tls_auth_name: "HOST"\ntls_pubkey_pinset: [{{digest: sha256, value: {b64("a")}}}]\n', port=":853")

    def test_the_host_that_is_asked_for(self):
        self.assertEqual(self.taken("host", curl("a"), 0, "--format", "curl", "--host", "*.x.org")[1], {"*.x.org": [A]})


class Digests(Nasty):
    def test_openconnect(self):
        good = f"openconnect --servercert pin-sha256:{b64('a')} x.org\n"
        old = f"--servercert sha256:{hexed('c')} y.org"
        self.rows("openconnect", [
            (good + f"# {old}\n", ONE, None),
            (good + f"openconnect {old}\n", {**ONE, "y.org": [C]}, None),
            (good + f'alias vpn="sudo openconnect {old}"\n', ONE, UNEXPECTED),
            (good + f"alias vpn='sudo openconnect {old}'\n", ONE, UNEXPECTED),
            (good + f"CERT=sha256:{hexed('c')}\n", ONE, UNEXPECTED),
            (good + f"CERT=pin-sha256:{b64('c')}\n", ONE, UNEXPECTED),
            (good + f"export CERT=\"sha256:{hexed('c').upper()}\"\n", ONE, UNEXPECTED),
            (good + f"CERT=sha256:{colons('c')}\n", ONE, UNEXPECTED),
            (good + f"CERT=sha256:{hexed('c')}00\n", ONE, None),
            (good + f"SUM={hexed('c')}\n", ONE, None),
        ])

    def test_envoy(self):
        good = f"- sni: x.org\n  verify_certificate_spki: [{b64('a')}]\n"
        self.rows("envoy", [
            (good + f"  verify_certificate_hashes: [{hexed('b')}]\n", ONE, UNEXPECTED),
            (good + f"  verify_certificate_hashes: [\"{colons('b')}\"]\n", ONE, UNEXPECTED),
            (good + f"  verify_certificate_spkis: [{b64('b')}]\n", ONE, UNEXPECTED),
            (good + f"  verify_certificate_hash: [{hexed('b')}]\n", ONE, None),
            (good + f"  hash: {hexed('b').upper()}\n", ONE, UNEXPECTED),
            (good + f"# hash: {hexed('c')}\n", ONE, None),
            (good + f"- remote: {{sha256: {hexed('c')}}}\n", ONE, None),
            (good + f"- remote: {{sha256: {hexed('c')}}}\n  hash: {hexed('b')}\n", ONE, UNEXPECTED),
            (good + f"- hash: {hexed('b')}00\n", ONE, None),
            (good + f"- hash: x{hexed('b')}\n", ONE, None),
        ])

    def test_curl(self):
        for number, text in enumerate((f"# of x.org\n{curl('a')}\n", f"\n\n'{curl('a')}'\n# {curl('c')}\n", f"{curl('a')} # was {curl('c')}\n")):
            self.assertEqual(self.taken(f"{number}", text, 0, "--format", "curl", "--host", "x.org")[1], ONE)
        done, found = self.taken("second", f"# a\n{curl('a')}\n{curl('b')}\n", 0, "--format", "curl", "--host", "x.org", "--lossy")
        self.assertEqual((found, ":2: more than one value" in done.stderr), (ONE, True))


class Headers(Nasty):
    def test_headers(self):
        value = "".join(f'pin-sha256="{b64(word)}"; ' for word in "ab") + "max-age=5184000"
        escaped = value.replace('"', '\\"')
        label = "traefik.http.middlewares.s.headers.publickey="
        self.rows("hpkp", [
            (f"headers:\n  publicKey: '{value}'\n", BOTH, None),
            (f"[headers]\n  publicKey = '{value}'\n", BOTH, None),
            (f"labels:\n - \"{label}{escaped}\"\n", BOTH, None),
            (f"labels:\n - {label}{value}\n", ONE, UNEXPECTED),
            (f"labels:\n - \"{label.replace('.s.', '.publickey.')}{escaped}\"\n", BOTH, None),
            (f"peer:\n  publicKey: '{b64('c')}'\nheaders:\n  publicKey: '{value}'\n", BOTH, UNEXPECTED),
            (f"myPublicKey: '{value}'\nheaders:\n  publicKey: '{value}'\n", BOTH, UNEXPECTED),
            (f"hpkp: {{ maxAge: 99, sha256s: ['{b64('a')}', '{b64('b')}'] }},\n", BOTH, None),
            (f"const options = {{ maxAge: 99, sha256s: ['{b64('a')}', '{b64('b')}'] }};\napp.use(helmet.hpkp(options));\n", BOTH, None),
            (f"/* hpkp: {{ maxAge: 99, sha256s: ['{b64('c')}'] }} */\nhpkp: {{ maxAge: 99, sha256s: ['{b64('a')}', '{b64('b')}'] }},\n", BOTH, None),
            (f"hpkp: {{ maxAge: 99, sha256s: ['{b64('a')}', spare] }},\n", ONE, 'bad pin-sha256 "spare"'),
            (f"hpkp: {{ maxAge: age, sha256s: ['{b64('a')}', '{b64('b')}'] }},\n", BOTH, "max-age"),
            (f"hpkp: {{ maxAge: 99, sha256s: ['{b64('a')}', '{b64('b')}'] }},\nold: {{ maxAge: 99, sha256s: ['{b64('c')}'] }},\n", {}, "another header"),
            (f"- key: Public-Key-Pins\n  value: '{value}'\n", BOTH, None),
            (f"- name: Public-Key-Pins\n  value: \"{escaped}\"\n", BOTH, None),
            (f"headers:\n  Public-Key-Pins: |\n    {value}\n", BOTH, None),
            (f"headers:\n  Public-Key-Pins: >-\n    {value}\n  Other: x\n", BOTH, None),
            (f'<add value="{value.replace(chr(34), "&quot;")}" name="Public-Key-Pins"\n/>', BOTH, None),
            (f"set $pins '{value}';\nadd_header Public-Key-Pins $pins;\n", {}, UNEXPECTED),
        ], "--host", "x.org")

    def test_the_mode_is_that_of_the_name(self):
        value = f'pin-sha256="{b64("a")}"; pin-sha256="{b64("b")}"; max-age=9; report-uri="https://r.org/publickey"'
        for number, (text, mode) in enumerate((
                (f"<?php header('Public-Key-Pins-Report-Only: {value}');\n", "audit"),
                (f"Header always set Public-Key-Pins-Report-Only '{value}'\n", "audit"),
                (f"<?php header('Public-Key-Pins: {value}');\n", "enforce"),
                (f"headers:\n  publicKey: '{value}'\n", "enforce"))):
            with self.subTest(text=text):
                self.pinctl("import", self.file("mode.txt", text), "--format", "hpkp", "--host", f"x{number}.org")
                found = [(entry["mode"], entry["pins"]) for entry in self.entries() if entry["name"] == f"x{number}.org"]
                self.assertEqual(found, [(mode, [A, B])])

    def test_helmet(self):
        pins = f"sha256s: ['{b64('a')}', \"{b64('b')}\"]"
        self.rows("hpkp", [
            (f"app.use(helmet.hpkp({{ maxAge: 100, {pins} }}));\n", BOTH, None),
            (f"app.use(hpkp({{ {pins}, maxage: 100, includeSubdomains: true, reportUri: 'a, b' }}));\n", BOTH, None),
            (f"// hpkp({{ sha256s: ['{b64('c')}'] }})\nhpkp({{\n  maxAge: 100, // c\n  {pins},\n}})\n", BOTH, None),
            (f"hpkp({{ maxAge: days, {pins} }})\n", BOTH, "expected a number of seconds"),
            (f"hpkp({{ maxAge: 24 * 60, {pins} }})\n", BOTH, "expected a number of seconds"),
            (f"hpkp({{ {pins} }})\n", BOTH, "max-age is missing"),
            (f"hpkp({{ maxAge: 100, sha256s: ['{b64('a')}', PIN] }})\n", ONE, 'bad pin-sha256 "PIN"'),
            (f"hpkp({{ maxAge: 100, sha256s: [...PINS, '{b64('a')}'] }})\n", ONE, 'bad pin-sha256 "...PINS"'),
            ("hpkp({ maxAge: 100, sha256s: PINS })\n", {}, "has no pin"),
            (f"hpkp({{ maxAge: 100, {pins}.concat(more) }})\n", BOTH, 'bad pin-sha256 "?"'),
            (f"hpkp({{ {pins}.filter(Boolean), maxAge: 100 }})\n", BOTH, 'bad pin-sha256 "?"'),
            (f"hpkp({{ {pins} as string[], maxAge: 100 }})\n", BOTH, None),
            (f"hpkp({{ {pins} as const, maxAge: 100 }})\n", BOTH, None),
            (f"hpkp({{ {pins} as string[] || more, maxAge: 100 }})\n", BOTH, 'bad pin-sha256 "?"'),
            (f"hpkp({{ maxAge: 100, {pins}, reportOnly: isDev }})\n", BOTH, "reportOnly: expected true or false"),
            (f"hpkp({{ maxAge: 100, {pins}, reportOnly: true && isDev }})\n", BOTH, "reportOnly: expected true or false"),
            (f"hpkp({{ maxAge: 100, {pins}, reportOnly }})\n", BOTH, "reportOnly: expected true or false"),
            (f"hpkp({{ maxAge: 100, {pins}, reportOnly: false, includeSubDomains: false }})\n", BOTH, None),
            (f"hpkp({{ maxAge: 100, {pins}, includeSubDomains: sub }})\n", BOTH, "includeSubDomains: expected true or false"),
            (f"hpkp({{ maxAge: 100, {pins}, ...defaults }})\n", BOTH, "a member that is not written out"),
            (f"hpkp({{ ...defaults, maxAge: 100, {pins} }})\n", BOTH, "a member that is not written out"),
            (f"hpkp({{ maxAge: 100, {pins}, [name]: true }})\n", BOTH, "a member that is not written out"),
            (f"hpkp({{ maxAge: 100, {pins} }})\nhpkp({{ maxAge: 100, sha256s: ['{b64('c')}'] }})\n", {}, "another header"),
            (f"hpkp({{ maxAge: 100, {pins}, sha256: ['{b64('c')}'] }})\n", BOTH, UNEXPECTED),
        ], "--host", "x.org")
        report = f"hpkp({{ maxAge: 100, {pins}, includeSubDomains: true, reportOnly: true }})\n"
        self.pinctl("import", self.file("app.js", report), "--host", "x.org")
        entry, = self.entries()
        self.assertEqual((entry["mode"], entry["include_subdomains"], entry["pins"]), ("audit", True, [A, B]))


if __name__ == "__main__":
    main()
