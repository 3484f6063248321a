# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What a file may be besides tidy, for each format that is read: comments in odd places, keys and sections that come
twice, the wrong type, other spellings, statements that no reader knows. What speaks of a pin is taken or named."""

import base64
import os
import resource

from conversion_case import ConversionCase, b64, colons, pin, raw
from pinctl_case import main, openssl, pin_of, read

A, B, C = pin("a"), pin("b"), pin("c")
UNEXPECTED = "was not expected to have a pin"


def curl(word):
    return "sha256//" + b64(word)


def hexed(word):
    return raw(word).hex()


class Nasty(ConversionCase):
    """Rows of (text, entries, said): with `said` the status is 1, and the entries are what --lossy takes then."""

    setting = "pins"

    def taken(self, count, text, status, *words, **options):
        policy = os.path.join(self.folder, f"{count}", "policy.cfg")
        os.mkdir(os.path.dirname(policy))
        done = self.pinctl("import", self.file("nasty.txt", text), "--policy", policy, *words, status=status, **options)
        entries = self.entries(policy) if done.returncode == 0 else []
        return done, {entry["name"] + "".join(f":{port}" for port in entry["ports"]): entry[self.setting] for entry in entries}

    def rows(self, form, rows, *words):
        self.assertGreaterEqual(len(rows), 10)
        for number, (text, entries, said) in enumerate(rows):
            with self.subTest(form=form, number=number, text=text):
                words = ("--format", form) + words if "--format" not in words else words
                if said is not None:
                    done, _ = self.taken(f"{number}-strict", text, 1, *words)
                    self.assertIn(said, done.stderr)
                    self.assertRegex(done.stderr, r"nasty\.txt:\d+: ", "a message has its line")
                done, found = self.taken(f"{number}", text, 0 if entries else 1, *words, *(["--lossy"] if said is not None else []))
                self.assertEqual(found, entries, done.stderr)


class Lines(Nasty):
    def test_curl(self):
        self.rows("curl", [
            (f"\ufeffpinnedpubkey = {curl('a')}\r\n", {"x.org": [A]}, None),
            (f"curl --pinnedpubkey {curl('a')} https://x.org/ # --pinnedpubkey {curl('c')}\n", {"x.org": [A]}, None),
            (f"# curl --pinnedpubkey {curl('c')} \\\ncurl --pinnedpubkey {curl('a')} https://x.org/\n", {"x.org": [A]}, None),
            (f"PIN={curl('b')}\ncurl --pinnedpubkey {curl('a')} https://x.org/\n", {"x.org": [A]}, UNEXPECTED),
            (f"curl --pinnedpubkey {curl('a')} https://x.org/; curl --pinnedpubkey {curl('b')} https://x.org:8443/\n",
             {"x.org": [A]}, "has an entry for every port"),
            (f"curl --pinnedpubkey {curl('a')} https://x.org/ && wget https://y.org/\n", {"x.org": [A]}, None),
            (f"curl --pinnedpubkey {curl('a')} \"$url\"\nurl=https://y.org/\n", {"x.org": [A]}, None),
            (f"/usr/bin/curl -H 'X: --pinnedpubkey {curl('c')}' --pinnedpubkey '{curl('a')}' https://x.org\n", {"x.org": [A]}, UNEXPECTED),
            (f"curl_setopt($c, CURLOPT_PINNEDPUBLICKEY, '{curl('b')}');\npinnedpubkey={curl('a')}\n", {"x.org": [A]}, UNEXPECTED),
            (f"user-agent = \"x --pinnedpubkey {curl('c')}\"\npinnedpubkey = {curl('a')}\nurl = https://x.org/\n", {"x.org": [A]}, UNEXPECTED),
            (f"pinnedpubkey = \"{curl('a')};{curl('b')};sha1//AAAA\"\n", {"x.org": [A, B]}, 'expected sha256//BASE64'),
            (f"curl --pinnedpubkey={curl('a')};{curl('b')} https://x.org/ | tee file\n", {"x.org": [A, B]}, None),
            (f"--pinnedpubkey\n{curl('a')}\n", {}, ":2: "),
        ], "--host", "x.org")

    def test_git(self):
        self.rows("git", [
            (f'\ufeff[HTTP "https://x.org/"]\r\n\tPINNEDPUBKEY={curl("a")}\r\n', {"x.org": [A]}, None),
            (f'[http "https://x.org/"]\npinnedpubkey = {curl("c")}\n[http "https://x.org/"]\npinnedpubkey = {curl("a")}\n', {"x.org": [A]}, None),
            (f'[http "https://x.org/"] pinnedpubkey = {curl("a")} # {curl("c")}\n', {"x.org": [A]}, None),
            (f'[remote "o"]\npinnedpubkey = {curl("c")}\n[http "https://x.org/"]\npinnedpubkey = {curl("a")}\n', {"x.org": [A]}, UNEXPECTED),
            (f'git -c http.pinnedPubkey={curl("b")} clone\nhttp.https://x.org/.pinnedpubkey={curl("a")}\n', {"x.org": [A]}, UNEXPECTED),
            (f'[http "https://x.org/"]\npinnedpubkey\n[http "https://y.org/"]\npinnedpubkey={curl("b")}\n', {"y.org": [B]}, "has no value"),
            (f'[http "https://x.org/"]\npinnedpubkey = "{curl("a")}\\\n;{curl("b")}" ; {curl("c")}\n', {"x.org": [A, B]}, None),
            (f'[http "https://x\\.org/"]\npinnedpubkey = {curl("a")}\n', {"x.org": [A]}, None),
            (f'[http "nowhere:x"]\npinnedpubkey = {curl("c")}\n[http "https://x.org/"]\npinnedpubkey = {curl("a")}\n', {"x.org": [A]}, "expected https://HOST/"),
            (f'[http.https]\npinnedpubkey = {curl("c")}\n[http "https://x.org/"]\npinnedpubkey = {curl("a")}\n', {"x.org": [A]}, UNEXPECTED),
            (f'file:/etc/gitconfig\thttp.https://y.org/.pinnedpubkey={curl("b")}\nhttp.https://x.org/.pinnedpubkey={curl("a")}\n', {"x.org": [A], "y.org": [B]}, None),
            (f'[http "https://*.x.org/"]\npinnedpubkey = {curl("a")};sha256//short\n', {"*.x.org": [A]}, "expected sha256//BASE64"),
        ])

    def test_openconnect(self):
        def line(word, host="", option="--servercert "):
            return f"openconnect {option}pin-sha256:{b64(word)} {host}\n"
        self.rows("openconnect", [
            (line("a", "a.org") + line("b", "b.org"), {"a.org": [A], "b.org": [B]}, None),
            (line("a", "a.org # --servercert pin-sha256:" + b64("c")), {"a.org": [A]}, None),
            ("\ufeffserver=a.org\r\nservercert=pin-sha256:" + b64("a") + "\r\n", {"a.org": [A]}, None),
            (f"[vpn]\ngateway=a.org\ngwcert=pin-sha256:{b64('a')}\ngateway=b.org\n", {"a.org": [A]}, 'a second server beside "a.org"'),
            (f"[vpn]\ngateway=a.org\ngwcert=pin-sha256:{b64('a')}\nfallback=pin-sha256:{b64('b')}\n", {"a.org": [A]}, UNEXPECTED),
            (line("a", "a.org", "--servercert="), {"a.org": [A]}, None),
            (line("a", "https://u@a.org:8443/g"), {"a.org:8443": [A]}, None),
            (f"# server=c.org\nserver=a.org\n# servercert=pin-sha256:{b64('c')}\nservercert=pin-sha256:{b64('a')}\n", {"a.org": [A]}, None),
            (f"PIN=pin-sha256:{b64('b')}\n" + line("a", "a.org"), {"a.org": [A]}, UNEXPECTED),
            (line("a", "a.org") + "openconnect --servercert sha1:" + "ab" * 20 + " b.org\n", {"a.org": [A]}, "is SHA-1"),
            (f"sudo openconnect -u me \\\n --servercert \\\n 'pin-sha256:{b64('a')}' a.org\n", {"a.org": [A]}, None),
            (line("a", "a.org; openconnect c.org"), {"a.org": [A]}, None),
        ])

    def test_hpkp(self):
        def value(*words, more="max-age=5184000", quote='"'):
            return "".join(f"pin-sha256={quote}{b64(word)}{quote}; " for word in words) + more
        self.rows("hpkp", [
            (f"\ufeffPUBLIC-KEY-PINS: {value('a', 'b')}\r\n", {"x.org": [A, B]}, None),
            (f"< HTTP/1.1 200 OK\n< Public-Key-Pins: {value('a')}\n< X: y\n", {"x.org": [A]}, None),
            ("<rules>\n<!-- <add name=\"Public-Key-Pins\" value=\"" + value("c").replace('"', "&quot;") + "\" /> -->\n"
             "<add name=\"Public-Key-Pins\" value=\"" + value("a").replace('"', "&quot;") + "\" /></rules>\n", {"x.org": [A]}, None),
            (f"// res.setHeader('Public-Key-Pins', '{value('c')}');\nres.setHeader('Public-Key-Pins', '{value('a')}');\n", {"x.org": [A]}, None),
            (f"/* add_header Public-Key-Pins '{value('c')}'; */\nadd_header Public-Key-Pins '{value('a')}';\n", {"x.org": [A]}, None),
            (f"-- header('Public-Key-Pins', '{value('c')}')\nheader('Public-Key-Pins', '{value('a')}')\n", {"x.org": [A]}, None),
            (f"Public-Key-Pins: {value('a', more='max-age=9; max-age=99')}\n", {"x.org": [A]}, "max-age stands there twice"),
            (f"Public-Key-Pins: {value('a', more='includeSubDomains; max-age=9; includesubdomains')}\n", {"x.org": [A]}, "includesubdomains stands there twice"),
            (f"set $pins '{value('b')}';\nadd_header Public-Key-Pins '{value('a')}';\n", {"x.org": [A]}, UNEXPECTED),
            (f"add_header Content-Security-Policy \"script-src 'sha256-{b64('c')}'\";\nadd_header Public-Key-Pins '{value('a')}';\n", {"x.org": [A]}, None),
            (f"Public-Key-Pins: pin-sha256='{b64('a')}'; {value('b')}\n", {"x.org": [B]}, "bad pin-sha256"),
            (f"Public-Key-Pins: {value('a')};\n {value('b', more='')}\n\tpin-sha256=\"{b64('c')}\"\nX: pin-sha256=\"{b64('d')}\"\n", {"x.org": [A, B, C]}, UNEXPECTED),
            (f"Public-Key-Pins: {value('a')}; pin-sha512=\"AAAA\"\n", {"x.org": [A]}, "pin-sha512: only SHA-256"),
        ], "--host", "x.org")

    def test_gnutls(self):
        self.rows("gnutls", [
            (f"\ufeff|c0|x.org|443|0|6|{hexed('a')}\r\n", {"x.org:443": [A]}, None),
            (f"  |c0|x.org|443|0|6|{hexed('a')}  \n", {"x.org:443": [A]}, None),
            (f"|c0|X.ORG.|443|0|6|{hexed('a').upper()}\n", {"x.org:443": [A]}, None),
            (f"|c0|x.org|443|0|6|{hexed('a')}\n|c0|x.org|443|0|6|{hexed('b')}\n", {"x.org:443": [A, B]}, None),
            (f"|c0|x.org|443|soon|6|{hexed('b')}\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, "expected the seconds since 1970"),
            (f"|c0|x.org|443|{'9' * 30}|6|{hexed('b')}\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, "expected the seconds since 1970"),
            (f"# |c0|z.org|443|0|6|{hexed('c')}\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, None),
            (f"|g0|x.org|443|0|AAAA BBBB\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, "|g0|HOST|SERVICE|EXPIRES|KEY"),
            (f"|h0|x.org|443|0|6|{hexed('b')}\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, "left out"),
            (f"x.org|443|0|6|{hexed('b')}\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, "expected a line that begins"),
            (f"|c0|x.org|443|0|6|{hexed('b')}|more\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, "expected a line"),
            (f"|c0|192.0.2.1|*|0|6|{hexed('a')}\n|c0|2001:db8::1||0|6|{hexed('b')}\n", {"192.0.2.1": [A], "2001:db8::1": [B]}, None),
        ])

    def test_tlsa(self):
        good = f"_443._tcp.x.org. IN TLSA 3 1 1 {hexed('a')}\n"
        self.rows("tlsa", [
            ("\ufeff" + good.replace("\n", "\r\n"), {"x.org:443": [A]}, None),
            (good.lower().replace("tlsa", "tLSa"), {"x.org:443": [A]}, None),
            (f"; _443._tcp.x.org. IN TLSA 3 1 1 {hexed('c')}\n" + good, {"x.org:443": [A]}, None),
            (f'x.org. TXT "_443._tcp.x.org. IN TLSA 3 1 1 {hexed("c")}"\n' + good, {"x.org:443": [A]}, None),
            (good + f"_443._tcp.x.org. IN TLSA 3 1 1 {hexed('b')[:-1]}\n", {"x.org:443": [A]}, "expected TLSA"),
            (good + f"_443._tcp.y.org. IN TLSA ( 3 1 1\n {hexed('b')}\n", {"x.org:443": [A], "y.org:443": [B]}, "is never closed"),
            (good + f"  IN TLSA 3 1 1 {hexed('b')}\n", {"x.org:443": [A, B]}, None),
            (good + f"443._tcp.y.org. IN TLSA 3 1 1 {hexed('b')}\n", {"x.org:443": [A]}, "expected _PORT._tcp.NAME"),
            (good + f"_99999._tcp.y.org. IN TLSA 3 1 1 {hexed('b')}\n", {"x.org:443": [A]}, "expected _PORT._tcp.NAME"),
            (good + "$INCLUDE other.zone\n$UNKNOWN x\n", {"x.org:443": [A]}, '"$UNKNOWN": expected'),
            (good + f"_25._tcp.y.org. IN TLSA 3 1 2 {hexed('b') * 2}\n", {"x.org:443": [A]}, "a SHA-512 digest"),
            (f"$ORIGIN {'a.' * 600}\n" + good, {"x.org:443": [A]}, "longer than any name"),
            (good + f"\n_443._tcp.{'y' * 3000}. IN TLSA 3 1 1 {hexed('b')}\n", {"x.org:443": [A]}, "bad name"),
        ])


class Fingerprints(Nasty):
    setting = "fingerprints"

    def test_msmtp(self):
        host = "host x.org\nport 587\n"
        self.rows("msmtp", [
            (f"\ufeffaccount a\r\n{host}tls_fingerprint {colons('a')}\r\n", {"x.org:587": [A]}, None),
            (f"account a\ntls_fingerprint {colons('a')}\naccount b\n{host}account c : a, b\n", {"x.org:587": [A]}, "nothing says whose pins"),
            (f"account a\nhost a.org\ntls_fingerprint {colons('a')}\naccount b\nhost b.org\ntls_fingerprint {colons('b')}\naccount c : b , a\nport 1\n",
             {"a.org": [A], "b.org": [B]}, "for every port or for the same one"),
            (f"account a\n{host}tls_fingerprint {colons('c')}\ntls_fingerprint {colons('a')}\n", {"x.org:587": [A]}, None),
            (f"account a\n{host}# tls_fingerprint {colons('c')}\n  tls_fingerprint\t\"{colons('a').lower()}\"\n", {"x.org:587": [A]}, None),
            (f"account a : none\n{host}tls_fingerprint {colons('a')}\n", {"x.org:587": [A]}, 'no account "none" stands above'),
            (f"account a\nhost x.org\nport smtp\ntls_fingerprint {colons('a')}\n", {"x.org": [A]}, "port smtp: expected a number"),
            (f"account a\n{host}tls_fingerprint {colons('a')}\naccount b\n{host}tls_fingerprint {colons('b')}\n", {"x.org:587": [A]}, "with other pins"),
            (f"account a\n{host}tls_cert {colons('b')}\ntls_fingerprint {colons('a')}\n", {"x.org:587": [A]}, UNEXPECTED),
            (f"defaults\ntls_fingerprint {colons('a')}\naccount a\n{host}account b\nhost y.org\ntls_fingerprint\n", {"x.org:587": [A]}, None),
            (f"account a\n{host}tls_fingerprint {'AB:' * 20}\naccount b\nhost y.org\ntls_fingerprint {hexed('b')}\n", {"y.org": [B]}, "is SHA-1"),
            (f"account a\n{host}tls_fingerprint {colons('a')} # {colons('c')}\n", {"x.org:587": [A]}, "knows no comments behind a value"),
        ])

    def test_weechat(self):
        one = f'one.addresses = "x.org/6697"\none.tls_fingerprint = "{hexed("a")}"\n'
        address = {"x.org:6697": [A]}
        self.rows("weechat", [
            ("\ufeff[server]\r\n" + one.replace("\n", "\r\n"), address, None),
            (f"[server_default]\ntls_fingerprint = \"{hexed('b')}\"\n[server]\n" + one, address, UNEXPECTED),
            (f"/server add two irc.two.org/6697 -tls -tls_fingerprint={hexed('b')}\n[server]\n" + one, {**address, "irc.two.org:6697": [B]}, None),
            (f'# one.tls_fingerprint = "{hexed("c")}"\n' + one, address, None),
            (one + "two.addresses = \"y.org\"\ntwo.tls_fingerprint = null\n", address, None),
            (f'one.tls_fingerprint = "{hexed("c")}"\n' + one, address, None),
            (one.replace("tls_fingerprint", "ssl_fingerprint").replace(hexed("a"), colons("a")), address, None),
            (one + f'two.tls_fingerprint = "{hexed("b")}"\n', address, "nothing says whose pins"),
            (one + 'two.addresses = "y.org"\ntwo.tls_fingerprint = "${sec.data.pin}"\n', address, "bad fingerprint"),
            (one.replace("x.org/6697", "x.org/6697,bad name/1"), {"x.org:6697": [A], "bad": [A], "name:1": [A]}, None),
            (one + f'two.addresses = "y..org/1"\ntwo.tls_fingerprint = "{hexed("b")}"\n', address, 'bad name "y..org"'),
            (one.replace("one.", "a.b.c."), address, None),
            (f"set irc.server.one.addresses x.org/6697\n/set  irc.server.one.tls_fingerprint \"{hexed('a')}, {hexed('b')}\"\n", {"x.org:6697": [A, B]}, None),
        ])

    def test_postfix(self):
        good = f"[x.org]:587 fingerprint match={colons('a')}\n"
        entry = {"x.org:587": [A]}
        self.rows("postfix", [
            ("\ufeff" + good.replace("\n", "\r\n"), entry, None),
            (good.replace("fingerprint", "FingerPrint").replace("match=", "MATCH="), entry, None),
            (f"[x.org]:587 fingerprint\n# match={colons('c')}\n   match={colons('a')}|{colons('b')}\n", {"x.org:587": [A, B]}, None),
            ("# see smtp_tls_fingerprint_cert_match\n" + good, entry, None),
            (good + f"[y.org] may match={colons('b')}\n", entry, UNEXPECTED),
            (good + f"[y.org] fingerprint cert={colons('b')}\n", entry, UNEXPECTED),
            (f"smtp_tls_fingerprint_cert_match = {colons('c')}\nrelayhost = [x.org]:587\nsmtp_tls_fingerprint_cert_match = {colons('a')}\n", entry, None),
            (f"relayhost = [x.org]:587\nsmtp_tls_fingerprint_cert_match = {colons('a')}\nlmtp_tls_fingerprint_cert_match = {colons('b')}\n", entry, "is not for smtp"),
            (good + f"[y.org]:nothing fingerprint match={colons('b')}\n", entry, "names a mail domain"),
            (good + f"[x.org]:587 fingerprint match={colons('b')}\n", entry, "with other pins"),
            (good + f"[y.org] fingerprint match={'AB:' * 15}AB\n", entry, "is MD5"),
            (good + f"[y.org] fingerprint match={colons('b')}|$pins\n", {**entry, "y.org:25": [B]}, "bad fingerprint"),
            (good + f"  {colons('b')}\n", entry, UNEXPECTED),
        ])


class Trees(Nasty):
    def plist(self, inside):
        return f'<?xml version="1.0"?>\n<plist version="1.0"><dict>{inside}</dict></plist>\n'

    def hashes(self, *words):
        return "<key>TSKPublicKeyHashes</key><array>" + "".join(f"<string>{b64(word)}</string>\n" for word in words) + "</array>"

    def domains(self, **domains):
        return "<key>TSKPinnedDomains</key><dict>" + "".join(
            f"<key>{name.replace('_', '.')}</key><dict>{inside}</dict>\n" for name, inside in domains.items()) + "</dict>"

    def test_trustkit(self):
        one = self.hashes("a", "b")
        swift = 'let c = [kTSKPinnedDomains: [\n"x.org": [kTSKPublicKeyHashes: ["%s", "%s"]]%s\n]]\n'
        both = {"x.org": [A, B]}
        self.rows("trustkit", [
            ("\ufeff" + self.plist(self.domains(x_org=one)).replace("\n", "\r\n"), both, None),
            (self.plist(self.domains(x_org=one + self.hashes("c"))), both, "stands here a second time"),
            (self.plist(self.domains(x_org=one) .replace("</dict>\n</dict>", f"</dict><key>x.org</key><dict>{self.hashes('c')}</dict></dict>")), both, "stands here a second time"),
            (self.plist(self.domains(x_org=one) + self.domains(y_org=self.hashes("c"))), both, '"TSKPinnedDomains" stands here a second time'),
            (self.plist(self.domains(x_org=f"<!-- {self.hashes('c')} -->" + one)), both, None),
            (self.plist(self.domains(x_org=one, y_org="<key>TSKPublicKeyHashes</key><string>" + b64("c") + "</string>")), both, "expected array"),
            (self.plist(self.domains(x_org=one) + f"<key>Pins</key><string>{b64('c')}</string>"), both, UNEXPECTED),
            (self.plist(self.domains(x_org=one + f"<array><string>{b64('c')}</string></array>")), both, UNEXPECTED),
            (swift % (b64("a"), b64("b"), f', "x.org": [kTSKPublicKeyHashes: ["{b64("c")}"]]'), both, "stands here a second time"),
            ("func f() {}\n" + swift % (b64("a"), b64("b"), f' /* "y.org": /* old */ [kTSKPublicKeyHashes: ["{b64("c")}"]] */'), both, None),
            (swift % (b64("a"), b64("b"), f' /* "y.org": /* old */ [kTSKPublicKeyHashes: ["{b64("c")}"]] */'), both, UNEXPECTED),
            (swift % (b64("a"), b64("b"), "") + f'let spare = "{b64("c")}"\n', both, UNEXPECTED),
            (swift % (b64("a"), b64("b"), f', "y.org": [kTSKPublicKeyHashes: true ? ["{b64("c")}"] : []]'), both, "left out"),
            (swift % (b64("a"), b64("b"), ', "y.org": domain()'), both, "expected a dictionary"),
        ])

    def test_apple(self):
        def identities(name, *words):
            return f"<key>{name}</key><array>" + "".join(
                f"<dict><key>SPKI-SHA256-BASE64</key><string>{b64(word)}</string></dict>" for word in words) + "</array>\n"

        def pinned(*domains):
            return self.plist("<key>NSPinnedDomains</key><dict>" + "".join(f"<key>{name}</key><dict>{inside}</dict>\n" for name, inside in domains) + "</dict>")
        leaf = "NSPinnedLeafIdentities"
        one = identities(leaf, "a")
        self.rows("apple", [
            ("\ufeff" + pinned(("x.org", one)).replace("\n", "\r\n"), {"x.org": [A]}, None),
            (pinned(("x.org", one), ("x.org", identities(leaf, "b"))), {"x.org": [A]}, "stands here a second time"),
            (pinned(("x.org", one + identities(leaf, "b"))), {"x.org": [A]}, "stands here a second time"),
            (pinned(("x.org", one + identities(leaf + "s", "b"))), {"x.org": [A]}, UNEXPECTED),
            (pinned(("x.org", one + "<key>NSPinnedCAIdentities</key><dict/>")), {"x.org": [A]}, "expected array"),
            (pinned(("x.org", one.replace("</dict>", f"<key>SPKI-SHA256-BASE64</key><string>{b64('b')}</string></dict>"))), {"x.org": [A]}, "stands here a second time"),
            (pinned(("x.org", one.replace("<array>", "<array><dict><key>SPKI-SHA1-BASE64</key><string>AAAA</string></dict>"))), {"x.org": [A]}, "expected SPKI-SHA256-BASE64"),
            (pinned(("x.org", f"<!-- {identities(leaf, 'c')} -->" + one)), {"x.org": [A]}, None),
            (pinned(("x.org", "<key>NSIncludesSubdomains</key><string>perhaps</string>" + one)), {"x.org": [A]}, "expected true or false"),
            (pinned(("x.org", one), ("bad name", identities(leaf, "b"))), {"x.org": [A]}, 'bad name "bad name"'),
            (pinned(("x.org", one)).replace("<plist", f"<!-- {b64('c')} --><plist"), {"x.org": [A]}, None),
            (pinned(("x.org", one), ("y.org", "<key>NSPinnedLeafIdentities</key>" * 3 + f"<string>{b64('b')}</string>")), {"x.org": [A]}, UNEXPECTED),
        ])

    def test_envoy(self):
        def context(kind, inside):
            return '{"@type": "x.%sTlsContext", %s}' % (kind, inside)
        spki = '"verify_certificate_spki": ["%s"]'
        one = context("Upstream", '"sni": "x.org", "v": {%s}' % (spki % b64("a")))
        self.rows("envoy", [
            (("\ufeff" + '{"a": %s}' % one).encode("utf-16"), {"x.org": [A]}, None),
            ('{"a": %s, "b": %s}' % (one, context("Downstream", '"sni": "x.org", "c": {"@type": "x.Validator", %s}' % (spki % b64("c")))), {"x.org": [A]}, None),
            ('{"listeners": [{"filter_chains": [{"tls_context": {"sni": "x.org", %s}}]}], "clusters": [%s]}' % (spki % b64("c"), one), {"x.org": [A]}, None),
            ('{"a": %s,\n "a": %s}' % (one, one.replace(b64("a"), b64("b"))), {"x.org": [A]}, "stands here a second time"),
            ('{"a": %s, "s": {"sni": "y.org", "verify_certificate_spki": {"x": "%s"}}}' % (one, b64("b")), {"x.org": [A]}, "expected a list"),
            ('{"a": %s, "s": {"sni": "y.org", "spki_pins": ["%s"]}}' % (one, b64("b")), {"x.org": [A]}, UNEXPECTED),
            ('{"a": %s, "s": {"sni": "y.org", "verify_certificate_spki": ["%s"], "verifyCertificateSpki": ["%s"]}}' % (one, b64("b"), b64("c")),
             {"x.org": [A], "y.org": [B]}, UNEXPECTED),
            (f"# verify_certificate_spki: [{b64('c')}]\nsni: x.org\nv:\n  verify_certificate_spki: # [{b64('c')}]\n  - {b64('a')}\n", {"x.org": [A]}, None),
            (f"a: {one}\nb: &k\n  sni: y.org\nc: *k\n", {"x.org": [A]}, "*k: aliases are not read"),
            ('{"a": %s, "s": %s}' % (one, context("Upstream", spki % b64("b"))), {"x.org": [A]}, 'no "sni" says'),
            ('{"a": %s, "s": {"sni": ["y.org"], %s}}' % (one, spki % b64("b")), {"x.org": [A]}, 'no "sni" says'),
            ("a: %s\n---\nsni: y.org\nverify_certificate_spki: [%s, 7]\n" % (one, b64("b")), {"x.org": [A], "y.org": [B]}, "32 bytes in base64"),
        ])

    def test_stubby(self):
        one = f"upstream_recursive_servers:\n  - address_data: 192.0.2.1\n    tls_pubkey_pinset:\n      - digest: sha256\n        value: {b64('a')}\n"
        entry = {"192.0.2.1:853": [A]}
        self.rows("stubby", [
            ("\ufeff" + one.replace("\n", "\r\n"), entry, None),
            (one + f"        value: {b64('b')}\n", entry, "stands here a second time"),
            (one + f"        spare: {b64('b')}\n", entry, UNEXPECTED),
            (one + f"        # value: {b64('c')}\n", entry, None),
            (one + f"upstream_recursive_servers:\n  - address_data: 192.0.2.2\n    tls_pubkey_pinset:\n      - {{digest: sha256, value: {b64('b')}}}\n", entry, "stands here a second time"),
            (f"other_servers:\n  - tls_pubkey_pinset: [{{digest: sha256, value: {b64('b')}}}]\n" + one, entry, "nothing says whose pins"),
            (one + f"  - address_data: 192.0.2.2\n    tls_pubkey_pinset: {b64('b')}\n", entry, '"tls_pubkey_pinset": expected array'),
            (one + f"  - address_data: 192.0.2.2\n    tls_pubkey_pinset: [{b64('b')}]\n", entry, 'expected digest: "sha256"'),
            (one + f"  - address_data: 192.0.2.2\n    tls_port: high\n    tls_pubkey_pinset: [{{digest: sha256, value: {b64('b')}}}]\n", entry, "tls_port high"),
            (one + f"  - tls_pubkey_pinset: [{{digest: sha256, value: {b64('b')}}}]\n", entry, "nothing says whose pins"),
            (one + "  - *server\n", entry, "aliases are not read"),
            (one + f"---\nupstream_recursive_servers: [{{address_data: 192.0.2.2, tls_pubkey_pinset: [{{digest: sha256, value: {b64('b')}}}]}}]\n", {**entry, "192.0.2.2:853": [B]}, None),
        ])

    def test_knot_resolver(self):
        def server(inside):
            return "policy.TLS_FORWARD({{'192.0.2.1', hostname='x.org', pin_sha256='%s'}, %s})\n" % (b64("a"), inside)
        entry = {"x.org:853": [A]}
        self.rows("knot_resolver", [
            ("\ufeff" + server("").replace("\n", "\r\n"), entry, None),
            (server(f"--[[ {{'192.0.2.9', pin_sha256='{b64('c')}'}},\n pin_sha256 ]]"), entry, None),
            (server(f"--[==[ ]] {{'192.0.2.9', pin_sha256='{b64('c')}'}} ]==]"), entry, None),
            (server(f"-- {{'192.0.2.9', pin_sha256='{b64('c')}'}}\n"), entry, None),
            (f"local pin = '{b64('b')}'\n" + server("{'192.0.2.2', pin_sha256=pin}"), entry, UNEXPECTED),
            ("-- pin-sha256 of old\n" + server(""), entry, None),
            (server(f"{{'192.0.2.2', hostname='y.org', hostname='z.org', pin_sha256='{b64('b')}'}}"), {**entry, "y.org:853": [B]}, "stands here a second time"),
            (server(f"{{'192.0.2.2', pin_sha256='{b64('b')}', pin_sha256='{b64('c')}'}}"), {**entry, "192.0.2.2:853": [B]}, "stands here a second time"),
            (server(f"{{'192.0.2.2', pins='{b64('b')}'}}"), entry, UNEXPECTED),
            (server(f"{{'192.0.2.2', pin_sha256={{'{b64('b')}', spare}}}}"), {**entry, "192.0.2.2:853": [B]}, "expected a text or a list of texts"),
            (f"forward:\n- servers:\n  - address: 192.0.2.1\n    hostname: x.org\n    pin-sha256: {b64('a')}\n    pin-sha256: {b64('b')}\n", entry, "stands here a second time"),
            (f"forward:\n- servers:\n  - address: 192.0.2.1\n    hostname: x.org\n    pin-sha256: [{b64('a')}, [{b64('b')}]]\n", entry, "expected a text"),
        ])


class Others(Nasty):
    def test_android(self):
        def config(inside, after="", name="x.org"):
            return f'<network-security-config>\n<domain-config><domain>{name}</domain>\n{inside}</domain-config>\n{after}</network-security-config>\n'

        def pins(*words):
            return "<pin-set>" + "".join(f'<pin digest="SHA-256">{b64(word)}</pin>\n' for word in words) + "</pin-set>\n"
        one = {"x.org": [A]}
        self.rows("android", [
            ("\ufeff" + config(pins("a")).replace("\n", "\r\n"), one, None),
            (config(pins("a").replace("<pin ", f"<!-- <pin digest=\"SHA-256\">{b64('c')}</pin> --><pin ")), one, None),
            (config(pins("a"), f"<domain-config>{pins('b')}</domain-config>"), one, "without a <domain>"),
            (config(pins("a").replace("</pin-set>", f"<Pin digest=\"SHA-256\">{b64('b')}</Pin></pin-set>")), one, UNEXPECTED),
            (config(pins("a"), f"<base-config><domain-config><domain>y.org</domain>{pins('b')}</domain-config></base-config>"), one, "a <domain-config> in <base-config>"),
            (config(pins("a") + "<domain-config><domain>y.org</domain></domain-config>"), {"x.org": [A], "y.org": [A]}, None),
            (config(pins("a") + f"<domain-config><domain>y.org</domain>{pins('b')}</domain-config>"), {"x.org": [A], "y.org": [B]}, None),
            (config(pins("a"), f'<domain-config><domain>x.org</domain>{pins("b")}</domain-config>'), one, "with other pins"),
            (config(pins("a"), f'<domain-config><domain>@string/host</domain>{pins("b")}</domain-config>'), one, 'bad name "@string/host"'),
            (config(pins("a").replace("</pin-set>", '<pin digest="SHA-256">@string/pin</pin></pin-set>')), one, "bad pin"),
            (config(pins("a").replace("</pin-set>", f'<pin>{b64("b")}</pin></pin-set>')), one, 'a pin with digest ""'),
            (config(f"<![CDATA[ {b64('c')} ]]>" + pins("a")), one, UNEXPECTED),
            (config(pins("a").replace(b64("a"), f"<![CDATA[{b64('a')}]]>")), one, None),
        ])

    def test_okhttp(self):
        def builder(*calls):
            return "CertificatePinner.Builder()\n" + "".join(f".add({call})\n" for call in calls) + ".build()\n"
        one = {"x.org": [A]}
        good = f'"x.org", "{A}"'
        self.rows("okhttp", [
            ("\ufeff" + builder(good).replace("\n", "\r\n"), one, None),
            (builder(good) + f'/* {builder(f"{chr(34)}y.org{chr(34)}, {chr(34)}{C}{chr(34)}")} */', one, None),
            ("fun f() = " + builder(good) + f'/* a /* b */ .add("y.org", "{C}") */', one, None),
            (f'client.add(CertificatePinner.Builder().add({good}).build())', one, None),
            (builder(f'pattern = "x.org", "{A}"'), one, None),
            (builder(good, f'"y.org", *arrayOf("{B}")'), one, "a pin is not written out"),
            (f'val PIN = "{A}"\nval PIN = "{A}"\n' + builder('"x.org", PIN'), one, UNEXPECTED),
            (f'val PIN = "{A}"\nval PIN = "{B}"\n' + builder('"x.org", PIN', f'"z.org", "{C}"'), {"z.org": [C]}, "a pin is not written out"),
            (builder(good) + f'mapOf("y.org" to "{B}")\n', one, UNEXPECTED),
            (builder(good, '"y.org", "sha256/AAAA"'), one, 'bad pin "AAAA"'),
            (builder(good, f'"https://y.org/", "{B}"'), one, 'bad name "https://y.org/"'),
            (builder(good, f'"y.org",, "{B}"'), {"x.org": [A], "y.org": [B]}, "expected sha256/BASE64"),
            (builder('"x" + ".org", "sha256/" + "%s"' % b64("a")), one, None),
        ])

    def test_firefox(self):
        def table(hosts, more="", one="kA"):
            return (f'static const char kAFingerprint[] = "{b64("a")}";\nstatic const char kBFingerprint[] = "{b64("b")}";\n'
                    "static const char* const kPinset_one_Data[] = { kAFingerprint, };\n"
                    "static const char* const kPinset_two_Data[] = { kBFingerprint, };\n" + more +
                    "static const StaticFingerprints kPinset_one = { 1, kPinset_one_Data };\n"
                    "static const StaticFingerprints kPinset_two = { 1, kPinset_two_Data };\n"
                    "static const TransportSecurityPreload kPublicKeyPinningPreloadList[] = {\n" + hosts + "};\n")
        host = '{ "x.org", false, false, false, -1, &kPinset_one },\n'
        one = {"x.org": [A]}
        self.rows("firefox", [
            ("\ufeff" + table(host).replace("\n", "\r\n"), one, None),
            (table(host, f'static const char kAFingerprint[] = "{b64("c")}";\n'), one, "is defined a second time"),
            (table(host, "static const char* const kPinset_one_Data[] = { kBFingerprint, };\n"), one, "is defined a second time"),
            (table(host + host.replace("one", "two")), one, "with other pins"),
            (table(host + '{ "y.org", false, false, false, -1, &kPinset_none },\n'), one, "its set is defined nowhere"),
            (table(host + "// " + host.replace("x.org", "y.org").replace("one", "two")), one, None),
            (table(host + "/* " + host.replace("x.org", "y.org") + "*/"), one, None),
            (table(host + '{ "y.org", false, false, false, -1, nullptr },\n'), one, "its set is defined nowhere"),
            (table(host.replace("x.org", "bad name") + host), one, "bad name"),
            (table(host).replace("{ kAFingerprint, }", "{ kAFingerprint, kZFingerprint }"), one, '"kZFingerprint" is defined nowhere'),
            (table(host).replace(b64("b"), "AAAA") .replace("kPinset_one_Data[] = { kAFingerprint", "kPinset_one_Data[] = { kAFingerprint, kBFingerprint"), one, "bad fingerprint"),
            (table(host).replace("{ 1, kPinset_one_Data }", "{ sizeof(kPinset_one_Data), kPinset_one_Data, kPinset_one_Data }"), one, None),
        ])

    def test_chromium(self):
        keys = f"First\n{A}\nSecond\n{B}\n"
        sets = '{"name": "s", "static_spki_hashes": ["First"]}'
        one = {"x.org": [A]}

        def text(entries='{"name": "x.org", "pins": "s"}', pinsets=sets, head=""):
            return f'{head}{{"pinsets": [{pinsets}],\n"entries": [{entries}]}}\n'
        good = '{"name": "x.org", "pins": "s"}'
        pins = self.file("keys", keys)
        self.rows("chromium", [
            ("\ufeff" + text().replace("\n", "\r\n"), one, None),
            (text('{"name": "x.org", "name": "y.org", "pins": "s"}'), one, "stands here a second time"),
            (text('{"name": "x.org", "pins": "s", "pins": "t"}'), one, "stands here a second time"),
            (text(pinsets='{"name": "s", "static_spki_hashes": ["First"], "static_spki_hashes": ["Second"]}'), one, "stands here a second time"),
            (text().replace("]}\n", '], "entries": [{"name": "y.org", "pins": "s"}]}\n'), one, '"entries" stands here a second time'),
            (text(head='// {"entries": [], "entries": []}\n/* "a": 1, "a": 2 */\n'), one, None),
            (text(good + ', {"name": "y.org", "pins": ["s"]}'), one, '"pins": expected string'),
            (text(good + ', {"pins": "s"}'), one, "an entry without a name"),
            (text(good + ', {"name": "y.org", "pins": "S"}'), one, 'no pinset is named "S"'),
            (text(pinsets='{"name": "s", "static_spki_hashes": ["First", "first"]}'), one, 'no key is named "first"'),
            (text(pinsets='{"name": "s", "static_spki_hashes": "First"}, ' + sets.replace('"s"', '"t"'), entries=good + ', {"name": "y.org", "pins": "t"}'),
             {"y.org": [A]}, "expected array"),
            (text('{"name": "x.org", "pins": "s", "include_subdomains": "true"}'), one, "expected boolean"),
        ], "--pins", pins)
        for data in (b"\xef\xbb\xbf" + keys.encode(), keys.encode("utf-16"), keys.replace("\n", "\r\n").encode()):
            self.file("keys", data)
            self.assertEqual(self.taken(len(data), text(), 0, "--format", "chromium", "--pins", pins)[1], one)
        self.file("keys", keys + f"First\n{C}\n")
        self.assertEqual(self.taken("twice", text(), 0, "--format", "chromium", "--pins", pins, "--lossy")[1], one)

    def test_windows(self):
        server, other = pin_of("server.pem"), pin_of("other.pem")
        def base64_of(name):
            return base64.b64encode(openssl("x509", "-in", name, "-outform", "der")).decode()

        def rules(inside, after=""):
            return f"<PinRules>\n<PinRule>{inside}</PinRule>\n{after}</PinRules>\n"
        one = f'<Certificate Base64="{base64_of("server.pem")}"/><Site Domain="x.org"/>'
        entry = {"x.org": [server]}
        certificates = os.path.join(self.folder, "in", "folder")
        os.makedirs(certificates)
        for name, data in (("1.pem", b"no certificate"), ("2.pem", read("server.pem")), ("3.p7b", b"nothing"), ("4.pem", read("other.pem"))):
            with open(os.path.join(certificates, name), "wb") as file:
                file.write(data)
        folder = '<Certificate Directory="folder"/><Site Domain="x.org"/>'
        self.rows("windows", [
            ("\ufeff" + rules(one).replace("\n", "\r\n"), entry, None),
            (rules(folder), {"x.org": [server, other]}, "folder/1.pem: expected a certificate"),
            (rules(one + '<Certificate File="folder/3.p7b"/>'), entry, "or a .p7b"),
            (rules(f'<!-- <Certificate Base64="{base64_of("other.pem")}"/> -->' + one), entry, None),
            (rules(one, f'<PinRule><Certificate Base64="{base64_of("other.pem")}"/></PinRule>'), entry, "a PinRule without a Site"),
            (rules(one + f'<Certificates><Certificate Base64="{base64_of("other.pem")}"/></Certificates>'), entry, "<Certificates>: expected"),
            (rules(one, '<Rule/>'), entry, "<Rule>: expected <PinRule>"),
            (rules(one + '<Certificate Base64="AAAA"/>'), entry, "expected a certificate"),
            (rules(one + '<Certificate File="../server.pem"/>'), entry, "below the folder of the rules"),
            (rules(one + "<Site/>"), entry, 'expected Domain="NAME"'),
            (rules(one + "<Certificate/>"), entry, "expected a certificate"),
            (rules(one, f'<PinRule><Certificate Base64="{base64_of("other.pem")}"/><Site Domain="x.org"/></PinRule>'), entry, "with other pins"),
        ])


class Large(Nasty):
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

    def test_linear(self):
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


if __name__ == "__main__":
    main()
