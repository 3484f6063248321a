# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
pinctl enable and nodejs, which reads nodejs_conf in place of openssl_conf: pins hold there as well, and all else stays.
What a file means is asked of OpenSSL, started as nodejs starts it, and of a real nodejs where there is one.
"""

import json
import os
import re
import shutil
import sys
import unittest

from pinctl_case import main, path, pin_of
from switch_case import LEGACY, MODULE, MODULES, SANITIZED, START, ImageCase, SwitchCase

NODE = shutil.which("node")
DRIVER = os.path.join(os.path.dirname(__file__), "..", "programs", "drivers", "nodejs")

# Prints the providers that are active, or leaves with 1 where nodejs would not start.
AS_NODEJS = """
import ctypes, sys
crypto = ctypes.CDLL("libcrypto.so.3")
for name in ("OPENSSL_INIT_new", "EVP_MD_fetch"):
    getattr(crypto, name).restype = ctypes.c_void_p
settings = ctypes.c_void_p(crypto.OPENSSL_INIT_new())
crypto.OPENSSL_INIT_set_config_appname(settings, b"nodejs_conf")
crypto.OPENSSL_INIT_set_config_file_flags(settings, ctypes.c_ulong(0x10))
crypto.OPENSSL_init_crypto(ctypes.c_uint64(0x40), settings)
crypto.ERR_peek_error.restype = ctypes.c_ulong
if crypto.ERR_peek_error() != 0:
    sys.exit(1)
names = (b"default", b"legacy", b"base", b"fips", b"null", b"pinning")
print(*(name.decode() for name in names if crypto.OSSL_PROVIDER_available(None, name)))
if not crypto.EVP_MD_fetch(None, b"SHA2-256", None):
    sys.exit(1)
