# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format openconnect: commands, settings of NetworkManager, OpenWrt and systemd."""

from conversion_case import A, B, BOTH, C, HOSTS, NAMELESS, ONE, UNEXPECTED, ImportCase, b64, colons, hexed
from pinctl_case import main

CERT = f"--servercert pin-sha256:{b64('a')}"
OLD_KEY = f"--servercert sha256:{hexed('a')}"
COMMAND = f"openconnect {CERT} x.org\n"
OTHER_SPELLING = f"--servercert sha256:{hexed('c')} y.org"


def line(word, host="", option="--servercert "):
    return f"openconnect {option}pin-sha256:{b64(word)} {host}\n"


def section(host, word):
    return f"[vpn]\ngateway={host}\ngwcert=pin-sha256:{b64(word)}\n"


class OpenConnect(ImportCase):
    form = "openconnect"


class Commands(OpenConnect):
    def test_commands_and_settings(self):
        line = f"--servercert pin-sha256:{b64('a')}"
        self.assertEqual(self.pins(f"openconnect -u me {line} --servercert=pin-sha256:{b64('b')} https://vpn.x.org/group\n"), {"vpn.x.org": [A, B]})
        self.forget()
        self.assertEqual(self.pins(f"servercert = pin-sha256:{b64('a')}\n", "--host", "vpn.x.org"), {"vpn.x.org": [A]})
        self.forget()
        self.assertEqual(self.pins(f"[vpn]\ngateway=vpn.x.org\ngwcert=pin-sha256:{b64('a')}\n"), {"vpn.x.org": [A]})
        self.pins("servercert=pin-sha256:x\n", "--host", "x.org", status=1, said="bad servercert")
        self.pins("servercert=sha1:" + "ab" * 20 + "\npin-sha256:\n", "--host", "x.org", status=1, said="is SHA-1")
        self.pins(f"servercert=pin-sha256:{b64('a')}\n", status=2, said="expected --host HOST")

    def test_options_without_a_value(self):
        cert = f"--servercert pin-sha256:{b64('a')}"
        flags = ("allow-insecure-crypto", "authenticate", "juniper", "no-external-auth", "dump-http-traffic", "cookieonly", "printcookie")
        old = f"openconnect --servercert pin-sha256:{b64('c')} z.org\n"
        self.rows([(f"openconnect {cert} --{flag} x.org\n", ONE, None) for flag in flags] + [
            (f"REM {old}openconnect {cert} x.org\n", ONE, None),
            (f"<#\n{old}#>\nopenconnect {cert} x.org\n", ONE, None),
            (f"openconnect {cert} --os=win --csd-wrapper csd.sh x.org\n", ONE, None),
        ])


