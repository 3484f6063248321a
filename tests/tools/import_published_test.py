# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What people publish of each format, in blogs, repositories and questions: scripts of other systems, output of other
programs, decompiled sources, templates, and settings that somebody misspelled. What speaks of a pin is taken or named."""

import base64

from conversion_case import b64, colons, pin
from import_nasty_test import UNEXPECTED, Nasty, curl, hexed
from pinctl_case import main, openssl, pin_of

A, B, C = pin("a"), pin("b"), pin("c")
ONE = {"x.org": [A]}
BOTH = {"x.org": [A, B]}
BOTH_HOSTS = {"x.org": [A], "y.org": [B]}


class Commands(Nasty):
    def test_curl(self):
        command = f"curl --pinnedpubkey {curl('a')} "
        self.rows("curl", [
            (f"pinnedpubkey = {curl('a')}; {curl('b')}\nurl = x.org\n", ONE, UNEXPECTED),
            (f"pinnedpubkey = '{curl('b')}'\nnext\n" + f"pinnedpubkey {curl('a')}\nurl \"https://x.org/\"\n", ONE, "expected sha256//BASE64"),
            (f"curl.exe --pinnedpubkey \"{curl('a')}\" https://x.org/\r\n", ONE, None),
            (f"- run: curl --fail --pinnedpubkey {curl('a')} https://x.org/\n", ONE, None),
            (f"RUN apk add curl && {command}-fsSL https://x.org/i.sh | sh\n", ONE, None),
            (f"{command}https://[2001:db8::1]:8443/\n", {"2001:db8::1:8443": [A]}, None),
            (f"{command}https://me:s@cret@X.ORG./\n", ONE, None),
            (f"{command}--ipfs-gateway https://g.org/ https://x.org/\n", ONE, None),
            (f"{command}--request-target https://g.org/ https://x.org/\n", ONE, None),
            (f"{command}--connect-to ::y.org:443 --doh-url https://d.org/ https://x.org/\n", ONE, None),
            (f"{command}\"https://$HOST/\" https://x.org/\n", ONE, "bad name"),
            (f"curl --pinned {curl('b')} https://y.org/\n{command}https://x.org/\n", ONE, UNEXPECTED),
            (f"curl_easy_setopt(h, CURLOPT_PINNEDPUBLICKEY, \"{curl('b')}\");\n// {command}\n{command}https://x.org/\n", ONE, UNEXPECTED),
            (f"curl -s https://x.org/ 2>&1 --pinnedpubkey '{curl('a')}'\n", ONE, None),
            (f"curl -s https://x.org/ &> log --pinnedpubkey '{curl('a')}'\n", ONE, None),
            (f"curl -s https://x.org/ >&2 --pinnedpubkey '{curl('a')}' <&- &\n", ONE, None),
            (f"curl -s https://x.org/ >| log --pinnedpubkey '{curl('a')}'\n", ONE, None),
            (f"curl -s >log https://x.org/ --pinnedpubkey '{curl('a')}'\n", ONE, None),
            (f"curl -s -o log & curl -O https://y.org/ 2>&1& {command}https://x.org/\n", ONE, None),
            (f"{command}https://x.org/ --next --pinnedpubkey /etc/y.pub https://y.org/\n", ONE, '"/etc/y.pub": expected'),
        ])

    def test_git(self):
        good = f'[http "https://x.org"]\n\tpinnedPubKey = {curl("a")}\n'
        self.rows("git", [
            (good.replace("org", "org:443"), {"x.org:443": [A]}, None),
            (good.replace("//x", "//me@x"), ONE, None),
            (good.replace('"]', '"]; of 2024'), ONE, None),
            (good + f"http.https://y.org/.pinnedpubkey {curl('b')}\n", BOTH_HOSTS, None),
            (good + f'[http "https://y.org"]\n\tproxy = {curl("b")}\n', ONE, UNEXPECTED),
            (good + '[http "https://y.org"]\n\tpinnedPubKey = ~/y.pem\n', ONE, "expected sha256//BASE64"),
            (good + f'[url "https://x.org/"]\n\tinsteadOf = x:\n[alias]\n\tf = "!git -c http.pinnedPubkey={curl("b")} fetch"\n', ONE, UNEXPECTED),
            (good + f'#[http "https://y.org"]\n;\tpinnedPubKey = {curl("c")}\n', ONE, None),
            (good.replace('= ', '= "').replace("\n", '"\n').replace(']"', "]"), ONE, None),
            (good + f'[http "https://*.y.org:8443/"]\n\tpinnedPubKey = {curl("b")}\n', {**ONE, "*.y.org:8443": [B]}, None),
        ])

        cut = "git itself reads pinnedPubKey up to the first"
        for number, (text, notes) in enumerate([
            (good[:-1] + ";" + curl("b") + "\n", 1),
            (good.replace("= ", '= "')[:-1] + ";" + curl("b") + '"\n', 0),
            (good[:-1] + " ; of 2024\n", 0),
            (f"http.https://x.org/.pinnedpubkey={curl('a')};{curl('b')}\n", 0),
        ]):
            done, found = self.taken(f"cut-{number}", text, 0, "--format", "git")
            self.assertEqual(found, ONE if "2024" in text else BOTH)
            self.assertEqual(done.stderr.count(cut), notes, done.stderr)

    def test_openconnect(self):
        cert = f"--servercert pin-sha256:{b64('a')}"
        self.rows("openconnect", [
            (f"openconnect --protocol=anyconnect {cert} x.org\n", ONE, None),
            (f"openconnect {cert} --authgroup VPN x.org\n", ONE, None),
            (f"openconnect {cert} x.org >/var/log/vpn 2>&1 &\n", ONE, None),
            (f"openconnect {cert} -b 2>> log x.org < password\n", ONE, None),
            (f"printf '%s' \"$P\" | sudo openconnect --passwd-on-stdin -b -u me {cert} https://x.org/\n", ONE, None),
            (f"protocol=fortinet\nserver=x.org\nservercert=pin-sha256:{b64('a')}\nservercert=pin-sha256:{b64('b')}\n", BOTH, None),
            (f"[vpn]\nservice-type=org.freedesktop.NetworkManager.openconnect\ngateway=x.org\ngwcert=pin-sha256:{b64('a')}\n[vpn-secrets]\ngwcert=pin-sha256:{b64('b')}\n",
             ONE, "nothing says whose pins"),
            (f"openconnect {cert[:-8]} x.org\nopenconnect {cert} x.org\n", ONE, "bad servercert"),
            (f"openconnect {cert} x.org\nCONNECT pin-sha256:{b64('b')}\n", ONE, UNEXPECTED),
            (f"openconnect {cert} x.org\n# To trust this server in future, perhaps add this to your command line:\n#    --servercert pin-sha256:{b64('b')}\n", ONE, None),
            (f"openconnect {cert} x.org\nFINGERPRINT='pin-sha256:{b64('b')}'\n", ONE, UNEXPECTED),
            (f"ExecStart=/usr/sbin/openconnect --non-inter {cert} --quiet x.org\n", ONE, None),
        ])


class Servers(Nasty):
    def test_hpkp(self):
        def value(*words, quote='"', more="max-age=5184000"):
            return "".join(f"pin-sha256={quote}{b64(word)}{quote}; " for word in words) + more
        both, escaped = value("a", "b"), value("a", "b").replace('"', '\\"')
        self.rows("hpkp", [
            (f"  HTTP/1.1 200 OK\n  Public-Key-Pins: {both}\n  X-Frame-Options: DENY\n", BOTH, None),
            (f"headers:\n  Public-Key-Pins: '{both}'\n  X-Frame-Options: DENY\n", BOTH, None),
            (f"/*\n  Public-Key-Pins: {both}\n", BOTH, None),
            (f"/a/*\n  Public-Key-Pins: {both}\n/*\n  Public-Key-Pins: {value('c')}\n", {}, "another header Public-Key-Pins beside"),
            (f"<IfModule mod_headers.c>\n  Header always set Public-Key-Pins \"{escaped}\" env=HTTPS\n</IfModule>\n", BOTH, None),
            (f"add_header Public-Key-Pins '{both}' always; # {value('c')}\n", BOTH, None),
            (f"http-response set-header Public-Key-Pins \"{escaped}\" if {{ ssl_fc }}\n", BOTH, None),
            (f"response.headers['Public-Key-Pins'] = 'pin-sha256=\"{b64('a')}\"; max-age=9; ' \\\n    'pin-sha256=\"{b64('b')}\"'\n", BOTH, None),
            (f"Public-Key-Pins: {both}\n\nconfig.hpkp = {{ pins: [{{sha256: \"{b64('c')}\"}}] }}\n", BOTH, UNEXPECTED),
            (f"Public-Key-Pins: {both}\n\n.httpPublicKeyPinning().addSha256Pins(\"{b64('c')}\")\n", BOTH, UNEXPECTED),
            (f"Header set X-A 'a # b'\nHeader set Public-Key-Pins \"{escaped}\"\n", BOTH, None),
            (f"add_header X-A 'a # b' always; # it's {value('c')}\nadd_header Public-Key-Pins '{both}';\n", BOTH, None),
            (f"# it's 'old\nadd_header Public-Key-Pins '{both}'; # not '{value('c')}'\n", BOTH, None),
            (f"add_header Public-Key-Pins 'pin-sha256=\"{b64('a')}\";\n pin-sha256=\"{b64('b')}\"; max-age=9\n' always; # it's {value('c')}\n", BOTH, None),
            (f"public-key-pins: {both}\nstrict-transport-security: max-age=99\n", BOTH, None),
            (f'{{"name":"public-key-pins","value":"{escaped}"}}\n', BOTH, None),
            (f"self.send_header('Public-Key-Pins', '{both}')\n", BOTH, None),
            (f'response.addHeader("Public-Key-Pins", "pin-sha256=\\"{b64("a")}\\"; " +\n    "pin-sha256=\\"{b64("b")}\\"; max-age=9");\n', BOTH, None),
            (f"Public-Key-Pins: {both}; includeSubdomains; preload\n", BOTH, None),
            (f"<?php\nheader('Public-Key-Pins: {both}; ' . $more);\n", BOTH, '"$$more)" is not written out'),
            (f"<?php\nheader('Public-Key-Pins: ' . PINS);\nheader('Public-Key-Pins-Report-Only: {both}');\n", BOTH, "another header Public-Key-Pins beside"),
            (f"res.setHeader('Public-Key-Pins', pins.join('; '));\nres.setHeader('Public-Key-Pins-Report-Only', '{both}');\n", BOTH, "another header Public-Key-Pins beside"),
            (f"add_header Public-Key-Pins '{both}; $more';\n", BOTH, '"$more" is not written out'),
            (f"h['Public-Key-Pins'] = '{both}; {{}}'.format(more)\n", BOTH, "is not written out"),
            (f"h['Public-Key-Pins'] = '{both}; ' + more\n", BOTH, "is not written out"),
            (f"Header set Public-Key-Pins \"{escaped}\" \"\" \"expr=%{{HTTPS}} == 'on'\"\n", BOTH, None),
            (f"h['Public-Key-Pins'] = '{both}'.freeze\n", BOTH, None),
            (f"h['Public-Key-Pins'] = '{both}; %s' % more\n", BOTH, "is not written out"),
            (f"hpkp({{ maxAge: 99, sha256s: ['{b64('a')}', Buffer.from(other, 'hex').toString('base64'), '{b64('b')}'] }})\n", BOTH, 'bad pin-sha256 "...Buffer"'),
        ], "--host", "x.org")

    def test_tlsa(self):
        good = f"_443._tcp.x.org. 3600 IN TLSA 3 1 1 {hexed('a')}\n"
        one = {"x.org:443": [A]}
        self.rows("tlsa", [
            (f"; <<>> DiG 9.18 <<>> TLSA _443._tcp.x.org\n;; ANSWER SECTION:\n{good};; Query time: 1 msec\n", one, None),
            (f"$TTL 1h30m\n$ORIGIN org.\nx 1W IN SOA ns hostmaster ( 2024010101 ; serial\n 7200 3600 1209600 3600 )\n_443._tcp.x 1H30M IN TLSA 3 1 1 {hexed('a')}\n", one, None),
            (good + "_443._tcp.x.org. 3600 IN RRSIG TLSA 13 5 3600 20300101000000 20240101000000 1 x.org. " + b64("b") * 2 + "\n", one, None),
            (good + f'type = "TLSA"\nrecords = ["3 1 1 {hexed("b")}"]\n', one, "no type of records"),
            (good + f"dns-rr=_443._tcp.y.org,52,030101{hexed('b')}\n", one, "expected NAME, and a type"),
            (good + f"    certificate_association_data: {hexed('b')}\n", one, "no type of records"),
            (good + f":_443._tcp.y.org:52:\\003\\001\\001{hexed('b')}:300\n", one, ":2: "),
            (good + f"_443._tcp.*.x.org. TLSA 3 1 1 {hexed('b')}\n", one, 'knows no names with "*"'),
            (good + f"_*._tcp.y.org. TLSA 3 1 1 {hexed('b')}\n", one, "expected _PORT._tcp.NAME"),
            (good + f"_443._tcp.y.org. TLSA 3 1 1 {colons('b')}\n", one, "expected TLSA"),
            (good + f"_443._tcp.y.org. TLSA 0x3 1 1 {hexed('b')}\n", one, "expected TLSA"),
            (good + f"INSERT INTO records VALUES ('_443._tcp.y.org','TLSA','3 1 1 {hexed('b')}');\n", one, "no type of records"),
            (good + f"_443._udp.x.org. TLSA 3 1 1 {hexed('b')}\n", one, '"_443._udp.x.org": a policy does not tell protocols apart'),
            (good + "_443._udp.x.org. CNAME _443._tcp.x.org.\n", one, '"_443._udp.x.org": a policy does not tell protocols apart'),
            (good + f"_443._tcp.y.org. 3600 IN SMIMEA 3 1 1 {hexed('b')}\n", one, None),
            (good + f"/* _443._tcp.y.org. TLSA 3 1 1 {hexed('b')} */\n", one, "no type of records"),
        ])

    def test_envoy(self):
        spki = "verify_certificate_spki: [%s]"
        good = "x:\n  sni: x.org\n  " + spki % b64("a") + "\n"
        self.rows("envoy", [
            (good + "data:\n  envoy.yaml: |\n    sni: y.org\n    verify_certificate_hash: [%s]\n" % hexed("b"), ONE, "a text that holds a configuration"),
            (good + "y:\n  sni: y.org\n  verifyCertificateSPKI: [%s]\n" % b64("b"), ONE, UNEXPECTED),
            (good + "y:\n  sni: y.org\n  verify_certificate_spki: [sha256/%s]\n" % b64("b"), ONE, "bad verify_certificate_spki"),
            (good + "y:\n  sni: y.org\n  pins: [sha256/%s]\n" % b64("b"), ONE, UNEXPECTED),
            (good + "y:\n  sni: y.org\n  verify_certificate_hash: ['%s']\n" % ("ab" * 20), ONE, "is SHA-1"),
            (good + "y:\n  auto_sni: true\n  " + spki % b64("b") + "\n", ONE, 'no "sni" says'),
            (good + "? [a, b]\n: c\ny:\n  sni: y.org\n  " + spki % b64("b") + "\n", {**ONE, "y.org": [B]}, "a key that is no text"),
            ("clusters:\n- tls_context:\n    sni: x.org\n    common_tls_context: {validation_context: {%s}}\n" % (spki % b64("a")), ONE, None),
            ("kind: EnvoyProxy\nspec: {x: {sni: x.org, combined_validation_context: {default_validation_context: {%s}}}}\n" % (spki % b64("a")), ONE, None),
            (good + "# y: {" + spki % b64("c") + "}\n", ONE, None),
            ('{"sni": "x.org",\n\t"verify_certificate_spki": ["%s"]}\n' % b64("a").replace("/", "\\/").replace("=", "\\u003d"), ONE, None),
            (good + 'y: {sni: y.org, "verifyCertificateSPKI":\n ["%s"]}\n' % b64("b").replace("=", "\\u003d"), ONE, UNEXPECTED),
            ("sni: X.ORG.\n" + spki % ("\n  " + b64("a") + ",\n  " + b64("b")) + "\n", BOTH, None),
            (good + "y:\n  sni: y.org\n  pin: 'a # %s'\n" % b64("b"), ONE, UNEXPECTED),
            (good + "y:\n  sni: y.org\n  " + spki % "" + "\n", ONE, "has no pin"),
        ])

    def test_knot_resolver(self):
        def server(inside, pins=f"pin_sha256='{b64('b')}'"):
            return f"policy.add(policy.all(policy.TLS_FORWARD({{{{'192.0.2.1', hostname='x.org', pin_sha256='{b64('a')}'}}, {{{inside}, {pins}}}}})))\n"
        one = {"x.org:853": [A]}
        both = {**one, "192.0.2.2:853": [B]}
        self.rows("knot_resolver", [
            (server("'192.0.2.2'"), both, None),
            (server("'192.0.2.2'") + f"-- pin_sha256='{b64('c')}'\n", both, None),
            (server("'192.0.2.2'") + f"--[==[ pin_sha256='{b64('c')}' ]] ]==]\n", both, None),
            (server("'192.0.2.2'", f"pin_sha256={{ '{b64('b')}', }}"), both, None),
            (server("'192.0.2.2'", f"pin_sha256='sha256/{b64('b')}'"), one, "bad pin-sha256"),
            (server("'192.0.2.2'") + f"local spare = 'sha256/{b64('c')}'\n", both, UNEXPECTED),
            (server("'192.0.2.2', ca_file='/etc/ca.pem'"), both, None),
            (server("'fe80::1%eth0@853'"), one, "bad name"),
            (f"policy.add(policy.suffix(policy.TLS_FORWARD({{'192.0.2.1', hostname='x.org', pin_sha256='{b64('a')}'}}), {{todname('a.')}}))\n", one, None),
            (f"forward:\n  - subtree: '.'\n    servers:\n      - address: [192.0.2.1, 192.0.2.2@8853]\n        transport: tls\n        pin-sha256:\n          - {b64('a')}\n",
             {"192.0.2.1:853": [A], "192.0.2.2:8853": [A]}, None),
        ])

    def test_stubby(self):
        def upstream(host, word, more=""):
            return f"  - address_data: 192.0.2.1\n    tls_auth_name: \"{host}\"\n    tls_pubkey_pinset:\n      - digest: \"sha256\"\n        value: {b64(word)}\n{more}"
        head = "resolution_type: GETDNS_RESOLUTION_STUB\nupstream_recursive_servers:\n"
        good, one = head + upstream("x.org", "a"), {"x.org:853": [A]}
        self.rows("stubby", [
            (good + "#" + upstream("y.org", "b").replace("\n", "\n#") + "\n", one, None),
            (good + upstream("y.org", "b", f"      - digest: sha256\n        value: {b64('c')}\n    tls_port: 443\n"), {**one, "y.org:443": [B, C]}, None),
            (good + upstream("y.org", "b").replace("sha256", "sha512"), one, "expected digest"),
            (good + upstream("y.org", "b").replace("value: ", "value: sha256/"), one, "bad value"),
            (good + upstream("y.org", "b").replace("tls_pubkey_pinset", "tls_pubkey_pins"), one, UNEXPECTED),
            (good + upstream("y.org", "b").replace("      - digest", "        digest"), one, "expected array"),
            (good + f"config resolver:\n  list: spki 'sha256/{b64('b')}'\n", one, UNEXPECTED),
            ("{ resolution_type: GETDNS_RESOLUTION_STUB, upstream_recursive_servers: [ { address_data: 192.0.2.1, tls_auth_name: \"x.org\",\n tls_pubkey_pinset: [ { digest: \"sha256\", value: %s } ] } ] }\n" % b64("a"), one, None),
            (good + "  - address_data: 2001:db8::1\n    tls_pubkey_pinset:\n      - {digest: sha256, value: %s}\n" % b64("b"), {**one, "2001:db8::1:853": [B]}, None),
            (good + upstream("y.org", "b", "    tls_port: 99999\n"), one, "expected a number up to 65535"),
        ])

    def test_gnutls(self):
        good = f"|c0|x.org|443|0|6|{hexed('a')}\n"
        one = {"x.org:443": [A]}
        self.rows("gnutls", [
            (good + f"|c0|y.org|imaps|0|6|{hexed('b')}\n", {**one, "y.org:993": [B]}, None),
            (good + f"|c0|y.org|443|0|SHA256|{hexed('b')}\n", one, "left out"),
            (good + f"|c0|y.org|443|0|6|{b64('b')}\n", one, "left out"),
            (good + f"|c0|y.org|443|0|6|{colons('b')}\n", {**one, "y.org:443": [B]}, None),
            (good + f"|c0|*|443|0|6|{hexed('b')}\n", one, "a key for every host"),
            (good + f"|c0|[2001:db8::1]|443|0|6|{hexed('b')}\n", one, "bad name"),
            (good + f"|c0|y.org|65536|0|6|{hexed('b')}\n", one, "no service of this name"),
            (good + f"y.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5{b64('b')}\n", one, "expected a line that begins"),
            (good + f"|c0|y.org|443||6|{hexed('b')}\n", {**one, "y.org:443": [B]}, None),
            (good + f"|1|{b64('b')}|{b64('c')} ssh-rsa AAAA\n", one, "expected a line that begins"),
        ])


class Clients(Nasty):
    setting = "fingerprints"

    def test_msmtp(self):
        good = f"defaults\nauth on\ntls on\n\naccount a\nhost x.org\nport 587\ntls_fingerprint {colons('a')}\n"
        one = {"x.org:587": [A]}
        self.rows("msmtp", [
            (good + "account default : a\n", one, None),
            (good + "account default: a\n", one, None),
            (good + f"account b\nhost y.org\ntls_fingerprint sha256:{hexed('b')}\n", one, "bad fingerprint"),
            (good + f"account b\nhost y.org\ntls_fingerprint {colons('b').replace(':', ' ')}\n", one, "bad fingerprint"),
            (good + f"account b\nhost smtp.y.org\n  tls_fingerprint\t{colons('b').lower()}  \n", {**one, "smtp.y.org": [B]}, None),
            (good + f"account b\nhost $HOST\ntls_fingerprint {colons('b')}\n", one, "bad name"),
            (good + f"account b\nhost y.org\n#tls_fingerprint {colons('b')}\ntls_trust_file system\n", one, None),
            (good + f"account b\nhost y.org\npassword {hexed('b')}\ntls off\n", one, UNEXPECTED),
            (good + f"account b\nhost y.org\nsslfingerprint \"{colons('b')}\"\n", one, UNEXPECTED),
            (good + "account b : a\nhost y.org\ntls_fingerprint\n", one, None),
        ])

    def test_weechat(self):
        good = f'[server]\none.addresses = "x.org/6697"\none.tls = on\none.tls_fingerprint = "{hexed("a")}"\n'
        one = {"x.org:6697": [A]}
        self.rows("weechat", [
            (good + f'/set irc.server.y.addresses "y.org"\n/set irc.server.y.ssl_fingerprint "{hexed("b")}"\n', {**one, "y.org": [B]}, None),
            (good + f'/set irc.server_default.tls_fingerprint "{hexed("b")}"\n', one, UNEXPECTED),
            (good + f"/set relay.network.tls_cert_key {hexed('b')}\n", one, UNEXPECTED),
            (good + f'two.addresses = "y.org"\ntwo.tls_fingerprint = "sha256={hexed("b")}"\n', one, "bad fingerprint"),
            (good + f'two.addresses = "irc.y.org/6697,irc2.y.org/6697"\ntwo.tls_fingerprint = "{hexed("b")}"\n',
             {**one, "irc.y.org:6697": [B], "irc2.y.org:6697": [B]}, None),
            (good + 'two.addresses = "y.org"\ntwo.tls_fingerprint = ""\n', one, None),
            (good + f'two.addresses = "${{sec.data.host}}"\ntwo.tls_fingerprint = "{hexed("b")}"\n', one, "bad name"),
            (good + f'[server]\ntwo.tls_fingerprint = "{hexed("b")}"\n', one, "nothing says whose pins"),
            (good.replace("tls_fingerprint = ", "tls_fingerprint="), one, None),
            (good + f'# /set irc.server.y.tls_fingerprint {hexed("c")}\n', one, None),
        ])

    def test_postfix(self):
        table = f"[x.org]:587 fingerprint match={colons('a')}\n"
        one = {"x.org:587": [A]}
        self.rows("postfix", [
            (table + f"[y.org] fingerprint protocols=TLSv1.2 ciphers=high match={colons('b')}\n", {**one, "y.org:25": [B]}, None),
            (table + f"[y.org]:submission fingerprint match={colons('b')} match={colons('c')}\n", {**one, "y.org:587": [B, C]}, None),
            (table + f"/^\\[y\\.org\\]/ fingerprint match={colons('b')}\n", one, "names a mail domain"),
            (table + f".y.org fingerprint match={colons('b')}\n", one, "names a mail domain"),
            (table + f"[y.org] fingerprint match=sha256:{hexed('b')}\n", one, "bad fingerprint"),
            (table + f"[y.org] fingerprints match={colons('b')}\n", one, UNEXPECTED),
            (table + f"#[y.org] fingerprint match={colons('c')}\n", one, None),
            (table + "[y.org] dane-only\n[z.org] secure match=nexthop\n", one, None),
            (f"relayhost=[x.org]:587\nsmtp_tls_security_level=fingerprint\nsmtp_tls_fingerprint_digest=sha256\nsmtp_tls_fingerprint_cert_match=\n  {colons('a')}\n  # {colons('c')}\n  {colons('b')}\n",
             {"x.org:587": [A, B]}, None),
            (f"relayhost = [x.org]:587\nsmtp_tls_fingerprint_cert_match = {colons('a')}\nsmtpd_tls_cert = {colons('b')}\n", one, UNEXPECTED),
            (f"relayhost = $mydomain\nsmtp_tls_fingerprint_cert_match = {colons('b')}\n", {}, "for which host?"),
        ])


class Sources(Nasty):
    def test_okhttp(self):
        def builder(*calls):
            return "CertificatePinner.Builder()\n" + "".join(f".add({call})\n" for call in calls) + ".build()\n"
        good = f'"x.org", "{A}"'
        self.rows("okhttp", [
            (f'val PINS = arrayOf("{B}")\n' + builder(good, '"y.org", *PINS'), ONE, "a pin is not written out"),
            (builder(good, f'"y.org", new String[]{{"{B}", "{C}"}}'), ONE, "a pin is not written out"),
            (builder(good) + f'builder.a("y.org", "{B}");\n', ONE, UNEXPECTED),
            (f'val pins = mapOf("y.org" to listOf("{B}"))\n' + builder(good) + "pins.forEach { (host, p) -> builder.add(host, p) }\n", ONE, UNEXPECTED),
            ('val host = "y.org".replace("y", "z")\n' + builder(good, f'host, "{B}"'), ONE, "the host is not written out"),
            ('String host = "y."; host += "org";\n' + builder(good, f'host, "{B}"'), ONE, "the host is not written out"),
            ('val host = "y.org" + SUFFIX\n' + builder(good, f'host, "{B}"'), ONE, "the host is not written out"),
            ('val host = "x.org"\nval pin = "%s"\n' % A + builder("host, pin"), ONE, None),
            (builder(f'pattern = "x.org", pins = arrayOf("{A}")'), {}, "a pin is not written out"),
            (builder(good, '"y.org", "sha256/REPLACE_WITH_PIN"'), ONE, "bad pin"),
            (builder(good, f'"https://y.org", "{B}"'), ONE, "a URL is no name"),
            (builder(good, f'"*.*.y.org", "{B}"'), ONE, "bad name"),
            (builder(good, f'"y.org", "{B}".trim()'), ONE, "a pin is not written out"),
            ("class A {\n  // " + builder(f'"y.org", "{C}"').replace("\n", "\n  // ") + "\n}\n" + builder(good), ONE, None),
            ("Certificate pinning failure!\n  Peer certificate chain:\n    %s: CN=y\n" % B + builder(good), ONE, UNEXPECTED),
            (f"x.org -> {A}, {B}\ny.org = {C}\n", BOTH, "expected PATTERN ->"),
            (builder(good, f'"y.org", "{B[:-1]}"'), {**ONE, "y.org": [B]}, None),
            (builder(good) + f'val spare = "{B[:-1]}"\n', ONE, UNEXPECTED),
            (builder(good) + f"pins = ['https://y.org', '{B}']\n", ONE, UNEXPECTED),
            (f'/* let us /* try "{C}" */\n' + builder(good), ONE, None),
            (f'interval = 30; /* y.org/v1/* */\n.add({good})\n.header("Accept", "*/*")\n.add("y.org", "{B}")\n', BOTH_HOSTS, None),
            (f'let a = 1; /* y.org/v1/* */\n.add({good})\n.header("Accept", "*/*")\n.add("y.org", "{B}")\n', BOTH_HOSTS, None),
            (f'import a.B;\nval a = 1 /* y.org/v1/* */\n.add({good})\n.header("Accept", "*/*")\n.add("y.org", "{B}")\n', BOTH_HOSTS, None),
            (f'/* let us see: y.org/v1/* */\n"fun a"\n.add({good})\n.header("Accept", "*/*")\n.add("y.org", "{B}")\n', BOTH_HOSTS, None),
            (f'fun a() = 1 /* /* */\n.add("y.org", "{C}")\n*/\n' + builder(good), ONE, None),
            (f'val a = 1 /* /* */\n.add("y.org", "{C}")\n*/\n' + builder(good), ONE, None),
            (f'let a = 1 /* /* */\n.add("y.org", "{B}")\n*/\n' + builder(good), ONE, UNEXPECTED),
            (f'val t = """\n// "{B}"\n"""\n' + builder(good), ONE, UNEXPECTED),
        ])

    def test_okhttp_names(self):
        """A name has the value that the source gives it once for all, and none that a call or a caller gives."""
        def builder(*calls):
            return "CertificatePinner.Builder()\n" + "".join(f".add({call})\n" for call in calls) + ".build()\n"
        good = f'"x.org", "{A}"'
        use = builder(good, f'host, "{B}"')
        lost = "the host is not written out"
        self.rows("okhttp", [
            ('fun a() = connect(host = "y.org", port = 8443)\n' + use, ONE, lost),
            ('fun a(host: String = "y.org") = 1\n' + use, ONE, lost),
            ('class P(val host: String = "y.org", val port: Int)\n' + use, ONE, lost),
            ('@Named(host = "y.org")\n' + use, ONE, lost),
            ('val host = "y.org"\nfun a() = connect(host = "z.org")\n' + use, ONE, lost),
            ('val host = "y.org"\nfun pinner(host: String) = ' + use, ONE, lost),
            ('String host = "y.org";\nPinner pinner(final String host, int port) { return ' + use + "}\n", ONE, lost),
            ('val host = "y.org"\nhosts.forEach { host -> ' + use + "}\n", ONE, lost),
            ('val host = "y.org"\nhosts.forEach { (host, pin) -> ' + use + "}\n", ONE, lost),
            ('val host = "y.org"\nfor (host in hosts) ' + use, ONE, lost),
            ('String host = "y.org";\nfor (String host : hosts) ' + use, ONE, lost),
            ('request.host = "y.org"\n' + use, ONE, lost),
            ('object P { const val host = "y.org"\nval l = listOf("z.org")\n' + use + "}\n", BOTH_HOSTS, None),
            ('object P { const val host = "y.org" }\nval l = listOf("z.org")\n' + use, ONE, lost),
            ('val a = run({ val host = "y.org"\n' + use + "})\n", BOTH_HOSTS, None),
            ('val a = run({ val host = "y.org" })\n' + use, ONE, lost),
            ('class P(val a: Int) { val host: String = "y.org"\n' + use + "}\n", BOTH_HOSTS, None),
            ('class Api(private val context: Context, port: Int = 443) {\n  companion object {\n    private const val HOST = "y.org"\n'
             f'    const val PIN = "{B}"\n  }}\n  val all = mapOf(HOST to PIN)\n  fun client(pin: String): Client = Client.Builder().pinner(\n'
             + builder(good, "HOST, Api.PIN") + "  ).build()\n}\n", BOTH_HOSTS, None),
            (f'class Api {{\n  private static final String HOST = "y.org", PIN = "{B}";\n  Client client(Context context) {{ return pin('
             + builder(good, "HOST, Api.PIN") + "); }\n}\n", BOTH_HOSTS, None),
            ('P() { this.host = "y.org"; connect(host, 443); }\n' + use, BOTH_HOSTS, None),
        ])

    def test_trustkit(self):
        def swift(inside, after=""):
            return "let c = [kTSKPinnedDomains: [\n\"x.org\": [kTSKPublicKeyHashes: [\"%s\", \"%s\"]%s]%s]]\n" % (b64("a"), b64("b"), inside, after)
        self.rows("trustkit", [
            (swift(", kTSKDisableDefaultReportUri: true, kTSKPublicKeyAlgorithms: [kTSKAlgorithmRsa2048]"), BOTH, None),
            (swift(", kTSKReportUris: [\"https://r.org/\"], kTSKEnforcePinning: true"), BOTH, None),
            (swift("", f', host: [kTSKPublicKeyHashes: ["{b64("c")}"]]'), BOTH, "a key that is not written out"),
            (swift("", ', "y.org": [kTSKPublicKeyHashes: [leaf, backup]]'), BOTH, "a hash that is no string"),
            (swift("", f', "y.org": [kTSKPublicKeyHashes: ["{B}"]]'), BOTH, "bad hash"),
            (swift(", kTSKIncludeSubDomains: true"), BOTH, "TSKIncludeSubDomains"),
            (swift("") + f'let old = ["{C}"]\n', BOTH, UNEXPECTED),
            ("NSDictionary *c = @{ kTSKPinnedDomains : @{ @\"x.org\" : @{ kTSKIncludeSubdomains : @NO, kTSKPublicKeyHashes : @[ @\"%s\", @\"%s\" ] } } };\n" % (b64("a"), b64("b")), BOTH, None),
            ('{"TSKPinnedDomains": {"x.org": {"TSKPublicKeyHashes": ["%s", "%s"]}}}\n' % (b64("a"), b64("b")), BOTH, None),
            ('{"TSKPinnedDomains": {"x.org": {"TSKPublicKeyHashes": ["%s", "%s"]}}}\n' % (b64("a").replace("/", "\\/"), b64("b").replace("=", "\\u003d")), BOTH, None),
            (swift("") + 'let old = ["sha256\\/%s"]\n' % b64("d").replace("/", "\\/"), BOTH, UNEXPECTED),
            (swift("", f', "y.org": [kTSKPublicKeyHashes: ["{b64("c")}", "{b64("a")}"] as [String]]'), {**BOTH, "y.org": [C, A]}, None),
            (swift("", f', kTSKCatchallPolicy: [kTSKPublicKeyHashes: ["{b64("c")}"]]'), BOTH, '"TSKCatchallPolicy" is no host'),
            (swift("", f', "y.org": [kTSKPublicKeyHashes: Set(["{b64("c")}"])]'), BOTH, "its value is not written out"),
            ('connect(host = "y.org")\n' + swift("", f', host: [kTSKPublicKeyHashes: ["{b64("c")}"]]'), BOTH, "a key that is not written out"),
            ('let host = "y.org"\nfunc pins(host: String) { }\n' + swift("", f', host: [kTSKPublicKeyHashes: ["{b64("c")}"]]'), BOTH, "a key that is not written out"),
            ('let host = "y.org"\nconnect(host: host)\n' + swift("", f', host: [kTSKPublicKeyHashes: ["{b64("c")}"]]'), {**BOTH, "y.org": [C]}, None),
            ("/* interval in s: v1/* */\nNSDictionary *c = @{ kTSKPinnedDomains : @{ @\"x.org\" : @{ kTSKPublicKeyHashes : @[ @\"%s\" ] },\n@\"*/*\" : @{},\n@\"y.org\" : @{ kTSKPublicKeyHashes : @[ @\"%s\" ] } } };\n"
             % (b64("a"), b64("b")), BOTH_HOSTS, "*/*"),
            ('let host = "y.org".lowercased()\n' + swift("", f', host: [kTSKPublicKeyHashes: ["{b64("c")}"]]'), BOTH, "a key that is not written out"),
        ])

    def test_apple(self):
        def plist(inside, after=""):
            return '<?xml version="1.0"?>\n<plist version="1.0"><dict><key>NSAppTransportSecurity</key><dict><key>NSPinnedDomains</key><dict>\n' \
                   f"<key>x.org</key><dict>{inside}</dict>\n{after}</dict></dict></dict></plist>\n"

        def leaf(word, name="NSPinnedLeafIdentities", key="SPKI-SHA256-BASE64"):
            return f"<key>{name}</key><array><dict><key>{key}</key><string>{b64(word)}</string></dict></array>\n"
        self.rows("apple", [
            (plist(leaf("a") + "<key>NSIncludesSubdomains</key><true/>"), ONE, None),
            (plist(leaf("a") + "<key>NSIncludeSubdomains</key><true/>"), ONE, "NSIncludeSubdomains"),
            (plist(leaf("a"), "<key>y.org</key><dict>" + leaf("b", "NSPinnedLeafIdentity") + "</dict>"), ONE, "has no pin"),
            (plist(leaf("a"), "<key>y.org</key><dict>" + leaf("b", key="SPKI-SHA256") + "</dict>"), ONE, "expected SPKI-SHA256-BASE64"),
            (plist(leaf("a"), "<key>*.y.org</key><dict>" + leaf("b") + "</dict>"), ONE, 'knows no names with "*"'),
            (plist(leaf("a"), "<key>https://y.org</key><dict>" + leaf("b") + "</dict>"), ONE, "a URL is no name"),
            (plist(leaf("a"), "<key>y.org</key><string>" + b64("b") + "</string>"), ONE, "has no pin"),
            (plist(leaf("a"), "<key>y.org</key><dict>" + leaf("b").replace("<string>", "<string>\n\t") + "</dict>"), {**ONE, "y.org": [B]}, None),
            ('{"expo": {"ios": {"infoPlist": {"NSAppTransportSecurity": {"NSPinnedDomains": {"x.org": {"NSIncludesSubdomains": true,\n'
             '"NSPinnedLeafIdentities": [{"SPKI-SHA256-BASE64": "%s"}]}}}}}}}\n' % b64("a"), ONE, None),
            (plist(leaf("a") + "<!--" + leaf("c") + "-->"), ONE, None),
            ('const PIN = "%s";\nNSPinnedDomains: { "x.org": { NSPinnedLeafIdentities: [\n{ "SPKI-SHA256-BASE64": PIN }] } },\n' % b64("a"), ONE, None),
        ])

    def test_android(self):
        def config(inside, domain="<domain includeSubdomains=\"true\">x.org</domain>", head='<?xml version="1.0" encoding="utf-8"?>\n'):
            return f"{head}<network-security-config>\n<domain-config>{domain}\n{inside}</domain-config>\n</network-security-config>\n"

        def pins(*words):
            return "<pin-set>" + "".join(f'<pin digest="SHA-256">{b64(word)}</pin>\n' for word in words) + "</pin-set>"
        good = "<domain>x.org</domain>"
        self.rows("android", [
            (config(pins("a"), good + "\n<Domain>y.org</Domain>"), ONE, "<Domain>"),
            (config(pins("a").replace("pin-set>", "pin-set>", 1).replace("</pin-set>", f'<Pin digest="SHA-256">{b64("b")}</Pin></pin-set>')), ONE, "<Pin>"),
            (config(pins("a"), '<domain includeSubDomains="true">x.org</domain>'), ONE, "includeSubDomains"),
            (config(pins("a"), good + "\n<domain>@string/host</domain>"), ONE, "bad name"),
            (config(pins("a"), good + "\n<domain>${host}</domain>"), ONE, "bad name"),
            (config(pins("a").replace("<pin-set>", '<pin-set expiration="2031/01/01">')), ONE, "expected YYYY-MM-DD"),
            (config(pins("a").replace("<pin-set>", '<pin-set expiry="2031-01-01">')), ONE, "expiry"),
            (config(pins("a") + "<trust-anchors><certificates src=\"system\"/></trust-anchors><certificateTransparency enabled=\"true\"/>"), ONE, None),
            (config(pins("a").replace(b64("a"), f"<![CDATA[{b64('a')}]]>")), ONE, None),
            (config(pins("a").replace(b64("a"), f"\n   {b64('a')[:20]}\n   {b64('a')[20:]}\n")), ONE, None),
            (config(pins("a")).replace("<network-security-config>", '<network-security-config xmlns:tools="http://schemas.android.com/tools" tools:ignore="X">'), ONE, None),
            (config(pins("a")).replace("</network", f"<base-config>{pins('b')}</base-config></network"), ONE, "outside a <domain-config>"),
            (config(pins("a")).replace("</network", f"<!-- <domain-config>{pins('c')}</domain-config> --></network"), ONE, None),
        ])

    def test_windows(self):
        server, other = (pin_of(name) for name in ("server.pem", "other.pem"))

        def certificate(name, attribute="Base64", more=""):
            return f'<Certificate {attribute}="{base64.b64encode(openssl("x509", "-in", name, "-outform", "der")).decode()}"{more}/>\n'

        def rules(inside, head="", rule=""):
            return f'<PinRules{head}>\n<PinRule Name="r"{rule}>{inside}</PinRule>\n</PinRules>\n'
        good = certificate("server.pem") + '<Site Domain="x.org"/>'
        self.rows("windows", [
            (rules(good + '<Site Domain=".y.org" AllSubDomains="true"/>'), {"x.org": [server], "*.y.org": [server]}, "AllSubDomains: certutil has no attribute"),
            (rules(good + certificate("other.pem", "base64")), {"x.org": [server]}, "base64: certutil has no attribute"),
            (rules(good, ' nextUpdate="2031-01-01T00:00:00Z"'), {"x.org": [server]}, "nextUpdate: certutil has no attribute"),
            (rules(good, rule=' Mode="None"'), {"x.org": [server]}, "Mode: certutil has no attribute"),
            (rules(good, rule=' Error="Audit"'), {"x.org": [server]}, "expected Revoked, InvalidName or None"),
            (rules(good, ' ListIdentifier="l" Duration="P28D" LogDuration="P14D"', ' Error="None" Log="true"'), {"x.org": [server]}, None),
            (rules(good + certificate("other.pem", more=' EndDate="2020-01-01T00:00:00Z"')), {"x.org": [server]}, None),
            (rules(good + certificate("other.pem", more=' EndDate="soon"')), {"x.org": [server]}, "expected YYYY-MM-DDThh:mm:ssZ"),
            (rules(good + certificate("other.pem").replace("=\"", "=\"\n ")), {"x.org": [server, other]}, None),
            (rules(good + '<Certificate File="roots.sst"/>'), {"x.org": [server]}, "roots.sst is a store of Windows"),
            (rules(good + '<Site Domain="https://y.org"/>'), {"x.org": [server]}, "a URL is no name"),
            (rules(good + "<!-- " + certificate("other.pem") + " -->"), {"x.org": [server]}, None),
        ])


if __name__ == "__main__":
    main()
