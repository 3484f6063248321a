# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl pause and resume: whatever the entry is, what becomes of the policy, and never for longer than was said."""

import json
import os
import select
import shutil
import subprocess
import time

from live_servers import Server, tls, tls_context
from pinctl_case import CERTIFICATES, PinctlCase, main, pin_of
from system_log import provider

HOST = "api.example.com"
WRONG = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
ENDED = "pinning-pause 1\n{0} {1} api.example.com\nend\n"


class Pause(PinctlCase):
    def setUp(self):
        super().setUp()
        self.file = self.policy + ".pause"

    def entry(self, name, settings=""):
        self.write_policy(f'version = 1;\nhosts = ( {{ name = "{name}"; pins = [ "{WRONG}" ]; {settings} }} );\n')

    def verdict(self, host=HOST):
        found = self.json("explain", host, "--chain", "chain.pem", "--ca", "root.pem", status=None)
        self.assertEqual("paused=" in found["log"], found["verdict"] == "audited", found["log"])
        return found["verdict"]

    def write(self, text):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.file, 0o644)


class Holds(Pause):
    def test_whatever_the_entry_is(self):
        for name, settings in ((HOST, ""), (HOST, "ports = [ 443, 8443 ];"), ("*.example.com", ""),
                               ("example.com", "include_subdomains = true;"), (HOST, 'comment = "by hand";')):
            self.entry(name, settings)
            self.assertEqual(self.verdict(), "refused", name)
            self.pinctl("pause", HOST)
            self.assertEqual(self.verdict(), "audited", name)
            self.pinctl("resume", HOST)
            self.assertEqual(self.verdict(), "refused", name)

    def test_other_hosts_are_refused(self):
        self.entry("example.com", "include_subdomains = true;")
        for name in ("www.example.com", "a.api.example.com", "example.com", "xapi.example.com"):
            self.pinctl("pause", name)
            self.assertEqual(self.verdict(), "refused", name)
        self.pinctl("pause", "example.com", "--include-subdomains")
        self.assertEqual(self.verdict(), "audited")
        self.assertEqual(self.verdict("API.Example.com."), "audited")

    def test_wildcard_and_address(self):
        self.entry("example.com", "include_subdomains = true;")
        self.pinctl("pause", "*.example.com")
        self.assertEqual(self.verdict(), "audited")
        self.assertEqual(self.verdict("example.com"), "refused")
        self.assertEqual(self.verdict("b.a.example.com"), "refused")
        self.entry("127.0.0.1")
        self.assertEqual(self.verdict("127.0.0.1"), "refused")
        self.pinctl("pause", "127.0.0.1")
        self.assertEqual(self.verdict("127.0.0.1"), "audited")

    def test_whole_machine(self):
        self.entry(HOST)
        self.pinctl("pause", "--for", "10m")
        self.assertEqual(self.verdict(), "audited")
        found = self.json("list")["pauses"]
        self.assertEqual([(pause["host"], pause["include_subdomains"]) for pause in found], [(None, False)])
        self.pinctl("resume")
        self.assertEqual(self.verdict(), "refused")
        self.assertFalse(os.path.exists(self.file))

    def test_blocked_key(self):
        self.write_policy(f'version = 1;\nblocked_keys = [ "{pin_of("server.pem")}" ];\n'
                          f'hosts = ( {{ name = "{HOST}"; pins = [ "{WRONG}" ]; }} );\n')
        # It is known to be in the wrong hands, so no host's pause lets it pass: only the machine can be paused.
        self.pinctl("pause", HOST)
        self.assertEqual(self.verdict(), "refused")
        self.assertIn("no entry covers it", self.pinctl("pause", "other.example.com").stderr)
        self.assertEqual(self.verdict("other.example.com"), "refused")
        self.pinctl("pause")
        self.assertEqual(self.verdict(), "audited")
        self.assertEqual(self.verdict("other.example.com"), "audited")

    def test_broken_or_missing_policy(self):
        self.entry(HOST)
        self.pinctl("compile")
        self.write_policy("oops", "policy.d/mine.cfg")
        self.pinctl("pause", HOST)
        self.assertEqual(self.verdict(), "audited")
        self.pinctl("resume", HOST)
        self.assertEqual(self.verdict(), "refused")
        os.remove(self.policy)
        shutil.rmtree(self.dropins)
        self.pinctl("pause")
        self.assertEqual(self.verdict(), "audited")
        self.pinctl("resume")

    def test_shown(self):
        self.entry(HOST)
        self.pinctl("pause", HOST, "--for", "90m")
        for verb in (("list",), ("check",), ("show", HOST)):
            done = self.pinctl(*verb)
            self.assertIn("(90 minutes more)", done.stderr, verb)
        self.assertIn(" paused ", self.pinctl("list").stdout)
        self.pinctl("check", "--strict", status=1)
        found = self.json("status", status=1)
        self.assertEqual(found["pauses"][0]["host"], HOST)
        self.assertIn(f"{HOST} is paused until", self.pinctl("status", status=1).stdout)
        self.assertIn("Paused:", self.pinctl("explain", HOST, "--chain", "chain.pem", "--ca", "root.pem").stdout)

    def test_again_replaces(self):
        self.entry(HOST)
        self.pinctl("pause", HOST, "other.example.com", "--for", "2d")
        self.pinctl("pause", HOST, "--for", "1h")
        found = self.json("list")["pauses"]
        self.assertEqual(sorted(pause["host"] for pause in found), [HOST, "other.example.com"])
        self.assertIn("(60 minutes more)", self.pinctl("show", HOST).stderr)


