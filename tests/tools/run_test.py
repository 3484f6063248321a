# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl run: unmodified programs under enforcement, and everything that stops it from being so."""

import os
import select
import shutil
import subprocess
import time

from pinctl_case import CERTIFICATES, PINCTL, PinctlCase, main, pin_of


class Server:
    """openssl s_server on a port of its own choosing."""

    def __init__(self, certificate):
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", f"{certificate}.pem", "-key",
             f"{certificate}.key", "-cert_chain", "ca.pem"],
            cwd=CERTIFICATES, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith("ACCEPT "):
                self.port = int(line.rsplit(":", 1)[1])
                break

    def __enter__(self):
        return self.port

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Enforces(PinctlCase):
    def curl(self, port, status, *words, environment=None):
        """A host name that resolves to the server, verified against the test's root."""
        done = self.pinctl("run", "--", "curl", "-sS", "--cacert", "root.pem", "--resolve",
                           f"api.example.com:{port}:127.0.0.1", *words, f"https://api.example.com:{port}/",
                           status=status, environment=environment)
        return done

    def test_right_and_swapped_key(self):
        self.pinctl("add", "api.example.com", "server.pem", "--backup", "spare.pub")
        with Server("server") as port:
            self.assertIn("s_server", self.curl(port, 0).stdout)
        with Server("swapped") as port:
            self.assertEqual(self.curl(port, 60).stdout, "")
            self.assertEqual(self.curl(port, 60, "-k").stdout, "")

    def test_without_it_the_swapped_key_passes(self):
        self.pinctl("add", "api.example.com", "server.pem")
        with Server("swapped") as port:
            done = subprocess.run(["curl", "-sS", "--cacert", "root.pem", "--resolve",
                                   f"api.example.com:{port}:127.0.0.1", f"https://api.example.com:{port}/"],
                                  cwd=CERTIFICATES, env=self.environment(), capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_pinned_intermediate(self):
        self.pinctl("add", "api.example.com", "--intermediate", "ca.pem")
        with Server("swapped") as port:
            self.curl(port, 0)
        self.pinctl("add", "api.example.com", pin_of("other.pem"))
        self.pinctl("remove", "api.example.com", "ca.pem")
        with Server("swapped") as port:
            self.curl(port, 60)

    def test_python(self):
        self.pinctl("add", "api.example.com", "server.pem")
        script = ("import socket, ssl, sys\n"
                  "context = ssl.create_default_context(cafile='root.pem')\n"
                  "raw = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
                  "context.wrap_socket(raw, server_hostname='api.example.com')\n")
        for certificate, status in (("server", 0), ("swapped", 1)):
            with Server(certificate) as port:
                self.pinctl("run", "--", "/usr/bin/python3", "-c", script, str(port), status=status)


class Environment(PinctlCase):
    def setUp(self):
        super().setUp()
        self.write_policy("version = 1;\n")

    def variable(self, name, *words, environment=None, cwd=CERTIFICATES):
        return self.pinctl("run", *words, "--", "/bin/sh", "-c", f'printf %s "${name}"', environment=environment,
                           cwd=cwd).stdout

    def test_policy_is_absolute(self):
        self.assertEqual(self.variable("PINNING_POLICY", "--policy", "policy.cfg", cwd=self.folder), self.policy)

    def test_preload_goes_first_and_keeps_what_is_there(self):
        first, second = self.variable("LD_PRELOAD", environment={"LD_PRELOAD": "libc.so.6"}).split(":")
        self.assertTrue(first.endswith("/libpinning-preload.so") and os.path.isabs(first))
        self.assertEqual(second, "libc.so.6")

    def test_status_and_arguments_are_the_programs(self):
        done = self.pinctl("run", "sh", "-c", 'echo "$@"; exit 42', "x", "--json", "--", "-h", status=42)
        self.assertEqual(done.stdout, "--json -- -h\n")


class CannotBeDone(PinctlCase):
    def refused(self, *words, expected, environment=None):
        done = self.pinctl("run", *words, status=3, environment=environment)
        self.assertEqual(done.stdout, "")
        self.assertIn(expected, done.stderr)

    def test_policies(self):
        self.refused("--", "echo", "ran", expected="no such file")
        self.write_policy("version = 1;\nmode = 7;\n")
        self.refused("--", "echo", "ran", expected=f"{self.policy}:2:")
        os.chmod(self.write_policy("version = 1;\n"), 0o666)
        self.refused("--", "echo", "ran", expected="writable")

    def test_programs(self):
        self.write_policy("version = 1;\n")
        self.refused("absent-program", expected="absent-program: no such program")
        self.refused("./absent", expected="./absent: No such file")
        self.refused("./root.pem", expected="./root.pem: Permission denied")
        self.refused("/tmp", expected="/tmp: not a program")

    def test_parts_that_are_missing(self):
        self.write_policy("version = 1;\n")
        pinctl = os.path.join(self.folder, "bin", "pinctl")
        os.mkdir(os.path.dirname(pinctl))
        shutil.copy(PINCTL, pinctl)
        done = subprocess.run([pinctl, "run", "--", "echo", "ran"], capture_output=True, check=False, text=True,
                              env=self.environment(LD_LIBRARY_PATH=self.library_folder()))
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        self.assertIn(self.folder, done.stderr)

    def library_folder(self):
        return os.path.dirname(os.path.dirname(os.environ["PINNING_MODULE"]))


class Warns(PinctlCase):
    def setUp(self):
        super().setUp()
        self.write_policy("version = 1;\n")

    def test_static_programs(self):
        source = os.path.join(self.folder, "static.c")
        program = os.path.join(self.folder, "static")
        with open(source, "w", encoding="utf-8") as file:
            file.write("int main(void) { return 0; }\n")
        subprocess.run(["cc", "-static", source, "-o", program], check=True)
        self.assertIn("NOT enforced this way: it is statically linked", self.pinctl("run", program).stderr)
        script = self.write_policy(f"#!{program}\n", "script")
        os.chmod(script, 0o755)
        self.assertIn("statically linked", self.pinctl("run", script).stderr)

    def test_programs_that_gain_privileges(self):
        program = os.path.join(self.folder, "privileged")
        shutil.copy("/bin/true", program)
        os.chown(program, os.geteuid(), os.getegid())
        os.chmod(program, 0o755)
        self.assertEqual(self.pinctl("run", program).stderr, "")
        if os.geteuid() != 0:
            self.skipTest("only root can give a file away")
        os.chown(program, 65534, 65534)
        os.chmod(program, 0o4755)
        self.assertIn("gains privileges", self.pinctl("run", program).stderr)

    def test_environment_cleared(self):
        """Looked at after the start: what the program starts, and only once."""
        code = "import ssl, sys; ssl.create_default_context(); sys.stdin.read()"
        command = f"env -i /usr/bin/python3 -c '{code}'; exit 7"
        child = subprocess.Popen([PINCTL, "run", "--", "/bin/sh", "-c", command], env=self.environment(),
                                 stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(child.stdin.close)
        self.assertTrue(select.select([child.stderr], [], [], 40)[0], "nothing was said")
        said = child.stderr.readline()
        child.stdin.close()
        said += child.stderr.read()
        child.stderr.close()
        self.assertEqual((child.wait(), said.count("NOT enforced")), (7, 1), said)
        self.assertIn("started by /bin/sh, has OpenSSL", " ".join(said.split()))

    def php(self):
        """A python of its name."""
        program = os.path.join(self.folder, "php8.2")
        shutil.copy(os.path.realpath("/usr/bin/python3"), program)
        return program

    def test_php(self):
        """Its modules bind GnuTLS past the shim."""
        said = " ".join(self.pinctl("run", self.php(), "-c", "").stderr.split())
        self.assertIn("php8.2 is NOT enforced where it uses GnuTLS: PHP's modules bind their GnuTLS past the shim", said)

    def test_php_with_gnutls_preloaded(self):
        program = self.php()
        self.assertEqual(self.pinctl("run", program, "-c", "", environment={"LD_PRELOAD": "libgnutls.so.30"}).stderr, "")

    def test_php_that_is_started(self):
        code = "import ctypes, sys; library = ctypes.CDLL(\"libgnutls.so.30\"); sys.stdin.read()"
        child = subprocess.Popen([PINCTL, "run", "--", "/bin/sh", "-c", f"{self.php()} -c '{code}'; exit 7"],
                                 env=self.environment(), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(child.stdin.close)
        self.assertTrue(select.select([child.stderr], [], [], 120)[0], "nothing was said")
        said = child.stderr.readline()
        child.stdin.close()
        said += child.stderr.read()
        child.stderr.close()
        self.assertEqual((child.wait(), said.count("NOT enforced")), (7, 1), said)
        self.assertIn("started by /bin/sh, has GnuTLS and is NOT enforced: PHP's modules", " ".join(said.split()))

    def test_nobody_waits_for_the_look(self):
        """Who reads all output of the program, and the program itself, meet no other process."""
        command = "import os\ntry:\n os.waitpid(-1, 0)\nexcept ChildProcessError:\n print('none')"
        for _ in range(5):
            started = time.monotonic()
            self.assertEqual(self.pinctl("run", "/usr/bin/python3", "-c", command).stdout, "none\n")
            if time.monotonic() - started < 2.5:
                return
        self.fail("it takes as long as the first look waits")

    def test_ordinary_programs(self):
        self.assertEqual(self.pinctl("run", "true").stderr, "")
        script = self.write_policy("#! /bin/sh -e\ntrue\n", "script")
        os.chmod(script, 0o755)
        self.assertEqual(self.pinctl("run", script).stderr, "")


if __name__ == "__main__":
    main()
