# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
pinctl enable and disable: on every kind of openssl.cnf either right or refused, and never a machine without TLS.
What a file means is asked of real programs (openssl, curl) that run under it.
"""

import os
import stat
import struct
import subprocess
import unittest

from pinctl_case import CERTIFICATES, PINCTL, main
from switch_case import LEGACY, MODULE, SANITIZED, START, SwitchCase

SYSTEM = "/usr/lib/ssl/openssl.cnf"
IMPLICIT = {
    "nothing": "",
    "only a comment": "# nothing here\n",
    "no end of line": "# nothing here",
    "ends in a section": "openssl_conf = init\n[init]",
    "ends with a continuation": "name = value\\\n",
    "CRLF": "openssl_conf = init\r\n[init]\r\nproviders = list\r\n[list]\r\n",
    "CRLF without an end": "openssl_conf = init\r\n[init]",
    "no openssl_conf": "[req]\ndistinguished_name = dn\n[dn]\n",
    "openssl_conf without its section": "openssl_conf = init\n",
    "sections named differently": "openssl_conf=Main-1\n[ Main-1 ]\nproviders.x = my.list\n[ my.list ]\n",
    "default named, not activated": START + "default = standard\n[standard]\n# activate = 1\n",
    "activate in the default section": "activate = 1\nidentity = default\n" + START,
    "other settings": "openssl_conf = i\n[i]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nMinProtocol = TLSv1.2\n",
    "sections in two parts": "openssl_conf = i\n[i]\n[a]\nx = 1\n[i]\nproviders = p\n[a]\ny = 2\n[p]\n",
}
EXPLICIT = {
    "default": START + "default = d\n[d]\nactivate = 1\n",
    "legacy beside default": START + "legacy = l\ndefault = d\n[d]\nactivate = 1\n[l]\nactivate = 1\n",
    "fips beside default": START + f"fips = f\ndefault = d\nbase = b\n[f]\nmodule = {LEGACY}\nactivate = 1\n"
                           "[d]\nactivate = 1\n[b]\nactivate = 1\n",
}
TLS = "openssl_conf = i\n[i]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\n"
DEMANDING = {
    "384 bits": TLS + "CipherString = DEFAULT@SECLEVEL=4\n",
    "521 bits": TLS + "CipherString = DEFAULT@SECLEVEL=5\nMinProtocol = TLSv1.3\n",
    "one group": TLS + "Groups = P-521\nSignatureAlgorithms = ECDSA+SHA512\n",
    "RSA": TLS + "CipherString = aRSA\nMaxProtocol = TLSv1.2\n",
    "RSA signatures": TLS + "SignatureAlgorithms = RSA-PSS+SHA512\n",
}


class Configurations(SwitchCase):
    def test_debian(self):
        with open(SYSTEM, "rb") as file:
            text = file.read().decode()
        self.round_trip(text)

    def test_default_implicit(self):
        for name, text in IMPLICIT.items():
            with self.subTest(name):
                self.round_trip(text)

    def test_demanding(self):
        """Programs work under these, though not with every kind of key."""
        for name, text in DEMANDING.items():
            with self.subTest(name):
                self.write(text)
                self.enable()
                if not SANITIZED:
                    self.assertEqual(self.providers(), {"default", "pinning"})
                self.disable()
                self.assertEqual(self.bytes(), text.encode())

    def test_denied(self):
        """What `activate = 0` means depends on the release of OpenSSL; default is active before and after."""
        self.round_trip(START + "default = d\n[d]\nactivate = 0\n")
        self.write(START + "default = d\n[d]\nactivate = 0\n")
        self.enable()
        self.assertIn(b"\n[d]\nactivate = 1\n", self.bytes())

    def test_others_active(self):
        for name, text in EXPLICIT.items():
            if "legacy" in text and not os.path.exists(LEGACY):
                continue
            with self.subTest(name):
                self.round_trip(text)

    def test_includes(self):
        deeper = self.write_policy("[list]\nlegacy = l\ndefault = d\n[d]\nactivate = 1\n[l]\nactivate = 1\n",
                                   "parts/deeper.cnf")
        part = self.write_policy(f"openssl_conf = init\n[init]\nproviders = list\n.include {deeper}\n",
                                 "more/part.cnf")
        parts = {part: self.bytes(part), deeper: self.bytes(deeper)}
        for text in (f".include {part}\n", f".include = {part}", f".include {part}\n[extra]\na = b\n",
                     f"a = b\n.include {self.folder}/more\n"):
            with self.subTest(text):
                self.write(text)
                old = self.bytes()
                self.enable()
                self.assert_works(enforced=True)
                self.disable()
                self.assertEqual(self.bytes(), old)
                self.assertEqual({name: self.bytes(name) for name in parts}, parts)

    def test_missing(self):
        shown = self.enable("--dry-run").stdout
        self.assertIn("--- /dev/null\n", shown)
        self.assertFalse(os.path.exists(self.file))
        self.enable()
        self.assert_works(enforced=True)
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o644)
        self.assertIn("restart", self.disable().stderr)
        self.assertFalse(os.path.exists(self.file))
        self.assertNotIn("restart", self.disable().stderr)

    def test_missing_then_used(self):
        self.enable()
        with open(self.file, "a", encoding="utf-8") as file:
            file.write("[mine]\na = b\n")
        self.disable()
        self.assertEqual(self.bytes(), b"[mine]\na = b\n")

    def test_edited_meanwhile(self):
        for text in ("a = 1\n", "a = 1"):
            self.write(text)
            self.enable()
            with open(self.file, "r+", encoding="utf-8") as file:
                now = file.read()
                file.seek(0)
                file.write("# mine\n" + now + "[z]\nb = 2\n")
            self.assertIn("already enabled", self.enable().stderr)
            self.disable()
            self.assertEqual(self.bytes().decode().split(), "# mine a = 1 [z] b = 2".split())

    def test_link(self):
        os.mkdir(os.path.join(self.folder, "real"))
        target = os.path.join(self.folder, "real", "openssl.cnf")
        with open(target, "w", encoding="utf-8") as file:
            file.write("# real\n")
        os.symlink("real/openssl.cnf", self.file)
        self.enable()
        self.assertTrue(os.path.islink(self.file))
        self.assertIn(b"pinning_sect", self.bytes(target))
        self.assert_works(enforced=True)
        self.disable()
        self.assertEqual(self.bytes(target), b"# real\n")

    def test_link_to_nothing(self):
        """As Debian's default becomes when somebody removes /etc/ssl/openssl.cnf."""
        target = os.path.join(self.folder, "real", "openssl.cnf")
        os.symlink("real/openssl.cnf", self.file)
        self.assertIn(self.file, self.enable(status=3).stderr)
        os.mkdir(os.path.join(self.folder, "real"))
        self.disable()
        self.enable()
        self.assertTrue(os.path.islink(self.file))
        self.assertIn(b"pinning_sect", self.bytes(target))
        self.assert_works(enforced=True)
        self.disable()
        self.assertTrue(os.path.islink(self.file))
        self.assertFalse(os.path.exists(target))
        os.symlink("circle", os.path.join(self.folder, "circle"))
        os.unlink(self.file)
        os.symlink("circle", self.file)
        self.assertIn(self.file, self.enable(status=3).stderr)

    def test_owner_and_mode_stay(self):
        self.write("# read-only\n")
        os.chmod(self.file, 0o440)
        if os.geteuid() == 0:
            os.chown(self.file, 12345, 54321)
        before = os.stat(self.file)
        self.enable()
        for _ in range(2):
            after = os.stat(self.file)
            self.assertEqual((after.st_mode, after.st_uid, after.st_gid),
                             (before.st_mode, before.st_uid, before.st_gid))
            self.disable()

    def test_attributes_stay(self):
        """Access lists and labels; one that a new file gets from its folder does not come on top."""
        def acl(*entries):
            return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
        nobody = 0xffffffff
        rest = ((4, 4, nobody), (16, 6, nobody), (32, 0, nobody))
        self.write("# old\n")
        try:
            os.setxattr(self.file, "user.note", b"n" * 2000)
            os.setxattr(self.folder, "system.posix_acl_default", acl((1, 7, nobody), (2, 7, 4711), *rest))
        except OSError as error:
            self.skipTest(f"no extended attributes here: {error}")
        for own in (None, acl((1, 6, nobody), (2, 4, 815), *rest)):
            if own is not None:
                os.setxattr(self.file, "system.posix_acl_access", own)
            before = self.look_of_file()
            for switch in (self.enable, self.disable):
                switch()
                self.assertEqual(self.look_of_file(), before)

    def look_of_file(self):
        return (stat.S_IMODE(os.stat(self.file).st_mode),
                {name: os.getxattr(self.file, name) for name in os.listxattr(self.file)})

    @unittest.skipIf(SANITIZED, "strace is not for programs with sanitizers")
    def test_nobody_else_reads_it_meanwhile(self):
        """The new file is never open to more readers than the old one."""
        self.write("# mine\n")
        os.chmod(self.file, 0o600)
        trace = os.path.join(CERTIFICATES, "trace")
        done = subprocess.run(["strace", "-qq", "-e", "trace=chmod,fchmod,fchmodat", "-o", trace, PINCTL, "enable",
                               "--openssl-conf", self.file, "--policy", self.policy], env=self.environment(),
                              capture_output=True, check=False)
        if done.returncode != 0:
            self.assertIn(b"strace", done.stderr)  # pinctl's own failure is none of strace's
            self.skipTest(f"no strace: {done.stderr}")
        with open(trace, encoding="utf-8") as file:
            self.assertEqual([line for line in file if "chmod" in line and "0600" not in line], [])

    def test_read_only_folder(self):
        if os.geteuid() != 0 or SANITIZED:
            self.skipTest("needs to be somebody else, who may read the suppressions of sanitizers")
        self.write("# theirs\n")
        os.chmod(self.folder, 0o755)
        words = [PINCTL, "enable", "--openssl-conf", self.file, "--policy", self.policy]
        try:
            done = subprocess.run(words, env=self.environment(), capture_output=True, check=False, user=65534,
                                  extra_groups=[], cwd="/")
        except PermissionError:
            self.skipTest("another user cannot run this build")
        self.assertEqual((done.returncode, self.bytes()), (3, b"# theirs\n"), done.stderr)
        self.assertIn(self.file.encode(), done.stderr)
        self.assert_nothing_left()

    def test_settings(self):
        self.write("")
        odd = self.write_policy("version = 1;\n", "a $b #c;'d/policy.cfg")
        self.pinctl("enable", "--openssl-conf", self.file, "--policy", odd, "--on-policy-error", "allow")
        found = self.json("status", status=None, environment={"OPENSSL_CONF": self.file, "PINNING_POLICY": ""})
        self.assertEqual((found["policy"]["path"], found["openssl"]["on_policy_error"]), (odd, "allow"))
        self.assertTrue(found["openssl"]["default_active"])
        both = self.bytes()
        self.assertIn("already", self.enable(policy=False).stderr)
        self.assertEqual(self.bytes(), both)
        self.enable("--on-policy-error", "refuse")
        self.assertNotIn(b"allow", self.bytes())
        self.assertEqual(self.bytes().count(b">>> pinning"), 1)
        self.disable()
        self.assertEqual(self.bytes(), b"")

    def test_diff_is_a_patch(self):
        for text in ("a = 1\n" * 20, "a = 1", ""):
            self.write(text)
            shown = self.enable("--dry-run").stdout
            self.assertEqual(self.bytes(), text.encode())
            self.enable()
            wanted = self.bytes()
            self.write(text)
            subprocess.run(["patch", "--silent", self.file], input=shown.encode(), check=True)
            self.assertEqual(self.bytes(), wanted)
            if os.path.exists(self.file + ".orig"):
                os.unlink(self.file + ".orig")
            self.assert_nothing_left()


