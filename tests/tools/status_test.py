# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl status: what OpenSSL really makes of a configuration, and a remedy for whatever is wrong."""

import json
import os
import subprocess
import sys

from pinctl_case import PINCTL, PinctlCase, main

MODULE = os.environ["PINNING_MODULE"]
DIGEST_PROVIDER = os.environ["PINNING_DIGEST_PROVIDER"]
BOTH = "default = default_sect\npinning = pinning_sect\n"
DEFAULT = "[default_sect]\nactivate = 1\n"


class Status(PinctlCase):
    def setUp(self):
        super().setUp()
        self.pinctl("add", "x.org", "server.pem", "--backup", "spare.pub")

    def configuration(self, providers=BOTH, pinning="activate = 1\n", module=MODULE, rest=DEFAULT):
        named = f"module = {module}\n" if module else ""
        return self.write_policy("openssl_conf = init\n[init]\nproviders = providers_sect\n[providers_sect]\n"
                                 f"{providers}[pinning_sect]\n{named}{pinning}{rest}", "openssl.cnf")

    def status(self, expected, *words, **environment):
        found = self.json("status", *words, status=expected,
                          environment={"OPENSSL_CONF": os.path.join(self.folder, "openssl.cnf"), **environment})
        self.assertEqual(found["enforced"], expected == 0)
        self.assertEqual([problem for problem in found["problems"] if not problem["remedy"]], [])
        return found

    def problem(self, words, *options, **environment):
        """Exactly one thing is wrong, and it is this."""
        found = self.status(1, *options, **environment)
        self.assertEqual(len(found["problems"]), 1, found["problems"])
        self.assertIn(words, found["problems"][0]["problem"])
        return found

    def test_log_daemon(self):
        """Whether anybody listens at /dev/log: nobody, and then somebody."""
        script = ("import os, socket, subprocess, sys\n"
                  "for listening in (False, True):\n"
                  "    if os.path.lexists('/dev/log'):\n"
                  "        os.remove('/dev/log')\n"
                  "    if listening:\n"
                  "        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
                  "        log.bind('/dev/log')\n"
                  "    for more in ([], ['--json']):\n"
                  "        print(subprocess.run([sys.argv[1], 'status', *more], capture_output=True, text=True).stdout, '\\f')\n")
        scene = ("mount -t tmpfs tmpfs /mnt && mkdir /mnt/dev && for device in null zero urandom; do\n"
                 "touch /mnt/dev/$device; mount --bind /dev/$device /mnt/dev/$device; done\n"
                 "mount --rbind /mnt/dev /dev\nexec \"$@\"")
        if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
            self.skipTest("needs a mount namespace")
        self.configuration()
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", scene, "scene", sys.executable,
                               "-c", script, PINCTL], capture_output=True, text=True, check=True, timeout=60,
                              env=self.environment(OPENSSL_CONF=os.path.join(self.folder, "openssl.cnf")))
        lost, lost_json, kept, kept_json = done.stdout.split("\f")[:4]
        self.assertIn("log            /dev/log: No such file or directory: no log daemon, refusals are lost", lost)
        self.assertIn("PINNING_DEBUG=1", lost)
        self.assertIn("log            the system log\n", kept)
        self.assertNotIn("refusals are lost", kept)
        self.assertEqual(json.loads(lost_json)["log_trouble"], "/dev/log: No such file or directory")
        self.assertIsNone(json.loads(kept_json)["log_trouble"])

    def test_broken_policy(self):
        self.configuration()
        environment = {"OPENSSL_CONF": os.path.join(self.folder, "openssl.cnf")}
        self.write_policy("oops", "policy.d/mine.cfg")
        done = self.pinctl("status", status=1, environment=environment)
        self.assertIn("the policy has errors; the last good one is enforced, 1 host (", done.stderr)
        self.assertIn("the last good policy: processes go by this one", done.stdout)
        self.assertNotIn("processes read the text", done.stdout)
        os.remove(os.path.join(self.folder, "policy.db"))
        done = self.pinctl("status", status=1, environment=environment)
        self.assertIn("there is no last good one", done.stderr)
        self.assertNotIn("processes go by this one", done.stdout)

    def test_enforced(self):
        self.configuration()
        found = self.status(0)
        self.assertEqual(found["problems"], [])
        for name in ("pinning_configured", "pinning_active", "pinning_hooked", "default_active", "module_present"):
            self.assertTrue(found["openssl"][name], name)
        self.assertEqual(found["policy"]["hosts"], {"enforce": 1, "audit": 0, "off": 0})
        self.assertEqual(found["openssl"]["pinning_generation"], found["policy"]["generation"])

    def test_text(self):
        self.configuration()
        text = self.pinctl("status", environment={"OPENSSL_CONF": f"{self.folder}/openssl.cnf"}).stdout
        for part in ("pinning        active\n", "default        active\n", f"policy         {self.policy}\n",
                     "hosts: 1 enforce, 0 audit, 0 off; by default enforce\n", "\nEnforced.\n"):
            self.assertIn(part, text)
        text = self.pinctl("status", "--policy", "/nonexistent", status=1,
                           environment={"OPENSSL_CONF": "/nonexistent"}).stdout
        self.assertIn("What is wrong:\n 1. ", text)
        self.assertEqual(text.count("Remedy: "), text.count(". /nonexistent") + text.count(". the provider"))

    def test_policy_of_the_configuration(self):
        self.configuration(pinning=f"activate = 1\npolicy = {self.policy}\non_policy_error = allow\n")
        found = self.status(0, PINNING_POLICY="")
        self.assertEqual((found["policy"]["path"], found["openssl"]["on_policy_error"]), (self.policy, "allow"))

    def test_default_forgotten(self):
        self.configuration(providers="pinning = pinning_sect\n")
        self.problem('"default" is not active')

    def test_another_provider_in_its_place(self):
        self.configuration(providers="fips = fips_sect\npinning = pinning_sect\n",
                           rest=f"[fips_sect]\nmodule = {DIGEST_PROVIDER}\nactivate = 1\n")
        self.assertFalse(self.status(0)["openssl"]["default_active"])

    def test_not_named(self):
        self.configuration(providers="default = default_sect\n")
        self.problem("nothing loads pinning.so")
        self.write_policy("# empty\n", "openssl.cnf")
        self.problem("nothing loads pinning.so")

    def test_not_activated(self):
        self.configuration(pinning="")
        self.problem("does not activate it")

    def test_module_missing(self):
        self.configuration(module="/nonexistent/pinning.so")
        self.problem("/nonexistent/pinning.so is missing")

    def test_module_that_is_none(self):
        self.configuration(module=self.write_policy("not a library", "pinning.so"))
        self.assertIsNotNone(self.problem("OpenSSL does not load")["openssl"]["load_error"])

    def test_providers_of_a_second_line(self):
        """OpenSSL takes what follows the dot for a number, and reads both lists."""
        self.configuration(providers="default = default_sect\n",
                           rest=DEFAULT + "[init]\nproviders.2 = second\n[second]\npinning = pinning_sect\n")
        self.assertTrue(self.status(0)["openssl"]["pinning_configured"])

    def test_named_twice(self):
        """The first that is activated has it, whatever the later ones say."""
        again = DEFAULT + f"[again]\nidentity = pinning\nmodule = {MODULE}\nactivate = 1\n"
        for pinning, taken in (("activate = 1\npolicy = /first\n", "/first"), ("policy = /first\n", "/second")):
            self.configuration(providers=BOTH + "again = again\n", pinning=pinning, rest=again + "policy = /second\n")
            found = self.status(1, PINNING_POLICY="")
            self.assertEqual((found["policy"]["path"], found["openssl"]["pinning_active"]), (taken, True))

    def test_settings_outside_of_sections(self):
        """What stands there is not taken for what a section lacks."""
        self.configuration(pinning="", rest=DEFAULT + "[default]\nactivate = 1\n")
        self.problem("does not activate it")

    def test_nodejs_without_the_whole_path(self):
        """One with OpenSSL linked in looks for the module elsewhere, and goes on without it and without a word."""
        folder, name = os.path.split(MODULE)
        for module in (None, name, f"./{name}"):
            self.configuration(module=module, rest=DEFAULT + "[default]\nnodejs_conf = init\n")
            found = self.problem("the whole path of the module", OPENSSL_MODULES=folder)
            self.assertEqual((found["openssl"]["pinning_active"], found["openssl"]["nodejs_reached"]), (True, False))
            self.assertIn(f'"module = {folder}/', found["problems"][0]["remedy"])
            text = self.pinctl("status", status=1, environment={"OPENSSL_CONF": f"{self.folder}/openssl.cnf"}).stdout
            self.assertIn("nodejs         reached only where it uses the system's OpenSSL (nodejs_conf)\n", text)

    def test_nodejs_with_a_section_of_its_own(self):
        own = ("[default]\nnodejs_conf = node\n[node]\nproviders = list\n[list]\ndefault = default_sect\n"
               "pinning = own\n[own]\nactivate = 1\n")
        self.configuration(rest=DEFAULT + own)
        self.assertIn(f'"module = {MODULE}"', self.problem("the whole path")["problems"][0]["remedy"])
        self.configuration(rest=DEFAULT + own + f"module = {MODULE}\n")
        self.assertTrue(self.status(0)["openssl"]["nodejs_reached"])

    def test_configuration_that_cannot_be_read(self):
        self.assertIn("cannot be opened", self.problem("cannot be opened", OPENSSL_CONF="/nonexistent")["openssl"]
                      ["configuration_error"])
        self.write_policy("[broken\n", "openssl.cnf")
        self.problem("line 1")

    def form(self, expected, state, *words, **environment):
        found = self.status(expected, *words, **environment)["policy"]
        self.assertEqual(found["compiled"], {"path": f"{self.folder}/policy.db", "state": state})
        self.assertEqual(found["last_good"], f"{self.folder}/policy.db" if state in ("current", "stale") else None)
        return self.pinctl("status", status=expected,
                           environment={"OPENSSL_CONF": os.path.join(self.folder, "openssl.cnf")}).stdout

    def test_compiled_form(self):
        self.configuration()
        form = os.path.join(self.folder, "policy.db")
        self.assertIn(f"compiled       {form}\n               current\n", self.form(0, "current"))
        os.utime(self.policy)
        self.assertIn("stale; processes read the text", self.form(0, "stale"))
        self.pinctl("compile")
        self.form(0, "current")
        os.chmod(form, 0o666)
        self.assertIn("passed over; processes read the text", self.form(1, "untrusted"))
        os.unlink(form)
        self.assertIn("none; processes read the text", self.form(0, "absent"))

    def test_compiled_form_that_is_damaged(self):
        self.configuration()
        form = os.path.join(self.folder, "policy.db")
        with open(form, "rb") as file:
            sound = file.read()
        name = sound.rindex(b"x.org\0")
        for damaged in (sound[:-8], sound[:20], b"", sound[:name] + b"y" + sound[name + 1:]):
            with open(form, "wb") as file:
                file.write(damaged)
            text = self.form(1, "damaged")
            self.assertIn("the compiled policy is damaged", " ".join(text.split()))
            self.assertIn(f"pinctl compile --policy {self.policy}", " ".join(text.split()))

    def test_compiled_form_of_another_policy(self):
        self.configuration()
        other = os.path.join(self.folder, "other.cfg")
        self.pinctl("add", "y.org", "server.pem", "--policy", other)
        self.form(0, "foreign")

    def test_compiled_form_that_only_looks_current(self):
        """An edit that keeps size and time stamp: nothing but reading the text finds it."""
        self.write_policy('version = 1;\nmode = "enforce";\n')
        self.pinctl("compile")
        self.configuration()
        before = os.stat(self.policy)
        self.write_policy('version = 1;\nmode = "audit";  \n')
        os.utime(self.policy, ns=(before.st_atime_ns, before.st_mtime_ns))
        found = self.status(1)
        self.assertIn("differs from the text", " ".join(item["problem"] for item in found["problems"]))

    def test_policies(self):
        self.configuration()
        self.problem("there is no policy", "--policy", "/nonexistent/policy.cfg")
        open_to_all = self.write_policy("version = 1;\n", "open/policy.cfg")
        os.chmod(open_to_all, 0o666)
        found = self.problem("cannot be read", "--policy", open_to_all)
        self.assertNotIn("pinctl add", str(found["problems"]))
        other = self.write_policy("version = 1;\nmode = 7;\n", "other/policy.cfg")
        found = self.problem("has 1 error", "--policy", other)
        self.assertEqual(found["policy"]["errors"][0]["line"], 2)
        self.problem("names no host", "--policy", self.write_policy("version = 1;\n", "other/policy.cfg"))
        self.pinctl("add", "x.org", "--mode", "audit")
        self.problem("no host is enforced")


if __name__ == "__main__":
    main()