class Interfaces(OpenConnect):
    def test_interfaces_of_openwrt_and_commands_that_nobody_reads(self):
        cert, other = f"pin-sha256:{b64('a')}", f"openconnect --servercert pin-sha256:{b64('b')} y.org\n"
        def interface(*options, name="vpn"):
            return f"config interface '{name}'\n\toption proto 'openconnect'\n" + "".join(f"\toption {option}\n" for option in options) + "\n"
        one, lost = {"x.org:8443": [A]}, "is not read here"
        self.rows([
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


class Digests(OpenConnect):
    def test_bare_digest_is_one_of_a_certificate(self):
        self.assertIn("says whose pins", self.taken("comment", "# openconnect --servercert\n", 2, "--format", "openconnect")[0].stderr)
        self.setting = "fingerprints"
        self.assertEqual(self.taken("bare", f"openconnect --servercert {hexed('a')} x.org\n", 0, "--format", "openconnect")[1], ONE)

    def test_bad_ones_are_named(self):
        self.rows([
            (line("a", "a.org") + "openconnect --servercert sha1:" + "ab" * 20 + " b.org\n", {"a.org": [A]}, "is SHA-1"),
            (f"openconnect {CERT[:-8]} x.org\nopenconnect {CERT} x.org\n", ONE, "bad servercert"),
            (f"openconnect {CERT} x.org\nopenconnect --servercert \"$PIN\" y.org\n", ONE, 'bad fingerprint "$PIN"'),
            (f"openconnect {CERT} x.org\nopenconnect {OLD_KEY[:-54]} y.org\n", ONE, "bad fingerprint"),
            (f"openconnect {CERT} x.org\nopenconnect --servercert SHA256:{hexed('b')} y.org\n", ONE, "bad fingerprint"),
        ])


class Spellings(OpenConnect):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            ("\ufeffserver=a.org\r\nservercert=pin-sha256:" + b64("a") + "\r\n", {"a.org": [A]}, None),
            (line("a", "a.org", "--servercert="), {"a.org": [A]}, None),
            (f"sudo openconnect -u me \\\n --servercert \\\n 'pin-sha256:{b64('a')}' a.org\n", {"a.org": [A]}, None),
            (line("a", "a.org; openconnect c.org"), {"a.org": [A]}, None),
            (f"openconnect --protocol=anyconnect {CERT} x.org\n", ONE, None),
            (f"openconnect {CERT} --authgroup VPN x.org\n", ONE, None),
            (f"openconnect {CERT} x.org >/var/log/vpn 2>&1 &\n", ONE, None),
            (f"openconnect {CERT} -b 2>> log x.org < password\n", ONE, None),
            (f"printf '%s' \"$P\" | sudo openconnect --passwd-on-stdin -b -u me {CERT} https://x.org/\n", ONE, None),
            (f"protocol=fortinet\nserver=x.org\nservercert=pin-sha256:{b64('a')}\nservercert=pin-sha256:{b64('b')}\n", BOTH, None),
            (f"openconnect {CERT} x.org\n# To trust this server in future, perhaps add this to your command line:\n#    --servercert pin-sha256:{b64('b')}\n", ONE, None),
            (f"ExecStart=/usr/sbin/openconnect --non-inter {CERT} --quiet x.org\n", ONE, None),
            (f"echo pw | openconnect {CERT} --passwd-on-stdin x.org\n", ONE, None),
            (f"openconnect {CERT} --background x.org\n", ONE, None),
            (f"openconnect --user me.you {CERT} x.org\n", ONE, None),
            (f"openconnect --script 'vpn-slice git.y.org' {CERT} x.org\n", ONE, None),
            (f"openconnect -s 'vpn-slice git.y.org' {CERT} x.org\n", ONE, None),
            (f"[Service]\nExecStart=/usr/sbin/openconnect {CERT} x.org\n", ONE, None),
            (COMMAND + f"# {OTHER_SPELLING}\n", ONE, None),
            (f"server = x.org\nservercert = sha256:{hexed('a').upper()}\n", ONE, None),
            (f"ssh h.org openconnect {CERT} x.org\n", ONE, None),
            (f"sudo ip netns exec n.vpn /usr/sbin/openconnect {CERT} x.org\n", ONE, None),
            (f"docker run --rm i.org/oc openconnect {CERT} x.org\n", ONE, None),
            (f"docker run --rm openconnect {CERT} x.org --user openconnect\n", ONE, None),
            (f"docker run --name vpn i.org/openconnect:9.12 {CERT} x.org\n", ONE, None),
            (f"docker run i.org/openconnect:9.12 {CERT} x.org\n", ONE, None),
            (f"C:\\\\VPN\\\\openconnect.exe {CERT} x.org\n", ONE, None),
            (f"http_proxy=http://p.org openconnect {CERT} x.org\n", ONE, None),
            (f"openconnect -P http://p.org:3128 {CERT} x.org\n", ONE, None),
        ])


class Comments(OpenConnect):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (line("a", "a.org # --servercert pin-sha256:" + b64("c")), {"a.org": [A]}, None),
            (f"# server=c.org\nserver=a.org\n# servercert=pin-sha256:{b64('c')}\nservercert=pin-sha256:{b64('a')}\n", {"a.org": [A]}, None),
            (COMMAND + f"CERT=sha256:{hexed('c')}00\n", ONE, None),
            (COMMAND + f"SUM={hexed('c')}\n", ONE, None),
            (f"openconnect {OLD_KEY} x.org\n", ONE, None),
            (f"openconnect {OLD_KEY} --servercert pin-sha256:{b64('b')} x.org\n", BOTH, None),
        ])


