# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
Postfix and Dovecot as services: they start their workers with an environment of their own. Each runs with a
configuration in a temporary folder and speaks TLS to a server of this test, which has the right key or another one.
"""

import imaplib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest

from pinctl_case import PINCTL, PinctlCase, Server, main, openssl_conf, path, pin_of

MODULE = os.environ["PINNING_MODULE"]
SHIM = os.path.join(os.path.dirname(os.path.dirname(MODULE)), "libpinning-preload.so")
POSTFIX_PROGRAMS = "/usr/lib/postfix/sbin"
POSTFIX_SERVICES = ("pickup unix n - n 1 1 pickup", "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 1 1 qmgr",
                    "tlsmgr unix - - n 1000? 1 tlsmgr", "rewrite unix - - n - - trivial-rewrite",
                    "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce",
                    "flush unix n - n 1000? 0 flush", "proxymap unix - - n - - proxymap", "smtp unix - - n - - smtp",
                    "retry unix - - n - - error", "error unix - - n - - error", "scache unix - - n - 1 scache",
                    "postlog unix-dgram n - n - 1 postlogd")


class MailServer(Server):
    """Mail over TLS from the first byte; remembers what clients said after the handshake."""

    def __init__(self, certificate, answer):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(path(f"{certificate}-chain.pem"), path(f"{certificate}.key"))
        self.answer = answer
        self.heard = []
        self.seen = threading.Event()
        self.go_on = threading.Event()
        super().__init__(self.talk)

    def talk(self, plain):
        plain.settimeout(30)
        try:
            with plain, self.context.wrap_socket(plain, server_side=True) as secure:
                self.answer(secure, self)
        finally:
            self.seen.set()


def smtp(secure, server):
    """Just enough to take a mail."""
    secure.sendall(b"220 test\r\n")
    file = secure.makefile("rb")
    in_data = False
    for line in file:
        server.heard.append(line)
        if in_data and line != b".\r\n":
            continue
        word = line[:4].upper()
        in_data = word == b"DATA"
        secure.sendall(b"354 go on\r\n" if in_data else b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
        if word == b"QUIT":
            return


def imap(secure, server):
    """Just enough for a client to send its password; it gets no answer until the test has looked at it."""
    secure.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] test\r\n")
    for line in secure.makefile("rb"):
        server.heard.append(line)
        server.seen.set()
        server.go_on.wait(20)
        secure.sendall(line.split()[0] + b" NO not here\r\n")


@unittest.skipIf(os.environ.get("PINNING_SANITIZE"), "programs built without sanitizers cannot load a module with them")
@unittest.skipIf(os.geteuid() != 0, "only root can start a mail server")
class MailCase(PinctlCase):
    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)
        shutil.copy(path("chain.pem"), path("server-chain.pem"))
        pins = f"pins = [ \"{pin_of('server.pem')}\" ];"
        self.write_policy(f'version = 1;\nhosts = ( {{ name = "api.example.com"; {pins} }},\n'
                          f'{{ name = "127.0.0.1"; {pins} }} );\n')
        shutil.copy(path("root.pem"), os.path.join(self.folder, "root.pem"))
        self.configuration = self.write_policy(openssl_conf(MODULE, self.policy), "openssl.cnf")
        self.said = os.path.join(self.folder, "said")

    def serve(self, certificate, answer):
        server = MailServer(certificate, answer)
        self.addCleanup(server.close)
        return server

    def start(self, *command, run=False, **environment):
        """Starts a service, by pinctl run or without; returns what pinctl has to say of it."""
        words = [PINCTL, "run", "--policy", self.policy, "--", *command] if run else command
        with open(self.said, "w", encoding="utf-8") as said:
            child = subprocess.Popen(words, env=self.environment(**environment), stdin=subprocess.DEVNULL, stdout=said,
                                     stderr=said, start_new_session=True)
        self.addCleanup(self.stop, child)
        return child

    @staticmethod
    def stop(child):
        """The service takes its workers along; nothing is left of its session."""
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()

    def words(self):
        with open(self.said, encoding="utf-8", errors="replace") as file:
            return " ".join(file.read().split())

    def reasons(self, **environment):
        report = self.json("status", status=None, environment=environment)["processes"]["list"]
        return {item["program"]: (item["class"], item["reason"]) for item in report}


@unittest.skipIf(not os.path.exists(f"{POSTFIX_PROGRAMS}/master"), "the package postfix is not installed")
class Postfix(MailCase):
    def deliver(self, certificate, *settings, run=False, **environment):
        """One mail through a Postfix of its own: the log's word for what became of it, and what the server heard."""
        server = self.serve(certificate, smtp)
        place = os.path.join(self.folder, f"postfix-{server.port}")
        for name in ("queue", "data", "etc"):
            os.makedirs(os.path.join(place, name))
        shutil.chown(os.path.join(place, "data"), "postfix")
        log = os.path.join(place, "log")
        lines = ["compatibility_level = 3.6", f"queue_directory = {place}/queue", f"data_directory = {place}/data",
                 "inet_interfaces = loopback-only", "inet_protocols = ipv4", "myhostname = sender.invalid",
                 "mydestination =", f"relayhost = [127.0.0.1]:{server.port}", "smtp_tls_security_level = encrypt",
                 "smtp_tls_wrappermode = yes", "smtp_tls_servername = api.example.com",
                 f"smtp_tls_CAfile = {self.folder}/root.pem", f"maillog_file = {log}",
                 f"maillog_file_prefixes = {self.folder}", "alias_maps =", "alias_database =", *settings]
        self.write_policy("\n".join(lines) + "\n", f"{place}/etc/main.cf")
        self.write_policy("\n".join(POSTFIX_SERVICES) + "\n", f"{place}/etc/master.cf")
        self.start("postfix", "-c", f"{place}/etc", "start-fg", run=run, **environment)
        pid_file = os.path.join(place, "queue", "pid", "master.pid")
        self.wait(lambda: os.path.exists(pid_file), "Postfix does not start")
        self.addCleanup(self.stop_master, pid_file)
        done = subprocess.run(["sendmail", "-C", f"{place}/etc", "-f", "a@sender.invalid", "b@receiver.invalid"],
                              input=b"Subject: test\n\nsecret\n", capture_output=True, check=False,
                              env=self.environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        status = self.wait(lambda: self.status_in(log), "the mail is not tried")
        return status, b"".join(server.heard)

    @staticmethod
    def stop_master(pid_file):
        """It has made a session of its own."""
        with open(pid_file, encoding="ascii") as file:
            pid = int(file.read())
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 10
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < end:
            time.sleep(0.05)

    @staticmethod
    def status_in(log):
        if not os.path.exists(log):
            return None
        with open(log, encoding="utf-8", errors="replace") as file:
            found = [line for line in file if "status=" in line]
        return found[0].split("status=")[1].split()[0] if found else None

    def wait(self, look, message):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            time.sleep(0.1)
        return self.fail((message, self.words()))

    def imported(self, *variables):
        default = subprocess.run(["postconf", "-dh", "import_environment"], capture_output=True, check=True,
                                 text=True).stdout.strip()
        return f"import_environment = {default} {' '.join(variables)}"

    def test_alone(self):
        """Without pinning the mail goes to whatever key has a certificate."""
        status, heard = self.deliver("swapped")
        self.assertEqual(status, "sent")
        self.assertIn(b"secret", heard)

    def test_environment_that_is_not_passed_on(self):
        """By the service's environment alone nothing is enforced; pinctl says so, and what to write."""
        for run in (True, False):
            status, heard = self.deliver("swapped", run=run, OPENSSL_CONF=self.configuration)
            self.assertEqual((status, b"secret" in heard), ("sent", True))
            if run:
                said = self.words()
                self.assertIn("import_environment", said)
                self.assertIn(f"LD_PRELOAD={SHIM} PINNING_POLICY={self.policy}", said)
            self.assertEqual(self.reasons()[f"{POSTFIX_PROGRAMS}/smtp"], ("not-loaded", "postfix"))

    def test_what_works(self):
        """The setting that pinctl and docs/programs.md name, for the shim and for a configuration."""
        ways = ((f"LD_PRELOAD={SHIM}", f"PINNING_POLICY={self.policy}"), (f"OPENSSL_CONF={self.configuration}",))
        for way in ways:
            for certificate, expected in (("server", "sent"), ("swapped", "deferred")):
                with self.subTest((way, certificate)):
                    status, heard = self.deliver(certificate, self.imported(*way))
                    self.assertEqual((status, b"secret" in heard), (expected, expected == "sent"))
                    self.assertEqual(self.reasons()[f"{POSTFIX_PROGRAMS}/smtp"][0], "enforced")

    def test_run_says_nothing_where_it_is_set(self):
        status, heard = self.deliver("swapped", self.imported(f"LD_PRELOAD={SHIM}", f"PINNING_POLICY={self.policy}"),
                                     run=True)
        self.assertEqual((status, heard), ("deferred", b""))
        self.assertNotIn("import_environment", self.words())


@unittest.skipIf(shutil.which("dovecot", path="/usr/sbin") is None, "the package dovecot-core is not installed")
@unittest.skipIf(not os.path.exists("/usr/lib/dovecot/imap"), "the package dovecot-imapd is not installed")
class Dovecot(MailCase):
    def log_in(self, certificate, *settings, run=False, **environment):
        """A login at a Dovecot that has its mail on the test's server: what that heard."""
        server = self.serve(certificate, imap)
        place = os.path.join(self.folder, f"dovecot-{server.port}")
        os.makedirs(place, mode=0o755)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        user = pwd.getpwnam("nobody")
        lines = [f"base_dir = {place}/run", f"state_dir = {place}/state", f"log_path = {place}/log", "protocols = imap",
                 "ssl = no", "listen = 127.0.0.1", "disable_plaintext_auth = no", "first_valid_uid = 1",
                 f"mail_location = imapc:{place}/mail", "imapc_host = 127.0.0.1", f"imapc_port = {server.port}",
                 "imapc_ssl = imaps", "imapc_ssl_verify = no", f"ssl_client_ca_file = {self.folder}/root.pem",
                 "imapc_connection_retry_count = 0", "imapc_password = secret",
                 "passdb {\n  driver = static\n  args = password=test\n}",
                 f"userdb {{\n  driver = static\n  args = uid={user.pw_uid} gid={user.pw_gid} home={place}/home\n}}",
                 f"service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {port}\n  }}\n"
                 "  inet_listener imaps {\n    port = 0\n  }\n}",
                 "service stats {\n  unix_listener stats-writer {\n    mode = 0666\n  }\n}", *settings]
        self.write_policy("\n".join(lines) + "\n", f"{place}/dovecot.conf")
        os.makedirs(f"{place}/home", mode=0o777)
        os.makedirs(f"{place}/state")
        self.start("/usr/sbin/dovecot", "-F", "-c", f"{place}/dovecot.conf", run=run, **environment)
        client = self.connect(port, place)
        threading.Thread(target=self.use, args=(client,), daemon=True).start()
        self.addCleanup(server.go_on.set)
        self.assertTrue(server.seen.wait(30), self.log(place))
        return b"".join(server.heard)

    @staticmethod
    def use(client):
        try:
            client.login("user", "test")
            client.select()
        except (imaplib.IMAP4.error, OSError):
            pass

    def connect(self, port, place):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                client = imaplib.IMAP4("127.0.0.1", port, timeout=40)
                self.addCleanup(client.shutdown)
                return client
            except OSError:
                time.sleep(0.1)
        return self.fail(("Dovecot does not start", self.words(), self.log(place)))

    @staticmethod
    def log(place):
        if not os.path.exists(f"{place}/log"):
            return ""
        with open(f"{place}/log", encoding="utf-8", errors="replace") as file:
            return file.read()

    def test_alone(self):
        """Without pinning the password goes to whatever key it is."""
        self.assertIn(b"secret", self.log_in("swapped"))

    def test_environment_that_is_not_passed_on(self):
        heard = self.log_in("swapped", run=True)
        self.assertNotEqual(heard, b"")
        self.assertEqual(self.reasons()["/usr/lib/dovecot/imap"], ("not-loaded", "dovecot"))
        said = self.words()
        self.assertIn("Dovecot passes to its processes only what import_environment lists", said)
        self.assertIn(f"import_environment = $import_environment LD_PRELOAD={SHIM} PINNING_POLICY={self.policy}", said)
        end = time.monotonic() + 30
        while "NOT enforced:" not in self.words() and time.monotonic() < end:
            time.sleep(0.2)
        self.assertRegex(self.words(), r"/usr/lib/dovecot/\S+ \(process \d+\), started by /usr/sbin/dovecot, has OpenSSL")

    def test_what_works(self):
        """The setting that pinctl and docs/programs.md name, for the shim and for a configuration."""
        ways = ((f"LD_PRELOAD={SHIM}", f"PINNING_POLICY={self.policy}"), (f"OPENSSL_CONF={self.configuration}",))
        for way in ways:
            for certificate in ("server", "swapped"):
                with self.subTest((way, certificate)):
                    heard = self.log_in(certificate, f"import_environment = $import_environment {' '.join(way)}")
                    self.assertEqual(heard != b"", certificate == "server")
                    if certificate == "server":
                        self.assertEqual(self.reasons()["/usr/lib/dovecot/imap"][0], "enforced")

    def test_run_says_nothing_where_it_is_set(self):
        heard = self.log_in("swapped", f"import_environment = $import_environment LD_PRELOAD={SHIM} "
                                       f"PINNING_POLICY={self.policy}", run=True)
        self.assertEqual(heard, b"")
        self.assertNotIn("import_environment", self.words())


if __name__ == "__main__":
    main()
