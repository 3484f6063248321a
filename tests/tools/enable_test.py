# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
pinctl enable and disable: on every kind of openssl.cnf either right or refused, and never a machine without TLS.
What a file means is asked of real programs (openssl, curl) that run under it.
"""

import fcntl
import os
import random
import shutil
import signal
import stat
import struct
import subprocess
import time
import unittest

from pinctl_case import CERTIFICATES, PINCTL, main
from switch_case import LEGACY, MODULE, MODULES, SANITIZED, START, ImageCase, SwitchCase

KILLS = int(os.environ.get("PINNING_KILLS", "50"))
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
        self.refused("openssl_conf =\n", "openssl_conf is set to nothing")
        self.refused("openssl_conf = i\n[i]\nproviders =\n", "providers is set to nothing")

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
        self.assertRegex(self.disable().stderr, rf"{self.file}:\d+: pinning is still active, by lines that were written by hand")
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
        """What somebody else has written is tried as well: nothing is changed, but nobody believes to be safe."""
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
            self.assertIn("set to nothing", self.pinctl(*verb, status=3, environment={"OPENSSL_CONF": ""}).stderr)
        self.write("# old\n")
        done = self.pinctl("enable", "--policy", self.policy, environment={"OPENSSL_CONF": self.file})
        self.assertIn(f"OPENSSL_CONF has led to {self.file}", done.stderr)
        self.assert_works(enforced=True)

    def test_openssl_says_why(self):
        self.refused("openssl_conf = i\n[i]\nhome = /x\nproviders = p\n[p]\n", "OpenSSL stops at: ")

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


class Killed(SwitchCase):
    def test_whole_at_any_moment(self):
        """kill -9 at random moments: the old text or the new one, and the next run goes on from there."""
        with open(SYSTEM, "rb") as file:
            old = file.read()
        self.write(old.decode())
        temporary = os.path.join(CERTIFICATES, "temporary")
        os.mkdir(temporary)
        started = time.monotonic()
        self.enable()
        span = 1.2 * (time.monotonic() - started)
        new = self.bytes()
        seen = set()
        dice = random.Random(KILLS)
        for turn in range(KILLS):
            verb = ["disable"] if turn % 2 == 0 else ["enable", "--policy", self.policy]
            child = subprocess.Popen([PINCTL, *verb, "--openssl-conf", self.file], env=self.environment(TMPDIR=temporary),
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(dice.random() * (span if turn % 2 else span / 8))
            child.send_signal(signal.SIGKILL)
            child.wait()
            found = self.bytes()
            self.assertIn(found, (old, new))
            seen.add(found)
            if dice.random() < 0.5:
                (self.enable if turn % 2 else self.disable)()
        self.disable()
        self.enable()
        self.assertEqual((self.bytes(), len(seen)), (new, 2))
        self.disable()
        self.assertEqual(self.bytes(), old)
        self.assert_nothing_left()
        self.assertEqual(os.listdir(temporary), [])

    def test_leftovers(self):
        """What a killed one left goes with the next, even where that has nothing to do; others' files do not."""
        others = (".pinctl-put-", ".pinctl-put-1234567", ".pinctl-new-123456")
        for switch in (self.disable, self.enable, self.enable, self.disable):
            self.write("# old\n" if not os.path.exists(self.file) else self.bytes().decode())
            for name in (*others, ".pinctl-put-123456"):
                with open(os.path.join(self.folder, name), "wb"):
                    pass
            switch()
            self.assert_nothing_left(*others)

    def killed_at(self, call, count, *words):
        """Kills pinctl as it enters a system call for the count-th time; False: it does not come to that."""
        done = subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                               f"inject={call}:signal=SIGKILL:when={count}", PINCTL, *words, "--openssl-conf",
                               self.file], env=self.environment(), capture_output=True, check=False, timeout=60)
        if done.returncode not in (0, -signal.SIGKILL):
            self.skipTest(f"no strace: {done.stderr}")
        return done.returncode != 0

    @unittest.skipIf(SANITIZED, "strace is not for programs with sanitizers")
    def test_whole_at_every_step(self):
        self.write("# old\n")
        self.enable("--on-policy-error", "allow")
        old = self.bytes()
        self.enable("--on-policy-error", "refuse")
        new = self.bytes()
        kills = 0
        for call in ("write", "fsync", "rename", "chmod", "fchmod", "chown", "unlink"):
            for count in range(1, 40):
                self.enable("--on-policy-error", "allow")
                if not self.killed_at(call, count, "enable", "--policy", self.policy, "--on-policy-error", "refuse"):
                    break
                kills += 1
                self.assertIn(self.bytes(), (old, new), (call, count))
                self.assertEqual(self.under("openssl", "dgst", "-sha256", data=b"x").returncode, 0)
            self.assertEqual(self.bytes(), new)
        self.assertGreater(kills, 8)
        self.disable()
        self.assertEqual(self.bytes(), b"# old\n")
        self.assert_nothing_left()