class FullDisk(Pause):
    """The emergency is not put off until there is room: a pause then stands where no disk is needed."""

    # What each line of the output is of; verdict: of explain.
    SCRIPT = """verdict() { "$0" explain api.example.com --chain chain.pem --ca root.pem --json | tr -d ' \n' |
  sed 's/.*"verdict":"\\([a-z]*\\)".*/\\1/'; echo; }
fill() { dd if=/dev/zero of=/var/lib/filling bs=1k 2>/dev/null || true; }
echo "hosts = ( { name = \\"api.example.com\\"; pins = [ \\"$2\\" ]; } );" >>/etc/pinning/policy.cfg
"""

    def on_full_disk(self, script):
        return self.with_system_policy(self.SCRIPT + script, WRONG)

    def test_pause_and_resume(self):
        done = self.on_full_disk("fill\nverdict\n\"$0\" pause api.example.com other.example.com\nverdict\n"
                                 "\"$0\" resume api.example.com\nverdict\n\"$0\" pause\nverdict\n"
                                 "\"$0\" resume\nverdict\nls -A /run/pinning /var/lib/pinning\n")
        self.assertEqual(done.stdout.split()[:5], ["refused", "audited", "refused", "audited", "refused"], done.stderr)
        self.assertIn("/var/lib/pinning/policy.pause: cannot be written: No space left on device; this change is in "
                      "/run/pinning/policy.pause instead", done.stderr)
        self.assertIn("the change was made but not recorded", done.stderr)
        self.assertNotIn("policy.pause", done.stdout)

    def test_what_was_there_before(self):
        # The one on the disk cannot be changed, but it does not count.
        done = self.on_full_disk("\"$0\" pause --for 2d\nverdict\nfill\n\"$0\" resume\nverdict\n"
                                 "\"$0\" pause b.example.com\n\"$0\" pause api.example.com\nverdict\n"
                                 "rm /var/lib/filling\n\"$0\" pause c.example.com\nls /run/pinning\n"
                                 "cat /var/lib/pinning/policy.pause\n")
        lines = done.stdout.splitlines()
        self.assertEqual(lines[:3], ["audited", "refused", "audited"], done.stderr)
        # With room again all are on the disk.
        self.assertEqual([line.split()[-1] for line in lines[3:]],
                         ["1", "b.example.com", "api.example.com", "c.example.com", "end"])

    def test_read_only(self):
        done = self.on_full_disk("\"$0\" pause\nmount -o remount,ro /var/lib\nverdict\n\"$0\" resume\nverdict\n"
                                 "\"$0\" pause api.example.com\nverdict\n\"$0\" list --json\n")
        self.assertEqual(done.stdout.split()[:3], ["audited", "refused", "audited"], done.stderr)
        found = json.loads(done.stdout.split("audited", 2)[2])["pauses"]
        self.assertEqual([pause["host"] for pause in found], [HOST])
        self.assertIn("Read-only file system; this change is in /run/pinning/policy.pause", done.stderr)

    def test_nothing_holds_that_is_not_to_be_trusted(self):
        pause = "mkdir /run/pinning\nprintf 'pinning-pause 1\\n%s %s *\\nend\\n' $(date +%s) $(($(date +%s) + 600)) " \
                ">/run/pinning/policy.pause\n"
        self.assertEqual(self.on_full_disk(pause + "verdict").stdout.split(), ["audited"])
        for spoiling in ("chmod 666 /run/pinning/policy.pause", "chown 65534 /run/pinning/policy.pause",
                         "sed -i /end/d /run/pinning/policy.pause", "mv /run/pinning/policy.pause /run/policy.pause"):
            shutil.rmtree(os.path.join(self.folder, "etc"))
            done = self.on_full_disk(pause + spoiling + "\nverdict\n\"$0\" check || true\n")
            self.assertEqual(done.stdout.split()[:1], ["refused"], spoiling)
            self.assertEqual("the file of pauses is damaged" in done.stderr, "mv" not in spoiling, done.stderr)

    def test_a_user_pauses_nothing_of_the_machine(self):
        """Not even himself, in a sandbox that gives him /run."""
        pause = "mkdir /run/pinning\nprintf 'pinning-pause 1\\n%s %s *\\nend\\n' $(date +%s) $(($(date +%s) + 600)) " \
                ">/run/pinning/policy.pause\n"
        as_user = "cp chain.pem root.pem /run\ncd /run\nset -- setpriv --reuid 65534 --clear-groups \"$0\"\n" \
                  "\"$@\" --version >/dev/null 2>&1 || exit 77\nverdict() { \"$@\" explain api.example.com --chain chain.pem " \
                  "--ca root.pem --json | tr -d ' \\n' | sed 's/.*\"verdict\":\"\\([a-z]*\\)\".*/\\1/'; echo; }\n"
        script = self.SCRIPT + pause + as_user
        if self.with_system_policy(script + "exit 0", WRONG, status=None).returncode == 77:
            self.skipTest("pinctl lies where other users cannot go")
        for owning, verdict in ((":", "audited"), ("chown 65534 /run/pinning/policy.pause", "refused"),
                                ("chown 65534 /run/pinning/policy.pause; mkdir -p /var/lib/pinning; cp -p /run/pinning/policy.pause /var/lib/pinning/", "refused"),
                                ("rm /run/pinning/policy.pause", "refused")):
            shutil.rmtree(os.path.join(self.folder, "etc"))
            done = self.with_system_policy(f"{script}{owning}\nverdict \"$@\"\n", WRONG)
            self.assertEqual(done.stdout.split(), [verdict], (owning, done.stderr))

    def test_no_place_at_all(self):
        done = self.on_full_disk("mount -o remount,size=4k /run\ndd if=/dev/zero of=/run/filling bs=1k || true\nfill\n"
                                 "! \"$0\" pause || exit 9\nverdict\n")
        self.assertEqual(done.stdout.split(), ["refused"])
        self.assertIn("/var/lib/pinning/policy.pause: No space left on device", done.stderr)


