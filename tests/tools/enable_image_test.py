# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl enable in the folder of an image, with the shim and the unit; and what is tried before anything is changed."""

import os
import shutil
import subprocess
import unittest

from pinctl_case import CERTIFICATES, PINCTL, main
from switch_case import LEGACY, MODULE, MODULES, SANITIZED, START, ImageCase, SwitchCase


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
