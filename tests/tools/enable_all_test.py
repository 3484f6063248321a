# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
pinctl enable --all: openssl.cnf and /etc/ld.so.preload in one step, both or neither, and taken back as one. Each test
has an /etc of its own, a copy, and an empty /var/lib, which real programs see in the place of this machine's: curl with
OpenSSL, wget with GnuTLS.
"""

import fcntl
import json
import os
import pty
import shutil
import subprocess
import tempfile
import time
import unittest

from pinctl_case import PINCTL, main
from switch_case import MODULE, SANITIZED, SwitchCase

SHIM = os.path.join(os.path.dirname(os.path.dirname(MODULE)), "libpinning-preload.so")
COMMENTS = "# one\n# two\n/lib/a.so\n"


class OwnEtc(SwitchCase):
    def setUp(self):
        super().setUp()
        self.etc = tempfile.mkdtemp(prefix="pinctl-etc-")
        self.var_lib = tempfile.mkdtemp(prefix="pinctl-var-lib-")
        self.addCleanup(shutil.rmtree, self.etc)
        self.addCleanup(shutil.rmtree, self.var_lib)
        subprocess.run(["cp", "-a", "/etc/.", self.etc], check=True)
        os.makedirs(f"{self.etc}/pinning", exist_ok=True)
        shutil.copy(self.policy, f"{self.etc}/pinning/policy.cfg")
        with open(f"{self.etc}/hosts", "a", encoding="utf-8") as file:
            file.write("127.0.0.1 api.example.com\n")
        if os.path.exists(f"{self.etc}/ld.so.preload"):
            os.unlink(f"{self.etc}/ld.so.preload")
        if self.run_inside("true").returncode:
            self.skipTest("mount namespaces are not allowed here")
        self.before = self.tree()

    def inside(self, *words):
        return ["bwrap", "--dev-bind", "/", "/", "--bind", self.etc, "/etc", "--bind", self.var_lib, "/var/lib",
                "--tmpfs", "/run", *words]

    def clean_environment(self, **more):
        environment = self.environment(**more)
        for name in ("PINNING_POLICY", "OPENSSL_CONF", "LD_PRELOAD"):
            environment.pop(name, None)
        return environment

    def run_inside(self, *words):
        return subprocess.run(self.inside(*words), env=self.clean_environment(), stdin=subprocess.DEVNULL,
                              capture_output=True, check=False, text=True, timeout=120)

    def pinctl_inside(self, *words, status=0):
        done = self.run_inside(PINCTL, *words)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.said = " ".join(done.stderr.split())
        return done

    def tree(self):
        """Kinds, modes, targets of links and contents of all files; not of what the compiled form may add."""
        done = subprocess.run("find . -printf '%p %y %m %U:%G %l\\n' | sort; find . -type f -exec sha256sum {} + | sort",
                              shell=True, cwd=self.etc, check=True, capture_output=True)
        return done.stdout

    def text(self, name):
        with open(f"{self.etc}/{name}", encoding="utf-8") as file:
            return file.read()

    def put(self, name, text):
        with open(f"{self.etc}/{name}", "w", encoding="utf-8") as file:
            file.write(text)


@unittest.skipIf(SANITIZED, "a program built without sanitizers cannot be preloaded with what is built with them")
class Both(OwnEtc):
    def fetch(self, host):
        """What curl, with OpenSSL, and wget, with GnuTLS, end with."""
        url = f"https://{host}:{self.server.port}/"
        curl = self.run_inside("curl", "-sSk", "--max-time", "20", url)
        wget = self.run_inside("wget", "-q", "-t", "1", "-T", "20", "-O", "/dev/null", "--no-check-certificate", url)
        return (curl.returncode, wget.returncode)

    def assert_enforced(self, openssl, gnutls):
        self.assertEqual(self.fetch("127.0.0.1"), (0, 0))
        self.assertEqual(self.fetch("api.example.com"), (60 if openssl else 0, 4 if gnutls else 0))

    def test_there_and_back(self):
        self.assert_enforced(False, False)
        done = self.pinctl_inside("enable", "--all")
        self.assertIn("+++ /etc/ssl/openssl.cnf", done.stdout)
        self.assertIn("+++ /etc/ld.so.preload", done.stdout)
        self.assertIn("/etc/ssl/openssl.cnf: for programs that use OpenSSL and read it", self.said)
        self.assertIn("/etc/ld.so.preload: for programs that use GnuTLS", self.said)
        self.assertIn('"pinctl disable" undoes both', self.said)
        self.assertEqual("starts programs of 32 bits" in self.said, os.path.exists("/lib/ld-linux.so.2"))
        self.assertEqual(self.text("ld.so.preload"), SHIM + "\n")
        self.assert_enforced(True, True)
        report = json.loads(self.run_inside(PINCTL, "status", "--json").stdout)
        self.assertEqual(report["problems"], [])
        said = " ".join(self.run_inside(PINCTL, "status").stdout.split())
        self.assertIn("OpenSSL by configuration and by ld.so.preload; GnuTLS by ld.so.preload", said)
        self.pinctl_inside("enable", "--all")
        self.assertEqual(self.said.count("already enabled"), 2)
        done = self.pinctl_inside("disable")
        self.assertEqual(self.said.count("until they are restarted"), 1)
        self.assertEqual(self.tree(), self.before)
        self.assert_enforced(False, False)
        self.assertIn("openssl.cnf: pinning is not enabled here", self.pinctl_inside("disable").stderr)

    def test_one_of_both_is_there(self):
        """--all adds the other, and disable takes back what is there, in one file or in both."""
        for words in ((), ("--preload",)):
            with self.subTest(words):
                self.pinctl_inside("enable", *words)
                if words:
                    self.assert_enforced(True, True)
                self.pinctl_inside("disable")
                self.assertEqual(self.tree(), self.before)
                self.pinctl_inside("enable", *words)
                self.pinctl_inside("enable", "--all")
                self.assertEqual(self.said.count("already enabled"), 1)
                self.pinctl_inside("disable")
                self.assertEqual(self.tree(), self.before)

    def test_files_stay_apart(self):
        """Who names one file means that one."""
        self.pinctl_inside("enable", "--all")
        self.pinctl_inside("disable", "--preload")
        self.assertFalse(os.path.exists(f"{self.etc}/ld.so.preload"))
        self.assertIn("pinning", self.text("ssl/openssl.cnf"))
        self.pinctl_inside("enable", "--all")
        self.pinctl_inside("disable", "--openssl-conf", "/etc/ssl/openssl.cnf")
        self.assertEqual(self.text("ld.so.preload"), SHIM + "\n")
        self.assertNotIn("pinning", self.text("ssl/openssl.cnf"))

    def test_neither_where_one_fails(self):
        self.put("ld.so.preload", COMMENTS)
        before = self.tree()
        self.pinctl_inside("enable", "--all", status=3)
        self.assertIn("words of a comment", self.said)
        self.assertIn("openssl.cnf: undone", self.said)
        self.assertEqual(self.tree(), before)
        self.pinctl_inside("enable", "--all", "--confirm", "60", status=3)
        self.assertEqual(self.tree(), before)
        self.pinctl_inside("enable")
        enabled = self.tree()
        self.pinctl_inside("enable", "--all", status=3)
        self.assertNotIn(": undone", self.said)
        self.assertEqual(self.tree(), enabled)

    def times_taken_back(self):
        changes = json.loads(self.run_inside(PINCTL, "changes", "--json").stdout or "[]")
        return sum(change["what"] == "enable: /etc/ssl/openssl.cnf, taken back" for change in changes)

    def test_an_edit_meanwhile_stays(self):
        """The second file waits for its lock while somebody edits the first, which is taken back then."""
        self.put("ld.so.preload", COMMENTS)
        before = self.text("ssl/openssl.cnf")
        taken_back = self.times_taken_back()
        for words in ((), ("--confirm", "60")):
            with self.subTest(words), open(f"{self.etc}/.pinctl-switch.lock", "w", encoding="utf-8") as lock:
                os.chmod(lock.fileno(), 0o600)
                fcntl.flock(lock, fcntl.LOCK_EX)
                with subprocess.Popen(self.inside(PINCTL, "enable", "--all", *words), env=self.clean_environment(),
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                      text=True) as child:
                    said = ""
                    while "waiting for another pinctl" not in said and (line := child.stderr.readline()):
                        said += line
                    enabled = self.text("ssl/openssl.cnf")
                    self.assertIn("pinctl enable", enabled, said)
                    self.put("ssl/openssl.cnf", "# an edit\n" + enabled)
                    fcntl.flock(lock, fcntl.LOCK_UN)
                    said = " ".join((said + child.stderr.read()).split())
                    self.assertEqual(child.wait(60), 3, said)
                self.assertEqual(self.text("ssl/openssl.cnf"), "# an edit\n" + before)
                self.assertIn("what somebody else has changed there meanwhile stays", said)
                self.assertEqual([name for name in os.listdir(f"{self.etc}/ssl") if "unconfirmed" in name], [])
                self.put("ssl/openssl.cnf", before)
        self.assertGreater(self.times_taken_back(), taken_back)

    def test_dry_run(self):
        done = self.pinctl_inside("enable", "--all", "--dry-run")
        self.assertIn("+++ /etc/ssl/openssl.cnf", done.stdout)
        self.assertIn("+++ /etc/ld.so.preload", done.stdout)
        self.assertEqual(self.tree(), self.before)
        self.pinctl_inside("enable", "--all")
        enabled = self.tree()
        self.assertIn("+++ /dev/null", self.pinctl_inside("disable", "--dry-run").stdout)
        self.assertEqual(self.tree(), enabled)

    def test_settings_of_one_only(self):
        """GnuTLS is told of no policy but the default one, so no other may be in force for OpenSSL alone."""
        self.pinctl_inside("enable", "--policy", self.policy)
        before = self.tree()
        self.pinctl_inside("enable", "--all", status=3)
        self.assertIn("know only /etc/pinning/policy.cfg", self.said)
        self.assertEqual(self.tree(), before)
        self.pinctl_inside("disable")
        self.pinctl_inside("enable", "--on-policy-error", "allow")
        self.pinctl_inside("enable", "--all")
        self.assertIn("refuse every host without a policy all the same", self.said)

    def test_usage(self):
        for words in (("--preload",), ("--systemd", "web"), ("--policy", self.policy), ("--on-policy-error", "allow")):
            self.pinctl_inside("enable", "--all", *words, status=2)
        self.assertEqual(self.tree(), self.before)

    def test_put_back(self):
        self.pinctl_inside("enable", "--all", "--confirm", "2")
        self.assertEqual(self.said.count('unless you run "pinctl enable --confirmed --all"'), 2)
        for _ in range(300):
            if self.tree() == self.before:
                break
            time.sleep(0.2)
        self.assertEqual(self.tree(), self.before)
        self.pinctl_inside("enable", "--confirmed", "--all", status=1)

    def test_confirmed(self):
        # A slow machine may not get to the confirmation within three seconds.
        for seconds in (3, 30):
            self.pinctl_inside("enable", "--all", "--confirm", str(seconds))
            if self.run_inside(PINCTL, "enable", "--confirmed", "--all").returncode == 0:
                break
        confirmed = self.tree()
        time.sleep(seconds + 1)
        self.assertEqual(self.tree(), confirmed)
        self.assertNotIn(b"unconfirmed", confirmed)
        self.pinctl_inside("enable", "--all", "--confirm", "60")
        self.pinctl_inside("disable")
        self.assertEqual(self.tree(), self.before)

    def test_unconfirmed(self):
        self.pinctl_inside("enable", "--all", "--confirm", "60")
        self.pinctl_inside("disable", "--unconfirmed")
        self.assertEqual(self.tree(), self.before)

    def ask(self, answer, *words):
        """On a terminal, with an answer to its question. What pinctl has written."""
        terminal, other = pty.openpty()
        with subprocess.Popen(self.inside(PINCTL, "enable", *words), env=self.clean_environment(TERM="dumb"),
                              stdin=other, stdout=other, stderr=other) as child:
            os.close(other)
            os.write(terminal, answer.encode())
            said = b""
            try:
                while (read := os.read(terminal, 4096)) != b"":
                    said += read
            except OSError:
                pass
            self.assertEqual(child.wait(60), 0, said)
        os.close(terminal)
        return " ".join(said.decode().split())

    def test_asked(self):
        for answer in ("\n", "o\n"):
            self.assertIn("Set up both? [b]oth, [o]nly openssl.cnf?", self.ask(answer))
            self.assertFalse(os.path.exists(f"{self.etc}/ld.so.preload"), answer)
            self.pinctl_inside("disable")
            self.assertEqual(self.tree(), self.before)
        self.ask("b\n")
        self.assert_enforced(True, True)
        self.assertNotIn("Set up both", self.ask("\n"))
        self.pinctl_inside("disable")
        self.assertEqual(self.tree(), self.before)

    def test_nobody_is_asked(self):
        """Without a terminal it is said what is not reached."""
        self.pinctl_inside("enable")
        self.assertIn('"pinctl enable --all"', self.said)
        self.assertFalse(os.path.exists(f"{self.etc}/ld.so.preload"))
        self.pinctl_inside("enable", "--all")
        self.pinctl_inside("enable")
        self.assertNotIn("--all", self.said)

    def test_record(self):
        """One row for each file that was written, and none for what was so already."""
        files = ["/etc/pinning/openssl-mail.service.cnf", "/etc/systemd/system/mail.service.d/pinning.conf"]
        other, both = ("--openssl-conf", "/etc/ssl/none.cnf"), ["/etc/ssl/openssl.cnf"]
        for words, rows in ((("enable", *other, "--systemd", "mail"), files), (("disable", "--systemd", "mail"), files[::-1]),
                            (("enable",), both), (("enable", "--systemd", "mail"), []), (("disable",), both)):
            for wanted in (rows, []):
                before = self.recorded()
                self.pinctl_inside(*words)
                self.assertEqual(self.recorded()[len(before):], [f"{words[0]}: {name}" for name in wanted], words)

    def recorded(self):
        return [row["what"] for row in json.loads(self.run_inside(PINCTL, "changes", "--json").stdout)][::-1]


class Own(OwnEtc):
    """The packages take back what is theirs, and leave what was built from source in force."""

    def setUp(self):
        super().setUp()
        self.pinctl_inside("enable")
        self.pinctl_inside("enable", "--openssl-conf", "/etc/ssl/none.cnf", "--systemd", "mail")
        mail, web = ("systemd/system/mail.service.d/pinning.conf", "systemd/system/web.service.d/pinning.conf")
        os.mkdir(os.path.dirname(f"{self.etc}/{web}"))
        self.put(web, self.text(mail).replace("OPENSSL_CONF=/etc/pinning/openssl-mail.service.cnf", f"LD_PRELOAD={SHIM}"))
        self.names = ["ssl/openssl.cnf", web, "pinning/openssl-mail.service.cnf"]
        # What is built with sanitizers does not start with the shim in front.
        if not SANITIZED:
            self.put("ld.so.preload", SHIM + "\n")
            self.names.append("ld.so.preload")
        # A comment with our path makes nothing ours.
        self.put("ssl/openssl.cnf", f"# {MODULE}\n" + self.text("ssl/openssl.cnf"))
        self.ours = {name: self.text(name) for name in self.names}

    def name_libraries(self, name, folder):
        """A file as an installation elsewhere would have written it. The comment stays ours."""
        head, lines = "", self.ours[name]
        if name == "ssl/openssl.cnf":
            head, lines = lines.split("\n", 1)
            head, folder = head + "\n", folder.replace("$", "\\$")
        text = head + lines.replace(MODULE, f"{folder}pinning.so").replace(SHIM, f"{folder}libpinning-preload.so")
        self.assertNotEqual(text, self.ours[name])
        self.put(name, text)
        return text

    def disable(self):
        """What it has said of openssl.cnf and ld.so.preload, of web, and of mail."""
        said = []
        for words in ((), ("--systemd", "web"), ("--systemd", "mail")):
            self.pinctl_inside("disable", "--own", *words)
            said.append(self.said.count("belongs to another installation; it stays as it is"))
        return said

    def assert_taken_back(self):
        self.assertEqual(self.disable(), [0, 0, 0])
        self.assertNotIn("pinctl enable", self.text("ssl/openssl.cnf"))
        for name in self.names[1:]:
            self.assertFalse(os.path.exists(f"{self.etc}/{name}"), name)

    def test_of_another(self):
        for folder in ("/usr/local/lib/", "/opt/$LIB/", os.path.dirname(SHIM) + "/other/"):
            theirs = {name: self.name_libraries(name, folder) for name in self.names}
            self.assertEqual(self.disable(), [len(self.names) - 2, 1, 1])
            self.assertEqual({name: self.text(name) for name in self.names}, theirs)

    def test_ours(self):
        self.assert_taken_back()
        for words in (("--own", "--root", "/"), ("--own", "--unconfirmed")):
            self.pinctl_inside("disable", *words, status=2)

    @unittest.skipIf(SANITIZED, "what is built with sanitizers does not start with the shim in front")
    def test_one_of_each(self):
        self.name_libraries("ld.so.preload", "/usr/local/lib/")
        self.pinctl_inside("disable", "--own")
        self.assertNotIn("pinctl enable", self.text("ssl/openssl.cnf"))
        self.assertIn("/usr/local/lib", self.text("ld.so.preload"))
        self.put("ld.so.preload", SHIM + "\n")
        self.pinctl_inside("disable", "--own", "--preload")
        self.assertFalse(os.path.exists(f"{self.etc}/ld.so.preload"))

    def test_without_proc(self):
        """Which installation this is cannot be told: nothing goes, but what is not switched on is no hindrance."""
        theirs = {name: self.name_libraries(name, "/usr/local/lib/") for name in self.names}
        for words in ((), ("--systemd", "web"), ("--systemd", "mail")):
            for more in ((), ("--dry-run",)):
                done = self.run_inside("bwrap", "--dev-bind", "/", "/", "--tmpfs", "/proc", PINCTL, "disable", "--own", *words, *more)
                self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertIn('"pinctl disable" without --own undoes it in any case', " ".join(done.stderr.split()))
                self.assertEqual({name: self.text(name) for name in self.names}, theirs)
        for words in ((), ("--systemd", "web"), ("--systemd", "mail"), ("--own",), ("--own", "--systemd", "web")):
            done = self.run_inside("bwrap", "--dev-bind", "/", "/", "--tmpfs", "/proc", PINCTL, "disable", *words)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_without_a_path(self):
        """It leads to whichever is found, so it may name what is about to go."""
        for folder in ("", "./"):
            for name in self.names[:3]:
                self.name_libraries(name, folder)
            self.assert_taken_back()
            for name in self.names:
                os.makedirs(os.path.dirname(f"{self.etc}/{name}"), exist_ok=True)
                self.put(name, self.ours[name])

    def test_no_library_is_named(self):
        for name in self.names[:3]:
            lines = self.ours[name].splitlines(keepends=True)
            self.put(name, "".join(line for line in lines if "module" not in line and "LD_PRELOAD" not in line))
        self.put(self.names[1], self.ours[self.names[1]].replace(f"LD_PRELOAD={SHIM}", "A=/usr/local/lib/libother.so"))
        self.assert_taken_back()

    def test_both_are_named(self):
        """A service has two files."""
        web = self.names[1]
        for ours in (SHIM, "libpinning-preload.so"):
            os.makedirs(os.path.dirname(f"{self.etc}/{web}"), exist_ok=True)
            self.put(web, self.ours[web].replace(SHIM, f"/usr/local/lib/libpinning-preload.so:{ours}"))
            self.pinctl_inside("disable", "--own", "--systemd", "web")
            self.assertFalse(os.path.exists(f"{self.etc}/{web}"))

    @unittest.skipIf(SANITIZED, "what is built with sanitizers does not start with the shim in front")
    def test_lines_by_hand_beside_it(self):
        self.put("ld.so.preload", f"/usr/local/lib/libpinning-preload.so\nlibc.so.6\nlibc.so.6 {SHIM}\n")
        self.pinctl_inside("disable", "--own")
        self.assertIn("belongs to another installation", self.said)
        self.assertIn("/etc/ld.so.preload:3: pinning is still active by lines that were written by hand", self.said)


if __name__ == "__main__":
    main()