class HoldsNot(Pause):
    def setUp(self):
        super().setUp()
        self.entry(HOST)

    def test_after_its_end_or_before_its_beginning(self):
        now = int(time.time())
        self.write(ENDED.format(now - 60, now + 600))
        self.assertEqual(self.verdict(), "audited")
        for since, until in ((now - 60, now - 1), (now + 600, now + 660), (now - 60, now + 8 * 86400)):
            self.write(ENDED.format(since, until))
            self.assertEqual(self.verdict(), "refused", (since, until))

    def test_damaged(self):
        now = int(time.time())
        good = ENDED.format(now - 60, now + 600)
        line = good.splitlines()[1]
        for text in (good[:-4], good[:-1], good + "end\n", good.replace("pause 1", "pause 2"), good + "x",
                     good.replace(line, line + "\n" + line + " all"), good.replace(line, line + "\n1 2"),
                     good.replace(line, line + "\n" + line.replace(" ", "  ")), "", good.replace("end", "\0end")):
            self.write(text)
            self.assertEqual(self.verdict(), "refused", text)
        self.write(good[:-4])
        self.assertIn("file of pauses is damaged", self.pinctl("status", status=1).stdout)
        self.pinctl("pause", HOST)
        self.assertEqual(self.verdict(), "audited")

    def test_writable_by_others(self):
        self.pinctl("pause", HOST)
        os.chmod(self.file, 0o664)
        self.assertEqual(self.verdict(), "refused")
        os.chmod(self.file, 0o644)
        self.assertEqual(self.verdict(), "audited")
        os.remove(self.file)
        os.mkfifo(self.file, 0o644)
        self.assertEqual(self.verdict(), "refused")

    def test_wrong_usage(self):
        for words in (("--for", "8d"), ("--for", "0m"), ("--for", "soon"), ("--for", "2027-01-01"), ("--for", "-1h"),
                      ("--for", "1h ago"), ("a..b",), ("--include-subdomains",)):
            self.pinctl("pause", *words, status=2)
        self.assertFalse(os.path.exists(self.file))
        self.assertIn("is not paused", self.pinctl("resume", HOST, status=3).stderr)
        self.assertIn("nothing was paused", self.pinctl("resume").stderr)

    def test_folder_that_cannot_be_written(self):
        missing = os.path.join(self.folder, "no", "such", "policy.cfg")
        self.assertIn("No such file", self.pinctl("pause", "--policy", missing, status=3).stderr)


