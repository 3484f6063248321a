# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format knot_resolver: pin_sha256 in Lua, pin-sha256 in YAML."""

from conversion_case import A, B, C, UNEXPECTED, ImportCase, b64
from pinctl_case import main

ONE = {"x.org:853": [A]}
WITH_B = {**ONE, "192.0.2.2:853": [B]}


def server(pins, address="'192.0.2.1', hostname='x.org'"):
    return f"{{{address}, pin_sha256={pins}}}"


GOOD = server(f"'{b64('a')}'")


def forward(inside, pins=f"pin_sha256='{b64('b')}'"):
    return f"policy.TLS_FORWARD({{{GOOD}, {{{inside}, {pins}}}}})\n"


def forward_all(inside, pins=f"pin_sha256='{b64('b')}'"):
    return f"policy.add(policy.all(policy.TLS_FORWARD({{{GOOD}, {{{inside}, {pins}}}}})))\n"


def forward_beside(inside):
    return f"policy.TLS_FORWARD({{{GOOD}, {inside}}})\n"


class KnotResolver(ImportCase):
    form = "knot_resolver"


class Lua(KnotResolver):
    def test_servers_have_pins_of_their_own(self):
        lua = (f"policy.add(policy.all(policy.TLS_FORWARD({{\n -- {{'192.0.2.9', pin_sha256='{b64('c')}'}},\n"
               f"  {{'192.0.2.1', hostname='dns.y.org', pin_sha256='{b64('a')}'}},\n"
               f"  {{'2001:db8::1@8853', pin_sha256={{'{b64('a')}', '{b64('b')}'}}}},\n}})))\n")
        self.assertEqual(self.pins(lua, name="knot.conf"), {"dns.y.org:853": [A], "2001:db8::1:8853": [A, B]})

    def test_comments_that_speak_of_yaml_change_nothing(self):
        lua = f"policy.add(policy.all(policy.TLS_FORWARD({{{{'192.0.2.1', hostname='x.org', pin_sha256='{b64('a')}'}}}})))\n"
        for number, comment in enumerate(("-- as pin-sha256 of YAML\n", "n = #list -- pin-sha256\n", "--[[ # pin-sha256\n]]")):
            self.assertEqual(self.taken(f"knot-lua-{number}", comment + lua, 0, "--format", "knot_resolver")[1], ONE)


class Yaml(KnotResolver):
    def test_servers_have_pins_of_their_own(self):
        yaml = (f"forward:\n  - subtree: .\n    servers:\n      - address: [ 192.0.2.7@853 ]\n        transport: tls\n"
                f"        pin-sha256: {b64('c')}\n        hostname: dns.z.org\n")
        self.assertEqual(self.pins(yaml, name="knot.yaml"), {"dns.z.org:853": [C]})
        for nothing in ("", "null", "[ null ]", "true", "{ a: b }"):
            self.pins(yaml.replace(b64("c"), nothing), name="knot.yaml", status=1, said="pin-sha256: expected a text or a list")

    def test_comments_are_those_of_yaml(self):
        text = f"forward:\n- servers:\n  - hostname: x.org\n    pin-sha256:\n    - {b64('a')}\n"
        for number, (more, status) in enumerate(((f"    # - {b64('c')}\n", 0), (f"    -- {b64('b')}\n", 3), (f"  - pins: {b64('b')}\n", 1))):
            self.taken(f"knot-{number}", text + more, status, "--format", "knot_resolver")
        yaml = "# was policy.TLS_FORWARD\n" + text
        self.assertEqual(self.taken("knot-comment", yaml, 0, "--format", "knot_resolver")[1], ONE)

    def test_list_of_hostnames_is_named(self):
        text = f"forward:\n- subtree: .\n  servers:\n  - address: 192.0.2.1\n    pin-sha256: {b64('a')}\n    hostname: [x.org, y.org]\n"
        done, _ = self.taken("strict", text, 1, "--format", "knot_resolver")
        self.assertIn(":4: hostname: expected a text", done.stderr)


class Spellings(KnotResolver):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            ("\ufeff" + forward_beside("").replace("\n", "\r\n"), ONE, None),
            ("-- pin-sha256 of old\n" + forward_beside(""), ONE, None),
            (f"policy.add(policy.suffix(policy.TLS_FORWARD({{'192.0.2.1', hostname='x.org', pin_sha256='{b64('a')}'}}), {{todname('a.')}}))\n", ONE, None),
            (f"local M = {{ layer = {{}}, action = policy.TLS_FORWARD({{{GOOD}}}) }}\n", ONE, None),
            (f"policy.TLS_FORWARD({{ [1] = {GOOD} }})\n", ONE, None),
            (f"services.kresd = {{\n extraConfig = ''\n policy.TLS_FORWARD({{ {GOOD}, }})\n '';\n}};\n", ONE, None),
            (f"policy.TLS_FORWARD{{{GOOD}}}\n", ONE, None),
        ])


class Comments(KnotResolver):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (forward_beside(f"--[[ {{'192.0.2.9', pin_sha256='{b64('c')}'}},\n pin_sha256 ]]"), ONE, None),
            (forward_beside(f"--[==[ ]] {{'192.0.2.9', pin_sha256='{b64('c')}'}} ]==]"), ONE, None),
            (forward_beside(f"-- {{'192.0.2.9', pin_sha256='{b64('c')}'}}\n"), ONE, None),
            (forward_all("'192.0.2.2'") + f"-- pin_sha256='{b64('c')}'\n", WITH_B, None),
            (forward_all("'192.0.2.2'") + f"--[==[ pin_sha256='{b64('c')}' ]] ]==]\n", WITH_B, None),
        ])


