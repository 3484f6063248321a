# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format weechat: tls_fingerprint in irc.conf and in commands of WeeChat."""

from conversion_case import A, B, C, HOSTS, ONE, UNEXPECTED, ImportCase, colons, hexed, raw
from pinctl_case import main

GOOD = f'[server]\none.addresses = "x.org"\none.tls_fingerprint = "{hexed("a")}"\n'
WITH_PORT = f'[server]\none.addresses = "x.org/6697"\none.tls = on\none.tls_fingerprint = "{hexed("a")}"\n'
BARE = f'one.addresses = "x.org/6697"\none.tls_fingerprint = "{hexed("a")}"\n'
ONE_PORT = {"x.org:6697": [A]}


class WeeChat(ImportCase):
    form = "weechat"
    setting = "fingerprints"


class Servers(WeeChat):
    def test_servers_of_settings_and_commands(self):
        irc = f'[server]\none.addresses = "x.org/6697,z.org/1"\none.tls_fingerprint = "{raw("a").hex()},{raw("b").hex()}"\n'
        commands = f'/set irc.server.one.addresses x.org/6697\n/set irc.server.one.ssl_fingerprint "{raw("a").hex()}"\n'
        self.assertEqual(self.fingerprints(irc), {"x.org:6697": [A, B], "z.org:1": [A, B]})
        self.forget()
        self.assertEqual(self.fingerprints(commands), {"x.org:6697": [A]})
        self.fingerprints(irc.replace(raw("b").hex(), "ab" * 64), status=1, said="is SHA-512")


class Defaults(WeeChat):
    def test_defaults_and_options_of_commands(self):
        self.setting = "fingerprints"
        a, b, c = hexed("a"), hexed("b"), hexed("c")
        servers = 'x.addresses = "x.org"\nx.tls_fingerprint%s\ny.addresses = "y.org"\ny.tls_fingerprint = "' + b + '"\n'
        def settings(default, own):
            return f"[look]\ntls = off\n[server_default]\n{default}\n[server]\n" + servers % own
        def commands(options, *more):
            return f"/server add x x.org {options}\n/set irc.server.x.tls_fingerprint {a}\n" + "".join(f"/set irc.server_default.{line}\n" for line in more)
        inherited = {"x.org": [C], "y.org": [B]}
        self.rows([
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
            (f"/server add x x.org -notls -tls_fingerprint={a} xtls\n" + servers[servers.index("y.addr"):], {"y.org": [B]}, None),
            (f"/server add x x.org -tls_fingerprint=={a}\n/server add y y.org -tls_fingerprint={hexed('b')}\n", {"y.org": [B]}, "bad fingerprint"),
            (f"/server addreplace x x.org -tls\n/set irc.server.x.tls_fingerprint {a}\n", ONE, None),
            (f"/server add y y.org -tls_fingerprint=${{fp}}\n/server add x x.org -tls_fingerprint={a}\n", ONE, "bad fingerprint"),
        ])


class Tls(WeeChat):
    def test_fingerprint_beside_tls_off_is_noted_and_left_out(self):
        def server(name, word, tls):
            return f'{name}.addresses = "{name}.org"\n{name}.tls_fingerprint = "{hexed(word)}"\n{tls}\n'
        good = server("x", "a", "x.tls = on")
        self.counted('stands beside "tls off"', [("[server]\n" + text, entries, notes) for text, entries, notes in (
            (good + server("y", "b", "y.tls = off"), ONE, 1),
            (good + server("y", "b", "y.ssl = off"), ONE, 1),
            (good + server("y", "b", "y.tls = null"), HOSTS, 0),
            (good + server("y", "b", "y.tls_verify = on"), HOSTS, 0),
            (good + "/set irc.server.x.tls off\n" + server("y", "b", ""), {"y.org": [B]}, 1),
            (f"/server add x x.org/6697 -tls\n/set irc.server.x.tls_fingerprint {hexed('a')}\n", {"x.org:6697": [A]}, 0))])

    def test_entries_only_log_where_certificates_are_not_checked(self):
        server = f'[server]\nx.addresses = "x.org"\nx.tls_fingerprint = "{hexed("a")}"\n'
        command = f"/server add x x.org %s\n/set irc.server.x.tls_fingerprint {hexed('a')}\n"
        lax = "[server_default]\ntls_verify = off\n"
        self.looks([
            (server + "x.tls_verify = off\n", True), (server + "x.ssl_verify = off\n", True), (lax + server, True),
            (lax + server + "x.tls_verify\n", True), (lax + server + "x.tls_verify = on\n", False), (server + "y.tls_verify = off\n", False),
            (lax.replace("off", "on") + server, False), (command % "-notls_verify", True), (command % "-nossl_verify", True),
            (command % "-tls_verify", False), (command % "-notls_verify" + "/set irc.server.x.tls_verify on\n", False),
        ])


class Twice(WeeChat):
    def test_fingerprint_of_a_later_command_counts(self):
        text = f"/server add x x.org -tls_fingerprint={hexed('b')}\n/set irc.server.x.tls_fingerprint {hexed('a')}\n"
        done, found = self.taken("option", text, 0, "--format", "weechat")
        self.assertEqual((found, "is given again in line 2" in done.stderr), (ONE, True), done.stderr)

    def test_unset_takes_a_fingerprint_back(self):
        one = f"/set irc.server.one.addresses x.org\n/set irc.server.one.tls_fingerprint {hexed('a')}\n"
        unset = "/unset irc.server.one.tls_fingerprint\n"
        for number, (text, entries) in enumerate(((one, ONE), (one + unset, {}), (unset + one, ONE), (one + unset.replace("one", "two"), ONE))):
            done, found = self.taken(f"weechat-{number}", text, 0 if entries else 1, "--format", "weechat")
            self.assertEqual(found, entries)
            self.assertEqual("taken back in line 3" in done.stderr, not entries)
            self.assertNotIn("which is taken", done.stderr)