class Hosts(OpenConnect):
    """Which host a pin is for."""

    def test_each_has_its_pins(self):
        self.rows([
            (line("a", "a.org") + line("b", "b.org"), {"a.org": [A], "b.org": [B]}, None),
            (line("a", "https://u@a.org:8443/g"), {"a.org:8443": [A]}, None),
            (section("x.org", "a") + section("y.org", "b"), {"x.org": [A], "y.org": [B]}, None),
            (COMMAND + f"openconnect {OTHER_SPELLING}\n", {**ONE, "y.org": [C]}, None),
            (f"openconnect ^\n {CERT} ^\n x.org\nopenconnect ^\n --servercert pin-sha256:{b64('b')} ^\n y.org\n", HOSTS, None),
            (f"openconnect {CERT} https://[2001:db8::1]:4443/\n", {"2001:db8::1:4443": [A]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (f"[vpn]\ngateway=a.org\ngwcert=pin-sha256:{b64('a')}\ngateway=b.org\n", {"a.org": [A]}, 'a second server beside "a.org"'),
            (f"[vpn]\nservice-type=org.freedesktop.NetworkManager.openconnect\ngateway=x.org\ngwcert=pin-sha256:{b64('a')}\n[vpn-secrets]\ngwcert=pin-sha256:{b64('b')}\n",
             ONE, "nothing says whose pins"),
            (f"config interface 'vpn'\n\toption servercert 'pin-sha256:{b64('b')}'\n[vpn]\n" + section("x.org", "a"), ONE, "nothing says whose pins"),
            (f"ssh h.org openconnect {CERT} \"$HOST\"\nopenconnect {CERT} x.org\n", ONE, NAMELESS),
        ])


class OtherFiles(OpenConnect):
    """Files that the text includes."""

    def test_are_named_and_not_read(self):
        self.rows([
            (f"openconnect --config vpn.conf y.org\nopenconnect {CERT} x.org\n", ONE, "vpn.conf: other files are not read"),
            (f"openconnect --config=/etc/vpn {CERT} x.org\n", ONE, "/etc/vpn: other files are not read"),
            (f"openconnect --config vpn y.org\nopenconnect {CERT} x.org\n", ONE, "vpn: other files are not read"),
        ])


class Unread(OpenConnect):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (f"[vpn]\ngateway=a.org\ngwcert=pin-sha256:{b64('a')}\nfallback=pin-sha256:{b64('b')}\n", {"a.org": [A]}, UNEXPECTED),
            (f"PIN=pin-sha256:{b64('b')}\n" + line("a", "a.org"), {"a.org": [A]}, UNEXPECTED),
            (f"openconnect {CERT} x.org\nCONNECT pin-sha256:{b64('b')}\n", ONE, UNEXPECTED),
            (f"openconnect {CERT} x.org\nFINGERPRINT='pin-sha256:{b64('b')}'\n", ONE, UNEXPECTED),
            (f"openconnect {CERT} x.org\nopenconnect --serverc=PIN-SHA256:{b64('b')} y.org\n", ONE, UNEXPECTED),
            (COMMAND + f'alias vpn="sudo openconnect {OTHER_SPELLING}"\n', ONE, UNEXPECTED),
            (COMMAND + f"alias vpn='sudo openconnect {OTHER_SPELLING}'\n", ONE, UNEXPECTED),
            (COMMAND + f"CERT=sha256:{hexed('c')}\n", ONE, UNEXPECTED),
            (COMMAND + f"CERT=pin-sha256:{b64('c')}\n", ONE, UNEXPECTED),
            (COMMAND + f"export CERT=\"sha256:{hexed('c').upper()}\"\n", ONE, UNEXPECTED),
            (COMMAND + f"CERT=sha256:{colons('c')}\n", ONE, UNEXPECTED),
        ])


if __name__ == "__main__":
    main()