class Hosts(KnotResolver):
    """Which host a pin is for."""

    def test_each_has_its_pins(self):
        self.rows([
            (forward_all("'192.0.2.2'"), WITH_B, None),
            (forward_all("'192.0.2.2'", f"pin_sha256={{ '{b64('b')}', }}"), WITH_B, None),
            (forward_all("'192.0.2.2', ca_file='/etc/ca.pem'"), WITH_B, None),
            (f"forward:\n  - subtree: '.'\n    servers:\n      - address: [192.0.2.1, 192.0.2.2@8853]\n        transport: tls\n        pin-sha256:\n          - {b64('a')}\n",
             {"192.0.2.1:853": [A], "192.0.2.2:8853": [A]}, None),
            ("modules = { 'policy' }\nnet = { '127.0.0.1' }\n" + forward("'192.0.2.2'") + "cache.size = 9\n", {**ONE, "192.0.2.2:853": [B]}, None),
            (forward('"192.0.2.2"', f'pin_sha256={{"{b64("b")}","{b64("c")}"}}'), {**ONE, "192.0.2.2:853": [B, C]}, None),
            (forward("'192.0.2.2@8853'; insecure=true"), {**ONE, "192.0.2.2:8853": [B]}, None),
            (forward("'2001:DB8::1'"), {**ONE, "2001:db8::1:853": [B]}, None),
            (forward("'192.0.2.2'").replace("policy.TLS_FORWARD(", "local servers = (") + "policy.TLS_FORWARD(servers)\n", {**ONE, "192.0.2.2:853": [B]}, None),
            (f"s = {{ {GOOD}, y = " + server(f"{{'{b64('b')}'}}", "'192.0.2.2'") + " }\n", {**ONE, "192.0.2.2:853": [B]}, None),
            (GOOD[:-1] + f", {{'192.0.2.2', pin_sha256='{b64('b')}'}}}}\n", {**ONE, "192.0.2.2:853": [B]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (forward_all("'fe80::1%eth0@853'"), ONE, "bad name"),
            (forward("'192.0.2.2', hostname=name"), {**ONE, "192.0.2.2:853": [B]}, "hostname: expected a text"),
            (forward("address"), ONE, 'bad name ""'),
            (f"forward:\n- servers:\n  - {{address: '192.0.2.1#x.org', pin-sha256: {b64('b')}}}\n  - {{hostname: x.org, pin-sha256: {b64('a')}}}\n", ONE, "bad name"),
        ])


class Digests(KnotResolver):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (forward_beside(f"{{'192.0.2.2', pin_sha256={{'{b64('b')}', spare}}}}"), {**ONE, "192.0.2.2:853": [B]}, "expected a text or a list of texts"),
            (f"forward:\n- servers:\n  - address: 192.0.2.1\n    hostname: x.org\n    pin-sha256: [{b64('a')}, [{b64('b')}]]\n", ONE, "expected a text"),
            (forward_all("'192.0.2.2'", f"pin_sha256='sha256/{b64('b')}'"), ONE, "bad pin-sha256"),
            (forward("'192.0.2.2'", f"pin_sha256='{b64('b')[:20]}'..'{b64('b')[20:]}'"), ONE, "expected a text or a list of texts"),
            (f"f({{ g({GOOD}), h = function() return {{ " + server("pin", "ip") + " } end })\n", ONE, "expected a text or a list of texts"),
        ])


class Twice(KnotResolver):
    """Settings that stand there twice."""

    def test_second_one_is_named(self):
        self.rows([
            (forward_beside(f"{{'192.0.2.2', hostname='y.org', hostname='z.org', pin_sha256='{b64('b')}'}}"), {**ONE, "y.org:853": [B]}, "stands here a second time"),
            (forward_beside(f"{{'192.0.2.2', pin_sha256='{b64('b')}', pin_sha256='{b64('c')}'}}"), {**ONE, "192.0.2.2:853": [B]}, "stands here a second time"),
            (f"forward:\n- servers:\n  - address: 192.0.2.1\n    hostname: x.org\n    pin-sha256: {b64('a')}\n    pin-sha256: {b64('b')}\n", ONE, "stands here a second time"),
            (GOOD[:-1] + f", pin_sha256='{b64('b')}'}}\n", ONE, "stands here a second time"),
        ])


class Unread(KnotResolver):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (f"local pin = '{b64('b')}'\n" + forward_beside("{'192.0.2.2', pin_sha256=pin}"), ONE, UNEXPECTED),
            (forward_beside(f"{{'192.0.2.2', pins='{b64('b')}'}}"), ONE, UNEXPECTED),
            (forward_all("'192.0.2.2'") + f"local spare = 'sha256/{b64('c')}'\n", WITH_B, UNEXPECTED),
            (forward("'192.0.2.2'", f"['pin_sha256']='{b64('b')}'"), ONE, UNEXPECTED),
            (forward("'192.0.2.2'", f"pin_sha256=[[{b64('b')}]]"), ONE, UNEXPECTED),
            (f"t.pin_sha256 = '{b64('b')}'\npolicy.TLS_FORWARD({{{GOOD}}})\n", ONE, UNEXPECTED),
            (f"pin_sha256 = '{b64('b')}'\npolicy.TLS_FORWARD({{{GOOD}}})\n", ONE, UNEXPECTED),
        ])


if __name__ == "__main__":
    main()