class Refusals(SwitchCase):
    """Each leaves the file as it was, and says why."""

    def refused(self, text, words, *options, status=3):
        self.write(text)
        old = self.bytes()
        done = self.enable(*options, status=status)
        self.assertIn(words, done.stderr)
        self.assertEqual((self.bytes(), done.stdout), (old, ""))
        self.assert_nothing_left()

    def test_broken(self):
        self.refused("a = 1\n[broken\n", "line 2 is not understood")
        self.refused("no equals sign\n", "line 1 is not understood")
        self.refused("a = $nowhere\n", "not understood")
        self.refused("a = 1\n\0", "NUL byte")

    def test_empty_names(self):
        self.refused("openssl_conf =\n", "openssl_conf is empty")
        self.refused("openssl_conf = i\n[i]\nproviders =\n", "providers is empty")

    def test_default_not_active(self):
        """TLS does not work under it before either; pinning cannot mend that."""
        if not os.path.exists(LEGACY):
            self.skipTest("no second module")
        self.refused(START + "legacy = l\n[l]\nactivate = 1\n", "SHA2-256 is not available")

    def test_provider_that_fails_openssl(self):
        self.refused("config_diagnostics = 1\n" + START + "x = y\n[y]\nmodule = /nonexistent.so\nactivate = 1\n",
                     "does not work")

    def test_section_that_says_otherwise(self):
        self.refused("openssl_conf = i\n[i]\na = 'b\\", "section [i] would no longer mean")
        self.refused("openssl_conf = i\n[pinning_sect]\npolicy = /other\n", "would no longer mean")
        self.refused("openssl_conf = i\n[i]\nproviders = p\n[p]\n[pinning_sect]\nactivate = 0\nmodule = /other\n",
                     "would no longer mean")

    def test_damaged_block(self):
        self.write("")
        self.enable()
        whole = self.bytes().decode()
        for damaged in (whole.replace("# <<< pinning\n", ""), whole + whole,
                        whole.replace("# >>> pinning", "# pinning")):
            self.refused(damaged, "changed by hand")
            self.assertIn("changed by hand", self.disable(status=3).stderr)
            self.assertEqual(self.bytes(), damaged.encode())

    def test_by_hand(self):
        by_hand = self.by_hand(f"module = {MODULE}\n", f"policy = {self.policy}\n")
        self.refused(by_hand, "activated by hand; change its settings there")
        self.assertIn("activated by hand; it stays", self.enable(policy=False).stderr)
        self.assertRegex(self.disable().stderr, rf"{self.file}:\d+: pinning is still active by lines that were written by hand")
        self.assertEqual(self.bytes(), by_hand.encode())

    def test_place_of_lines_by_hand(self):
        inner = self.write_policy("# theirs\n[ p ]\nactivate = 1\n", "inner.cnf")
        for include in (f".include {inner}", f".include = {inner}", f".include {self.folder}/inner.d"):
            self.write_policy("[p]\nactivate = 1\n", "inner.d/a.cnf")
            self.write(START + f"default = d\npinning = p\n[d]\nactivate = 1\n{include}\n")
            place = f"{self.folder}/inner.d/a.cnf:1" if include.endswith(".d") else f"{inner}:2"
            self.assertIn(f"warning: {place}: pinning is still active", self.disable().stderr)
        self.write(START + "default = d\npinning = p\n[d]\nactivate = 1\n[p]\nactivate = 0\n")
        self.assertNotIn("still active", self.disable().stderr)
        self.write("")
        self.enable()
        self.assertNotIn("still active", self.disable().stderr)

    def by_hand(self, module, rest=""):
        return START + f"default = d\npinning = p\n[d]\nactivate = 1\n[p]\n{module}activate = 1\n{rest}"

    def test_by_hand_without_effect(self):
        """Lines that somebody else wrote are tried too: the file stays, but what does not work is not called enabled."""
        for module, words in (("module = /nonexistent/pinning.so\n", "names the module /nonexistent/pinning.so: No such"),
                              (f"module = {self.write_policy('no library', 'pinning.so')}\n", "has no effect"),
                              (f"module = {LEGACY}\n", "has no effect")):
            text = self.by_hand(module, f"policy = {self.policy}\n")
            self.write(text)
            self.assertIn(words, self.enable(policy=False, status=3).stderr)
            self.assertIn(words, self.enable("--dry-run", policy=False, status=3).stderr)
            self.assertEqual(self.bytes(), text.encode())

    def test_broken_policy_where_nothing_has_to_be_changed(self):
        self.write("")
        self.enable()
        enabled = self.bytes().decode()
        by_hand = self.by_hand(f"module = {MODULE}\n", f"policy = {self.policy}\n")
        self.write_policy("version = 1;\nmode = 7;\n")
        for text in (enabled, by_hand):
            self.write(text)
            done = self.enable(policy=False, status=1)
            self.assertIn("policy.cfg:2:", done.stderr)
            self.assertIn("every host", done.stderr)
            self.assertEqual(self.bytes(), text.encode())
        self.write(by_hand + "on_policy_error = allow\n")
        self.assertIn("nothing is enforced until", self.enable(policy=False).stderr)

    def test_policy(self):
        self.write("")
        for text, place in (("version = 1;\nmode = 7;\n", ":2:"), ("", "version")):
            self.write_policy(text)
            done = self.enable(status=1)
            self.assertIn(place, done.stderr)
            self.assertIn("every host would be refused", done.stderr)
            self.assertEqual(self.bytes(), b"")
        self.pinctl("enable", "--openssl-conf", self.file, "--policy", "/nonexistent", status=3)

    def test_environment(self):
        """OPENSSL_CONF leads to a file that other programs may not read, or to none."""
        for verb in (("enable", "--policy", self.policy), ("disable",)):
            self.assertIn("OPENSSL_CONF is empty", self.pinctl(*verb, status=3, environment={"OPENSSL_CONF": ""}).stderr)
        self.write("# old\n")
        done = self.pinctl("enable", "--policy", self.policy, environment={"OPENSSL_CONF": self.file})
        self.assertIn(f"OPENSSL_CONF names {self.file}", done.stderr)
        self.assert_works(enforced=True)

    def test_openssl_says_why(self):
        self.refused("openssl_conf = i\n[i]\nhome = /x\nproviders = p\n[p]\n", "OpenSSL stops with: ")

    def test_no_file(self):
        self.pinctl("enable", "--openssl-conf", self.folder, "--policy", self.policy, status=3)
        self.pinctl("enable", "--openssl-conf", "/dev/null", "--policy", self.policy, status=3)
        self.pinctl("enable", "--openssl-conf", f"{self.folder}/no/openssl.cnf", "--policy", self.policy, status=3)

    def test_usage(self):
        for words in (("--on-policy-error", "maybe"), ("--confirm", "0"), ("--confirm", "soon"), ("--confirm", "9x"),
                      ("--systemd", "../x"), ("--systemd", "a b"), ("--preload",),
                      ("--systemd", "x", "--confirm", "5"), ("--root", "/", "--confirm", "5")):
            with self.subTest(words):
                self.write("")
                self.enable(*words, status=2)
                self.assertEqual(self.bytes(), b"")


if __name__ == "__main__":
    main()