class Confirmation(SwitchCase):
    def is_waiting(self):
        return os.path.lexists(os.path.join(self.folder, ".pinctl-unconfirmed-openssl.cnf~"))

    def is_locked(self):
        return os.path.exists(os.path.join(self.folder, ".pinctl-switch.lock"))

    def wait_for(self, text, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            now = self.bytes() if os.path.exists(self.file) else None
            if now == text and not self.is_waiting() and not self.is_locked():
                return
            time.sleep(0.05)
        self.assertEqual((now, self.is_waiting(), self.is_locked()), (text, False, False))

    def setUp(self):
        super().setUp()
        if os.path.exists("/run/systemd/system") and os.geteuid() == 0:
            self.skipTest("would start timers of the real systemd")

    def test_put_back(self):
        for old in (b"# old\n", b"# no end", None):
            with self.subTest(old):
                if old is None:
                    os.unlink(self.file)
                else:
                    self.write(old.decode())
                done = self.enable("--confirm", "1")
                self.assertIn("undone in 1 seconds", done.stderr)
                self.wait_for(old)
        self.write("")
        self.assert_nothing_left()

    def test_put_back_to_the_settings_before(self):
        self.write("# old\n")
        self.enable()
        before = self.bytes()
        self.enable("--on-policy-error", "allow", "--confirm", "1")
        self.wait_for(before)

    def test_confirmed(self):
        self.write("# old\n")
        self.enable("--confirm", "4")
        new = self.bytes()
        self.enable("--confirmed", policy=False)
        time.sleep(4.5)
        self.assertEqual(self.bytes(), new)
        self.assertIn("undone already", self.enable("--confirmed", policy=False, status=1).stderr)
        self.assert_nothing_left()

    def test_edited_meanwhile(self):
        self.write("# old\n")
        self.enable("--confirm", "4")
        with open(self.file, "a", encoding="utf-8") as file:
            file.write("[mine]\na = b\n")
        self.wait_for(b"# old\n[mine]\na = b\n")
        self.assert_nothing_left()

    def test_put_back_at_once(self):
        self.write("# old\n")
        self.enable("--confirm", "60")
        self.assertIn("waits to be confirmed", self.enable(status=3).stderr)
        self.disable("--unconfirmed")
        self.assertEqual(self.bytes(), b"# old\n")
        self.assertIn("no change waits to be confirmed", self.disable("--unconfirmed").stderr)
        self.enable()
        self.assertIn('--confirm "foo"', self.enable("--confirm", "foo", status=2).stderr)
        new = self.bytes()
        self.disable("--unconfirmed")
        self.assertEqual(self.bytes(), new)

    def test_terminal_dies(self):
        """Nobody is logged in any more: the very case that it is for."""
        self.write("# old\n")
        status, said = self.on_terminal(PINCTL, "enable", "--openssl-conf", self.file, "--policy", self.policy,
                                        "--confirm", "2")
        self.assertEqual(status, 0, said)
        self.assertTrue(self.is_waiting())
        self.wait_for(b"# old\n")
        self.assert_nothing_left()

    def test_killed_before_the_change(self):
        """Only the old text was put aside: that is no change that could wait, and hinders nobody."""
        waiting = os.path.join(self.folder, ".pinctl-unconfirmed-openssl.cnf~")
        for switch, wanted in ((self.enable, b"pinning_sect"), (self.disable, b"# old")):
            self.write("# old\n")
            shutil.copy(self.file, waiting)
            switch()
            self.assertIn(wanted, self.bytes())
            self.assert_nothing_left()
        os.unlink(self.file)
        os.symlink("no-file", waiting)
        self.enable()
        self.assertFalse(self.is_waiting())
        self.write("# old\n")
        shutil.copy(self.file, waiting)
        self.assertIn("undone already", self.enable("--confirmed", policy=False, status=1).stderr)
        self.assert_nothing_left()

    def test_disabled_before_the_end(self):
        self.write("# old\n")
        self.enable("--confirm", "4")
        self.disable()
        self.write("# newer\n")
        time.sleep(4.5)
        self.assertEqual(self.bytes(), b"# newer\n")
        self.assert_nothing_left()


class Locks(SwitchCase):
    """Who can only read the folder can hinder nobody."""

    LOCK = ".pinctl-switch.lock"

    def hold(self, name, mode=0o600):
        """Locks the folder (no name), or a file in it."""
        place = os.path.join(self.folder, name)
        held = os.open(place, os.O_RDONLY if not name else os.O_RDWR | os.O_CREAT, mode)
        fcntl.flock(held, fcntl.LOCK_EX)
        self.addCleanup(os.close, held)
        return held

    def wait_for(self, text, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.bytes() != text:
            time.sleep(0.05)
        self.assertEqual(self.bytes(), text)

    def test_folder_is_locked(self):
        self.write("# old\n")
        self.hold("")
        self.enable()
        self.assertEqual(self.disable().stderr.count("waiting"), 0)
        self.assertEqual(self.bytes(), b"# old\n")
        self.assert_nothing_left()

    def test_folder_is_locked_when_the_time_is_up(self):
        if os.path.exists("/run/systemd/system") and os.geteuid() == 0:
            self.skipTest("would start timers of the real systemd")
        self.write("# old\n")
        self.enable("--confirm", "1")
        self.hold("")
        self.wait_for(b"# old\n", 20)

    def test_another_pinctl(self):
        """It is waited for, with a word; and the lock is closed to others even where somebody had opened it."""
        self.write("# old\n")
        self.enable()
        held = self.hold(self.LOCK, 0o644)
        os.fchmod(held, 0o644)
        child = subprocess.Popen([PINCTL, "disable", "--openssl-conf", self.file], env=self.environment(),
                                 stderr=subprocess.PIPE, text=True)
        self.assertIn("waiting for another pinctl", child.stderr.readline())
        self.assertEqual(stat.S_IMODE(os.fstat(held).st_mode), 0o600)
        fcntl.flock(held, fcntl.LOCK_UN)
        self.assertEqual(child.wait(timeout=30), 0)
        child.stderr.close()
        self.assertEqual(self.bytes(), b"# old\n")
        self.assert_nothing_left()

    def test_lock_that_is_not_ours(self):
        self.write("# old\n")
        lock = os.path.join(self.folder, self.LOCK)
        os.symlink(self.write_policy("", "elsewhere"), lock)
        self.assertIn("cannot be locked", self.enable(status=3).stderr)
        os.unlink(lock)
        os.mkfifo(lock)
        self.assertIn("cannot be locked", self.enable(status=3).stderr)
        os.unlink(lock)
        if os.geteuid() != 0:
            self.skipTest("only root can give a file away")
        held = self.hold(self.LOCK)
        os.fchown(held, 65534, 65534)
        self.assertIn("cannot be locked", self.enable(status=3).stderr)
        self.assertEqual(self.bytes(), b"# old\n")

    def test_undo_does_not_give_up(self):
        """The lines were damaged when the time was up, and mended later."""
        if os.path.exists("/run/systemd/system") and os.geteuid() == 0:
            self.skipTest("would start timers of the real systemd")
        self.write("# old\n")
        self.enable("--confirm", "1")
        enabled = self.bytes().decode()
        self.write(enabled.replace("# <<< pinning", "# pinning"))
        time.sleep(3)
        self.assertNotEqual(self.bytes(), b"# old\n")
        self.write(enabled)
        self.wait_for(b"# old\n", 20)

    def test_old_text_of_somebody_else(self):
        """In a folder where others may write, what they put there is not put in place."""
        if os.geteuid() != 0:
            self.skipTest("only root can give a file away")
        self.write("# mine\n")
        waiting = self.write_policy("# theirs\n", ".pinctl-unconfirmed-openssl.cnf~")
        os.chown(waiting, 65534, 65534)
        self.disable("--unconfirmed", status=3)
        self.assertEqual(self.bytes(), b"# mine\n")


class Images(ImageCase):
    def test_openssl(self):
        after = self.there_and_back(changed=["/etc/ssl/openssl.cnf"])
        text = after[f"{self.root}/etc/ssl/openssl.cnf"]
        self.assertIn("[theirs]\ndefault = pinning_default\npinning = pinning_sect\n", text)
        self.assertIn(f"[pinning_sect]\nmodule = {MODULES}/pinning.so\nactivate = 1\n", text)

    def test_denied(self):
        """Nobody can look which release it is: default must be active with each."""
        self.put("etc/ssl/part.cnf", "[init]\nproviders = theirs\n[theirs]\nlegacy = l\n[l]\nactivate = no\n")
        after = self.there_and_back(changed=["/etc/ssl/openssl.cnf"])
        self.assertIn("[theirs]\ndefault = pinning_default\npinning = pinning_sect\n",
                      after[f"{self.root}/etc/ssl/openssl.cnf"])

    def test_preload(self):
        self.there_and_back("--preload", changed=["/etc/ld.so.preload"])
        for old in ("/lib/other.so\n", "/lib/other.so", "# a comment\n/lib/a.so:/lib/b.so\n"):
            self.put("etc/ld.so.preload", old)
            after = self.there_and_back("--preload", changed=["/etc/ld.so.preload"])
            lines = after[f"{self.root}/etc/ld.so.preload"].splitlines()
            self.assertEqual(lines, [self.shim(), *old.splitlines()])

    def shim(self):
        return os.path.dirname(MODULES) + "/libpinning-preload.so"

    def test_preload_writes_no_comment(self):
        """glibc skips only one comment in that file, and would take ours for names of libraries."""
        text = self.there_and_back("--preload", changed=["/etc/ld.so.preload"])[f"{self.root}/etc/ld.so.preload"]
        self.assertEqual(text, self.shim() + "\n")
        self.assertNotIn("#", text)

    def test_preload_twice(self):
        self.put("etc/ld.so.preload", "/lib/other.so")
        words = ("--root", self.root, "--preload")
        self.pinctl("enable", *words)
        self.assertIn("already enabled", self.pinctl("enable", *words).stderr)
        self.assertEqual(self.get("etc/ld.so.preload"), self.shim() + "\n/lib/other.so")
        self.pinctl("disable", *words)
        self.assertIn("pinning is not enabled", self.pinctl("disable", *words).stderr)
        self.assertEqual(self.get("etc/ld.so.preload"), "/lib/other.so")

    def test_preload_by_hand(self):
        """Only a first line that is the shim alone is pinctl's."""
        self.put("opt/libpinning-preload.so", "")
        for text in ("/x/a.so /opt/libpinning-preload.so\n", f"/x/a.so\n{self.shim()}\n", self.shim(),
                     f"{self.shim()}:/x/a.so\n", f"{self.shim()} # mine\n", "libpinning-preload.so\n",
                     "x/libpinning-preload.so\n"):
            with self.subTest(text):
                self.put("etc/ld.so.preload", text)
                self.assertIn("by hand", self.pinctl("enable", "--root", self.root, "--preload").stderr)
                done = self.pinctl("disable", "--root", self.root, "--preload")
                line = 1 + text[:text.index("libpinning")].count("\n")
                self.assertIn(f"/etc/ld.so.preload:{line}: pinning is still active", done.stderr)
                self.assertEqual(self.get("etc/ld.so.preload"), text)

    def test_preload_by_hand_that_is_missing(self):
        self.put("etc/ld.so.preload", "/x/a.so /opt/libpinning-preload.so\n")
        done = self.pinctl("enable", "--root", self.root, "--preload", status=3)
        self.assertIn("/opt/libpinning-preload.so: No such file", done.stderr)

    def test_by_hand(self):
        """Nothing can be tried in an image, but what is missing there can be told."""
        text = START + "pinning = p\n[p]\nactivate = 1\n"
        self.put("etc/ssl/openssl.cnf", text)
        done = self.pinctl("enable", "--root", self.root)
        self.assertIn(f"write there: module = {MODULES}/pinning.so\n", done.stderr.replace("\n  ", " "))
        self.put("etc/ssl/openssl.cnf", text + "module = /opt/pinning.so\n")
        self.assertIn("names the module /opt/pinning.so: No such file",
                      self.pinctl("enable", "--root", self.root, status=3).stderr)

    def test_preload_with_comments_that_would_be_read(self):
        """The second comment is one that glibc finds now, and would miss behind another line."""
        for text in ("# one\n# two\n/lib/a.so\n", "/lib/a.so\n# one\n# libpinning-preload.so\n"):
            with self.subTest(text):
                self.put("etc/ld.so.preload", text)
                done = self.pinctl("enable", "--root", self.root, "--preload", status=3)
                self.assertIn("words of a comment", done.stderr)
                self.assertEqual(self.get("etc/ld.so.preload"), text)

    def test_unit(self):
        after = self.there_and_back("--systemd", "web", changed=[
            "/etc/systemd/system/web.service.d/pinning.conf", "/etc/pinning/openssl-web.service.cnf"])
        self.assertIn("[Service]\nEnvironment=OPENSSL_CONF=/etc/pinning/openssl-web.service.cnf\n",
                      after[f"{self.root}/etc/systemd/system/web.service.d/pinning.conf"])
        self.assertIn(".include = /etc/ssl/openssl.cnf\n",
                      after[f"{self.root}/etc/pinning/openssl-web.service.cnf"])

    def test_unit_in_a_small_image(self):
        """One without systemd's folders, or without /etc/pinning."""
        shutil.rmtree(f"{self.root}/etc/systemd")
        self.pinctl("enable", "--root", self.root, "--systemd", "web", "--preload")
        self.assertTrue(os.path.exists(f"{self.root}/etc/systemd/system/web.service.d/pinning.conf"))
        self.pinctl("disable", "--root", self.root, "--systemd", "web")
        self.assertEqual(os.listdir(f"{self.root}/etc/systemd/system"), [])

    def test_unit_with_the_shim(self):
        after = self.there_and_back("--systemd", "web.service", "--preload", changed=[
            "/etc/systemd/system/web.service.d/pinning.conf"])
        self.assertIn(f"Environment=LD_PRELOAD={os.path.dirname(MODULES)}/libpinning-preload.so\n",
                      after[f"{self.root}/etc/systemd/system/web.service.d/pinning.conf"])

    def test_units_of_mail_servers(self):
        """They pass on only what a setting of theirs lists: said with the setting, until it is there."""
        shim = f"LD_PRELOAD={self.shim()}"
        cases = (("postfix@-", ("--preload",), "postfix/main.cf", shim, "import_environment =\n  LANG=C\n  LD_PRELOAD=x\n"),
                 ("dovecot", (), "dovecot/conf.d/20-x.conf", "OPENSSL_CONF=/etc/pinning/openssl-dovecot.service.cnf",
                  "  import_environment = $import_environment OPENSSL_CONF=x\n"))
        for unit, words, file, variable, setting in cases:
            for text, warned in (("a = b\n", True), (setting, False), (f"#{setting}\n  OPENSSL_CONF\n", True)):
                self.put(f"etc/{file}", text)
                done = self.pinctl("enable", "--root", self.root, "--systemd", unit, *words)
                self.assertEqual("NOT enforced" in done.stderr, warned, (text, done.stderr))
                self.assertEqual(variable in done.stderr, warned)
                self.pinctl("disable", "--root", self.root, "--systemd", unit)

    def test_refusals(self):
        self.put("etc/systemd/system/web.service.d/pinning.conf", "# mine\n")
        before = self.tree()
        self.assertIn("by hand", self.pinctl("enable", "--root", self.root, "--systemd", "web", "--preload",
                                             status=3).stderr)
        self.assertIn("by hand", self.pinctl("disable", "--root", self.root, "--systemd", "web", status=3).stderr)
        self.pinctl("enable", "--root", f"{self.root}/nowhere", status=3)
        self.assertEqual(self.tree(), before)
        os.unlink(f"{self.root}{MODULES}/pinning.so")
        self.assertIn("pinning.so", self.pinctl("enable", "--root", self.root, status=3).stderr)
        os.unlink(f"{self.root}/etc/pinning/policy.cfg")
        self.assertIn("cannot be read", self.pinctl("enable", "--root", self.root, "--preload", status=1).stderr)


@unittest.skipIf(SANITIZED, "a program built with sanitizers cannot be preloaded by halves")
class Trials(SwitchCase):
    def test_shim_is_tried(self):
        shown = self.pinctl("enable", "--systemd", "no-such-unit", "--preload", "--policy", self.policy,
                            "--dry-run").stdout
        self.assertIn("+Environment=LD_PRELOAD=", shown)
        self.assertIn(f"+Environment=PINNING_POLICY={self.policy}", shown)
        self.assertFalse(os.path.exists("/etc/systemd/system/no-such-unit.service.d"))

    def test_shim_that_cannot_be_preloaded(self):
        """The dynamic linker only prints that, in every program."""
        copy, libraries, place = self.copy_of_pinctl()
        shutil.copy(MODULE, os.path.join(place, "pinning.so"))
        shutil.copy(self.policy, os.path.join(os.path.dirname(place), "libpinning-preload.so"))
        done = subprocess.run([copy, "enable", "--systemd", "no-such-unit", "--preload", "--policy", self.policy,
                               "--dry-run"], capture_output=True, check=False, text=True,
                              env=self.environment(LD_LIBRARY_PATH=libraries))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("cannot be preloaded", done.stderr)

    @unittest.skipIf(SANITIZED, "a library with a sanitizer cannot be copied away from its run time")
    def test_shim_without_its_module_for_gnutls(self):
        """A client of GnuTLS of pinctl's own is tried too."""
        copy, libraries, place = self.copy_of_pinctl()
        built = os.path.dirname(os.path.dirname(MODULE))
        shutil.copy(MODULE, os.path.join(place, "pinning.so"))
        shutil.copy(f"{built}/libpinning-preload.so", os.path.dirname(place))
        words = [copy, "enable", "--systemd", "no-such-unit", "--preload", "--policy", self.policy, "--dry-run"]
        environment = self.environment(LD_LIBRARY_PATH=libraries)
        done = subprocess.run(words, capture_output=True, check=False, text=True, env=environment)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("pinning-gnutls.so", " ".join(done.stderr.split()))
        shutil.copytree(f"{built}/pinning", os.path.join(os.path.dirname(place), "pinning"))
        done = subprocess.run(words, capture_output=True, check=False, text=True, env=environment)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_module_of_every_architecture(self):
        """In a folder of one architecture it is named so that programs of others look in theirs."""
        program, libraries, place = self.copy_of_pinctl()
        own = os.path.join(self.folder, os.path.dirname(MODULES).lstrip("/"))
        os.makedirs(own)
        os.rename(place, os.path.join(own, "ossl-modules"))
        os.rmdir(os.path.dirname(place))
        os.symlink(own, os.path.dirname(place))
        shutil.copy(MODULE, os.path.join(own, "ossl-modules", "pinning.so"))
        os.symlink(f"{libraries}/libpinpolicy.so.0", f"{own}/libpinpolicy.so.0")
        self.write("")
        environment = self.environment(LD_LIBRARY_PATH=libraries)
        words = [program, "enable", "--openssl-conf", self.file, "--policy", self.policy]
        subprocess.run(words, capture_output=True, check=True, env=environment)
        self.assertIn(f"\nmodule = {self.folder}/usr/\\$LIB/ossl-modules/pinning.so\n", self.bytes().decode())
        self.assert_works(enforced=True)
        report = self.json("status", status=None, environment={"OPENSSL_CONF": self.file})
        self.assertEqual((report["openssl"]["module"], report["openssl"]["module_present"]),
                         (f"{own}/ossl-modules/pinning.so", True))
        self.assertTrue(report["openssl"]["nodejs_reached"])

    def test_module_that_no_longer_works(self):
        """Already enabled, so that there is nothing to change, and without effect."""
        program, libraries, place = self.copy_of_pinctl()
        shutil.copy(MODULE, os.path.join(place, "pinning.so"))
        self.write("")
        for status, words in ((0, "restart"), (0, "already enabled"), (3, "has no effect")):
            if status:
                shutil.copy(self.policy, os.path.join(place, "pinning.so"))
            done = subprocess.run([program, "enable", "--openssl-conf", self.file, "--policy", self.policy],
                                  capture_output=True, check=False, text=True,
                                  env=self.environment(LD_LIBRARY_PATH=libraries))
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(words, done.stderr)

    def test_modules_elsewhere(self):
        """OPENSSL_MODULES, set for another provider, does not lead away from the module."""
        self.write("")
        self.enable()
        environment = self.environment(OPENSSL_CONF=self.file, OPENSSL_MODULES="/nonexistent")
        port = self.server.port
        done = subprocess.run(["curl", "-sS", "--cacert", f"{CERTIFICATES}/root.pem", "--resolve",
                               f"api.example.com:{port}:127.0.0.1", f"https://api.example.com:{port}/"],
                              env=environment, capture_output=True, check=False, timeout=30)
        self.assertEqual(done.returncode, 60)

    def copy_of_pinctl(self):
        """An installation of its own: pinctl, the folder of the real libraries, the folder for modules."""
        copy = os.path.join(self.folder, "copy")
        os.makedirs(os.path.join(copy, "bin"))
        libraries = os.path.dirname(os.path.dirname(MODULE))
        built = os.path.dirname(os.path.dirname(PINCTL))
        place = os.path.join(copy, os.path.relpath(libraries, built), "ossl-modules")
        os.makedirs(place)
        program = os.path.join(copy, "bin", "pinctl")
        shutil.copy(PINCTL, program)
        return program, libraries, place

    def test_module_without_effect(self):
        """A module that loads and enforces nothing is no module."""
        program, libraries, place = self.copy_of_pinctl()
        for module, words in ((LEGACY, "pinning has no effect"), (self.policy, "has no effect")):
            shutil.copy(module, os.path.join(place, "pinning.so"))
            self.write("# old\n")
            done = subprocess.run([program, "enable", "--openssl-conf", self.file, "--policy", self.policy], capture_output=True, check=False, text=True,
                                  env=self.environment(LD_LIBRARY_PATH=libraries))
            self.assertEqual((done.returncode, self.bytes()), (3, b"# old\n"), done.stderr)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    main()
