# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Kinds of texts that once lost a pin without a word, gave it to another host or took an old one: comments that only
people read, hosts without a scheme, aliases that are made, relays beside relays, and the spellings of other programs."""

from conversion_case import b64, colons, pin
from import_nasty_test import UNEXPECTED, Nasty, curl, hexed
from pinctl_case import main

A, B, C = pin("a"), pin("b"), pin("c")
ONE = {"x.org": [A]}
BOTH = {"x.org": [A, B]}
NO_COMMENT = "knows no comments behind a value"


class Commands(Nasty):
    def test_curl(self):
        command = f"curl --pinnedpubkey {curl('a')} "
        old = f"curl --pinnedpubkey {curl('c')} https://z.org/"
        self.rows("curl", [
            (f"{command}x.org https://y.org/\n", {**ONE, "y.org": [A]}, None),
            (f"{command}x.org/path -o out.html\n", ONE, None),
            (f"{command}-fsSL --compressed x.org:8443 https://y.org/\n", {"x.org:8443": [A], "y.org": [A]}, None),
            (f"sudo -u a.b /usr/bin/{command}--retry 3 x.org\n", ONE, None),
            (f"docker run img.y.org/a {command}-x http://p.org:3128 x.org\n", ONE, None),
            (f"{command}-c jar.txt --max-time 1.5 https://x.org/\n", ONE, None),
            (f"{command}--cacert ca.pem https://x.org/ >log.txt\n", ONE, None),
            (f"wget -q -O a.html --pinnedpubkey={curl('a')} https://x.org/\n", ONE, None),
            (f"{command}$(host.sh) https://x.org/\n", ONE, None),
            (f"REM {old}\n@rem {old}\n{command}https://x.org/\n", ONE, None),
            (f":: {old}\n::{old}\n{command}https://x.org/\n", ONE, None),
            (f"<# {old} #>\n<#\n{old}\n#>\n{command}https://x.org/\n", ONE, None),
            (f"// {old}\n{command}https://x.org/\n", ONE, None),
            (f"<# {old}\n{command}https://x.org/\n", {**ONE, "z.org": [C]}, None),
            (f"{old} :: rem\n{command}https://x.org/ // end\n", {**ONE, "z.org": [C]}, None),
            (f"#!/bin/sh\ncat <<E\n<# a\nE\n{old}\n#>\n{command}https://x.org/\n", ONE, UNEXPECTED),
            (f"  <# a\n{old}\n#>\n{command}https://x.org/\n", ONE, None),
            (f"{command}<# {old} #> https://x.org/\n", ONE, UNEXPECTED),
            (f"echo <#a\n{old}\necho #>\n{command}https://x.org/\n", ONE, UNEXPECTED),
            (f"#!/usr/bin/pwsh\n<#\n{old}\n#>\n{command}https://x.org/\n", ONE, None),
            (f"remark {curl('b')}\n{command}https://x.org/\n", ONE, UNEXPECTED),
        ])

    def test_git(self):
        good = f'[http "https://x.org/"]\n\tpinnedPubKey = {curl("a")}\n'
        listed = f"http.https://x.org/.pinnedpubkey {curl('a')}\n"
        self.rows("git", [
            (listed, ONE, None),
            (listed.replace(curl("a"), curl("c")) + listed, ONE, None),
            ("global\tfile:/etc/gitconfig\t" + listed, ONE, None),
            (listed[:-1] + f";{curl('b')}\n", BOTH, None),
            (listed + "http.https://y.org/.pinnedpubkey\n", ONE, "has no value"),
            (listed + f"http.https://y.org/.pinnedpubkeys {curl('b')}\n", ONE, UNEXPECTED),
            (listed + f"ftp.https://y.org/.pinnedpubkey {curl('b')}\n", ONE, UNEXPECTED),
            (listed + "http.https://y.org/.pinnedpubkey /etc/y.pem\n", ONE, "expected sha256//BASE64"),
            (good.replace(curl("a"), curl("c")) + good.replace("org/", "org"), ONE, None),
            (good.replace(curl("a"), curl("c")).replace("https://x", "HTTPS://X") + good, ONE, None),
            (good.replace(curl("a"), curl("c")).replace("org/", "org/a/") + good.replace("org/", "org/a/"), ONE, "is for one path"),
            (good + f'[http "https://x.org:8443"]\n\tpinnedPubKey = {curl("b")}\n', ONE, "for every port or for the same one"),
            (good.replace(curl("a"), curl("c")).replace("org/", "org:443/") + good, ONE, None),
            (good.replace(curl("a"), curl("c")).replace("org/", "org:0443") + good, ONE, None),
            (good.replace("https://x", "HTTPS://X"), ONE, None),
            (good.replace(curl("a"), curl("c")) + good.replace("org/", "org:443/"), {"x.org:443": [A]}, None),
            (good.replace(curl("a"), curl("c")).replace("org/", "org:443/a") + good.replace("org/", "org/a"), ONE, "is for one path"),
            (good + good.replace(curl("a"), curl("c")).replace("org/", "org:80/"), ONE, "for every port or for the same one"),
        ])
        ever = f'[http]\n\tpinnedPubKey = {curl("c")}\n'
        for number, (url, entries) in enumerate((("x.org:443/", {"x.org:443": [A]}), ("x.org", ONE))):
            self.assertEqual(self.taken(f"own-{number}", ever + good.replace("x.org/", url), 0, "--host", "x.org")[1], entries)

    def test_openconnect(self):
        cert = f"--servercert pin-sha256:{b64('a')}"
        flags = ("allow-insecure-crypto", "authenticate", "juniper", "no-external-auth", "dump-http-traffic", "cookieonly", "printcookie")
        old = f"openconnect --servercert pin-sha256:{b64('c')} z.org\n"
        self.rows("openconnect", [(f"openconnect {cert} --{flag} x.org\n", ONE, None) for flag in flags] + [
            (f"REM {old}openconnect {cert} x.org\n", ONE, None),
            (f"<#\n{old}#>\nopenconnect {cert} x.org\n", ONE, None),
            (f"openconnect {cert} --os=win --csd-wrapper csd.sh x.org\n", ONE, None),
        ])


class Servers(Nasty):
    def test_hpkp(self):
        def value(*words):
            return "".join(f'pin-sha256="{b64(word)}"; ' for word in words) + "max-age=5184000"
        both, escaped = value("a", "b"), value("a", "b").replace('"', '\\"')
        self.rows("hpkp", [
            (f"add_header X-Note it's;\nadd_header Public-Key-Pins '{both}';\n", BOTH, None),
            (f"add_header X-Note it's;\nadd_header X-Other that's;\nadd_header Public-Key-Pins '{both}';\n", BOTH, None),
            (f"add_header X-Note don't; # it's {value('c')}\nadd_header Public-Key-Pins \"{escaped}\";\n", BOTH, None),
            (f"header('Public-Key-Pins: {both}'); echo 'it\\'s';\n", BOTH, None),
            (f"x.org {{\n header {{\n  -Public-Key-Pins\n  ?Public-Key-Pins \"{escaped}\"\n }}\n}}\n", BOTH, None),
            (f"header +Public-Key-Pins \"{escaped}\"\n", BOTH, None),
            (f"header >Public-Key-Pins `{both}`\n", BOTH, None),
            (f"customResponseHeaders:\n  Public-Key-Pins: \"{escaped}\"\n", BOTH, None),
            (f"headers:\n  Public-Key-Pins: '{escaped}'\n", {}, "bad pin-sha256"),
            (f"header !Public-Key-Pins\nheader Public-Key-Pins \"{escaped}\"\n", BOTH, None),
        ], "--host", "x.org")

    def test_tlsa(self):
        good = f"_443._tcp.x.org. IN TLSA 3 1 1 {hexed('a')}\n"
        one, made = {"x.org:443": [A]}, "which are not read"
        self.rows("tlsa", [
            (good + "$GENERATE 1-3 _443._tcp.h$.x.org. CNAME _443._tcp.x.org.\n", one, made),
            (good + "$GENERATE 1-3 _443._tcp.h$.x.org. 300 IN cname _443._tcp.x.org.\n", one, made),
            (good + "$GENERATE 1-3 *._tcp.h$.x.org. CNAME _443._tcp.x.org.\n", one, made),
            (good + "$GENERATE 1-3 _tcp.h$.x.org. DNAME _tcp.x.org.\n", one, made),
            (good + "$GENERATE 1-3 h$.x.org. CNAME x.org.\n$GENERATE 1-3 _h$ A 192.0.2.$\n", one, None),
            (good + '$GENERATE 1-3 "" CNAME x.org.\n', one, None),
            (good + '$GENERATE 1-3 "_443._tcp.h$" CNAME x.org.\n', one, made),
            (good + f"_25._smtp._tcp.y.org. TLSA 3 1 1 {hexed('b')}\n", one, "expected _PORT._tcp.NAME"),
            (good + f"*._443._tcp.y.org. TLSA 3 1 1 {hexed('b')}\n", one, "expected _PORT._tcp.NAME"),
            (good + f"_443._tcp._y.org. TLSA 3 1 1 {hexed('b')}\n", one, "expected _PORT._tcp.NAME"),
            (good.replace("3 1 1", "03 01 001"), one, None),
            (good + f"_443._tcp.y.org. TLSA 0 00 01 {hexed('b')}\n_443._tcp.y.org. TLSA 03 11 1 {hexed('b')}\n", {**one, "y.org:443": []}, "expected TLSA"),
        ])

    def test_envoy(self):
        spki = "common_tls_context: {validation_context: {verify_certificate_spki: [%s]}}\n"
        good = "- sni: x.org\n  " + spki % b64("a")
        client = spki % b64("c")
        self.rows("envoy", [
            (good, ONE, None),
            (good + "- downstream_tls_context: {" + client[:-1] + "}\n", ONE, None),
            (good + "- downstreamTlsContext: {" + client[:-1] + "}\n", ONE, None),
            (good + "- require_client_certificate: true\n  " + client, ONE, None),
            (good + "- requireClientCertificate: false\n  " + client, ONE, None),
            (good + "- upstream_tls_context: {sni: y.org, " + spki[:-1] % b64("b") + "}\n", ONE, None),
            (good + "- x: {downstream_tls_context: {a: [{" + client[:-1] + "}]}}\n", ONE, None),
            (good + "- pins: [%s]\n" % b64("b"), ONE, UNEXPECTED),
            (good + "# downstream_tls_context: {" + client[:-1] + "}\n", ONE, None),
            (good + "- sni: x.org\n  verify_certificate_spki: [%s]\n" % b64("b"), ONE, "with other pins"),
        ], "--host", "x.org")

    def test_resolvers(self):
        server = "- address_data: 192.0.2.%d\n  tls_auth_name: %s\n  tls_pubkey_pinset: [{digest: sha256, value: %s}]\n"
        good = server % (1, "x.org", b64("a"))
        one = {"x.org:853": [A]}
        stubby, knot = ("--format", "stubby"), ("--format", "knot_resolver")
        self.rows("stubby", [
            ("stubby:\n  upstream_recursive_servers:\n  " + good.replace("\n  ", "\n    "), one, None),
            ("upstream_recursive_servers:\n" + good + "other:\n" + server % (2, "y.org", b64("b")), {**one, "y.org:853": [B]}, None),
            (good, one, None),
            (good + "- tls_auth_name: y.org\n", one, None),
            (good + "- tls_auth_name: y.org\n  pinset: [{digest: sha256, value: %s}]\n" % b64("b"), one, UNEXPECTED),
            (good + "- {tls_pubkey_pinset: [{digest: sha256, value: %s}]}\n" % b64("b"), one, "nothing says whose pins"),
            (good + "- {address_data: [192.0.2.2], tls_pubkey_pinset: [{digest: sha256, value: %s}]}\n" % b64("b"), one, "expected string"),
            (good + "- {tls_auth_name: y.org, tls_pubkey_pinset: %s}\n" % b64("b"), one, "expected array"),
            (good + "- {tls_auth_name: y.org, tls_pubkey_pinset: [{digest: SHA256, value: %s}]}\n" % b64("b"), one, "expected digest"),
            (good + "# " + server.replace("\n", "\n#") % (3, "z.org", b64("c")) + "\n", one, None),
        ], *stubby)
        forward = f"forward:\n- servers:\n  - hostname: x.org\n    pin-sha256:\n    - {b64('a')}\n"
        for number, (text, status) in enumerate(((f"    # - {b64('c')}\n", 0), (f"    -- {b64('b')}\n", 3), (f"  - pins: {b64('b')}\n", 1))):
            self.taken(f"knot-{number}", forward + text, status, *knot)
        yaml = "# was policy.TLS_FORWARD\n" + forward
        self.assertEqual(self.taken("knot-comment", yaml, 0, *knot)[1], one)
        lua = f"policy.add(policy.all(policy.TLS_FORWARD({{{{'192.0.2.1', hostname='x.org', pin_sha256='{b64('a')}'}}}})))\n"
        for number, comment in enumerate(("-- as pin-sha256 of YAML\n", "n = #list -- pin-sha256\n", "--[[ # pin-sha256\n]]")):
            self.assertEqual(self.taken(f"knot-lua-{number}", comment + lua, 0, *knot)[1], one)


class Mail(Nasty):
    setting = "fingerprints"

    def test_postfix(self):
        table = f"[x.org]:587 fingerprint match={colons('a')}\n"
        main_cf = f"smtp_tls_security_level = fingerprint\nrelayhost = [x.org]:587\nsmtp_tls_fingerprint_cert_match = {colons('a')}\n"
        one = {"x.org:587": [A]}
        self.rows("postfix", [
            (table[:-1] + f" # match={colons('c')}\n", one, NO_COMMENT),
            (table[:-1] + f" ; match={colons('c')}\n", one, NO_COMMENT),
            (table[:-1] + f" // match={colons('c')}\n", one, NO_COMMENT),
            (table[:-1] + f" protocols=TLSv1.3\n  # match={colons('c')}\n", one, None),
            (main_cf[:-1] + f" # {colons('c')}\n", one, NO_COMMENT),
            (table + f"[y.org] fingerprint # match={colons('c')}\n", one, NO_COMMENT),
            (main_cf.replace("match = ", "match = # "), {}, NO_COMMENT),
            (main_cf.replace("match = ", f"match = # {colons('c')}\n  "), {}, NO_COMMENT),
            (main_cf + f"smtp_tls_fingerprint_cert_match = ; {colons('c')}\n", {}, NO_COMMENT),
            (main_cf + "smtp_fallback_relay = [y.org]:25, [z.org]\n", {**one, "y.org:25": [A], "z.org:25": [A]}, None),
            (main_cf + "smtp_fallback_relay = y.org\n", one, "for which host?"),
            (main_cf.replace("relayhost", "smtp_fallback_relay"), one, "for which host?"),
            (main_cf.replace("relayhost", "relayhost =\nsmtp_fallback_relay"), one, "for which host?"),
            (main_cf + "smtp_fallback_relay =\ntransport_maps = hash:/x\nsender_dependent_relayhost_maps = hash:/y\n", one, None),
        ])
        done, _ = self.taken("maps", main_cf + "transport_maps = hash:/etc/postfix/transport\n", 0)
        self.assertIn(":4: transport_maps: the relays that it names are not in this file", done.stderr)

    def test_clients(self):
        account = f"account a\nhost x.org\ntls_fingerprint {colons('a')}"
        for number, (comment, status) in enumerate(((f" # {colons('c')}", 1), (f" ; {colons('c')}", 1), (f"\n# {colons('c')}", 0), (f",{colons('b')}", 0))):
            done, found = self.taken(f"msmtp-{number}", f"{account}{comment}\n", status, "--format", "msmtp")
            self.assertEqual(NO_COMMENT in done.stderr, status == 1)
            done, found = self.taken(f"msmtp-{number}-lossy", f"{account}{comment}\n", 0, "--format", "msmtp", "--lossy")
            self.assertEqual(found, BOTH if comment[0] == "," else ONE)
        for number, mark in enumerate(("# ", "#", ";", "//")):
            text = account.replace(colons("a"), mark + colons("c")) + "\n"
            done, _ = self.taken(f"begun-{number}", text, 1, "--format", "msmtp", "--lossy")
            self.assertIn(f'"{mark}{colons("c")}": msmtp {NO_COMMENT}', done.stderr)
        for text in (f"{account} # {'a ; b // ' * 9000}\n", f"{account} # a ; b // c\n"):
            done, found = self.taken(f"long-{len(text)}", text, 0, "--format", "msmtp", "--lossy")
            self.assertEqual((done.stderr.count(NO_COMMENT), found), (1, ONE))
            self.assertLess(len(done.stderr), 1000)
        one = f"/set irc.server.one.addresses x.org\n/set irc.server.one.tls_fingerprint {hexed('a')}\n"
        unset = "/unset irc.server.one.tls_fingerprint\n"
        for number, (text, entries) in enumerate(((one, ONE), (one + unset, {}), (unset + one, ONE), (one + unset.replace("one", "two"), ONE))):
            done, found = self.taken(f"weechat-{number}", text, 0 if entries else 1, "--format", "weechat")
            self.assertEqual(found, entries)
            self.assertEqual("taken back in line 3" in done.stderr, not entries)
            self.assertNotIn("which is taken", done.stderr)


class Sources(Nasty):
    def test_okhttp(self):
        call = f'builder.add("x.org", "{A}")'
        other = f'builder.add("x.org", "{B}")'
        head = "val builder = CertificatePinner.Builder()\n"
        said = "stands behind a condition"
        for number, (text, entries, notes) in enumerate([
            (f"if (BuildConfig.DEBUG) {{ {other} }} else {{ {call} }}\n", BOTH, 2),
            (f"if (debug()) {other}\n{call}\n", BOTH, 1),
            (f"when (flavor) {{ 1 -> {other} }}\n{call}\n", BOTH, 1),
            (f"if (on) {{ a() }}\nb()\n{call}\n", ONE, 0),
            (f"fun f() {{ {call} }}\n", ONE, 0),
            (f"// if (debug) {{\n{call}\n", ONE, 0),
        ]):
            done, found = self.taken(f"condition-{number}", head + text, 0, "--format", "okhttp")
            self.assertEqual({name: sorted(pins) for name, pins in found.items()}, {name: sorted(pins) for name, pins in entries.items()})
            self.assertEqual(done.stderr.count(said), notes, (text, done.stderr))
        for number, mark in enumerate(("#", "//", ";")):
            done, found = self.taken(f"list-{number}", f"x.org -> {A} {mark} was {C}\n", 0, "--format", "okhttp", "--lossy")
            self.assertEqual(found, ONE)
            self.assertIn(NO_COMMENT, done.stderr)

    def test_trustkit(self):
        hashes = f'kTSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"]'

        def swift(value, key="kTSKIncludeSubdomains"):
            return f'let c = [kTSKPinnedDomains: ["x.org": [{key}: {value}, {hashes}]]]\n'

        def objective_c(value):
            return "NSDictionary *c = @{ kTSKPinnedDomains: @{ @\"x.org\": @{ kTSKIncludeSubdomains: %s, kTSKPublicKeyHashes: @[@\"%s\", @\"%s\"] } } };\n" % (
                value, b64("a"), b64("b"))
        for number, (text, below) in enumerate([
            (swift("NSNumber(value: true)"), True), (swift("NSNumber(booleanLiteral: true)"), True), (swift("NSNumber(value: false)"), False),
            (swift("true as NSNumber"), True), (swift("false as NSNumber"), False), (objective_c("[NSNumber numberWithBool:YES]"), True),
            (objective_c("@(YES)"), True), (objective_c("[NSNumber numberWithBool:NO]"), False),
        ]):
            path = self.file("source.swift", text)
            self.pinctl("import", path, "--format", "trustkit")
            entry, = self.entries()
            self.assertEqual((entry["include_subdomains"], entry["pins"]), (below, [A, B]), text)
        self.rows("trustkit", [(swift(value), BOTH, "its value is not written out") for value in (
            "NSNumber(value: below)", "NSNumber(value: !true)", "NSNumber(value: true && below)", "Number(value: true)", "NSNumber(true)",
            "!true", "true && below", "true ? a : b", "NSNumber(value: true).not", "truth")])


if __name__ == "__main__":
    main()
