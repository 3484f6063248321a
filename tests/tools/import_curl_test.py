# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format curl: options, settings and commands with --pinnedpubkey."""

from conversion_case import A, B, C, HOSTS, NAMELESS, ONE, UNEXPECTED, ImportCase, b64, curl, pin
from pinctl_case import main

COMMAND = f"curl --pinnedpubkey {curl('a')} "
OLD = f"curl --pinnedpubkey {curl('c')} https://z.org/"


def written(word, host, end):
    """A command over three lines, which a shell joins by this end of a line."""
    return f"curl{end}  --pinnedpubkey \"{curl(word)}\"{end}  https://{host}/\n"


class Curl(ImportCase):
    form = "curl"

    def take(self, text, *words, **options):
        return self.pins(text, "--format", "curl", "--host", "x.org", *words, **options)


class Values(Curl):
    def test_lists_of_digests_are_taken_and_files_refused(self):
        value = f"sha256//{b64('a')};sha256//{b64('b')}"
        for number, text in enumerate((value, value + "\n", f'pinnedpubkey = "{value}"', f"curl --pinnedpubkey '{value}' https://x/")):
            host = f"x{number}.org"
            self.imports(text, "--host", host)
            self.assertEqual(self.hosts()[host]["pins"], [pin("a"), pin("b")])
        for text in ("/etc/key.pem", f"sha256//{b64('a')};key.pem", f"sha256/{b64('a')}"):
            self.imports(text, "--host", "y.org", "--format", "curl", status=1, said="expected sha256//BASE64")

    def test_only_the_option_itself_counts(self):
        for text in (f'# pinnedpubkey = "{curl("c")}"\npinnedpubkey = "{curl("a")}"\n',
                     f'proxy-pinnedpubkey = "{curl("c")}"\npinnedpubkey = "{curl("a")}"\n',
                     f'--pinnedpubkey {curl("a")}\n', f"pinnedpubkey:{curl('a')}\n", f"  pinnedpubkey\t=\t{curl('a')}\n",
                     f"curl --proxy-pinnedpubkey '{curl('c')}' --pinnedpubkey '{curl('a')}' https://x.org/\n",
                     f"curl -sS \\\n  --pinnedpubkey \\\n '{curl('a')}' https://x.org/\n"):
            self.assertEqual(self.take(text), {"x.org": [A]}, text)
            self.forget()

    def test_last_of_several_counts(self):
        self.assertEqual(self.take(f"pinnedpubkey={curl('c')}\npinnedpubkey={curl('a')};{curl('b')}\n", said="takes that one"),
                         {"x.org": [A, B]})

    def test_files_and_pins_of_proxies_are_refused(self):
        self.take("pinnedpubkey = /etc/key.pem\n", status=1, said='"/etc/key.pem": expected sha256//BASE64')
        self.take(f"# pinnedpubkey = {curl('a')}\n", status=1, said="no pins in it")
        self.take(f"proxy-pinnedpubkey = {curl('a')}\n", status=1, said="pins the proxy")

    def test_a_bare_list_may_have_comments(self):
        for number, text in enumerate((f"# of x.org\n{curl('a')}\n", f"\n\n'{curl('a')}'\n# {curl('c')}\n", f"{curl('a')} # was {curl('c')}\n")):
            self.assertEqual(self.taken(f"{number}", text, 0, "--format", "curl", "--host", "x.org")[1], ONE)
        done, found = self.taken("second", f"# a\n{curl('a')}\n{curl('b')}\n", 0, "--format", "curl", "--host", "x.org", "--lossy")
        self.assertEqual((found, ":2: more than one value" in done.stderr), (ONE, True))


