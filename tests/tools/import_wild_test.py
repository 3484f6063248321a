# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Spellings met in public files that the tables of import_nasty_test.py do not hold: other servers' directives,
sources that assign, escape or compute, included files, listeners beside clusters, misspelled types and members."""

from conversion_case import b64, colons, pin
from import_nasty_test import UNEXPECTED, Nasty, curl, hexed
from pinctl_case import main

A, B, C = pin("a"), pin("b"), pin("c")
ONE = {"x.org": [A]}
BOTH = {"x.org": [A, B]}


class Commands(Nasty):
    def test_curl(self):
        command = f"curl --pinnedpubkey {curl('a')} "
        self.rows("curl", [
            (f"{command}https://x.org/ -: --pinnedpubkey {curl('b')} https://y.org/\n", {"x.org": [A], "y.org": [B]}, None),
            (f"{command}https://x.org/ -s: --pinnedpubkey {curl('b')} https://y.org/\n", {"x.org": [A], "y.org": [B]}, None),
            (f"{command}-K other.cfg https://x.org/\n", ONE, "other.cfg: other files are not read"),
            (f"config = other.cfg\npinnedpubkey = {curl('a')}\nurl = https://x.org/\n", ONE, "other.cfg: other files are not read"),
            (f"{command}-e https://r.org/ -xhttps://p.org/ https://x.org/\n", ONE, None),
            (f"{command}--resolve x.org:443:192.0.2.1 https://x.org/\n", ONE, None),
            (f"if {command}https://x.org/; then\n  echo ok\nfi\n", ONE, None),
            (f"out=$({command}https://x.org/)\n", ONE, None),
            (f"{command}https://x.org/ https://y.org/\n", {"x.org": [A], "y.org": [A]}, None),
            (f"PIN={curl('b')}\ncurl --pinnedpubkey \"$PIN\" https://y.org/\n{command}https://x.org/\n", ONE, '"$PIN": expected sha256//BASE64'),
        ])

    def test_git(self):
        good = f'[http "https://x.org/"]\n\tpinnedpubkey = {curl("a")}\n'
        self.rows("git", [
            ("[include]\n\tpath = ~/.pins\n" + good, ONE, "include ~/.pins: other files are not read"),
            ('[includeIf "gitdir:~/w/"]\n\tPath = work\n' + good, ONE, "include work: other files are not read"),
            (f"[http]\n\tpinnedpubkey = {curl('c')}\n" + good, ONE, "nothing says whose pins"),
            (f"file:/etc/gitconfig\thttp.https://x.org/.pinnedpubkey={curl('a')}\n", ONE, None),
            (f"global\tfile:x\thttp.https://x.org/.pinnedpubkey={curl('a')}\n", ONE, None),
            (f'[HTTP "HTTPS://X.org/"]\nPINNEDPUBKEY={curl("a")}\n', ONE, None),
            (f"[http.https://y.org/]\n\tpinnedpubkey = {curl('b')}\n" + good, ONE, UNEXPECTED),
            (f"git config --global http.https://y.org/.pinnedPubkey {curl('b')}\n" + good, {**ONE, "y.org": [B]}, None),
            (good + '[http "https://y.org/"]\n\tpinnedpubkey =\n', ONE, "has no pin"),
            (good + f'[http "https://x.org:8443/"]\n\tpinnedpubkey = {curl("b")}\n', ONE, "for every port or for the same one"),
        ])
        general = f"[http]\n\tpinnedpubkey = {curl('c')}\n" + good
        done, found = self.taken("general", general, 0, "--format", "git", "--host", "x.org")
        self.assertEqual(found, ONE)
        self.assertIn(":2: pinnedPubkey is given again in line 4", done.stderr)

    def test_openconnect(self):
        def section(host, word):
            return f"[vpn]\ngateway={host}\ngwcert=pin-sha256:{b64(word)}\n"
        cert = f"--servercert pin-sha256:{b64('a')}"
        self.rows("openconnect", [
            (section("x.org", "a") + section("y.org", "b"), {"x.org": [A], "y.org": [B]}, None),
            (f"echo pw | openconnect {cert} --passwd-on-stdin x.org\n", ONE, None),
            (f"openconnect {cert} --background x.org\n", ONE, None),
            (f"openconnect --user me.you {cert} x.org\n", ONE, None),
            (f"openconnect --script 'vpn-slice git.y.org' {cert} x.org\n", ONE, None),
            (f"openconnect -s 'vpn-slice git.y.org' {cert} x.org\n", ONE, None),
            (f"[Service]\nExecStart=/usr/sbin/openconnect {cert} x.org\n", ONE, None),
            (f"openconnect {cert} x.org\nopenconnect --serverc=PIN-SHA256:{b64('b')} y.org\n", ONE, UNEXPECTED),
            (f"openconnect {cert} x.org\nopenconnect --servercert \"$PIN\" y.org\n", ONE, 'bad fingerprint "$PIN"'),
            (f"config interface 'vpn'\n\toption servercert 'pin-sha256:{b64('b')}'\n[vpn]\n" + section("x.org", "a"), ONE, "nothing says whose pins"),
        ])


class Servers(Nasty):
    def test_hpkp(self):
        def value(*words, quote='"', more="max-age=5184000"):
            return "".join(f"pin-sha256={quote}{b64(word)}{quote}; " for word in words) + more
        both, escaped = value("a", "b"), value("a", "b").replace('"', '\\"')
        entities = value("a", "b").replace('"', "&#34;")
        self.rows("hpkp", [
            (f'Header unset Public-Key-Pins\nHeader set Public-Key-Pins "{escaped}"\n', BOTH, None),
            (f"more_clear_headers 'Public-Key-Pins';\nmore_set_headers 'Public-Key-Pins: {both}';\n", BOTH, None),
            (f"proxy_hide_header Public-Key-Pins;\nadd_header Public-Key-Pins '{both}';\n", BOTH, None),
            (f"add_header Public-Key-Pins $pins;\nadd_header Public-Key-Pins '{both}';\n", BOTH, "another header Public-Key-Pins beside"),
            (f"map $scheme $pins {{ https '{value('c')}'; }}\nadd_header Public-Key-Pins '{both}';\n", BOTH, UNEXPECTED),
            ("rspadd Public-Key-Pins:\\ " + both.replace("; ", ";\\ ") + "\n", BOTH, None),
            (f'setenv.add-response-header += ("Public-Key-Pins" => "pin-sha256=\\"{b64("a")}\\";" + " pin-sha256=\\"{b64("b")}\\"; max-age=9")\n', BOTH, None),
            (f"<?php /* header('Public-Key-Pins: {value('c')}'); */ header('Public-Key-Pins: {both}'); // {value('c')}\n", BOTH, None),
            (f"header / {{\n  Public-Key-Pins `{both}`\n}}\n", BOTH, None),
            (f'w.Header().Set("Public-Key-Pins", `{both}`)\n', BOTH, None),
            (f"response['Public-Key-Pins'] = '{both}'\n", BOTH, None),
            (f'<?xml version="1.0"?>\n<add name="Public-Key-Pins" value="{entities}" />\n', BOTH, None),
            (f'<add value="{entities}" name="Public-Key-Pins" />\n', BOTH, None),
            (f'<meta http-equiv="Public-Key-Pins" content="{entities}">\n', BOTH, None),
            (f'{{"name": "Public-Key-Pins", "value": "{escaped}"}}\n', BOTH, None),
            (f'{{"headers": {{"Public-Key-Pins": "{escaped}"}}}}\n', BOTH, None),
            (f"headers:\n  Public-Key-Pins: '{both}'\n", BOTH, None),
            (f'set resp.http.Public-Key-Pins = "{escaped}";\n', BOTH, None),
            (f"CustomHeader = Public-Key-Pins: {both}\n", BOTH, None),
            (f"Define PIN {b64('c')}\nHeader set Public-Key-Pins \"pin-sha256=\\\"${{PIN}}\\\"; {escaped}\"\n", BOTH, 'bad pin-sha256 "${PIN}"'),
        ], "--host", "x.org")

    def test_tlsa(self):
        good = f"_443._tcp.x.org. IN TLSA 3 1 1 {hexed('a')}\n"
        one = {"x.org:443": [A]}
        self.rows("tlsa", [
            (good + f"_443._tcp.y.org. IN TLSAx 3 1 1 {hexed('b')}\n", one, '"TLSAx": no type of records'),
            (good + f"_443._tcp.y.org. 3600 N TLSA 3 1 1 {hexed('b')}\n", one, '"N": no type of records'),
            (good + f"3 1 1 {hexed('b')[:56]} {hexed('b')[56:]}\n", one, "no type of records"),
            (good + f"_443._tcp.y.org has TLSA record 3 1 1 {hexed('b')}\n", one, '"has": no type of records'),
            (good + f"local-data: \"_443._tcp.y.org. TLSA 3 1 1 {hexed('b')}\"\n", one, "no type of records"),
            (good + f"update add _443._tcp.y.org. 3600 IN TLSA 3 1 1 {hexed('b')}\n", one, '"add": no type of records'),
            (good + f"x.org. DS 1 8 2 {hexed('b')}\nx.org. SSHFP 4 2 {hexed('b')}\nx.org. TYPE65300 \\# 1 00\n", one, None),
            (good + "_443._tcp.y.org. CNAME _443._tcp.z.net.\n", one, 'is an alias of "_443._tcp.z.net", which leads to no record in this file'),
            (good + f"_25._tcp.y.org. CNAME _dane _dane TLSA 3 1 1 {hexed('b')}\n", one, "CNAME: aliases of this kind"),
            (good + "_tcp.y.org. DNAME _tcp.x.org.\n", one, "DNAME: aliases of this kind"),
            (good + "www.y.org. CNAME y.org.\ny.org. DNAME z.org.\n# of old\n", one, None),
            (good.replace("3 1 1 ", '3 1 1 "').replace("\n", '"\n'), one, None),
        ])

    def test_envoy(self):
        spki = "verify_certificate_spki: [%s]"
        good = "x:\n  sni: x.org\n  " + spki % b64("a") + "\n"
        gateway = "kind: Gateway\nspec:\n  servers:\n  - hosts: [y.org]\n    tls: {mode: MUTUAL, verifyCertificateSpki: [%s]}\n" % b64("c")
        self.rows("envoy", [
            (good + "---\n" + gateway, ONE, None),
            (gateway.replace("hosts: [y.org]", "sni: y.org") + "---\n" + good, ONE, None),
            (good + "---\nkind: ClientTrafficPolicy\nspec: {tls: {clientValidation: {spkiHashes: [%s]}}}\n" % b64("b"), ONE, UNEXPECTED),
            (good + "v: &v {" + spki % b64("b") + "}\ny:\n  sni: y.org\n  <<: *v\n", ONE, "*v: aliases are not read"),
            (good + "y:\n  sni: y.org\n  verify_certificate_spki: {x: %s}\n" % b64("b"), ONE, "expected a list"),
            (good + "data:\n  envoy.yaml: |\n    sni: y.org\n    " + spki % b64("b") + "\n", ONE, UNEXPECTED),
            (good + "resources:\n- name: v\n  validation_context: {" + spki % b64("b") + "}\n", ONE, 'no "sni" says'),
            ("apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nspec: {configPatches: [{patch: {value: {sni: x.org, " + spki % b64("a") + "}}}]}\n", ONE, None),
            ("sni: x.org\nverify_certificate_spki:\n- >-\n  %s\n" % b64("a"), ONE, None),
            ("sni: '*.x.org'\n" + spki % b64("a") + "\n", {}, 'knows no names with "*"'),
        ])

    def test_knot_resolver(self):
        def server(inside, pins=f"pin_sha256='{b64('b')}'"):
            return f"policy.TLS_FORWARD({{{{'192.0.2.1', hostname='x.org', pin_sha256='{b64('a')}'}}, {{{inside}, {pins}}}}})\n"
        one = {"x.org:853": [A]}
        self.rows("knot_resolver", [
            (server("'192.0.2.2', hostname=name"), {**one, "192.0.2.2:853": [B]}, "hostname: expected a text"),
            ("modules = { 'policy' }\nnet = { '127.0.0.1' }\n" + server("'192.0.2.2'") + "cache.size = 9\n", {**one, "192.0.2.2:853": [B]}, None),
            (server("address"), one, 'bad name ""'),
            (server("'192.0.2.2'", f"['pin_sha256']='{b64('b')}'"), one, UNEXPECTED),
            (server("'192.0.2.2'", f"pin_sha256=[[{b64('b')}]]"), one, UNEXPECTED),
            (server("'192.0.2.2'", f"pin_sha256='{b64('b')[:20]}'..'{b64('b')[20:]}'"), one, "expected a text or a list of texts"),
            (server('"192.0.2.2"', f'pin_sha256={{"{b64("b")}","{b64("c")}"}}'), {**one, "192.0.2.2:853": [B, C]}, None),
            (server("'192.0.2.2@8853'; insecure=true"), {**one, "192.0.2.2:8853": [B]}, None),
            (server("'2001:DB8::1'"), {**one, "2001:db8::1:853": [B]}, None),
            (server("'192.0.2.2'").replace("policy.TLS_FORWARD(", "local servers = (") + "policy.TLS_FORWARD(servers)\n", {**one, "192.0.2.2:853": [B]}, None),
            (f"forward:\n- servers:\n  - {{address: '192.0.2.1#x.org', pin-sha256: {b64('b')}}}\n  - {{hostname: x.org, pin-sha256: {b64('a')}}}\n", one, "bad name"),
        ])

    def test_gnutls(self):
        good = f"|c0|x.org|443|0|6|{hexed('a')}\n"
        one = {"x.org:443": [A]}
        whole = "|g0|y.org|443|0|"
        self.rows("gnutls", [
            (good + whole + b64("b") + "\n", one, "|g0|HOST|SERVICE|EXPIRES|KEY"),
            (good + whole + "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n", one, "|g0|HOST|SERVICE|EXPIRES|KEY"),
            (good + whole + "MIIB\n", one, "|g0|HOST|SERVICE|EXPIRES|KEY"),
            (good + whole + "\n", one, "|g0|HOST|SERVICE|EXPIRES|KEY"),
            (good + f"|c0|y.org|443|-1|6|{hexed('b')}\n", one, "expected the seconds since 1970"),
            (good + f"|c0|y.org|443|0|3|{'ab' * 20}\n", one, "left out"),
            (good + f"|c1|y.org|443|0|6|{hexed('b')}\n", one, "left out"),
            (good + f"y.org {hexed('b')}\n", one, "expected a line that begins"),
            (good + f"|c0|y.org|smtp|0|6|{hexed('b')}\n", {**one, "y.org:25": [B]}, None),
            (good + f"|c0|y..org|443|0|6|{hexed('b')}\n", one, "bad name"),
        ])


class Clients(Nasty):
    setting = "fingerprints"

    def test_msmtp(self):
        good = f"account a\nhost x.org\ntls_fingerprint {colons('a')}\n"
        self.rows("msmtp", [
            (good.replace("host x.org", "host 192.0.2.1\ntls_host_override x.org"), ONE, None),
            (good + f"Account b\nhost y.org\ntls_fingerprint {colons('b')}\n", {"y.org": [B]}, "the account has the host x.org already"),
            (good.replace("host x", "host y.org\nhost x"), ONE, "the account has the host y.org already"),
            (good + "account b:a\nhost y.org\n", {"x.org": [A], "y.org": [A]}, None),
            (good + "account b : a\nport 587\n", ONE, "for every port or for the same one"),
            (good + "account b\nhost y.org\ntls_fingerprint\n", ONE, None),
            (good + f"account b\nhost y.org\nTLS_FINGERPRINT {colons('b')}\n", ONE, UNEXPECTED),
            (good.replace("host x.org", 'host = "x.org" '), ONE, None),
            (good + "eval cat x\nproxy_host p.org\n", ONE, None),
            (good.replace("x.org", "x.org\nport 587 # submission"), {"x.org:587": [A]}, "knows no comments behind a value"),
            (good.replace("x.org", "x.org # main"), ONE, "knows no comments behind a value"),
            (good.replace("x.org", "192.0.2.1\ntls_host_override x.org ; main"), ONE, "knows no comments behind a value"),
            (good + f"account b\ntls_fingerprint {colons('b')}\n", ONE, "nothing says whose pins"),
        ])

    def test_weechat(self):
        good = f'[server]\none.addresses = "x.org"\none.tls_fingerprint = "{hexed("a")}"\n'
        self.rows("weechat", [
            (good.replace("x.org", "x.org, y.org/6697"), {"x.org": [A], "y.org:6697": [A]}, None),
            (good.replace("one.", "server."), ONE, None),
            (good.replace("one.", "irc.x.org."), ONE, None),
            ('one.tls_fingerprint = "%s"\none.addresses = "x.org"\n' % hexed("a"), ONE, None),
            (good.replace('"x.org"', '"x.org,2001:db8::1/6697"'), {"x.org": [A], "2001:db8::1:6697": [A]}, None),
            (good + f"/server add y y.org/6697 -tls_fingerprint={hexed('b')}\n", {**ONE, "y.org:6697": [B]}, None),
            (good.replace(hexed("a"), f"{'ab' * 20},{hexed('a')}"), ONE, "is SHA-1"),
            (good + f"[server_default]\ntls_fingerprint = \"{hexed('b')}\"\n", ONE, UNEXPECTED),
            (good.replace('"x.org"', '"x.org,y.org/+6697"'), ONE, "bad name"),
            (good + "two.tls_fingerprint = null\n", ONE, None),
        ])

    def test_postfix(self):
        main_cf = f"smtp_tls_security_level = fingerprint\nrelayhost = [x.org]:587\nsmtp_tls_fingerprint_cert_match = {colons('a')}\n"
        table = f"[x.org]:587 fingerprint match={colons('a')}\n"
        one = {"x.org:587": [A]}
        self.rows("postfix", [
            (main_cf.replace("587", "587, [y.org]:25 [z.org]"), {**one, "y.org:25": [A], "z.org:25": [A]}, None),
            (main_cf.replace(":587", ":587 y.org"), one, "for which host?"),
            (main_cf.replace("[x.org]", "[ipv6:2001:db8::1]"), {"2001:db8::1:587": [A]}, None),
            (table.replace("[x.org]", "[IPv6:2001:db8::1]").replace(" ", "\t"), {"2001:db8::1:587": [A]}, None),
            (main_cf + "smtp_tls_fingerprint_digest = sm3\n", {}, "smtp_tls_fingerprint_digest is sm3 here"),
            (main_cf + "smtp_tls_fingerprint_digest = sha256\n", one, None),
            (main_cf + f"pin = {colons('b')}\n", one, UNEXPECTED),
            (main_cf + f"smtp_tls_policy_maps = inline:{{ [y.org]=fingerprint match={colons('b')} }}\n", one, UNEXPECTED),
            (table + f"[y.org]:587: fingerprint match={colons('b')}\n", one, "names a mail domain"),
            (table + f"[y.org] fingerprint match = {colons('b')}\n", one, UNEXPECTED),
            (f"relay unix - - y - - smtp\n  -o smtp_tls_fingerprint_cert_match={colons('b')}\n" + table, one, UNEXPECTED),
        ])


class Sources(Nasty):
    def test_trustkit(self):
        pins = f'kTSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"]'
        swift = "let c = [kTSKPinnedDomains: [\n%s: [" + pins + "%s]\n]]\n"
        self.rows("trustkit", [
            ('let host = "x.org"\n' + swift % ("host", ""), BOTH, None),
            ('class C { static let host: String = "x.org" }\n' + swift % ("C.host", ""), BOTH, None),
            (swift % ('"x.org"', f'], C.host: [kTSKPublicKeyHashes: ["{b64("c")}"]'), BOTH, "a key that is not written out in this file"),
            (swift % ('"x.org"', ', kTSKIncludeSubdomains: NSNumber(value: below)'), BOTH, "TSKIncludeSubdomains: its value is not written out"),
            (swift % ('"x.org"', ", kTSKExpirationDate: date"), BOTH, "TSKExpirationDate: its value is not written out"),
            (swift % ('"x.org"', ", kTSKEnforcePinning: 1"), BOTH, None),
            (f'let spare = ["{b64("c")}"]\n' + swift % ('"x.org"', '], "y.org": [kTSKPublicKeyHashes: spare'), BOTH, "TSKPublicKeyHashes: its value is not written out"),
            (f'config[kTSKPinnedDomains] = ["x.org": [{pins}]]\n', BOTH, None),
            (f'TSKPinnedDomains = {{ "x.org" = {{ TSKPublicKeyHashes = ( "{b64("a")}", "{b64("b")}" ); TSKEnforcePinning = 1; }}; }};\n', BOTH, None),
            (f"@{{ kTSKPinnedDomains: @{{\n#if DEBUG\n@\"y.org\": @{{kTSKPublicKeyHashes: @[@\"{b64('c')}\"]}},\n#endif\n@\"x.org\": @{{kTSKPublicKeyHashes: @[@\"{b64('a')}\"]}} }} }}\n",
             {**ONE, "y.org": [C]}, None),
            (f"infoPlist: {{ TSKPinnedDomains: {{ 'x.org': {{ TSKPublicKeyHashes: ['{b64('a')}', '{b64('b')}'] }}, [host]: {{ TSKPublicKeyHashes: ['{b64('c')}'] }} }} }}\n",
             BOTH, "a key that is not written out in this file"),
            (swift % ('"x\\u002eorg"', ""), BOTH, None),
        ])

    def test_apple(self):
        plist = '<plist version="1.0"><dict><key>NSPinnedDomains</key><dict>\n<key>x.org</key><dict>%s</dict>\n</dict>%s</dict></plist>\n'

        def leaf(word, tag="string"):
            return f"<key>NSPinnedLeafIdentities</key><array><dict><key>SPKI-SHA256-BASE64</key><{tag}>{b64(word)}</{tag}></dict></array>\n"
        source = 'NSPinnedDomains = { "x.org" = { NSPinnedLeafIdentities = ( { "SPKI-SHA256-BASE64" = "%s"; }%s ); }; };\n'
        self.rows("apple", [
            (plist % (leaf("a", "data"), ""), ONE, None),
            (plist % ("<key>NSIncludesSubdomains</key><integer>1</integer>" + leaf("a"), ""), ONE, None),
            (plist % ("<key>NSIncludesSubdomains</key><string>maybe</string>" + leaf("a"), ""), ONE, "expected true or false"),
            (plist % (leaf("a"), "<key>NSExceptionDomains</key><dict><key>z.org</key><dict>" + leaf("b") + "</dict></dict>"), ONE, UNEXPECTED),
            (plist % (leaf("a"), "<key>TSKPinnedDomains</key><dict/><array><string>" + b64("b") + "</string></array>"), ONE, UNEXPECTED),
            (plist % (leaf("a") + "</dict><key>y.org</key><dict>", ""), ONE, "has no pin"),
            (source % (b64("a"), ""), ONE, None),
            (source % (b64("a"), f', {{ "SPKI-SHA256-BASE64" = "{b64("b")}"; }}'), BOTH, None),
            (source % (b64("a"), ", spare"), ONE, "expected SPKI-SHA256-BASE64"),
            ("infoPlist: { NSPinnedDomains: { 'x.org': { NSPinnedLeafIdentities: [{ 'SPKI-SHA256-BASE64': '%s' }] } } }\n" % b64("a"), ONE, None),
        ])

    def test_okhttp(self):
        def builder(*calls):
            return "CertificatePinner.Builder()\n" + "".join(f".add({call})\n" for call in calls) + ".build()\n"
        good = f'"x.org", "{A}"'
        self.rows("okhttp", [
            (builder(f'"x\\u002eorg", "{A}"'), ONE, None),
            (builder(good, f'"y\\x2eorg", "{B}"'), ONE, "the host is not written out"),
            (builder(good) + f'.add("y.org, "{B}", "{C}")\n', ONE, UNEXPECTED),
            (f'String[] PINS = {{ "{B}" }};\n' + builder(good, '"y.org", PINS'), ONE, "a pin is not written out"),
            (builder(good, f'"y.org", debug ? "{B}" : "{C}"'), ONE, "a pin is not written out"),
            (builder(good, f'String.format("%s.org", a), "{B}"'), ONE, "the host is not written out"),
            (builder(good, f'"y.org:8443", "{B}"'), ONE, "a name has no port"),
            (builder(good) + f'buildConfigField "String", "PIN", "\\"{B}\\""\n', ONE, UNEXPECTED),
            ("CertificatePinner.Builder().also { it.add(%s) }\n" % good, ONE, None),
            ("char c = '\"'; // \"\n" + builder(good), ONE, None),
            (f'const val P = "{b64("a")}"\n' + builder('"x.org", "sha256/" + P'), ONE, None),
        ])

    def test_firefox(self):
        def table(hosts, members="kAFingerprint", more=""):
            return (f'static const char kAFingerprint[] = "{b64("a")}";\nstatic const char kBFingerprint[] = "{b64("b")}";\n{more}'
                    f"static const char* const kPinset_one_Data[] = {{ {members} }};\n"
                    "static const StaticFingerprints kPinset_one = { sizeof(kPinset_one_Data) / sizeof(const char*), kPinset_one_Data };\n"
                    f"static const TransportSecurityPreload kPublicKeyPinningPreloadList[] = {{\n{hosts}}};\n")
        host = '{ "x.org", false, false, false, -1, &kPinset_one },\n'
        expiry = "static const PRTime kPreloadPKPinsExpirationTime = INT64_C(%s);\n"
        self.rows("firefox", [
            (table(host, f'kAFingerprint, "{b64("c")}"'), ONE, UNEXPECTED),
            (table(host, "kAFingerprint, kBFingerprin"), ONE, '"kBFingerprin" is defined nowhere'),
            (table(host, "kAFingerprint, kEmpty", "kEmpty[] = ;\n"), ONE, '"kEmpty" is defined nowhere'),
            (host.replace("x.org", "y.org") + table(host), ONE, '"y.org" stands outside of kPublicKeyPinningPreloadList'),
            (table(host.replace("false", "TRUE", 1)), ONE, '"TRUE": expected true or false'),
            (table(host.replace("&kPinset_one }", "&kPinset_one, 1 }") + host), ONE, "its set is defined nowhere"),
            (table("#ifdef X\n" + host + "#endif\n"), ONE, None),
            (table(host + expiry % 1), ONE, None),
            (table(host) + f"// {b64('c')}\n", ONE, None),
            (table(host) + f'const char* spare = x("{b64("c")}");\n', ONE, UNEXPECTED),
        ])
        preloaded = '{"pinsets": [{"name": "s", "sha256_hashes": ["R1"]}], "entries": [{"name": "x.org", "pins": "s"}]}\n'
        for words in ((), ("--format", "chromium"), ("--format", "firefox")):
            self.assertIn("names keys by certificates", self.taken(f"json{len(words)}{words[-1:]}", preloaded, 3, *words)[0].stderr)
        for microseconds, said in (("1554998400000000", "the list has expired on 2019-04-11"), ("7554998400000000", "gives its list some weeks")):
            done, _ = self.taken(microseconds, table(host) + expiry % microseconds, 0, "--format", "firefox")
            self.assertIn(said, done.stderr)

    def test_chromium(self):
        sets = '{"name": "s", "static_spki_hashes": ["First"]%s}'

        def text(entry="", pinset="", after=""):
            return '{"pinsets": [%s],\n"entries": [{"name": "x.org", "pins": "s"%s}%s]}\n' % (sets % pinset, entry, after)
        pins = self.file("keys", f"First\n{A}\nSecond\n{B}\n")
        self.rows("chromium", [
            (text(pinset=', "spki_hashes": ["Second"]'), ONE, '"spki_hashes": Chromium has no member'),
            (text(pinset=', "report_uri": "http://x.org", "bad_static_spki_hashes": []'), ONE, None),
            (text(', "Pins": "t"'), ONE, '"Pins": Chromium has no member'),
            (text(after=', {"name": "y.org", "pin": "s"}'), ONE, '"pin": Chromium has no member'),
            (text(after=", " + sets.replace('"s"', '"y.org"') % ""), ONE, '"static_spki_hashes": Chromium has no member'),
            (text(', "policy": "custom", "mode": "force-https", "expect_ct": true, "snionly": true'), ONE, None),
            (text(after=', {"name": "y.org", "pins": "sha256/%s"}' % b64("b")), ONE, "no pinset is named"),
            (text(pinset=', "static_spki_hashes": ["First", "sha256/%s"]' % b64("b")), ONE, "stands here a second time"),
            (text(after=', {"name": "y.org", "pins": "t"}').replace('["First"]}', '["First"]}, {"name": "t", "static_spki_hashes": ["sha256/%s"]}' % b64("b")), ONE, "no key is named"),
            (text(after=","), ONE, None),
            (text(after=', {"name": "y.org", "pins": "s", "include_subdomains": 1}'), {**ONE, "y.org": [A]}, "expected boolean"),
        ], "--pins", pins)
        for made, said in (("1500000000", "the list is of 2017-07-14"), ("99999999999", "entries imported")):
            self.file("keys", f"PinsListTimestamp\n{made}\nFirst\n{A}\n")
            self.assertIn(said, self.taken(made, text(), 0, "--format", "chromium", "--pins", pins)[0].stderr)

    def test_android(self):
        def config(inside, domain="x.org", head=""):
            return f'{head}<network-security-config>\n<domain-config><domain>{domain}</domain>{inside}</domain-config>\n</network-security-config>\n'

        def pins(*words, kind="SHA-256"):
            return "<pin-set>" + "".join(f'<pin digest="{kind}">{b64(word)}</pin>\n' for word in words) + "</pin-set>"
        latin = '<?xml version="1.0" encoding="iso-8859-1"?><!-- ä -->\n'
        self.rows("android", [
            (config(pins("a"), head=latin).encode("latin-1"), ONE, None),
            (config(pins("a"), head=latin).encode(), ONE, None),
            (config(pins("a"), "<!-- y.org -->x&#46;org"), ONE, None),
            (config(pins("a") + '<domain-config><domain>y.org</domain><pin-set><pin digest="SHA256">%s</pin></pin-set></domain-config>' % b64("b")), ONE, 'a pin with digest "SHA256"'),
            (config(pins("a") + "</domain-config><domain-config><domain>https://y.org/</domain>" + pins("b")), ONE, "a URL is no name"),
            (config(pins("a") + "</domain-config><domain-config><domain>y.org</domain>" + pins("b").replace("pin-set", "Pin-Set")), ONE, "a <pin> outside a <pin-set>"),
            (config(pins("a") + '</domain-config><domain-config><domain includeSubdomains="1">y.org</domain>' + pins("b")), {**ONE, "y.org": [B]}, "expected true or false"),
            (config(pins("a").replace(b64("a"), "<!-- main -->" + b64("a"))), ONE, None),
            (config(pins("a") + "</domain-config><debug-overrides>" + pins("c") + "</debug-overrides><domain-config><domain>z.org</domain>"), ONE, UNEXPECTED),
            (config(pins("a").replace("</pin-set>", f'<pin digest="SHA-256">sha256/{b64("b")}</pin></pin-set>')), ONE, "bad pin"),
        ])


if __name__ == "__main__":
    main()