class RunningProgram(Pause):
    SCRIPT = ("import socket, ssl, sys\n"
              "context = ssl.create_default_context(cafile='root.pem')\n"
              "for line in sys.stdin:\n"
              "    try:\n"
              "        raw = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
              "        context.wrap_socket(raw, server_hostname='api.example.com').close()\n"
              "        print('through', flush=True)\n"
              "    except ssl.SSLError as error:\n"
              "        print('refused', flush=True)\n")

    def start(self, port):
        program = subprocess.Popen(["/usr/bin/python3", "-c", self.SCRIPT, str(port)], cwd=CERTIFICATES,
                                   env=self.environment(PINNING_DEBUG="1", **provider(self.folder)),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(program.stderr.close)
        self.addCleanup(program.stdout.close)
        self.addCleanup(program.wait)
        self.addCleanup(program.stdin.close)
        return program

    def connect(self, program):
        program.stdin.write("\n")
        program.stdin.flush()
        self.assertTrue(select.select([program.stdout], [], [], 30)[0])
        return program.stdout.readline().strip()

    def paused_for_seconds(self, program):
        """Until the very second in the file, and nobody runs pinctl then. A slow machine gets a longer pause."""
        for seconds in (2, 8, 32):
            self.pinctl("pause", HOST, "--for", f"{seconds}s")
            with open(self.file, encoding="utf-8") as file:
                (until,) = [int(line.split()[1]) for line in file if line.endswith(f" {HOST}\n")]
            results = []
            while not results or results[-1][1] <= until:
                begun = int(time.time())
                results.append((self.connect(program), begun, int(time.time())))
                time.sleep(0.2)
            self.assertEqual([result for result, _, ended in results if result != "through" and ended < until], [])
            self.assertEqual(results[-1][0], "refused")
            if results[0][0] == "through":
                return
        self.fail("it does not follow")

    def test_follows_at_once_and_ends_by_itself(self):
        self.pinctl("add", HOST, "server.pem", "--backup", "spare.pub")
        server = Server(tls(tls_context("swapped", "swapped-chain.pem")))
        self.addCleanup(server.close)
        program = self.start(server.port)
        self.assertEqual(self.connect(program), "refused")
        self.pinctl("pause", "www.example.com")
        self.assertEqual(self.connect(program), "refused")
        self.paused_for_seconds(program)
        self.pinctl("pause")
        self.assertEqual(self.connect(program), "through")
        self.pinctl("resume")
        self.assertEqual(self.connect(program), "refused")
        program.stdin.close()
        log = program.stderr.read()
        self.assertRegex(log, r"verdict=audited reason=no-pin host=api\.example\.com port=\d+ paused=\d{4}-\S+Z ")

    def test_broken_policy_that_refuses_all(self):
        self.pinctl("add", HOST, "server.pem")
        server = Server(tls(tls_context("server", "chain.pem")))
        self.addCleanup(server.close)
        os.remove(os.path.join(self.folder, "policy.db"))
        self.write_policy("oops", "policy.cfg")
        program = self.start(server.port)
        self.assertEqual(self.connect(program), "refused")
        self.pinctl("pause")
        self.assertEqual(self.connect(program), "through")


if __name__ == "__main__":
    main()
