# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What zone files, servers and resolvers are written like besides what the other tables hold: origins that are none,
aliases that lead nowhere, parts of a configuration that stand elsewhere. Rows as in import_nasty_test.py; where only a
note is said, it is in a table of its own."""

from conversion_case import b64, colons, pin, raw
from import_nasty_test import Nasty, UNEXPECTED
from pinctl_case import main

A, B = pin("a"), pin("b")


def hexed(word):
    return raw(word).hex()


def cluster(host, word):
    return (f"- typed_config:\n    sni: {host}\n    common_tls_context:\n      validation_context:\n"
            f"        verify_certificate_spki: [{b64(word)}]\n")


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
            (good + f"_443._tcp.y.org. TLSA 3 1 1 {hexed('b')}\n_443._tcp.y.org. CNAME d.org.\nd.org. TLSA 3 1 1 {hexed('c')}\n", one, "has an alias beside something else"),
            (good + f"_443._tcp.y.org. CNAME gone.org.\n_443._tcp.y.org. CNAME d.org.\nd.org. TLSA 3 1 1 {hexed('c')}\n", one, "has an alias beside something else"),
            (good + f"_443._tcp.y.org. CNAME e.org.\ne.org. TLSA 3 1 1 {hexed('b')}\ne.org. CNAME d.org.\nd.org. TLSA 3 1 1 {hexed('c')}\n", one, "has an alias beside something else"),
            (good + f"_443._tcp.y.org.. TLSA 3 1 1 {hexed('b')}\n", one, "expected _PORT._tcp.NAME"),
            (good + f"_443._tcp.192.0.2.1. TLSA 3 1 1 {hexed('b')}\n", one, "expected _PORT._tcp.NAME"),
            (good + f"_443._tcp.2001:db8::1. TLSA 3 1 1 {hexed('b')}\n", one, "expected _PORT._tcp.NAME"),
            (f"$ORIGIN 192.0.2.1.\n_443._tcp TLSA 3 1 1 {hexed('b')}\n" + good, one, "expected _PORT._tcp.NAME"),
        ])
        self.noted("tlsa", [
            ("$ORIGIN x.org\n_443._tcp " + record, one, "has no dot at its end"),
            ("$ORIGIN org\n$ORIGIN x\n_443._tcp " + record, one, "has no dot at its end"),
        ])

    def test_what_is_guessed(self):
        record, one = f"TLSA 3 1 1 {hexed('a')}\n", {"x.org:443": [A]}
        for number, (text, entries, words) in enumerate([
                ("$ORIGIN .\nx.org 60 IN SOA n h 1 2 3 4 5\n$ORIGIN _tcp.x.org.\n_443 " + record, one, ()),
                ("$ORIGIN _tcp.x.org.\n_443 60 IN " + record, one, ()),
                ("_443 IN " + record, one, ("--origin", "_tcp.x.org")),
                (f"Public-Key-Pins: pin-sha256={b64('a')}; pin-sha256={b64('b')}\n", {"x.org": [A, B]}, ("--host", "x.org", "--lossy"))]):
            with self.subTest(text=text):
                done, found = self.taken(f"{number}", text, 0, *words)
                self.assertEqual(found, entries, done.stderr)

    def test_envoy(self):
        elsewhere = "what a secret holds that stands elsewhere"
        secret = "validation_context_sds_secret_config: {name: v, sds_config: {path: s.yaml}}\n"
        one = {"x.org": [A]}
        good = cluster("x.org", "a")
        self.rows("envoy", [
            (cluster("x.org", "a").replace("[", "").replace("]", ""), one, None),
            ("- h: &h y.org\n" + cluster("*h", "b") + good, one, "*h: aliases are not read"),
            (good + cluster("y.org", "b") + "  h: [{x: y}]\n", one | {"y.org": [B]}, None),
            (good + f"- common_tls_context:\n    {secret}", one, elsewhere),
            (good + f"- common_tls_context:\n    combined_validation_context:\n      {secret}", one, elsewhere),
            (good + "- commonTlsContext: {validationContextSdsSecretConfig: {name: v}}\n", one, elsewhere),
            (good + f"- filter_chains:\n  - common_tls_context:\n      {secret}", one, None),
            (good + '- unknown: "' + b64("d").replace("/", "\\u002F").replace("+", "\\u002b") + '"\n', one, UNEXPECTED),
            (good + '- unknown: "' + b64("d").replace("/", "\\u002f").replace("=", "\\u003D") + '"\n', one, UNEXPECTED),
            (good + "- verify_certificate_spki: {a: b}\n", one, "expected a list"),
        ])
        self.setting = "fingerprints"
        _, found = self.taken("hash", f"sni: x.org\nverify_certificate_hash: \"{colons('a')}\"\n", 0, "--format", "envoy")
        self.assertEqual(found, one)

    def test_envoy_without_a_name(self):
        one, good = {"x.org": [A]}, cluster("x.org", "a")
        self.rows("envoy", [
            ("- h: &h y.org\n" + cluster("*h", "b") + good, one, "no \"sni\" says"),
            *[(cluster(empty, "a"), one, None) for empty in ("''", '""')],
            ("- sni: y.org\n  inner:\n  " + cluster("''", "a").replace("\n", "\n  "), one, None),
            *[(f"- applyTo: {part}\n  patch:\n    validation_context: {{verify_certificate_spki: [{b64('b')}]}}\n" + good, one, None)
              for part in ("FILTER_CHAIN", "LISTENER")],
            *[(cluster(other, "b") + good, one, "no \"sni\" says") for other in ("[y.org]", "{y: org}", "~", "null", "", "*y", "true")],
        ], "--host", "x.org")

    def test_stubby(self):
        def upstream(more, word="a", address="192.0.2.1"):
            return f"- address_data: {address}\n  tls_pubkey_pinset: [{{digest: sha256, value: {b64(word)}}}]\n{more}"
        one = {"192.0.2.1:853": [A]}
        self.rows("stubby", [
            *[(upstream(f"  {name}: x.org\n"), one, f'"{name}": stubby has no member of this name') for name in (
                "tls_authname", "tls_auth_nam", "auth_name", "hostname", "TLS_auth_name", "tls-auth-name")],
            (upstream("  tls_ports: 8853\n"), one, '"tls_ports"'),
            *[(upstream(f"  tls_port: {port}\n", "b", "192.0.2.2") + upstream(""), one, "tls_port") for port in (
                "[853]", "*p", "null", "0", "853 8853")],
            (upstream("  port: 53\n  tls_port: 8853\n"), {"192.0.2.1:8853": [A]}, None),
            (upstream("  tls_min_version: GETDNS_TLS1_3\n  tls_cipher_list: a\n  address_type: IPv4\n"), one, None),
            (upstream("  tsig_name: a\n  tls_curves_list: b\n  tls_ciphersuites: c\n  tls_max_version: d\n"), one, None),
        ])

    def test_knot_resolver(self):
        text = f"forward:\n- subtree: .\n  servers:\n  - address: 192.0.2.1\n    pin-sha256: {b64('a')}\n    hostname: [x.org, y.org]\n"
        done, _ = self.taken("strict", text, 1, "--format", "knot_resolver")
        self.assertIn(":4: hostname: expected a text", done.stderr)

    def test_chromium(self):
        keys = self.file("keys.pins", f"A\n{A}\n")
        rows = ["entries2", "Entries", "pinset", "timestamp"]
        for number, name in enumerate(rows):
            text = ('{"pinsets": [{"name": "s", "static_spki_hashes": ["A"]}], "' + name + '": [{"name": "y.org", "pins": "s"}], '
                    '"entries": [{"name": "x.org", "pins": "s"}]}')
            with self.subTest(name=name):
                done, _ = self.taken(f"{number}-strict", text, 1, "--format", "chromium", "--pins", keys)
                self.assertIn(f'"{name}": Chromium has no member of this name', done.stderr)
                _, found = self.taken(f"{number}", text, 0, "--format", "chromium", "--pins", keys, "--lossy")
                self.assertEqual(found, {"x.org": [A]})

    def test_hpkp(self):
        value = f'pin-sha256="{b64("a")}"; pin-sha256="{b64("b")}"; max-age=60'
        escaped = value.replace('"', '\\"')
        both = {"x.org": [A, B]}
        self.rows("hpkp", [
            (f'set resp.http.Public-Key-Pins = {{"{value}"}};\n', both, None),
            (f'if (req.http.host ~ "x") {{\n  set resp.http.Public-Key-Pins = {{"{value}"}};\n}}\n', both, None),
            (f'set resp.http.Public-Key-Pins = {{"{value}; includeSubDomains; report-uri="https://r/""}};\n', both, None),
            (f'set resp.http.Public-Key-Pins = {{"pin-sha256="{b64("a")}"; "}} + {{"pin-sha256="{b64("b")}"; max-age=60"}};\n', both, None),
            (f'# set resp.http.Public-Key-Pins = {{"pin-sha256="{b64("c")}"; max-age=9"}};\nset resp.http.Public-Key-Pins = {{"{value}"}};\n', both, None),
            (f'set resp.http.Public-Key-Pins = {{"{value}"}};\nset resp.http.Public-Key-Pins = {{"pin-sha256="{b64("c")}"; max-age=9"}};\n', {}, "another header"),
            (f'ngx.header["Public-Key-Pins"] = [[{value}]]\n', both, None),
            (f'{{"public-key-pins":["{escaped}"]}}\n', both, None),
            (f'{{"Public-Key-Pins": ["{escaped}"], "x": ["y"]}}\n', both, None),
            ('{"Public-Key-Pins": "' + escaped.replace("/", "\\u002F").replace("=", "\\u003d") + '"}\n', both, None),
            (f'{{"Public-Key-Pins": "{escaped}"}}\n', both, None),
            (f"add_header Public-Key-Pins '{value}'; # [[{value}]]\n", both, None),
            (f'response.withHeaders("Public-Key-Pins" -> "{escaped}")\n', both, None),
            (f'Public-Key-Pins: pin_sha256="x"; {value}\n', both, "pin_sha256: browsers know no such directive"),
            (f'Public-Key-Pins: {value}, pin-sha256="x"\n', both, "max-age: expected a number"),
            (f'Public-Key-Pins: ,pin-sha256="x"; {value}\n', both, ",pin-sha256: browsers know no such directive"),
            (f'Public-Key-Pins: {value}; includeSubDomains=false\n', both, "includeSubDomains=false: it has no value"),
        ], "--host", "x.org")

    def test_hpkp_of_several_servers(self):
        def value(word):
            return f'pin-sha256="{b64(word)}"; pin-sha256="{b64("b")}"; max-age=60'

        def nginx(host, word, name="Public-Key-Pins"):
            return f"server {{\n    server_name {host};\n    location / {{\n        add_header {name} '{value(word)}';\n    }}\n}}\n"

        def apache(host, word):
            quoted = value(word).replace('"', '\\"')
            return f'<VirtualHost *:443>\n  ServerName y.net\n  {host}\n  Header set Public-Key-Pins "{quoted}"\n</VirtualHost>\n'

        def lighttpd(what, host, word):
            quoted = value(word).replace('"', '\\"')
            return f'$HTTP["{what}"] == "{host}" {{\n  setenv.add-response-header = ( "Public-Key-Pins" => "{quoted}" )\n}}\n'

        def sent(word, host="x.org"):
            return f"< HTTP/1.1 200 OK\n< Server: {host}\n< Public-Key-Pins: {value(word)}\n< Date: now\n"

        x, nobody = {"x.org": [A, B]}, "nothing here says which is that of x.org; none is taken"
        self.rows("hpkp", [
            (nginx("y.org", "c") + nginx("www.x.org x.org", "a"), x, "beside that of line"),
            (nginx("x.org", "a") + nginx("y.org", "c"), x, "beside that of line"),
            (nginx("y.org", "c") + nginx("z.org", "a"), {}, nobody),
            (nginx("x.org", "c") + nginx("x.org", "a"), {}, nobody),
            (nginx("y.org", "c") + nginx("y.org", "a").replace("    location", "    if ($host != x.org) {}\n    location"), {}, nobody),
            (nginx("z.org", "a") + nginx("y.org", "c").replace("    ", "").replace("location /", "if ($http_referer = x.org)"), {}, nobody),
            (nginx("y.org", "a") + nginx("z.org", "a"), x, None),
            (nginx("y.org", "c").replace("server {", "server\n{") + nginx("x.org", "a").replace("server {", "server\n{"), x, "beside that of line"),
            (nginx("y.org", "c") + "".join(nginx("x.org", "a").split("\n")), x, "beside that of line"),
            (apache("ServerAlias y.org", "c") + apache("ServerAlias www.x.org x.org:443", "a"), x, "beside that of line"),
            (apache("ServerAlias y.org", "c") + apache("Redirect / https://x.org/", "a"), {}, nobody),
            (f"y.org {{\n  header Public-Key-Pins `{value('c')}`\n}}\nx.org {{\n  header Public-Key-Pins `{value('a')}`\n}}\n".replace("`", "'"), x, "beside that of line"),
            (f"add_header Public-Key-Pins '{value('c')}';\nadd_header Public-Key-Pins '{value('a')}';\n", {}, nobody),
            (sent("a") + f"< Public-Key-Pins: {value('c')}\n", x, "beside that of line"),
            (sent("c", "y.org") + "\n" + sent("a"), {}, nobody),
            (f"y:\n  Public-Key-Pins: {value('c')}\nx:\n  Public-Key-Pins: {value('a')}\n", {}, nobody),
            (lighttpd("host", "y.org", "c") + lighttpd("host", "x.org", "a"), x, "beside that of line"),
            (lighttpd("host", "y.org", "c") + lighttpd("referer", "x.org", "a"), {}, nobody),
        ], "--host", "x.org")
        text = nginx("y.org", "c") + nginx("x.org", "a", "Public-Key-Pins-Report-Only")
        self.assertEqual(self.taken("modes", text, 0, "--format", "hpkp", "--host", "x.org", "--lossy")[1], x)


main()