"""

LIST = "nodejs_conf = node\n[node]\nproviders = node_list\n[node_list]\n"
DEFAULT = "default = d\n[d]\nactivate = 1\n"
BESIDE = "default = d\nlegacy = l\n[d]\nactivate = 1\n[l]\nactivate = 1\n"
BOTH = "nodejs_conf = node\nopenssl_conf = init\n[node]\nproviders = list\n[init]\nproviders = list\n[list]\n"
CONFIGURATIONS = {
    "nothing": "",
    "openssl_conf with others": START + BESIDE,
    "openssl_conf with others, in no release activated": START + BESIDE.replace("activate = 1", "# activate"),
    "an empty section": "nodejs_conf = node\n[node]\n",
    "other settings": "nodejs_conf = n\n[n]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nMinProtocol = TLSv1.2\n",
    "a list of its own": LIST + DEFAULT,
    "an empty list": LIST,
    "with others": LIST + BESIDE,
    "both of their own": LIST + BESIDE + "[default]\nopenssl_conf = init\n[init]\nproviders = list\n[list]\ndefault = d\n",
    "numbered": LIST.replace("providers =", "providers.node =") + DEFAULT,
    "default named, not activated": LIST + "default = d\n[d]\n",
    "default described once for both": LIST + "default = d\n[default]\nopenssl_conf = init\n[init]\nproviders = list\n"
                                              "[list]\ndefault = d\n[d]\n",
    "pinning described once for both": LIST + "pinning = p\n[default]\nopenssl_conf = init\n[init]\nproviders = list\n"
                                              "[list]\npinning = p\n[p]\n",
    "one section": "nodejs_conf = init\n" + START,
    "one section with default": "nodejs_conf = init\n" + START + DEFAULT,
    "one list": BOTH,
    "one list with others": BOTH + BESIDE,
    "one list, default elsewhere": BOTH + "[init]\nproviders.2 = second\n[second]\nlegacy = l\n[l]\nactivate = 1\n"
                                          "[list]\ndefault = d\n[d]\nactivate = 1\n",
}
# Each cannot be reached, with the words that say why.
LEFT_OUT = {
    "nodejs_conf =\n": "nodejs_conf is empty",
    "nodejs_conf = node\n[node]\nproviders =\n": "providers is empty",
    "nodejs_conf = node\n[node]\nno_such_module = x\n": "nodejs does not start with it (could not load",
    LIST + "legacy = l\n[l]\nactivate = 1\n": "SHA2-256 is not available",
}


def without_nodejs(text):
    """What an enable made that knew nothing of nodejs."""
    return re.sub(r"\[default\]\npinning_nodejs.*(?=# <<< pinning)", "", text, flags=re.DOTALL)


class NodejsCase(SwitchCase):
    def as_nodejs(self):
        """The providers that nodejs would have; None where it would not start."""
        done = self.under(sys.executable, "-c", AS_NODEJS)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return set(done.stdout.decode().split()) if done.returncode == 0 else None

    def is_reached(self):
        found = self.json("status", status=None, environment={"OPENSSL_CONF": self.file})
        return found["openssl"]["nodejs_reached"]

    def lines(self):
        return self.bytes().decode().split("# >>> pinning")[1].splitlines()[1:-1]


class Configurations(NodejsCase):
    def there_and_back(self, text):
        self.write(text)
        providers, of_nodejs = self.providers(), self.as_nodejs()
        self.assertFalse(self.is_reached())
        done = self.enable()
        self.assertNotIn("left out", done.stderr)
        self.assertTrue(self.is_reached())
        if not SANITIZED:
            self.assertEqual(self.providers(), providers | {"pinning"})
            self.assertEqual(self.as_nodejs(), of_nodejs | {"pinning"})
        self.assert_works(enforced=True)
        sections = [line for line in self.lines() if line.startswith("[") and line != "[default]"]
        self.assertEqual(len(sections), len(set(sections)), sections)
        new = self.bytes()
        self.assertIn("already enabled", self.enable(policy=False).stderr)
        self.assertEqual(self.bytes(), new)
        self.disable()
        self.assertEqual(self.bytes(), text.encode())
        self.assert_nothing_left()

    def test_there_and_back(self):
        for name, text in CONFIGURATIONS.items():
            if "legacy" in text and not os.path.exists(LEGACY):
                continue
            with self.subTest(name):
                self.there_and_back(text)

    def test_one_list_gets_one_line(self):
        for text in (BOTH + DEFAULT, "nodejs_conf = init\n" + START + DEFAULT):
            self.write(text)
            self.enable()
            self.assertEqual(sum(line.startswith("pinning = ") for line in self.lines()), 1)
            self.assertNotIn("nodejs", "\n".join(self.lines()))

    def test_denied(self):
        """What `activate = 0` means depends on the release of OpenSSL; default is active before and after."""
        text = LIST + "default = d\n[d]\nactivate = 0\n"
        self.there_and_back(text)
        self.enable()
        self.assertIn(b"\n[d]\nactivate = 1\n", self.bytes())

    def test_by_hand(self):
        """Only for nodejs: that stays, and the others are added."""
        by_hand = LIST + f"pinning = p\ndefault = d\n[d]\nactivate = 1\n[p]\nmodule = {MODULE}\nactivate = 1\n"
        self.write(by_hand)
        self.assertTrue(self.is_reached())
        self.enable()
        self.assertNotIn("nodejs", "\n".join(self.lines()))
        self.assert_works(enforced=True)
        self.disable()
        self.assertEqual(self.bytes(), by_hand.encode())

    def test_section_missing(self):
        """nodejs does not start under it; what is added is what it misses."""
        for text in ("nodejs_conf = node\n", "nodejs_conf = pinning_init\n"):
            self.write(text)
            self.assertIsNone(self.as_nodejs())
            self.enable()
            self.assertEqual("nodejs" in "\n".join(self.lines()), "= node" in text)
            if not SANITIZED:
                self.assertEqual(self.as_nodejs(), {"default", "pinning"})

    def test_settings(self):
        self.write("")
        self.enable("--on-policy-error", "allow")
        for line in (f"policy = {self.policy}", "on_policy_error = allow", f"module = {MODULE}"):
            self.assertEqual(self.lines().count(line), 2, line)

    def test_earlier_release(self):
        """An enable that knew nothing of nodejs is brought up to date, with the settings it had."""
        self.write("# old\n")
        self.enable("--on-policy-error", "allow")
        new = self.bytes()
        self.write(without_nodejs(new.decode()))
        self.assertNotIn(b"nodejs", self.bytes())
        self.assertFalse(self.is_reached())
        self.assertIn("+nodejs_conf = ", self.enable(policy=False).stdout)
        self.assertEqual(self.bytes(), new)
        self.disable()
        self.assertEqual(self.bytes(), b"# old\n")

    def test_openssl_1_1_1(self):
        """It does not know .pragma, nor providers: nodejs 14 and 16 must meet none."""
        self.write("a = b\n")
        self.enable()
        self.write(self.bytes().decode().replace(".pragma", "pragma"))
        self.assertEqual(self.as_nodejs(), {"default"})
        self.assertFalse(self.is_reached())

    def test_pragma_ends(self):
        """What is written below the lines means what it says."""
        self.write("")
        self.enable()
        with open(self.file, "a", encoding="ascii") as file:
            file.write("[mine]\na = $nowhere\n")
        found = self.json("status", status=None, environment={"OPENSSL_CONF": self.file})
        self.assertIn("not understood", found["openssl"]["configuration_error"])

    def test_pragma_of_its_own(self):
        """Where a configuration takes dollars for a part of names, a file that includes it goes on to do so."""
        whole = os.path.join(self.folder, "whole.cnf")
        with open(whole, "w", encoding="ascii") as file:
            file.write(f".include = {self.file}\n[mine]\na = b$nowhere\n")
        self.write(".pragma = dollarid:true\n")
        for switch in (self.enable, self.disable):
            switch()
            found = self.json("status", status=None, environment={"OPENSSL_CONF": whole})
            self.assertIsNone(found["openssl"].get("configuration_error"))

    def test_whole_section_by_hand(self):
        text = ("openssl_conf = i\n[i]\nproviders = p\n[p]\ndefault = d\npinning = x\n[d]\nactivate = 1\n"
                f"[x]\nmodule = {MODULE}\npolicy = {self.policy}\nactivate = 1\n")
        for more, left_out in (("", True), ("nodejs_conf = i\n", False)):
            self.write(more + text)
            done = self.pinctl("enable", "--openssl-conf", self.file)
            self.assertIn("activated by hand; it stays", done.stderr)
            self.assertEqual("nodejs is left out" in done.stderr, left_out, done.stderr)
            self.assertEqual(self.is_reached(), not left_out)

    def test_text(self):
        self.write("")
        for switch, words in ((self.enable, "nodejs         reached (nodejs_conf)\n"),
                              (self.disable, 'nodejs         not reached ("pinctl enable" ')):
            switch()
            shown = self.pinctl("status", status=None, environment={"OPENSSL_CONF": self.file}).stdout
            self.assertIn(words, shown)


class LeftOut(NodejsCase):
    """What keeps nodejs from being reached keeps no other program from it."""

    def test_reasons(self):
        for text, words in LEFT_OUT.items():
            if "legacy" in text and not os.path.exists(LEGACY):
                continue
            with self.subTest(text):
                self.write(text)
                before = self.as_nodejs()
                done = self.enable()
                self.assertIn("nodejs is left out", done.stderr)
                self.assertIn(words, done.stderr)
                self.assertNotIn("nodejs", "\n".join(self.lines()))
                self.assertEqual((self.as_nodejs(), self.is_reached()), (before, False))
                self.assert_works(enforced=True)
                new = self.bytes()
                self.assertIn("already enabled", self.enable().stderr)
                self.assertEqual(self.bytes(), new)
                self.disable()
                self.assertEqual(self.bytes(), text.encode())

    def test_not_to_be_left_out(self):
        """One list for both, whose default only openssl_conf activates, elsewhere: nodejs would be left without."""
        text = BOTH + "[init]\nproviders.2 = second\n[second]\ndefault = d\n[d]\nactivate = 1\n"
        self.write(text)
        self.assertEqual(self.as_nodejs(), {"default"})
        self.assertIn("does not work for nodejs", self.enable(status=3).stderr)
        self.assertEqual(self.bytes(), text.encode())
        self.write(text.replace("[node]\n", "[node]\nno_such_module = x\n"))
        self.assertIsNone(self.as_nodejs())
        self.assertIn("nodejs is left out", self.enable().stderr)


class Images(ImageCase):
    def test_whole_path(self):
        """nodejs has a folder for modules that no machine has; others may have OPENSSL_MODULES."""
        after = self.there_and_back(changed=["/etc/ssl/openssl.cnf"])
        text = after[f"{self.root}/etc/ssl/openssl.cnf"]
        self.assertIn(f"[pinning_nodejs_sect]\nmodule = {MODULES}/pinning.so\nactivate = 1\n", text)
        self.assertEqual(text.count(f"module = {MODULES}/pinning.so\n"), 2)

    def test_shared(self):
        self.put("etc/ssl/part.cnf", "[init]\nproviders = theirs\n[theirs]\n[default]\nnodejs_conf = init\n")
        after = self.there_and_back(changed=["/etc/ssl/openssl.cnf"])
        self.assertIn(f"[pinning_sect]\nmodule = {MODULES}/pinning.so\n", after[f"{self.root}/etc/ssl/openssl.cnf"])

    def test_nobody_can_look(self):
        """What was active is told by the text alone, and default is added where it may have been implicit."""
        for activate, added in (("# none", True), ("activate = 0", True), ("activate = 1", False)):
            self.put("etc/ssl/part.cnf", f"[init]\n[theirs]\nlegacy = l\n[l]\n{activate}\n"
                                         "[node]\nproviders = theirs\n[default]\nnodejs_conf = node\n")
            text = self.there_and_back(changed=["/etc/ssl/openssl.cnf"])[f"{self.root}/etc/ssl/openssl.cnf"]
            self.assertEqual("[theirs]\ndefault = pinning_nodejs_default\n" in text, added)


@unittest.skipIf(NODE is None, "no nodejs is installed")
@unittest.skipIf(SANITIZED, "programs built without sanitizers cannot load a module built with them")
class Real(NodejsCase):
    def node(self, *words):
        return self.under(NODE, *words)

    def connect(self):
        port = str(self.server.port)
        done = self.node(DRIVER, "connect", "api.example.com", port, path("root.pem"), "verify,tls1.3")
        return {0: "accepted", 1: "refused"}.get(done.returncode, (done.stdout, done.stderr))

    def abilities(self):
        done = self.node("-p", "const c = require('crypto'); JSON.stringify([c.getCiphers(), c.getHashes(), "
                         "c.getCurves(), c.createHash('sha256').update('x').digest('hex')])")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def pin(self, host, certificate):
        self.write_policy(f'version = 1;\nhosts = ( {{ name = "{host}"; pins = [ "{pin_of(certificate)}" ]; }} );\n')

    def test_pins_hold(self):
        for text in ("# old\n", LIST + DEFAULT, "nodejs_conf = init\n" + START):
            with self.subTest(text):
                self.write(text)
                self.pin("api.example.com", "swapped.pem")
                abilities = self.abilities()
                self.assertEqual(self.connect(), "accepted")
                self.enable()
                self.assertEqual(self.connect(), "refused")
                self.pin("api.example.com", "server.pem")
                self.assertEqual(self.connect(), "accepted")
                self.pin("www.example.com", "swapped.pem")
                self.assertEqual(self.connect(), "accepted")
                self.assertEqual(self.abilities(), abilities)
                self.disable()
                self.pin("api.example.com", "swapped.pem")
                self.assertEqual(self.connect(), "accepted")


if __name__ == "__main__":
    main()