class Spellings(WeeChat):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            ("\ufeff[server]\r\n" + BARE.replace("\n", "\r\n"), ONE_PORT, None),
            (BARE + "two.addresses = \"y.org\"\ntwo.tls_fingerprint = null\n", ONE_PORT, None),
            (BARE.replace("tls_fingerprint", "ssl_fingerprint").replace(hexed("a"), colons("a")), ONE_PORT, None),
            (BARE.replace("one.", "a.b.c."), ONE_PORT, None),
            (WITH_PORT + 'two.addresses = "y.org"\ntwo.tls_fingerprint = ""\n', ONE_PORT, None),
            (WITH_PORT.replace("tls_fingerprint = ", "tls_fingerprint="), ONE_PORT, None),
            (GOOD.replace("one.", "server."), ONE, None),
            (GOOD.replace("one.", "irc.x.org."), ONE, None),
            ('one.tls_fingerprint = "%s"\none.addresses = "x.org"\n' % hexed("a"), ONE, None),
            (GOOD + "two.tls_fingerprint = null\n", ONE, None),
        ])


class Comments(WeeChat):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (f'# one.tls_fingerprint = "{hexed("c")}"\n' + BARE, ONE_PORT, None),
            (f'one.tls_fingerprint = "{hexed("c")}"\n' + BARE, ONE_PORT, None),
            (WITH_PORT + f'# /set irc.server.y.tls_fingerprint {hexed("c")}\n', ONE_PORT, None),
        ])


class Hosts(WeeChat):
    """Which host a pin is for."""

    def test_each_has_its_pins(self):
        self.rows([
            (f"/server add two irc.two.org/6697 -tls -tls_fingerprint={hexed('b')}\n[server]\n" + BARE, {**ONE_PORT, "irc.two.org:6697": [B]}, None),
            (BARE.replace("x.org/6697", "x.org/6697,bad name/1"), {"x.org:6697": [A], "bad": [A], "name:1": [A]}, None),
            (f"set irc.server.one.addresses x.org/6697\n/set  irc.server.one.tls_fingerprint \"{hexed('a')}, {hexed('b')}\"\n", {"x.org:6697": [A, B]}, None),
            (WITH_PORT + f'/set irc.server.y.addresses "y.org"\n/set irc.server.y.ssl_fingerprint "{hexed("b")}"\n', {**ONE_PORT, "y.org": [B]}, None),
            (WITH_PORT + f'two.addresses = "irc.y.org/6697,irc2.y.org/6697"\ntwo.tls_fingerprint = "{hexed("b")}"\n',
             {**ONE_PORT, "irc.y.org:6697": [B], "irc2.y.org:6697": [B]}, None),
            (GOOD.replace("x.org", "x.org, y.org/6697"), {"x.org": [A], "y.org:6697": [A]}, None),
            (GOOD.replace('"x.org"', '"x.org,2001:db8::1/6697"'), {"x.org": [A], "2001:db8::1:6697": [A]}, None),
            (GOOD + f"/server add y y.org/6697 -tls_fingerprint={hexed('b')}\n", {**ONE, "y.org:6697": [B]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (BARE + f'two.tls_fingerprint = "{hexed("b")}"\n', ONE_PORT, "nothing says whose pins"),
            (BARE + f'two.addresses = "y..org/1"\ntwo.tls_fingerprint = "{hexed("b")}"\n', ONE_PORT, 'bad name "y..org"'),
            (WITH_PORT + f'two.addresses = "${{sec.data.host}}"\ntwo.tls_fingerprint = "{hexed("b")}"\n', ONE_PORT, "bad name"),
            (WITH_PORT + f'[server]\ntwo.tls_fingerprint = "{hexed("b")}"\n', ONE_PORT, "nothing says whose pins"),
            (GOOD.replace('"x.org"', '"x.org,y.org/+6697"'), ONE, "bad name"),
        ])


class Digests(WeeChat):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (BARE + 'two.addresses = "y.org"\ntwo.tls_fingerprint = "${sec.data.pin}"\n', ONE_PORT, "bad fingerprint"),
            (WITH_PORT + f'two.addresses = "y.org"\ntwo.tls_fingerprint = "sha256={hexed("b")}"\n', ONE_PORT, "bad fingerprint"),
            (GOOD.replace(hexed("a"), f"{'ab' * 20},{hexed('a')}"), ONE, "is SHA-1"),
        ])


class Unread(WeeChat):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (f"[server_default]\ntls_fingerprint = \"{hexed('b')}\"\n[server]\n" + BARE, ONE_PORT, UNEXPECTED),
            (WITH_PORT + f'/set irc.server_default.tls_fingerprint "{hexed("b")}"\n', ONE_PORT, UNEXPECTED),
            (WITH_PORT + f"/set relay.network.tls_cert_key {hexed('b')}\n", ONE_PORT, UNEXPECTED),
            (GOOD + f"[server_default]\ntls_fingerprint = \"{hexed('b')}\"\n", ONE, UNEXPECTED),
        ])


if __name__ == "__main__":
    main()