class Hosts(Curl):
    def test_transfers_have_hosts(self):
        text = f"url = https://y.org/\npinnedpubkey = {curl('b')}\nnext\nurl = https://x.org:8443/a\npinnedpubkey = {curl('a')}\n"
        self.assertEqual(self.take(text, said='"y.org" is another host than --host'), {"x.org:8443": [A]})
        self.assertEqual(self.pins(text, "--strict", status=1, said="x.org").returncode, 1)

    def test_host_of_the_option_may_be_a_wildcard(self):
        self.assertEqual(self.taken("host", curl("a"), 0, "--format", "curl", "--host", "*.x.org")[1], {"*.x.org": [A]})

    def test_urls_are_told_from_values_of_options(self):
        one = f"curl --pinnedpubkey {curl('a')} "
        rc = f"pinnedpubkey = {curl('a')}\nurl = https://x.org/\n"
        odd = "whether the URL is its value"
        self.rows([
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

    def test_each_has_its_pins(self):
        self.rows([
            (f"{COMMAND}https://[2001:db8::1]:8443/\n", {"2001:db8::1:8443": [A]}, None),
            (f"{COMMAND}https://x.org/ -: --pinnedpubkey {curl('b')} https://y.org/\n", {"x.org": [A], "y.org": [B]}, None),
            (f"{COMMAND}https://x.org/ -s: --pinnedpubkey {curl('b')} https://y.org/\n", {"x.org": [A], "y.org": [B]}, None),
            (f"{COMMAND}https://x.org/ https://y.org/\n", {"x.org": [A], "y.org": [A]}, None),
            (f"{COMMAND}x.org https://y.org/\n", {**ONE, "y.org": [A]}, None),
            (f"{COMMAND}-fsSL --compressed x.org:8443 https://y.org/\n", {"x.org:8443": [A], "y.org": [A]}, None),
            (f"<# {OLD}\n{COMMAND}https://x.org/\n", {**ONE, "z.org": [C]}, None),
            (f"{OLD} :: rem\n{COMMAND}https://x.org/ // end\n", {**ONE, "z.org": [C]}, None),
            (written("a", "x.org", " ^\r\n") + written("b", "y.org", " ^\r\n"), HOSTS, None),
            (written("a", "x.org", "^\r\n") + written("b", "y.org", "^\r\n"), HOSTS, None),
            (written("a", "x.org", " `\n") + written("b", "y.org", " `\n"), HOSTS, None),
            (written("a", "x.org", " \\\n") + written("b", "y.org", " \\\n"), HOSTS, None),
            (f"{COMMAND}https://x.org/?q=^\ncurl --pinnedpubkey {curl('b')} https://y.org/\n", HOSTS, None),
            (f"{COMMAND}https://x.org/ ^\ncurl --pinnedpubkey {curl('b')} https://y.org/\n", HOSTS, None),
            (f"url = https://x.org/\npinnedpubkey = {curl('a')}\nuser-agent = a ^\nnext\nurl = https://y.org/\npinnedpubkey = {curl('b')}\n", HOSTS, None),
            (f"url = https://x.org/\npinnedpubkey = {curl('a')}\nuser-agent = a `\nnext\nurl = https://y.org/\npinnedpubkey = {curl('b')}\n", HOSTS, None),
            (f"{COMMAND}https://x.org/ ^\n/usr/bin/curl --pinnedpubkey {curl('b')} https://y.org/\n", HOSTS, None),
            (f"{COMMAND}https://x.org/ `\nsudo curl.exe --pinnedpubkey {curl('b')} https://y.org/\n", HOSTS, None),
            (f"echo `{COMMAND}https://x.org/ `\n--max-time 3\nurl = https://y.org/\npinnedpubkey = {curl('b')}\n", HOSTS, None),
            (f"{COMMAND}--retry-connrefused x.org https://y.org/\n", {**ONE, "y.org": [A]}, None),
            (f"{COMMAND}localhost:8443 https://y.org/\n", {"localhost:8443": [A], "y.org": [A]}, None),
            (f"{COMMAND}local:8443 https://y.org/\n", {"y.org": [A]}, None),
            (f"{COMMAND}--no-sessionid x.org https://y.org/\n", {**ONE, "y.org": [A]}, None),
            (f"{COMMAND}--output x.tgz https://y.org/\n", {"y.org": [A]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (f"{COMMAND}\"https://$HOST/\" https://x.org/\n", ONE, "bad name"),
            (f"docker run --env API=https://y.org/ i.org/c {COMMAND}\"$URL\"\n{COMMAND}https://x.org/\n", ONE, NAMELESS),
        ])

    def test_unclear_ones_are_named_with_a_host(self):
        self.rows([
            (f"curl --pinnedpubkey {curl('a')} https://x.org/; curl --pinnedpubkey {curl('b')} https://x.org:8443/\n",
             {"x.org": [A]}, "has an entry for every port"),
        ], "--host", "x.org")


class Commands(Curl):
    def test_a_command_over_several_lines_keeps_its_host(self):
        for number, end in enumerate((" ^\r\n", " `\n", " \\\n")):
            text = written("c", "z.org", end) + f"curl --pinnedpubkey {curl('a')} https://x.org/\n"
            self.assertEqual(self.taken(f"host-{number}", text, 0, "--format", "curl", "--host", "x.org")[1], ONE)

    def test_commands_within_commands_and_prose(self):
        """Commands within commands, prose around them, and what speaks of pins in a word that nobody reads."""
        one, other = f"curl --pinnedpubkey {curl('a')} ", f"curl --pinnedpubkey {curl('b')} https://y.org/\n"
        lost = "pinnedpubkey is not read here"
        self.rows([
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


class Spellings(Curl):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            (f"curl.exe --pinnedpubkey \"{curl('a')}\" https://x.org/\r\n", ONE, None),
            (f"- run: curl --fail --pinnedpubkey {curl('a')} https://x.org/\n", ONE, None),
            (f"RUN apk add curl && {COMMAND}-fsSL https://x.org/i.sh | sh\n", ONE, None),
            (f"{COMMAND}https://me:s@cret@X.ORG./\n", ONE, None),
            (f"{COMMAND}--ipfs-gateway https://g.org/ https://x.org/\n", ONE, None),
            (f"{COMMAND}--request-target https://g.org/ https://x.org/\n", ONE, None),
            (f"{COMMAND}--connect-to ::y.org:443 --doh-url https://d.org/ https://x.org/\n", ONE, None),
            (f"curl -s https://x.org/ 2>&1 --pinnedpubkey '{curl('a')}'\n", ONE, None),
            (f"curl -s https://x.org/ &> log --pinnedpubkey '{curl('a')}'\n", ONE, None),
            (f"curl -s https://x.org/ >&2 --pinnedpubkey '{curl('a')}' <&- &\n", ONE, None),
            (f"curl -s https://x.org/ >| log --pinnedpubkey '{curl('a')}'\n", ONE, None),
            (f"curl -s >log https://x.org/ --pinnedpubkey '{curl('a')}'\n", ONE, None),
            (f"curl -s -o log & curl -O https://y.org/ 2>&1& {COMMAND}https://x.org/\n", ONE, None),
            (f"{COMMAND}-e https://r.org/ -xhttps://p.org/ https://x.org/\n", ONE, None),
            (f"{COMMAND}--resolve x.org:443:192.0.2.1 https://x.org/\n", ONE, None),
            (f"if {COMMAND}https://x.org/; then\n  echo ok\nfi\n", ONE, None),
            (f"out=$({COMMAND}https://x.org/)\n", ONE, None),
            (f"{COMMAND}x.org/path -o out.html\n", ONE, None),
            (f"sudo -u a.b /usr/bin/{COMMAND}--retry 3 x.org\n", ONE, None),
            (f"docker run img.y.org/a {COMMAND}-x http://p.org:3128 x.org\n", ONE, None),
            (f"{COMMAND}-c jar.txt --max-time 1.5 https://x.org/\n", ONE, None),
            (f"{COMMAND}--cacert ca.pem https://x.org/ >log.txt\n", ONE, None),
            (f"wget -q -O a.html --pinnedpubkey={curl('a')} https://x.org/\n", ONE, None),
            (f"{COMMAND}$(host.sh) https://x.org/\n", ONE, None),
            (f"{COMMAND}^\n https://x.org/curl.tgz\n", ONE, None),
            (f"KEY=`cat key`\n{COMMAND}https://x.org/\n", ONE, None),
            (f"KEY=`cat key` `\n{COMMAND}https://x.org/\n", ONE, None),
            (f"env HTTPS_PROXY=http://p.org:3128 {COMMAND}https://x.org/\n", ONE, None),
            (f"https_proxy=http://p.org ALL_PROXY=\"socks5://q.org\" {COMMAND}https://x.org/\n", ONE, None),
            (f"{COMMAND}\"https://x.org/?next=https://y.org/\"\n", ONE, None),
            (f"{COMMAND}--unheard-of z.org https://x.org/\n", ONE, None),
            (f"ssh h.org {COMMAND}https://x.org/\n", ONE, None),
            (f"docker run --env API=https://y.org/ i.org/c {COMMAND}https://x.org/\n", ONE, None),
            (f"{COMMAND}https://x.org/ --user-agent curl\n", ONE, None),
            (f"docker run --env API=https://y.org/ i.org/curl:8.1 {COMMAND[5:]}https://x.org/\n", ONE, None),
            (f"docker run --env API=https://y.org/ i.org/curl@sha256:0a {COMMAND[5:]}x.org\n", ONE, None),
            (f"${{CURL}} {COMMAND[5:]}https://x.org/ --output /usr/local/bin/curl\n", ONE, None),
            (f"fetch {COMMAND[5:]}https://x.org/pool/curl\n", ONE, None),
        ])

    def test_each_is_taken_with_a_host(self):
        self.rows([
            (f"\ufeffpinnedpubkey = {curl('a')}\r\n", {"x.org": [A]}, None),
            (f"curl --pinnedpubkey {curl('a')} https://x.org/ && wget https://y.org/\n", {"x.org": [A]}, None),
            (f"curl --pinnedpubkey {curl('a')} \"$url\"\nurl=https://y.org/\n", {"x.org": [A]}, None),
            (f"curl --pinnedpubkey={curl('a')};{curl('b')} https://x.org/ | tee file\n", {"x.org": [A, B]}, None),
        ], "--host", "x.org")


class Comments(Curl):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (f"REM {OLD}\n@rem {OLD}\n{COMMAND}https://x.org/\n", ONE, None),
            (f":: {OLD}\n::{OLD}\n{COMMAND}https://x.org/\n", ONE, None),
            (f"<# {OLD} #>\n<#\n{OLD}\n#>\n{COMMAND}https://x.org/\n", ONE, None),
            (f"// {OLD}\n{COMMAND}https://x.org/\n", ONE, None),
            (f"  <# a\n{OLD}\n#>\n{COMMAND}https://x.org/\n", ONE, None),
            (f"#!/usr/bin/pwsh\n<#\n{OLD}\n#>\n{COMMAND}https://x.org/\n", ONE, None),
        ])

    def test_hold_no_pins_with_a_host(self):
        self.rows([
            (f"curl --pinnedpubkey {curl('a')} https://x.org/ # --pinnedpubkey {curl('c')}\n", {"x.org": [A]}, None),
            (f"# curl --pinnedpubkey {curl('c')} \\\ncurl --pinnedpubkey {curl('a')} https://x.org/\n", {"x.org": [A]}, None),
        ], "--host", "x.org")


class Digests(Curl):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (f"pinnedpubkey = '{curl('b')}'\nnext\n" + f"pinnedpubkey {curl('a')}\nurl \"https://x.org/\"\n", ONE, "expected sha256//BASE64"),
            (f"{COMMAND}https://x.org/ --next --pinnedpubkey /etc/y.pub https://y.org/\n", ONE, '"/etc/y.pub": expected'),
            (f"PIN={curl('b')}\ncurl --pinnedpubkey \"$PIN\" https://y.org/\n{COMMAND}https://x.org/\n", ONE, '"$PIN": expected sha256//BASE64'),
        ])

    def test_bad_ones_are_named_with_a_host(self):
        self.rows([
            (f"pinnedpubkey = \"{curl('a')};{curl('b')};sha1//AAAA\"\n", {"x.org": [A, B]}, 'expected sha256//BASE64'),
            (f"--pinnedpubkey\n{curl('a')}\n", {}, ":2: "),
        ], "--host", "x.org")


