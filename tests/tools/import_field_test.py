# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Kinds of texts met in the field after the other tables were made: commands of other shells, variables before a
command, settings for one user or path, code behind which a comment stands, strings beside each other, and types."""

import os
import re

from conversion_case import b64, colons, pin
from import_nasty_test import UNEXPECTED, Nasty, curl, hexed
from pinctl_case import main, openssl, pin_of

A, B, C = pin("a"), pin("b"), pin("c")
ONE = {"x.org": [A]}
BOTH = {"x.org": [A, B]}
HOSTS = {"x.org": [A], "y.org": [B]}
NAMELESS = "nothing says whose pins"


class Commands(Nasty):
    def test_curl(self):
        def command(word, host, end):
            return f"curl{end}  --pinnedpubkey \"{curl(word)}\"{end}  https://{host}/\n"
        one = f"curl --pinnedpubkey {curl('a')} "
        self.rows("curl", [
            (command("a", "x.org", " ^\r\n") + command("b", "y.org", " ^\r\n"), HOSTS, None),
            (command("a", "x.org", "^\r\n") + command("b", "y.org", "^\r\n"), HOSTS, None),
            (command("a", "x.org", " `\n") + command("b", "y.org", " `\n"), HOSTS, None),
            (command("a", "x.org", " \\\n") + command("b", "y.org", " \\\n"), HOSTS, None),
            (f"{one}https://x.org/?q=^\ncurl --pinnedpubkey {curl('b')} https://y.org/\n", HOSTS, None),
            (f"{one}https://x.org/ ^\ncurl --pinnedpubkey {curl('b')} https://y.org/\n", HOSTS, None),
            (f"url = https://x.org/\npinnedpubkey = {curl('a')}\nuser-agent = a ^\nnext\nurl = https://y.org/\npinnedpubkey = {curl('b')}\n", HOSTS, None),
            (f"url = https://x.org/\npinnedpubkey = {curl('a')}\nuser-agent = a `\nnext\nurl = https://y.org/\npinnedpubkey = {curl('b')}\n", HOSTS, None),
            (f"{one}https://x.org/ ^\n/usr/bin/curl --pinnedpubkey {curl('b')} https://y.org/\n", HOSTS, None),
            (f"{one}https://x.org/ `\nsudo curl.exe --pinnedpubkey {curl('b')} https://y.org/\n", HOSTS, None),
            (f"echo `{one}https://x.org/ `\n--max-time 3\nurl = https://y.org/\npinnedpubkey = {curl('b')}\n", HOSTS, None),
            (f"{one}^\n https://x.org/curl.tgz\n", ONE, None),
            (f"KEY=`cat key`\n{one}https://x.org/\n", ONE, None),
            (f"KEY=`cat key` `\n{one}https://x.org/\n", ONE, None),
            (f"env HTTPS_PROXY=http://p.org:3128 {one}https://x.org/\n", ONE, None),
            (f"https_proxy=http://p.org ALL_PROXY=\"socks5://q.org\" {one}https://x.org/\n", ONE, None),
            (f"{one}\"https://x.org/?next=https://y.org/\"\n", ONE, None),
            (f"{one}--retry-connrefused x.org https://y.org/\n", {**ONE, "y.org": [A]}, None),
            (f"{one}localhost:8443 https://y.org/\n", {"localhost:8443": [A], "y.org": [A]}, None),
            (f"{one}local:8443 https://y.org/\n", {"y.org": [A]}, None),
            (f"{one}--no-sessionid x.org https://y.org/\n", {**ONE, "y.org": [A]}, None),
            (f"{one}--output x.tgz https://y.org/\n", {"y.org": [A]}, None),
            (f"{one}--unheard-of z.org https://x.org/\n", ONE, None),
            (f"ssh h.org {one}https://x.org/\n", ONE, None),
            (f"docker run --env API=https://y.org/ i.org/c {one}https://x.org/\n", ONE, None),
            (f"docker run --env API=https://y.org/ i.org/c {one}\"$URL\"\n{one}https://x.org/\n", ONE, NAMELESS),
            (f"{one}https://x.org/ --user-agent curl\n", ONE, None),
            (f"docker run --env API=https://y.org/ i.org/curl:8.1 {one[5:]}https://x.org/\n", ONE, None),
            (f"docker run --env API=https://y.org/ i.org/curl@sha256:0a {one[5:]}x.org\n", ONE, None),
            (f"${{CURL}} {one[5:]}https://x.org/ --output /usr/local/bin/curl\n", ONE, None),
            (f"fetch {one[5:]}https://x.org/pool/curl\n", ONE, None),
            (f"curl -K- <<E\npinnedpubkey = \"{curl('a')}\"\nurl = \"https://x.org/\"\nE\n", ONE, "other files are not read"),
        ])
        for number, end in enumerate((" ^\r\n", " `\n", " \\\n")):
            text = command("c", "z.org", end) + f"curl --pinnedpubkey {curl('a')} https://x.org/\n"
            self.assertEqual(self.taken(f"host-{number}", text, 0, "--format", "curl", "--host", "x.org")[1], ONE)

    def test_openconnect(self):
        cert = f"--servercert pin-sha256:{b64('a')}"
        key = f"--servercert sha256:{hexed('a')}"
        self.rows("openconnect", [
            (f"openconnect {key} x.org\n", ONE, None),
            (f"server = x.org\nservercert = sha256:{hexed('a').upper()}\n", ONE, None),
            (f"openconnect {key} --servercert pin-sha256:{b64('b')} x.org\n", BOTH, None),
            (f"openconnect {cert} x.org\nopenconnect {key[:-54]} y.org\n", ONE, "bad fingerprint"),
            (f"openconnect {cert} x.org\nopenconnect --servercert SHA256:{hexed('b')} y.org\n", ONE, "bad fingerprint"),
            (f"openconnect ^\n {cert} ^\n x.org\nopenconnect ^\n --servercert pin-sha256:{b64('b')} ^\n y.org\n", HOSTS, None),
            (f"openconnect --config vpn.conf y.org\nopenconnect {cert} x.org\n", ONE, "vpn.conf: other files are not read"),
            (f"openconnect --config=/etc/vpn {cert} x.org\n", ONE, "/etc/vpn: other files are not read"),
            (f"openconnect --config vpn y.org\nopenconnect {cert} x.org\n", ONE, "vpn: other files are not read"),
            (f"ssh h.org openconnect {cert} x.org\n", ONE, None),
            (f"ssh h.org openconnect {cert} \"$HOST\"\nopenconnect {cert} x.org\n", ONE, NAMELESS),
            (f"sudo ip netns exec n.vpn /usr/sbin/openconnect {cert} x.org\n", ONE, None),
            (f"docker run --rm i.org/oc openconnect {cert} x.org\n", ONE, None),
            (f"openconnect {cert} https://[2001:db8::1]:4443/\n", {"2001:db8::1:4443": [A]}, None),
            (f"docker run --rm openconnect {cert} x.org --user openconnect\n", ONE, None),
            (f"docker run --name vpn i.org/openconnect:9.12 {cert} x.org\n", ONE, None),
            (f"docker run i.org/openconnect:9.12 {cert} x.org\n", ONE, None),
            (f"C:\\\\VPN\\\\openconnect.exe {cert} x.org\n", ONE, None),
            (f"http_proxy=http://p.org openconnect {cert} x.org\n", ONE, None),
            (f"openconnect -P http://p.org:3128 {cert} x.org\n", ONE, None),
        ])
        self.assertIn("says whose pins", self.taken("comment", "# openconnect --servercert\n", 2, "--format", "openconnect")[0].stderr)
        self.setting = "fingerprints"
        self.assertEqual(self.taken("bare", f"openconnect --servercert {hexed('a')} x.org\n", 0, "--format", "openconnect")[1], ONE)

    def test_inner(self):
        """Commands within commands, prose around them, and what speaks of pins in a word that nobody reads."""
        one, other = f"curl --pinnedpubkey {curl('a')} ", f"curl --pinnedpubkey {curl('b')} https://y.org/\n"
        lost = "pinnedpubkey is not read here"
        self.rows("curl", [
            (f"out=$({one}x.org) z=z.org run w.org\n", ONE, None),
            (f"out=\"$({one}https://x.org/)\"\n", ONE, None),
            (f"out=`{one}x.org` && run w.org\n", ONE, None),
            (f"diff <({one}https://x.org/) <(wget https://z.org/)\n", ONE, None),
            (f"curl --pinnedpubkey {curl('a')} $(echo \"(\" $(host)) https://x.org/\n", ONE, None),
            (f"echo '$({one}https://z.org/)'\n" + other, {"y.org": [B]}, UNEXPECTED),
            (f"(e.g. {one}https://x.org/) and z.org too\n", ONE, None),
            (f"case $1 in x) {one}https://x.org/ ;; esac\n", ONE, None),
            (f"Run `{one}https://x.org/` on z.org, then test.\n", ONE, None),
            (f"<p><code>{one}https://x.org/</code> on z.org now</p>\n", ONE, None),
            (f"<p><code>{one}x.org</code> on z.org now</p>\n", ONE, None),
            (f"{one}https://x.org/ to test.\n", ONE, None),
            (f"{one}https://x.org/ </dev/null\n", ONE, None),
            ("sh -c \"curl --pinnedpubkey $PIN https://x.org/\"\n" + other, {"y.org": [B]}, lost),
            ("ssh h.org 'curl --pinnedpubkey $PIN https://x.org/'\n" + other, {"y.org": [B]}, lost),
            ("OPTS=\"--silent --pinnedpubkey $PIN\"\n" + other, {"y.org": [B]}, lost),
            ("CMD [\"curl\", \"--pinnedpubkey\", \"$PIN\", \"https://x.org/\"]\n" + other, {"y.org": [B]}, lost),
            ("- \"curl --pinnedpubkey $PIN https://x.org/\"\n" + other, {"y.org": [B]}, lost),
            ("echo $pinnedpubkey ${pinnedpubkey} my-pinnedpubkey-file pinnedpubkeys\n" + other, {"y.org": [B]}, None),
        ])

    def test_targets(self):
        one = f"curl --pinnedpubkey {curl('a')} "
        rc = f"pinnedpubkey = {curl('a')}\nurl = https://x.org/\n"
        odd = "whether the URL is its value"
        self.rows("curl", [
            (one + "x.org:8443/p?q=https://y.org\n", {"x.org:8443": [A]}, None),
            (one + "x.org/https://y.org\n", ONE, None),
            (one + "--unheard-of https://z.org/ https://x.org/\n", ONE, odd),
            (one + "--show-headers https://x.org/\n", ONE, None),
            (one + "--proxy-http2 https://x.org/\n", ONE, None),
            (one + "https://x.org/ || echo \"pinnedpubkey mismatch\" >&2\n", ONE, None),
            (one + "https://x.org/ || echo 'no pinnedpubkey, no data'\n", ONE, None),
            (one + "https://x.org/\nx = \"-s 'pinnedpubkey' = $PIN\"\n", ONE, "pinnedpubkey is not read here"),
            (one + "--refer https://z.org/ https://x.org/\n", ONE, odd),
            (one + "--referer https://z.org/ https://x.org/\n", ONE, None),
            (one + "--silent https://x.org/\n", ONE, None),
            (one + "--url https://x.org/\n", ONE, None),
            (f"fetch --from https://z.org/ --pinnedpubkey {curl('a')} https://x.org/\n", ONE, odd),
            (f"curl --pinnedpubkey https://z.org/key {one[5:]}https://x.org/\n", ONE, None),
            (one + "http://z.org/ https://x.org/\n", ONE, "is without TLS"),
            (one + "HTTP://z.org/ https://x.org/\n", ONE, "is without TLS"),
            (rc + "new-thing = https://z.org/\n", ONE, None),
            (rc + "https_proxy = http://p.org:3128/\n", ONE, None),
            (rc + "url = http://z.org/\n", ONE, "is without TLS"),
            (rc + "url = x.org:8443\n", {"x.org": [A]}, "has an entry for every port"),
        ])

    def test_openwrt(self):
        cert, other = f"pin-sha256:{b64('a')}", f"openconnect --servercert pin-sha256:{b64('b')} y.org\n"
        def interface(*options, name="vpn"):
            return f"config interface '{name}'\n\toption proto 'openconnect'\n" + "".join(f"\toption {option}\n" for option in options) + "\n"
        one, lost = {"x.org:8443": [A]}, "is not read here"
        self.rows("openconnect", [
            (interface("server 'x.org'", "port '8443'", f"serverhash '{cert}'"), one, None),
            (interface(f"serverhash '{cert}'", "port '8443'", "server 'x.org'"), one, None),
            (interface("server x.org", f"serverhash {cert}"), ONE, None),
            (interface("uri 'https://x.org:8443/g'", f"serverhash \"{cert}\""), one, None),
            (interface("server 'x.org'", f"serverhash '{cert}'") + interface("server 'y.org'", f"serverhash 'pin-sha256:{b64('b')}'", name="b"), HOSTS, None),
            (interface("server 'y.org'") + interface(f"serverhash '{cert}'", name="b") + other, {"y.org": [B]}, NAMELESS),
            (interface("server 'x.org'", "port '70000'", f"serverhash '{cert}'"), ONE, "expected a number up to 65535"),
            (interface("server 'x.org'", "serverhash 'AABBCC'") + other, {"y.org": [B]}, "bad fingerprint"),
            (interface("server 'x.org'", f"serverhash '{cert}'", "server 'z.org'"), ONE, "a second server"),
            (interface("server 'x.org'", f"serverhash '{cert}'").replace("\toption serverhash", f"\t#option serverhash 'pin-sha256:{b64('c')}'\n\toption serverhash"), ONE, None),
            (f"uci set network.vpn.serverhash='{cert}'\n" + other, {"y.org": [B]}, UNEXPECTED),
            ("uci set network.vpn.serverhash=\"$HASH\"\n" + other, {"y.org": [B]}, lost),
            ("sh -c \"openconnect --servercert $PIN x.org\"\n" + other, {"y.org": [B]}, lost),
            ("alias vpn='openconnect --servercert $PIN x.org'\n" + other, {"y.org": [B]}, lost),
            ("command = [\"openconnect\", \"--servercert\", pin, \"x.org\"]\n" + other, {"y.org": [B]}, lost),
            (f"[vpn]\ngwcert-flags=2\ngateway=x.org\ngwcert={cert}\n", ONE, None),
            (f"ssh a.org $OC --servercert {cert} x.org\n", ONE, None),
            (f"ssh a.org \"$OC\" -u me x.org --servercert {cert}\n", ONE, None),
            (f"$OC --servercert {cert} x.org\n", ONE, None),
            (f"ip=$(openconnect --servercert {cert} --authenticate x.org) run z.org\n", ONE, None),
        ])

    def test_git_commands(self):
        good = f'[http "https://y.org/"]\n\tpinnedPubkey = {curl("b")}\n'
        two, lost = {"y.org": [B]}, "pinnedpubkey is not read here"
        self.rows("git", [
            (f"git config --global http.https://x.org/.pinnedPubkey {curl('a')}\n", ONE, None),
            (f"git config --global http.\"https://x.org/\".pinnedPubkey \"{curl('a')};{curl('b')}\"\n", BOTH, None),
            (f"git config http.https://x.org/.pinnedPubkey '{curl('a')};{curl('b')}'\n", BOTH, None),
            (f"RUN git config --system http.https://x.org/.pinnedPubkey {curl('a')}\n" + good, HOSTS, None),
            ("git config http.https://x.org/.pinnedPubkey \"$PIN\"\n" + good, two, "expected sha256//BASE64"),
            (f"git config http.https://x.org/.pinnedPubkey {curl('a')} && make\n" + good, two, "expected sha256//BASE64"),
            ("git config 'http.https://x.org/.pinnedPubkey' \"$PIN\"\n" + good, two, lost),
            ("git -c http.pinnedPubkey=\"$PIN\" clone https://x.org/r\n" + good, two, lost),
            ("GIT_CONFIG_KEY_0=http.https://x.org/.pinnedPubkey\n" + good, two, lost),
            ("[remote \"o\"]\n\tpinnedPubkey = $PIN\n" + good, two, lost),
            (f"[http \"x.org\"]\n\tpinnedPubkey = {curl('a')}\n" + good, two, "expected https://HOST/"),
            (f"[http \"//x.org/\"]\n\tpinnedPubkey = {curl('a')}\n" + good, two, "expected https://HOST/"),
            ("[http]\n\tsslVerify = true\n# pinnedPubkey = $PIN\n" + good, two, None),
        ])

    def test_git(self):
        def section(url, word):
            return f'[http "{url}"]\n\tpinnedPubKey = {curl(word)}\n'
        good = section("https://x.org/", "a")
        narrow = "is for one user or path, and line"
        self.rows("git", [
            (section("https://x.org/team/", "b") + good, ONE, narrow),
            (good + section("https://x.org/team/", "b"), ONE, narrow),
            (section("https://me@x.org/", "b") + good, ONE, narrow),
            (section("https://me@x.org/team", "b") + good + section("https://x.org/c", "c"), ONE, narrow),
            (section("https://x.org:8443/a", "b") + section("https://x.org:8443", "a"), {"x.org:8443": [A]}, narrow),
            (section("https://x.org/a", "a") + section("https://x.org/c", "c"), ONE, "is for one path; the entry covers the whole host"),
            (section("https://me@x.org/", "a"), ONE, None),
            (section("http://x.org/", "b") + good, ONE, "is without TLS"),
            (section("HTTP://y.org/", "b") + good, ONE, "is without TLS"),
            (section("ssh://y.org/", "b") + good, ONE, "is without TLS"),
            (f"http.https://x.org/a.b/.pinnedpubkey={curl('b')}\nhttp.https://x.org/.pinnedpubkey={curl('a')}\n", ONE, narrow),
        ])
        for number, other in enumerate(("http://x.org/", "https://x.org/team/", "https://me@x.org/")):
            text = section(other, "b") + section("https://x.org/", "c") + section("https://y.org/", "a")
            done, found = self.taken(f"git-host-{number}", text, 0, "--format", "git", "--host", "y.org")
            self.assertEqual(found, {"y.org": [A]}, done.stderr)


class Sources(Nasty):
    def test_hpkp(self):
        def value(*words, more="max-age=5184000"):
            return "".join(f'pin-sha256="{b64(word)}"; ' for word in words) + more
        both, old, first = value("a", "b"), value("c"), f"'pin-sha256=\"{b64('a')}\"; '"
        escaped = both.replace('"', '\\"')
        second = f"'pin-sha256=\"{b64('b')}\"; '"
        self.rows("hpkp", [
            (f"app.use(x); // res.setHeader('Public-Key-Pins', '{old}');\nres.setHeader('Public-Key-Pins', '{both}');\n", BOTH, None),
            (f"app.use(x);// res.set('Public-Key-Pins', '{old}')\nres.set('Public-Key-Pins', '{both}');\n", BOTH, None),
            (f"x = 'http://y.org'; res.set('Public-Key-Pins', '{both}'); // was '{old}'\n", BOTH, None),
            (f"-- header('Public-Key-Pins', '{old}')\nheader('Public-Key-Pins', '{both}')\n", BOTH, None),
            (f"add_header Public-Key-Pins '{both}';# old '{old}'\n", BOTH, None),
            (f"server {{# Public-Key-Pins '{old}'\nadd_header Public-Key-Pins '{both}';}}\n", BOTH, None),
            (f"add_header X-Note a#b;\nadd_header Public-Key-Pins '{both}';\n", BOTH, None),
            (f"headers = {{\n  'Public-Key-Pins': {first}\n    {second}\n    'max-age=99',\n}}\n", BOTH, None),
            (f"headers['Public-Key-Pins'] = ({first}\n  {second}\n  'max-age=99')\nheaders['Strict-Transport-Security'] = 'max-age=9; includeSubDomains'\n", BOTH, None),
            (f"('Public-Key-Pins', {first} {second} + MORE + 'max-age=99'),\n", BOTH, "is not written out"),
            (f"Header set Public-Key-Pins \"{escaped}\" \"expr=%{{HTTPS}}\"\n", BOTH, None),
            (f"h['Public-Key-Pins'] = f'{both}'\n", BOTH, None),
            (f'{{"Public-Key-Pins": ["{escaped}"]}}\n', BOTH, None),
            (f'{{"Public-Key-Pins": [ "{escaped}" ]}}\n', BOTH, None),
            (f'[["Public-Key-Pins", "{escaped}"]]\n', BOTH, None),
            (f"h['Public-Key-Pins'] = f'{both}; pin-sha256=\"{{SPARE}}\"'\n", BOTH, 'bad pin-sha256 "{SPARE}"'),
            (f"h.Add(\"Public-Key-Pins\", $\"{escaped}\")\n", BOTH, None),
            (f"h.Add(\"Public-Key-Pins\", @\"{both.replace(chr(34), chr(34) * 2)}\")\n", {}, UNEXPECTED),
            (f"hpkp({{ maxAge: 99, sha256s: ['{b64('a')}' as string, '{b64('b')}' as string] }})\n", BOTH, None),
            (f"hpkp({{ maxAge: 99, sha256s: ['{b64('a')}' as string + more, '{b64('b')}'] }})\n", {"x.org": [B]}, "bad pin-sha256"),
        ], "--host", "x.org")

    def test_okhttp(self):
        head = "val b = CertificatePinner.Builder()\n"
        self.rows("okhttp", [
            (f'var p = new CertificatePinner.Builder()\n  .Add("x.org", "{A}", "{B}")\n  .Build();\n', BOTH, None),
            (head + f'b.Add("x.org", @"{A}").Add(@"y.org", "{B}")\n', HOSTS, None),
            (head + f'b.Add(host, "{B}")\nb.Add("x.org", "{A}")\n', ONE, "the host is not written out"),
            (head + f'b.Adds("y.org", "{B}")\nb.add("x.org", "{A}")\n', ONE, UNEXPECTED),
            (head + f'b.add("x.org", "{A}" as String)\n', ONE, None),
            (head + f'b.add("x.org" as String, "{A}")\n', ONE, None),
            (f'const val HOST = "x.org" as String\n{head}b.add(HOST, "{A}")\n', ONE, None),
            (f'val host = other as String\n{head}b.add(host, "{B}").add("x.org", "{A}")\n', ONE, "the host is not written out"),
            (f'val host = "y.org" as String + more\n{head}b.add(host, "{B}").add("x.org", "{A}")\n', ONE, "the host is not written out"),
            (head + f'b.add("x.org", "{A}").add("y.org", pin as String)\n', ONE, "a pin is not written out"),
            (head + f'b.add("x.org", "{A}").add("y.org", "{B}" as String + more)\n', ONE, "a pin is not written out"),
        ])

    def test_whose_call(self):
        """A call is of what it is called of, not of the builder that happens to stand before it."""
        pinner, good = "val p = CertificatePinner.Builder()\n", f'.add("y.org", "{B}")\n'
        two, host, lost = {"y.org": [B]}, '.add("x.org", pin)\n', "a pin is not written out"
        self.rows("okhttp", [
            (f'val f = FormBody.Builder().add("label", "{A}")\n' + pinner + "p" + good, two, UNEXPECTED),
            (f'val h = Headers.Builder()\nh.add("x.pin", "{A}")\n' + pinner + "p" + good, two, UNEXPECTED),
            (f'val h = Headers.Builder().add("A", token).apply {{ add("x.pin", "{A}") }}\n' + pinner + "p" + good, two, UNEXPECTED),
            ("val h = Headers.Builder().add(\"A\", token)\n" + pinner + "p" + good + "val r = Headers.Builder()\nr.add(\"B\", token)\n", two, None),
            (pinner + "val r = Request.Builder()\np" + host + "p" + good, two, lost),
            (pinner + "val r = Request.Builder()\nmy.p" + host + "p" + good, two, lost),
            (pinner + "val r = Request.Builder()\np?" + host + "p!!" + good, two, lost),
            ("var p: CertificatePinner.Builder? = null\nval r = Request.Builder()\np" + host + "p" + good, two, lost),
            ("void f(CertificatePinner.Builder p, Request.Builder r) { p" + host + "p" + good + "}\n", two, lost),
            ("void f(CertificatePinner.Builder p, Request.Builder r) { p" + good + "r" + host + "}\n", two, None),
            ("fun a() { val p = Request.Builder()\np.add(\"k\", v) }\nfun b() { " + pinner + "val r = Request.Builder()\np" + host + "p" + good + "}\n", two, lost),
            ("val p = CertificatePinner.Builder()\n" + good + ".apply { val r = Request.Builder() }\n" + host, two, lost),
            ("val p = CertificatePinner.Builder().also { val r = Request.Builder() }.apply {\nadd(\"x.org\", pin)\nadd(\"y.org\", \"" + B + "\") }\n", two, lost),
            (pinner + "val r = Request.Builder()\nwith(p) { add(\"x.org\", pin)\nadd(\"y.org\", \"" + B + "\") }\n", two, lost),
            ("import okhttp3.CertificatePinner as Pins\nval r = Request.Builder()\nval p = Pins.Builder()" + host + "p" + good, two, lost),
            ("import okhttp3.CertificatePinner.Builder\nval r = Request.Builder()\nval p = Builder()" + host + "p" + good, two, lost),
            (pinner + "p" + good + "pins.forEach(p::add)\n", two, "what is added is not written out"),
            (pinner + "val h = Headers.Builder()\np" + good + "more.forEach(h::add)\n", two, None),
            (f'val m = Map(new Pin("label", "{A}"))\n' + pinner + "p" + good, two, UNEXPECTED),
            (pinner + "p" + good + f'val m = new Pin("label", "{A}")\n', two, UNEXPECTED),
            (f'val s = setOf(CertificatePinner.Pin("x.org", "{A}"))\n', ONE, None),
            (f'import okhttp3.CertificatePinner.Pin\nval s = setOf(Pin("x.org", "{A}"))\n', ONE, None),
        ])

    def test_outside(self):
        """Pins of a host that something else than the dictionary of all holds."""
        hashes = f'TSKPublicKeyHashes: ["{b64("a")}"]'
        swift = f'let c = [kTSKPinnedDomains: ["x.org": [k{hashes}]]]\n'
        plist = ("<plist><dict>%s<key>TSKPinnedDomains</key><dict><key>x.org</key><dict><key>TSKPublicKeyHashes</key><array><string>"
                 + b64("a") + "</string></array></dict></dict></dict></plist>\n")
        lost = "stands outside of TSKPinnedDomains"
        self.rows("trustkit", [
            (swift + 'd["y.org"] = [kTSKPublicKeyHashes: [pin]]\n', ONE, lost),
            (swift + "d[kTSKPublicKeyHashes] = pins\n", ONE, lost),
            ("let d: [String: Any] = [kTSKPublicKeyHashes: pins]\n" + swift, ONE, lost),
            (swift + "[d setObject:pins forKey:kTSKPublicKeyHashes];\n", ONE, lost),
            (swift + "[c setObject:domains forKey:kTSKPinnedDomains];\n", ONE, "kTSKPinnedDomains stands outside"),
            (swift + 'let h = c["x.org"][kTSKPublicKeyHashes] as? [String]\n', ONE, None),
            (swift + "if c[kTSKPublicKeyHashes] == pins { }\n", ONE, None),
            ("extern NSString * const kTSKPublicKeyHashes;\n" + swift, ONE, None),
            ("interface D { TSKPublicKeyHashes: string[] }\nconst c = { TSKPinnedDomains: { \"x.org\": { " + hashes + " } } };\n", ONE, None),
            (plist % "", ONE, None),
            (plist % "<key>other</key><dict><key>TSKPublicKeyHashes</key><array><string>$(PIN)</string></array></dict>", ONE, lost),
        ])

    def test_branches(self):
        said = "each branch of an #if is read"
        builder = f'new CertificatePinner.Builder()\n#if %s\n.Add("y.org", "{B}")\n#endif\n.Add("x.org", "{A}");\n'
        for number, (text, notes) in enumerate((
                (builder % "DEBUG", 1), ("#if DEBUG\n#endif\n" + builder.replace("#if %s", "").replace("#endif", ""), 1),
                (builder.replace("#if %s", "").replace("#endif", ""), 0), (builder.replace("#if", "//#if") % "DEBUG", 0))):
            done, found = self.taken(f"branch-{number}", text, 0, "--format", "okhttp")
            self.assertEqual((found, done.stderr.count(said)), (HOSTS, notes), done.stderr)

    def test_trustkit(self):
        hashes = f'TSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"]'
        source = f'const c = {{ TSKPinnedDomains: {{ "x.org": {{ {hashes} }} }} }};\n'
        added = "what is added to a list or dictionary"
        wrapped = f'"TSKPinnedDomains": .dictionary(["x.org": .dictionary(["TSKPublicKeyHashes": .array([.string("{b64("a")}"), .string("{b64("b")}")]%s)])])\n'
        yaml = f"a:\n  TSKPinnedDomains:\n    x.org:\n      TSKIncludeSubdomains: YES\n      TSKPublicKeyHashes: [{b64('a')}, {b64('b')}]\n"
        self.rows("trustkit", [
            ("interface Config { TSKPinnedDomains: Record<string, Pin>; }\n" + source, BOTH, None),
            ("type T = { TSKPinnedDomains: { [host: string]: { TSKPublicKeyHashes: string[] } } };\n" + source, BOTH, None),
            ('const type = "x";\nconst d = { type: 1, TSKPinnedDomains: pins() };\n' + source, BOTH, "is no dictionary"),
            ("const d: { TSKPinnedDomains: object } = pins();\n" + source, BOTH, "is no dictionary"),
            (f'interface A {{ TSKPinnedDomains: "{b64("c")}" }}\n' + source, BOTH, UNEXPECTED),
            ("interface A\n" + source, BOTH, None),
            ("const type = A\n" + source, BOTH, None),
            (f'@interface A\n@end\nstatic id c = @{{ kTSKPinnedDomains: @{{ @"x.org": @{{ kTSKPublicKeyHashes: @[@"{b64("a")}", @"{b64("b")}"] }} }} }};\n', BOTH, None),
            (f'const PIN = "{b64("a")}" as const;\n' + source.replace(f'"{b64("a")}"', "PIN"), BOTH, None),
            (f'const PIN = "{b64("a")}" as string + more;\n' + source.replace(f'"{b64("a")}"', "PIN"), {"x.org": [B]}, "a hash that is no string"),
            (wrapped % "", BOTH, None),
            (wrapped % " + more", BOTH, added),
            (f'["TSKConfiguration": .dictionary([{wrapped % ""}])].merging(more)\n', BOTH, added),
            (f'["TSKConfiguration": .dictionary([{wrapped % ""}])]\n', BOTH, None),
            (wrapped.replace(".array([", ".array(f([").replace("])])])", "]))])])") % "", {}, "is not written out"),
            (yaml, BOTH, None),
            (yaml + f"      # spare: {b64('c')}\n  pins: {b64('d')}\n", BOTH, UNEXPECTED),
            (yaml.replace("a:\n", "a:\n  TSKPinnedDomains: {}\n"), {}, "stands here a second time"),
        ])

    def test_apple(self):
        leaf = f'NSPinnedLeafIdentities: [{{ "SPKI-SHA256-BASE64": "{b64("a")}" }}]'
        source = f'const x = {{ NSPinnedDomains: {{ "x.org": {{ {leaf} }} }} }};\n'
        yaml = f"a:\n  NSPinnedDomains:\n    x.org:\n      NSPinnedLeafIdentities:\n      - SPKI-SHA256-BASE64: {b64('a')} # was {b64('c')}\n"
        wrapped = f'.dictionary(["NSPinnedDomains": .dictionary(["x.org": .dictionary(["NSPinnedLeafIdentities": .array([.dictionary(["SPKI-SHA256-BASE64": .string("{b64("a")}")])])])%s])])\n'
        self.rows("apple", [
            ("type Ats = { NSPinnedDomains: Record<string, { NSPinnedLeafIdentities: Identity[] }> };\n" + source, ONE, None),
            ("export interface Ats extends B<C> {\n  NSPinnedDomains: object;\n}\n" + source, ONE, None),
            (source.replace("]", " satisfies Pin]").replace('" }', '" as string }'), ONE, None),
            (source.replace("{ \"x.org\"", "\n    { \"x.org\""), ONE, None),
            ("const y = {\n  NSPinnedDomains:\n    pins,\n};\n" + source, ONE, "is no dictionary"),
            (source + "d['y.org'] = { NSPinnedLeafIdentities: ids };\n", ONE, "stands outside of NSPinnedDomains"),
            (source + "d['y.org'] = { NSPinnedCAIdentities: ids };\n", ONE, "stands outside of NSPinnedDomains"),
            (source + "const n = d.NSPinnedLeafIdentities;\n", ONE, None),
            (yaml, ONE, None),
            (yaml + "    y.org: {}\n", ONE, "has no pin"),
            (yaml + f"    y.org:\n      NSPinnedLeafIdentities: [{b64('b')}]\n", ONE, "expected SPKI-SHA256-BASE64"),
            (yaml + "  b: &b {}\n  c: *b\n", ONE, "aliases are not read"),
            (wrapped % "", ONE, None),
            (wrapped % ', "y.org": .dictionary(["NSPinnedLeafIdentities": .array(pins)])', ONE, "has no pin"),
            (wrapped % ', "y.org": .dictionary(["NSPinnedLeafIdentities": .array([.dictionary(["SPKI-SHA256-BASE64": .string(pin)])])])', ONE, "expected SPKI-SHA256-BASE64"),
        ])


class Settings(Nasty):
    def test_knot_resolver(self):
        def server(pins, address="'192.0.2.1', hostname='x.org'"):
            return f"{{{address}, pin_sha256={pins}}}"
        good = server(f"'{b64('a')}'")
        one = {"x.org:853": [A]}
        self.rows("knot_resolver", [
            (f"local M = {{ layer = {{}}, action = policy.TLS_FORWARD({{{good}}}) }}\n", one, None),
            (f"policy.TLS_FORWARD({{ [1] = {good} }})\n", one, None),
            (f"services.kresd = {{\n extraConfig = ''\n policy.TLS_FORWARD({{ {good}, }})\n '';\n}};\n", one, None),
            (f"policy.TLS_FORWARD{{{good}}}\n", one, None),
            (f"s = {{ {good}, y = " + server(f"{{'{b64('b')}'}}", "'192.0.2.2'") + " }\n", {**one, "192.0.2.2:853": [B]}, None),
            (f"f({{ g({good}), h = function() return {{ " + server("pin", "ip") + " } end })\n", one, "expected a text or a list of texts"),
            (f"t.pin_sha256 = '{b64('b')}'\npolicy.TLS_FORWARD({{{good}}})\n", one, UNEXPECTED),
            (f"pin_sha256 = '{b64('b')}'\npolicy.TLS_FORWARD({{{good}}})\n", one, UNEXPECTED),
            (good[:-1] + f", pin_sha256='{b64('b')}'}}\n", one, "stands here a second time"),
            (good[:-1] + f", {{'192.0.2.2', pin_sha256='{b64('b')}'}}}}\n", {**one, "192.0.2.2:853": [B]}, None),
        ])

    def test_without_tls(self):
        self.setting = "fingerprints"
        def account(name, word, tls):
            return f"account {name}\nhost {name}.org\n{tls}\ntls_fingerprint {colons(word)}\n"
        good = good_account = account("x", "a", "tls on")
        said = 'stands beside "tls off"'
        one = {"x.org": [A]}
        cases = [("msmtp", text, entries, notes) for text, entries, notes in (
            (good + account("y", "b", "tls off"), one, 1),
            (account("y", "b", "tls off") + "account x : y\nhost x.org\ntls on\n", {"x.org": [B]}, 1),
            (good + "account y : x\nhost y.org\ntls off\n", one, 1),
            ("defaults\ntls off\n" + account("y", "b", "") + good, one, 1),
            (account("y", "b", "tls off\ntls on"), {"y.org": [B]}, 0),
            (account("y", "b", "tls"), {"y.org": [B]}, 0),
            (good + account("y", "b", "tls \"off\""), one, 1),
            (account("y", "b", "tls_starttls off"), {"y.org": [B]}, 0))]

        def server(name, word, tls):
            return f'{name}.addresses = "{name}.org"\n{name}.tls_fingerprint = "{hexed(word)}"\n{tls}\n'
        good = server("x", "a", "x.tls = on")
        cases += [("weechat", "[server]\n" + text, entries, notes) for text, entries, notes in (
            (good + server("y", "b", "y.tls = off"), one, 1),
            (good + server("y", "b", "y.ssl = off"), one, 1),
            (good + server("y", "b", "y.tls = null"), {**one, "y.org": [B]}, 0),
            (good + server("y", "b", "y.tls_verify = on"), {**one, "y.org": [B]}, 0),
            (good + "/set irc.server.x.tls off\n" + server("y", "b", ""), {"y.org": [B]}, 1),
            (f"/server add x x.org/6697 -tls\n/set irc.server.x.tls_fingerprint {hexed('a')}\n", {"x.org:6697": [A]}, 0))]
        for number, (form, text, entries, notes) in enumerate(cases):
            with self.subTest(form=form, text=text):
                done, found = self.taken(f"tls-{number}", text, 0, "--format", form)
                self.assertEqual((found, done.stderr.count(said)), (entries, notes), done.stderr)
        done, _ = self.taken("none", account("y", "b", "tls off"), 1, "--format", "msmtp", "--lossy")
        self.assertIn("no pins in it", done.stderr)
        text = good_account + account("y", "b", "tls off # for now")
        self.assertIn("knows no comments behind a value", self.taken("comment", text, 1, "--format", "msmtp")[0].stderr)
        self.assertEqual(self.taken("comment-lossy", text, 0, "--format", "msmtp", "--lossy")[1], one)
        text = f"/server add x x.org -tls_fingerprint={hexed('b')}\n/set irc.server.x.tls_fingerprint {hexed('a')}\n"
        done, found = self.taken("option", text, 0, "--format", "weechat")
        self.assertEqual((found, "is given again in line 2" in done.stderr), (one, True), done.stderr)

    def test_other_software_of_postfix(self):
        self.setting = "fingerprints"
        good = f"relayhost = [x.org]\nsmtp_tls_security_level = fingerprint\nsmtp_tls_fingerprint_cert_match = {colons('a')}\n"
        for number, (line, said) in enumerate((("lmtp_tls_fingerprint_cert_match = $other", "is not for smtp"), (f"lmtp_tls_fingerprint_cert_match = {colons('b')}", "is not for smtp"),
                                               ("lmtp_tls_fingerprint_cert_match =", None), ("lmtp_tls_security_level = may", None))):
            text = good + line + "\n"
            done, _ = self.taken(f"lmtp-{number}", text, 1 if said else 0, "--format", "postfix")
            self.assertIn(said or "1 entries imported", done.stderr)
            self.assertEqual(self.taken(f"lmtp-lossy-{number}", text, 0, "--format", "postfix", "--lossy")[1], {"x.org:25": [A]})

    def test_subdomains_of_apple(self):
        text = '{ NSPinnedDomains: { "x.org": { NSIncludesSubdomains: %s, NSPinnedLeafIdentities: [{ "SPKI-SHA256-BASE64": "' + b64("a") + '" }] } } }'
        for number, (value, notes) in enumerate((("true", 1), ("false", 0))):
            done, found = self.taken(f"apple-{number}", "const c = " + text % value, 0, "--format", "apple")
            self.assertEqual((found, done.stderr.count("those with one more label")), (ONE, notes), done.stderr)

    def test_weechat(self):
        self.setting = "fingerprints"
        a, b, c = hexed("a"), hexed("b"), hexed("c")
        servers = 'x.addresses = "x.org"\nx.tls_fingerprint%s\ny.addresses = "y.org"\ny.tls_fingerprint = "' + b + '"\n'
        def settings(default, own):
            return f"[look]\ntls = off\n[server_default]\n{default}\n[server]\n" + servers % own
        def commands(options, *more):
            return f"/server add x x.org {options}\n/set irc.server.x.tls_fingerprint {a}\n" + "".join(f"/set irc.server_default.{line}\n" for line in more)
        inherited = {"x.org": [C], "y.org": [B]}
        self.rows("weechat", [
            (settings(f'tls_fingerprint = "{c}"', ""), inherited, None),
            (settings(f'tls_fingerprint = "{c}"', ' = ""'), {"y.org": [B]}, UNEXPECTED),
            (settings(f'tls_fingerprint = "{c}"', f' = "{a}"'), HOSTS, UNEXPECTED),
            (settings('tls_fingerprint = ""', f' = "{a}"'), HOSTS, None),
            (settings("tls = off", f' = "{a}"') + "y.tls = on\n", {"y.org": [B]}, None),
            (settings("ssl = off\nssl = on", f' = "{a}"'), HOSTS, None),
            (settings("tls = on", f' = "{a}"') + "y.tls\n", HOSTS, None),
            (commands("-tls"), ONE, None),
            (commands("-tls", "tls off"), ONE, None),
            (commands("-notls") + servers[servers.index("y.addr"):], {"y.org": [B]}, None),
            (commands("-nossl -autoconnect") + servers[servers.index("y.addr"):], {"y.org": [B]}, None),
            (commands("", "tls off") + servers[servers.index("y.addr"):] + "y.tls = on\n", {"y.org": [B]}, None),
            (f"/set irc.server_default.tls_fingerprint {c}\n/server add x x.org\n", {"x.org": [C]}, None),
            (f"/server add x x.org -ssl_fingerprint={a} -tls\n", ONE, None),
            (f"/server addreplace x x.org -tls\n/set irc.server.x.tls_fingerprint {a}\n", ONE, None),
            (f"/server add y y.org -tls_fingerprint=${{fp}}\n/server add x x.org -tls_fingerprint={a}\n", ONE, "bad fingerprint"),
        ])

    def test_classes(self):
        good = f"_443._tcp.x.org. 60 IN TLSA 3 1 1 {hexed('a')}\n"
        other = "is of another class than IN"
        one = {"x.org:443": [A]}
        self.rows("tlsa", [
            (good + f"_443._tcp.y.org. CH TLSA 3 1 1 {hexed('b')}\n", one, other),
            (good + f"_443._tcp.y.org. ch 60 TLSA 3 1 1 {hexed('b')}\n", one, other),
            (good + f"_443._tcp.y.org. 60 HS TYPE52 \\# 35 030101{hexed('b')}\n", one, other),
            (good + f"_443._tcp.y.org. CLASS3 TLSA 3 1 1 {hexed('b')}\n", one, other),
            (good + "_443._tcp.y.org. CH CNAME _443._tcp.x.org.\n", one, other),
            (good + "_443._tcp.y.org. CH DNAME x.org.\n", one, other),
            (good + "version.bind. CH TXT \"9.18\"\n", one, None),
            (good + f"x.org. CH TXT {hexed('b')}\n", one, None),
            (good.replace("IN", "in"), one, None),
            (good.replace("IN", "CLASS1"), one, None),
            (good.replace("60 IN", ""), one, None),
        ])

    def modes(self, number, form, text):
        policy = os.path.join(self.folder, f"{number}", "policy.cfg")
        os.mkdir(os.path.dirname(policy))
        done = self.pinctl("import", self.file("modes.txt", text), "--format", form, "--policy", policy, status=0)
        return done, {entry["name"]: entry["mode"] for entry in self.entries(policy)}

    def test_only_looked_at(self):
        """Where the software itself goes on in spite of another key, the entry refuses nothing."""
        stubby = f'upstream_recursive_servers:\n  - address_data: 192.0.2.1\n    tls_auth_name: x.org\n    tls_pubkey_pinset:\n      - digest: "sha256"\n        value: {b64("a")}\n'
        envoy = f'sni: x.org\nvalidation_context:\n  verify_certificate_spki: ["{b64("a")}"]\n'
        postfix = f"relayhost = [x.org]:587\nsmtp_tls_fingerprint_cert_match = {colons('a')}\nsmtp_tls_security_level = "
        account = f"account a\nhost x.org\ntls_fingerprint {colons('a')}\n"
        rows = [("stubby", "tls_authentication: GETDNS_AUTHENTICATION_NONE\n" + stubby, True),
                ("stubby", stubby + "tls_authentication: GETDNS_AUTHENTICATION_NONE\n", True),
                ("stubby", stubby + "tls_authentication: GETDNS_AUTHENTICATION_REQUIRED\n", False), ("stubby", stubby, False),
                ("stubby", "tls_authentication: GETDNS_AUTHENTICATION_REQUIRED\n" + stubby + "    tls_authentication: GETDNS_AUTHENTICATION_NONE\n", False),
                ("stubby", "tls_authentication: GETDNS_AUTHENTICATION_NONE\n" + stubby + "---\ntls_authentication: GETDNS_AUTHENTICATION_REQUIRED\n", False),
                ("envoy", envoy + "  trust_chain_verification: ACCEPT_UNTRUSTED\n", True),
                ("envoy", envoy + "  trustChainVerification: 1\n", True),
                ("envoy", envoy + "  trust_chain_verification: VERIFY_TRUST_CHAIN\n", False),
                ("postfix", postfix + "may\n", True), ("postfix", postfix + "dane\n", True), ("postfix", postfix + "fingerprint\n", False),
                ("postfix", postfix + "Fingerprint\n", False), ("postfix", postfix + "$level_of_relay\n", False),
                ("postfix", postfix + "may\nsmtp_tls_policy_maps = inline:{ [x.org]:587=fingerprint }\n", False),
                ("postfix", postfix + "may\nsmtp_tls_policy_maps =\n", True),
                ("postfix", postfix.rpartition("smtp_tls_security_level")[0], False),
                ("msmtp", account + "tls_certcheck off\n", True), ("msmtp", "defaults\ntls_certcheck off\n" + account, True),
                ("msmtp", "defaults\ntls_certcheck off\n" + account + "tls_certcheck on\n", False), ("msmtp", account + "tls_certcheck\n", False)]
        server = f'[server]\nx.addresses = "x.org"\nx.tls_fingerprint = "{hexed("a")}"\n'
        command = f"/server add x x.org %s\n/set irc.server.x.tls_fingerprint {hexed('a')}\n"
        lax = "[server_default]\ntls_verify = off\n"
        rows += [("weechat", text, looks) for text, looks in (
            (server + "x.tls_verify = off\n", True), (server + "x.ssl_verify = off\n", True), (lax + server, True),
            (lax + server + "x.tls_verify\n", True), (lax + server + "x.tls_verify = on\n", False), (server + "y.tls_verify = off\n", False),
            (lax.replace("off", "on") + server, False), (command % "-notls_verify", True), (command % "-nossl_verify", True),
            (command % "-tls_verify", False), (command % "-notls_verify" + "/set irc.server.x.tls_verify on\n", False))]
        for number, (form, text, looks) in enumerate(rows):
            with self.subTest(form=form, text=text):
                done, found = self.modes(number, form, text)
                self.assertEqual((found, done.stderr.count("the entry only logs")), ({"x.org": "audit" if looks else "enforce"}, int(looks)), done.stderr)

    def test_windows(self):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "field.key", "-out", "field.pem", "-subj", "/CN=field")
        pem = openssl("x509", "-in", "field.pem")
        container = openssl("crl2pkcs7", "-nocrl", "-certfile", "field.pem", "-outform", "der")
        rules = '<PinRules><PinRule Name="r"><Certificate File="%s"/><Site Domain="x.org"/></PinRule></PinRules>\n'
        for name, data, good in (("a.spc", container, True), ("a.p7b", container, True), ("b.p7b", pem, True), ("b.P7C", pem, True), ("c.p7b", b"x", False), ("d.spc", b"", False)):
            with self.subTest(name=name):
                self.file(name, data)
                done, found = self.taken(re.sub(r"\W", "_", name), rules % name, 0 if good else 1, "--format", "windows")
                self.assertEqual(found, {"x.org": [pin_of("field.pem")]} if good else {}, done.stderr)


if __name__ == "__main__":
    main()