class OtherFiles(Curl):
    """Files that the text includes."""

    def test_are_named_and_not_read(self):
        self.rows([
            (f"{COMMAND}-K other.cfg https://x.org/\n", ONE, "other.cfg: other files are not read"),
            (f"config = other.cfg\npinnedpubkey = {curl('a')}\nurl = https://x.org/\n", ONE, "other.cfg: other files are not read"),
            (f"curl -K- <<E\npinnedpubkey = \"{curl('a')}\"\nurl = \"https://x.org/\"\nE\n", ONE, "other files are not read"),
        ])


class Unread(Curl):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (f"pinnedpubkey = {curl('a')}; {curl('b')}\nurl = x.org\n", ONE, UNEXPECTED),
            (f"curl --pinned {curl('b')} https://y.org/\n{COMMAND}https://x.org/\n", ONE, UNEXPECTED),
            (f"curl_easy_setopt(h, CURLOPT_PINNEDPUBLICKEY, \"{curl('b')}\");\n// {COMMAND}\n{COMMAND}https://x.org/\n", ONE, UNEXPECTED),
            (f"#!/bin/sh\ncat <<E\n<# a\nE\n{OLD}\n#>\n{COMMAND}https://x.org/\n", ONE, UNEXPECTED),
            (f"{COMMAND}<# {OLD} #> https://x.org/\n", ONE, UNEXPECTED),
            (f"echo <#a\n{OLD}\necho #>\n{COMMAND}https://x.org/\n", ONE, UNEXPECTED),
            (f"remark {curl('b')}\n{COMMAND}https://x.org/\n", ONE, UNEXPECTED),
        ])

    def test_pins_elsewhere_are_named_with_a_host(self):
        self.rows([
            (f"PIN={curl('b')}\ncurl --pinnedpubkey {curl('a')} https://x.org/\n", {"x.org": [A]}, UNEXPECTED),
            (f"/usr/bin/curl -H 'X: --pinnedpubkey {curl('c')}' --pinnedpubkey '{curl('a')}' https://x.org\n", {"x.org": [A]}, UNEXPECTED),
            (f"curl_setopt($c, CURLOPT_PINNEDPUBLICKEY, '{curl('b')}');\npinnedpubkey={curl('a')}\n", {"x.org": [A]}, UNEXPECTED),
            (f"user-agent = \"x --pinnedpubkey {curl('c')}\"\npinnedpubkey = {curl('a')}\nurl = https://x.org/\n", {"x.org": [A]}, UNEXPECTED),
        ], "--host", "x.org")


if __name__ == "__main__":
    main()
